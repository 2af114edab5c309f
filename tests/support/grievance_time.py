"""What the tests know of a grievance's time beside the rules that they test."""

from dataclasses import replace
from datetime import datetime, timedelta

from palika.india import INDIA, start_of
from services.grievance.domain.calendar import Calendar
from services.grievance.domain.escalation import ClockState, Due, Mark
from services.grievance.domain.lifecycle import State


def is_open(office: Calendar, moment: datetime) -> bool:
    """The oracle: whether this moment is in office hours.

    It knows the rules from the calendar's attributes and shares no code with it.
    """
    local = moment.astimezone(INDIA)
    day, nth = local.date(), (local.weekday(), (local.day + 6) // 7)
    if day in office.working_days:
        spans = office.working_days[day]
    elif day in office.holidays or nth in office.weeks_off:
        spans = ()
    else:
        spans = office.week[local.weekday()]
    passed = moment - start_of(day)
    return any(begin <= passed // timedelta(microseconds=1) < end for begin, end in spans)


def marked(clock: ClockState, due: Due) -> ClockState:
    """What is known once a mark is set; it bears the moment at which it fell due."""
    match due.mark:
        case Mark.DUE_SOON:
            return replace(clock, due_soon_at=due.at)
        case Mark.BREACHED:
            return replace(clock, breached_at=due.at)
        case Mark.ESCALATE:
            return replace(clock, level=due.level)
        case Mark.CLOSE:
            return replace(clock, state=State.CLOSED)
        case Mark.APPEAL_OVERDUE:
            return replace(clock, appeal_decide_by=None)
