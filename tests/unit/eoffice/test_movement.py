"""Who may move a file, and where."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from palika.errors import Conflict, Forbidden, Invalid
from services.eoffice.domain.legal import Bar, Known, check_step, legal_methods, relations
from services.eoffice.domain.movement import (
    STEPS,
    Standing,
    State,
    Step,
    check_left,
    check_target,
    check_wake,
    whole_minutes,
)

FILE = Standing("ROADS/2026/0001", State.OPEN, "roads-je", 3)
OFFICER = frozenset({"officer"})
SERVICE = frozenset({"service"})
POSTS = ["roads-je", "roads-de", "accounts"]


def test_the_post_that_has_a_file_may_forward_and_close_it():
    check_step(FILE, "forward", "roads-je", None)
    check_step(FILE, "close", "roads-je", 3)


def test_no_other_post_may_and_is_told_who_has_it():
    with pytest.raises(Forbidden, match="it is with roads-je, not with accounts"):
        check_step(FILE, "forward", "accounts", None)


def test_who_had_read_it_before_it_went_on_is_told_that_it_has_changed():
    with pytest.raises(Conflict, match="at version 3, not 2, and with roads-je") as faster:
        check_step(FILE, "put_up", "accounts", 2)
    assert {"version": 3, "expected": 2, "held_by": "roads-je"}.items() <= (
        faster.value.details.items()
    )
    with pytest.raises(Forbidden):
        check_step(FILE, "put_up", "accounts", 3)


def test_what_bars_a_step_is_told_and_the_step_is_not_named():
    def bar(step: Step) -> Bar | None:
        return Bar("a part is open", {"parts": ["P2"]}) if step is Step.CLOSE else None

    known = Known(relations(FILE, "roads-je"), bar)
    assert "close" not in legal_methods(FILE, known)
    with pytest.raises(
        Conflict, match=r"cannot close file .*: a part is open; legal now: open, "
    ) as it:
        check_step(FILE, "close", "roads-je", 3, known)
    assert it.value.details["parts"] == ["P2"]
    assert it.value.details["legal"] == legal_methods(FILE, known)
    with pytest.raises(Conflict, match="at version 3, not 2"):
        check_step(FILE, "close", "roads-je", 2, known)


def test_a_part_is_pulled_up_by_who_has_the_main_file_and_by_nobody_who_has_it_already():
    part = replace(FILE, number=f"{FILE.number}/P2", held_by="law")
    check_step(
        part, "pull_up", "roads-je", None, Known(relations(part, "roads-je", main="roads-je"))
    )
    with pytest.raises(Forbidden, match="the file of which it is a part"):
        check_step(part, "pull_up", "law", None, Known(relations(part, "law", main="law")))
    with pytest.raises(Forbidden):
        check_step(part, "pull_up", "roads-je", None, Known(relations(part, "roads-je")))


def test_steps_are_named_as_the_methods_that_take_them():
    with pytest.raises(Forbidden, match="cannot set due file"):
        check_step(FILE, "due", "accounts", None)
    with pytest.raises(Forbidden, match="it is with roads-je itself; that is for a post up"):
        check_step(FILE, "pull_up", "roads-je", None)


def test_a_closed_file_does_not_move():
    closed = Standing(FILE.number, State.CLOSED, "roads-je", 4)
    with pytest.raises(Conflict, match="it is closed"):
        check_step(closed, "forward", "roads-je", None)


def test_a_refusal_names_the_steps_that_are_legal_for_this_post():
    closed = Standing(FILE.number, State.CLOSED, "roads-je", 4, opened_by="roads-clerk")
    for post, legal in (("roads-je", ["reopen"]), ("roads-clerk", ["reopen"]), ("law", [])):
        with pytest.raises(Conflict) as refused:
            check_step(closed, "forward", post, None)
        assert refused.value.details["legal"] == legal
    with pytest.raises(Forbidden) as not_there:
        check_step(
            FILE, "forward", "roads-ce", None, Known(relations(FILE, "roads-ce", ["roads-ce"]))
        )
    assert not_there.value.details["legal"] == ["pull_up", "set_priority", "set_due"]


def test_who_sent_a_file_pulls_it_back_until_it_has_been_opened():
    sent = Standing(FILE.number, State.OPEN, "accounts", 4, sent_by="roads-je")
    check_step(sent, "pull_back", "roads-je", 4)
    with pytest.raises(Conflict, match="accounts has opened it"):
        check_step(replace(sent, seen=True), "pull_back", "roads-je", None)
    with pytest.raises(Forbidden, match="until it has been opened"):
        check_step(sent, "pull_back", "law", None)


def test_a_step_of_another_kind_is_for_who_has_the_open_file():
    check_step(FILE, "note", "roads-je", None)
    with pytest.raises(Forbidden):
        check_step(FILE, "note", "law", None)
    with pytest.raises(Conflict, match="it is parked; legal now: open"):
        check_step(replace(FILE, state=State.PARKED), "note", "roads-je", None)


def test_every_step_has_a_rule_and_every_rule_somebody():
    assert set(STEPS) == set(Step)
    assert all(rule.states and rule.who for rule in STEPS.values())


def test_every_state_can_be_left_and_no_step_leads_to_one_that_is_not_in_the_table():
    for state in State:
        assert {rule.then for rule in STEPS.values() if state in rule.states} - {None, state}


@pytest.mark.parametrize("days", [-1, 0, 367])
def test_a_file_is_parked_until_one_of_the_next_366_days(days):
    today = date(2026, 7, 1)
    check_wake(today + timedelta(days=1), today)
    check_wake(today + timedelta(days=366), today)
    with pytest.raises(Invalid):
        check_wake(today + timedelta(days=days), today)


def test_custody_is_transferred_from_a_post_that_nobody_holds():
    check_left("roads-je", None)
    with pytest.raises(Conflict) as refused:
        check_left("roads-je", "a.jadhav2")
    assert refused.value.details["legal"] == ["forward", "pull_up"]


def test_a_step_decided_on_an_older_version_is_refused():
    with pytest.raises(Conflict, match="at version 3, not 2"):
        check_step(FILE, "forward", "roads-je", 2)


def test_a_file_moves_to_another_post():
    check_target("roads-je", "accounts")
    with pytest.raises(Invalid) as refused:
        check_target("roads-je", "roads-je")
    assert list(refused.value.fields) == ["to"]


class Life(RuleBasedStateMachine):
    """Any posts do anything to one file: it stays with one post, and closed is the end."""

    def __init__(self) -> None:
        super().__init__()
        self.state, self.held_by, self.version, self.closed = State.OPEN, POSTS[0], 1, False

    def attempt(self, step: str, post: str) -> bool:
        before = (self.state, self.held_by)
        try:
            check_step(Standing("N", self.state, self.held_by, self.version), step, post, None)
        except (Conflict, Forbidden):
            assert before[0] is State.CLOSED or post != before[1]
            return False
        assert before == (State.OPEN, post)
        self.version += 1
        return True

    @rule(post=st.sampled_from(POSTS), to=st.sampled_from(POSTS))
    def forward(self, post: str, to: str) -> None:
        if post != to and self.attempt("forward", post):
            self.held_by = to

    @rule(post=st.sampled_from(POSTS))
    def close(self, post: str) -> None:
        if self.attempt("close", post):
            self.state, self.closed = State.CLOSED, True

    @invariant()
    def closed_is_the_end(self) -> None:
        assert (self.state is State.CLOSED) == self.closed


TestLife = Life.TestCase


@given(st.timedeltas(timedelta(0), timedelta(days=3_000)))
def test_minutes_are_whole_and_never_negative(span):
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert 0 <= span.total_seconds() - 60 * whole_minutes(now, now + span) < 60
    assert whole_minutes(now + span, now) == 0
