"""While a grievance is said to be done its clock stands: who opens it again finds what was left."""

import pytest

from palika.auth import Identity
from services.grievance.domain.lifecycle import State
from services.grievance.reference import calendar, policy
from tests.support.grievances import CITIZEN, HOUR, NOW, in_utc

DAY = 24 * HOUR
AUTHORITY = Identity.of("supervisor:roads-ee", "supervisor")


def test_a_reopened_one_is_due_later_by_the_working_time_since_its_resolution(desk):
    filed = desk.file()
    desk.take("assign", filed)
    done, again = NOW + HOUR, NOW + policy().reopen_days * DAY
    desk.take("resolve", filed, now=done)
    reopened = desk.take("reopen", filed, CITIZEN, again)
    stood = calendar().between(done, again)
    assert stood > 0
    assert reopened.paused_minutes == stood
    assert reopened.due_at == calendar().add(filed.due_at, stood)
    left = calendar().between(done, filed.due_at)
    assert calendar().between(again, reopened.due_at) == left
    assert desk.events(filed)[-1].data["due_at"] == in_utc(reopened.due_at)


def test_what_is_reopened_long_after_does_not_climb_the_ladder_at_once(desk):
    done = desk.resolved()
    desk.take("close", done, CITIZEN, NOW + HOUR)
    desk.take("appeal", done, CITIZEN, NOW + 30 * DAY)
    ordered = NOW + 59 * DAY
    again = desk.take("decide_appeal", done, AUTHORITY, ordered, outcome="upheld")
    assert again.due_at > ordered
    assert desk.clock(ordered + HOUR / 60) == 0
    assert desk.told(done)[-2:] == ["appeal_decided", "reopened"]
    decided, reopened = desk.events(done)[-2:]
    assert decided.data["due_at"] == reopened.data["due_at"] == in_utc(again.due_at)


def test_a_rejection_that_is_undone_gives_back_the_time_that_was_left(desk):
    filed = desk.file()
    desk.take("reject", filed, Identity.of("officer:clerk", "officer"), NOW + HOUR)
    desk.take("appeal", filed, CITIZEN, NOW + 30 * DAY)
    ordered = NOW + 59 * DAY
    restored = desk.take("decide_appeal", filed, AUTHORITY, ordered, outcome="upheld")
    stood = calendar().between(NOW + HOUR, ordered)
    assert (restored.state, restored.paused_minutes) == (State.FILED, stood)
    assert restored.due_at == calendar().add(filed.due_at, stood)
    assert desk.events(filed)[-1].data["due_at"] == in_utc(restored.due_at)
    assert desk.clock(ordered + HOUR / 60) == 0


def test_an_order_that_opens_nothing_names_no_due_time(desk):
    refused = desk.take("reject", desk.file(), Identity.of("officer:clerk", "officer"))
    desk.take("appeal", refused, CITIZEN)
    desk.take("decide_appeal", refused, AUTHORITY, NOW + DAY, outcome="dismissed")
    assert "due_at" not in desk.events(refused)[-1].data


def test_what_was_late_when_it_was_resolved_is_as_late_when_it_is_reopened(desk):
    filed = desk.file()
    desk.take("assign", filed)
    late = calendar().add(filed.due_at, 10)
    desk.take("resolve", filed, now=late)
    reopened = desk.take("reopen", filed, CITIZEN, late + policy().reopen_days * DAY)
    assert calendar().between(reopened.due_at, reopened.reopened_at) == 10


def test_a_transfer_after_a_reopening_keeps_the_standstill(desk):
    filed = desk.file()
    desk.take("assign", filed)
    desk.take("resolve", filed, now=NOW + HOUR)
    reopened = desk.take("reopen", filed, CITIZEN, NOW + 2 * DAY)
    moved = desk.take("transfer", filed, now=NOW + 2 * DAY, category="footpath-damage")
    plain = desk.file(category="footpath-damage")
    assert moved.due_at == calendar().add(plain.due_at, reopened.paused_minutes)


WEEKEND = 2 * DAY + 16 * HOUR
FRIDAY = NOW + 2 * DAY
"""10:00 in India; the weekend's wait ends on Monday at 02:00."""
DAY_AND_NIGHT, IN_WORKING_TIME = "road-cave-in", "pothole"


@pytest.mark.parametrize(
    ("first", "then"), [(DAY_AND_NIGHT, IN_WORKING_TIME), (IN_WORKING_TIME, DAY_AND_NIGHT)]
)
@pytest.mark.parametrize("answered", [True, False])
def test_a_wait_counts_as_the_promise_counts_to_which_it_is_transferred(
    desk, first, then, answered
):
    filed = desk.file(category=first, now=FRIDAY)
    desk.take("assign", filed, now=FRIDAY)
    desk.take("wait", filed, now=FRIDAY)
    if answered:
        desk.take("answer", filed, CITIZEN, FRIDAY + WEEKEND)
    moved = desk.take("transfer", filed, now=FRIDAY + WEEKEND, category=then)
    plain = desk.file(category=then, now=FRIDAY)
    worked = calendar().between(FRIDAY, FRIDAY + WEEKEND)
    clock = WEEKEND // (HOUR / 60)
    assert 0 < worked < clock
    if then == DAY_AND_NIGHT:
        assert moved.due_at == plain.due_at + WEEKEND
        assert (moved.paused_minutes, moved.paused_otherwise) == (clock, worked)
    else:
        assert moved.due_at == calendar().add(plain.due_at, worked)
        assert (moved.paused_minutes, moved.paused_otherwise) == (worked, clock)
