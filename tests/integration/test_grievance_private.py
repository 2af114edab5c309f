"""A private grievance is read by those of the office whose business it is, and by nobody else."""

from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest
import uuid6
from sqlalchemy import event

from palika.auth import SYSTEM, Identity
from palika.errors import Forbidden
from services.grievance import reference
from services.grievance.commands import sample
from services.grievance.queries import export, search
from services.grievance.schemas import Counting, Exporting, Searching
from tests.support.grievance_service import METHODS, Service
from tests.support.grievances import CITIZEN, HOUR, NOW, fill

POSTS = {
    "vigilance-je": {"department": "vigilance"},
    "vigilance-head": {"department": "vigilance", "level": 3},
    "roads-je": {"department": "roads"},
    "aundh-wo": {"department": "general-administration", "level": 2, "wards": ["aundh-baner"]},
    "kasba-wo": {"department": "roads", "level": 2, "wards": ["kasba-vishrambagwada"]},
}
SECRET = {
    "category": "bribe",
    "attributes": {"office": "Aundh"},
    "description": "Mehendale asked for money",
    "address": "12, Hidden Lane",
    "lat": 18.5587,
    "lon": 73.8074,
}
SAID = ("Mehendale", "Hidden", "18.55", "73.80")
BUSINESS = {
    "its holder": Identity.of("officer:vigilance-je", "officer"),
    "its department": Identity.of("officer:vigilance-head", "officer"),
    "the officer of its ward": Identity.of("officer:aundh-wo", "officer"),
    "a supervisor": Identity.of("supervisor:roads-head", "supervisor"),
    "an admin": Identity.of("admin:it", "admin"),
    "a service": SYSTEM("notify"),
}
NONE_OF_IT = {
    "another department": Identity.of("officer:roads-je", "officer"),
    "the officer of another ward": Identity.of("officer:kasba-wo", "officer"),
    "a post that is not entered": Identity.of("officer:nobody", "officer"),
    "an officer who is a citizen too": Identity.of("officer:roads-je", "officer", "citizen"),
}


@pytest.fixture
def city(desk):
    """The desk of a city with posts."""
    desk.set_posts(POSTS)
    return desk


@pytest.fixture
def secret(city):
    """A private grievance, and a public one before and after it."""
    city.file(now=NOW - HOUR)
    made = city.file(**SECRET)
    assert (made.private, made.department, made.officer) == (True, "vigilance", "vigilance-je")
    city.file(now=NOW + HOUR)
    return made


def listed(desk, caller: Identity, **filters: Any) -> dict[str, Any]:
    with desk.sessions() as session:
        return search.page(session, Searching().load(filters), NOW, caller)


def counted(desk, caller: Identity, **filters: Any) -> dict[str, Any]:
    with desk.sessions() as session:
        return search.count(session, Counting().load(filters), NOW, caller)


def exported(desk, caller: Identity, **filters: Any) -> str:
    with desk.sessions() as session:
        args = Exporting().load({"language": "en"} | filters)
        text: str = export.page(session, args, NOW, caller)["text"]
        return text


def item(desk, caller: Identity, number: str) -> dict[str, Any]:
    (found,) = [each for each in listed(desk, caller)["items"] if each["number"] == number]
    return found


@pytest.mark.parametrize("who", BUSINESS)
def test_whose_business_it_is_reads_it_everywhere(city, secret, who):
    caller = BUSINESS[who]
    assert city.get(secret, caller)["description"] == SECRET["description"]
    shown = item(city, caller, secret.number)
    assert (shown["description"], "masked" in shown) == (SECRET["description"], False)
    assert "Mehendale" in exported(city, caller)
    assert [each["id"] for each in listed(city, caller, text="Mehendale")["items"]] == [
        str(secret.id)
    ]
    assert counted(city, caller, text="Mehendale")["count"] == 1


@pytest.mark.parametrize("who", NONE_OF_IT)
def test_nobody_else_reads_a_word_of_it(city, secret, who):
    caller = NONE_OF_IT[who]
    with pytest.raises(Forbidden, match=f"{secret.number} is private: it is read by the posts of"):
        city.get(secret, caller)
    shown = item(city, caller, secret.number)
    assert (shown["masked"], shown["status"], shown["private"]) == (True, "assigned", True)
    for text in (str(shown), exported(city, caller)):
        assert [each for each in SAID if each in text] == []
    assert listed(city, caller, text="Mehendale") == {"items": [], "next": None}
    assert counted(city, caller, text="Mehendale") == {"count": 0, "more": False}


@pytest.mark.parametrize("step", ["comment", "acknowledge", "assign", "transfer", "reject"])
def test_nor_does_a_step_show_it(city, secret, step):
    with pytest.raises(Forbidden, match="is private"):
        city.take(step, secret, NONE_OF_IT["another department"])
    assert city.stored(secret).version == secret.version


def test_its_own_citizen_reads_it_and_whoever_filed_it(city, secret):
    assert city.get(secret, CITIZEN)["description"] == SECRET["description"]
    caller = NONE_OF_IT["another department"]
    own = city.file(caller, **SECRET)
    assert city.get(own, caller)["description"] == SECRET["description"]
    assert "masked" not in item(city, caller, own.number)
    assert len(listed(city, caller, text="Mehendale")["items"]) == 1


