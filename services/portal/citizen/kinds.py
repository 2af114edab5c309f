"""What can be complained about, as the grievance service says it, and the search in it."""

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

from palika.auth import ANONYMOUS
from palika.errors import PalikaError
from palika.words import query_tokens, tokens
from services.portal.asking import DEADLINE_S, Question
from services.portal.pages.languages import LANGUAGES, current
from services.portal.rooms import ask, one, services

_KEEP_S = 60
Kind = Mapping[str, Any]


def kinds() -> list[Kind]:
    """All kinds in the language of the page, in the city's order.

    Raises:
        PalikaError: they cannot be had just now.
    """
    return _told()[current()]


def by_group(found: Iterable[Kind]) -> list[tuple[str, list[Kind]]]:
    """Kinds below the name of their group, in their order."""
    return [(name, list(rows)) for name, rows in groupby(found, lambda each: each["group"])]


def searched(query: str) -> list[Kind]:
    """The kinds that have most of the words of a query, whichever language it is in; the name
    counts more than the group. Raises as ``kinds``."""
    wanted = set(query_tokens(query))
    if not wanted:
        return []
    told = _told()
    words: dict[str, tuple[set[str], set[str]]] = {}
    for rows in told.values():
        for each in rows:
            of_name, of_group = words.setdefault(each["service_code"], (set(), set()))
            of_name.update(tokens(each["service_name"]))
            of_group.update(tokens(each["group"]))
    scores = {
        code: 3 * len(wanted & of_name) + len(wanted & of_group)
        for code, (of_name, of_group) in words.items()
    }
    found = [each for each in told[current()] if scores[each["service_code"]]]
    return sorted(found, key=lambda each: -scores[each["service_code"]])


def kind(code: str) -> Kind:
    """One kind with what it asks (``attributes``).

    Raises:
        NotFound: there is none.
        Unavailable: it cannot be had just now.
    """
    with services(DEADLINE_S, ANONYMOUS) as city:
        found: Kind = city.grievance.open311_service(code=code[:100], language=current())
    return found


def name_of(code: str) -> str:
    """What a kind is called in the language of the page; its code, where that is not known now."""
    try:
        return next(each["service_name"] for each in kinds() if each["service_code"] == code)
    except (PalikaError, StopIteration):
        return code


def _told() -> dict[str, list[Kind]]:
    asked = {
        language: Question("grievance", "open311_services", {"language": language}, _KEEP_S)
        for language in LANGUAGES
    }
    found = ask(as_=ANONYMOUS, **asked)
    return {language: one(part)["services"] for language, part in found.items()}
