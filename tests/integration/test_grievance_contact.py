"""Who is told who a grievance's citizen is, who may look a caller up, and what is noted of both."""

from typing import Any

import pytest

from palika.auth import Identity
from palika.errors import Conflict, Forbidden, NotFound
from services.grievance.commands.contact import look_up, read_contact
from services.grievance.queries import mine, one, search
from services.grievance.schemas import Getting, LookingUp, Searching
from tests.support.grievances import CITIZEN, HOUR, NOBODY, NOW, OFFICER, OTHER_CITIZEN, in_utc

ASHA = {
    "citizen_name": "Asha",
    "citizen_phone": "98220 12345",
    "citizen_email": "asha@example.org",
    "address": "12, Hidden Lane",
}
HELPDESK = Identity.of("helpdesk:hall", "helpdesk")
POSTS = {
    "roads-je": {"department": "roads"},
    "roads-head": {"department": "roads", "level": 3},
    "water-je": {"department": "water-supply"},
    "aundh-wo": {"department": "general-administration", "level": 2, "wards": ["aundh-baner"]},
    "kasba-wo": {"department": "health", "level": 2, "wards": ["kasba-vishrambagwada"]},
}


@pytest.fixture
def city(desk):
    """The desk of a city with posts."""
    desk.set_posts(POSTS)
    return desk


def officer(code: str, role: str = "officer") -> Identity:
    return Identity.of(f"{role}:{code}", role)


def contact(desk, grievance: Any, caller: Identity, now=NOW) -> dict[str, Any]:
    with desk.sessions.begin() as session:
        asked = Getting().load({"number": grievance.number})
        return one.contact(read_contact(session, caller, asked, now))


def looked_up(desk, phone="098220-12345", caller=HELPDESK, now=NOW, **args) -> dict[str, Any]:
    with desk.sessions.begin() as session:
        asked = LookingUp().load({"phone": phone} | args)
        return mine.for_callers(*look_up(session, caller, asked, now))


# ---- the citizen of one grievance


def test_the_officer_who_has_it_is_told_and_that_they_asked_is_kept_for_the_office(city):
    filed = city.file(**ASHA)
    told = contact(city, filed, OFFICER, NOW + HOUR)
    assert told == {
        "id": str(filed.id),
        "number": filed.number,
        "name": "Asha",
        "phone": "+919822012345",
        "email": "asha@example.org",
        "language": "mr",
        "anonymous": False,
        "filed_by": CITIZEN.subject,
    }
    entry = city.timeline(filed)[-1]
    assert (entry["step"], entry["actor"], entry["public"]) == (
        "contact",
        "officer:roads-je",
        False,
    )
    assert entry["at"] == in_utc(NOW + HOUR)
    assert "Asha" not in str(entry)
    assert "contact" not in [each["step"] for each in city.timeline(filed, CITIZEN)]


def test_each_reading_is_kept_and_none_is_a_step(city):
    filed = city.file(**ASHA)
    before, told = city.stored(filed), city.told(filed)
    for _ in range(2):
        contact(city, filed, OFFICER, NOW + HOUR)
    after = city.stored(filed)
    assert [each["step"] for each in city.timeline(filed)][-2:] == ["contact", "contact"]
    assert (after.version, after.changed_at) == (before.version, before.changed_at)
    assert city.told(filed) == told


@pytest.mark.parametrize("who", ["roads-head", "aundh-wo"])
def test_so_are_its_department_and_the_officer_of_its_ward(city, who):
    filed = city.file(**ASHA)
    assert contact(city, filed, officer(who))["name"] == "Asha"


@pytest.mark.parametrize("who", ["water-je", "kasba-wo", "nobody"])
@pytest.mark.parametrize("role", ["officer", "supervisor"])
def test_others_are_refused_and_nothing_is_noted(city, who, role):
    filed = city.file(**ASHA)
    with pytest.raises(Forbidden, match="to the posts of roads"):
        contact(city, filed, officer(who, role))
    assert "contact" not in [each["step"] for each in city.timeline(filed)]
    assert contact(city, filed, officer(who, "admin"))["name"] == "Asha"


def test_who_is_given_it_by_a_transfer_is_told_and_who_had_it_no_more(city):
    filed = city.file(**ASHA)
    city.take("transfer", filed, category="no-water")
    assert contact(city, filed, officer("water-je"))["name"] == "Asha"
    with pytest.raises(Forbidden):
        contact(city, filed, OFFICER)


