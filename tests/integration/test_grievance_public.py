"""What the public sees of grievances, on a real database; the portal's Open311 shows this."""

from datetime import timedelta

import pytest

from palika.auth import ANONYMOUS, SYSTEM, Identity
from palika.errors import Invalid
from services.grievance.queries import published
from services.grievance.schemas import Published
from tests.support.grievances import CITIZEN, HOUR, NOW, OFFICER

FIXMYSTREET = Identity.of("open311:fixmystreet", "citizen")
OTHER_SYSTEM = Identity.of("open311:other", "citizen")
WORDS = {
    "description": "Deep hole, call Asha on 98220 12345",
    "address": "12 Baner Road, Pune 411 045",
    "media_url": "https://pictures.example/1.jpg",
}
WRITTEN = ("description", "address", "postal_code", "media_url")


@pytest.fixture
def see(desk):
    """What a caller sees for these filters."""

    def seen(caller=ANONYMOUS, **args):
        with desk.sessions() as session:
            return published.requests(session, caller, Published().load({"language": "en", **args}))

    return seen


def numbers(seen):
    return [each["number"] for each in seen]


def test_what_was_filed_over_open311_is_shown_without_telephone_numbers(desk, see):
    filed = desk.file(FIXMYSTREET, channel="open311", lat=18.55, lon=73.8, **WORDS)
    (shown,) = see()
    assert shown["number"] == filed.number
    assert shown["description"] == "Deep hole, call Asha on •••"
    assert shown["address"] == WORDS["address"]
    assert shown["postal_code"] == "411045"
    assert shown["media_url"] == WORDS["media_url"]
    assert (shown["lat"], shown["lon"]) == (18.55, 73.8)
    assert shown["category_name"] == "Pothole"
    assert shown["promise"] == "Pothole: put right within 24 working hours"


def test_a_number_is_hidden_however_it_is_written(desk, see):
    written = {
        "description": "खड्डा; PMC-2026-000123 सारखा. ९८७६५४३२१०वर फोन करा, (020) 2550 1000",
        "address": "12 Baner Road, 98765.43214, Pune 411045",
    }
    filed = desk.file(FIXMYSTREET, channel="open311", **written)
    desk.take("assign", filed)
    desk.take("resolve", filed, remark="Filled on 01-07-2026; asha (at) example.org")
    (shown,) = see()
    assert shown["description"] == "खड्डा; PMC-2026-000123 सारखा. •••वर फोन करा, •••"
    assert (shown["address"], shown["postal_code"]) == (
        "12 Baner Road, •••, Pune 411045",
        "411045",
    )
    assert shown["note"] == "Put right: Filled on 01-07-2026; •••"


def test_what_people_wrote_elsewhere_stays_between_them_and_the_city(desk, see):
    filed = desk.file(channel="counter", lat=18.55, lon=73.8, citizen_name="Asha", **WORDS)
    desk.take("assign", filed)
    desk.take("resolve", filed, remark="Filled, told Asha")
    (shown,) = see()
    assert [shown[each] for each in WRITTEN] == [None] * 4
    assert shown["note"] == "Put right"
    assert (shown["lat"], shown["lon"]) == (18.55, 73.8)


def test_nothing_tells_who_filed_it_or_which_officer_has_it(desk, see):
    filed = desk.file(
        FIXMYSTREET,
        channel="open311",
        citizen_name="Asha Patil",
        citizen_phone="9822012345",
        citizen_email="asha@example.org",
    )
    desk.take("assign", filed)
    told = str(see())
    for secret in ("Asha", "9822012345", "asha@", "roads-je", "fixmystreet", str(filed.id)):
        assert secret not in told


def test_a_private_one_is_seen_only_by_the_system_that_filed_it(desk, see):
    private = desk.file(
        FIXMYSTREET, channel="open311", category="money-for-garbage", citizen_name="Asha"
    )
    assert private.private
    assert see() == see(OFFICER) == see(OTHER_SYSTEM) == see(numbers=[private.number]) == []
    assert numbers(see(FIXMYSTREET)) == [private.number]


