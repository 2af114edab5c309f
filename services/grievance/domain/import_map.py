"""The map of an import: what another system's columns, codes and statuses mean here.

Its form is told in ``examples/stlouis-csb.map.yaml``.
"""

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from palika.errors import Invalid
from services.grievance.domain.catalogue import foreign
from services.grievance.domain.lifecycle import State

REQUIRED = ("source_id", "filed_at", "category")
OPTIONAL = (
    "status",
    "closed_at",
    "department",
    "ward",
    "description",
    "address",
    "citizen_name",
    "citizen_phone",
    "citizen_email",
)
STATES = (State.FILED, State.RESOLVED, State.CLOSED, State.REJECTED, State.WITHDRAWN)
"""What another system's status can mean: not yet ended, or ended in one of these ways."""
AS_IS = "as-is"
ISO = "iso"

_SOURCE = re.compile(r"^[a-z0-9][a-z0-9-]{0,49}$")
_KEYS = {
    "source", "encoding", "delimiter", "timezone", "time_formats", "missing", "trim", "language",
    "columns", "statuses", "categories", "departments", "wards",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Codes:
    """How one column's codes are read; the keys of ``known`` are in lower case.

    ``otherwise`` is what becomes of a code that is not in ``known``: ``AS_IS`` (kept, as a foreign
    code), a code of the city, or None: refused. With ``own`` the codes are the city's already.
    """

    known: Mapping[str, str]
    otherwise: str | None
    own: bool = False

    def read(self, field: str, code: str, source: str) -> str:
        """The code under which it is kept here.

        Raises:
            Invalid: the map does not say what it means.
        """
        if self.own:
            return code
        meaning = self.known.get(code.casefold(), self.otherwise)
        if meaning is None:
            raise Invalid("the map does not tell", {field: [f"{code!r} is not in the map"]})
        return foreign(source, code) if meaning == AS_IS else meaning


@dataclass(frozen=True)
class ImportMap:
    """A map, checked.

    Attributes:
        source: name of the other system; with its ids the key of every row.
        columns: our field -> its column's name in the file.
        statuses: its status in lower case -> our state (one of ``STATES``).
        missing: values that mean "nothing", beside the empty one.
        trim: our field -> characters cut off both its ends.
    """

    source: str
    encoding: str
    delimiter: str
    zone: ZoneInfo
    time_formats: tuple[str, ...]
    missing: frozenset[str]
    trim: Mapping[str, str]
    language: str
    columns: Mapping[str, str]
    statuses: Mapping[str, State]
    categories: Codes
    departments: Codes
    wards: Codes


def import_map(raw: Any) -> ImportMap:
    """Check what a map file says.

    Raises:
        Invalid: ``fields`` names each wrong key and what it must be.
    """
    if not isinstance(raw, Mapping):
        raise Invalid("the map is not a list of keys and values", {"map": ["must be a mapping"]})
    problems: dict[str, list[str]] = {
        str(key): ["is not a key of a map; there are: " + ", ".join(sorted(_KEYS))]
        for key in raw
        if key not in _KEYS
    }
    reader = _Reader(raw, problems)
    found = ImportMap(
        source=reader.source(),
        encoding=reader.encoding(),
        delimiter=reader.delimiter(),
        zone=reader.zone(),
        time_formats=reader.time_formats(),
        missing=frozenset(reader.strings("missing")),
        trim=reader.trim(),
        language=reader.language(),
        columns=reader.columns(),
        statuses=reader.statuses(),
        categories=reader.codes("categories"),
        departments=reader.codes("departments"),
        wards=reader.codes("wards"),
    )
    if "status" in found.columns and "statuses" not in raw:
        problems["statuses"] = ["needed with a status column: its status -> " + ", ".join(STATES)]
    if problems:
        raise Invalid("the map is not right", problems)
    return found


class _Reader:
    """Reads each key; what is wrong goes to ``problems`` and a harmless value is given."""

    def __init__(self, raw: Mapping[str, Any], problems: dict[str, list[str]]) -> None:
        self.raw = raw
        self.problems = problems

    def wrong(self, key: str, rule: str) -> None:
        self.problems.setdefault(key, []).append(rule)

    def source(self) -> str:
        value = self.raw.get("source")
        if not isinstance(value, str) or not _SOURCE.match(value):
            self.wrong("source", "needed: small letters, digits and -, at most 50")
            return ""
        return value

    def encoding(self) -> str:
        value = str(self.raw.get("encoding", "utf-8"))
        try:
            name = codecs.lookup(value).name
        except LookupError:
            self.wrong("encoding", f"{value!r} is not a text encoding (utf-8, cp1252, …)")
            return ""
        # A byte-order mark is never part of the first column's name.
        return "utf-8-sig" if name == "utf-8" else name

    def delimiter(self) -> str:
        value = self.raw.get("delimiter", ",")
        if not isinstance(value, str) or len(value) != 1 or value in '"\r\n':
            self.wrong("delimiter", 'must be one character, like "," or ";" or "\\t"')
            return ","
        return value

    def zone(self) -> ZoneInfo:
        value = self.raw.get("timezone")
        try:
            return ZoneInfo(str(value))
        except (ZoneInfoNotFoundError, ValueError, OSError):
            self.wrong("timezone", "needed: a time zone's name, like Asia/Kolkata")
            return ZoneInfo("UTC")

    def strings(self, key: str) -> list[str]:
        value = self.raw.get(key, [])
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            self.wrong(key, "must be a list of texts (in quotes)")
            return []
        return value

    def time_formats(self) -> tuple[str, ...]:
        formats = self.strings("time_formats") if "time_formats" in self.raw else [ISO]
        for each in formats:
            if each != ISO and not {"%Y", "%m", "%d"} <= set(re.findall("%[a-zA-Z]", each)):
                self.wrong("time_formats", f"{each!r}: must be iso or have %Y, %m and %d")
        return tuple(formats)

    def mapping(self, key: str) -> dict[str, str]:
        value = self.raw.get(key, {})
        if not isinstance(value, Mapping):
            self.wrong(key, "must be keys and values")
            return {}
        return self.texts(key, value)

    def texts(self, key: str, value: Mapping[Any, Any]) -> dict[str, str]:
        # YAML reads a bare NO, ON or 1.10 as something else than what was written.
        for each in (*value.keys(), *value.values()):
            if not isinstance(each, str) and type(each) is not int:
                self.wrong(key, f"{each!r} must be text: put it in quotes")
        return {str(name): str(each) for name, each in value.items()}

    def trim(self) -> dict[str, str]:
        trim = self.mapping("trim")
        for field in trim.keys() - {*REQUIRED, *OPTIONAL}:
            self.wrong("trim", f"there is no field {field}")
        return trim

    def language(self) -> str:
        value = str(self.raw.get("language", "en"))
        if value not in ("mr", "en"):
            self.wrong("language", "must be mr or en")
        return value

    def columns(self) -> dict[str, str]:
        columns = self.mapping("columns")
        for field in REQUIRED:
            if field not in columns:
                self.wrong("columns", f"{field} is needed")
        for field in columns.keys() - {*REQUIRED, *OPTIONAL}:
            known = ", ".join((*REQUIRED, *OPTIONAL))
            self.wrong("columns", f"there is no field {field}; there are: {known}")
        return columns

    def statuses(self) -> dict[str, State]:
        statuses: dict[str, State] = {}
        for status, meaning in self.mapping("statuses").items():
            if meaning not in STATES:
                known = ", ".join(STATES)
                self.wrong("statuses", f"{status}: must be one of {known}, not {meaning}")
                continue
            statuses[status.casefold()] = State(meaning)
        return statuses

    def codes(self, key: str) -> Codes:
        value = self.raw.get(key)
        if value is None:
            return Codes({}, None, own=True)
        if value == AS_IS:
            return Codes({}, AS_IS)
        if not isinstance(value, Mapping) or not value.keys() <= {"codes", "otherwise"}:
            self.wrong(key, "must be as-is, or have codes (and otherwise)")
            return Codes({}, None)
        codes = value.get("codes", {})
        if not isinstance(codes, Mapping):
            self.wrong(key, "codes must be keys and values")
            return Codes({}, None)
        known = {code.casefold(): meaning for code, meaning in self.texts(key, codes).items()}
        otherwise = value.get("otherwise")
        return Codes(known, None if otherwise is None else str(otherwise))
