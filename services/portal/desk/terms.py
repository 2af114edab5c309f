"""What the desk calls things: states, steps, priorities; how late something is, in words."""

from datetime import date, datetime
from typing import Any, Final

from palika.india import day_of
from services.portal.pages.formats import digits
from services.portal.pages.words import N_, gettext, ngettext

_STATES: Final = {
    "filed": (N_("New"), "warning"),
    "acknowledged": (N_("Read"), ""),
    "assigned": (N_("With an officer"), ""),
    "in_progress": (N_("Work has begun"), ""),
    "waiting": (N_("Waits for the citizen"), ""),
    "resolved": (N_("Resolved"), "good"),
    "closed": (N_("Closed"), "good"),
    "rejected": (N_("Rejected"), ""),
    "withdrawn": (N_("Taken back by the citizen"), ""),
    "merged": (N_("Merged"), ""),
    "open": (N_("In hand"), ""),
    "parked": (N_("Put aside"), ""),
}
_ENTRIES: Final = {
    "file": N_("Filed"),
    "acknowledge": N_("Acknowledged"),
    "assign": N_("Assigned"),
    "start": N_("Work begun"),
    "wait": N_("The citizen was asked"),
    "wait_over": N_("No answer came; the clock goes on"),
    "answer": N_("The question was answered"),
    "resolve": N_("Resolved"),
    "rate": N_("The citizen has rated the work"),
    "close": N_("Closed"),
    "reopen": N_("Opened again"),
    "reject": N_("Rejected"),
    "transfer": N_("Transferred"),
    "withdraw": N_("Taken back by the citizen"),
    "merge": N_("Merged into another"),
    "absorb": N_("Another was merged into it"),
    "unmerge": N_("Goes on by itself again"),
    "release": N_("One that was merged into it goes on by itself"),
    "contact": N_("Somebody has read who the citizen is"),
    "look_up": N_("A help desk was shown it for a caller"),
    "follow": N_("Somebody follows it"),
    "unfollow": N_("Somebody follows it no more"),
    "comment": N_("A note"),
    "link": N_("Linked with another"),
    "unlink": N_("A link was taken away"),
    "tie": N_("Tied to a matter"),
    "untie": N_("Untied from a matter"),
    "attach": N_("Something was attached"),
    "detach": N_("An attachment was taken away"),
    "locate": N_("Its place was added"),
    "due_soon": N_("Due soon"),
    "breach": N_("The promised time has run out"),
    "escalate": N_("Escalated"),
    "appeal": N_("An appeal was made"),
    "appeal_overdue": N_("The appeal was not decided in time"),
    "decide": N_("The appeal was decided"),
    "restore": N_("Taken up again after an appeal"),
    "sample": N_("Drawn for a check"),
    "check": N_("Checked"),
    "settle": N_("Resolved in another system"),
}
_PRIORITIES: Final = {
    "emergency": N_("Emergency"),
    "high": N_("High"),
    "most_urgent": N_("Most urgent"),
    "urgent": N_("Urgent"),
}
URGENT: Final = frozenset(_PRIORITIES)
_CHANNELS: Final = {
    "web": N_("this site"),
    "app": N_("application"),
    "phone": N_("telephone"),
    "counter": N_("counter"),
    "whatsapp": N_("WhatsApp"),
    "email": N_("e-mail"),
    "social": N_("social media"),
    "open311": N_("Open311"),
    "import": N_("another system"),
}
_MINUTE: Final = 60
_HOUR: Final = 3_600
_DAY_HOURS: Final = 24


def state(code: str) -> dict[str, str]:
    """What a state is called, and the kind of its tag: ``words`` and ``kind``."""
    words, kind = _STATES.get(code, (code, ""))
    return {"words": gettext(words), "kind": kind}


def entry(step: str) -> str:
    """What an entry of a timeline is called."""
    return gettext(_ENTRIES[step]) if step in _ENTRIES else step


def priority(code: str | None) -> str | None:
    """What a priority is called that is above the ordinary ones; None: it is one of these."""
    return gettext(_PRIORITIES[code]) if code in _PRIORITIES else None


def channel(code: str) -> str:
    """By what way something came."""
    return gettext(_CHANNELS[code]) if code in _CHANNELS else code


def states() -> list[tuple[str, str]]:
    """The states of a grievance: codes and words."""
    return [(code, gettext(words)) for code, (words, _) in list(_STATES.items())[:10]]


def due_words(due: date | datetime | None, now: datetime) -> dict[str, Any] | None:
    """How long something has still, or how late it is: ``words`` and ``late``; None: no day is
    promised.

    Args:
        due: a moment, or a day of the calendar in India: it is late when that is over.
        now: aware.
    """
    if due is None:
        return None
    if isinstance(due, datetime):
        seconds = (due - now).total_seconds()
        if abs(seconds) < _DAY_HOURS * _HOUR:
            return _hours(seconds)
        days = int(abs(seconds) // (_DAY_HOURS * _HOUR))
        return _late(days) if seconds < 0 else _left(days)
    days = (due - day_of(now)).days
    if days == 0:
        return {"words": gettext("due today"), "late": False}
    return _late(-days) if days < 0 else _left(days)


def _hours(seconds: float) -> dict[str, Any]:
    hours = int(abs(seconds) // _HOUR)
    if hours:
        if seconds < 0:
            words = ngettext(
                "%(count)s hour late", "%(count)s hours late", hours, count=digits(hours)
            )
        else:
            words = ngettext(
                "%(count)s hour left", "%(count)s hours left", hours, count=digits(hours)
            )
    elif seconds < 0:
        words = gettext("just late")
    else:
        minutes = max(int(seconds // _MINUTE), 1)
        words = ngettext(
            "%(count)s minute left", "%(count)s minutes left", minutes, count=digits(minutes)
        )
    return {"words": words, "late": seconds < 0}


def _late(days: int) -> dict[str, Any]:
    words = ngettext("%(count)s day late", "%(count)s days late", days, count=digits(days))
    return {"words": words, "late": True}


def _left(days: int) -> dict[str, Any]:
    words = ngettext("%(count)s day left", "%(count)s days left", days, count=digits(days))
    return {"words": words, "late": False}
