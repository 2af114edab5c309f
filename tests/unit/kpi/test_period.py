"""Which periods the public may ask about."""

from datetime import date

import pytest

from palika.errors import Invalid
from services.kpi.domain.period import check_public

TODAY = date(2026, 7, 10)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2026, 6, 1), date(2026, 6, 30)),
        (date(2026, 2, 1), date(2026, 2, 28)),
        (date(2025, 4, 1), date(2026, 3, 31)),
    ],
)
def test_whole_months_that_are_over_are_public(first, last):
    check_public(first, last, TODAY)


@pytest.mark.parametrize(
    ("first", "last", "wrong"),
    [
        (date(2026, 6, 10), date(2026, 6, 10), {"from_day", "to_day"}),
        (date(2026, 6, 2), date(2026, 6, 30), {"from_day"}),
        (date(2026, 6, 1), date(2026, 6, 29), {"to_day"}),
        (date(2024, 2, 1), date(2024, 2, 28), {"to_day"}),
        (date(2026, 7, 1), date(2026, 7, 10), {"to_day"}),
        (date(2026, 7, 1), date(2026, 7, 31), {"to_day"}),
        (date(2026, 8, 1), date(2026, 8, 31), {"to_day"}),
        (date(9999, 12, 1), date(9999, 12, 31), {"to_day"}),
    ],
)
def test_no_two_public_answers_differ_by_a_day(first, last, wrong):
    with pytest.raises(Invalid) as refused:
        check_public(first, last, TODAY)
    assert set(refused.value.fields) == wrong
