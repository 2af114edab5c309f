"""What is sent again after its answer was lost, and what of a form is read and kept: with services
in the place of the city's, that answer as a test says."""

import base64
import io
import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from palika.errors import Conflict, Invalid, Unavailable
from palika.local import Postgres
from services.grievance.schemas import GrievanceView
from services.portal.commands import bulk
from services.portal.models import Account, BulkAct, DataRead
from tests.support.portal_accounts import FORM_TOKEN, Browser, House, house_on

KEY = "0190a5c2-0000-7000-8000-000000000001"
NUMBER = "PMC-2026-000001"
GRIEVANCE: dict[str, Any] = {
    **dict.fromkeys(GrievanceView().fields),
    "id": KEY,
    "number": NUMBER,
    "status": "assigned",
    "version": 4,
    "category": "pothole",
    "description": "A hole",
    "department": "roads",
    "ward": "aundh-baner",
    "channel": "web",
    "filed_at": "2026-03-30T06:00:00+00:00",
    "due_at": "2026-04-03T06:00:00+00:00",
    "priority": "normal",
    "language": "en",
    "private": False,
    "duplicates": 0,
    "followers": 0,
    "steps": ["comment", "resolve"],
    "timeline": [],
    "attachments": [],
    "links": [],
    "matters": [],
    "attributes": {},
    "filed_by": None,
    "paused_minutes": 0,
}
FILE: dict[str, Any] = {
    "id": KEY,
    "number": "ROADS/1/2026/0001",
    "subject": "Ranade Road",
    "status": "open",
    "held_by": "roads-je",
    "legal": ["mark"],
    "version": 7,
    "secrecy": "normal",
    "priority": "ordinary",
    "opened_at": "2026-03-30T06:00:00+00:00",
    "due_on": None,
    "department": "roads",
    "head": "general",
    "opened_by": "roads-je",
    "sent_by": None,
    "route": None,
    "marks": [],
    "movements": [],
}


@pytest.fixture
def house(postgres: Postgres) -> Iterator[House]:
    """The application; a grievance and a file."""
    with house_on(postgres) as made:
        made.services.answers |= {"grievance.get": GRIEVANCE, "eoffice.get": FILE}
        yield made


def hidden(page: str, action: str, name: str) -> str:
    """A hidden field of the form that is sent to an address."""
    form = re.search(rf'<form[^>]*action="[^"]*{action}(?:#[^"]*)?"[^>]*>.*?</form>', page, re.S)
    assert form, page[-3_000:]
    found = re.search(rf'name="{name}" value="([^"]*)"', form[0])
    assert found, form[0]
    return found[1]


def away(**_: Any) -> Any:
    raise Unavailable("the answer was lost")


def changed(**_: Any) -> Any:
    raise Conflict("it has changed since it was read")


def test_what_may_have_been_done_on_a_grievance_is_asked_for_as_the_same_call(house: House) -> None:
    desk, page = house.signed_in("officer"), f"/en/desk/grievances/{NUMBER}"
    form = {"key": KEY, "version": "3", "comment-text": "Seen there"}
    house.services.answers["grievance.comment"] = away
    answer = desk.submit(page, f"{page}/comment", **form)
    assert answer.status_code == 503
    assert "Seen there" in answer.text
    assert hidden(answer.text, "/comment", "key") == KEY
    assert hidden(answer.text, "/comment", "version") == "3"
    assert hidden(answer.text, "/resolve", "key") != KEY
    house.services.answers["grievance.comment"] = changed
    answer = desk.submit(page, f"{page}/comment", **form)
    assert answer.status_code == 409
    assert hidden(answer.text, "/comment", "key") != KEY
    assert hidden(answer.text, "/comment", "version") == "4"


@pytest.mark.parametrize(
    ("method", "path", "form"),
    [
        ("mark", "/do/mark", {"question": "Is there money?", "posts": "accounts"}),
        ("open_part", "/part", {"what": "part", "subject": "Bills"}),
    ],
)
def test_what_may_have_been_done_on_a_file_is_asked_for_under_the_same_id(
    house: House, method: str, path: str, form: dict[str, str]
) -> None:
    desk = house.signed_in("officer")
    house.services.answers["eoffice.posts"] = {
        "items": [{"code": "accounts", "mr": "लेखा", "en": "Accounts", "holder": None}],
        "posts": {},
        "next": None,
    }
    shown, to = f"/en/desk/files/{FILE['number']}", f"/en/desk/files/on/{KEY}{path}"
    given = {"step": KEY, "file_version": "6", **form}
    house.services.answers[f"eoffice.{method}"] = away
    answer = desk.submit(shown, to, **given)
    assert answer.status_code == 503, answer.text[-2_000:]
    assert hidden(answer.text, path, "step") == KEY
    if method == "mark":
        assert hidden(answer.text, path, "file_version") == "6"
    house.services.answers[f"eoffice.{method}"] = changed
    answer = desk.submit(shown, to, **given)
    assert hidden(answer.text, path, "step") != KEY


