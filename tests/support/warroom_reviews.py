"""What the tests of reviews share: a war room with a review that is to come."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session, sessionmaker

from palika.auth import Identity
from palika.store import Folder
from services.warroom.commands.freeze import freeze
from services.warroom.commands.hold_reviews import hold_reviews, review_id
from services.warroom.commands.set_packs import set_packs
from services.warroom.commands.take_minutes import assign, attend, close, open_review
from services.warroom.domain.facts import State
from services.warroom.domain.reviews import Review
from services.warroom.queries.reviews import review_at
from services.warroom.queries.states import NOW, state
from services.warroom.schemas import reviewing as schemas
from tests.support.warroom import Room

CHAIR = Identity.of("supervisor:commissioner", "supervisor")
TAKER = Identity.of("officer:projects-head", "officer")
FIRST = review_id("fortnightly", "2026-06-09")
"""The first review after ``warroom.NOW``: Tuesday, 9 June 2026, 11:00."""
SECOND = review_id("fortnightly", "2026-06-23")

ReviewCommand = Callable[[Session, Identity, Mapping[str, Any], datetime], Review]


class ReviewRoom(Room):
    """A war room whose reviews are in the calendar."""

    def __init__(self, database: sessionmaker[Session], folder: Path) -> None:
        super().__init__(database)
        self.store = Folder(folder)
        with database.begin() as session:
            hold_reviews(session, self.now)

    def at(self, day: str, time: str = "06:00") -> datetime:
        """It is that day, and that time of UTC."""
        self.now = datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=UTC)
        return self.now

    def on(
        self,
        command: ReviewCommand,
        schema: Any,
        caller: Identity = CHAIR,
        review: UUID = FIRST,
        **given: Any,
    ) -> Review:
        """A call about a review, with checked arguments; of an action, if one is named."""
        of = (
            {}
            if "action_id" in given and issubclass(schema, schemas.OfAction)
            else {"review_id": str(review)}
        )
        with self.sessions.begin() as session:
            return command(session, caller, schema().load({**of, **given}), self.now)

    def state(self, project: str) -> State:
        """A project as it is."""
        with self.sessions() as session:
            return state(session, UUID(project), NOW)

    def snapshot(self, review: UUID = FIRST) -> Review:
        """A review whose pack is frozen, without its pages."""
        args = schemas.WritingReview().load({"review_id": str(review)})
        return freeze(self.sessions.begin, self.store, CHAIR, args, self.now)

    def freeze(self, review: UUID = FIRST) -> Review:
        """The pack of a review, with its pages."""
        self.snapshot(review)
        set_packs(self.sessions.begin, self.store, self.now)
        return self.review(review)

    def begin(self, review: UUID = FIRST) -> Review:
        """A review that has begun, on its day: time passes until then."""
        self.snapshot(review)
        self.now = max(self.now, self.review(review).meeting.starts_at)
        return self.on(open_review, schemas.WritingReview, TAKER, review)

    def promised(self, review: UUID = FIRST, **given: Any) -> str:
        """A review that is closed, with one action; its id."""
        self.begin(review)
        self.on(attend, schemas.Attending, TAKER, review, post="roads-ce", presence="present")
        action = {
            "title": "Shift the power line",
            "post": "electrical-head",
            "due_on": "2026-06-19",
            **given,
        }
        found = self.on(assign, schemas.Assigning, TAKER, review, **action)
        self.on(close, schemas.WritingReview, CHAIR, review)
        return str(next(iter(found.actions)))

    def review(self, review: UUID = FIRST, as_of: datetime | None = None) -> Review:
        """As it is, or was."""
        with self.sessions() as session:
            return review_at(session, review, *([] if as_of is None else [as_of]))
