"""What becomes of a grievance that is sent to where it belongs."""

from datetime import datetime

from palika.errors import Conflict


def check_elsewhere(number: str, here: tuple[str, str], there: tuple[str, str]) -> None:
    """Refuse to send it to where it is.

    Args:
        number: of the grievance.
        here: the department and the category that it has.
        there: those that it is to have.

    Raises:
        Conflict: they are the same.
    """
    if here == there:
        department, category = there
        raise Conflict(
            f"{number} is with {department}, as {category}, already",
            {"department": department, "category": category},
        )


def is_private(was: bool, new: bool) -> bool:
    """Whether it is private there: what was stays so, whatever the new category says, for its words
    were written for the office alone."""
    return was or new


def may_be_broken_anew(due_at: datetime, now: datetime) -> bool:
    """Whether what is promised there, until ``due_at``, can be broken yet. A promise that is broken
    at that moment stays so."""
    return now <= due_at
