"""What goes with a file's movement: who was marked, and along which route it goes."""

import uuid
from datetime import date, datetime

from sqlalchemy import (
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.eoffice.domain.routes import Desk
from services.eoffice.models.base import Base, Sealed


class Marking(Sealed, Base):
    """A post that was asked about a file while the file stays where it is.

    Attributes:
        round: those that were marked at once; made by the caller who may ask twice.
        by_post: that asked; the file may have moved on since, and the answers go with it.
        state: ``asked``, ``answered`` or ``withdrawn``.
        answered_by: the person; None: a service did it for the post.
        gathered_at: when the post that has the file gathered the answers.
    """

    __tablename__ = "marking"
    __table_args__ = (
        UniqueConstraint("file_id", "round", "post"),
        CheckConstraint("state IN ('asked', 'answered', 'withdrawn')", name="state"),
        CheckConstraint(
            "(state = 'answered') = (answer IS NOT NULL AND answered_at IS NOT NULL)",
            name="answered",
        ),
        # What a post is asked.
        Index(
            "ix_marking_waiting",
            "post",
            "asked_at",
            "id",
            postgresql_where=text("state = 'asked'"),
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    file_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("file.id"))
    round: Mapped[uuid.UUID] = mapped_column(Uuid)
    post: Mapped[str] = mapped_column(Text)
    by_post: Mapped[str] = mapped_column(Text)
    by_person: Mapped[str | None] = mapped_column(Text)
    question: Mapped[str] = mapped_column(Text)
    due_on: Mapped[date | None] = mapped_column(Date)
    asked_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(Text)
    answer: Mapped[str | None] = mapped_column(Text)
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str | None] = mapped_column(Text)
    gathered_at: Mapped[datetime | None]


class Route(Sealed, Base):
    """A route that a post has saved for itself; changed by being removed and saved anew."""

    __tablename__ = "route"
    __table_args__ = (
        CheckConstraint("cardinality(posts) = cardinality(days)", name="desks"),
        Index("ix_route_post", "post", postgresql_where=text("removed_at IS NULL")),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    post: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    posts: Mapped[list[str]] = mapped_column(ARRAY(Text))
    days: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    made_by: Mapped[str | None] = mapped_column(Text)
    made_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]

    @property
    def desks(self) -> tuple[Desk, ...]:
        """Its desks, in order."""
        return tuple(map(Desk, self.posts, self.days))


class Course(Sealed, Base):
    """The route that a file follows, as the route was when the file began to.

    ``at`` is the desk, from 1, that it came to last. A file that was forwarded elsewhere goes on
    from there.
    """

    __tablename__ = "course"
    __table_args__ = (
        CheckConstraint("cardinality(posts) = cardinality(days)", name="desks"),
        CheckConstraint("at BETWEEN 0 AND cardinality(posts)", name="at"),
    )

    file_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("file.id"), primary_key=True)
    route: Mapped[str] = mapped_column(Text)
    posts: Mapped[list[str]] = mapped_column(ARRAY(Text))
    days: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    at: Mapped[int] = mapped_column(Integer)
    begun_at: Mapped[datetime]

    @property
    def desks(self) -> tuple[Desk, ...]:
        """Its desks, in order."""
        return tuple(map(Desk, self.posts, self.days))
