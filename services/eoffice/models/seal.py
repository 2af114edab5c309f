"""The record of what was done: chains of acts, and the signed roots over them."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Text,
    TextClause,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.eoffice.models.base import Base, Chained


class Chain(Chained, Base):
    """How far a chain goes; its row is locked while an act is added.

    ``id`` is of the file, the receipt, the letter … that the acts are about; ``kind`` says which.
    ``head`` is the code of the last act.
    """

    __tablename__ = "chain"

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    length: Mapped[int] = mapped_column(Integer)
    head: Mapped[bytes] = mapped_column(LargeBinary)
    rooted: Mapped[int] = mapped_column(Integer)
    """The length at the last signed root."""


ASKED: Mapping[str, TextClause] = {
    "step": text("(data ->> 'step')"),
    "decision": text("(data ->> 'decision')"),
    "away": text("((data -> 'away') ->> 'id')"),
}
"""Where an act keeps an id of the caller's: of a step, of a decision that was routed, of an act of
``submit``."""

CALL: Final = "call"
"""Where an act keeps ``<call id>:<n>`` of the RPC call that it was done by, if any."""
ONCE: Final = "once"
"""Where the first act of a call whose id its caller has made keeps the digests of what it asked."""
ONCE_A_CALL: Final = "uq_act_call"
_CALL = text(f"(data ->> '{CALL}')")


class Act(Chained, Base):
    """One thing that was done; never changed.

    Attributes:
        position: in its chain, from 1.
        verb: what was done: ``opened``, ``forwarded``, ``confirmed`` …
        post: that acted; None: the service by itself.
        person: who sat there.
        capacity: in which that person acted for the post.
        data: what a reader of the record wants to know.
        rows: the rows that it made or changed: ``table:key`` → [rev, digest].
        key: which of the city's keys the code is made with.
        mac: the code over this act and the one before it.
    """

    __tablename__ = "act"
    __table_args__ = (
        PrimaryKeyConstraint("chain_id", "position"),
        # A post's day.
        Index("ix_act_post", "post", "at"),
        # A call that is delivered twice is carried out once, whether it tells an event or not.
        Index(ONCE_A_CALL, _CALL, unique=True, postgresql_where=text(f"{_CALL.text} IS NOT NULL")),
        # What was an id of a caller's used for, on whichever file?
        *(
            Index(f"ix_act_{name}", said, postgresql_where=text(f"{said.text} IS NOT NULL"))
            for name, said in ASKED.items()
        ),
    )

    chain_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("chain.id"))
    position: Mapped[int] = mapped_column(Integer)
    verb: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    post: Mapped[str | None] = mapped_column(Text)
    person: Mapped[str | None] = mapped_column(Text)
    capacity: Mapped[str | None] = mapped_column(Text)
    data: Mapped[dict[str, Any]] = mapped_column(JSONB)
    rows: Mapped[dict[str, Any]] = mapped_column(JSONB)
    key: Mapped[str] = mapped_column(Text)
    mac: Mapped[bytes] = mapped_column(LargeBinary)
