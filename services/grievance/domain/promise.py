"""What is promised for a grievance, and until when.

A promise is so many minutes of working time, or of the clock for what is worked on day and night.
It is kept up to and including its last moment. While the city waits for the citizen it stands
still: the due time moves on by the working minutes that passed.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction

from services.grievance.domain.calendar import ROUND_THE_CLOCK, WorkingTime


class Clock(StrEnum):
    """Whose time is counted."""

    WORKING = "working"
    ROUND_THE_CLOCK = "round_the_clock"


@dataclass(frozen=True, slots=True)
class Promise:
    """So many minutes of one kind."""

    minutes: int
    clock: Clock

    def time(self, office: WorkingTime) -> WorkingTime:
        """Who counts them: the office's calendar, or the clock that never stops."""
        return ROUND_THE_CLOCK if self.clock is Clock.ROUND_THE_CLOCK else office

    def due_at(self, filed_at: datetime, office: WorkingTime, *, paused: int = 0) -> datetime:
        """When it runs out; ``paused`` minutes of its kind do not count."""
        return self.time(office).add(filed_at, self.minutes + paused)


def resume(
    due_at: datetime, paused_at: datetime, resumed_at: datetime, time: WorkingTime
) -> datetime:
    """The due time after a wait: later by the whole working minutes that the wait took.

    It is what ``Promise.due_at`` gives for all waits together. What was late stays as late.
    """
    return time.add(due_at, max(time.between(paused_at, resumed_at), 0))


def due_soon_at(due_at: datetime, minutes: int, share: Fraction, time: WorkingTime) -> datetime:
    """The moment after which more than ``share`` of the promised minutes is used."""
    return time.before(due_at, int(minutes * (1 - share)))
