"""The page of actions: what each of its lists asks for, and where it goes on after a refusal."""

import re
from typing import Any

import pytest

from palika.errors import Invalid
from tests.support.portal_accounts import House, text_of

PAGE = "/en/desk/actions"
FIRST = "0198c0de-0000-7000-8000-000000000001"
SECOND = "0198c0de-0000-7000-8000-000000000002"
HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')


def action(key: str, title: str) -> dict[str, Any]:
    """An action as the war room tells it to who may do everything with it."""
    told = dict.fromkeys(
        ("code", "detail", "status", "reported_on", "evidence", "evidence_file", "answer", "kept")
    )
    return told | {
        "id": key,
        "review_id": FIRST,
        "title": title,
        "post": "roads-je",
        "starts_at": "2026-09-01T05:30:00+00:00",
        "due_on": "2026-09-20",
        "first_due_on": "2026-09-20",
        "done_on": None,
        "days_beyond": 0,
        "extensions": 0,
        "work": "open",
        "may": ["report_action", "complete_action"],
        "answers": ["accept", "reject"],
    }


def actions(cursor: str = "", **_: Any) -> dict[str, Any]:
    """A page of one action; the second is where the cursor says."""
    shown = action(SECOND, "Paint them") if cursor else action(FIRST, "Cut the trees")
    return {"items": [shown], "next": None if cursor else "more", "counts": {"all": 2}}


def refused(**_: Any) -> Any:
    """Of every step."""
    raise Invalid("no", {"status": ["must be shorter"]})


@pytest.fixture
def desk(house: House) -> House:
    """The portal beside a war room with two pages in each list, that takes no step."""
    steps = ("report_action", "complete_action", "answer_action")
    house.services.answers = {f"warroom.{each}": refused for each in steps}
    house.services.answers["warroom.actions"] = actions
    return house


@pytest.mark.parametrize(
    ("of", "name", "deed"),
    [("", "from", "report"), ("", "waiting_from", "answer"), ("all", "from", "complete")],
)
def test_what_is_refused_stays_on_its_page_with_what_was_typed(desk, of, name, deed):
    browser = desk.signed_in("officer")
    address = f"{PAGE}?{name}=more" + (f"&of={of}" if of else "")
    carried = dict(HIDDEN.findall(form_of(browser.get(address).text, SECOND, deed)))
    assert carried.pop("form_token")
    assert carried == {name: "more"} | ({"of": of} if of else {})
    typed = {
        "status": "Half of them",
        "reason": "Half of them",
        "evidence": "Half of them",
        "answer": "reject",
    }
    shown = browser.submit(address, f"{PAGE}/{SECOND}/{deed}", **carried, **typed)
    assert shown.status_code == 400
    assert "Half of them" in form_of(shown.text, SECOND, deed)
    assert "must be shorter" in text_of(shown)
    # And the next attempt is from there, too.
    assert dict(HIDDEN.findall(form_of(shown.text, SECOND, deed))).items() >= carried.items()


def test_settled_ones_stay_open_where_they_were(desk):
    browser = desk.signed_in("officer")
    address = f"{PAGE}?settled_from=more"
    carried = dict(HIDDEN.findall(form_of(browser.get(address).text, FIRST, "report")))
    shown = browser.post(f"{PAGE}/{FIRST}/report", {**carried, "status": ""})
    settled = shown.text.partition("Settled:")[0].rpartition("<details")[2]
    assert " open>" in settled


@pytest.mark.parametrize(("of", "lists"), [("", 3), ("?of=all", 1)])
def test_only_what_is_shown_is_asked_for(desk, of, lists):
    browser = desk.signed_in("officer")
    desk.services.asked.clear()
    shown = browser.says(PAGE + of)
    asked = [given for _, name, given in desk.services.asked if name == "warroom.actions"]
    assert len(asked) == lists
    assert ("Settled:" in shown, "Wait for your answer" in shown) == (lists == 3, lists == 3)
    if of:
        assert asked == [{"overdue": True, "pending": True, "limit": 100}]


def form_of(page: str, key: str, deed: str) -> str:
    """A form of an action."""
    found = re.search(rf'<form [^>]*/desk/actions/{key}/{deed}".*?</form>', page, re.S)
    assert found, page[-6_000:]
    return found[0]
