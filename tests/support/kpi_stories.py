"""KPIs and their past, made by hand."""

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from palika.text import Name
from services.kpi.domain.alert_rules import AlertRules
from services.kpi.domain.formula import formula
from services.kpi.domain.indicators import Aim, Indicator, MeasureInfo, Thresholds
from services.kpi.domain.insight import Point, Story
from services.kpi.domain.period import containing, period

NAME = Name("नाव", "Name")
MEASURES = {
    each.code: each
    for each in (
        MeasureInfo("x.done", NAME, "count"),
        MeasureInfo("x.all", NAME, "count"),
        MeasureInfo("x.time", NAME, "minutes", "distribution"),
        MeasureInfo("x.who", NAME, "count", "distinct"),
        MeasureInfo("x.stock", NAME, "count", "level", every="month", department="a"),
    )
}
RULES = AlertRules(
    running_from=50,
    stagnant={"week": 8, "month": 6, "quarter": 4, "half_year": 4, "year": 3},
    improvement=5,
    width=3.5,
    least=8,
    back=24,
    calm=2,
    margin=20,
    fresh=3,
)


def indicator(
    written: str = "rate(x.done, x.all)",
    *,
    direction: str = "higher",
    target: float | tuple[float, float] | None = 80,
    green: float | None = None,
    red: float | None = None,
    **more: Any,
) -> Indicator:
    """A KPI; without thresholds red begins 10 % off the target."""
    aim = None
    if target is not None:
        low, high = target if isinstance(target, tuple) else (target, target)
        aim = Aim(Fraction(low), Fraction(high))
    limits = None
    if green is not None and red is not None:
        limits = Thresholds(Fraction(green), Fraction(red))
    given: dict[str, Any] = {"frequency": "month", "source": "events", "owner": "head"}
    return Indicator(
        code="a-kpi",
        department="a",
        name=NAME,
        definition=NAME,
        unit=more.pop("unit", "count"),
        decimals=more.pop("decimals", 1),
        formula=formula(written, MEASURES),
        direction=direction,
        every_year=aim,
        thresholds=limits,
        **given | more,
    )


def story(
    of: Indicator,
    values: Sequence[float | None],
    *,
    last: str = "2026-10",
    running: float | None = None,
    day: date | None = None,
) -> Story:
    """The values of periods up to `last`, and of the one after it on a day (its last but one)."""
    at = period(last)
    points: list[Point] = []
    for each in reversed(values):
        points.append(Point(at, None if each is None else Fraction(each)))
        at = at.previous()
    after = containing(period(last).last + timedelta(days=1), of.frequency)
    now = Point(after, None if running is None else Fraction(running))
    return Story(of, points[::-1], now, day or after.last - timedelta(days=1))