def test_in_a_city_without_posts_it_is_who_has_it(desk):
    filed = desk.file(**ASHA)
    with pytest.raises(Forbidden):
        contact(desk, filed, OFFICER)
    desk.take("assign", filed)
    assert contact(desk, filed, OFFICER)["phone"] == "+919822012345"


def test_of_one_that_is_not_there_nothing_is_told(city):
    with city.sessions.begin() as session, pytest.raises(NotFound):
        read_contact(session, OFFICER, Getting().load({"id": NOBODY}), NOW)


def test_the_office_is_told_whose_it_is_to_write_down_that_it_has_looked(city):
    with_login, by_helpdesk = city.file(**ASHA), city.file(HELPDESK, **ASHA)
    for filed, whose in ((with_login, "citizen:9"), (by_helpdesk, None)):
        with city.sessions.begin() as session:
            asked = Getting().load({"number": filed.number})
            assert one.get(session, OFFICER, asked, NOW)["filed_by"] == whose
        assert contact(city, filed, OFFICER)["filed_by"] == whose
    with city.sessions.begin() as session:
        asked = Getting().load({"number": with_login.number})
        assert "filed_by" not in one.get(session, CITIZEN, asked, NOW)
    with city.sessions.begin() as session:
        listed = search.page(session, Searching().load({}), NOW, OFFICER)["items"]
    assert {each["number"]: each["filed_by"] for each in listed} == {
        with_login.number: "citizen:9",
        by_helpdesk.number: None,
    }


def test_of_a_private_one_in_a_list_others_are_not_told_whose_it_is(city):
    city.file(category="illegal-water-connection", **ASHA)
    with city.sessions.begin() as session:
        asked = Searching().load({})
        (item,) = search.page(session, asked, NOW, officer("roads-je"))["items"]
    assert item["masked"]
    assert "filed_by" not in item


# ---- a helpdesk's caller


def test_a_helpdesk_sees_where_a_numbers_grievances_stand_and_not_a_word_of_them(city):
    first = city.file(**ASHA)
    second = city.file(OTHER_CITIZEN, NOW + HOUR, category="no-water", **ASHA)
    city.file(citizen_phone="98220 11111")
    city.file()
    found = looked_up(city)
    assert [each["number"] for each in found["items"]] == [second.number, first.number]
    assert found["items"][0]["category"] == "no-water"
    for secret in ("Asha", "12345", "asha@", "Hidden", "A hole", "citizen:9"):
        assert secret not in str(found)


def test_of_a_private_one_it_is_told_that_it_is_there_and_where_it_stands(city):
    filed = city.file(category="illegal-water-connection", **ASHA)
    assert filed.private
    (item,) = looked_up(city)["items"]
    assert (item["number"], item["status"]) == (filed.number, filed.state)
    assert not {"category", "ward", "department"} & item.keys()


def test_that_it_was_looked_up_is_kept_for_the_office(city):
    shown, other = city.file(**ASHA), city.file()
    looked_up(city, now=NOW + HOUR)
    entry = city.timeline(shown)[-1]
    assert (entry["step"], entry["actor"], entry["public"]) == ("look_up", "helpdesk:hall", False)
    assert "look_up" not in [each["step"] for each in city.timeline(other)]


def test_it_comes_a_page_at_a_time_and_by_state(city):
    filed = [city.file(now=NOW + n * HOUR, **ASHA) for n in range(3)]
    city.take("reject", filed[0], now=NOW + 4 * HOUR)
    first = looked_up(city, limit=2)
    rest = looked_up(city, limit=2, cursor=first["next"])
    numbers = [each["number"] for page in (first, rest) for each in page["items"]]
    assert numbers == [each.number for each in reversed(filed)]
    assert rest["next"] is None
    (rejected,) = looked_up(city, status="rejected")["items"]
    assert rejected["number"] == filed[0].number
    assert looked_up(city, "98220 99999") == {"items": [], "next": None}


def test_a_helpdesk_files_for_a_caller_and_reads_and_decides_nothing(city):
    filed = city.file(HELPDESK, **ASHA)
    assert (filed.filed_by, filed.anonymous) == ("helpdesk:hall", False)
    assert city.timeline(filed)[0]["actor_role"] == "helpdesk"
    another = city.file(CITIZEN)
    for step in ("acknowledge", "assign", "comment", "reject", "withdraw"):
        with pytest.raises(NotFound):
            city.take(step, another, HELPDESK)
        with pytest.raises((Forbidden, Conflict)):
            city.take(step, filed, HELPDESK)
    assert city.stored(filed).version == filed.version
