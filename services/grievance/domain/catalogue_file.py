"""The catalogue as a city writes it (``data/catalogue.yaml`` and the files that it lists)."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from palika.text import Name
from services.grievance.domain.attributes import LARGEST, LONGEST_TEXT, TYPES, Field
from services.grievance.domain.catalogue import (
    CLOCKS,
    PRIORITIES,
    Catalogue,
    Category,
    SubCategory,
    Ward,
)
from services.grievance.domain.plain import keys, mapping, name, one_of, sequence, whole

CATALOGUE, WARDS = "catalogue.yaml", "wards.yaml"

_CODE = re.compile(r"[a-z0-9]+([_-][a-z0-9]+)*", re.ASCII)
_FILE = re.compile(r"([a-z0-9_-]+/)*[a-z0-9_-]+\.yaml", re.ASCII)
_PREFIX = re.compile(r"[A-Z][A-Z0-9]{0,9}", re.ASCII)
_HEAD = ("number_prefix", "fallback", "departments", "defaults", "files")
_FACTS = ("priority", "clock", "anonymous", "evidence", "private", "duplicate_radius_m")
_PERMITTED = {"allowed": True, "refused": False}
_NEEDED = {"required": True, "optional": False}
_KEYS_OF: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "text": ((), ("max_length",)),
    "integer": ((), ("min", "max")),
    "number": ((), ("min", "max")),
    "choice": (("choices",), ()),
    "multichoice": (("choices",), ()),
}
"""What a question of each type must and may say beside its names."""
_LONGEST_CODE = 60
_RULE_OF_CODES = (
    "a code is small letters and digits, parted by - or _, and of at most 60; "
    "a colon marks foreign codes"
)
_LONGEST_SLA_H = 24 * 366
_WIDEST_M = 1_000
"""Beyond it, nearness says nothing; the grid of places is made for no more."""


class Mistakes(ValueError):
    """What is wrong in a city's files: each mistake as its file and ``place: rule``."""

    def __init__(self, found: Sequence[tuple[str, str]]) -> None:
        self.found = tuple(found)
        super().__init__("; ".join(f"{file}: {text}" for file, text in found))


def parts(raw: Any) -> list[str]:
    """The names of the files that the catalogue lists.

    Raises:
        ValueError: it lists none, or what is no file's name.
    """
    listed = sequence("files", mapping("file", raw).get("files"))
    for at, each in enumerate(listed, 1):
        if not isinstance(each, str) or not _FILE.fullmatch(each):
            raise ValueError(f"files, {at}: must be as catalogue/roads.yaml, not {each!r}")
        if each in listed[: at - 1]:
            raise ValueError(f"files, {at}: {each} is there twice")
    return list(listed)


def codes(part: str, raw: Any) -> Collection[str]:
    """The codes that a part of a file lists, for another file that names them.

    Raises:
        ValueError: there is no such part; in the words in which the catalogue says so.
    """
    if part not in mapping("file", raw):
        raise ValueError(f"file: {part} missing")
    return mapping(part, raw[part]).keys()


def catalogue(raw: Any, files: Mapping[str, Any], wards: Any) -> Catalogue:
    """Make the catalogue of what a city wrote.

    Args:
        raw: the content of ``catalogue.yaml``.
        files: the content of each file that it lists, by name.
        wards: the content of ``wards.yaml``.

    Raises:
        Mistakes: something is missing, breaks a rule, or names what does not exist. All that can
            be told at once is told.
    """
    return _Reader().read(raw, files, wards)


