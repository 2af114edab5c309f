"""Officers' certificates, and what they have signed."""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from services.eoffice.domain.signing import Validity
from services.eoffice.models.base import Base, Sealed


class Certificate(Sealed, Base):
    """An X.509 certificate: of an officer, or (``person`` None) of an authority that is trusted.

    Attributes:
        fingerprint: SHA-256 of ``der``, in hexadecimal.
        issuer: the fingerprint of the authority's that issued it; None: a root.
        serial: as the issuer counts, in hexadecimal.
    """

    __tablename__ = "certificate"
    __table_args__ = (
        CheckConstraint("(revoked_at IS NULL) = (revoked_why IS NULL)", name="revoked"),
        Index("ix_certificate_person", "person"),
    )

    fingerprint: Mapped[str] = mapped_column(Text, primary_key=True)
    person: Mapped[str | None] = mapped_column(ForeignKey("person.code"))
    issuer: Mapped[str | None] = mapped_column(ForeignKey("certificate.fingerprint"))
    subject: Mapped[str] = mapped_column(Text)
    serial: Mapped[str] = mapped_column(Text)
    der: Mapped[bytes] = mapped_column(LargeBinary)
    not_before: Mapped[datetime]
    not_after: Mapped[datetime]
    added_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revoked_why: Mapped[str | None] = mapped_column(Text)

    @property
    def validity(self) -> Validity:
        """From when until when it counts."""
        return Validity(self.not_before, self.not_after, self.revoked_at)


class Signature(Sealed, Base):
    """What an officer has signed: a statement (``domain.signing``), and the CMS over it.

    Attributes:
        row: what it is about: ``note:0197…``.
        statement: the bytes that are signed, which are JSON.
        cms: detached SignedData (RFC 5652) in DER, with the certificate in it.
    """

    __tablename__ = "signature"
    __table_args__ = (Index("ix_signature_file", "file_id", "signed_at"),)

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    file_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("file.id"))
    row: Mapped[str] = mapped_column(Text)
    post: Mapped[str] = mapped_column(Text)
    person: Mapped[str] = mapped_column(Text)
    capacity: Mapped[str] = mapped_column(Text)
    certificate: Mapped[str] = mapped_column(ForeignKey("certificate.fingerprint"))
    statement: Mapped[bytes] = mapped_column(LargeBinary)
    cms: Mapped[bytes] = mapped_column(LargeBinary)
    signed_at: Mapped[datetime]
