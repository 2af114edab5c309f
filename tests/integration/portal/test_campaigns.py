"""The console of campaigns on the portal, with the real notify and tax services: the preview, a
file of recipients, rejections, the approval by another officer, sending, and what it came to."""

import re

import pytest

from tests.support.part import wait_for
from tests.support.portal_grievances import text_of
from tests.support.portal_work import (
    CHAIR,
    PLANNER,
    Officer,
    identity,
    officer,
    portal_of,
    second_post,
    with_messages,
)

ROOM = "/desk/campaigns"
REMINDER = f"{ROOM}/new/tax.reminder_due"
NEWS = f"{ROOM}/new/campaign.news"
HEADER = "phone,name,language,number,arrears_paise,due_on"
ROWS = [
    "9800000001,Asha,mr,P-1,125000,2026-07-01",
    "9800000002,Vijay,en,P-2,99900,2026-07-01",
    "12,Nobody,en,P-3,99900,2026-07-01",
    "9800000001,Asha,mr,P-1,125000,2026-07-01",
]


@pytest.fixture(scope="module")
def city(backbone):
    """Notify, which sends to the log, tax with owners who owe, and the portal."""
    with_messages(backbone, 60)
    return portal_of(backbone)


@pytest.fixture
def planner(city):
    return officer(city, PLANNER)


@pytest.fixture
def chief(city):
    return officer(city, CHAIR)


def file_of(*rows):
    return {"file": ("owners.csv", "\n".join([HEADER, *rows, ""]).encode(), "text/csv")}


def test_a_campaign_goes_from_its_text_to_what_became_of_it(city, planner, chief):
    assert "tax.reminder_due" in planner.says(f"{ROOM}/new")
    assert "login.code" not in planner.says(f"{ROOM}/new")
    empty = planner.submit(REMINDER, step="make", who="file")
    assert empty.status_code == 400
    assert 'href="#name"' in empty.text
    assert 'href="#file"' in empty.text
    no_column = {"file": ("x.csv", b"phone\n9800000001\n", "text/csv")}
    refused = planner.submit(REMINDER, step="make", who="file", name="July", files=no_column)
    assert refused.status_code == 400
    assert "missing: a column, or a field that is the same for all" in text_of(refused)
    made = planner.submit(
        REMINDER,
        step="make",
        who="file",
        name="July <i>reminder</i>",
        per_minute="600",
        hours_from="00:00",
        hours_to="23:59",
        files=file_of(*ROWS),
    )
    assert made.status_code == 200, text_of(made)
    assert "July &lt;i&gt;reminder&lt;/i&gt;" in made.text
    said = text_of(made)
    assert "A supervisor who has not made it approves it." in said
    assert "Quiet hours" in said
    page = re.sub(r".*/en(/desk/campaigns/[0-9a-f-]{36}).*", r"\1", made.url)
    rejected = planner.says(f"{page}/rejections")
    assert "must be an Indian mobile number" in rejected
    assert "the same recipient as in row 2" in rejected
    table = planner.open(f"{page}/rejections.csv")
    assert table.content.decode("utf-8-sig").splitlines()[0] == "row,field,rule,value"
    assert looks(city) > 0
    # Its maker does not approve it, and an officer who is no supervisor does not either.
    assert ">Approve<" not in made.text
    for somebody in (planner, officer(city, ("roads-clerk", 1))):
        refused = somebody.submit(page, f"{page}/approve")
        assert refused.status_code == 403
    bad = planner.submit(page, f"{page}/test", phone="12")
    assert "must be an Indian mobile number" in text_of(bad)
    assert "on its way" in text_of(planner.submit(page, f"{page}/test", phone="9800000099"))
    # Nor does he as who acts for another post of his.
    both = Officer(city, second_post(city.backbone, PLANNER, CHAIR))
    assert ">Approve<" not in both.open(page).text
    assert both.submit(page, f"{page}/approve").status_code == 403
    assert ">Approve<" in chief.open(page).text
    assert "is approved" in text_of(chief.submit(page, f"{page}/approve"))
    assert chief.submit(page, f"{page}/approve").status_code == 409
    assert "The campaign begins." in text_of(chief.submit(page, f"{page}/start"))
    # In quiet hours its messages wait, and it runs until they are over.
    assert state(city, page) in ("running", "done")
    live = chief.open(f"{page}/progress")
    assert live.headers["X-State"] in ("running", "done")
    assert "of 2" in text_of(live)
    assert "July" in planner.says(f"{ROOM}/")
    assert "July" not in planner.says(f"{ROOM}/?state=cancelled")


