"""The backbone's own tables, the same in every service's database.

They are created by the backbone's migrations (``palika/alembic/backbone``), before the service's.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    func,
    text,
)

__all__ = ["heartbeat", "inbox", "metadata", "outbox"]

metadata = MetaData()

outbox = Table(
    "outbox",
    metadata,
    Column("position", BigInteger, Identity(always=True), primary_key=True),
    Column("event_id", Uuid, nullable=False),
    Column("type", Text, nullable=False),
    Column("exchange", Text, nullable=False),
    Column("routing_key", Text, nullable=False),
    # An event with mandatory set that no queue wants is an error that is seen.
    Column("mandatory", Boolean, nullable=False),
    Column("body", Text, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("sent_at", DateTime(timezone=True)),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("not_before", DateTime(timezone=True)),
    Column("error", Text),
    # "<call id>:<n>" of the RPC call that recorded it: a call is carried out once.
    Column("call", Text),
    Index("ix_outbox_unsent", "position", postgresql_where=text("sent_at IS NULL")),
    Index("ix_outbox_sent_at", "sent_at", postgresql_where=text("sent_at IS NOT NULL")),
    Index("uq_outbox_call", "call", unique=True, postgresql_where=text("call IS NOT NULL")),
)
"""Events recorded in the transaction that caused them, until the relay has them confirmed."""

inbox = Table(
    "inbox",
    metadata,
    Column("subscription", Text, nullable=False),
    Column("event_id", Uuid, nullable=False),
    Column("seen_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    PrimaryKeyConstraint("subscription", "event_id", name="pk_inbox"),
    Index("ix_inbox_seen_at", "seen_at", postgresql_using="brin"),
)
"""Ids of the events whose effect is in this database."""

heartbeat = Table(
    "heartbeat",
    metadata,
    Column("service", Text, primary_key=True),
    Column("beat_at", DateTime(timezone=True), nullable=False),
)
"""When a service last sent its heartbeat, whichever of its processes it was."""
