"""Who gives the office's own marks in a programme, and shows or takes away evidence for them; and
until when."""

from datetime import date

from palika.errors import Conflict, Forbidden
from palika.india import in_digits
from palika.roles import post_of
from services.kpi.domain.desks import SENIOR, Caller, EntryRules
from services.kpi.domain.programme import Programme
from services.kpi.domain.scorecard import CITY


def check_may_mark(who: Caller, of: Programme, subject: str, rules: EntryRules) -> None:
    """Refuse who has no hand in a subject's own marks and evidence.

    Of a department those have who enter or check its values, and its owner; of the corporation the
    programme's owner; of both supervisors and administrators. Of a department that is no more, only
    these.

    Raises:
        Forbidden: the caller is none of them; the message says who may.
    """
    if who.has_any(SENIOR):
        return
    if subject == CITY:
        posts = [of.owner]
        may = who.has_any({"officer"}) and post_of(who.subject) == of.owner
    else:
        desk = rules.desks.get(subject)
        posts = [] if desk is None else sorted(desk.enter | desk.check)
        may = desk is not None and rules.may_enter(who, subject)
    if not may:
        allowed = ", ".join([*posts, "supervisors", "administrators"])
        raise Forbidden(
            f"{who.subject} has no hand in the own marks and evidence of {subject} in {of.code}; "
            f"who has: {allowed}"
        )


def check_open(programme: Programme, today: date) -> None:
    """Refuse marks of a programme that is over and evaluated; those it was given stay.

    Raises:
        Conflict: its last day, and the days for its evaluation, are past.
    """
    if today > programme.closes:
        last = in_digits(programme.counter(today).last)
        raise Conflict(
            f"{programme.code} ended on {last}, and marks were given until "
            f"{in_digits(programme.closes)}: it takes no more",
            {"programme": programme.code, "closed_on": programme.closes.isoformat()},
        )
