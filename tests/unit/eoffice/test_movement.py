"""Who may move a file, and where."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from palika.errors import Conflict, Forbidden, Invalid
from services.eoffice.domain.movement import (
    Standing,
    State,
    check_step,
    check_target,
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


def test_a_closed_file_does_not_move():
    closed = Standing(FILE.number, State.CLOSED, "roads-je", 4)
    with pytest.raises(Conflict, match="it is closed"):
        check_step(closed, "forward", "roads-je", None)


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
