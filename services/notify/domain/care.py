"""Care for who is written to: quiet hours, a cap a day, and consent by purpose.

Nothing here is for the urgent lane: a login code is wanted now. The hours and caps are the city's
(``data/sending.yaml``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Final

from palika.india import INDIA, day_of, start_of


class Lane(StrEnum):
    """What goes first. Each lane has workers of its own, so none waits for another."""

    URGENT = "urgent"
    TRANSACTIONAL = "transactional"
    BULK = "bulk"


class Purpose(StrEnum):
    """What a message is for: consent is given and taken back for each."""

    CODE = "code"
    """A code that the citizen has just asked for."""
    SERVICE = "service"
    """What became of what the citizen has filed."""
    TAX = "tax"
    """Bills, receipts and notices."""
    REMINDER = "reminder"
    """That something is due."""
    NEWS = "news"
    """What the city wants to be known."""


ALWAYS: Final = frozenset({Purpose.CODE})
"""Nobody can opt out of these: they come only when they are asked for."""
ASKED_FOR: Final = frozenset({Purpose.NEWS})
"""These go only to whoever has opted in."""
SOURCES: Final = ("whatsapp", "sms", "voice", "portal", "officer")
"""How a citizen's word about a purpose can come; events carry it."""


@dataclass(frozen=True, slots=True)
class Quiet:
    """The hours of a purpose in which nobody is disturbed, in India's time.

    Attributes:
        begins, ends: ``begins`` may be later than ``ends``: over midnight.
    """

    begins: time
    ends: time

    def until(self, now: datetime) -> datetime | None:
        """When the quiet ends that ``now`` (aware) is in; None when it is in none."""
        local = now.astimezone(INDIA)
        over_midnight = self.begins >= self.ends
        clock = local.time()
        if over_midnight:
            inside = clock >= self.begins or clock < self.ends
        else:
            inside = self.begins <= clock < self.ends
        if not inside:
            return None
        day = local.date()
        if over_midnight and clock >= self.begins:
            day += timedelta(days=1)
        return datetime.combine(day, self.ends, INDIA)


@dataclass(frozen=True, slots=True)
class Care:
    """The city's rules.

    Attributes:
        quiet: by purpose; a purpose without an entry has no quiet hours.
        a_day: how many messages of a purpose one citizen gets on one day of India; a purpose
            without an entry has no cap and is not counted.
        calls: in which no telephone rings, whatever it is for; None: there are none.
    """

    quiet: Mapping[Purpose, Quiet]
    a_day: Mapping[Purpose, int]
    calls: Quiet | None = None

    def later(
        self, purpose: Purpose, sent_today: int, now: datetime, *, rings: bool = False
    ) -> tuple[str, datetime] | None:
        """Why a message has to wait, and until when; None: it may go.

        Args:
            purpose: of the message.
            sent_today: so many of those that are counted has the citizen had on this day of India.
            now: aware.
            rings: it is a call.
        """
        quiet = self.quiet.get(purpose)
        hours = (quiet, self.calls if rings else None)
        if ends := [until for each in hours if each and (until := each.until(now))]:
            return QUIET_HOURS, max(ends)
        cap = self.a_day.get(purpose)
        if cap is not None and sent_today >= cap:
            tomorrow = start_of(day_of(now) + timedelta(days=1))
            return DAILY_CAP, (quiet.until(tomorrow) if quiet else None) or tomorrow
        return None


QUIET_HOURS: Final = "quiet_hours"
DAILY_CAP: Final = "daily_cap"


def may_be_told(purpose: Purpose, said: bool | None) -> bool:
    """Whether consent allows a message.

    Args:
        purpose: of the message.
        said: the citizen's last word about the purpose: True in, False out, None never asked.
    """
    if purpose in ALWAYS:
        return True
    if said is None:
        return purpose not in ASKED_FOR
    return said
