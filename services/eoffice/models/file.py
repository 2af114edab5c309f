"""Files, and how they went from post to post."""

import uuid
from datetime import date, datetime

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from services.eoffice.domain.movement import Priority, Standing, State
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.models.base import WAS, Base, Derived, Sealed


class File(Sealed, Base):
    """A file, and the one post that has it; ``version`` counts its steps and is their sequence.

    Attributes:
        head: the subject head under which it is numbered.
        secrecy: 0 normal, 1 confidential, 2 secret, 3 top secret.
        priority: 0 ordinary, 1 urgent, 2 most urgent.
        public: the citizen who has its number may ask where it is.
        seen_at: when the post that has it first opened it; until then it can be pulled back.
        sent_by: the post that it came from; None: it has not moved.
        wake_on: of a parked file: the day of India on which it is in the inbox again.
        desk_due_on: the last day that the post has for it by the file's route, if it is on one.
        watch_on: the earliest of the due dates that were not told to be over at this desk.
        first_due_on: what the due date was first, once it was changed.
        due_by: the post that has set it; None: a charter did, or nobody knows.
        part_of: the file whose part, or next volume, it is.
    """

    __tablename__ = "file"
    __table_args__ = (
        UniqueConstraint("number"),
        CheckConstraint("state IN ('open', 'parked', 'closed')", name="state"),
        CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed"),
        CheckConstraint("(state = 'parked') = (wake_on IS NOT NULL)", name="parked"),
        CheckConstraint("secrecy BETWEEN 0 AND 3", name="secrecy"),
        CheckConstraint("priority BETWEEN 0 AND 2", name="priority"),
        Index("ix_file_opened_at", "opened_at", "id"),
        Index("ix_file_department", "department", "opened_at", "id"),
        # A post's inbox: what it holds now, the most urgent and the oldest first.
        Index(
            "ix_file_inbox",
            "held_by",
            text("priority DESC"),
            "held_since",
            "id",
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_file_wake", "wake_on", postgresql_where=text("state = 'parked'")),
        Index(
            "ix_file_due",
            text("LEAST(first_due_on, due_on)"),
            "id",
            postgresql_where=text("state <> 'closed'"),
        ),
        Index(
            "ix_file_watch",
            "watch_on",
            "id",
            postgresql_where=text("state = 'open' AND watch_on IS NOT NULL"),
        ),
        Index(
            "ix_file_parked",
            "held_by",
            "wake_on",
            "id",
            postgresql_where=text("state = 'parked'"),
        ),
        Index("ix_file_part_of", "part_of"),
        # What reports count: pending now, and closed in a period.
        Index(
            "ix_file_pending", "held_by", "held_since", postgresql_where=text("state <> 'closed'")
        ),
        Index(
            "ix_file_opened_by",
            "opened_by",
            "held_since",
            "id",
            postgresql_where=text("state <> 'closed'"),
        ),
        Index("ix_file_closed_at", "closed_at", postgresql_where=text("closed_at IS NOT NULL")),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    number: Mapped[str] = mapped_column(Text)
    department: Mapped[str] = mapped_column(Text)
    section: Mapped[str | None] = mapped_column(Text)
    head: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    secrecy: Mapped[int] = mapped_column(Integer)
    priority: Mapped[int] = mapped_column(Integer)
    public: Mapped[bool] = mapped_column(Boolean)
    due_on: Mapped[date | None] = mapped_column(Date)
    first_due_on: Mapped[date | None] = mapped_column(Date, info={WAS: None})
    due_by: Mapped[str | None] = mapped_column(Text, info={WAS: None})
    part_of: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("file.id"))
    part: Mapped[int] = mapped_column(Integer)
    volume: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(Text)
    held_by: Mapped[str] = mapped_column(Text)
    held_since: Mapped[datetime]
    seen_at: Mapped[datetime | None]
    sent_by: Mapped[str | None] = mapped_column(Text)
    wake_on: Mapped[date | None] = mapped_column(Date)
    desk_due_on: Mapped[date | None] = mapped_column(Date)
    watch_on: Mapped[date | None] = mapped_column(Date)
    opened_by: Mapped[str] = mapped_column(Text)
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    moves: Mapped[int] = mapped_column(Integer)
    version: Mapped[int] = mapped_column(Integer)

    @property
    def promised_on(self) -> date | None:
        """The day against which reports count: of the first due date and the one that is now, the
        earlier."""
        due = [each for each in (self.first_due_on, self.due_on) if each is not None]
        return min(due, default=None)

    @property
    def told_until(self) -> date | None:
        """Up to which due date it was told at this desk that it is over."""
        due = [each for each in (self.due_on, self.desk_due_on) if each is not None]
        watched = self.watch_on
        return max((each for each in due if watched is None or each < watched), default=None)

    def watch(self, *, told: date | None = None) -> None:
        """Look out for the earliest due date; those up to ``told`` were told of at this desk."""
        due = [each for each in (self.due_on, self.desk_due_on) if each is not None]
        self.watch_on = min((each for each in due if told is None or each > told), default=None)

    @property
    def standing(self) -> Standing:
        """What the rules look at."""
        return Standing(
            number=self.number,
            state=State(self.state),
            held_by=self.held_by,
            version=self.version,
            seen=self.seen_at is not None,
            sent_by=self.sent_by,
            opened_by=self.opened_by,
            secrecy=Secrecy(self.secrecy),
            priority=Priority(self.priority),
            moved=self.moves > 0,
        )


class Movement(Sealed, Base):
    """One move of a file from post to post; ``position`` counts a file's moves from 1.

    ``by_post`` and ``by_person`` moved it: not always the post that had it (a file is pulled).
    """

    signed_columns = (
        *("file_id", "position", "kind", "from_post", "to_post"),
        *("by_post", "by_person", "moved_at", "remark"),
    )
    """What an officer signs of it (``commands.sign``): what never changes."""
    signed_by = "by_person"

    __tablename__ = "movement"
    __table_args__ = (
        PrimaryKeyConstraint("file_id", "position"),
        Index("ix_movement_from_post", "from_post", "moved_at"),
        Index("ix_movement_moved_at", "moved_at"),
    )

    file_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("file.id"))
    position: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(Text)
    from_post: Mapped[str] = mapped_column(Text)
    to_post: Mapped[str] = mapped_column(Text)
    by_post: Mapped[str | None] = mapped_column(Text)
    by_person: Mapped[str | None] = mapped_column(Text)
    moved_at: Mapped[datetime]
    seen_at: Mapped[datetime | None]
    minutes_held: Mapped[int] = mapped_column(Integer)
    remark: Mapped[str | None] = mapped_column(Text)


class Counter(Derived, Base):
    """The last serial given under a prefix (``file:ROADS/EST/TENDER/2026/``); its row is locked
    while one is given."""

    __tablename__ = "counter"

    prefix: Mapped[str] = mapped_column(Text, primary_key=True)
    last: Mapped[int] = mapped_column(Integer)
