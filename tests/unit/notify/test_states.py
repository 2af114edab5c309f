"""Receipts in any order and any number: nothing goes back, and a late delivery wins."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notify.domain.messages import Told
from services.notify.domain.states import (
    ARRIVED,
    DUE,
    ENDED,
    Handed,
    State,
    attempt_after,
    delivery_after,
    has_reached,
)


@pytest.mark.parametrize("order", list(permutations(Told)))
def test_an_attempt_comes_to_the_same_end_in_whatever_order_it_is_told(order):
    state = Handed.SENDING
    for told in order:
        state = attempt_after(state, told)
    assert state is Handed.READ


def test_a_late_delivery_wins_over_a_failure_and_a_late_failure_does_not():
    assert attempt_after(Handed.FAILED, Told.DELIVERED) is Handed.DELIVERED
    assert attempt_after(Handed.DELIVERED, Told.FAILED) is Handed.DELIVERED
    assert delivery_after(State.FAILED_PERMANENT, Told.DELIVERED, current=False) is State.DELIVERED


@given(st.lists(st.tuples(st.sampled_from(Told), st.booleans())), st.sampled_from(State))
def test_nothing_goes_back_from_delivered(receipts, state):
    arrived = state in ARRIVED
    for told, current in receipts:
        state = delivery_after(state, told, current=current)
        arrived = arrived or told in (Told.DELIVERED, Told.READ)
        assert (state in ARRIVED) == arrived


@given(st.sampled_from(State), st.sampled_from(Told), st.booleans())
def test_a_receipt_that_comes_twice_changes_nothing_more(state, told, current):
    once = delivery_after(state, told, current=current)
    assert delivery_after(once, told, current=current) is once


def test_what_is_accepted_is_told_of_the_current_attempt_only():
    assert delivery_after(State.SENDING, Told.SENT, current=True) is State.SENT
    assert delivery_after(State.SENDING, Told.SENT, current=False) is State.SENDING
    assert delivery_after(State.FAILED_TEMPORARY, Told.SENT, current=True) is State.SENT
    assert delivery_after(State.SKIPPED, Told.SENT, current=True) is State.SKIPPED


@pytest.mark.parametrize("state", State)
def test_who_is_reached_has_what_a_provider_took_and_who_is_not_gets_it_no_more(state):
    under_way = state in DUE or state is State.SENDING
    assert has_reached(state) is (None if under_way else state in (State.SENT, *ARRIVED))
    assert (has_reached(state) is False) == (state in ENDED and state not in ARRIVED)
