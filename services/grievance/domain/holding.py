"""With whom a grievance is and may go to, who stands in for whom, and whether a leave is over."""

from datetime import datetime

from palika.errors import Conflict, Invalid
from palika.india import readable
from services.grievance.domain.routing import Absence, Standing


def check_not_with(number: str, holder: str | None, officer: str) -> None:
    """Refuse to give the grievance of that number to whom it is with. Raises Conflict."""
    if holder == officer:
        raise Conflict(f"{number} is with {officer} already", {"officer": officer})


def check_still_with(number: str, holder: str | None, expected: str | None) -> None:
    """Refuse to take a grievance from whom it is with no more: the list may be older than that.

    Args:
        number: of the grievance.
        holder: the post that has it.
        expected: the one that the list had; None: nobody.

    Raises:
        Conflict: somebody else has it now, or nobody.
    """
    if holder != expected:
        raise Conflict(f"{number} is with {holder or 'nobody'} now", {"officer": holder})


def check_substitute(away: Standing, substitute: Standing) -> None:
    """Refuse a substitute who could not be given what comes for the post that is away.

    Args:
        away: the post that goes on leave.
        substitute: who is to stand in for it; on leave themselves they may be, at another time.

    Raises:
        Invalid: they are no active post of the same department, or the post itself.
    """
    if substitute.department is None or substitute.department != away.department:
        rule = f"{substitute.code} is not an active post of {away.department}"
    elif substitute.code == away.code:
        rule = "is the post that is away"
    else:
        return
    raise Invalid("no such substitute", {"substitute": [rule]})


def check_can_move(code: str, department: str, in_hand: int) -> None:
    """Refuse to let a post go to another department with work that stays where it is.

    Args:
        code: of the post.
        department: whose it is.
        in_hand: how many open grievances it has.

    Raises:
        Conflict: they are to be reassigned first; the message says how many.
    """
    if in_hand:
        raise Conflict(
            f"{code} has {in_hand} open ones of {department} in hand: reassign them first",
            {"department": department, "open": in_hand},
        )


def check_can_end(leave: Absence, now: datetime) -> None:
    """Refuse to take back a leave that is over. Raises Conflict."""
    if leave.to_at <= now:
        message = f"the leave was over at {readable(leave.to_at)}"
        raise Conflict(message, {"to_at": leave.to_at.isoformat()})
