"""When an action is told of: its status in a rhythm, and up the line the longer it is overdue."""

from collections.abc import Sequence
from datetime import date

from services.warroom.domain.review_policy import Escalation
from services.warroom.domain.reviews import Action


def due_steps(days_overdue: int, escalation: Sequence[Escalation]) -> int:
    """How many steps of the line are to be told after so many days."""
    return sum(each.days <= days_overdue for each in escalation)


def status_due(action: Action, today: date, every_days: int) -> bool:
    """Whether its owner has to say how it stands, or the chair to answer what is claimed: nothing
    was heard, and nobody was reminded, for as long as that."""
    if not action.pending or action.known_on is None:
        return False
    last = max(action.known_on, action.reported_on or date.min, action.reminded_on or date.min)
    return (today - last).days >= every_days
