"""What columns and rows of reports are called, in both languages."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.eoffice.domain.movement import Priority
from services.eoffice.domain.reporting import Said
from services.eoffice.models import Department, Post, Section
from services.eoffice.reference import city_numbering

_HEADINGS = {
    "post": ("टेबल", "Post"),
    "section": ("शाखा", "Section"),
    "department": ("विभाग", "Department"),
    "priority": ("प्राधान्य", "Priority"),
    "head": ("विषयशीर्ष", "Subject head"),
    "month": ("महिना", "Month"),
    "pending": ("प्रलंबित", "Pending"),
    "parked": ("राखून ठेवलेल्या", "Parked"),
    "unseen": ("न उघडलेल्या", "Not opened"),
    "most_urgent": ("अतितातडीच्या", "Most urgent"),
    "urgent": ("तातडीच्या", "Urgent"),
    "overdue": ("मुदतबाह्य", "Overdue"),
    "oldest": ("सर्वांत जुनी", "Oldest since"),
    "stays": ("हाताळणी", "Stays"),
    "mean_days": ("सरासरी दिवस", "Average days"),
    "median_days": ("मध्यक दिवस", "Median days"),
    "p90_days": ("दहापैकी नऊ इतक्या दिवसांत", "Nine in ten within days"),
    "longest_days": ("सर्वाधिक दिवस", "Longest days"),
    "opened": ("उघडलेल्या", "Opened"),
    "diarised": ("आवक पत्रे", "Receipts diarised"),
    "dispatched": ("जावक पत्रे", "Letters dispatched"),
    "closed": ("बंद केलेल्या", "Closed"),
    "open": ("प्रक्रियेत", "In process"),
    "number": ("नस्ती क्रमांक", "File number"),
    "subject": ("विषय", "Subject"),
    "secrecy": ("गोपनीयता", "Secrecy"),
    "status": ("स्थिती", "Status"),
    "held_by": ("कोणाकडे", "With"),
    "held_since": ("केव्हापासून", "Since"),
    "days_there": ("दिवस", "Days there"),
    "due_on": ("मुदत", "Due"),
    "first_due_on": ("मूळ मुदत", "First due"),
    "days_over": ("मुदत उलटून दिवस", "Days overdue"),
}
_PRIORITIES = {
    Priority.ORDINARY: ("सामान्य", "Ordinary"),
    Priority.URGENT: ("तातडीची", "Urgent"),
    Priority.MOST_URGENT: ("अतितातडीची", "Most urgent"),
}
NONE, TOTAL = Said("(नाही)", "(none)"), Said("एकूण", "Total")


def heading(column: str) -> Said:
    """Of a column; an age is told in days: ``8-15``, ``91+``."""
    if column in _HEADINGS:
        return Said(*_HEADINGS[column])
    return Said(f"{column} दिवस", f"{column} days")


class Names:
    """What the rows of a report are called."""

    def __init__(self, session: Session, by: str) -> None:
        """Read them: of what is gone by now, too."""
        self._by = by
        self._known: dict[object, tuple[str, str]] = {}
        tables = {"post": Post, "section": Section, "department": Department}
        if by in tables:
            table = tables[by]
            rows = session.execute(select(table.code, table.mr, table.en))
            self._known = {code: (mr, en) for code, mr, en in rows}
        elif by == "head":
            self._known = dict(city_numbering().heads)
        elif by == "priority":
            self._known = dict(_PRIORITIES.items())

    def of(self, code: object) -> dict[str, str] | None:
        """By language; None: has none. What has no name of its own is called by its code."""
        if code is None:
            return None
        mr, en = self._known.get(code, (str(code), str(code)))
        return {"mr": mr, "en": en}
