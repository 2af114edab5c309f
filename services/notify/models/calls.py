"""Telephone calls: what was asked for, how each went, what was promised. Nothing of what was said
is kept in words, and no number or name in clear."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.notify.domain.call.life import CallState
from services.notify.models.base import Base, one_of


class Call(Base):
    """A call, out or in; ``domain/call/life.py`` has its states.

    ``contact``, ``talk`` and ``answer`` are sealed, and taken away when the call has ended.
    """

    __tablename__ = "call"
    __table_args__ = (
        CheckConstraint(one_of("state", CallState), name="state"),
        Index("uq_call_request_id", "request_id", unique=True),
        Index("uq_call_attempt_id", "attempt_id", unique=True),
        Index("uq_call_reference", "reference", unique=True),
        Index("ix_call_due", "next_try_at", "id", postgresql_where=text("state = 'due'")),
        Index(
            "ix_call_open",
            "changed_at",
            postgresql_where=text("state IN ('dialling', 'ringing', 'talking')"),
        ),
        Index("ix_call_answer", "changed_at", postgresql_where=text("answer IS NOT NULL")),
        Index("ix_call_recipient_key", "recipient_key", "id"),
        Index("ix_call_property_id", "property_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    request_id: Mapped[UUID | None]
    """Of who asked for it: asked for again under it, nobody is called twice. None: they call us,
    or the sender has had the recipient of a message called."""
    delivery_id: Mapped[UUID | None]
    """The message in whose place the conversation is held: its sender tries again, not we."""
    flow: Mapped[str] = mapped_column(Text)
    property_id: Mapped[UUID | None]
    recipient_key: Mapped[str] = mapped_column(Text)
    number: Mapped[str] = mapped_column(Text)
    """Masked."""
    contact: Mapped[bytes | None] = mapped_column(LargeBinary)
    language: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    """Why it was not made, or not taken: a code."""
    tries: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    next_try_at: Mapped[datetime]
    of_use_until: Mapped[datetime]
    attempt_id: Mapped[UUID | None]
    """Of the last try; the provider's webhooks name it."""
    reference: Mapped[str | None] = mapped_column(Text)
    """The provider's id of it."""
    place: Mapped[str] = mapped_column(Text, server_default="")
    """The state of the flow that it is in."""
    turn: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    talk: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The call as the engine has it."""
    answer: Mapped[bytes | None] = mapped_column(LargeBinary)
    """What was said and done in the last turn, for a webhook that comes again."""
    deeds: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    """What was agreed to."""
    outcome: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    dialled_at: Mapped[datetime | None]
    taken_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class CallTurn(Base):
    """One turn of a call: by codes, without a word of what was said."""

    __tablename__ = "call_turn"

    call_id: Mapped[UUID] = mapped_column(
        ForeignKey("call.id", ondelete="CASCADE"), primary_key=True
    )
    turn: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    ear: Mapped[str] = mapped_column(Text)
    """``keys``, ``words``, ``silence``…"""
    understood: Mapped[str] = mapped_column(Text)
    """The code of the answer: ``promise``, ``day``, ``right``, ``unclear``…; no digits or words."""
    place: Mapped[str] = mapped_column(Text)
    """The state of the flow that it led to."""
    said: Mapped[list[str]] = mapped_column(ARRAY(Text))
    """The codes of the texts, not the texts: there are amounts in those."""
    language: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class Promise(Base):
    """An owner's promise, given in a call, to pay by a day; one for each call."""

    __tablename__ = "promise"
    __table_args__ = (
        Index("uq_promise_call_id", "call_id", unique=True),
        Index("ix_promise_property_id", "property_id", "id"),
        Index("ix_promise_promised_on", "promised_on", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    call_id: Mapped[UUID] = mapped_column(ForeignKey("call.id"))
    property_id: Mapped[UUID]
    promised_on: Mapped[date]
    amount_paise: Mapped[int] = mapped_column(BigInteger)
    """What was owed when it was given."""
    at: Mapped[datetime]