class _Reader:
    """One reading: it goes on after a mistake, so that the next one is told too."""

    def __init__(self) -> None:
        self.found: list[tuple[str, str]] = []
        self.departments: dict[str, Name] = {}
        self.fields: dict[str, Field] = {}
        self.categories: dict[str, Category] = {}
        self.subcategories: dict[str, SubCategory] = {}
        self.wards: dict[str, Ward] = {}

    def read(self, raw: Any, files: Mapping[str, Any], wards: Any) -> Catalogue:
        with self._noting(CATALOGUE):
            keys("file", raw, _HEAD)
            if not isinstance(raw["number_prefix"], str) or not _PREFIX.fullmatch(
                raw["number_prefix"]
            ):
                raise ValueError("number_prefix: must be one to ten capitals, such as PMC")
            keys("defaults", raw["defaults"], _FACTS)
        # Without these nothing else can be judged.
        self._stop_if_wrong()
        usual: dict[str, Any] = {}
        with self._noting(CATALOGUE):
            usual = _facts("defaults", raw["defaults"])
        self._departments(raw)
        for file, part in files.items():
            with self._noting(file):
                keys("file", part, (), ("fields", "categories"))
        self._stop_if_wrong()
        for file, part in files.items():
            self._fields(file, part)
        self._stop_if_wrong()
        for file, part in files.items():
            self._categories(file, part, usual)
        self._wards(wards)
        self._stop_if_wrong()
        fallback = raw["fallback"]
        if not isinstance(fallback, str) or fallback not in self.subcategories:
            raise Mistakes([(CATALOGUE, f"fallback: there is no sub-category {fallback!r}")])
        return Catalogue(
            raw["number_prefix"],
            self.departments,
            self.categories,
            self.subcategories,
            self.wards,
            self.subcategories[fallback],
        )

    def _departments(self, raw: Any) -> None:
        for place, code, each in self._entries(CATALOGUE, "departments", raw):
            with self._noting(CATALOGUE):
                keys(place, each, ("mr", "en"))
                self.departments[code] = name(place, each)

    def _wards(self, raw: Any) -> None:
        with self._noting(WARDS):
            keys("file", raw, ("wards",))
            for place, code, each in self._entries(WARDS, "wards", raw):
                with self._noting(WARDS):
                    keys(place, each, ("mr", "en", "seed_weight"))
                    weight = whole(f"{place}, seed_weight", each["seed_weight"], 1)
                    self.wards[code] = Ward(code, name(place, each), weight)

    def _fields(self, file: str, raw: Any) -> None:
        for place, code, each in self._entries(file, "fields", raw):
            with self._noting(file):
                if code in self.fields:
                    raise ValueError(f"{place}: there is another field of this code")
                self.fields[code] = self._field(file, place, code, each)

    def _field(self, file: str, place: str, code: str, raw: Any) -> Field:
        kind = one_of(f"{place}, type", mapping(place, raw).get("type"), TYPES)
        required, optional = _KEYS_OF.get(kind, ((), ()))
        keys(place, raw, ("mr", "en", "type", *required), optional)
        choices = {}
        for inner, choice, each in self._entries(file, f"{place}, choices", raw):
            keys(inner, each, ("mr", "en"))
            choices[choice] = name(inner, each)
        if "choices" in required and not choices:
            raise ValueError(f"{place}, choices: there must be one at least")
        least, most = (_bound(f"{place}, {key}", raw.get(key), kind) for key in ("min", "max"))
        if least is not None and most is not None and least > most:
            raise ValueError(f"{place}: min is above max")
        length = whole(f"{place}, max_length", raw.get("max_length", 200), 1, LONGEST_TEXT)
        return Field(code, name(place, raw), kind, False, choices, least, most, length)

    def _categories(self, file: str, raw: Any, usual: Mapping[str, Any]) -> None:
        for place, code, each in self._entries(file, "categories", raw):
            with self._noting(file):
                keys(place, each, ("mr", "en", "department", "subcategories"), _FACTS)
                if code in self.categories or code in self.subcategories:
                    raise ValueError(f"{place}: there is another category of this code")
                facts = {**usual, **_facts(place, each)}
                facts["department"] = self._department(place, each)
                before = len(self.subcategories)
                self._subcategories(file, f"{place}, subcategories", each, code, facts)
                codes = tuple(self.subcategories)[before:]
                if not each["subcategories"]:
                    raise ValueError(f"{place}, subcategories: there must be one at least")
                self.categories[code] = Category(
                    code, name(place, each), facts["department"], codes
                )

    def _subcategories(
        self, file: str, where: str, raw: Any, parent: str, usual: Mapping[str, Any]
    ) -> None:
        for place, code, each in self._entries(file, where, raw):
            with self._noting(file):
                keys(place, each, ("mr", "en", "sla_hours"), (*_FACTS, "department", "fields"))
                if code in self.subcategories or code in self.categories or code == parent:
                    raise ValueError(f"{place}: there is another category of this code")
                facts = {**usual, **_facts(place, each)}
                if "department" in each:
                    facts["department"] = self._department(place, each)
                self.subcategories[code] = SubCategory(
                    code,
                    parent,
                    name(place, each),
                    sla_hours=whole(f"{place}, sla_hours", each["sla_hours"], 1, _LONGEST_SLA_H),
                    fields=self._asked(f"{place}, fields", each.get("fields", {})),
                    **facts,
                )

    def _asked(self, place: str, raw: Any) -> tuple[Field, ...]:
        asked = []
        for code, need in mapping(place, raw).items():
            if code not in self.fields:
                raise ValueError(f"{place}, {code}: there is no field of this code")
            needed = _NEEDED[one_of(f"{place}, {code}", need, _NEEDED)]
            asked.append(replace(self.fields[code], required=needed))
        return tuple(asked)

    def _department(self, place: str, raw: Mapping[str, Any]) -> str:
        return one_of(f"{place}, department", raw["department"], self.departments)

    # -- mistakes ---------------------------------------------------------------------------------

    def _entries(self, file: str, place: str, raw: Any) -> Iterator[tuple[str, str, Any]]:
        """Each entry of the table that the last word of the place names: place, code, content."""
        table: Mapping[Any, Any] = {}
        with self._noting(file):
            table = mapping(place, raw.get(place.rpartition(", ")[2], {}))
        for code, each in table.items():
            inner = f"{place}, {code}"
            if not isinstance(code, str) or not _CODE.fullmatch(code) or len(code) > _LONGEST_CODE:
                self.found.append((file, f"{inner}: {_RULE_OF_CODES}"))
            else:
                yield inner, code, each

    @contextmanager
    def _noting(self, file: str) -> Iterator[None]:
        """Note the mistake that ends the block, and go on behind it."""
        try:
            yield
        except ValueError as error:
            self.found.append((file, str(error)))

    def _stop_if_wrong(self) -> None:
        if self.found:
            raise Mistakes(self.found)


