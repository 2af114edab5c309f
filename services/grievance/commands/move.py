"""What a step of a grievance comes to: who took it, what changed, what others are told.

A step is two functions: a *move*, which changes a grievance in memory and says what that comes to
(imports and the demo make moves by the thousand), and a *command*, which takes moves on a stored
one (``step.py``). A new step is a dozen lines of each at most; ``acknowledge.py`` is the plainest.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from palika.auth import Identity
from palika.events import Event
from palika.roles import NOBODY
from services.grievance import promises
from services.grievance.domain.access import OF_ITS_CITIZEN, side_of
from services.grievance.domain.lifecycle import State, Step, after, is_citizens_word
from services.grievance.models import Grievance

_RANK = ("admin", "supervisor", "officer", "service", "helpdesk", "citizen", NOBODY)


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
        return next((role for role in _RANK if role in self.roles), NOBODY)

    @property
    def kind(self) -> str:
        """What the public may know of it: ``citizen``, ``office`` or ``system``."""
        return side_of(self.role)


BY_TOKEN = Actor("token", OF_ITS_CITIZEN)
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
            facts: JSON values; the citizen sees those that ``queries/one.py`` lists.
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
        source,
        step,
        has_officer=grievance.officer is not None,
        back_to=back_to,
        is_asked=grievance.asked_at is not None,
        roles=by.roles,
    )
    grievance.version += 1
    grievance.changed_at = now
    if is_citizens_word(step, by.roles):
        grievance.spoken_at = now
        if grievance.closes_at is not None:
            grievance.closes_at = promises.closes_at(now)
    return Advance(grievance, step, by, now, source)


def beside(grievance: Grievance, step: Step, by: Actor, now: datetime, **facts: Any) -> Taken:
    """A note for the office that is no step: whoever decides on the grievance decides as before.

    Raises:
        Conflict: such a thing is not done with one that stands so.
    """
    after(State(grievance.state), step, roles=by.roles)
    noted = Advance(grievance, step, by, now, grievance.state)
    return noted.taken(public=False, **facts)


def about(grievance: Grievance, now: datetime, **facts: Any) -> dict[str, Any]:
    """The arguments of an event of this grievance as it is now, with the facts of its type."""
    data = {
        "grievance_id": grievance.id,
        "department": grievance.department,
        "category": grievance.category,
        "ward": grievance.ward,
        **facts,
    }
    if grievance.parent_category is not None:
        data["parent_category"] = grievance.parent_category
    return {
        "subject": str(grievance.id),
        "sequence": grievance.version,
        "time": now,
        "data": data,
    }
