"""Values entered by hand on the portal, with the real KPI service: maker and checker, files with
their mistakes, corrections, the sign-off, scorecards."""

import csv
import io
from datetime import UTC, datetime

import pytest

from palika.india import day_of
from services.kpi.domain.period import containing
from tests.support.portal_grievances import text_of
from tests.support.portal_work import (
    CLERK,
    HEAD,
    Officer,
    identity,
    officer,
    portal_of,
    second_post,
    with_kpis,
)

ROOM = "/desk/kpi-entry"
KL, MONEY, WARDS = "water.produced_kl", "water.expense_paise", "water.tanker_trips"


@pytest.fixture(scope="module")
def city(backbone):
    """The KPI service without values, and the portal."""
    with_kpis(backbone, 0)
    return portal_of(backbone)


@pytest.fixture(scope="module")
def period() -> str:
    """The last month that is over."""
    return containing(day_of(datetime.now(UTC)), "month").previous().code


@pytest.fixture
def clerk(city):
    return officer(city, CLERK)


@pytest.fixture
def head(city):
    return officer(city, HEAD)


def readings(city, period, measure=KL):
    with city.backbone.client(identity(HEAD)) as services:
        found = services.kpi.entries(department="water-supply", period=period, measure=measure)
    return found["items"]


def test_one_enters_and_another_checks_with_the_difference(city, clerk, head, period):
    start = clerk.says(f"{ROOM}/")
    assert "Water Supply" in start
    assert "Roads" not in start
    form = f"{ROOM}/water-supply/{period}"
    nothing = clerk.submit(form, keep="submit")
    assert nothing.status_code == 400
    assert "enter one value at the least" in text_of(nothing)
    wrong = clerk.submit(form, keep="submit", **{f"value-{KL}-": "lots", f"value-{MONEY}-": "1"})
    assert wrong.status_code == 400
    assert f'href="#value-{KL}-"' in wrong.text
    assert 'value="lots"' in wrong.text
    assert readings(city, period) == []
    values = {f"value-{KL}-": "१,१५,०००", f"value-{MONEY}-": "1,15,000.50"}
    made = clerk.submit(form, keep="submit", note="As read", **values)
    assert "waits for somebody else" in text_of(made)
    assert "Your check" not in text_of(made)
    batch = made.url.partition("/en")[2].partition("?")[0]
    (money,) = readings(city, period, MONEY)
    assert money["value"] == 11_500_050
    assert "₹ 1,15,000.5" in text_of(made).replace("\xa0", " ")
    # Its maker cannot approve it, even by a form of their own making.
    own = clerk.submit(batch, step="approve")
    assert own.status_code == 403
    assert "nobody checks what they have entered or submitted themselves" in text_of(own)
    # Nor can they as who acts for another post of theirs: it does not wait for them.
    both = Officer(city, second_post(city.backbone, CLERK, HEAD))
    assert "As read" not in both.says(f"{ROOM}/")
    assert "Your check" not in both.says(batch)
    assert both.submit(batch, step="approve").status_code == 403
    assert "As read" in head.says(f"{ROOM}/")
    assert "Your check" in head.says(batch)
    empty = head.submit(batch, step="send_back", remark="")
    assert "say why it is sent back" in text_of(empty)
    assert "choose one line" in text_of(head.submit(batch, step="approve", some="yes"))
    told = head.submit(batch, step="approve", remark="Good")
    assert "counts from now on" in text_of(told)
    assert all(each["in_force"] for each in readings(city, period))
    # A correction needs a reason, and shows what it changes.
    again = {f"value-{KL}-": "1,20,000"}
    refused = clerk.submit(form, keep="submit", **again)
    assert f'href="#reason-{KL}-">Reason: ' in refused.text
    made = clerk.submit(form, keep="submit", **again, **{f"reason-{KL}-": "A meter was misread"})
    batch = made.url.partition("/en")[2].partition("?")[0]
    said = head.says(batch)
    assert "difference: 5,000" in said
    assert "A meter was misread" in said
    told = head.submit(batch, step="send_back", remark="Show the <i>log</i>")
    assert "Show the &lt;i&gt;log&lt;/i&gt;" in told.text
    assert "Show the <i>log</i>" in clerk.says(form)


def test_a_draft_is_submitted_or_taken_back_by_its_maker(city, clerk, head, period):
    form = f"{ROOM}/water-supply/{period}"
    places = with_places(city, period)
    made = clerk.submit(form, keep="draft", **{f"value-{WARDS}-{places[0]}": "12"})
    assert "kept as a draft" in text_of(made)
    batch = made.url.partition("/en")[2].partition("?")[0]
    assert head.submit(batch, step="submit").status_code == 403
    assert "is submitted" in text_of(clerk.submit(batch, step="submit"))
    assert "It is taken back" in text_of(clerk.submit(batch, step="drop"))


def with_places(city, period):
    with city.backbone.client(identity(HEAD)) as services:
        form = services.kpi.form(department="water-supply", period=period)
    (field,) = [each for each in form["measures"] if each["measure"] == WARDS]
    return [each["place"] for each in field["places"]]


