"""Charts as SVG, drawn here: no script, no style of their own, and every number of them stands in a
table beside.

Colours and strokes are classes of ``css/7-dashboards.css``; a status has a form, too.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup, escape

SPARK_W, SPARK_H = 60, 16
_W, _H = 600, 270
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 14, 14, 34
_TICKS: Final = 4
_JUDGED: Final = ("green", "amber", "red")


def spark(values: Sequence[float | None]) -> Markup:
    """A small line of a series without axes, as one path; nothing of fewer than two values. It is
    hidden from readers of the screen."""
    known = [each for each in values if each is not None]
    if len(known) < 2:
        return Markup("")
    low, high = min(known), max(known)
    step = SPARK_W / (len(values) - 1)
    path, drawing = [], False
    for at, value in enumerate(values):
        if value is None:
            drawing = False
            continue
        share = 0.5 if high == low else (value - low) / (high - low)
        y = round(SPARK_H - 1 - share * (SPARK_H - 2))
        path.append(f"{'L' if drawing else 'M'}{round(at * step)} {y}")
        drawing = True
    return Markup(  # noqa: S704 all that comes from data is escaped before
        f'<svg class="spark" viewBox="0 0 {SPARK_W} {SPARK_H}" aria-hidden="true">'
        f'<path d="{"".join(path)}"/></svg>'
    )


def shares(counts: Sequence[tuple[str, int]], width: int = 120) -> Markup:
    """A bar parted by numbers: class and number of each part."""
    total = sum(number for _, number in counts) or 1
    parts, at = [], 0.0
    for name, number in counts:
        if not number:
            continue
        wide = width * number / total
        parts.append(f'<rect class="{name}" x="{at:.0f}" width="{wide:.0f}" height="12"/>')
        at += wide
    return Markup(  # noqa: S704 all that comes from data is escaped before
        f'<svg class="shares" viewBox="0 0 {width} 12" preserveAspectRatio="none" '
        f'aria-hidden="true">{"".join(parts)}</svg>'
    )


def bar(value: float | None, most: float, status: str) -> Markup:
    """A bar of a value among others, the longest of which is ``most``."""
    if value is None or most <= 0 or value <= 0:
        return Markup("")
    name = status if status in _JUDGED else "none"
    return Markup(  # noqa: S704 all that comes from data is escaped before
        '<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect class="{name}" width="{max(100 * value / most, 0.5):.1f}" height="10"/></svg>'
    )


@dataclass(frozen=True, slots=True)
class Dot:
    """A value of a period, and how it stands; ``label`` is the period at the axis."""

    label: str
    value: float | None
    status: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """What a chart over time shows.

    Attributes:
        dots: from the oldest on.
        target: a line, or the two ends of a band.
        season: between what values the dot at a place was expected: place, low, high.
        forecast: what is expected next, between what values, and when: value, low, high, label.
        beside: another series, as long as the dots.
        title: what a reader of the screen is told; all numbers are in the table.
        number: a value as people write it.
    """

    dots: Sequence[Dot]
    title: str
    numbers: Sequence[str] = ()
    target: float | Sequence[float] | None = None
    season: tuple[int, float, float] | None = None
    forecast: tuple[float, float, float, str] | None = None
    beside: Sequence[float | None] = ()


def scale(low: float, high: float) -> list[float]:
    """Round numbers that an axis has, from below the lowest value to above the highest."""
    if low == high:
        low, high = (low - 1, high + 1) if low else (0.0, 1.0)
    if 0 < low < (high - low) * 2:
        low = 0.0
    rough = (high - low) / _TICKS
    size = 10 ** math.floor(math.log10(rough))
    step = next((size * each for each in (1, 2, 2.5, 5) if size * each >= rough), size * 10)
    first = math.floor(low / step) * step
    found = [first]
    while found[-1] < high - step * 1e-9:
        found.append(first + step * len(found))
    return found


def ticks(chart: Chart) -> list[float]:
    """The numbers of the axis of a chart; none: it has no value."""
    values = [each.value for each in chart.dots if each.value is not None]
    if not values:
        return []
    values += [each for each in chart.beside if each is not None]
    values += _ends(chart.target)
    # An interval that is many times wider than all that was ever seen would flatten the rest.
    reach = max(values) - min(values) or abs(values[0]) or 1.0
    least, most = min(values) - reach, max(values) + reach
    if chart.season is not None:
        values += [max(chart.season[1], least), min(chart.season[2], most)]
    if chart.forecast is not None:
        value, low, high, _ = chart.forecast
        values += [max(low, least), min(high, most), min(max(value, least), most)]
    return scale(min(values), max(values))


def over_time(chart: Chart) -> Markup:
    """The chart; ``numbers`` of it are its ticks in words. Nothing, if there is no value."""
    axis = ticks(chart)
    if not axis:
        return Markup("")
    return Markup(_Drawing(chart, axis).drawn())  # noqa: S704 all that comes from data is escaped before


def _ends(target: float | Sequence[float] | None) -> list[float]:
    if target is None:
        return []
    return list(target) if isinstance(target, Sequence) else [target]


class _Drawing:
    def __init__(self, chart: Chart, axis: list[float]) -> None:
        self.chart, self.axis = chart, axis
        self.places = len(chart.dots) + (1 if chart.forecast else 0)

    def x(self, at: float) -> float:
        wide = _W - _LEFT - _RIGHT
        return _LEFT + wide * (at + 0.5) / self.places

    def y(self, value: float) -> float:
        low, high = self.axis[0], self.axis[-1]
        share = min(max((value - low) / (high - low), 0.0), 1.0)
        return _H - _BOTTOM - share * (_H - _TOP - _BOTTOM)

    def drawn(self) -> str:
        title = escape(self.chart.title)
        parts = [
            f'<svg class="chart" viewBox="0 0 {_W} {_H}" role="img" aria-label="{title}">',
            *self.grid(),
            *self.aim(),
            *self.season(),
            *self.line(list(self.chart.beside), "beside"),
            *self.line([each.value for each in self.chart.dots], "line"),
            *self.expected(),
            *self.marks(),
            *self.labels(),
            "</svg>",
        ]
        return "".join(parts)

    def grid(self) -> list[str]:
        found = []
        for value, words in zip(self.axis, self.chart.numbers, strict=True):
            y = self.y(value)
            found.append(f'<path class="grid" d="M{_LEFT} {y:.0f}H{_W - _RIGHT}"/>')
            found.append(
                f'<text class="tick" x="{_LEFT - 6}" y="{y + 4:.0f}">{escape(words)}</text>'
            )
        return found

    def aim(self) -> list[str]:
        ends = _ends(self.chart.target)
        if len(ends) == 2:
            top, low = self.y(max(ends)), self.y(min(ends))
            wide = _W - _LEFT - _RIGHT
            return [
                f'<rect class="band" x="{_LEFT}" y="{top:.0f}" width="{wide}" '
                f'height="{max(low - top, 1):.0f}"/>'
            ]
        return [
            f'<path class="aim" d="M{_LEFT} {self.y(each):.0f}H{_W - _RIGHT}"/>' for each in ends
        ]

    def season(self) -> list[str]:
        if self.chart.season is None:
            return []
        at, low, high = self.chart.season
        return [self.interval("season", at, low, high)]

    def expected(self) -> list[str]:
        if self.chart.forecast is None:
            return []
        value, low, high, _ = self.chart.forecast
        at = self.places - 1
        found = [self.interval("interval", at, low, high)]
        known = [n for n, each in enumerate(self.chart.dots) if each.value is not None]
        if known:
            last = self.chart.dots[known[-1]].value or 0.0
            start = f"M{self.x(known[-1]):.0f} {self.y(last):.0f}"
            found.append(f'<path class="ahead" d="{start}L{self.x(at):.0f} {self.y(value):.0f}"/>')
        found.append(
            f'<circle class="ahead" cx="{self.x(at):.0f}" cy="{self.y(value):.0f}" r="4"/>'
        )
        return found

    def interval(self, name: str, at: int, low: float, high: float) -> str:
        top, bottom = self.y(high), self.y(low)
        return (
            f'<rect class="{name}" x="{self.x(at) - 9:.0f}" y="{top:.0f}" width="18" '
            f'height="{max(bottom - top, 1):.0f}"/>'
        )

    def line(self, values: Sequence[float | None], name: str) -> list[str]:
        path, drawing = [], False
        for at, value in enumerate(values):
            if value is None:
                drawing = False
                continue
            path.append(f"{'L' if drawing else 'M'}{self.x(at):.0f} {self.y(value):.0f}")
            drawing = True
        return [f'<path class="{name}" d="{"".join(path)}"/>'] if path else []

    def marks(self) -> list[str]:
        found = []
        for at, each in enumerate(self.chart.dots):
            if each.value is None:
                continue
            x, y = round(self.x(at)), round(self.y(each.value))
            if each.status == "green":
                found.append(f'<circle class="green" cx="{x}" cy="{y}" r="5"/>')
            elif each.status == "amber":
                found.append(f'<path class="amber" d="M{x} {y - 6}l6 11h-12z"/>')
            elif each.status == "red":
                found.append(f'<rect class="red" x="{x - 5}" y="{y - 5}" width="10" height="10"/>')
            else:
                found.append(f'<circle class="none" cx="{x}" cy="{y}" r="4"/>')
        return found

    def labels(self) -> list[str]:
        words = [each.label for each in self.chart.dots]
        if self.chart.forecast is not None:
            words.append(self.chart.forecast[3])
        every = 1 if len(words) < 8 else 2
        last = len(words) - 1
        return [
            f'<text class="label" x="{self.x(at):.0f}" y="{_H - 12}">{escape(each)}</text>'
            for at, each in enumerate(words)
            if (last - at) % every == 0
        ]