def _facts(place: str, raw: Mapping[str, Any]) -> dict[str, Any]:
    """What an entry says of itself, or of all below it."""
    facts: dict[str, Any] = {}
    for key, words in (("priority", PRIORITIES), ("clock", CLOCKS)):
        if key in raw:
            facts[key] = one_of(f"{place}, {key}", raw[key], words)
    for key, meaning in (("anonymous", _PERMITTED), ("evidence", _NEEDED)):
        if key in raw:
            facts[key] = meaning[one_of(f"{place}, {key}", raw[key], meaning)]
    if "private" in raw:
        if not isinstance(raw["private"], bool):
            raise ValueError(f"{place}, private: must be true or false, not {raw['private']!r}")
        facts["private"] = raw["private"]
    if "duplicate_radius_m" in raw:
        where = f"{place}, duplicate_radius_m"
        facts["duplicate_radius_m"] = whole(where, raw["duplicate_radius_m"], 1, _WIDEST_M)
    return facts


def _bound(place: str, value: Any, kind: str) -> int | float | None:
    if value is None:
        return None
    if kind == "integer":
        return whole(place, value, -LARGEST, LARGEST)
    if type(value) not in (int, float) or not -LARGEST <= value <= LARGEST:
        raise ValueError(f"{place}: must be a number from -10^15 to 10^15, not {value!r}")
    bound: int | float = value
    return bound
