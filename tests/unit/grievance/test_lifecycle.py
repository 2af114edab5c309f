"""The life of a grievance."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from palika.auth import ROLES
from palika.errors import Conflict, Forbidden
from services.grievance.commands.move import Actor, advance, beside
from services.grievance.domain.lifecycle import (
    DONE,
    ENDED,
    OPEN,
    STEPS,
    State,
    Step,
    after,
    check_rating,
    check_reopen,
    check_role,
    check_version,
    legal_steps,
    reopen_until,
    resolution,
)
from services.grievance.models import Grievance

NUMBER = "PMC-2026-000123"

FILED_AT = datetime(2026, 7, 1, 4, 30, tzinfo=UTC)
POLICY = {"reopen_days": 3, "max_reopens": 2}

WHAT_FOLLOWS = {
    State.FILED: {
        "acknowledge": State.ACKNOWLEDGED,
        "assign": State.ASSIGNED,
        "reject": State.REJECTED,
        "transfer": State.ACKNOWLEDGED,
        "withdraw": State.WITHDRAWN,
        "merge": State.MERGED,
        "settle": State.RESOLVED,
    },
    State.ACKNOWLEDGED: {
        "assign": State.ASSIGNED,
        "wait": State.WAITING,
        "reject": State.REJECTED,
        "transfer": State.ACKNOWLEDGED,
        "withdraw": State.WITHDRAWN,
        "merge": State.MERGED,
    },
    State.ASSIGNED: {
        "assign": State.ASSIGNED,
        "start": State.IN_PROGRESS,
        "wait": State.WAITING,
        "resolve": State.RESOLVED,
        "reject": State.REJECTED,
        "transfer": State.ACKNOWLEDGED,
        "withdraw": State.WITHDRAWN,
        "merge": State.MERGED,
    },
    State.IN_PROGRESS: {
        "assign": State.ASSIGNED,
        "wait": State.WAITING,
        "resolve": State.RESOLVED,
        "reject": State.REJECTED,
        "transfer": State.ACKNOWLEDGED,
        "withdraw": State.WITHDRAWN,
        "merge": State.MERGED,
    },
    State.WAITING: {
        "assign": State.WAITING,
        "answer": State.ACKNOWLEDGED,
        "wait_over": State.ACKNOWLEDGED,
        "reject": State.REJECTED,
        "transfer": State.ACKNOWLEDGED,
        "withdraw": State.WITHDRAWN,
        "merge": State.MERGED,
    },
    State.RESOLVED: {
        "rate": State.RESOLVED,
        "close": State.CLOSED,
        "reopen": State.ASSIGNED,
    },
    State.CLOSED: {"rate": State.CLOSED, "reopen": State.ASSIGNED},
    State.REJECTED: {},
    State.WITHDRAWN: {},
    State.MERGED: {"unmerge": State.ASSIGNED},
}
"""The whole table, written a second time; comments and links go anywhere and change nothing."""
SETS_OF_ROLES = [frozenset({role}) for role in sorted(ROLES)] + [frozenset({"citizen", "officer"})]
ANYWHERE = {"comment", "link", "unlink", "detach"}


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("step", Step)
def test_every_step_from_every_state_leads_on_or_is_refused(state, step):
    follows = WHAT_FOLLOWS[state] | dict.fromkeys(ANYWHERE, state)
    if state in (*OPEN, *DONE, State.REJECTED):
        follows |= {"attach": state}
    if state in OPEN:
        follows |= {"absorb": state, "follow": state, "locate": state}
        if state is not State.WAITING:
            follows |= dict.fromkeys(("due_soon", "breach", "escalate"), state)
    follows |= dict.fromkeys(("decide", "appeal_overdue", "contact", "look_up", "unfollow"), state)
    follows |= {"tie": state, "untie": state, "forget": state}
    if state in (*OPEN, *DONE, State.REJECTED):
        follows |= {"release": state}
    if state in (*OPEN, *DONE, State.REJECTED, State.MERGED):
        follows |= {"appeal": state}
    if state in DONE:
        follows |= {"sample": state, "check": state}
    if state is State.REJECTED:
        follows |= {"restore": State.ASSIGNED}
    if step in follows:
        assert after(state, step) is follows[step]
    else:
        with pytest.raises(Conflict):
            after(state, step)


def test_every_state_is_open_done_or_ended():
    assert set(OPEN) | set(DONE) | set(ENDED) == set(State)
    assert set(DONE) & set(ENDED) == {State.CLOSED}
    assert not set(OPEN) & (set(DONE) | set(ENDED))


def test_a_refused_step_names_the_legal_ones():
    with pytest.raises(Conflict) as refused:
        after(State.RESOLVED, Step.ASSIGN)
    legal = ["rate", "close", "reopen", "comment", "link", "unlink", "attach", "detach"]
    legal.append("appeal")
    assert f"legal now: {', '.join(legal)}" in str(refused.value)
    assert refused.value.details == {"status": "resolved", "step": "assign", "legal": legal}


def test_nobody_is_offered_what_is_no_act_of_a_person():
    for state in State:
        notes = {Step.ABSORB, Step.RELEASE, Step.CONTACT, Step.LOOK_UP, Step.FOLLOW, Step.UNFOLLOW}
        notes |= {Step.TIE, Step.UNTIE}
        assert not {Step.SETTLE, Step.FILE, *notes} & set(legal_steps(state, ROLES))
    assert not {Step.DUE_SOON, Step.BREACH, Step.ESCALATE, Step.APPEAL_OVERDUE} & set(
        legal_steps(State.ASSIGNED, ROLES)
    ), "time alone does that"


def test_an_officer_cannot_say_the_citizens_word():
    for desk in ("officer", "supervisor"):
        offered = set(legal_steps(State.RESOLVED, {desk}))
        assert not offered & {Step.CLOSE, Step.RATE}
        assert Step.WITHDRAW not in legal_steps(State.ASSIGNED, {desk})
    assert legal_steps(State.RESOLVED, {"citizen"}) == [
        Step.RATE,
        Step.CLOSE,
        Step.REOPEN,
        Step.COMMENT,
        Step.ATTACH,
        Step.APPEAL,
    ]


def test_who_is_not_logged_in_may_do_nothing_by_that_alone():
    assert all(legal_steps(state, {"anonymous"}) == [] for state in State)


@pytest.mark.parametrize("step", [step for step in STEPS if STEPS[step].roles])
def test_a_step_is_refused_to_whom_it_is_not_for(step):
    allowed = STEPS[step].roles
    for role in allowed:
        check_role(step, {role})
    with pytest.raises(Forbidden) as refused:
        check_role(step, ROLES - allowed)
    assert refused.value.details == {"step": str(step), "roles": sorted(allowed)}


def test_a_settled_grievance_that_is_reopened_waits_to_be_assigned():
    assert after(State.RESOLVED, Step.REOPEN, has_officer=False) is State.FILED


@pytest.mark.parametrize("was", [State.ACKNOWLEDGED, State.ASSIGNED, State.IN_PROGRESS])
def test_an_answer_leads_back_to_where_it_was(was):
    assert after(State.WAITING, Step.ANSWER, back_to=was) is was


@pytest.mark.parametrize("state", [each for each in State if each is not State.WAITING])
def test_an_answer_is_taken_in_every_state_by_whom_a_question_is_open(state):
    assert after(state, Step.ANSWER, is_asked=True) is state
    assert Step.ANSWER in legal_steps(state, {"citizen"}, is_asked=True)
    assert Step.ANSWER not in legal_steps(state, {"citizen"})


class Life(RuleBasedStateMachine):
    """Any steps in any order, by anybody: the table is never left, and nothing is skipped."""

    def __init__(self) -> None:
        super().__init__()
        self.grievance = Grievance(state=State.FILED, version=1)
        self.paused: State | None = None
        self.taken = 1

    @rule(step=st.sampled_from(Step), roles=st.sampled_from(SETS_OF_ROLES))
    def act(self, step: Step, roles: frozenset[str]) -> None:
        was = State(self.grievance.state)
        legal = legal_steps(was, roles)
        try:
            check_role(step, roles)
            advance(self.grievance, step, Actor("x", roles), FILED_AT, self.paused)
        except Forbidden:
            assert step not in legal
            return
        except Conflict as refused:
            self.is_refused(step, was, roles, refused)
            return
        assert step in legal
        self.taken += 1
        self.paused = was if self.grievance.state is State.WAITING else None
        if step is Step.ASSIGN:
            self.grievance.officer = "roads-je"
        if step is Step.TRANSFER:
            self.grievance.officer = None

    def is_refused(
        self, step: Step, state: State, roles: frozenset[str], refused: Conflict
    ) -> None:
        legal = [str(each) for each in legal_steps(state, roles)]
        assert refused.details["legal"] == legal
        assert step not in legal
        assert self.grievance.state is state

    @invariant()
    def is_in_the_table(self) -> None:
        assert self.grievance.state in list(State)
        assert legal_steps(self.grievance.state)
        assert self.grievance.version == self.taken
        if self.grievance.state in (State.ASSIGNED, State.IN_PROGRESS):
            assert self.grievance.officer


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


@given(st.lists(st.sampled_from(Step), max_size=30))
def test_what_ended_otherwise_than_closed_stays_so_unless_a_merging_is_taken_back(steps):
    for state in (State.REJECTED, State.WITHDRAWN, State.MERGED):
        for step in steps:
            if step is not Step.UNMERGE and step in legal_steps(state, ROLES):
                assert after(state, step) is state


def test_a_step_decided_on_an_older_version_is_refused():
    check_version(3, None)
    check_version(3, 3)
    with pytest.raises(Conflict, match="at version 3, not 2"):
        check_version(3, 2)


def test_a_resolution_may_be_taken_back_until_the_last_moment_of_its_window():
    until = reopen_until(FILED_AT, 3)
    assert until == FILED_AT + timedelta(hours=72)
    check_reopen(NUMBER, FILED_AT, 0, until, **POLICY)
    with pytest.raises(Conflict, match=rf"{NUMBER} could be reopened until .*an appeal"):
        check_reopen(NUMBER, FILED_AT, 0, until + timedelta(microseconds=1), **POLICY)


def test_a_grievance_is_reopened_so_often_and_then_appealed():
    check_reopen(NUMBER, FILED_AT, 1, FILED_AT, **POLICY)
    with pytest.raises(Conflict) as refused:
        check_reopen(NUMBER, FILED_AT, 2, FILED_AT, **POLICY)
    assert refused.value.details == {"own_reopenings": 2, "limit": 2, "instead": ["appeal"]}


def test_where_there_is_no_resolution_the_table_refuses_and_not_the_window():
    check_reopen(NUMBER, None, 9, FILED_AT, **POLICY)


def test_one_resolution_is_rated_once():
    check_rating(FILED_AT, None)
    check_rating(FILED_AT, FILED_AT - timedelta(days=1))
    with pytest.raises(Conflict, match="was rated"):
        check_rating(FILED_AT, FILED_AT)


def test_a_resolution_at_the_last_moment_is_on_time():
    due_at = FILED_AT + timedelta(days=1)
    assert resolution(FILED_AT, due_at, due_at).on_time
    assert not resolution(FILED_AT, due_at, due_at + timedelta(microseconds=1)).on_time


def test_minutes_taken_are_whole_minutes():
    done = FILED_AT + timedelta(minutes=90, seconds=59)
    assert resolution(FILED_AT, FILED_AT, done).minutes_taken == 90


def test_nothing_is_resolved_before_it_was_filed():
    with pytest.raises(Conflict, match="before it was filed"):
        resolution(FILED_AT, FILED_AT, FILED_AT - timedelta(seconds=1))


@pytest.mark.parametrize("step", [Step.CONTACT, Step.FOLLOW, Step.ABSORB, Step.RELEASE])
def test_what_is_noted_beside_the_steps_obeys_their_table_and_changes_nothing(step):
    for state in State:
        grievance = Grievance(state=state, version=3)
        by = Actor("officer:x", frozenset({"officer"}))
        if state in STEPS[step].source:
            noted = beside(grievance, step, by, FILED_AT, number="PMC-2026-000001").entry
            assert (noted["from_state"], noted["to_state"], noted["public"]) == (
                state,
                state,
                False,
            )
        else:
            with pytest.raises(Conflict, match=f"cannot {step} a grievance that is {state}"):
                beside(grievance, step, by, FILED_AT)
        assert (grievance.state, grievance.version) == (state, 3)
