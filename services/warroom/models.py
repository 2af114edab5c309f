"""The tables of the war room: projects and reviews, their changes, the versions of their facts."""

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from palika.database import make_base
from palika.moments import LATEST

Base = make_base()

OPEN: Final = LATEST
"""``until`` of a version that is not superseded."""


class Project(Base):
    """A project's identity, and the lock under which it is changed.

    ``version`` counts its changes and ``changed_at`` is the moment of the last, so that the moments
    of a project's changes rise; ``updated_at`` is that of the last that somebody made.
    ``judged_on`` is the day (of India) of which its health was worked out last.
    """

    __tablename__ = "project"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(Text, unique=True)
    version: Mapped[int]
    changed_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    judged_on: Mapped[date] = mapped_column(index=True)


class Change(Base):
    """One thing that somebody did to a project; never changed itself.

    ``position`` counts from 1 within the project, ``at`` is when it was recorded, ``valid_on`` the
    day (of India) of which it speaks, ``own`` whether the service did it by itself.
    """

    __tablename__ = "change"
    __table_args__ = (
        UniqueConstraint("project_id", "at", name="uq_change_project_id_at"),
        Index("ix_change_people", "project_id", "at", postgresql_where=text("NOT own")),
    )

    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    valid_on: Mapped[date]
    action: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(Text)
    own: Mapped[bool]
    reason: Mapped[str | None] = mapped_column(Text)