def test_a_paper_that_may_have_been_put_in_is_the_same_paper(house: House) -> None:
    desk = house.signed_in("officer")
    house.services.answers["eoffice.upload_piece"] = {"piece": "1"}
    house.services.answers["eoffice.keep_paper"] = {"id": KEY}
    shown, to = f"/en/desk/files/{FILE['number']}", f"/en/desk/files/on/{KEY}/paper"
    token = FORM_TOKEN.search(desk.get(shown).text)
    assert token
    given = {"form_token": token[1], "step": KEY, "paper_id": KEY, "title": "Estimate"}
    answer = desk.post(to, {**given, "paper": (io.BytesIO(b"%PDF-1.7"), "e.pdf")})
    assert answer.status_code == 503
    assert [hidden(answer.text, "/paper", name) for name in ("step", "paper_id")] == [KEY, KEY]


class Unread(io.BytesIO):
    """A body that is not to be read."""

    def read(self, *_: Any) -> bytes:
        raise AssertionError("the body was read")

    readinto = readline = read  # type: ignore[assignment]


@pytest.mark.parametrize("role", ["anonymous", "citizen", "helpdesk"])
def test_nothing_is_read_of_what_somebody_sends_who_may_not_enter(house: House, role: str) -> None:
    browser = house.browser() if role == "anonymous" else house.signed_in(role)
    answer = browser.client.post(
        f"/en/desk/files/on/{KEY}/paper",
        **browser._sent({"input_stream": Unread(b"x" * 10_000)}),
        content_type="multipart/form-data; boundary=x",
    )
    assert answer.status_code == 403


def test_who_may_enter_sends_no_form_of_another_site(house: House) -> None:
    desk = house.signed_in("officer")
    answer = desk.post(f"/en/desk/grievances/{NUMBER}/comment", {"comment-text": "Seen"})
    assert answer.status_code == 403
    assert not [name for _, name, _ in house.services.asked if name == "grievance.comment"]


def test_a_paper_goes_out_as_it_comes_and_the_look_is_written_before(house: House) -> None:
    pieces = [b"%PDF", b"-1.7", b" end"]

    def content(start: int, **_: Any) -> dict[str, Any]:
        more = start + 1 < len(pieces)
        return {
            "content_base64": base64.b64encode(pieces[start]).decode(),
            "headers": {"Content-Type": "application/pdf"},
            "next": start + 1 if more else None,
        }

    house.services.answers |= {
        "eoffice.paper": {"pages": 1, "size": 12},
        "eoffice.paper_content": content,
    }
    desk = house.signed_in("officer")
    answer = desk.get(f"/en/desk/files/papers/{KEY}", buffered=False)
    asked = [name for _, name, _ in house.services.asked]
    assert asked.count("eoffice.paper_content") == 1
    assert answer.headers["Content-Length"] == "12"
    with house.begin() as session:
        assert session.query(DataRead).count() == 1
    assert b"".join(answer.response) == b"".join(pieces)
    assert {identity.subject for identity, _, _ in house.services.asked} == {"officer:roads-je"}


# ---- many at once


def choice(house: House) -> UUID:
    house.signed_in("officer")
    with house.begin() as session:
        account = session.query(Account).one()
        chosen = [{"id": KEY, "number": NUMBER, "version": 4}]
        return bulk.choose(session, account.id, "roads-je", "comment", chosen, house.now)


def agreed(desk: Browser, key: UUID, words: str | None) -> Any:
    page = f"/en/desk/bulk/{key}"
    return desk.submit(page, **({} if words is None else {"comment-text": words}))


def may(**_: Any) -> Any:
    return {"items": [{**GRIEVANCE, "masked": False}]}


def test_the_words_of_a_process_that_died_stay(house: House) -> None:
    """What was done with them, and is not written down yet, is carried on with no others."""
    key, said = choice(house), []

    def dies(**given: Any) -> Any:
        said.append(given["text"])
        raise RuntimeError("the process dies")

    house.services.answers |= {"grievance.steps": may, "grievance.comment": dies}
    desk = house.signed_in("officer")
    assert agreed(desk, key, "The contractor comes").status_code == 500
    house.services.answers["grievance.comment"] = lambda **given: said.append(given["text"])
    assert agreed(desk, key, "Something else").status_code == 303
    assert said == ["The contractor comes"] * 2


def test_words_that_are_refused_may_be_changed_also_by_another_process(house: House) -> None:
    key = choice(house)

    def wrong(**_: Any) -> Any:
        raise Invalid("wrong", {"text": ["must have no elephants"]})

    house.services.answers |= {"grievance.steps": may, "grievance.comment": wrong}
    desk = house.signed_in("officer")
    for words in ("An elephant", "Two elephants"):
        answer = agreed(desk, key, words)
        assert answer.status_code == 400
        assert words in answer.text
        assert "must have no elephants" in answer.text
    with house.begin() as session:
        row = session.get_one(BulkAct, key)
        bulk.begin(row, house.keeping, {"text": "Three elephants"}, house.now)
    answer = agreed(desk, key, None)
    assert answer.status_code == 400
    assert "Three elephants" in answer.text
    house.services.answers["grievance.comment"] = {}
    assert agreed(desk, key, "A dog").status_code == 303
    assert "1 done, 0 refused, 0 left out." in desk.says(f"/en/desk/bulk/{key}")
