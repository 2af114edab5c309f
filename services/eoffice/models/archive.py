"""Archives of files: those that were made here, and those that came from elsewhere."""

import uuid
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.orm import Mapped, mapped_column

from services.eoffice.models.base import Base, Sealed


class Archive(Sealed, Base):
    """An archive that was made of a file.

    Attributes:
        acts: how many acts of the file's chain are in it.
        sha256: of its ``manifest-sha256.txt``, which names the digests of all that is in it.
        key: of the ZIP in the store; None: it was written to a folder of the caller's.
    """

    __tablename__ = "archive"
    __table_args__ = (
        CheckConstraint("(key IS NULL) = (size IS NULL)", name="kept"),
        Index("ix_archive_file", "file_id", "made_at"),
        Index("ix_archive_key", "key"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    file_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("file.id"))
    acts: Mapped[int] = mapped_column(Integer)
    sha256: Mapped[str] = mapped_column(Text)
    key: Mapped[str | None] = mapped_column(Text)
    size: Mapped[int | None] = mapped_column(BigInteger)
    made_by: Mapped[str] = mapped_column(Text)
    made_person: Mapped[str | None] = mapped_column(Text)
    made_at: Mapped[datetime]


class Imported(Sealed, Base):
    """A file that came as an archive: closed, and never changed here.

    Attributes:
        id: the file's own, as the office gave it that it comes from.
        origin: that office's corporation.
        sha256: of the archive's ``manifest-sha256.txt``.
        codes: whether its acts' codes could be checked here: ``checked``, or ``key not known``.
        text: what its notes say, for the search.
    """

    __tablename__ = "imported"
    __table_args__ = (
        UniqueConstraint("number"),
        CheckConstraint("secrecy BETWEEN 0 AND 3", name="secrecy"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    number: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    department: Mapped[str] = mapped_column(Text)
    head: Mapped[str] = mapped_column(Text)
    secrecy: Mapped[int] = mapped_column(Integer)
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime]
    origin: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(Text)
    codes: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    imported_by: Mapped[str] = mapped_column(Text)
    imported_person: Mapped[str | None] = mapped_column(Text)
    imported_at: Mapped[datetime]


class ImportedPart(Sealed, Base):
    """One file of such an archive, byte for byte; ``path`` is below its ``data/``;
    one that begins with a slash is beside it (the manifests, the signature)."""

    __tablename__ = "imported_part"
    __table_args__ = (
        PrimaryKeyConstraint("imported_id", "path"),
        Index("ix_imported_part_key", "key"),
    )

    imported_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("imported.id"))
    path: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(Text)
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(Text)


class Vouching(Sealed, Base):
    """An officer agrees that an archive which nobody known here has signed is brought in.

    Attributes:
        manifest: of that archive: the SHA-256 of its ``manifest-sha256.txt``.
        certificate: the SHA-256 of that with which it is signed; None: it is not signed.
    """

    __tablename__ = "vouching"
    __table_args__ = (Index("ix_vouching_manifest", "manifest"),)

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    manifest: Mapped[str] = mapped_column(Text)
    certificate: Mapped[str | None] = mapped_column(Text)
    number: Mapped[str] = mapped_column(Text)
    remark: Mapped[str] = mapped_column(Text)
    agreed_by: Mapped[str] = mapped_column(Text)
    agreed_person: Mapped[str] = mapped_column(Text)
    agreed_at: Mapped[datetime]