class Version(Base):
    """What a fact was from one change of its project to another.

    ``kind`` and ``content`` are those of ``domain/facts.py``; ``since`` is the moment of the change
    (``position``) that made it, ``until`` of the one that superseded or withdrew it, ``OPEN`` while
    there is none. Only ``until`` is ever written again, once; a trigger of the database holds that.
    """

    __tablename__ = "version"
    __table_args__ = (
        UniqueConstraint("entity_id", "until", name="uq_version_entity_id_until"),
        ForeignKeyConstraint(
            ["project_id", "position"],
            ["change.project_id", "change.position"],
            "fk_version_project_id_change",
        ),
        Index("ix_version_project_id_until", "project_id", "until"),
        Index("ix_version_kind_until", "kind", "until"),
        Index(
            "ix_version_matter",
            text("(content ->> 'correlation_id')"),
            postgresql_where=text("content ->> 'correlation_id' IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    project_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(Text)
    entity_id: Mapped[UUID]
    position: Mapped[int]
    since: Mapped[datetime]
    until: Mapped[datetime] = mapped_column(default=OPEN)
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)


class Activity(Base):
    """What a link of a project has counted of a day (``domain/activity.py``), and on which day (of
    India) that was known: what comes late is told apart, so that the past reads as it was known."""

    __tablename__ = "activity"

    link_id: Mapped[UUID] = mapped_column(primary_key=True)
    measure: Mapped[str] = mapped_column(Text, primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    known_on: Mapped[date] = mapped_column(primary_key=True)
    amount: Mapped[int] = mapped_column(BigInteger)


class FollowedFile(Base):
    """A file of the e-office that a project is linked to and whose movements are kept;
    ``caught_up`` when those from before it was followed are here too."""

    __tablename__ = "followed_file"

    file_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(Text, unique=True)
    followed_at: Mapped[datetime]
    caught_up: Mapped[bool]


class UnreadFile(Base):
    """A linked file that the e-office does not show to the post that asks: there is none, it is
    secret, or the post may not read it. Gone when it can be read.

    Attributes:
        next_at: when it is asked for next; ever later, after ``attempts``.
    """

    __tablename__ = "unread_file"

    number: Mapped[str] = mapped_column(Text, primary_key=True)
    post: Mapped[str] = mapped_column(Text, primary_key=True)
    attempts: Mapped[int]
    next_at: Mapped[datetime]


class FileMove(Base):
    """One movement of a followed file, or that it was closed (``kind`` is ``closed``)."""

    __tablename__ = "file_move"

    file_id: Mapped[UUID] = mapped_column(ForeignKey("followed_file.file_id"), primary_key=True)
    moved_at: Mapped[datetime] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    from_post: Mapped[str | None] = mapped_column(Text)
    to_post: Mapped[str | None] = mapped_column(Text)
    known_at: Mapped[datetime]


class ReviewRow(Base):
    """A review's identity, and the lock under which it is changed, as ``Project`` of a project.

    ``occurs_on`` is its day by the rule of its series.
    """

    __tablename__ = "review"
    __table_args__ = (UniqueConstraint("series", "occurs_on", name="uq_review_series_occurs_on"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    series: Mapped[str] = mapped_column(Text)
    occurs_on: Mapped[date]
    version: Mapped[int]
    changed_at: Mapped[datetime]


class ReviewChange(Base):
    """One thing that somebody did to a review; never changed itself."""

    __tablename__ = "review_change"
    __table_args__ = (UniqueConstraint("review_id", "at", name="uq_review_change_review_id_at"),)

    review_id: Mapped[UUID] = mapped_column(ForeignKey("review.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    action: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)


class ReviewVersion(Base):
    """What a fact of a review was, as ``Version`` of a project; of ``domain/reviews.py``."""

    __tablename__ = "review_version"
    __table_args__ = (
        UniqueConstraint("entity_id", "until", name="uq_review_version_entity_id_until"),
        ForeignKeyConstraint(
            ["review_id", "position"],
            ["review_change.review_id", "review_change.position"],
            "fk_review_version_review_id_review_change",
        ),
        Index("ix_review_version_review_id_until", "review_id", "until"),
        Index("ix_review_version_kind_until", "kind", "until"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    review_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(Text)
    entity_id: Mapped[UUID]
    position: Mapped[int]
    since: Mapped[datetime]
    until: Mapped[datetime] = mapped_column(default=OPEN)
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)


class UnsetPack(Base):
    """A frozen pack whose pages and slides are not set yet; gone when they are.

    Attributes:
        frozen_at: of the snapshot.
        next_at: when it is tried next.
        attempts: how often it was tried.
        reason: why the last try has failed, which was at ``failed_at``.
    """

    __tablename__ = "unset_pack"
    __table_args__ = (Index("ix_unset_pack_next_at", "next_at"),)

    review_id: Mapped[UUID] = mapped_column(ForeignKey("review.id"), primary_key=True)
    frozen_at: Mapped[datetime]
    next_at: Mapped[datetime]
    attempts: Mapped[int]
    reason: Mapped[str | None] = mapped_column(Text)
    failed_at: Mapped[datetime | None]


class Seen(Base):
    """The last change of a project or a review (``subject_id``) that a review's frozen pack shows.

    The next review begins behind it: by the number of the change and not by its moment, for one
    that was begun before the pack was frozen may be known only afterwards.
    """

    __tablename__ = "seen"

    review_id: Mapped[UUID] = mapped_column(ForeignKey("review.id"), primary_key=True)
    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int]


class KpiAlert(Base):
    """What the KPI service has told of a KPI: an alert, or that one has ended (``ended``).

    ``kind`` is ``red``, or what else it alerts of; ``alert_id`` the alert's own, of those that were
    heard before it was kept None; ``at`` when it was told.
    """

    __tablename__ = "kpi_alert"
    __table_args__ = (
        Index("ix_kpi_alert_at", "at"),
        Index("ix_kpi_alert_code_at", "code", "at"),
        Index("ix_kpi_alert_alert_id", "alert_id"),
    )

    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    code: Mapped[str] = mapped_column(Text)
    department: Mapped[str] = mapped_column(Text)
    owner: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    period: Mapped[str] = mapped_column(Text)
    value: Mapped[str | None] = mapped_column(Text)
    target: Mapped[str | None] = mapped_column(Text)
    correlation_id: Mapped[UUID | None]
    alert_id: Mapped[UUID | None]
    ended: Mapped[bool] = mapped_column(server_default=false())
