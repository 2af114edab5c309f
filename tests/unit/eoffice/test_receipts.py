"""What may be done with a receipt, and how receipts are numbered and dated."""

import copy
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palika.errors import Conflict, Forbidden, Invalid
from services.eoffice.domain.diary import diary
from services.eoffice.domain.movement import Priority
from services.eoffice.domain.organisation import Post
from services.eoffice.domain.receipts import (
    Medium,
    Standing,
    State,
    Step,
    check_file_is_as_secret,
    check_step,
    legal,
    methods,
)
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.reference import city_diary, read_data

HERE, THERE, ELSEWHERE, ABOVE = "roads-je", "registry-clerk", "accounts", "roads-de"
LINE = (ABOVE, "roads-ce")


def post_of(code: str, clearance: Secrecy = Secrecy.TOP_SECRET) -> Post:
    """A post that is cleared up to a grade."""
    return Post(code, "roads", "est", code, code, 1, None, clearance, date(2026, 1, 1), None)


standings = st.builds(
    Standing,
    number=st.just("DAK/CR/2026/00001"),
    state=st.sampled_from(State),
    medium=st.sampled_from(Medium),
    held_by=st.just(HERE),
    version=st.integers(1, 9),
    seen=st.booleans(),
    sent_by=st.sampled_from([None, THERE]),
    secrecy=st.sampled_from(Secrecy),
    priority=st.just(Priority.ORDINARY),
)


@given(standings, st.sampled_from(Step), st.sampled_from([HERE, THERE, ELSEWHERE, ABOVE]))
def test_a_step_is_taken_if_and_only_if_it_is_named_as_legal(receipt, step, post):
    able = legal(receipt, post, LINE)
    if step in able:
        check_step(receipt, step, post_of(post), receipt.version, above=LINE)
        return
    with pytest.raises((Conflict, Forbidden)) as error:
        check_step(receipt, step, post_of(post), receipt.version, above=LINE)
    assert error.value.details["legal"] == methods(receipt, post_of(post), LINE)


@given(standings, st.sampled_from(Secrecy))
def test_a_file_is_started_by_who_is_cleared_for_it(receipt, clearance):
    named = methods(receipt, post_of(HERE, clearance))
    starts = "put_in_file" in named and clearance >= receipt.secrecy
    assert ("start_file" in named) == starts


@given(standings)
def test_only_who_has_it_or_has_sent_it_may_do_anything(receipt):
    assert legal(receipt, ELSEWHERE, LINE) == []
    assert set(legal(receipt, ABOVE, LINE)) <= {Step.PULL_UP}
    assert set(legal(receipt, THERE)) <= {Step.PULL_BACK}


@given(standings)
def test_an_open_one_is_never_without_a_next_step(receipt):
    if receipt.state is State.OPEN:
        assert legal(receipt, HERE)


@given(standings)
def test_who_has_it_can_do_nothing_with_paper_before_it_is_received(receipt):
    if receipt.medium.is_physical and receipt.state is State.OPEN and not receipt.seen:
        assert legal(receipt, HERE) == [Step.RECEIVE]


@given(standings, st.sampled_from(Secrecy))
def test_a_receipt_is_never_put_where_more_may_read_it(receipt, secrecy):
    if secrecy < receipt.secrecy:
        with pytest.raises(Conflict):
            check_file_is_as_secret(receipt.number, receipt.secrecy, "R/1", secrecy)
    else:
        check_file_is_as_secret(receipt.number, receipt.secrecy, "R/1", secrecy)


# ---- the city's diary


def test_the_citys_diary_numbers_and_dates():
    city = city_diary()
    assert city.number(city.prefix("est", 2026), 7) == "DAK/EST/2026/00007"
    assert city.due_on("rti", None, date(2026, 7, 1)) == date(2026, 7, 31)
    assert city.due_on("rti", date(2026, 7, 9), date(2026, 7, 1)) == date(2026, 7, 9)
    assert city.due_on("invitation", None, date(2026, 7, 1)) is None
    with pytest.raises(Invalid) as error:
        city.check("none", "nobody")
    assert error.value.fields.keys() == {"category", "sender_kind"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda raw: raw.update(number="DAK/{office}/{serial:05d}"), "must have"),
        (lambda raw: raw.update(number="DAK/{serial}/{office}/{year}"), "end with"),
        (lambda raw: raw["categories"].pop("general"), "one called general"),
        (lambda raw: raw["senders"].pop("citizen"), "one called citizen"),
        (lambda raw: raw["acknowledgement"].pop("en"), "one called en"),
        (lambda raw: raw["acknowledgement"].update(mr="मिळाले"), "must name the"),
        (lambda raw: raw["categories"]["rti"].update(days=0), "whole number from 1"),
        (lambda raw: raw["categories"].update({"R T": {"mr": "x", "en": "y"}}), "small letters"),
    ],
)
def test_a_mistake_in_the_diary_is_told(change, said):
    raw = copy.deepcopy(read_data("receipts.yaml"))
    change(raw)
    with pytest.raises(ValueError, match=said):
        diary(raw)
