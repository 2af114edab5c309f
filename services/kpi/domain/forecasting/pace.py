"""Forecasts of a total by the pace of a year: so much has come by now, so much comes by the end.

What is still to come is what came in the same months of the year before, times how this year's
months so far compare with theirs. The interval comes from trying the same on every such stretch of
the past.
"""

from collections.abc import Sequence
from statistics import median

from services.kpi.domain.forecasting.outcome import (
    LEAST,
    SHARE,
    CannotTell,
    Forecast,
)
from services.kpi.domain.robust import within

YEAR = 12
LEAST_ELAPSED = 2
"""After so many months a year's pace can be seen; of a shorter period, after one."""
WIDEST = 1.0
"""An interval of more than so many times the forecast on each side says nothing."""


def forecast(months: Sequence[float | None], elapsed: int, length: int) -> Forecast | CannotTell:
    """Forecast the total of a period that runs.

    Args:
        months: what each month added, the oldest first; the last `elapsed` are the period's.
        elapsed: how many months of the period are over.
        length: how many months it has.
    """
    if elapsed < min(LEAST_ELAPSED, length - 1) or elapsed < 1:
        return CannotTell("too_early", {"elapsed": elapsed, "length": length})
    values = list(months)
    if None in values[-elapsed:]:
        return CannotTell("gaps", {"missing": values[-elapsed:].count(None), "periods": elapsed})
    start = len(values) - elapsed
    now = _said(values, start, elapsed, length)
    if now is None:
        missing = values[max(start - YEAR, 0) : start].count(None)
        if start >= YEAR and missing:
            return CannotTell("gaps", {"missing": missing, "periods": YEAR})
        return CannotTell("no_year_before", {"periods": len(values)})
    done, rest = now
    errors = []
    for begin in range(YEAR, len(values) - length + 1):
        actual = values[begin + elapsed : begin + length]
        said = _said(values, begin, elapsed, length)
        if said is None or None in actual or not said[1]:
            continue
        errors.append(sum(each for each in actual if each is not None) / said[1] - 1)
    half = within(errors, SHARE)
    if len(errors) < LEAST or half is None:
        lacking = {"periods": len(values), "errors": len(errors), "needed": LEAST}
        return CannotTell("too_short", lacking)
    value, off = done + rest, abs(rest) * half
    if off > WIDEST * abs(value):
        return CannotTell("too_volatile", {"width": 2 * off, "range": abs(value)})
    typical = abs(rest) * median(map(abs, errors))
    low = value - off
    if min(each for each in values if each is not None) >= 0:
        # What only grows does not fall below what has come already.
        low = max(low, done)
    facts = {"done": done, "rest": rest}
    return Forecast(value, low, value + off, "pace", length - elapsed, len(errors), typical, facts)


def _said(
    values: Sequence[float | None], begin: int, elapsed: int, length: int
) -> tuple[float, float] | None:
    """What had come when `elapsed` months from `begin` were over, and what was still to come."""
    if begin < YEAR:
        return None
    so_far = values[begin : begin + elapsed]
    before = values[begin - YEAR : begin - YEAR + elapsed]
    left = values[begin - YEAR + elapsed : begin - YEAR + length]
    known = [[each for each in some if each is not None] for some in (so_far, before, left)]
    if [len(each) for each in known] != [elapsed, elapsed, length - elapsed]:
        return None
    done, same, rest = map(sum, known)
    return None if same <= 0 else (float(done), float(rest * done / same))
