"""One change of a review, from the lock to the events: the only way in which one is written, as
``act.py`` is of a project."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.auth import Identity
from palika.errors import Conflict, Invalid, NotFound
from palika.events import Event
from palika.india import day_of
from palika.outbox import record
from palika.roles import post_of
from services.warroom.domain.keeping import kept
from services.warroom.domain.reviews import (
    REVIEW_NAMES,
    Action,
    Meeting,
    Review,
    ReviewFact,
)
from services.warroom.domain.steps import Deed, Step, check_deed, check_step
from services.warroom.models import OPEN, ReviewChange, ReviewRow, ReviewVersion
from services.warroom.queries.reviews import facts_of_reviews, gathered_review
from services.warroom.queries.states import NOW

SET_PACK: Final = "set_pack"
"""That the pages of a frozen pack are there: the service does so by itself, whenever it comes to
it, and nothing that people have read is different afterwards."""
_F = TypeVar("_F", bound=ReviewFact)
_TICK = timedelta(microseconds=1)
_DUE_DAYS_MOST: Final = 2 * 365
_BEHIND: Final = (SET_PACK, "action_due", "action_status", "action_overdue", "action_claimed")
"""What the service does of itself with a review that nobody has to read first."""


class Sitting:
    """A change under way.

    Attributes:
        now: when it is recorded: aware, later than every change of the review before it.
        id: of the review.
    """

    def __init__(
        self,
        session: Session,
        row: ReviewRow,
        caller: Identity,
        now: datetime,
        facts: Mapping[UUID, ReviewFact],
        positions: Mapping[UUID, int],
    ) -> None:
        self.now = now
        self.id = row.id
        self.caller = caller
        self._session = session
        self._row = row
        self._facts = dict(facts)
        self._before = dict(facts)
        self._positions = dict(positions)
        self._told: list[Event] = []

    @classmethod
    def load(
        cls, session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
    ) -> "Sitting":
        """Lock the review that ``args`` names. Several may take minutes at the same time: each
        waits for the other's change, and none is lost.

        Raises:
            NotFound: there is none.
            Conflict: it has changed since ``args["version"]``. What the service does behind it
                (pages of packs, reminders of actions) is no reason to read again.
        """
        row = session.scalars(
            select(ReviewRow)
            .where(ReviewRow.id == args["review_id"])
            .with_for_update()
            .execution_options(populate_existing=True)
        ).one_or_none()
        if row is None:
            raise NotFound("there is no such review", {"review_id": str(args["review_id"])})
        asked = args.get("version")
        if asked is not None and _changed_since(session, row, asked):
            raise Conflict(
                f"the review has changed since version {asked}",
                {"expected": asked, "version": row.version},
            )
        told = facts_of_reviews(session, [row.id], NOW)[row.id]
        facts = {key: fact for _, key, _, fact in told}
        positions = {key: position for _, key, position, _ in told}
        return cls(session, row, caller, max(now, row.changed_at + _TICK), facts, positions)

    @classmethod
    def begin(
        cls, session: Session, caller: Identity, key: UUID, meeting: Meeting, now: datetime
    ) -> "Sitting":
        """Make a review that is not there yet."""
        row = ReviewRow(
            id=key, series=meeting.series, occurs_on=meeting.occurs_on, version=0, changed_at=now
        )
        session.add(row)
        session.flush()
        sitting = cls(session, row, caller, now, {}, {})
        sitting._facts[key] = meeting
        return sitting

    @property
    def review(self) -> Review:
        """The review as it is, with what this change has put so far."""
        told = [
            (REVIEW_NAMES[type(fact)], key, self._positions.get(key, self._row.version + 1), fact)
            for key, fact in self._facts.items()
        ]
        return gathered_review(self.id, self._row.version, self._row.changed_at, told)

    @property
    def meeting(self) -> Meeting:
        """The review itself."""
        return self.get(Meeting, self.id)

    @property
    def today(self) -> date:
        """The day of the change, of India."""
        return day_of(self.now)

    @property
    def post(self) -> str:
        """Of the caller."""
        return post_of(self.caller.subject)

    def check_step(self, step: Step) -> None:
        """Refuse a step that the caller may not take now. Raises as ``steps.check_step``."""
        check_step(step, self.meeting, self.caller.subject, self.caller.roles)

    def check_deed(self, deed: Deed, action: Action, answer: str | None = None) -> None:
        """The same of a step with an action. Raises as ``steps.check_deed``."""
        caller = self.caller
        check_deed(deed, self.meeting, action, caller.subject, caller.roles, answer)

    def get(self, kind: type[_F], key: UUID) -> _F:
        """A fact of the review.

        Raises:
            NotFound: it has none of that kind and id.
        """
        found = self._facts.get(key)
        if not isinstance(found, kind):
            name = REVIEW_NAMES[kind]
            raise NotFound(f"the review has no such {name}", {f"{name}_id": str(key)})
        return found

    def write(self, kind: type[_F], key: UUID | None, position: int | None, fact: _F) -> UUID:
        """Put an entry that people write: a new one, or other words of one that is there. The same
        again changes nothing.

        Raises:
            Conflict: somebody has written it anew since ``position``, or none was given; or the id
                is of something else.
        """
        if key is None:
            key = uuid7()
        elif key in self._facts:
            old = self._facts[key]
            if not isinstance(old, kind):
                raise Conflict(f"{key} is the id of something else already", {"id": str(key)})
            if old != fact:
                self.check_position(key, position)
        elif self._session.scalar(
            select(ReviewVersion.id).where(ReviewVersion.entity_id == key).limit(1)
        ):
            raise Conflict(f"{key} was taken out, or is of another review", {"id": str(key)})
        self.put(key, fact)
        return key

    def check_position(self, key: UUID, position: int | None) -> None:
        """Refuse to overwrite what the caller has not read.

        Raises:
            Conflict: it is not as it was at ``position``.
        """
        if position != self._positions.get(key):
            raise Conflict(
                "somebody has changed it meanwhile",
                {"expected": position, "position": self._positions.get(key)},
            )

    def put(self, key: UUID, fact: ReviewFact) -> None:
        """Put a fact, or its next version."""
        self._facts[key] = fact

    def take_out(self, key: UUID) -> None:
        """Take a fact out: from now on it is not known any more."""
        del self._facts[key]

    def tell(self, event: Event) -> None:
        """Let others know, once it is saved."""
        self._told.append(event)

    def tell_owner(self, key: UUID, action: Action, event: Event) -> None:
        """Put the next version of an action, and let its owner know by an event."""
        self.put(key, replace(action, told_event=UUID(event.id)))
        self.tell(event)

    def about(self, key: UUID, action: Action, **data: Any) -> dict[str, Any]:
        """What an event of an action is made of."""
        common = {
            "action_id": key,
            "review_id": self.id,
            "project_id": action.project_id,
            "code": action.code,
            "department": action.department,
            "post": action.post,
            "due_on": action.due_on,
        }
        return self.event(**(common | data))

    def event(self, **data: Any) -> dict[str, Any]:
        """What an event of this change is made of: ``REVIEW_CLOSED.new(**sitting.event(…))``."""
        return {
            "subject": str(self.id),
            "sequence": self._row.version + 1,
            "time": self.now,
            "data": data,
        }

    def save(self, action: str, reason: str | None = None) -> Review:
        """Write what has changed, and record the events; nothing, if nothing has.

        Args:
            action: what was done, a code.
        """
        changed = [key for key in self._facts if self._facts[key] != self._before.get(key)]
        gone = [key for key in self._before if key not in self._facts]
        if not changed and not gone:
            return self.review
        row = self._row
        row.version += 1
        row.changed_at = self.now
        self._session.flush()
        self._session.execute(
            insert(ReviewChange).values(
                review_id=row.id,
                position=row.version,
                at=self.now,
                action=action,
                by=self.caller.subject,
                reason=reason,
            )
        )
        if closed := [key for key in (*changed, *gone) if key in self._before]:
            self._session.execute(
                update(ReviewVersion)
                .where(ReviewVersion.entity_id.in_(closed), ReviewVersion.until == OPEN)
                .values(until=self.now)
                .execution_options(synchronize_session=False)
            )
        if changed:
            self._session.execute(insert(ReviewVersion), [self._version(key) for key in changed])
        record(self._session, *self._told)
        self._positions |= dict.fromkeys(changed, row.version)
        return self.review

    def _version(self, key: UUID) -> dict[str, Any]:
        fact = self._facts[key]
        return {
            "review_id": self._row.id,
            "kind": REVIEW_NAMES[type(fact)],
            "entity_id": key,
            "position": self._row.version,
            "since": self.now,
            "until": OPEN,
            "content": kept(fact),
        }


def _changed_since(session: Session, row: ReviewRow, version: int) -> bool:
    """Whether there is a change since that a caller has to know of, or no such version yet."""
    if version == row.version:
        return False
    later = select(ReviewChange.position).where(
        ReviewChange.review_id == row.id,
        ReviewChange.position > version,
        ReviewChange.action.not_in(_BEHIND),
    )
    return version > row.version or session.scalar(later.limit(1)) is not None


def check_due(due_on: date, from_day: date) -> None:
    """Refuse an action that is due so late that nobody would ever ask for it.

    Raises:
        Invalid: naming ``due_on``: it is more than two years after ``from_day``.
    """
    last = from_day + timedelta(days=_DUE_DAYS_MOST)
    if due_on > last:
        rule = f"must be {last}, two years from {from_day}, or earlier"
        raise Invalid("it is due too late", {"due_on": [rule]})
