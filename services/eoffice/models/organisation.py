"""Departments, sections, posts and people; who sits where, from when until when.

Days are those of India; ``until`` is the last day, None: until further notice.
"""

import uuid
from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Integer,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.eoffice.domain.organisation_lines import LANGUAGES
from services.eoffice.models.base import WAS, Base, Sealed

_DAYS = "until IS NULL OR until >= since"


class Department(Sealed, Base):
    """A department of the corporation."""

    __tablename__ = "department"
    __table_args__ = (CheckConstraint(_DAYS, name="days"),)

    code: Mapped[str] = mapped_column(Text, primary_key=True)
    mr: Mapped[str] = mapped_column(Text)
    en: Mapped[str] = mapped_column(Text)
    since: Mapped[date] = mapped_column(Date)
    until: Mapped[date | None] = mapped_column(Date)


class Section(Sealed, Base):
    """A section of a department; its code stands in the numbers of its files."""

    __tablename__ = "section"
    __table_args__ = (CheckConstraint(_DAYS, name="days"),)

    code: Mapped[str] = mapped_column(Text, primary_key=True)
    department: Mapped[str] = mapped_column(ForeignKey("department.code"))
    mr: Mapped[str] = mapped_column(Text)
    en: Mapped[str] = mapped_column(Text)
    since: Mapped[date] = mapped_column(Date)
    until: Mapped[date | None] = mapped_column(Date)


class Post(Sealed, Base):
    """A chair, never a person: work belongs to it.

    ``level`` is its rank, 1 the lowest; ``clearance`` up to which secrecy it reads (0 normal to 3
    top secret).
    """

    __tablename__ = "post"
    __table_args__ = (
        CheckConstraint(_DAYS, name="days"),
        CheckConstraint("clearance BETWEEN 0 AND 3", name="clearance"),
    )

    code: Mapped[str] = mapped_column(Text, primary_key=True)
    department: Mapped[str] = mapped_column(ForeignKey("department.code"))
    section: Mapped[str | None] = mapped_column(ForeignKey("section.code"))
    mr: Mapped[str] = mapped_column(Text)
    en: Mapped[str] = mapped_column(Text)
    level: Mapped[int] = mapped_column(Integer)
    reports_to: Mapped[str | None] = mapped_column(Text)
    clearance: Mapped[int] = mapped_column(Integer)
    since: Mapped[date] = mapped_column(Date)
    until: Mapped[date | None] = mapped_column(Date)


class Person(Sealed, Base):
    """An officer; ``code`` is what an identity names (``officer:<code>``), ``language`` (``mr`` or
    ``en``) the one in which they are written to."""

    __tablename__ = "person"
    __table_args__ = (
        CheckConstraint(_DAYS, name="days"),
        CheckConstraint("language IN ('mr', 'en')", name="language"),
    )

    code: Mapped[str] = mapped_column(Text, primary_key=True)
    mr: Mapped[str] = mapped_column(Text)
    en: Mapped[str] = mapped_column(Text)
    phone: Mapped[str | None] = mapped_column(Text)
    email: Mapped[str | None] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text, default=LANGUAGES[0], info={WAS: LANGUAGES[0]})
    since: Mapped[date] = mapped_column(Date)
    until: Mapped[date | None] = mapped_column(Date)


class Holding(Sealed, Base):
    """A person holds a post: as their own, or as additional charge.

    ``ended_at`` is when it was ended in the course of its last day: for the rest of that day it
    counts no more (``domain.organisation.last_whole_day``).
    """

    __tablename__ = "holding"
    __table_args__ = (
        CheckConstraint(_DAYS, name="days"),
        CheckConstraint("ended_at IS NULL OR until IS NOT NULL", name="ended"),
        CheckConstraint("kind IN ('regular', 'additional')", name="kind"),
        Index("ix_holding_post", "post", "since"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    post: Mapped[str] = mapped_column(ForeignKey("post.code"))
    person: Mapped[str] = mapped_column(ForeignKey("person.code"))
    kind: Mapped[str] = mapped_column(Text)
    since: Mapped[date] = mapped_column(Date)
    until: Mapped[date | None] = mapped_column(Date)
    order_ref: Mapped[str | None] = mapped_column(Text)
    ended_at: Mapped[datetime | None] = mapped_column(info={WAS: None})


class Leave(Sealed, Base):
    """A person is away; the linked officer acts for all of their posts meanwhile."""

    __tablename__ = "leave"
    __table_args__ = (CheckConstraint("until >= since", name="days"),)

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    person: Mapped[str] = mapped_column(ForeignKey("person.code"))
    linked: Mapped[str] = mapped_column(ForeignKey("person.code"))
    since: Mapped[date] = mapped_column(Date)
    until: Mapped[date] = mapped_column(Date)
    made_by: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Delegation(Sealed, Base):
    """A post lets another do some of what it may, up to an amount.

    ``what`` are powers by their codes; empty: everything but sanctions. ``most_paise`` limits each
    sanction; None: as much as the delegating post may.
    """

    __tablename__ = "delegation"
    __table_args__ = (
        CheckConstraint(_DAYS, name="days"),
        CheckConstraint("from_post <> to_post", name="posts"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    from_post: Mapped[str] = mapped_column(ForeignKey("post.code"))
    to_post: Mapped[str] = mapped_column(ForeignKey("post.code"))
    what: Mapped[list[str]] = mapped_column(ARRAY(Text))
    most_paise: Mapped[int | None] = mapped_column(BigInteger)
    since: Mapped[date] = mapped_column(Date)
    until: Mapped[date | None] = mapped_column(Date)
    made_by: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
