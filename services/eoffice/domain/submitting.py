"""What becomes of acts that a desk did while it was away."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID


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
