"""What all rooms of the portal share: amounts that were typed, refusals, pages and files."""

import base64

import pytest

from palika.errors import Conflict, Forbidden, Invalid, PalikaError, Unavailable
from services.portal import rooms
from services.portal.errors import TooMany


@pytest.fixture
def asked(app):
    """A request to a page in English is being answered, with what was typed into its form."""

    def asked(**form):
        context = app.test_request_context("/en/", method="POST", data=form)
        context.push()
        contexts.append(context)
        app.preprocess_request()

    contexts = []
    yield asked
    for context in contexts:
        context.pop()


@pytest.mark.parametrize(
    ("text", "paise"),
    [
        ("1,15,000.50", 11500050),
        ("₹ १,१५,०००", 11500000),
        ("250.5", 25050),
        ("0", 0),
        ("", None),
    ],
)
def test_amounts_are_rupees_as_people_write_them(asked, text, paise):
    asked(amount=text)
    assert rooms.paise_typed("amount") == (paise, [])


@pytest.mark.parametrize("text", ["-5", "12.345", "1e5", "many", "NaN", "1,1500"])
def test_what_is_no_amount_is_told(asked, text):
    asked(amount=text)
    assert rooms.paise_typed("amount") == (None, [rooms.RUPEES])


@pytest.mark.parametrize("text", ["100000000000", "9" * 36, "1,00,00,00,00,000"])
def test_an_amount_that_no_city_takes_is_told_as_too_large(asked, text):
    asked(amount=text)
    assert rooms.paise_typed("amount") == (None, [rooms.TOO_MUCH])


def test_an_amount_that_is_needed_is_asked_for(asked):
    asked(amount=" ")
    assert rooms.paise_typed("amount", needed=True) == (None, [rooms.EMPTY])


def test_versions_are_not_what_a_person_is_told_of(asked):
    asked()
    told = rooms.refusal(Conflict("it is at version 5, not 4", {"version": 5, "expected": 4}))
    assert told.errors == {rooms.FORM: [rooms.MEANWHILE]}
    assert told.status == 409


@pytest.mark.parametrize(("paise", "text"), [(11500000, "115000"), (25050, "250.50")])
def test_an_amount_stands_in_a_field_as_it_may_be_typed(asked, paise, text):
    asked(amount=text)
    assert rooms.rupees_to_type(paise) == text
    assert rooms.paise_typed("amount") == (paise, [])


def test_a_refusal_stands_at_its_field_under_the_name_that_the_form_has_for_it():
    broken = {"remark": ["too long"], "posts": {"0": ["odd"]}, "cheque": {"micr": ["short"]}}
    error = Invalid("no", {**broken, "id": "none"})
    told = rooms.refusal(error, {"remark": "resolve-remark", "cheque.micr": "cheque-micr"})
    assert told.status == 400
    assert told.errors == {
        "resolve-remark": ["too long"],
        "posts": ["odd"],
        "cheque-micr": ["short"],
        "id": ["none"],
    }


def test_what_a_form_has_no_field_for_is_told_of_the_form():
    told = rooms.refusal(Invalid("no", {"text": ["a"], "id": ["b"]}), {"text": "words"}, only=True)
    assert told.errors == {"words": ["a"], "form": ["id: b"]}


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (Conflict("cannot start what is closed"), 409, "cannot start what is closed"),
        (Forbidden("not yours"), 403, "not yours"),
        (Invalid("no file"), 400, "no file"),
        (Unavailable("amqp is gone"), 503, rooms.NOT_NOW),
        (TooMany("too many at once"), 429, rooms.NOT_NOW),
    ],
)
def test_a_refusal_of_no_field_has_its_status_and_the_service_s_words(asked, error, status, words):
    asked()
    told = rooms.refusal(error)
    assert (told.status, told.errors) == (status, {"form": [words]})


@pytest.mark.parametrize(
    ("status", "error", "again"),
    [
        (200, None, None),
        (503, None, "5"),
        (503, Unavailable("gone"), "5"),
        (429, TooMany("no", {"after_s": 15}), "15"),
    ],
)
def test_nobody_keeps_a_page_and_it_says_when_it_may_be_tried_again(
    asked, status: int, error: PalikaError | None, again: str | None
):
    asked()
    answer = rooms.page("accounts/away.html", status, error)
    assert answer.status_code == status
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers.get("Retry-After") == again


def test_a_file_is_saved_or_shown_where_nothing_in_it_runs():
    saved = rooms.download("list.csv", "text/csv; charset=utf-8", b"a,b")
    assert saved.data == b"a,b"
    assert saved.headers["Content-Disposition"] == 'attachment; filename="list.csv"'
    bytes_ = base64.b64encode(b"%PDF").decode()
    shown = rooms.download("bill.pdf", "application/pdf", bytes_, shown=True)
    assert shown.data == b"%PDF"
    assert shown.headers["Content-Type"] == "application/pdf"
    assert shown.headers["Content-Disposition"] == 'inline; filename="bill.pdf"'
    assert shown.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert shown.headers["Cache-Control"] == "private, no-store"
    assert shown.headers["X-Robots-Tag"] == "noindex"


def test_what_a_service_keeps_goes_out_with_its_own_headers():
    headers = {"Content-Type": "image/png", "Cache-Control": "public"}
    told = rooms.as_told(headers, iter([b"a", b"b"]), kept_s=60)
    assert (told.data, told.headers["Content-Type"]) == (b"ab", "image/png")
    assert told.headers["Cache-Control"] == "private, max-age=60"
