"""Days as they are written at the command line."""

from datetime import date

import click
import pytest

from services.tax.cli.days import DAY


@pytest.mark.parametrize(
    "text", ["01-05-2026", "1-5-2026", "2026-05-01", " 2026-05-01 ", "०१-०५-२०२६", "२०२६-०५-०१"]
)
def test_a_day_is_written_as_shown_or_as_programs_write_it(text):
    assert DAY.convert(text, None, None) == date(2026, 5, 1)


@pytest.mark.parametrize("text", ["", "today", "31-02-2026", "2026-13-01", "01-05-26", "1/5/2026"])
def test_what_is_no_day_is_refused_with_the_forms(text):
    with pytest.raises(click.BadParameter, match="write 01-05-2026 or 2026-05-01"):
        DAY.convert(text, None, None)
