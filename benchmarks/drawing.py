"""Small pictures for the documents, as SVG: lines over numbers, bars over powers of ten.

Colours are those of Okabe and Ito, which are told apart by the colour-blind too; each line has its
own dashes besides. On white, with dark words, so that a page of any colour can hold them.
"""

import math
from collections.abc import Mapping, Sequence
from html import escape

Points = Sequence[tuple[float, float]]
_COLOURS = ("#0072b2", "#d55e00", "#007a5a", "#9c4f80", "#555555", "#8a6d00")
_DASHES = ("", "7 3", "2 3", "9 3 2 3", "1 4", "12 4")
_INK, _GRID = "#222222", "#dddddd"
_WIDTH, _LEFT, _RIGHT, _TOP = 760, 90, 20, 50
_PLOT = 300
_ROW = 34
_LEGEND = 20


def lines(title: str, across: str, up: str, series: Mapping[str, Points]) -> str:
    """Lines over the same axes, which begin at nothing.

    Args:
        title: of the picture, for people who do not see it too.
        across, up: what the axes show.
        series: points by what the line is called; one at least, with one point at least.

    Raises:
        ValueError: there is no point.
    """
    points = [point for each in series.values() for point in each]
    if not points:
        raise ValueError("series: there is no point to draw")
    most_x, most_y = _ceiling(max(x for x, _ in points)), _ceiling(max(y for _, y in points))
    wide = _WIDTH - _LEFT - _RIGHT

    def at(x: float, y: float) -> tuple[float, float]:
        return _LEFT + wide * x / most_x, _TOP + _PLOT * (1 - y / most_y)

    parts = []
    for step in range(6):
        x, y = at(most_x * step / 5, most_y * step / 5)
        parts.append(_line(_LEFT, y, _WIDTH - _RIGHT, y, _GRID))
        parts.append(_text(_LEFT - 8, y + 4, _number(most_y * step / 5), "end"))
        parts.append(_text(x, _TOP + _PLOT + 18, _number(most_x * step / 5), "middle"))
    parts.append(_text(_LEFT, _TOP - 10, up, "start"))
    parts.append(_text(_WIDTH - _RIGHT, _TOP + _PLOT + 36, across, "end"))
    below = _TOP + _PLOT + 56
    for number, (name, found) in enumerate(series.items()):
        style = _stroke(number)
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (at(*point) for point in found))
        parts.append(f'<polyline fill="none" {style} points="{path}"/>')
        if len(found) <= 12:
            for x, y in (at(*point) for point in found):
                colour = _COLOURS[number % len(_COLOURS)]
                parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>')
        y = below + number * _LEGEND
        parts.append(f'<line x1="{_LEFT}" y1="{y - 4}" x2="{_LEFT + 40}" y2="{y - 4}" {style}/>')
        parts.append(_text(_LEFT + 48, y, name, "start"))
    return _picture(title, below + len(series) * _LEGEND, parts)


def bars(
    title: str, across: str, rows: Sequence[tuple[str, float, str]], marks: Mapping[str, float]
) -> str:
    """Bars over powers of ten, with upright lines.

    Args:
        title: of the picture.
        across: what the axis shows.
        rows: of each bar its name, its length (above 0), and what stands in it.
        marks: upright lines, by what they are called.

    Raises:
        ValueError: there is no bar, or one that is not above 0.
    """
    values = [value for _, value, _ in rows] + list(marks.values())
    if not rows or min(values) <= 0:
        raise ValueError("rows: at least one is wanted, and each above 0")
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    high = max(high, low + 1)
    left = 250
    wide = _WIDTH - left - _RIGHT

    def at(value: float) -> float:
        return left + wide * (math.log10(value) - low) / (high - low)

    tall = len(rows) * _ROW
    parts, notes = [], []
    for power in range(low, high + 1):
        x = at(10.0**power)
        parts.append(_line(x, _TOP, x, _TOP + tall, _GRID))
        parts.append(_text(x, _TOP + tall + 18, _number(10.0**power), "middle"))
    for number, (name, value, note) in enumerate(rows):
        y = _TOP + number * _ROW
        width = max(1.0, at(value) - left)
        parts.append(_text(left - 8, y + 20, name, "end"))
        parts.append(
            f'<rect x="{left}" y="{y + 5}" width="{width:.1f}" height="24" fill="#bcd9ee"/>'
        )
        notes.append(_text(left + 6, y + 21, note, "start"))
    for number, (name, value) in enumerate(marks.items()):
        x = at(value)
        parts.append(_line(x, _TOP - 6, x, _TOP + tall, _COLOURS[1], 2))
        y = _TOP + tall + 58 + number * _LEGEND
        parts.append(_line(x, _TOP + tall + 24, x, y, _COLOURS[1]))
        parts.append(_text(x - 6, y, name, "end"))
    # On top of the marks, which go through them.
    parts += [*notes, _text(_WIDTH - _RIGHT, _TOP + tall + 36, across, "end")]
    return _picture(title, _TOP + tall + 58 + len(marks) * _LEGEND, parts)


def _picture(title: str, height: int, parts: Sequence[str]) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" '
        f'aria-label="{escape(title)}" font-family="sans-serif" font-size="13">'
    )
    paper = f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>'
    name = (
        f'<text x="{_WIDTH / 2:g}" y="20" text-anchor="middle" font-weight="bold" '
        f'fill="{_INK}">{escape(title)}</text>'
    )
    return "\n".join([head, f"<title>{escape(title)}</title>", paper, name, *parts, "</svg>\n"])


def _stroke(number: int) -> str:
    dashes = _DASHES[number % len(_DASHES)]
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'stroke="{_COLOURS[number % len(_COLOURS)]}" stroke-width="2.5"{dashed}'


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, width: float = 1) -> str:
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" '
        f'stroke-width="{width:g}"/>'
    )


def _text(x: float, y: float, words: str, anchor: str) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{_INK}" stroke="#ffffff" '
        f'stroke-width="3" stroke-opacity="0.8" paint-order="stroke">{escape(words)}</text>'
    )


def _ceiling(value: float) -> float:
    """The next of a few numbers times a power of ten, of which a fifth is a round number too."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(
        step * power for step in (1, 1.5, 2, 2.5, 3, 4, 5, 7.5, 10) if step * power >= value * 0.999
    )


def _number(value: float) -> str:
    if value >= 1_000:
        return f"{value:,.0f}"
    return f"{value:.3g}"
