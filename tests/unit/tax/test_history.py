"""Two dates of each rule: what was known then, and what holds now."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tax.domain.history import Basis, Dated, History, doubts
from services.tax.domain.rounding import Rounding


def dated(value: int, begins: int, decided: date | None = None) -> Dated[int]:
    first = date(begins, 4, 1)
    return Dated(value, Basis(first, decided or first, None, True))


SELF_OCCUPIED = History(
    (dated(40, 2010), dated(0, 2019), dated(40, 2019, date(2023, 4, 19)), dated(30, 2024))
)


@pytest.mark.parametrize(
    ("day", "known_on", "percent"),
    [
        (date(2018, 10, 1), date(2018, 10, 1), 40),
        (date(2018, 10, 1), date(2024, 1, 1), 40),
        (date(2019, 3, 31), date(2019, 4, 1), 40),
        (date(2019, 4, 1), date(2019, 4, 1), 0),
        (date(2022, 10, 1), date(2023, 4, 18), 0),
        (date(2022, 10, 1), date(2023, 4, 19), 40),
        (date(2019, 4, 1), date(2026, 1, 1), 40),
        (date(2024, 4, 1), date(2024, 3, 31), 40),
        (date(2024, 4, 1), date(2024, 4, 1), 30),
    ],
)
def test_a_rule_is_found_by_the_day_of_its_effect_and_the_day_it_was_known(day, known_on, percent):
    found = SELF_OCCUPIED.at(day, known_on)
    assert found is not None
    assert found.value == percent


def test_before_the_first_rule_there_is_none():
    assert SELF_OCCUPIED.at(date(2010, 3, 31), date(2026, 1, 1)) is None
    assert SELF_OCCUPIED.at(date(2026, 1, 1), date(2010, 3, 31)) is None


def test_what_is_decided_in_order_leaves_no_doubt():
    assert list(doubts([each.basis for each in SELF_OCCUPIED.rules])) == []


def test_two_rules_of_the_same_dates_contradict_each_other():
    bases = [dated(40, 2010).basis, dated(30, 2010).basis]
    assert list(doubts(bases)) == [
        (1, "there is another of the same effective_from and decided_on")
    ]


def test_one_that_is_decided_later_for_before_another_must_say_what_then_holds():
    late = dated(30, 2018, date(2023, 4, 1))
    rules = [dated(40, 2010), dated(0, 2019), late]
    ((at, why),) = doubts([each.basis for each in rules])
    assert at == 2
    assert "2019-04-01" in why
    rules.append(dated(0, 2019, date(2023, 4, 1)))
    assert list(doubts([each.basis for each in rules])) == []


@given(
    st.integers(0, 10**12),
    st.fractions(0, 100, max_denominator=10_000),
    st.sampled_from([1, 100]),
    st.sampled_from([1, 2]),
)
def test_an_amount_is_rounded_to_the_nearest_and_a_half_goes_up(paise, percent, unit, divisor):
    exact = paise * percent / 100 / divisor
    found = Rounding(unit).percent(percent, paise, divisor)
    assert found % unit == 0
    assert -Fraction(unit, 2) < found - exact <= Fraction(unit, 2)


@pytest.mark.parametrize(
    ("unit", "numerator", "denominator", "paise"),
    [(100, 149, 1, 100), (100, 150, 1, 200), (100, 299, 2, 100), (1, 1, 2, 1), (1, 49, 100, 0)],
)
def test_rounding_by_hand(unit, numerator, denominator, paise):
    assert Rounding(unit).of(numerator, denominator) == paise


def test_parts_are_added_up_before_they_are_rounded():
    parts = [(10_00, Fraction(1, 3)), (10_00, Fraction(2, 3))]
    assert Rounding(1).percents(parts) == 10
    assert Rounding(1).percents(parts, 2) == 5
