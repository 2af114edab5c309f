"""The number that a citizen quotes."""

from datetime import UTC, datetime

import pytest

from services.grievance.domain.numbering import as_printed, number, year_of
from services.grievance.schemas import Getting, Published


def test_the_year_turns_at_midnight_in_india():
    assert year_of(datetime(2025, 12, 31, 18, 29, 59, tzinfo=UTC)) == 2025
    assert year_of(datetime(2025, 12, 31, 18, 30, tzinfo=UTC)) == 2026


def test_a_number_has_six_digits_or_more():
    assert number("PMC", 2026, 123) == "PMC-2026-000123"
    assert number("PMC", 2026, 1_234_567) == "PMC-2026-1234567"


@pytest.mark.parametrize("said", ["pmc-2026-000123", "PMC-२०२६-०००१२३", " Pmc-2026-000१23 "])
def test_a_number_is_known_in_either_case_and_either_digits(said):
    assert as_printed(said) == "PMC-2026-000123"
    assert Getting().load({"number": said})["number"] == "PMC-2026-000123"
    assert Published().load({"numbers": [said]})["numbers"] == ["PMC-2026-000123"]
