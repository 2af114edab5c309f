"""What the inbox shows of each thing that waits, whatever service it is of."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from textwrap import shorten
from typing import Any, Final

from flask import current_app, url_for

from palika.india import INDIA
from services.portal.citizen.kinds import name_of
from services.portal.desk import terms
from services.portal.pages.formats import day_in, moment_in
from services.portal.pages.words import gettext

_EXCERPT: Final = 110
_NEVER: Final = datetime.max.replace(tzinfo=UTC)
SIGNS: Final = {
    "grievances": "complain",
    "appeals": "scale",
    "files": "document",
    "receipts": "mail",
    "questions": "people",
    "drafts": "sign",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that waits.

    Attributes:
        kind: a tab of the inbox.
        number: by which everybody names it.
        title: what it is about.
        about: where, of what department; what else tells it from others.
        link: its page; None: there is none here yet.
        due: by when; what has no day comes last.
        late: how late it is, or how long there is (``terms.due_words``).
        state: ``words`` and ``kind`` of a tag.
        urgent: the name of its priority, where that is above the ordinary ones.
        since: since when it is here.
        excerpt: the beginning of what its citizen says, by which ten potholes are told apart.
    """

    kind: str
    number: str
    title: str
    about: str
    link: str | None
    due: date | datetime | None
    late: dict[str, Any] | None
    state: dict[str, str]
    urgent: str | None
    since: datetime | None
    notes: tuple[str, ...] = ()
    excerpt: str = ""

    @property
    def sign(self) -> str:
        """Its icon."""
        return SIGNS[self.kind]

    def has(self, words: Iterable[str]) -> bool:
        """Whether all words are in what it shows."""
        text = f"{self.number} {self.title} {self.about}".casefold()
        return all(each in text for each in words)


def order(row: Row) -> tuple[datetime, bool, datetime]:
    """What is due first comes first; what is urgent before what is not, and older before newer."""
    return _end_of(row.due), row.urgent is None, row.since or _NEVER


def of_grievance(
    given: Mapping[str, Any], names: Mapping[str, Mapping[str, str]], now: datetime
) -> Row:
    """A row of ``grievance.list``; ``names`` are of wards and departments."""
    due = moment_in(given.get("due_at"))
    notes = []
    if given.get("times_reopened"):
        notes.append(gettext("opened again"))
    if given.get("escalation_level"):
        notes.append(gettext("escalated"))
    if given.get("masked"):
        notes.append(gettext("private"))
    return Row(
        "grievances",
        given["number"],
        name_of(given["category"]),
        about(given, names),
        url_for("desk.grievance", number=given["number"]),
        due,
        _running(given, due, now),
        terms.state(given["status"]),
        terms.priority(given.get("priority")),
        moment_in(given.get("filed_at")),
        tuple(notes),
        shorten(given.get("description") or "", _EXCERPT, placeholder="…"),
    )


def of_appeal(
    given: Mapping[str, Any], names: Mapping[str, Mapping[str, str]], now: datetime
) -> Row:
    """A row of ``grievance.appeals``."""
    due = moment_in(given["decide_by"])
    return Row(
        "appeals",
        given["number"],
        name_of(given["category"]),
        about(given, names),
        url_for("desk.grievance", number=given["number"]),
        due,
        terms.due_words(due, now),
        {"words": gettext("Appeal"), "kind": "warning"},
        None,
        moment_in(given["appealed_at"]),
    )


def of_file(given: Mapping[str, Any], now: datetime) -> Row:
    """A row of ``eoffice.inbox``."""
    days = [day for day in (day_in(given["due_on"]), day_in(given["desk_due_on"])) if day]
    due = min(days, default=None)
    notes = [gettext("not opened yet")] if given["seen_at"] is None else []
    return _of_file(
        "files", given, due, now, terms.state(given["status"]), given["held_since"], tuple(notes)
    )


def of_question(given: Mapping[str, Any], now: datetime) -> Row:
    """A row of ``eoffice.marked``."""
    due = day_in(given.get("answer_by") or given.get("due_on"))
    state = {"words": gettext("You are asked"), "kind": "warning"}
    return _of_file("questions", given, due, now, state, given["asked_at"], (given["question"],))


def of_receipt(given: Mapping[str, Any], now: datetime) -> Row:
    """A row of ``eoffice.receipts``."""
    due = day_in(given["due_on"])
    notes = [gettext("not opened yet")] if given["seen_at"] is None else []
    return Row(
        "receipts",
        given["number"],
        given["subject"] or given["number"],
        given["sender_name"] or "",
        _page("files.receipt", receipt=given["id"]),
        due,
        terms.due_words(due, now),
        terms.state(given["status"]),
        terms.priority(given["priority"]),
        moment_in(given["held_since"]),
        tuple(notes),
    )


def of_draft(given: Mapping[str, Any], files: Mapping[str, Mapping[str, Any]]) -> Row:
    """A row of ``eoffice.drafts``: a yellow note that is not confirmed; ``files`` by their ids."""
    file = files.get(given["file_id"], {})
    number = file.get("number")
    return Row(
        "drafts",
        number or gettext("A note"),
        given["markup"].strip()[:140] or gettext("An empty note"),
        file.get("subject") or "",
        _page("files.by_id", file=given["file_id"]),
        None,
        None,
        {"words": gettext("Draft"), "kind": ""},
        None,
        moment_in(given["saved_at"]),
    )


def about(given: Mapping[str, Any], names: Mapping[str, Mapping[str, str]]) -> str:
    """Where it is, and whose."""
    ward, department = given.get("ward"), given.get("department")
    told = (
        names["wards"].get(ward or "", ward),
        names["departments"].get(department or "", department),
    )
    return ", ".join(each for each in told if each)


def _of_file(
    kind: str,
    given: Mapping[str, Any],
    due: date | None,
    now: datetime,
    state: dict[str, str],
    since: str,
    notes: tuple[str, ...],
) -> Row:
    return Row(
        kind,
        given["number"],
        given["subject"],
        "",
        _page("files.file", number=given["number"]),
        due,
        terms.due_words(due, now),
        state,
        terms.priority(given["priority"]),
        moment_in(since),
        notes,
    )


def _running(
    given: Mapping[str, Any], due: datetime | None, now: datetime
) -> dict[str, Any] | None:
    """How late it is; of what waits for its citizen the clock stands, and what is over has none."""
    if given["status"] in ("resolved", "closed", "rejected", "withdrawn", "merged"):
        return None
    if given["status"] == "waiting":
        return {"words": gettext("the clock stands"), "late": False}
    return terms.due_words(due, now)


def _page(endpoint: str, **values: Any) -> str | None:
    """The address of a page of another room, where there is that room."""
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else None


def _end_of(due: date | datetime | None) -> datetime:
    if due is None:
        return _NEVER
    if isinstance(due, datetime):
        return due
    return datetime.combine(due, time.max, INDIA)