def test_who_has_had_it_in_hand_reads_it_still(city, secret):
    city.take("transfer", secret, BUSINESS["its holder"], category="pothole")
    assert city.stored(secret).department == "roads"
    caller = BUSINESS["its holder"]
    assert city.get(secret, caller)["description"] == SECRET["description"]
    assert "masked" not in item(city, caller, secret.number)
    with pytest.raises(Forbidden):
        city.get(secret, BUSINESS["its department"])


def test_pages_and_counts_are_the_same_for_all(city, secret):
    for caller in (*BUSINESS.values(), *NONE_OF_IT.values()):
        assert counted(city, caller) == {"count": 3, "more": False}
        first = listed(city, caller, limit=2)
        rest = listed(city, caller, limit=2, cursor=first["next"])
        numbers = [each["number"] for page in (first, rest) for each in page["items"]]
        assert len(numbers) == len(set(numbers)) == 3
        assert secret.number in numbers
        assert listed(city, caller, category="bribe")["items"][0]["id"] == str(secret.id)


def test_a_search_goes_on_past_what_is_hidden(city):
    filed = [
        city.file(now=NOW + n * HOUR, **SECRET | {"description": "Mehendale again"})
        if n % 2
        else city.file(now=NOW + n * HOUR, description="Mehendale again")
        for n in range(12)
    ]
    caller = NONE_OF_IT["another department"]
    wanted = [each.number for each in reversed(filed) if not each.private]
    for order in ("newest", "due"):
        found, cursor = [], None
        for _ in range(12):
            more = {"cursor": cursor} if cursor else {}
            page = listed(city, caller, text="Mehendale", limit=2, order=order, **more)
            found += [each["number"] for each in page["items"]]
            cursor = page["next"]
            if cursor is None:
                break
        assert cursor is None
        assert sorted(found) == sorted(wanted)
        assert order == "due" or found == wanted
    assert counted(city, caller, text="Mehendale") == {"count": 6, "more": False}


# Every method of the desks that is about more than one grievance, and how it is asked.
LISTS: dict[str, dict[str, Any]] = {
    "list": {},
    "count": {"text": "Mehendale"},
    "export": {"language": "en"},
    "report": {"name": "heat", "by": "ward", "from_day": "2026-01-01", "to_day": "2026-12-31"},
    "similar": {key: SECRET[key] for key in ("category", "description", "lat", "lon")},
    "appeals": {},
    "samples": {},
    "sample_draw": {"day": "2026-07-01"},
    "sample_results": {"from_day": "2026-07-01", "to_day": "2026-07-31"},
    "officers": {},
    "views": {},
    "published": {"language": "en"},
    "tied": {"correlation_id": str(uuid6.uuid7())},
}
OTHERS = {"file", "save_view", "track", "open311_services", "open311_service", "rejections"}
"""About one that is made, whose token the caller has, or none."""


def test_no_list_of_the_desks_tells_what_a_private_one_says(city, secret, monkeypatch):
    everything = replace(reference.policy(), sample_percent=Fraction(100))
    monkeypatch.setattr(sample, "policy", lambda: everything)
    holder, judge = BUSINESS["its holder"], BUSINESS["a supervisor"]
    city.take("resolve", secret, holder, NOW, remark="Mehendale was warned")
    with city.sessions.begin() as session:
        sample.draw(session, NOW.date(), NOW + 24 * HOUR)
    found = {"outcome": "confirmed", "note": "Mehendale says so"}
    city.take("check_sample", secret, judge, NOW + 25 * HOUR, **found)
    grounds = {"grounds": "Mehendale asked again", "reason": "Mehendale threatened me"}
    city.take("appeal", secret, CITIZEN, NOW + 26 * HOUR, **grounds)
    again = city.file(now=datetime.now(UTC), **SECRET)

    of_officers = {name: each for name, each in METHODS.items() if "officer" in each.roles}
    fields = {name: each.schema.load_fields.keys() for name, each in of_officers.items()}
    of_one = {name for name, known in fields.items() if known & {"id", "ids", "number"}}
    assert of_officers.keys() - of_one - OTHERS == LISTS.keys()
    for caller in (*NONE_OF_IT.values(), holder):
        desk = Service(city.sessions, caller)
        told = {name: str(desk.do(name, **LISTS[name])) for name in LISTS}
        said = {name: [each for each in SAID if each in text] for name, text in told.items()}
        if caller is holder:
            assert {name for name, words in said.items() if words} == {
                "list", "export", "appeals", "sample_draw"
            }  # fmt: skip
            assert again.number in told["similar"]
        else:
            assert {name: words for name, words in said.items() if words} == {}
            assert again.number not in told["similar"]
            assert "'masked': True" in told["appeals"]
            assert "'masked': True" in told["sample_draw"]


def test_in_a_city_without_posts_it_is_who_has_it_and_supervisors(desk):
    filed = desk.file(**SECRET)
    officer = Identity.of("officer:vigilance-je", "officer")
    with pytest.raises(Forbidden):
        desk.get(filed, officer)
    desk.take("assign", filed, BUSINESS["a supervisor"], officer="vigilance-je")
    assert desk.get(filed, officer)["description"] == SECRET["description"]


def test_a_list_without_private_ones_asks_nothing_more(city):
    fill(city.sessions, 200)
    engine, asked = city.sessions.kw["bind"], []

    def note(connection, cursor, statement, *_):
        asked.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        for caller in (BUSINESS["a supervisor"], NONE_OF_IT["another department"]):
            listed(city, caller)
        half = len(asked) // 2
        assert asked[:half] == asked[half:]
    finally:
        event.remove(engine, "before_cursor_execute", note)
