"""What is known of a review: kinds of facts, kept as those of a project are (decision 0028)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from palika.text import Name
from services.warroom.domain.decided import About

TITLE_MOST: Final = 150
"""Characters of an action, as the Project Monitoring Group has it: one thing to be done."""


class Phase(StrEnum):
    """How far a review is; ``open``: minutes are taken; ``closed``: they are final."""

    SCHEDULED = "scheduled"
    OPEN = "open"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class Presence(StrEnum):
    """Whether a post was there."""

    PRESENT = "present"
    ABSENT = "absent"
    REPRESENTED = "represented"


class Minuted(StrEnum):
    """What an entry of the minutes is."""

    STATEMENT = "statement"
    DECISION = "decision"


class Work(StrEnum):
    """How far an action is; ``claimed``: its owner says it is done, the chair has not said so yet;
    ``dropped``: the chair has, with a reason."""

    OPEN = "open"
    CLAIMED = "claimed"
    DONE = "done"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Meeting:
    """A review itself.

    Attributes:
        occurs_on: its day by the rule; it stays when the review is moved.
        moved: the holiday for which it is held on another day.
        since: the moment from which on it looks at what has changed; None: at everything.
        frozen_at: as of when its pack shows the projects.
        post_names: what the posts in its minutes were called when these were closed, by code.
    """

    series: str
    occurs_on: date
    starts_at: datetime
    minutes: int
    chair: str
    secretary: str
    takers: tuple[str, ...] = ()
    phase: Phase = Phase.SCHEDULED
    moved: Name | None = None
    reason: str | None = None
    since: datetime | None = None
    frozen_at: datetime | None = None
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    post_names: Mapping[str, Name] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Why:
    """Why a subject is on the agenda: a rule of ``review_policy.RULES`` or ``chair``."""

    code: str
    weight: int
    text: Name


@dataclass(frozen=True, slots=True)
class Item:
    """A subject of the agenda: a project, or a KPI.

    Attributes:
        code: of the project or the KPI.
        place: the chair's own place for it, from 1; None: by weight.
        minutes: 0: it is taken together with others, by consent.
        dropped: the chair has taken it off, for ``reason``.
        by_chair: the chair has put it on.
        excluded: what was left out of the weighing, and why.
        owner, department: of a KPI: the post that answers for it, and its department's; a project's
            are the project's own.
    """

    code: str
    title: Name
    weight: int
    minutes: int
    why: tuple[Why, ...]
    project_id: UUID | None = None
    place: int | None = None
    dropped: bool = False
    by_chair: bool = False
    reason: str | None = None
    excluded: tuple[Name, ...] = ()
    owner: str | None = None
    department: str | None = None


@dataclass(frozen=True, slots=True)
class Attendance:
    """Whether a post was there, and who came in its place."""

    post: str
    presence: Presence
    by: str | None = None


@dataclass(frozen=True, slots=True)
class Minute:
    """A statement or a decision; ``post`` is who made it.

    Attributes:
        project_id, code: of the project that it is about, if any; of a KPI the code alone.
        about: of a decision about a project, what it decides.
        day, amount_paise: the day or the amount that is decided.
    """

    kind: Minuted
    text: str
    post: str
    project_id: UUID | None = None
    code: str | None = None
    about: About | None = None
    day: date | None = None
    amount_paise: int | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """What was promised, by whom until when.

    Attributes:
        title: at most 150 characters.
        project_id, code, department, project_owner: of the project that it is about, if any; of a
            KPI all but the first.
        assigned_on: the day of the meeting, on which it was agreed; None until its minutes are
            closed: it is a draft.
        told_on: when the minutes were closed, and its owner was told; None: on ``assigned_on``.
        status, reported_on: how it stands, as its owner has said last.
        evidence: that it is done, by its owner.
        answer: why the chair has accepted, rejected or dropped it.
        done_on: the day on which it was done, as accepted.
        reminded_on, overdue_on: when its owner was told that it is due, and overdue.
        escalated: how many steps of the line were told.
        told_event: by which event its owner was told last.
    """

    title: str
    post: str
    due_on: date
    detail: str | None = None
    project_id: UUID | None = None
    code: str | None = None
    department: str | None = None
    project_owner: str | None = None
    work: Work = Work.OPEN
    assigned_on: date | None = None
    status: str | None = None
    reported_on: date | None = None
    evidence: str | None = None
    evidence_file: str | None = None
    evidence_photo: UUID | None = None
    claimed_on: date | None = None
    answer: str | None = None
    rejections: int = 0
    done_on: date | None = None
    reminded_on: date | None = None
    overdue_on: date | None = None
    escalated: int = 0
    first_due_on: date | None = None
    extensions: int = 0
    told_event: UUID | None = None
    told_on: date | None = None

    @property
    def known_on(self) -> date | None:
        """Since when its owner knows of it; None: it is a draft."""
        return self.told_on or self.assigned_on

    @property
    def promised_on(self) -> date:
        """Its first day: by it the promise is judged, however often the day has moved since."""
        return self.first_due_on or self.due_on

    @property
    def pending(self) -> bool:
        """Whether it is still to be done, as the chair sees it."""
        return self.work in (Work.OPEN, Work.CLAIMED)

    def days_overdue(self, today: date) -> int:
        """By how many days its day has passed; 0: it has not, or nothing is to be done any more.
        What its owner says is done is not overdue while the chair has not answered."""
        return self._days_since(self.due_on, today)

    def days_beyond(self, today: date) -> int:
        """The same from its first day on, by which the promise is judged."""
        return self._days_since(self.promised_on, today)

    def _days_since(self, due_on: date, today: date) -> int:
        return max(0, (today - due_on).days) if self.work is Work.OPEN else 0

    def days_let_go(self, today: date) -> int:
        """For how many days its owner has known it to be overdue: nobody is escalated past for what
        was due before they were told."""
        overdue = self.days_overdue(today)
        known = (today - self.known_on).days if self.known_on else 0
        return max(0, min(overdue, known))

    @property
    def kept(self) -> bool | None:
        """Whether the promise was kept: done by its first day; None: it cannot be said yet."""
        return None if self.done_on is None else self.done_on <= self.promised_on


@dataclass(frozen=True, slots=True)
class Addendum:
    """A correction of closed minutes: they stay as they are."""

    text: str
    post: str
    on: date


@dataclass(frozen=True, slots=True)
class Pack:
    """A frozen file: what the review was given.

    Attributes:
        form: ``json`` (what was known), ``pdf`` or ``pptx``.
        language: of the pages; None of ``json``.
        key: under which the store has it.
        sha256: its digest, in hexadecimal.
    """

    form: str
    language: str | None
    key: str
    sha256: str
    size: int
    frozen_at: datetime


ReviewFact = Meeting | Item | Attendance | Minute | Action | Addendum | Pack

REVIEW_KINDS: Final[Mapping[str, type[ReviewFact]]] = {
    "meeting": Meeting,
    "item": Item,
    "attendance": Attendance,
    "minute": Minute,
    "action": Action,
    "addendum": Addendum,
    "pack": Pack,
}
"""By the name under which facts are kept."""
REVIEW_NAMES: Final[Mapping[type[ReviewFact], str]] = {
    kind: name for name, kind in REVIEW_KINDS.items()
}


@dataclass(frozen=True, slots=True)
class Review:
    """All that is known of a review at a moment.

    Attributes:
        version: how many changes there were until then.
        positions: of each fact, the change that made it as it is.
    """

    id: UUID
    version: int
    recorded_at: datetime
    meeting: Meeting
    items: Mapping[UUID, Item]
    attendance: Mapping[UUID, Attendance]
    minutes: Mapping[UUID, Minute]
    actions: Mapping[UUID, Action]
    addenda: Mapping[UUID, Addendum]
    packs: Mapping[UUID, Pack]
    positions: Mapping[UUID, int]


def by_weight(items: Mapping[UUID, Item]) -> list[tuple[UUID, Item]]:
    """What is on the agenda: where the chair has put what, the rest by weight."""
    taken = [(key, each) for key, each in items.items() if not each.dropped]
    found = sorted(
        (one for one in taken if one[1].place is None),
        key=lambda one: (-one[1].weight, one[1].code),
    )
    return _with_placed(found, [one for one in taken if one[1].place is not None])


def in_order(items: Mapping[UUID, Item]) -> list[tuple[UUID, Item]]:
    """The agenda as it is printed, gone through and numbered: first what has time, each where the
    chair has put it or by its weight; then what is taken together, by consent: projects, and behind
    them the KPIs of each department together, those of the most first."""
    order = by_weight(items)
    timed = [one for one in order if one[1].minutes]
    placed = [one for one in timed if one[1].place is not None]
    # What stands before it may have no time: its place is counted among what has.
    timed = _with_placed([one for one in timed if one[1].place is None], placed)
    projects: list[tuple[UUID, Item]] = []
    kpis: dict[str, list[tuple[UUID, Item]]] = {}
    for one in order:
        if one[1].minutes:
            continue
        if one[1].project_id is not None:
            projects.append(one)
        else:
            kpis.setdefault(one[1].department or "", []).append(one)
    groups = sorted(kpis.items(), key=lambda each: (-len(each[1]), each[0]))
    return [*timed, *projects, *(one for _, group in groups for one in group)]


def _with_placed(
    others: Sequence[tuple[UUID, Item]], placed: Sequence[tuple[UUID, Item]]
) -> list[tuple[UUID, Item]]:
    found = list(others)
    for one in sorted(placed, key=lambda each: (each[1].place or 0, each[1].code)):
        found.insert((one[1].place or 1) - 1, one)
    return found
