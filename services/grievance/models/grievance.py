"""The grievance as it stands now."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ColumnElement,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Text,
    UniqueConstraint,
    Uuid,
    literal_column,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.grievance.domain.lifecycle import DONE, ENDED, OPEN, State, quoted
from services.grievance.models.base import Base

_OPEN = text(f"state IN ({quoted(OPEN)})")
_OTHERWISE = text("state IN ('resolved', 'rejected', 'withdrawn', 'merged')")
_IN_HAND = "'assigned', 'in_progress'"


class Grievance(Base):
    """One grievance, as it stands now; what happened to it is in its timeline and its events.

    ``version`` counts its steps from 1 and is the ``sequence`` of its events. ``source`` and
    ``source_id`` are another system's name and key, if it came from one; ``source_status`` is the
    status that system had it in, as it came. ``on_time`` and ``minutes_taken`` belong to
    ``resolved_at``: a later change of the promise does not change what was once said of it.
    """

    __tablename__ = "grievance"
    __table_args__ = (
        UniqueConstraint("number"),
        UniqueConstraint("source", "source_id"),
        CheckConstraint(f"state IN ({quoted(State)})", name="state"),
        CheckConstraint(
            f"(state IN ({quoted(DONE)})) = (resolved_at IS NOT NULL)", name="resolved"
        ),
        CheckConstraint(f"(state IN ({quoted(ENDED)})) = (closed_at IS NOT NULL)", name="ended"),
        CheckConstraint(f"state NOT IN ({_IN_HAND}) OR officer IS NOT NULL", name="assigned"),
        CheckConstraint("(state = 'waiting') = (paused_at IS NOT NULL)", name="paused"),
        CheckConstraint("(state = 'rejected') = (rejection IS NOT NULL)", name="rejected"),
        CheckConstraint("(state = 'merged') = (merged_into IS NOT NULL)", name="merged"),
        CheckConstraint("merged_into <> id", name="merged_elsewhere"),
        CheckConstraint("(source IS NULL) = (source_id IS NULL)", name="source"),
        CheckConstraint("(lat IS NULL) = (lon IS NULL)", name="place"),
        CheckConstraint("rating BETWEEN 1 AND 5", name="rating"),
        # One index for each way in which the list is asked for; all in the list's own order, so
        # that a page is read and never sorted. Open grievances are few among many: their own
        # indexes keep the desks' lists quick however long the past becomes.
        Index("ix_grievance_filed_at", "filed_at", "id"),
        Index("ix_grievance_department", "department", "filed_at", "id"),
        Index("ix_grievance_ward", "ward", "filed_at", "id"),
        Index("ix_grievance_category", "category", "filed_at", "id"),
        Index("ix_grievance_filed_by", "filed_by", "filed_at", "id"),
        Index(
            "ix_grievance_citizen_phone",
            "citizen_phone",
            "filed_at",
            "id",
            postgresql_where=text("citizen_phone IS NOT NULL"),
        ),
        Index("ix_grievance_open", "filed_at", "id", postgresql_where=_OPEN),
        Index(
            "ix_grievance_open_department", "department", "filed_at", "id", postgresql_where=_OPEN
        ),
        Index("ix_grievance_open_ward", "ward", "filed_at", "id", postgresql_where=_OPEN),
        # The few that are neither open nor closed; walking the list for one would be long.
        Index("ix_grievance_ended", "state", "filed_at", "id", postgresql_where=_OTHERWISE),
        # What is due first: in the city, in a department, and on an officer's desk; the last also
        # for how many each officer has in hand, for the routing.
        Index("ix_grievance_open_due", "due_at", "id", postgresql_where=_OPEN),
        Index(
            "ix_grievance_open_department_due",
            "department",
            "due_at",
            "id",
            postgresql_where=_OPEN,
        ),
        Index("ix_grievance_open_officer", "officer", "due_at", "id", postgresql_where=_OPEN),
        # Candidates for duplicates: open, of the category, in the cells around.
        Index("ix_grievance_open_cell", "cell", "category", postgresql_where=_OPEN),
        # The resolutions of a day, for the draw of the sample.
        Index(
            "ix_grievance_resolved_at",
            "resolved_at",
            "id",
            postgresql_where=text("resolved_at IS NOT NULL"),
        ),
        # What the scheduler has to look at next.
        Index(
            "ix_grievance_next_clock_at",
            "next_clock_at",
            "id",
            postgresql_where=text("next_clock_at IS NOT NULL"),
        ),
        Index(
            "ix_grievance_merged_into",
            "merged_into",
            postgresql_where=text("merged_into IS NOT NULL"),
        ),
        Index(
            "uq_grievance_token_hash",
            "token_hash",
            unique=True,
            postgresql_where=text("token_hash IS NOT NULL"),
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    number: Mapped[str] = mapped_column(Text)

    # What it is about.
    category: Mapped[str] = mapped_column(Text)
    """The code of the sub-category; ``parent_category`` is the one above it."""
    parent_category: Mapped[str | None] = mapped_column(Text)
    department: Mapped[str] = mapped_column(Text)
    priority: Mapped[str] = mapped_column(Text, server_default="normal")
    description: Mapped[str] = mapped_column(Text)
    attributes: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
    """The answers to the sub-category's own questions, by field code."""
    media_url: Mapped[str | None] = mapped_column(Text)
    """A picture that lies elsewhere, as another system names it; never fetched from here."""
    private: Mapped[bool] = mapped_column(Boolean, server_default="false")
    """Never shown to the public, not even as a point on a map."""

    # Where.
    ward: Mapped[str | None] = mapped_column(Text)
    address: Mapped[str | None] = mapped_column(Text)
    lat: Mapped[float | None] = mapped_column(Double)
    lon: Mapped[float | None] = mapped_column(Double)
    cell: Mapped[int | None] = mapped_column(BigInteger)
    """The square of the city's grid (``domain/place.py``)."""

    # Whose, and from where.
    citizen_name: Mapped[str | None] = mapped_column(Text)
    citizen_phone: Mapped[str | None] = mapped_column(Text)
    citizen_email: Mapped[str | None] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    channel: Mapped[str] = mapped_column(Text)
    source: Mapped[str | None] = mapped_column(Text)
    source_id: Mapped[str | None] = mapped_column(Text)
    source_status: Mapped[str | None] = mapped_column(Text)
    filed_by: Mapped[str] = mapped_column(Text)
    anonymous: Mapped[bool] = mapped_column(Boolean, server_default="false")
    token_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    """SHA-256 of the token by which it is followed without a login; the token is not kept."""

    # Where it stands.
    state: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Integer)
    officer: Mapped[str | None] = mapped_column(Text)
    filed_at: Mapped[datetime]
    changed_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    """The moment of its last step."""
    acknowledged_at: Mapped[datetime | None]
    assigned_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    remark: Mapped[str | None] = mapped_column(Text)
    """What the citizen was told when it was resolved or rejected."""
    rejection: Mapped[str | None] = mapped_column(Text)
    """The code of the reason (``data/policy.yaml``)."""
    merged_into: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("grievance.id"))
    """The original, which is never merged itself."""
    duplicates: Mapped[int] = mapped_column(Integer, server_default="0")
    """How many were merged into this one."""
    times_reopened: Mapped[int] = mapped_column(Integer)
    reopened_at: Mapped[datetime | None]
    reopen_reason: Mapped[str | None] = mapped_column(Text)
    closed_at: Mapped[datetime | None]
    """When it ended: closed, rejected, withdrawn or merged."""
    closed_by: Mapped[str | None] = mapped_column(Text)
    """Who ended it: ``citizen``, ``silence``, ``office``, or ``import`` (another system had)."""

    # What the citizen says of it.
    rating: Mapped[int | None] = mapped_column(SmallInteger)
    rating_comment: Mapped[str | None] = mapped_column(Text)
    rated_at: Mapped[datetime | None]
    spoken_at: Mapped[datetime | None]
    """When the citizen last said anything."""
    closes_at: Mapped[datetime | None]
    """When a resolution is closed if its citizen says nothing more. None: never by their silence,
    for they are not satisfied, or were never asked (another system had resolved it)."""

    # The clock.
    promised_minutes: Mapped[int | None] = mapped_column(Integer)
    """What was promised, in minutes of the clock or of working time, as the sub-category says."""
    due_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]
    on_time: Mapped[bool | None] = mapped_column(Boolean)
    minutes_taken: Mapped[int | None] = mapped_column(Integer)
    asked_at: Mapped[datetime | None]
    """When its citizen was asked what they have not answered yet, whether or not it still waits."""
    paused_at: Mapped[datetime | None]
    """Since when it waits for the citizen."""
    wait_until: Mapped[datetime | None]
    """Until when it does, if there is no answer."""
    paused_state: Mapped[str | None] = mapped_column(Text)
    """Where it goes back to when the citizen has answered."""
    paused_minutes: Mapped[int] = mapped_column(Integer, server_default="0")
    """How long its clock has stood so far, in the promise's minutes: waits for the citizen, and the
    time from a resolution or rejection until it was undone."""
    paused_otherwise: Mapped[int] = mapped_column(Integer, server_default="0")
    """The same in the other kind of minutes: a transfer may lead to a promise of that kind."""
    escalation_level: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    due_soon_at: Mapped[datetime | None]
    breached_at: Mapped[datetime | None]
    escalated_at: Mapped[datetime | None]
    """When it reached its level. The next level's moment follows from ``due_at`` alone."""
    appeal_decide_by: Mapped[datetime | None]
    """By when its pending appeal is to be decided; None: it has none, or it was told already that
    the time has passed."""
    next_clock_at: Mapped[datetime | None]
    """When the scheduler has to look at it next; None: never, as it stands."""


IS_OPEN: ColumnElement[bool] = literal_column(f"grievance.state IN ({quoted(OPEN)})", Boolean)
"""Of a grievance that has no other name; in the words of the indexes of open ones, so that they are
used."""


class SearchWords(Base):
    """The words of one grievance, made by ``palika/words.py``, to search for it.

    Before them stands the token of the month that it was filed in: one look into the index finds
    the words' hits of some months, and ``filed_at`` is their order.

    Beside the grievance and not in it: a step makes a new version of its row, and every word would
    have to be put into the index anew, four times in a life.
    """

    __tablename__ = "search_words"
    __table_args__ = (Index("ix_search_words_tokens", "tokens", postgresql_using="gin"),)

    grievance_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("grievance.id", ondelete="CASCADE"), primary_key=True
    )
    filed_at: Mapped[datetime]
    tokens: Mapped[list[str]] = mapped_column(ARRAY(Text))
