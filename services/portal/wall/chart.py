"""How a project's end was forecast over time, as an SVG that needs no script: lines with their
values in words beside, and the same in a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from palika.india import day_of
from services.portal.pages.formats import day

WIDTH: Final = 640
HEIGHT: Final = 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 120, 16, 14, 34
_BASES: Final = ("official", "pace")


@dataclass(frozen=True, slots=True)
class Drawn:
    """What the template draws.

    Attributes:
        lines: by basis the points of a step line.
        ticks: of the days that were forecast: place and words; ``moments``: of the days on which.
        plan: the place of the planned end; None: there is none.
        ends: by basis the day that is forecast now.
    """

    lines: Mapping[str, str]
    ticks: Sequence[tuple[float, str]]
    moments: Sequence[tuple[float, str]]
    plan: float | None
    ends: Mapping[str, str]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT
    bottom: int = HEIGHT - _BOTTOM


def forecasts(items: Sequence[Mapping[str, Any]], planned_end: str | None) -> Drawn | None:
    """Forecasts as ``warroom.forecasts`` tells them, drawn; None: there are too few.

    Args:
        items: the newest first.
        planned_end: by the plan.
    """
    told = [each for each in items if each["finish_on"]]
    if not told:
        return None
    plan = date.fromisoformat(planned_end) if planned_end else None
    days = [date.fromisoformat(each["finish_on"]) for each in told]
    days += [plan] if plan else []
    begun = [day_of(datetime.fromisoformat(each["since"])) for each in told]
    across = _Scale(min(begun), max(day_of(datetime.now(UTC)), *begun), _LEFT, WIDTH - _RIGHT)
    up = _Scale(min(days), max(days), HEIGHT - _BOTTOM, _TOP)
    lines, ends = {}, {}
    for basis in _BASES:
        steps = [each for each in reversed(told) if each["basis"] == basis]
        if steps:
            lines[basis] = _steps(steps, across, up)
            ends[basis] = day(date.fromisoformat(steps[-1]["finish_on"]))
    return Drawn(
        lines=lines,
        ticks=[(up.at(each), day(each)) for each in up.ticks()],
        moments=[(across.at(each), day(each)) for each in across.ticks()],
        plan=up.at(plan) if plan else None,
        ends=ends,
    )


def _steps(items: Sequence[Mapping[str, Any]], across: "_Scale", up: "_Scale") -> str:
    points: list[tuple[float, float]] = []
    for each in items:
        x = across.at(day_of(datetime.fromisoformat(each["since"])))
        y = up.at(date.fromisoformat(each["finish_on"]))
        if points:
            points.append((x, points[-1][1]))
        points.append((x, y))
    points.append((across.high, points[-1][1]))
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


@dataclass(frozen=True, slots=True)
class _Scale:
    """Days along an axis."""

    first: date
    last: date
    low: float
    high: float

    def at(self, value: date) -> float:
        """Where a day is."""
        length = (self.last - self.first).days
        part = (value - self.first).days / length if length else 0.5
        return self.low + (self.high - self.low) * part

    def ticks(self) -> list[date]:
        """Both ends and the middle."""
        half = self.first + timedelta(days=(self.last - self.first).days // 2)
        return sorted({self.first, half, self.last})
