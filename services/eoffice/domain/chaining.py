"""How what was done is written down so that nobody can change it afterwards unseen.

A row of a table becomes bytes in one way only, whatever the database gives back; an act carries a
code (HMAC-SHA256) over itself and the code of the act before it.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

START = b""
"""Stands for the code before the first act."""


@dataclass(frozen=True, slots=True)
class Deed:
    """An act as it is written down; see ``models.Act``."""

    chain: UUID
    kind: str
    position: int
    verb: str
    at: datetime
    post: str | None
    person: str | None
    capacity: str | None
    data: Mapping[str, Any]
    rows: Mapping[str, Any]

    @classmethod
    def stored(cls, chain: UUID, kind: str, act: Any) -> "Deed":
        """Of a row of ``models.Act``, as it is, in a chain of a kind."""
        names = ("position", "verb", "at", "post", "person", "capacity", "data", "rows")
        return cls(chain, kind, **{name: getattr(act, name) for name in names})

    def code(self, key: bytes, before: bytes) -> bytes:
        """The code of this act after the one with the code ``before``."""
        said = canonical(
            {
                "chain": self.chain,
                "kind": self.kind,
                "position": self.position,
                "verb": self.verb,
                "at": self.at,
                "post": self.post,
                "person": self.person,
                "capacity": self.capacity,
                "data": self.data,
                "rows": self.rows,
            }
        )
        return hmac.digest(key, len(before).to_bytes(2) + before + said, "sha256")


def canonical(value: Any) -> bytes:
    """JSON with sorted keys and no spaces, in UTF-8; moments in UTC to the microsecond.

    Raises:
        TypeError: a value is of a kind that no column has (a float: it comes back otherwise), or
            nested without end.
    """
    try:
        return json.dumps(
            _plain(value), ensure_ascii=False, sort_keys=True, separators=(",", ":")
        ).encode()
    except RecursionError:
        raise TypeError("what is nested so deep has no single way to be written") from None


def digest(row: Mapping[str, Any]) -> str:
    """SHA-256 of a row's columns, in hexadecimal."""
    return hashlib.sha256(canonical(row)).hexdigest()


def guard(key: bytes, table: str, row: Mapping[str, Any]) -> bytes:
    """The code over a row that guards itself (without its column ``mac``)."""
    return hmac.digest(key, canonical({"table": table, "row": row}), "sha256")


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    raise TypeError(f"{type(value).__name__} has no single way to be written")
