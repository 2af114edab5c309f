"""Duplicates: merged into their original, which goes on for all of them."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from fractions import Fraction

import pytest

from palika.auth import ANONYMOUS, Identity
from palika.errors import Conflict, Forbidden, Invalid, NotFound
from palika.india import day_of
from services.grievance.commands import sample
from services.grievance.commands.follow import follow_grievance
from services.grievance.domain import merging
from services.grievance.queries import contacts
from services.grievance.reference import policy
from services.grievance.schemas import Following
from tests.support.grievances import CITIZEN, HOUR, NOBODY, NOW, OFFICER, OTHER_CITIZEN


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


@pytest.mark.parametrize("by", ["citizen", "rating", "appeal", "sample"])
def test_a_reopening_names_who_has_it_again_and_all_who_were_told_of_the_resolution(
    desk, by, monkeypatch
):
    original, same = desk.file(), desk.file(OTHER_CITIZEN)
    desk.take("merge", same, into=str(original.id))
    with desk.sessions.begin() as session:
        args = {"id": str(original.id), "citizen_phone": "98220 12341"}
        follow_grievance(session, OFFICER, Following().load(args), NOW)
    desk.take("assign", original)
    desk.take("resolve", original)
    resolved = desk.events(original)[-1].data
    if by == "citizen":
        desk.take("reopen", original, CITIZEN, NOW + HOUR)
    elif by == "rating":
        desk.take("rate", original, CITIZEN, NOW + HOUR, rating=1)
    elif by == "appeal":
        desk.take("appeal", original, CITIZEN, NOW + HOUR)
        desk.take("decide_appeal", original, SUPERVISOR, NOW + 2 * HOUR)
    else:
        everything = replace(policy(), sample_percent=Fraction(100))
        monkeypatch.setattr(sample, "policy", lambda: everything)
        with desk.sessions.begin() as session:
            sample.draw(session, day_of(NOW), NOW + 24 * HOUR)
        desk.take("check_sample", original, SUPERVISOR, NOW + 25 * HOUR, outcome="not_done")
    reopened = desk.events(original)[-1]
    assert (reopened.type, reopened.data["officer"]) == ("grievance.reopened.v1", "roads-je")
    assert reopened.data["merged"] == resolved["merged"] == [str(same.id)]
    assert reopened.data["followers"] == resolved["followers"]
    assert len(reopened.data["followers"]) == 1


def test_what_has_no_duplicates_tells_of_none(desk):
    resolved = desk.resolved()
    assert "merged" not in desk.events(resolved)[-1].data
    desk.take("reopen", resolved, CITIZEN)
    assert not {"merged", "followers"} & desk.events(resolved)[-1].data.keys()


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


# ---- what may be merged, and how a merging is taken back


SUPERVISOR = Identity.of("supervisor:roads-ee", "supervisor")
OTHER_WARD = {"ward": "bibwewadi"}


@pytest.mark.parametrize(
    ("other", "says"),
    [
        ({"category": "tree-trimming"}, "category roads and "),
        (OTHER_WARD, "ward aundh-baner and bibwewadi"),
    ],
)
def test_to_merge_what_differs_in_kind_or_ward_is_for_a_supervisor(desk, other, says):
    same, original = desk.file(), desk.file(**other)
    with pytest.raises(Forbidden, match=says):
        desk.take("merge", same, into=str(original.id))
    assert (desk.stored(same).state, desk.stored(original).duplicates) == ("filed", 0)
    assert desk.take("merge", same, SUPERVISOR, into=str(original.id)).state == "merged"


def test_of_one_kind_are_the_sub_categories_of_a_category_and_no_ward_is_any(desk):
    original = desk.file()
    for other in ({"category": "road-damage"}, {"ward": None, "address": "Baner Road"}):
        assert desk.take("merge", desk.file(**other), into=str(original.id)).state == "merged"


def test_the_office_takes_a_merging_back_while_the_original_is_open(desk):
    original, same = desk.file(category="street-light"), desk.file(category="street-light")
    desk.take("assign", same)
    desk.take("merge", same, into=str(original.id))
    alone = desk.take("unmerge", same, now=NOW + 2 * HOUR, reason="Another lane")
    assert (alone.state, alone.officer, alone.merged_into, alone.closed_at) == (
        "assigned", "roads-je", None, None,
    )  # fmt: skip
    # To merge it gained the office no time.
    assert alone.due_at == same.due_at
    assert desk.stored(original).duplicates == 0
    assert (desk.timeline(original)[-1]["step"], desk.stored(original).version) == ("release", 1)
    told = desk.events(same)[-1]
    assert (told.type, told.data["original"], told.data["by"]) == (
        "grievance.unmerged.v1", str(original.id), "office",
    )  # fmt: skip
    assert told.data["merged_at"] == desk.events(same)[-2].data["merged_at"]
    assert desk.timeline(same, CITIZEN)[-1]["note"] == "Another lane"
    desk.take("assign", original)
    desk.take("resolve", original)
    assert "merged" not in desk.events(original)[-1].data
    with pytest.raises(Conflict, match=f"{same.number} is assigned, and not merged"):
        desk.take("unmerge", same)


def test_for_whom_it_is_not_put_right_with_the_original_theirs_goes_on(desk):
    original, same = desk.file(), desk.file_with_token(ANONYMOUS)
    other = desk.file(OTHER_CITIZEN)
    for each in (same.grievance, other):
        desk.take("merge", each, into=str(original.id))
    with pytest.raises(Conflict, match="when that is said to be put right"):
        desk.take("unmerge", other, OTHER_CITIZEN)
    desk.take("assign", original)
    desk.take("resolve", original, now=NOW + HOUR)
    with pytest.raises(Conflict, match="only its citizen can say now"):
        desk.take("unmerge", other, now=NOW + 2 * HOUR)
    with pytest.raises(NotFound):
        desk.take("unmerge", other, CITIZEN, NOW + 2 * HOUR)
    alone = desk.take("unmerge", None, ANONYMOUS, NOW + 3 * HOUR, token=same.token)
    assert (alone.state, alone.merged_into) == ("filed", None)
    # While the original was said to be done its clock stood: two hours of the office.
    assert (alone.paused_minutes, alone.due_at > same.grievance.due_at) == (120, True)
    assert desk.stored(original).state == "resolved"
    with pytest.raises(Conflict, match="could be reopened until"):
        desk.take("unmerge", other, OTHER_CITIZEN, NOW + 100 * HOUR)


def test_against_a_merging_there_is_an_appeal_and_upheld_it_takes_it_back(desk):
    original, same = desk.file(**OTHER_WARD), desk.file(OTHER_CITIZEN)
    merger = Identity.of("supervisor:roads-de", "supervisor")
    desk.take("merge", same, merger, into=str(original.id))
    made = desk.take("appeal", same, OTHER_CITIZEN, NOW + HOUR)
    assert (made.level, made.against) == (1, "merged")
    with pytest.raises(Forbidden, match="who merged it"):
        desk.take("decide_appeal", same, merger, NOW + 2 * HOUR)
    desk.take("assign", original)
    desk.take("reject", original, now=NOW + HOUR)
    alone = desk.take("decide_appeal", same, SUPERVISOR, NOW + 3 * HOUR)
    assert (alone.state, alone.merged_into) == ("filed", None)
    decided, unmerged = desk.events(same)[-2:]
    assert (decided.data["reopened"], unmerged.type) == (True, "grievance.unmerged.v1")
    assert decided.data["due_at"] == unmerged.data["due_at"]
    assert desk.stored(original).duplicates == 0


def test_the_days_to_appeal_in_run_anew_when_the_original_has_ended(desk):
    original, same = desk.file(), desk.file(OTHER_CITIZEN)
    desk.take("merge", same, into=str(original.id))
    desk.take("assign", original)
    late = NOW + 24 * 60 * HOUR
    desk.take("resolve", original, now=late)
    assert desk.take("appeal", same, OTHER_CITIZEN, late + HOUR).against == "merged"
