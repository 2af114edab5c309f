"""Duplicates: merged into their original, which goes on for all of them."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from palika.errors import Conflict, Invalid, NotFound
from services.grievance.commands import merge as merging
from services.grievance.commands.follow import follow_grievance
from services.grievance.queries import contacts
from services.grievance.schemas import Following
from tests.support.grievances import CITIZEN, HOUR, NOBODY, NOW, OFFICER, OTHER_CITIZEN

pytestmark = pytest.mark.xdist_group("grievance steps")


def test_a_duplicate_goes_on_as_its_original(desk):
    original, same = desk.file(), desk.file(OTHER_CITIZEN)
    merged = desk.take("merge", same, into=str(original.id), note="The same hole")
    assert (merged.state, merged.merged_into) == ("merged", original.id)
    event = desk.events(same)[-1]
    assert (event.name, event.data["into"]) == ("grievance.merged", str(original.id))
    shown = desk.get(same, OTHER_CITIZEN)
    assert shown["original"] == {"number": original.number, "status": "filed"}
    assert shown["timeline"][-1]["note"] == "The same hole"
    desk.take("assign", original)
    assert desk.get(same, OTHER_CITIZEN)["original"]["status"] == "assigned"


def test_the_original_knows_its_duplicates_and_is_decided_on_as_before(desk):
    original, same = desk.file(), desk.file()
    desk.take("merge", same, into=str(original.id))
    assert desk.stored(original).duplicates == 1
    noted = desk.timeline(original)[-1]
    assert (noted["step"], noted["data"], noted["public"]) == (
        "absorb",
        {"number": same.number},
        False,
    )
    assert desk.take("assign", original, version=1).version == 2


@pytest.mark.parametrize("step", ["resolve", "reject"])
def test_the_citizens_of_all_duplicates_are_told_what_became_of_it(desk, step):
    original, *same = (desk.file() for _ in range(3))
    for each in same:
        desk.take("merge", each, into=str(original.id))
    desk.take("assign", original)
    desk.take(step, original)
    assert desk.events(original)[-1].data["merged"] == sorted(str(each.id) for each in same)


def test_what_has_no_duplicates_tells_of_none(desk):
    assert "merged" not in desk.events(desk.resolved())[-1].data


def test_a_chain_of_duplicates_is_made_flat(desk):
    first, second, third = desk.file(), desk.file(), desk.file()
    desk.take("merge", third, into=str(second.id))
    desk.take("merge", second, into=str(first.id))
    assert desk.stored(third).merged_into == first.id
    assert (desk.stored(first).duplicates, desk.stored(second).duplicates) == (2, 0)
    with pytest.raises(Conflict, match="was merged into another one itself") as refused:
        desk.take("merge", desk.file(), into=str(second.id))
    assert refused.value.details == {"into": str(first.id)}


def test_only_an_open_one_is_an_original(desk):
    with pytest.raises(Conflict, match="is resolved: only an open one"):
        desk.take("merge", desk.file(), into=str(desk.resolved().id))
    same = desk.file()
    with pytest.raises(Invalid):
        desk.take("merge", same, into=str(same.id))
    with pytest.raises(NotFound):
        desk.take("merge", same, into=NOBODY)
    assert desk.stored(same).version == 1


def test_the_original_is_not_withdrawn_while_others_rely_on_it(desk):
    original, same = desk.file(), desk.file(OTHER_CITIZEN)
    desk.take("merge", same, into=str(original.id))
    with pytest.raises(Conflict, match="1 others have the same grievance"):
        desk.take("withdraw", original, CITIZEN)


def test_a_duplicate_that_waited_for_its_citizen_waits_no_more(desk):
    original, same = desk.file(), desk.file()
    desk.take("assign", same)
    desk.take("wait", same)
    merged = desk.take("merge", same, now=NOW + HOUR, into=str(original.id))
    assert (merged.paused_at, merged.paused_minutes) == (None, 60)


def test_two_that_are_merged_into_each_other_at_once_leave_one_original(desk):
    start = threading.Barrier(2)

    def merge(pair) -> bool:
        start.wait(timeout=20)
        try:
            desk.take("merge", pair[0], into=str(pair[1].id))
        except Conflict:
            return False
        return True

    for _ in range(5):
        one, other = desk.file(), desk.file()
        with ThreadPoolExecutor(2) as pool:
            done = list(pool.map(merge, [(one, other), (other, one)]))
        assert sum(done) == 1
        states = {desk.stored(one).state, desk.stored(other).state}
        assert states == {"filed", "merged"}


def test_the_contacts_of_a_duplicate_tell_what_its_messages_need(desk):
    original, same = desk.file(), desk.file(OTHER_CITIZEN, citizen_phone="98220 12345")
    desk.take("merge", same, into=str(original.id))
    desk.take("reject", original)
    with desk.sessions() as session:
        (contact,) = contacts.of(session, [same.id])
    assert contact["original_number"] == original.number
    assert contact["number"] == same.number
    assert contact["rejection_name"]["en"] == "Not the corporation's responsibility"


def test_an_original_takes_no_more_than_its_event_can_name_and_nobody_is_left_out(
    desk, monkeypatch
):
    monkeypatch.setattr(merging, "MOST_TOLD", 4)
    original, followed, twice, alone = (desk.file(OTHER_CITIZEN) for _ in range(4))
    with desk.sessions.begin() as session:
        for number in (1, 2):
            args = {"id": str(followed.id), "citizen_phone": f"982201234{number}"}
            follow_grievance(session, OFFICER, Following().load(args), NOW)
    desk.take("merge", desk.file(OTHER_CITIZEN), into=str(twice.id))
    desk.take("merge", followed, into=str(original.id))
    with pytest.raises(Conflict, match=r"would stand for 5 who are told .* and 4 is the most"):
        desk.take("merge", twice, into=str(original.id))
    assert desk.stored(twice).state == "filed"
    desk.take("merge", alone, into=str(original.id))
    desk.take("assign", original)
    desk.take("resolve", original)
    told = desk.events(original)[-1].data
    assert len(told["merged"]) + len(told["followers"]) == 4
