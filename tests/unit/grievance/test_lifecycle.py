"""The life of a grievance."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palika.errors import Conflict
from services.grievance.domain.lifecycle import (
    State,
    Step,
    after,
    check_version,
    due,
    legal_steps,
    resolution,
)

FILED_AT = datetime(2026, 7, 1, 4, 30, tzinfo=UTC)

WHAT_FOLLOWS = {
    (State.FILED, Step.ASSIGN): State.ASSIGNED,
    (State.FILED, Step.SETTLE): State.RESOLVED,
    (State.ASSIGNED, Step.ASSIGN): State.ASSIGNED,
    (State.ASSIGNED, Step.RESOLVE): State.RESOLVED,
    (State.RESOLVED, Step.REOPEN): State.ASSIGNED,
}


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("step", Step)
def test_every_step_from_every_state_leads_on_or_is_refused(state, step):
    if (state, step) in WHAT_FOLLOWS:
        assert after(state, step) is WHAT_FOLLOWS[state, step]
    else:
        with pytest.raises(Conflict):
            after(state, step)


def test_a_refused_step_names_the_legal_ones():
    with pytest.raises(Conflict) as refused:
        after(State.RESOLVED, Step.ASSIGN)
    assert "legal now: reopen" in str(refused.value)
    assert refused.value.details == {"state": "resolved", "step": "assign", "legal": ["reopen"]}


def test_settling_is_never_offered_to_an_officer():
    assert all(Step.SETTLE not in legal_steps(state) for state in State)


def test_a_settled_grievance_that_is_reopened_waits_to_be_assigned():
    assert after(State.RESOLVED, Step.REOPEN, has_officer=False) is State.FILED


@given(st.lists(st.sampled_from(Step)))
def test_no_sequence_of_steps_leaves_the_states_or_gets_stuck(steps):
    state, officer = State.FILED, False
    for step in steps:
        legal = legal_steps(state)
        try:
            state = after(state, step, has_officer=officer)
        except Conflict:
            assert step not in legal
        officer = officer or (step is Step.ASSIGN and state is State.ASSIGNED)
        assert legal_steps(state)


def test_a_step_decided_on_an_older_version_is_refused():
    check_version(3, None)
    check_version(3, 3)
    with pytest.raises(Conflict, match="at version 3, not 2"):
        check_version(3, 2)


def test_a_resolution_at_the_last_moment_is_on_time():
    due_at = due(FILED_AT, 24)
    assert due_at == FILED_AT + timedelta(days=1)
    assert resolution(FILED_AT, due_at, due_at).on_time
    assert not resolution(FILED_AT, due_at, due_at + timedelta(microseconds=1)).on_time


def test_minutes_taken_are_whole_minutes():
    done = FILED_AT + timedelta(minutes=90, seconds=59)
    assert resolution(FILED_AT, due(FILED_AT, 1), done).minutes_taken == 90


def test_nothing_is_resolved_before_it_was_filed():
    with pytest.raises(Conflict, match="before it was filed"):
        resolution(FILED_AT, due(FILED_AT, 1), FILED_AT - timedelta(seconds=1))
