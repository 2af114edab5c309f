"""What a review may decide about a project, and how that stands in the project's own history."""

from enum import StrEnum


class About(StrEnum):
    """What a decision is about. The plan, the standing and the money of a project are changed by
    who answers for it, under their own name; that it was so decided stands with the project."""

    DATE = "date"
    """Another day, by when it is to be done."""
    HOLD = "hold"
    """It is put on hold, until a day if one is said."""
    RESUME = "resume"
    ESCALATION = "escalation"
    """It is taken to somebody above."""
    BUDGET = "budget"
    """Another budget; the amount is the whole new one."""
    OTHER = "other"
