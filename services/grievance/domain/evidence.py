"""What must be shown before a grievance counts as put right, and who shows what."""

from datetime import datetime

from palika.errors import Conflict, Forbidden
from services.grievance.domain.lifecycle import DONE, State


def check_evidence(number: str, shown_at: datetime | None, since: datetime) -> None:
    """Refuse a resolution that no photograph of the work shows.

    Args:
        number: of the grievance.
        shown_at: when the newest photograph of the work was added that the citizen may see; None:
            there is none.
        since: the filing or the last reopening. What was added before shows an earlier resolution,
            which has been taken back.

    Raises:
        Conflict: there is none, or it is older than that.
    """
    if shown_at is None or shown_at < since:
        raise Conflict(
            f"{number} cannot be resolved without a photograph of the work done (phase: after) "
            "that the citizen may see",
            {"missing": ["attachment.after"]},
        )


def check_proof_is_left(state: State, shown_at: datetime | None, since: datetime) -> None:
    """Refuse to take the last photograph away that a resolution stands on.

    Args:
        state: of the grievance.
        shown_at: of the photographs that are left, as ``check_evidence`` has it.
        since: the same.

    Raises:
        Conflict: another one is to be attached first.
    """
    if state in DONE and (shown_at is None or shown_at < since):
        raise Conflict(
            "the resolution stands on this photograph: attach another one of the work done first",
            {"status": str(state), "missing": ["attachment.after"]},
        )


def check_may_show(*, by_citizen: bool, work_done: bool, public: bool) -> None:
    """Refuse a citizen what is the office's to attach.

    Args:
        by_citizen: whether the grievance's citizen attaches it.
        work_done: whether it shows the work done, which proves a resolution.
        public: whether the citizen may see it.

    Raises:
        Forbidden: a citizen can prove no resolution, nor keep something from themselves.
    """
    if by_citizen and (work_done or not public):
        raise Forbidden("the work done is shown by the office, and only the office keeps things")
