"""A desk's lists and counts, asked for as an officer would."""

from typing import Any

from services.grievance.queries import search
from services.grievance.schemas import Counting, Searching
from tests.support.grievances import NOW


def listed(desk, now=NOW, **filters: Any) -> dict[str, Any]:
    """One page of a list."""
    with desk.sessions() as session:
        return search.page(session, Searching().load(filters), now)


def counted(desk, now=NOW, **filters: Any) -> dict[str, Any]:
    """How many a list has."""
    with desk.sessions() as session:
        return search.count(session, Counting().load(filters), now)


def walked(desk, **filters: Any) -> list[dict[str, Any]]:
    """All pages of a list."""
    found, cursor = [], None
    while True:
        page = listed(desk, **filters, **({"cursor": cursor} if cursor else {}))
        found += page["items"]
        cursor = page["next"]
        if cursor is None:
            return found
