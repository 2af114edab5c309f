"""What a signed root says: how far every chain had gone, in one statement for the whole office.

Roots follow each other: each one names the digest of the one before. Whoever has kept a root (they
are published as events) can tell later that nothing up to it was changed.
"""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.eoffice.domain.chaining import canonical

FIRST = ""
"""Stands for the digest of the root before the first."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A root as it is signed.

    Attributes:
        position: from 1.
        day: of India, on which it was made.
        chains: how many chains had gone on since the root before.
        entries: the digest over those chains; see ``Entries``.
        before: the digest of the root before; "" for the first.
        key: the name of the city's key whose pair signs.
    """

    position: int
    day: date
    made_at: datetime
    chains: int
    entries: str
    before: str
    key: str

    def said(self) -> bytes:
        """The bytes that are signed."""
        return canonical(
            {
                "position": self.position,
                "day": self.day,
                "made_at": self.made_at,
                "chains": self.chains,
                "entries": self.entries,
                "before": self.before,
                "key": self.key,
            }
        )

    def digest(self) -> str:
        """SHA-256 of what is signed, in hexadecimal."""
        return hashlib.sha256(self.said()).hexdigest()


class Entries:
    """The digest over the chains of a root, added one by one in the order of their ids."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self.count = 0

    def add(self, chain: UUID, length: int, head: bytes) -> None:
        """One chain: how long it was, and the code of its last act then."""
        self._hash.update(canonical([chain, length, head]) + b"\n")
        self.count += 1

    def digest(self) -> str:
        """In hexadecimal."""
        return self._hash.hexdigest()
