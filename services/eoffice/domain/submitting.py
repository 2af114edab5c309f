"""What becomes of acts that a desk did while it was away."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from palika.errors import Invalid

CLOCKS_DIFFER = timedelta(minutes=5)
"""So far a desk's clock may be ahead of the service's."""


class Status(StrEnum):
    """What became of an act."""

    DONE = "done"
    CONFLICT = "conflict"
    """Somebody was faster, or it says something else than the last time."""
    REFUSED = "refused"
    """It breaks a rule; sent again as it is, it is refused again."""
    WAITING = "waiting"
    """Not tried: an act on the same file before it was not done."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one act.

    Attributes:
        repeated: it was done before, by an earlier call; nothing was done now.
        result: of what is done, what its method answers, as it is by now; None: it is not there any
            more.
        error: of what is not: ``code``, ``message``, ``details``.
        now: of a conflict, what is there instead, if the desk may see it.
        because: of what waits, the act that stopped it.
    """

    id: UUID
    status: Status
    repeated: bool = False
    result: Mapping[str, Any] | None = None
    error: Mapping[str, Any] | None = None
    now: Mapping[str, Any] | None = None
    because: UUID | None = None

    def shown(self) -> dict[str, Any]:
        """As a desk is told; what it has nothing of is left out."""
        told: dict[str, Any] = {"id": str(self.id), "status": str(self.status)}
        if self.status is Status.DONE:
            told |= {"repeated": self.repeated, "result": self.result}
        if self.error is not None:
            told["error"] = self.error
        if self.status is Status.CONFLICT:
            told["now"] = self.now
        if self.because is not None:
            told["because"] = str(self.because)
        return told


def check_act(key: UUID, made_at: datetime | None, now: datetime) -> None:
    """Refuse an act whose id is none that a desk makes, or that was done in the time to come.

    Args:
        key: of the act.
        made_at: when the desk says that it was done, aware; None: it does not say.
        now: aware.

    Raises:
        Invalid: names the field, ``id`` or ``made_at``.
    """
    wrong = {}
    if key.version != 7:
        wrong["id"] = ["must be a UUID of version 7"]
    if made_at is not None and made_at > now + CLOCKS_DIFFER:
        minutes = CLOCKS_DIFFER.seconds // 60
        wrong["made_at"] = [f"must not be more than {minutes} minutes in the future"]
    if wrong:
        raise Invalid("no such act", wrong)
