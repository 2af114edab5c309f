"""The demo's lives, made up without a database."""

from datetime import UTC, datetime, timedelta

import pytest

from services.grievance import seed

FIRST_DAY = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize("after", range(0, 360, 36))
def test_whenever_the_demo_begins_what_is_merged_is_merged_into_what_is_open(after: int) -> None:
    now = FIRST_DAY + timedelta(days=after)
    merged = 0
    for case in seed._cases(1_500, 1, now, lambda _category, _ward: "roads-je"):
        if case.merged is None:
            continue
        original, at = case.merged
        ends = [each.at for each in original.moves if each.is_told_to_others]
        assert not ends or at < ends[0], "the first end counts, whatever is reopened after it"
        merged += 1
    assert merged
