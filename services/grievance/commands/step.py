"""The one path of every step: load under a lock, decide, change, note it, tell it.

A step is two functions: a *move*, which changes a grievance in memory and says what that comes to
(imports and the demo make moves by the thousand), and a *command*, which takes moves on a stored
one. A new step is a dozen lines of each at most; ``acknowledge.py`` is the plainest.
"""

import hashlib
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Self

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import Insert

from palika.auth import Identity
from palika.errors import NotFound
from palika.events import Event
from palika.outbox import record
from services.grievance.domain.access import may_touch
from services.grievance.domain.lifecycle import State, Step, after, check_role, check_version
from services.grievance.models import Grievance, Timeline

COLUMNS = [column.key for column in Grievance.__table__.columns]
_RANK = ("admin", "supervisor", "officer", "service", "citizen", "anonymous")


@dataclass(frozen=True, slots=True)
class Actor:
    """Who takes a step, as the timeline keeps it."""

    subject: str
    roles: frozenset[str]

    @classmethod
    def of(cls, caller: Identity) -> Self:
        """The caller as an actor."""
        return cls(caller.subject, caller.roles)

    @property
    def role(self) -> str:
        """The weightiest of the roles."""
        return next((role for role in _RANK if role in self.roles), "anonymous")

    @property
    def kind(self) -> str:
        """What the public may know of it: ``citizen``, ``office`` or ``system``."""
        if self.role in ("citizen", "anonymous"):
            return "citizen"
        return "system" if self.role == "service" else "office"


BY_TOKEN = Actor("token", frozenset({"citizen"}))
"""Whoever has the token that the filing was answered with is its citizen."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What a move comes to: a row of the timeline, and the event, if others are told."""

    entry: dict[str, Any]
    event: Event | None = None


Move = Callable[[Grievance, Actor, datetime], Taken]


@dataclass(frozen=True, slots=True)
class Advance:
    """A step that was found legal, and has been taken."""

    grievance: Grievance
    step: Step
    by: Actor
    now: datetime
    source: str | None

    def taken(
        self,
        event: Event | None = None,
        *,
        note: str | None = None,
        public: bool = True,
        **facts: Any,
    ) -> Taken:
        """What it comes to.

        Args:
            event: what others are told.
            note: what somebody wrote.
            public: whether the citizen sees it.
            facts: JSON values; the citizen sees those that ``queries`` lists.
        """
        return Taken(
            {
                "grievance_id": self.grievance.id,
                "at": self.now,
                "step": self.step,
                "actor": self.by.subject,
                "actor_role": self.by.role,
                "public": public,
                "from_state": self.source,
                "to_state": self.grievance.state,
                "note": note,
                "data": facts,
            },
            event,
        )


def advance(
    grievance: Grievance, step: Step, by: Actor, now: datetime, back_to: State | None = None
) -> Advance:
    """Take a step: the new state, and one version more.

    Raises:
        Conflict: it is not legal now; the legal ones are named.
    """
    source = State(grievance.state)
    grievance.state = after(
        source, step, has_officer=grievance.officer is not None, back_to=back_to
    )
    grievance.version += 1
    return Advance(grievance, step, by, now, source)


def about(grievance: Grievance, now: datetime, **facts: Any) -> dict[str, Any]:
    """The arguments of an event of this grievance as it is now, with the facts of its type."""
    return {
        "subject": str(grievance.id),
        "sequence": grievance.version,
        "time": now,
        "data": {
            "grievance_id": grievance.id,
            "department": grievance.department,
            "category": grievance.category,
            "ward": grievance.ward,
            **facts,
        },
    }


def token_hash(token: str) -> bytes:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).digest()


@dataclass(slots=True)
class Act:
    """What one caller does to one grievance, in one transaction."""

    session: Session
    grievance: Grievance
    by: Actor
    now: datetime
    before: dict[str, Any]
    entries: list[dict[str, Any]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    @classmethod
    def load(
        cls, session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
    ) -> Self:
        """The grievance, locked until the end of the transaction: steps on it wait for each other.

        Args:
            session: in a transaction.
            caller: who wants to act.
            args: ``id`` (or ``token``) and ``version``, the one that the caller decided on.
            now: the moment of the step.

        Raises:
            NotFound: there is none, or it is another citizen's.
            Conflict: it is at another version.
        """
        token = args.get("token")
        if token is None:
            act = cls.locked(session, caller, args["id"], now)
        else:
            row = _select(session, Grievance.token_hash == token_hash(token))
            if row is None:
                raise NotFound("no grievance has this token", {"token": "unknown"})
            act = cls(session, Grievance(**row), BY_TOKEN, now, row)
        check_version(act.grievance.version, args.get("version"))
        return act

    @classmethod
    def locked(cls, session: Session, caller: Identity, key: uuid.UUID, now: datetime) -> Self:
        """The grievance of that id, whatever its version.

        Raises:
            NotFound: there is none, or it is another citizen's.
        """
        row = _select(session, Grievance.id == key)
        if row is None or not may_touch(row["filed_by"], caller.subject, caller.roles):
            raise NotFound(f"there is no grievance {key}", {"id": str(key)})
        # Not attached to the session: what changes is written by `save`, in one statement.
        return cls(session, Grievance(**row), Actor.of(caller), now, row)

    def take(self, move: Move) -> None:
        """Take a move.

        Raises:
            Forbidden: the step is not for the caller.
            Conflict: it is not legal now.
        """
        taken = move(self.grievance, self.by, self.now)
        check_role(Step(taken.entry["step"]), self.by.roles)
        self.note(taken)

    def note(self, taken: Taken) -> None:
        """Keep what the service itself does beside the caller's step."""
        self.entries.append(taken.entry)
        if taken.event is not None:
            self.events.append(taken.event)

    def save(self) -> Grievance:
        """Write it down: the changes and the timeline in one statement, then the events."""
        row = self.grievance
        changes = {
            f"new_{key}": value
            for key in COLUMNS
            if (value := getattr(row, key)) != self.before[key]
        }
        if changes:
            first, *rest = self.entries
            statement = _saving(tuple(changes))
            self.session.execute(statement, {"key": row.id, **changes, **first})
        else:
            rest = self.entries
        if rest:
            self.session.execute(insert(Timeline.__table__), rest)
        record(self.session, *self.events)
        return row


def take(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime, *moves: Move
) -> Grievance:
    """Take moves on the grievance of ``args``, and write them down.

    Raises:
        NotFound: there is none, or it is another citizen's.
        Forbidden: a step is not for the caller.
        Conflict: a step is not legal now, or the grievance is at another version.
    """
    act = Act.load(session, caller, args, now)
    for move in moves:
        act.take(move)
    return act.save()


def _select(session: Session, condition: Any) -> dict[str, Any] | None:
    statement = select(Grievance.__table__).where(condition).with_for_update()
    row = session.execute(statement).mappings().one_or_none()
    return None if row is None else dict(row)


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
