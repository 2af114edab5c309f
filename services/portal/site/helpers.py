"""What the templates of the public pages need beside the layout's."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from flask import Flask

from services.portal.content import Document
from services.portal.pages.formats import day, month
from services.portal.pages.frame import frame
from services.portal.pages.languages import current
from services.portal.site.lists import ARCHIVES, TITLES


def register(app: Flask) -> None:
    """Make them known to templates."""
    app.jinja_env.filters.update(in_site=in_site, span=span, initials=initials)
    app.jinja_env.globals.update(
        titles=TITLES,
        archives=ARCHIVES,
        named_departments=named_departments,
        named_audiences=named_audiences,
    )


def in_site(address: str) -> str:
    """An address as content has it: of the site's own pages in the language of this one."""
    return f"/{current()}{address}" if address.startswith("/") else address


def span(kpi: Mapping[str, Any]) -> str:
    """The days of a KPI for people: October 2026; April – September 2026; else both days."""
    first, last = (date.fromisoformat(kpi[end]) for end in ("from_day", "to_day"))
    if first.day != 1 or (last + timedelta(days=1)).day != 1:
        return f"{day(first)} – {day(last)}"
    if first.year != last.year:
        return f"{month(first)} – {month(last)}"
    if first.month != last.month:
        return f"{month(first, with_year=False)} – {month(last)}"
    return month(first)


def initials(documents: Iterable[Document]) -> list[tuple[str, list[Document]]]:
    """Documents in the order of their titles, by the first letter of these."""
    language = current()
    return [
        (letter, list(rows))
        for letter, rows in groupby(documents, lambda each: each.title.in_(language)[:1].upper())
    ]


def named_departments(codes: Sequence[str]) -> list[tuple[str, str]]:
    """Departments and their names, in the order of the names."""
    content = frame().shelf.content
    found = [(code, content.department_name(code).in_(current())) for code in codes]
    return sorted(found, key=lambda each: each[1].casefold())


def named_audiences(codes: Sequence[str]) -> list[tuple[str, str]]:
    """Audiences and their names, in the order that the site says."""
    names = frame().shelf.content.city["audiences"]
    return [(code, names[code].in_(current())) for code in codes]
