"""What an officer signs, and when a certificate counts.

A signature is over a statement: what was signed, word for word, by whom and in which capacity. It
stands beside the row, so that it can be checked by anybody with ``openssl cms -verify`` and nothing
of this software.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.eoffice.domain.chaining import canonical


@dataclass(frozen=True, slots=True)
class Statement:
    """What is signed.

    Attributes:
        id: of the signature.
        row: what it is about, as acts name rows: ``note:0197…``.
        content: its columns that never change, by name.
        certificate: the fingerprint (SHA-256, hexadecimal) of the signer's.
    """

    id: UUID
    row: str
    content: Mapping[str, Any]
    post: str
    person: str
    capacity: str
    certificate: str
    at: datetime

    def said(self) -> bytes:
        """The bytes that are signed: JSON."""
        return canonical(
            {
                "id": self.id,
                "row": self.row,
                "content": self.content,
                "post": self.post,
                "person": self.person,
                "capacity": self.capacity,
                "certificate": self.certificate,
                "at": self.at,
            }
        )


@dataclass(frozen=True, slots=True)
class Validity:
    """From when until when a certificate counts."""

    not_before: datetime
    not_after: datetime
    revoked_at: datetime | None

    def against(self, at: datetime) -> str | None:
        """Why it does not count at a moment; None: it does.

        What was signed before a certificate was revoked stays signed.
        """
        if at < self.not_before:
            return f"the certificate is not valid before {self.not_before:%d-%m-%Y %H:%M} UTC"
        if at > self.not_after:
            return f"the certificate has expired on {self.not_after:%d-%m-%Y}"
        if self.revoked_at is not None and at >= self.revoked_at:
            return f"the certificate was revoked on {self.revoked_at:%d-%m-%Y %H:%M} UTC"
        return None