def state(city, page):
    with city.backbone.client(identity(CHAIR)) as services:
        return services.notify.campaign(id=page.rpartition("/")[2])["state"]


def looks(city):
    return city.backbone.value(
        "portal", "SELECT count(*) FROM data_read_of WHERE whose LIKE 'mess%'"
    )


def test_a_text_is_seen_as_the_citizen_sees_it(planner):
    said = planner.open(NEWS)
    assert '<figure class="preview whatsapp">' in said.text
    assert "1107160000000000155" in said.text
    assert "2 parts" in text_of(said)
    given = {"field-topic": "वृक्षारोपण", "field-topic-en": "Planting <b>trees</b>"}
    shown = planner.submit(NEWS, step="preview", who="file", **given)
    assert shown.status_code == 200
    assert "वृक्षारोपण" in shown.text
    assert "Planting &lt;b&gt;trees&lt;/b&gt;" in shown.text
    wrong = planner.submit(
        NEWS, step="preview", who="file", **{"field-more": "http://evil.example"}
    )
    assert wrong.status_code == 400
    assert 'href="#field-more"' in wrong.text


def test_what_could_never_be_sent_makes_no_campaign(planner):
    page = text_of(planner.open(NEWS))
    assert "Where there is more" in page
    assert "An address with https:// of one of the city's own sites. At most 50 characters" in page
    people = {"file": ("p.csv", b"phone\n9800000001\n", "text/csv")}
    given = {
        "field-topic": "Trees",
        "field-day": "2099-06-05",
        "field-place": "Baner",
        "field-more": "http://127.0.0.1:8000/en/notices/trees",
    }
    for link in (given["field-more"], "https://city.example/en/notices/" + "trees-" * 10):
        refused = planner.submit(
            NEWS,
            step="make",
            who="file",
            name="Trees never sent",
            files=people,
            **given | {"field-more": link},
        )
        assert refused.status_code == 400
        assert 'href="#field-more"' in refused.text
        assert "Choose the file of recipients again" in text_of(refused)
    assert "Trees never sent" not in planner.says(f"{ROOM}/")
    made = planner.submit(
        NEWS,
        step="make",
        who="file",
        name="Trees",
        files=people,
        **given | {"field-more": "https://city.example/trees"},
    )
    said = text_of(made)
    assert "The campaign is made" in said
    # It is shown with its own words, not with those of the sample.
    assert "https://city.example/trees" in said
    assert "Baner" in said


def test_owners_who_owe_are_asked_of_tax_paused_and_cancelled(city, planner, chief):
    wrong = planner.submit(REMINDER, step="make", who="owing", name="Owing", least="much")
    assert 'href="#least"' in wrong.text
    # How much they owe at least is optional.
    made = chief.submit(REMINDER, step="make", who="owing", name="Owing", per_minute="30")
    page = re.sub(r".*/en(/desk/campaigns/[0-9a-f-]{36}).*", r"\1", made.url)
    wait_for(lambda: state(city, page) == "draft", 90)
    other = officer(city, ("addl-commissioner", 5))
    other.submit(page, f"{page}/approve")
    planned = other.submit(page, f"{page}/start", start_at="2099-01-01T10:30")
    assert "begins at that moment" in text_of(planned)
    assert "1 January 2099, 10:30 am" in text_of(planned)
    other.submit(page, f"{page}/start")
    wait_for(lambda: state(city, page) == "running", 60)
    assert "is paused" in text_of(planner.submit(page, f"{page}/pause"))
    assert planner.submit(page, f"{page}/resume").status_code == 403
    assert "goes on" in text_of(other.submit(page, f"{page}/resume"))
    assert "is cancelled" in text_of(planner.submit(page, f"{page}/cancel"))
    assert state(city, page) == "cancelled"


def test_what_is_not_there_is_said(planner):
    assert planner.open(f"{ROOM}/new/no.such").status_code == 404
    assert planner.open(f"{ROOM}/00000000-0000-7000-8000-000000000000").status_code == 404
    large = {"file": ("x.csv", b"phone\n" + b"9" * 1_100_000, "text/csv")}
    told = planner.submit(REMINDER, step="make", who="file", name="Large", files=large)
    assert told.status_code == 400
    assert "at most 1 MB" in text_of(told)
