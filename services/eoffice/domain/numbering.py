"""Numbers of files by the city's own scheme."""

import re
import string
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from palika.errors import Invalid
from palika.text import plain_digits
from services.eoffice.domain.serials import before, numbered

_PARTS = frozenset({"department", "section", "head", "year"})
_CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True)
class Numbering:
    """A scheme (``{department}/{section}/{head}/{year}/{serial:04d}``), and the subject heads.

    Attributes:
        scheme: ends with the serial.
        heads: by code, their names (mr, en).
    """

    scheme: str
    heads: Mapping[str, tuple[str, str]]

    def prefix(self, department: str, section: str | None, head: str, year: int) -> str:
        """What stands before the serial, and is counted by: ``ROADS/EST/TENDER/2026/``.

        A part that is not there (no section) is left out with the stroke behind it.
        """
        parts = {
            "department": department,
            "section": section or "",
            "head": head,
            "year": str(year),
        }
        return re.sub("/{2,}", "/", before(self.scheme, **parts)).lstrip("/")

    def number(self, prefix: str, serial: int) -> str:
        """The whole number: the serial behind its prefix."""
        return numbered(self.scheme, prefix, serial)

    def check_head(self, code: str) -> None:
        """Refuse a subject head that the city does not have.

        Raises:
            Invalid: no such head.
        """
        if code not in self.heads:
            rule = f"{code!r} is not known; must be one of: {', '.join(sorted(self.heads))}"
            raise Invalid("no such subject head", {"head": [rule]})


def spellings(written: str) -> frozenset[str]:
    """The numbers that may be meant by one as it was typed: in digits 0 to 9, and in capitals."""
    plain = plain_digits(written).strip()
    return frozenset({plain, plain.upper()})


def numbering(raw: Mapping[str, Any]) -> Numbering:
    """The scheme that a city wrote in ``data/numbering.yaml``.

    Raises:
        ValueError: it does not end with the serial, has no year, or names a part that there is not.
    """
    scheme = raw["file"]
    names = [name for _, name, _, _ in string.Formatter().parse(scheme) if name is not None]
    if not names or names[-1] != "serial" or names.count("serial") != 1:
        raise ValueError("file: must end with {serial}")
    if unknown := sorted(set(names) - _PARTS - {"serial"}):
        raise ValueError(f"file: there is no {', '.join(unknown)}")
    if "year" not in names:
        raise ValueError("file: must have {year}, by which serials begin anew")
    heads = {}
    for code, each in raw["heads"].items():
        if not _CODE.fullmatch(code):
            raise ValueError(f"heads: {code!r} must be small letters, digits and single hyphens")
        if not each.get("mr") or not each.get("en"):
            raise ValueError(f"heads: {code} needs a name in mr and in en")
        heads[code] = (each["mr"], each["en"])
    if "general" not in heads:
        raise ValueError("heads: there must be one called general")
    return Numbering(scheme, heads)
