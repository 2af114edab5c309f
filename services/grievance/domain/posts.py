"""The posts that a city writes down (a YAML file, a CSV file or a form): read, and checked."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from services.grievance.domain.catalogue import Catalogue
from services.grievance.domain.plain import flag, keys, mapping, one_of, sequence, whole

CAPACITY = 50
MOST = 10_000
_OPTIONAL = ("level", "wards", "categories", "capacity", "active")
COLUMNS = ("code", "department", *_OPTIONAL)
"""Of a CSV file; all but the first two may be left out. Lists are separated by blanks."""
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}")
_FLAGS = {"": True, "true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True, slots=True)
class Entry:
    """A post as it is written down (``models/desk.py`` and ``domain/routing.py`` explain it)."""

    code: str
    department: str
    level: int = 0
    wards: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    capacity: int = CAPACITY
    active: bool = True


def problems_of(entry: Entry, city: Catalogue, top: int) -> dict[str, str]:
    """What is wrong with a post, by its part.

    Args:
        entry: the post.
        city: what the city has.
        top: the highest level of the escalation ladder.
    """
    problems = {}
    if entry.department not in city.departments:
        problems["department"] = f"must be one of: {', '.join(city.departments)}"
    if not 0 <= entry.level <= top:
        problems["level"] = f"must be from 0 to {top}, the rungs of the escalation ladder"
    for part, codes, known in (
        ("wards", entry.wards, city.wards.keys()),
        ("categories", entry.categories, city.categories.keys() | city.subcategories.keys()),
    ):
        unknown = [code for code in codes if code not in known]
        if unknown:
            problems[part] = f"not known: {', '.join(unknown)}"
    return problems


def entries(raw: Any, city: Catalogue, top: int) -> list[Entry]:
    """The posts of a YAML file: ``posts`` with an entry a code.

    Raises:
        ValueError: something is missing or breaks a rule; the message says where.
    """
    keys("posts", raw, ("posts",))
    found = []
    for code, each in mapping("posts", raw["posts"]).items():
        place = f"posts, {code}"
        if not isinstance(code, str) or _CODE.fullmatch(code) is None:
            raise ValueError(f"{place}: a code has letters, digits and . _ : / -")
        keys(place, each, ("department",), _OPTIONAL)
        entry = Entry(
            code,
            one_of(f"{place}, department", each["department"], city.departments),
            whole(f"{place}, level", each.get("level", 0)),
            _words(f"{place}, wards", each.get("wards", ())),
            _words(f"{place}, categories", each.get("categories", ())),
            whole(f"{place}, capacity", each.get("capacity", CAPACITY), 1, MOST),
            flag(f"{place}, active", each.get("active", True)),
        )
        for part, rule in problems_of(entry, city, top).items():
            raise ValueError(f"{place}, {part}: {rule}")
        found.append(entry)
    if not found:
        raise ValueError("posts: there is none")
    return found


def entry_of_row(row: Mapping[str, str], city: Catalogue, top: int) -> Entry:
    """The post of a CSV file's record.

    Raises:
        ValueError: it breaks a rule; the message says which column.
    """
    code = row["code"]
    if _CODE.fullmatch(code) is None:
        raise ValueError(f"code: must have letters, digits and . _ : / -, not {code!r}")
    active = _FLAGS.get(row.get("active", "").lower())
    if active is None:
        raise ValueError("active: must be true or false")
    entry = Entry(
        code,
        row["department"],
        _number("level", row, 0, 0, top),
        tuple(row.get("wards", "").split()),
        tuple(row.get("categories", "").split()),
        _number("capacity", row, CAPACITY, 1, MOST),
        active,
    )
    for part, rule in problems_of(entry, city, top).items():
        raise ValueError(f"{part}: {rule}")
    return entry


def check_columns(found: Iterable[str]) -> None:
    """Refuse a CSV file of other columns.

    Raises:
        ValueError: the message names them.
    """
    have = list(found)
    wrong = [each for each in have if each not in COLUMNS or have.count(each) > 1]
    missing = [each for each in COLUMNS[:2] if each not in have]
    if wrong or missing:
        what = f"missing: {', '.join(missing)}" if missing else f"not known: {', '.join(wrong)}"
        raise ValueError(f"columns {what}; must be of: {', '.join(COLUMNS)}")


def _number(column: str, row: Mapping[str, str], default: int, least: int, most: int) -> int:
    text = row.get(column, "")
    if not text:
        return default
    return whole(column, int(text) if re.fullmatch(r"[0-9]{1,9}", text) else text, least, most)


def _words(place: str, raw: Any) -> tuple[str, ...]:
    values = sequence(place, raw)
    for each in values:
        if not isinstance(each, str):
            raise ValueError(f"{place}: must be a list of codes, not of {each!r}")
    return tuple(values)
