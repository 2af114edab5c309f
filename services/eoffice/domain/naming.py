"""What departments, sections, posts and officers were called before they were renamed: a paper
keeps the names with which it was written."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

Names: TypeAlias = tuple[str, str]
"""In Marathi and in English."""
Named: TypeAlias = tuple[str, str]
"""Of what kind (``department``, ``section``, ``post`` or ``person``), and its code."""


@dataclass(frozen=True, slots=True)
class Renaming:
    """Something got other names; ``mr`` and ``en`` are what it was called until then, None: as
    since."""

    at: datetime
    what: Named
    mr: str | None
    en: str | None


@dataclass(frozen=True, slots=True)
class Former:
    """The names that something had until a moment, aware."""

    until: datetime
    names: Names


def former_names(
    now: Mapping[Named, Names], renamings: Iterable[Renaming]
) -> dict[Named, tuple[Former, ...]]:
    """The names that each thing had before, the first first; what was never renamed is not in it.

    Args:
        now: what each is called now.
        renamings: the last first.
    """
    found: dict[Named, list[Former]] = defaultdict(list)
    for each in renamings:
        known = found[each.what]
        mr, en = known[0].names if known else now.get(each.what, ("", ""))
        before = (mr if each.mr is None else each.mr, en if each.en is None else each.en)
        known.insert(0, Former(each.at, before))
    return {what: tuple(each) for what, each in found.items()}


def called(now: Names, former: Iterable[Former], at: datetime | None) -> Names:
    """What something was called at a moment; None: now.

    Args:
        former: its names of before, the first first.
        at: aware.
    """
    if at is None:
        return now
    return next((each.names for each in former if at < each.until), now)


def called_in(
    names: Mapping[str, Any], kind: str, code: str | None, at: datetime | None = None
) -> Mapping[str, str]:
    """What a code stood for at a moment (``mr``, ``en``), by the ``names`` of an archive; itself,
    if they do not have it. Those of before names were kept so, or of a city where nothing was
    renamed, have no ``former``.

    Args:
        kind: ``departments``, ``heads``, ``posts`` or ``people``.
    """
    known: Mapping[str, str] | None = names[kind].get(code)
    if known is None:
        return {"mr": code or "", "en": code or ""}
    former = [
        Former(datetime.fromisoformat(each["until"]), (each["mr"], each["en"]))
        for each in names.get("former", ())
        if (each["kind"], each["code"]) == (kind, code)
    ]
    mr, en = called((known["mr"], known["en"]), former, at)
    return {"mr": mr, "en": en}
