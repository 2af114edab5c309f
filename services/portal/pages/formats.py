"""Numbers, money and days for people, in the language of the page and in the Indian manner.

In templates they are filters: ``{{ paise | money }}``, ``{{ day | day }}``. Marathi pages have
Devanagari digits if the site says so (``devanagari_digits`` of ``site.yaml``).
"""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, Final, overload

from babel.dates import format_date
from flask import Flask, current_app
from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame

from palika.india import INDIA, grouped
from palika.number_words import devanagari
from services.portal.pages import languages

_EXTENSION: Final = "portal_devanagari_digits"
PARTS_OF_DAY: Final = ((4, "पहाटे"), (6, "सकाळी"), (12, "दुपारी"), (16, "संध्याकाळी"), (20, "रात्री"))
"""From which hour on which part of the day is said with a time in Marathi; before, the last."""


class _AtEachAsking(CodeGenerator):
    """Filters are worked out when a page is asked for.

    Jinja works out a filter of a constant when it compiles a template, for all in the language of
    who asks first: in its optimizer, and when it writes what is put out.
    """

    def _output_child_to_const(
        self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo
    ) -> str:
        if isinstance(node, nodes.Filter) or node.find(nodes.Filter) is not None:
            raise nodes.Impossible
        return super()._output_child_to_const(node, frame, finalize)


def register(app: Flask, devanagari_digits: Callable[[], bool]) -> None:
    """Make the filters known to templates; ``devanagari_digits`` is what the site says now."""
    app.extensions[_EXTENSION] = devanagari_digits
    app.jinja_env.optimized = False
    app.jinja_env.code_generator_class = _AtEachAsking
    app.jinja_env.filters.update(
        digits=digits,
        number=number,
        money=money,
        day=day,
        weekday=weekday,
        moment=moment,
        both=both,
    )


def digits(text: Any) -> str:
    """The text with the digits of the page's language."""
    if languages.current() == languages.MARATHI and current_app.extensions[_EXTENSION]():
        return devanagari(text)
    return str(text)


def number(value: float, decimals: int = 0) -> str:
    """A number with groups as in India: 1234567.5 with one decimal is 12,34,567.5."""
    whole, point, rest = f"{abs(value):.{decimals}f}".partition(".")
    sign = "−" if value < 0 and (int(whole) or int(rest or 0)) else ""
    return digits(f"{sign}{grouped(int(whole))}{point}{rest}")


def money(paise: int) -> str:
    """An amount in paise: ₹ 1,15,000, with paise only if there are any."""
    whole, rest = divmod(abs(paise), 100)
    sign = "−" if paise < 0 else ""
    # A space that does not break: the sign stays with its number.
    return digits(f"{sign}₹\N{NO-BREAK SPACE}{grouped(whole)}{f'.{rest:02}' if rest else ''}")


def day(value: date | str | None) -> str:
    """A day, or the day in India of an aware moment: 29 November 2026, २९ नोव्हेंबर २०२६. As
    text it is as a service says it; None is nothing."""
    if not value:
        return ""
    found = day_in(value) if isinstance(value, str) else _in_india(value)
    return digits(format_date(found, "d MMMM y", locale=languages.current()))


def month(value: date, *, with_year: bool = True) -> str:
    """The month of a day: November 2026, नोव्हेंबर २०२६."""
    form = "MMMM y" if with_year else "MMMM"
    return digits(format_date(value, form, locale=languages.current()))


def weekday(value: date) -> str:
    """The day of the week: Sunday, रविवार."""
    return format_date(_in_india(value), "EEEE", locale=languages.current())


def moment(value: datetime | str | None) -> str:
    """An aware moment, in India: 29 November 2026, 2:05 pm; २९ नोव्हेंबर २०२६, दुपारी २:०५. As
    text it is as a service says it; None is nothing."""
    if not value:
        return ""
    there = (moment_in(value) if isinstance(value, str) else value).astimezone(INDIA)
    clock = f"{there.hour % 12 or 12}:{there.minute:02}"
    if languages.current() == languages.ENGLISH:
        return f"{day(there)}, {clock} {'am' if there.hour < 12 else 'pm'}"
    part = next((name for hour, name in reversed(PARTS_OF_DAY) if there.hour >= hour), "रात्री")
    return f"{day(there)}, {part} {digits(clock)}"


@overload
def moment_in(text: str) -> datetime: ...
@overload
def moment_in(text: None) -> None: ...
@overload
def moment_in(text: str | None) -> datetime | None: ...
def moment_in(text: str | None) -> datetime | None:
    """The aware moment that a service says as text."""
    return None if text is None else datetime.fromisoformat(text)


@overload
def day_in(text: str) -> date: ...
@overload
def day_in(text: None) -> None: ...
@overload
def day_in(text: str | None) -> date | None: ...
def day_in(text: str | None) -> date | None:
    """The day that a service says as text; of a moment it is India's."""
    if text is None:
        return None
    return _in_india(datetime.fromisoformat(text)) if "T" in text else date.fromisoformat(text)


def both(text: Any) -> str:
    """Of a text in both languages (``{mr, en}``, or a ``Name``) that of the page."""
    if isinstance(text, dict):
        return str(text[languages.current()])
    return str(text.in_(languages.current()))


def _in_india(value: date) -> date:
    return value.astimezone(INDIA).date() if isinstance(value, datetime) else value
