"""The ladder of recovery: nothing before it is lawful, and a reason for every refusal."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from palika.errors import Conflict, Invalid
from services.tax.documents.data import ladder
from services.tax.domain.notices import (
    BILL,
    Billed,
    Facts,
    Ladder,
    Served,
    Signatory,
    Stop,
    answer,
    answers,
    check,
)

LADDER: Ladder = ladder()
DAY = timedelta(days=1)
APRIL = date(2026, 4, 1)
DUE = date(2026, 6, 30)
OWED = ((APRIL, 50_000_00),)
BILLED = (Billed("PT-1", APRIL, DUE),)
OFFICER = Signatory("Asha Kale", "Assistant Commissioner")


def facts(*served: tuple[str, date], stops: tuple[Stop, ...] = (), balances=OWED) -> Facts:
    steps = tuple(Served(step, "N-1", day) for step, day in served)
    return Facts(BILLED, steps, balances, stops)


def test_a_demand_comes_once_the_bill_is_due_and_not_before():
    assert not answer("demand-notice", facts(), DUE, LADDER).allowed
    assert answer("demand-notice", facts(), DUE + DAY, LADDER).allowed
    found = answer("demand-notice", facts(), APRIL + DAY, LADDER)
    assert found.from_ == DUE + DAY
    assert "Not before 01-07-2026" in found.why[0].en


def test_a_bill_served_late_leaves_its_15_days():
    late = Facts((Billed("PT-1", DUE, DUE),), (), OWED)
    assert answer("demand-notice", late, DUE, LADDER).from_ == DUE + 16 * DAY


def test_a_warrant_comes_on_the_22nd_day_after_the_demand():
    served = date(2026, 7, 1)
    found = facts(("demand-notice", served))
    assert not answer("warrant", found, served + 21 * DAY, LADDER).allowed
    assert answer("warrant", found, served + 22 * DAY, LADDER).allowed


def test_without_the_step_before_it_there_is_no_day_and_the_reason_names_it():
    found = answer("warrant", facts(), date(2027, 1, 1), LADDER)
    assert (found.allowed, found.from_) == (False, None)
    assert "No Notice of demand has been served for this debt" in found.why[0].en
    assert "मागणी नोटीस" in found.why[0].mr


def test_a_stop_refuses_and_its_days_do_not_count():
    served = date(2026, 7, 1)
    stay = Stop("court-stay", date(2026, 7, 5), date(2026, 7, 14))
    found = facts(("demand-notice", served), stops=(stay,))
    within = answer("warrant", found, date(2026, 7, 6), LADDER)
    assert within.from_ == served + 32 * DAY
    assert "Stay by a court: stopped from 05-07-2026 until 14-07-2026" in within.why[-1].en
    assert answer("warrant", found, served + 32 * DAY, LADDER).allowed


def test_a_stop_without_an_end_leaves_no_day():
    village = Stop("merged-village", date(2026, 7, 5))
    found = answer(
        "warrant",
        facts(("demand-notice", date(2026, 7, 1)), stops=(village,)),
        date(2027, 7, 1),
        LADDER,
    )
    assert (found.allowed, found.from_) == (False, None)
    assert "until further notice" in found.why[-1].en


def test_what_is_paid_ends_the_ladder_and_the_next_debt_begins_anew():
    paid = ((APRIL, 50_000_00), (date(2026, 8, 1), 0), (date(2026, 10, 1), 60_000_00))
    found = facts(("demand-notice", date(2026, 7, 1)), balances=paid)
    assert answer("warrant", found, date(2026, 7, 31), LADDER).allowed
    for day in (date(2026, 8, 1), date(2026, 10, 1), date(2027, 10, 1)):
        assert not answer("warrant", found, day, LADDER).allowed
    assert answer("warrant", found, date(2026, 8, 1), LADDER).why[-1].en == "Nothing is owed."


def test_a_step_is_not_worth_its_while_for_less():
    found = facts(("demand-notice", date(2026, 7, 1)), balances=((APRIL, 4_999_99),))
    refused = answer("warrant", found, date(2026, 9, 1), LADDER)
    assert "Less than ₹5,000.00 is owed (₹4,999.99)" in refused.why[0].en
    assert refused.from_ is None


def test_the_same_step_is_not_taken_twice_within_a_year():
    found = facts(("demand-notice", date(2026, 7, 1)))
    assert not answer("demand-notice", found, date(2027, 6, 30), LADDER).allowed
    assert answer("demand-notice", found, date(2027, 7, 1), LADDER).allowed


@pytest.mark.parametrize("step", ["warrant", "attachment", "sealing"])
def test_nobody_has_signed_and_so_it_is_refused(step: str):
    with pytest.raises(Invalid, match="nobody has signed"):
        check(step, facts(), APRIL, LADDER)
    with pytest.raises(Invalid, match="nobody has signed"):
        Signatory(" \u200b", "Assistant Commissioner")


def test_what_is_lawful_passes_and_what_is_not_says_why():
    served = date(2026, 7, 1)
    found = facts(("demand-notice", served))
    assert check("warrant", found, served + 22 * DAY, LADDER, OFFICER).fee_paise == 200_00
    with pytest.raises(Conflict, match=r"not on 02-07-2026\. Not before 23-07-2026"):
        check("warrant", found, served + DAY, LADDER, OFFICER)


def test_an_unknown_step_and_an_unknown_stop_are_refused():
    with pytest.raises(Invalid, match="no such step"):
        answer("auction", facts(), APRIL, LADDER)
    with pytest.raises(Invalid, match="no such stop"):
        answer("warrant", facts(stops=(Stop("strike", APRIL),)), APRIL, LADDER)


def test_two_balances_of_a_day_are_refused():
    with pytest.raises(ValueError, match="two balances"):
        Facts(balances=((APRIL, 1), (APRIL, 2)))


days = st.integers(0, 500).map(lambda n: APRIL + n * DAY)
stops = st.builds(
    lambda code, start, length: Stop(code, start, None if length > 80 else start + length * DAY),
    st.sampled_from(list(LADDER.stops)),
    days,
    st.integers(0, 90),
)
some_facts = st.builds(
    lambda bills, served, balances, stopped: Facts(
        tuple(bills), tuple(served), tuple(balances.items()), tuple(stopped)
    ),
    st.lists(
        st.builds(lambda day, wait: Billed("B", day, day + wait * DAY), days, st.integers(0, 90)),
        max_size=3,
    ),
    st.lists(
        st.builds(Served, st.sampled_from(list(LADDER.steps)), st.just("N"), days), max_size=6
    ),
    st.dictionaries(days, st.sampled_from([0, -5_00, 50_00, 6_000_00, 30_000_00]), max_size=4),
    st.lists(stops, max_size=3),
)


def lawful_by_hand(step: str, found: Facts, day: date) -> bool:
    """The rules once more, day by day, with nothing shared with the domain."""
    rule = LADDER.steps[step]
    stopped = lambda when: any(  # noqa: E731
        s.from_ <= min(when, day) and s.from_ <= when and (s.until is None or when <= s.until)
        for s in found.stops
    )
    balance = dict(found.balances)
    owed, clear, when = 0, date.min, APRIL - DAY
    while when <= day:
        owed = balance.get(when, owed)
        if owed <= 0:
            clear = when
        when += DAY
    if owed < max(rule.least_paise, 1) or stopped(day):
        return False
    if any(
        each.step == step
        and clear < each.served_on <= day
        and each.served_on.replace(year=each.served_on.year + 1) > day
        for each in found.served
    ):
        return False
    if rule.after == BILL:
        begins = [bill.served_on for bill in found.bills if bill.due_on < day]
    else:
        begins = [each.served_on for each in found.served if each.step == rule.after]
    for start in begins:
        between = [start + n * DAY for n in range(1, (day - start).days)]
        if start > clear and sum(not stopped(each) for each in between) >= rule.waits_days:
            return True
    return False


@settings(max_examples=400, deadline=None)
@given(some_facts, days, st.sampled_from(list(LADDER.steps)))
def test_a_step_is_allowed_on_the_days_on_which_it_is_lawful_and_on_no_other(found, day, step):
    told = answer(step, found, day, LADDER)
    assert told.allowed == lawful_by_hand(step, found, day)
    assert told.allowed == (not told.why)
    if told.allowed:
        assert told.from_ is not None
        assert told.from_ <= day


@settings(max_examples=200, deadline=None)
@given(some_facts, days, st.sampled_from(list(LADDER.steps)))
def test_the_day_that_is_named_is_the_first_if_nothing_else_happens(found, day, step):
    told = answer(step, found, day, LADDER)
    known = Facts(
        tuple(each for each in found.bills if each.served_on <= day),
        tuple(each for each in found.served if each.served_on <= day),
        tuple(each for each in found.balances if each[0] <= day),
        tuple(each for each in found.stops if each.from_ <= day),
    )
    assert answers(known, day, LADDER) == answers(found, day, LADDER), "later days are not known"
    if told.from_ is not None and told.from_ > day:
        assert not answer(step, known, told.from_ - DAY, LADDER).allowed
        assert answer(step, known, told.from_, LADDER).allowed