def test_a_file_tells_all_its_mistakes_with_row_and_column(city, clerk, period):
    given = clerk.open(f"{ROOM}/water-supply/{period}/template.csv")
    assert "attachment" in given.headers["Content-Disposition"]
    workbook = clerk.open(f"{ROOM}/water-supply/{period}/template.xlsx")
    assert workbook.content.startswith(b"PK")
    header, *rows = csv.reader(io.StringIO(given.content.decode("utf-8-sig")))
    value = next(n for n, name in enumerate(header) if name.endswith("/ New value"))
    rows[0][value], rows[1][value], rows[2][value] = "many", "1 000", "7"
    page = f"{ROOM}/water-supply/upload"
    none = clerk.submit(page, keep="submit")
    assert none.status_code == 400
    assert "must not be empty" in text_of(none)
    refused = clerk.submit(page, files=as_file(header, rows), keep="submit")
    assert refused.status_code == 400
    said = text_of(refused)
    assert "2 cells of water.csv are wrong" in said
    assert "such as 1,15,000 or 12.5, not 'many'" in said
    rows[0][value], rows[1][value] = "", ""
    looked = clerk.submit(page, files=as_file(header, rows), keep="look")
    assert "The file is right: 1 value." in text_of(looked)
    made = clerk.submit(page, files=as_file(header, rows), keep="submit")
    assert "waits for somebody else" in text_of(made)
    broken = {"file": ("water.pdf", b"%PDF", "application/pdf")}
    assert "must end with .csv or .xlsx" in text_of(clerk.submit(page, files=broken, keep="submit"))


def as_file(header, rows):
    out = io.StringIO()
    csv.writer(out).writerows([header, *rows])
    return {"file": ("water.csv", out.getvalue().encode(), "text/csv")}


def test_the_owner_signs_the_period_off_and_the_record_says_what_it_is_worth(
    city, clerk, head, period
):
    page = f"{ROOM}/water-supply/{period}/record"
    assert "Completeness" in clerk.says(page)
    assert "Sign the period off" not in clerk.says(page)
    waits = head.submit(page)
    assert waits.status_code == 409
    with city.backbone.client(identity(HEAD)) as services:
        for each in services.kpi.batches(department="water-supply", state="submitted")["items"]:
            services.kpi.send_back(id=each["id"], remark="later")
    told = head.submit(page, note="done")
    assert "The period is signed off" in text_of(told)
    form = f"{ROOM}/water-supply/{period}"
    locked = clerk.submit(form, keep="submit", **{f"value-{KL}-": "5", f"reason-{KL}-": "x"})
    assert locked.status_code == 400
    assert "is signed off" in text_of(locked)


def test_a_scorecard_is_read_and_what_it_takes_no_more_is_told(city, head):
    page = f"{ROOM}/scorecards"
    assert "marks in all" in head.says(page)
    card = f"{page}/150-days"
    with city.backbone.client(identity(HEAD)) as services:
        criterion = services.kpi.scorecard(programme="150-days")["criteria"][0]["code"]
    bad = head.submit(card, f"{card}/{criterion}/mark", marks="lots", subject="corporation")
    assert bad.status_code == 400
    assert "Not a valid number." in text_of(bad)
    # Its time is over, whenever this runs.
    given = {"marks": "12.5", "remark": "As seen", "subject": "corporation"}
    told = head.submit(card, f"{card}/{criterion}/mark", **given)
    assert told.status_code == 409
    assert "it takes no more" in text_of(told)
    assert 'value="12.5"' in told.text
    third = {"side": "third_party", **given}
    nameless = head.submit(card, f"{card}/{criterion}/mark", **third)
    assert nameless.status_code == 400
    assert 'href="#assessor"' in nameless.text
    told = head.submit(card, f"{card}/{criterion}/mark", **third, assessor="QCI")
    assert (told.status_code, "it takes no more" in text_of(told)) == (409, True)
    assert 'value="third_party" selected' in told.text
    # A third party's mark is entered by supervisors alone.
    clerk = officer(city, ("roads-clerk", 1))
    assert "Whose mark" not in clerk.says(card)
    refused = clerk.submit(card, f"{card}/{criterion}/mark", **third, assessor="QCI")
    assert refused.status_code == 403
    nothing = head.submit(card, f"{card}/{criterion}/show", title="A report")
    assert "give a file or an address" in text_of(nothing)
    assert head.open(f"{card}.pdf").content.startswith(b"%PDF")


def test_who_is_not_of_the_department_looks_and_enters_nothing(city, period):
    other = officer(city, ("roads-clerk", 1))
    form = f"{ROOM}/water-supply/{period}"
    refused = other.submit(form, keep="submit", **{f"value-{KL}-": "5"})
    assert refused.status_code == 403
    assert "does not enter values" in text_of(refused)
    assert other.open(f"{ROOM}/no-such/{period}").status_code == 400
    assert other.open(f"{ROOM}/water-supply/2026-99").status_code == 400
