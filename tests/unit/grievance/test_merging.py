"""What may be merged, when a merging may be taken back, and what goes on for others."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from palika.errors import Conflict, Invalid
from services.grievance.domain.lifecycle import OPEN, State
from services.grievance.domain.merging import (
    MOST_TOLD,
    Original,
    check_original,
    check_room,
    check_two,
    check_unmerge,
    check_withdraw,
)

NUMBER = "PMC-2026-000123"

NOW = datetime(2026, 7, 10, tzinfo=UTC)
DAY = timedelta(days=1)
OFFICE, CITIZEN = frozenset({"officer"}), frozenset({"citizen"})


@pytest.mark.parametrize("state", State)
def test_only_an_open_one_is_an_original(state):
    if state in OPEN:
        check_original("N", state, None)
    else:
        with pytest.raises(Conflict, match=f"N is {state}: only an open one"):
            check_original("N", state, None)
    with pytest.raises(Conflict, match="merge into that") as refused:
        check_original("N", state, UUID(int=1))
    assert refused.value.details == {"into": str(UUID(int=1))}


def test_a_grievance_is_not_two():
    check_two(UUID(int=1), UUID(int=2), "into")
    with pytest.raises(Invalid) as refused:
        check_two(UUID(int=1), UUID(int=1), "into")
    assert refused.value.fields == {"into": ["is the grievance itself"]}


def test_it_stands_for_as_many_as_its_event_can_name():
    check_room("N", MOST_TOLD)
    with pytest.raises(Conflict, match="is the most"):
        check_room("N", MOST_TOLD + 1)


@pytest.mark.parametrize("state", State)
def test_the_office_takes_a_merging_back_while_the_original_is_open(state):
    original = Original("N", state, NOW - DAY)
    if state in OPEN:
        check_unmerge(original, OFFICE, NOW, 3)
    else:
        with pytest.raises(Conflict, match="only its citizen can say now"):
            check_unmerge(original, OFFICE, NOW, 3)


@pytest.mark.parametrize("state", [State.RESOLVED, State.CLOSED])
def test_its_citizen_does_within_the_days_of_a_resolution(state):
    check_unmerge(Original("N", state, NOW - 3 * DAY), CITIZEN, NOW, 3)
    with pytest.raises(Conflict, match="N could be reopened until"):
        check_unmerge(Original("N", state, NOW - 4 * DAY), CITIZEN, NOW, 3)


@pytest.mark.parametrize("state", [State.FILED, State.WAITING, State.REJECTED, State.WITHDRAWN])
def test_until_then_its_citizen_has_the_appeal(state):
    with pytest.raises(Conflict, match="an appeal against the merging is possible") as refused:
        check_unmerge(Original("N", state, None), CITIZEN, NOW, 3)
    assert refused.value.details["instead"] == ["appeal"]


def test_what_goes_on_for_others_is_not_withdrawn():
    check_withdraw(NUMBER, 0, 0)
    for duplicates, followers, why in ((1, 0, "1 others have the same"), (0, 2, "2 follow it")):
        with pytest.raises(Conflict, match=why):
            check_withdraw(NUMBER, duplicates, followers)
