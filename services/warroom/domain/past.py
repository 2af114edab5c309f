"""What a project's present does not show of its past: when nobody worked on it, and what was late
and is withdrawn. Both are worked out of its versions, so that no later change alters them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from palika.india import day_of
from palika.text import Name
from services.warroom.domain.facts import SET_ASIDE, Milestone, Standing


@dataclass(frozen=True, slots=True)
class Spell:
    """A time in which nobody worked on a project; ``until`` is None while it lasts."""

    standing: Standing
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class WithdrawnLate:
    """A milestone that was late, or expected to be, and is withdrawn.

    Attributes:
        planned_on: its first day by the plan, however often that has moved.
        late_days: by how much it was late at the most, against that day.
        position: the number of the change that has withdrawn it; ``reason`` is that change's.
    """

    id: UUID
    key: str
    name: Name
    planned_on: date
    late_days: int
    withdrawn_on: date
    position: int
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Past:
    """Both, the oldest first."""

    spells: Sequence[Spell] = field(default=())
    withdrawn_late: Sequence[WithdrawnLate] = field(default=())

    def days_aside(self, today: date) -> int:
        """For how many days it was set aside until a day, all times together."""
        return sum(
            ((day_of(each.until) if each.until else today) - day_of(each.since)).days
            for each in self.spells
        )


def spells(turns: Iterable[tuple[datetime, Standing]]) -> list[Spell]:
    """The times in which a project was set aside.

    Args:
        turns: how it stood from when on, the oldest first.
    """
    found: list[Spell] = []
    stood = Standing.ACTIVE
    for at, standing in turns:
        if standing is stood:
            continue
        if stood in SET_ASIDE:
            found[-1] = Spell(stood, found[-1].since, at)
        if standing in SET_ASIDE:
            found.append(Spell(standing, at))
        stood = standing
    return found


def late_days(known: Sequence[Milestone], withdrawn_on: date) -> int:
    """By how many days a withdrawn milestone was late at the most, as it was ever planned, expected
    or reached; 0: it never was.

    Args:
        known: its versions, the oldest first.
    """
    ends = [each.expected_on for each in known]
    if known[-1].done_on is None:
        ends.append(withdrawn_on)
    return max(0, (max(ends) - known[0].planned_on).days)
