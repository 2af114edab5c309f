"""A share above 100 is never simply green."""

from datetime import date
from fractions import Fraction

import pytest

from services.kpi.domain.formula_syntax import parse
from services.kpi.domain.judging import judge_over
from services.kpi.domain.period import containing
from services.kpi.domain.shares import share_of
from services.kpi.reference import city_catalogue

DAY, TODAY = date(2025, 10, 1), date(2026, 11, 28)


@pytest.mark.parametrize(
    ("formula", "share"),
    [
        ("rate(waste.collected_tonnes, waste.generated_tonnes)", "part"),
        ("waste.collected_tonnes / waste.generated_tonnes * 100", "part"),
        ("rate(year_to_date(waste.collected_tonnes), waste.generated_tonnes)", "part"),
        ("rate(stores.items_differing, stores.items_due_verification)", "part"),
        ("rate(waste.revenue_paise, waste.expense_paise)", "mostly"),
        ("rate(waste.generated_tonnes, waste.collected_tonnes)", ""),
        ("rate(audit.paras_settled, audit.paras_raised)", ""),
        ("100 - rate(waste.collected_tonnes, waste.generated_tonnes)", ""),
        ("rate(waste.collected_tonnes, last_year(waste.generated_tonnes))", ""),
    ],
)
def test_a_share_is_known_by_what_its_measures_say(formula, share):
    assert share_of(parse(formula), city_catalogue().measures) == share


def told(code: str, value: str) -> tuple[str, str]:
    indicator = city_catalogue().indicators[code]
    found = judge_over(indicator, Fraction(value), containing(DAY, indicator.frequency), TODAY)
    return found.status, found.words.en


def test_a_part_above_its_whole_is_not_judged_and_why_is_said():
    assert told("waste-coverage", "104.1") == (
        "not judged",
        "above 100 %: a part cannot be more than its whole; look at what was entered",
    )
    # As it is shown it is 100.0.
    assert told("waste-coverage", "100.04")[0] == "green"


def test_what_may_be_above_100_is_judged_with_a_note():
    status, words = told("waste-cost-recovery", "9698")
    assert status == "green"
    assert words.endswith("; above 100 % is rare: look at what was entered")
    status, words = told("audit-paras-settled", "112")
    assert status == "green"
    assert "rare" not in words


def test_where_less_is_better_it_is_red_as_ever():
    assert told("stores-out-of-stock", "150")[0] == "red"
