"""The number that a citizen quotes."""

from datetime import UTC, datetime

from services.grievance.domain.numbering import number, year_of


def test_the_year_turns_at_midnight_in_india():
    assert year_of(datetime(2025, 12, 31, 18, 29, 59, tzinfo=UTC)) == 2025
    assert year_of(datetime(2025, 12, 31, 18, 30, tzinfo=UTC)) == 2026


def test_a_number_has_six_digits_or_more():
    assert number("PMC", 2026, 123) == "PMC-2026-000123"
    assert number("PMC", 2026, 1_234_567) == "PMC-2026-1234567"
