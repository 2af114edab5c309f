"""Forecasts of a value from its own past: the last one, the season's, or the trend's.

Each of three simple methods is tried on the past: at every period of it, as far ahead as is asked
now, knowing nothing later. The one that was least off is taken, and what it was off gives the
interval (split conformal: `robust.within`). No distribution is assumed, and all that is said of a
forecast can be checked by hand.

| method | forecast |
|---|---|
| `last` | the last value |
| `season` | the same season's last value, and by how much values are above those of a year before |
| `trend` | the middle of the last three, and on from there with a slope that dies away |
"""

from collections.abc import Callable, Sequence
from itertools import accumulate
from statistics import median

from services.kpi.domain.forecasting.outcome import (
    LEAST,
    SHARE,
    CannotTell,
    Forecast,
    Series,
)
from services.kpi.domain.robust import slope, spread, within

BACK = 48
"""So many errors of the past count, the last ones."""
MOST_MISSING = 0.2
"""Of the last periods such a share may be without data."""
JUMP = 5.0
"""A change so many standard deviations from the usual one, and kept, is a break."""
SETTLED = 6
"""So many periods after a break there is enough to go by again."""
WIDEST = 1.5
"""An interval of more than so many times all that the values have ever varied says nothing."""
_TREND, _DAMPING = 12, 0.85
_NEAR = 3

_Method = Callable[[Series, int, int], float | None]
"""Past values, how far ahead, periods in a year: the forecast; None: too little to go by."""


def forecast(
    series: Sequence[float | None], ahead: int, season: int, *, restarts: bool = False
) -> Forecast | CannotTell:
    """Forecast a value some periods ahead.

    Args:
        series: of consecutive periods, the oldest first.
        ahead: 1 is the period after the last one of `series`.
        season: periods in a year; 1: there is no season.
        restarts: each value is of the year so far, so that it begins anew on 1 April: it is held
            against those of the same season alone, and a new beginning is no break.
    """
    values: Series = list(series)
    while values and values[0] is None:
        values.pop(0)
    if not values:
        return CannotTell("no_data")
    if refused := _gaps(values, season):
        return refused
    if not restarts and (refused := _break(values, season)):
        return refused
    best: tuple[float, str, list[float], float] | None = None
    most = 0
    for name, method in _METHODS.items():
        if restarts and name != "season":
            continue
        now = method(values, ahead, season)
        errors = _errors(values, ahead, season, method)
        most = max(most, len(errors))
        if now is None or len(errors) < LEAST:
            continue
        off = sum(map(abs, errors)) / len(errors)
        if best is None or off < best[0]:
            best = off, name, errors, now
    if best is None:
        return CannotTell("too_short", {"periods": len(values), "errors": most, "needed": LEAST})
    _, name, errors, value = best
    half = within(errors, SHARE, ahead)
    assert half is not None
    known = [each for each in values if each is not None]
    reach = max(known) - min(known)
    if 2 * half > WIDEST * reach:
        return CannotTell("too_volatile", {"width": 2 * half, "range": reach})
    typical = median(map(abs, errors))
    return Forecast(value, value - half, value + half, name, ahead, len(errors), typical)


def _errors(values: Series, ahead: int, season: int, method: _Method) -> list[float]:
    """What the method was off, at each period of the past; the last `BACK` of them."""
    found = []
    for at in range(_NEAR, len(values) - ahead + 1):
        true, said = values[at + ahead - 1], method(values[:at], ahead, season)
        if true is not None and said is not None:
            found.append(true - said)
    return found[-BACK:]


def _last(values: Series, ahead: int, season: int) -> float | None:
    return values[-1]


def _trend(values: Series, ahead: int, season: int) -> float | None:
    near = [each for each in values[-_NEAR:] if each is not None]
    if len(near) < 2 or len(values) < _TREND // 2:
        return None
    step = slope(values[-_TREND:])
    # The middle of the last three is a period old.
    steps = 1 + sum(_DAMPING**n for n in range(1, ahead + 1))
    return median(near) + step * steps


def _seasonal(values: Series, ahead: int, season: int) -> float | None:
    if season == 1:
        return None
    back = (ahead - 1) // season * season + season
    at = len(values) - 1 + ahead - back
    base = values[at] if at >= 0 else None
    if base is None:
        return None
    risen = [
        one - before
        for one, before in zip(values[season:], values[:-season], strict=True)
        if one is not None and before is not None
    ][-season:]
    if len(risen) < min(_NEAR, season):
        return None
    return base + median(risen[-_TREND // 2 :]) * (back // season)


_METHODS: dict[str, _Method] = {"last": _last, "season": _seasonal, "trend": _trend}


def _gaps(values: Series, season: int) -> CannotTell | None:
    recent = values[-max(2 * season, 2 * LEAST) :]
    missing = sum(each is None for each in recent)
    if recent[-1] is None and recent[-2:] == [None, None]:
        return CannotTell("not_up_to_date", {"missing": missing})
    if missing > MOST_MISSING * len(recent):
        return CannotTell("gaps", {"missing": missing, "periods": len(recent)})
    return None


def _break(values: Series, season: int) -> CannotTell | None:
    """Whether the level has jumped a short while ago, and has stayed."""
    plain = changes = _changes(values, 1)
    if season > 1 and len(values) > 2 * season:
        changes = _changes(plain, season)
    known = [(at, each) for at, each in enumerate(changes) if each is not None]
    if len(known) < 2 * LEAST:
        return None
    usual = spread([each for _, each in known])
    recent = [(at, each - usual.middle) for at, each in known if at >= len(changes) - SETTLED]
    level = [0.0, *accumulate(each - usual.middle for _, each in known)]
    first = len(known) - len(recent)
    # Off the usual change by more than the one of a year before: it was not that one that jumped.
    middle = spread([each for each in plain if each is not None]).middle
    offset = len(plain) - len(changes)
    for step, (at, jump) in enumerate(recent, first + 1):
        now, before = plain[at + offset], plain[at]
        ours = offset == 0 or abs((now or 0.0) - middle) > abs((before or 0.0) - middle)
        # A peak goes back, and what goes back from one was not there before.
        kept = median(level[step:]) - median(level[max(step - SETTLED, 0) : step])
        stays = kept * jump > 0 and abs(kept) >= abs(jump) / 2
        if ours and stays and abs(jump) > JUMP * usual.deviation > 0:
            return CannotTell("break", {"ago": len(changes) - at, "jump": jump})
    return None


def _changes(values: Series, lag: int) -> Series:
    return [
        None if one is None or before is None else one - before
        for one, before in zip(values[lag:], values[:-lag], strict=True)
    ]
