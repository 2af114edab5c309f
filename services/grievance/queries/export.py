"""Grievances as a table for people: in Marathi or English, in bounded memory, and without who filed
them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.india import INDIA
from palika.spreadsheets import BOM, WRITERS, Cell, Writer, appearing, csv_text
from palika.text import Name
from services.grievance import promises
from services.grievance.domain.seats import CONTENT
from services.grievance.models import Grievance
from services.grievance.queries import search
from services.grievance.queries.sight import unseen
from services.grievance.reference import city

_BATCH = 500
_LONGEST = 32_767
"""Characters that a cell takes."""

_HEADINGS = {
    "number": ("तक्रार क्रमांक", "Number"),
    "state": ("स्थिती", "Status"),
    "category": ("तक्रारीचा प्रकार", "Category"),
    "parent_category": ("विषय", "Subject"),
    "department": ("विभाग", "Department"),
    "ward": ("क्षेत्रीय कार्यालय", "Ward"),
    "priority": ("प्राधान्य", "Priority"),
    "description": ("वर्णन", "Description"),
    "address": ("पत्ता", "Address"),
    "channel": ("माध्यम", "Channel"),
    "officer": ("अधिकारी", "Officer"),
    "filed_at": ("नोंदणी", "Filed"),
    "due_at": ("मुदत", "Due"),
    "resolved_at": ("निराकरण", "Resolved"),
    "on_time": ("मुदतीत", "On time"),
    "closed_at": ("बंद", "Closed"),
    "times_reopened": ("पुन्हा उघडली", "Times reopened"),
    "escalation_level": ("वर्धन पातळी", "Escalation level"),
    "escalated_at": ("वर्धन", "Escalated"),
    "rating": ("गुण", "Rating"),
    "remark": ("शेरा", "Remark"),
}
_WORDS = {
    "filed": ("नोंद", "Filed"),
    "acknowledged": ("पोच दिली", "Acknowledged"),
    "assigned": ("सोपवली", "Assigned"),
    "in_progress": ("काम सुरू", "In progress"),
    "waiting": ("नागरिकाच्या उत्तराची प्रतीक्षा", "Waiting for the citizen"),
    "resolved": ("निराकरण झाले", "Resolved"),
    "closed": ("बंद", "Closed"),
    "rejected": ("नाकारली", "Rejected"),
    "withdrawn": ("मागे घेतली", "Withdrawn"),
    "merged": ("विलीन", "Merged"),
    "low": ("कमी", "Low"),
    "normal": ("सामान्य", "Normal"),
    "high": ("जास्त", "High"),
    "emergency": ("तातडीची", "Emergency"),
    "web": ("संकेतस्थळ", "Web"),
    "counter": ("नागरी सुविधा केंद्र", "Counter"),
    "phone": ("दूरध्वनी", "Phone"),
    "whatsapp": ("व्हॉट्सॲप", "WhatsApp"),
    "app": ("मोबाइल ॲप", "App"),
    "email": ("ई-मेल", "E-mail"),
    "social": ("समाजमाध्यम", "Social media"),
    "open311": ("Open311", "Open311"),
    "import": ("अन्य प्रणालीतून", "Taken over"),
    True: ("होय", "Yes"),
    False: ("नाही", "No"),
}


@dataclass(frozen=True)
class Table:
    """What the columns are called, and what is in them, in one language."""

    language: str

    @property
    def header(self) -> list[Cell]:
        """The headings."""
        return [self._in(pair) for pair in _HEADINGS.values()]

    def row(self, grievance: Grievance, *, masked: bool = False) -> list[Cell]:
        """One grievance: codes by their names, times as clocks in India show them; of one that is
        masked without what it says."""
        return [
            None if masked and column in CONTENT else self._cell(column, getattr(grievance, column))
            for column in _HEADINGS
        ]

    def _cell(self, column: str, value: Any) -> Cell:
        if isinstance(value, datetime):
            return value.astimezone(INDIA).replace(tzinfo=None, microsecond=0)
        if value is None:
            return None
        if column in ("category", "parent_category"):
            return city().category_name(value).in_(self.language)
        if column == "department":
            return promises.department_name(value)[self.language]
        if column == "ward":
            return promises.ward_name(value)[self.language]
        if column in ("state", "priority", "on_time", "channel") and value in _WORDS:
            return self._in(_WORDS[value])
        return value if isinstance(value, int) else str(value)[:_LONGEST]

    def _in(self, pair: tuple[str, str]) -> str:
        return Name(*pair).in_(self.language)


def page(
    session: Session, args: Mapping[str, Any], now: datetime, caller: Identity | None = None
) -> dict[str, Any]:
    """A piece of a CSV file: ``text`` and ``next``, the cursor of the piece that follows it.

    All pieces one after the other are the file; the first begins with the byte-order mark and the
    headings. What is masked in the list is so here. Raises as ``search.page``.
    """
    table = Table(args["language"])
    found, cursor = search.rows(session, args, now, caller)
    masked = unseen(session, caller, found)
    text = csv_text(table.row(each, masked=each.id in masked) for each in found)
    if args["cursor"] is None:
        text = BOM + csv_text([table.header]) + text
    return {"text": text, "next": cursor}


def write(session: Session, args: Mapping[str, Any], now: datetime, path: Path) -> int:
    """Write all that ``args`` (of ``schemas.Exporting``) ask for, and say how many there were.

    The file appears when it is whole; one that was there stays until then. Not under eventlet.

    Raises:
        Invalid: the filters contradict each other.
        OSError: the file cannot be written.
    """
    table = Table(args["language"])
    count = 0
    with appearing(path) as hidden:
        writer: Writer = WRITERS[path.suffix.lower()](hidden, table.header)
        for grievance in search.stream(session, args, now, _BATCH):
            writer.add(table.row(grievance))
            count += 1
        writer.close()
    return count
