"""The signed roots over all chains, a day each."""

import uuid
from datetime import date, datetime

from sqlalchemy import Date, Integer, LargeBinary, PrimaryKeyConstraint, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from services.eoffice.models.base import Base, Chained


class Root(Chained, Base):
    """A signed root; ``domain.rooting.Statement`` says what is signed.

    ``signature`` is Ed25519, by the pair that is made of the city's key of the name ``key``.
    """

    __tablename__ = "root"

    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    day: Mapped[date] = mapped_column(Date)
    made_at: Mapped[datetime]
    chains: Mapped[int] = mapped_column(Integer)
    entries: Mapped[str] = mapped_column(Text)
    before: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(Text)
    signature: Mapped[bytes] = mapped_column(LargeBinary)


class RootEntry(Chained, Base):
    """How far a chain had gone at a root: only chains that went on since the root before.

    Without foreign keys: whoever removes a chain is to be found out here.
    """

    __tablename__ = "root_entry"
    __table_args__ = (PrimaryKeyConstraint("root", "chain_id"),)

    root: Mapped[int] = mapped_column(Integer)
    chain_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    length: Mapped[int] = mapped_column(Integer)
    head: Mapped[bytes] = mapped_column(LargeBinary)
