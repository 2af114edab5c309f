"""Which values a maker and a checker should look at twice: those far from what a place has reported
before. Of each it is said whether it can be told at all."""

from collections.abc import Sequence
from statistics import median

from palika.text import Name
from services.kpi.domain.entry import shown
from services.kpi.domain.indicators import MeasureInfo
from services.kpi.domain.money import for_people

FEWEST = 6
"""With fewer values before it, only a slip of the unit can be told."""
MOST = 24
"""Of the values before it the latest ones count."""
_TIMES = 5
_LEAST_SHARE = 20
_SLIP = 8
"""A value that is so many times another, or so small a part of it, may be in another unit: ten
times, and what it may have moved beside."""
_SMALL = 50
"""What stays below this, in its own unit, goes up and down as it likes."""


def unusual(value: int, before: Sequence[int], info: MeasureInfo) -> Name | None:
    """Why a value is unusual, in words; None: it is not, or it cannot be told.

    It is when it is further from the median of the values before it than five times their median
    distance from that median, which one odd value does not move; a distance of less than a
    twentieth of the median is never unusual. Even one value before it shows a slip of the unit: ten
    times as much, or a hundredth.

    Args:
        value: as it is stored.
        before: those of the same measure and place, the latest last.
        info: the measure.
    """
    latest = before[-MOST:]
    if not latest:
        return None
    middle = median(latest)
    slip = _slip(value, middle, len(latest), info)
    if slip is not None or len(latest) < FEWEST:
        return slip
    spread = median(abs(each - middle) for each in latest)
    if abs(value - middle) <= max(_TIMES * spread, abs(middle) / _LEAST_SHARE):
        return None
    typical, said = _said(round(middle), info), _said(value, info)
    return Name(
        f"मागील {len(latest)} मूल्यांचा मध्यक {typical} आहे; {said} हे त्यापासून फार दूर आहे.",
        f"The median of the {len(latest)} values before is {typical}; {said} is far from it.",
    )


def compared(before: Sequence[int], info: MeasureInfo) -> Name:
    """With what a value that is not unusual was compared, or why that cannot be told."""
    latest = before[-MOST:]
    if len(latest) < FEWEST:
        return Name(
            f"असामान्य आहे का ते ठरवता येत नाही: आधीची {len(latest)} मूल्ये आहेत, {FEWEST} लागतात.",
            f"Whether it is unusual cannot be judged: {len(latest)} values before, of {FEWEST}.",
        )
    typical = _said(round(median(latest)), info)
    return Name(
        f"मागील {len(latest)} मूल्यांसारखेच आहे (मध्यक {typical}).",
        f"It is like the {len(latest)} values before (median {typical}).",
    )


def _slip(value: int, middle: float, count: int, info: MeasureInfo) -> Name | None:
    """That a value may be in another unit than those before it."""
    one, other = abs(value), abs(middle)
    more, less = max(one, other), min(one, other)
    if not less or more < _SMALL * 10**info.decimals or more < _SLIP * less:
        return None
    typical, said = _said(round(middle), info), _said(value, info)
    times = f"{more / less:.0f}"
    of_mr = "मागील मूल्य" if count == 1 else f"मागील {count} मूल्यांचा मध्यक"
    of_en = "The value before" if count == 1 else f"The median of the {count} values before"
    if one > other:
        mr, en = f"{times} पट", f"{times} times that"
    else:
        mr, en = f"१/{times}", f"a {times}th of that"
    return Name(
        f"{of_mr} {typical} आहे; {said} हे त्याच्या {mr} आहे: एकक बरोबर आहे का?",
        f"{of_en} is {typical}; {said} is {en}: is the unit right?",
    )


def _said(value: int, info: MeasureInfo) -> int | float | str | None:
    return for_people(shown(value, info), info.unit)
