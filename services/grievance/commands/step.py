"""The one path of every step: load under a lock, decide, change, note it, tell it.

The moves themselves are made of what ``move.py`` has.
"""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Self

from sqlalchemy import Select, bindparam, insert, select, update
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import Insert

from palika.auth import Identity
from palika.errors import Conflict, NotFound
from palika.events import Event
from palika.outbox import record
from palika.roles import post_of
from services.grievance.commands.marks import overdue
from services.grievance.commands.move import (
    BY_TOKEN,
    Actor,
    Move,
    Taken,
    beside,
)
from services.grievance.domain.access import acting_roles, may_touch, token_hash
from services.grievance.domain.lifecycle import Step, check_role, check_version
from services.grievance.domain.seats import HANDLING, Seat, check_may_handle
from services.grievance.models import Grievance, Timeline
from services.grievance.promises import next_clock
from services.grievance.queries.seats import SEAT, seat_in
from services.grievance.queries.sight import check_may_read

COLUMNS = [column.key for column in Grievance.__table__.columns]


def _locking(column: str) -> Select[Any]:
    # Not its key: a link to it from another one does not wait for this step, nor in a circle.
    table = Grievance.__table__
    found = select(table, *SEAT).where(table.c[column] == bindparam("value"))
    return found.with_for_update(key_share=True, of=table)


_BY_ID, _BY_TOKEN = _locking("id"), _locking("token_hash")


@dataclass(slots=True)
class Act:
    """What one caller does to one grievance, in one transaction."""

    session: Session
    grievance: Grievance
    by: Actor
    seat: Seat
    now: datetime
    before: dict[str, Any]
    entries: list[dict[str, Any]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    @classmethod
    def load(
        cls, session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
    ) -> Self:
        """The grievance, locked until the end of the transaction: steps on it wait for each other.

        The marks that time should have set on it by now are set first: a promise that was broken
        before the step is a broken one, whenever the scheduler would have come by.

        Args:
            session: in a transaction.
            caller: who wants to act.
            args: ``id`` (or ``token``) and ``version``, the one that the caller decided on.
            now: the moment of the step.

        Raises:
            NotFound: there is none, or it is another citizen's.
            Forbidden: it is private, and no business of this officer's.
            Conflict: it is at another version.
        """
        token = args.get("token")
        if token is None:
            act = cls.locked(session, caller, args["id"], now)
        else:
            row, seat = _select(session, _BY_TOKEN, token_hash(token), BY_TOKEN.subject)
            if row is None:
                raise NotFound("no grievance has this token", {"token": "unknown"})
            act = cls(session, Grievance(**row), BY_TOKEN, seat, now, row)
        check_version(act.grievance.version, args.get("version"))
        for taken in overdue(session, act.grievance, now):
            act.note(taken)
        return act

    @classmethod
    def locked(cls, session: Session, caller: Identity, key: uuid.UUID, now: datetime) -> Self:
        """The grievance of that id, whatever its version.

        Raises:
            NotFound: there is none, or it is another citizen's.
            Forbidden: it is private, and no business of this officer's.
        """
        row, seat = _select(session, _BY_ID, key, caller.subject)
        if row is None or not may_touch(row["filed_by"], caller.subject, caller.roles):
            raise NotFound(f"there is no grievance {key}", {"id": str(key)})
        by = Actor(caller.subject, acting_roles(row["filed_by"], caller.subject, caller.roles))
        # Not attached to the session: what changes is written by `save`, in one statement.
        act = cls(session, Grievance(**row), by, seat, now, row)
        check_may_read(session, caller, act.grievance)
        return act

    def take(self, move: Move, *, ordered: bool = False) -> None:
        """Take a move.

        Args:
            move: the step, and what belongs to it.
            ordered: an appeal or the sample has ordered it: whose business the grievance is was
                asked there.

        Raises:
            Forbidden: the step is not for the caller.
            Conflict: it is not legal now.
        """
        try:
            taken = move(self.grievance, self.by, self.now)
        except Conflict as error:
            # To whom it is no business the steps that would be legal are not named.
            if not ordered and error.details.get("step") in HANDLING:
                self.check_business(Step(error.details["step"]))
            raise
        step = Step(taken.entry["step"])
        check_role(step, self.by.roles)
        if not ordered:
            self.check_business(step)
        self.note(taken)

    def check_business(self, step: Step) -> None:
        """Refuse a step of the office to whom the grievance, as it was before this act, is no
        business. Raises Forbidden."""
        was = self.before
        place = was["department"], was["ward"], was["officer"]
        check_may_handle(self.seat, self.by.roles, step, *place)

    def note(self, taken: Taken) -> None:
        """Keep what the service itself does beside the caller's step."""
        self.entries.append(taken.entry)
        if taken.event is not None:
            self.events.append(taken.event)

    def save(self) -> Grievance:
        """Write it down: the changes and the timeline in one statement, then the events."""
        row = self.grievance
        row.next_clock_at = next_clock(row)
        changes = {
            f"new_{key}": value
            for key in COLUMNS
            if (value := getattr(row, key)) != self.before[key]
        }
        if changes and self.entries:
            first, *rest = self.entries
            statement = _saving(tuple(changes))
            self.session.execute(statement, {"key": row.id, **changes, **first})
        elif changes:
            rest = []
            self.session.execute(
                update(Grievance.__table__).where(Grievance.id == row.id),
                {key.removeprefix("new_"): value for key, value in changes.items()},
            )
        else:
            rest = self.entries
        if rest:
            self.session.execute(insert(Timeline.__table__), rest)
        record(self.session, *self.events)
        return row


def note_beside(
    session: Session,
    seen: Iterable[Any],
    step: Step,
    caller: Identity,
    now: datetime,
    **facts: Any,
) -> None:
    """Keep at grievances what somebody of the office did beside any step: see ``move.beside``.

    Args:
        session: in a transaction.
        seen: the grievances, or rows with their ``id`` and ``state``.
        step: what was done.
        caller: who did it.
        now: when.
        facts: as ``Advance.taken`` has them.
    """
    by = Actor.of(caller)
    entries = [beside(each, step, by, now, **facts).entry for each in seen]
    if entries:
        session.execute(insert(Timeline.__table__), entries)


def take(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime, *moves: Move
) -> Grievance:
    """Take moves on the grievance of ``args``, and write them down.

    Raises:
        NotFound: there is none, or it is another citizen's.
        Forbidden: a step is not for the caller, or it is private and no business of this officer's.
        Conflict: a step is not legal now, or the grievance is at another version.
    """
    act = Act.load(session, caller, args, now)
    for move in moves:
        act.take(move)
    return act.save()


def _select(
    session: Session, statement: Select[Any], value: Any, subject: str
) -> tuple[dict[str, Any] | None, Seat]:
    """The row, and where the caller sits."""
    code = post_of(subject)
    found = session.execute(statement, {"value": value, "post": code}).mappings().one_or_none()
    if found is None:
        return None, Seat(code)
    row = dict(found)
    return row, seat_in(row, code)


@cache
def _saving(names: tuple[str, ...]) -> Insert:
    """The statement that changes these columns of a grievance and adds one entry."""
    table = Grievance.__table__
    changed = (
        update(table)
        .where(table.c.id == bindparam("key"))
        .values({name.removeprefix("new_"): bindparam(name) for name in names})
    )
    return insert(Timeline.__table__).inline().add_cte(changed.cte("changed"))
