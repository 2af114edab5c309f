"""What is told to an owner when it comes late, and what is of the past."""

from dataclasses import replace
from datetime import date

import pytest

from services.kpi.domain.news import is_news
from services.kpi.domain.period import period
from tests.support.kpi_stories import MEASURES, indicator

BY_HAND = MEASURES | {
    "x.done": replace(MEASURES["x.done"], every="month", due_days=20),
    "x.stock": replace(MEASURES["x.stock"], every="year", due_days=90),
}


@pytest.mark.parametrize(
    ("code", "frequency", "news"),
    [
        ("2026-11", "month", True),
        ("2026-10", "month", True),
        # October is over for 28 days, which is no longer than it was.
        ("2026-09", "month", True),
        ("2026-08", "month", False),
        ("2026-Q2", "quarter", True),
        ("2026-Q1", "quarter", True),
        ("2025-Q4", "quarter", False),
        ("2025", "year", True),
        # The year after it is over for eight months.
        ("2024", "year", False),
        ("2026-W46", "week", True),
        ("2026-W45", "week", False),
    ],
)
def test_of_events_the_last_that_is_over_is_news_and_the_one_before_for_its_length(
    code, frequency, news
):
    of = indicator("x.done", frequency=frequency)
    assert is_news(of, period(code), date(2026, 11, 28), MEASURES) is news


@pytest.mark.parametrize(
    ("day", "news"), [("2026-12-21", True), ("2026-12-20", True), ("2026-12-22", False)]
)
def test_what_is_entered_is_expected_on_the_day_on_which_it_is_due(day, news):
    """That of October is due on 20 November, and may be a month late; not so a level of a year."""
    for written in ("x.done", "per(x.done, x.stock, 1000)"):
        of = indicator(written)
        assert is_news(of, period("2026-09"), date.fromisoformat(day), BY_HAND) is news


def test_of_a_longer_period_its_last_month_is_due():
    of = indicator("x.done", frequency="year")
    # That of March 2026 is due on 20 April, and three months later it is of the past.
    assert is_news(of, period("2024"), date(2026, 7, 21), BY_HAND)
    assert not is_news(of, period("2024"), date(2026, 7, 22), BY_HAND)