def test_a_transfer_publishes_nothing_that_was_private_and_hides_what_becomes_so(desk, see):
    told = {
        "category": "money-for-garbage",
        "description": "The sweeper of our lane asks for money",
    }
    private = desk.file(FIXMYSTREET, channel="open311", **told)
    sent = desk.take("transfer", private, SYSTEM("desk"), category="other")
    assert (sent.category, sent.private) == ("other", True)
    assert see() == see(numbers=[private.number]) == []
    public = desk.file(FIXMYSTREET, channel="open311")
    assert numbers(see()) == [public.number]
    assert desk.take("transfer", public, category="money-for-garbage").private
    assert see() == []


def test_who_is_nobody_owns_no_private_one(desk, see):
    desk.file(ANONYMOUS, channel="open311", category="money-for-garbage")
    assert see(Identity.of("anonymous", "citizen")) == []


def test_the_filters_are_those_of_open311(desk, see):
    old = desk.file(now=NOW - 100 * timedelta(days=1))
    hole = desk.file(now=NOW)
    dark = desk.file(category="street-light", now=NOW + HOUR)
    done = desk.resolved(now=NOW + 2 * HOUR)
    everything = [done.number, dark.number, hole.number, old.number]
    assert numbers(see()) == everything
    assert numbers(see(categories=["street-light", "unknown"])) == [dark.number]
    assert numbers(see(statuses=["open"])) == everything[1:]
    assert numbers(see(statuses=["closed"])) == [done.number]
    assert numbers(see(statuses=["closed", "open"])) == everything
    window = {"filed_from": NOW.isoformat(), "filed_before": (NOW + 2 * HOUR).isoformat()}
    assert numbers(see(**window)) == [dark.number, hole.number]
    assert numbers(see(limit=1, offset=2)) == [hole.number]
    # Ids override everything else, and those that are not there are left out.
    asked = [old.number, "PMC-1999-000001"]
    assert numbers(see(numbers=asked, statuses=["closed"], **window)) == [old.number]


def test_each_state_is_open_or_closed_with_a_word_on_why(desk, see):
    filed = desk.file(channel="open311")

    def stands():
        (shown,) = see(numbers=[filed.number])
        return shown["status"], shown["note"], shown["updated_at"]

    assert stands() == ("open", "Registered", NOW.isoformat())
    desk.take("assign", filed, now=NOW + HOUR)
    assert stands() == ("open", "Given to an officer", (NOW + HOUR).isoformat())
    desk.take("resolve", filed, now=NOW + 2 * HOUR, remark="Filled")
    assert stands() == ("closed", "Put right: Filled", (NOW + 2 * HOUR).isoformat())
    desk.take("reopen", filed, now=NOW + 3 * HOUR)
    assert stands() == ("open", "Given to an officer", (NOW + 3 * HOUR).isoformat())
    desk.take("reject", filed, now=NOW + 4 * HOUR, remark="Ask the highway authority")
    status, note, at = stands()
    assert (status, at) == ("closed", (NOW + 4 * HOUR).isoformat())
    assert note.startswith("Rejected: ")
    assert note.endswith(": Ask the highway authority")


def test_when_it_was_changed_last_never_goes_back(desk, see):
    """Neither an answer nor a transfer, which take moments back that were told before."""
    filed = desk.file(channel="open311")
    steps = ["assign", "start", "wait", "answer", "resolve", "reopen", "transfer", "assign"]
    for hours, step in enumerate(steps, 1):
        caller = CITIZEN if step in ("answer", "reopen") else OFFICER
        desk.take(step, filed, caller, NOW + hours * HOUR)
        (shown,) = see()
        assert shown["updated_at"] == (NOW + hours * HOUR).isoformat(), step


def test_names_are_in_the_language_asked_for(desk, see):
    desk.file()
    (shown,) = see(language="mr")
    assert shown["category_name"] == "रस्त्यावरील खड्डे"
    assert shown["note"] == "नोंद झाली"


def test_a_list_is_skipped_so_far_and_then_said_to_be_too_long_or_over(desk, see, monkeypatch):
    monkeypatch.setattr(published, "DEEPEST", 2)
    filed = [desk.file(now=NOW + each * HOUR) for each in range(4)]
    assert numbers(see(offset=2)) == [filed[1].number, filed[0].number]
    with pytest.raises(Invalid, match="offset: goes to 2: ask for fewer days"):
        see(offset=3)
    soon = (NOW + 2 * HOUR).isoformat()
    assert see(offset=3, filed_before=soon) == []
