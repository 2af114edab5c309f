"""What is known of a project: the kinds of facts, and a project's state, which is all of them.

A fact is replaced by its next version and never changed; nothing here knows of versions. Days are
of India, money is paise.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from palika.text import Name
from services.warroom.domain.decided import About


class Standing(StrEnum):
    """Whether a project is worked on."""

    ACTIVE = "active"
    ON_HOLD = "on_hold"
    COMPLETED = "completed"
    DROPPED = "dropped"


PAISE_LEAST: Final = 100
PAISE_MOST: Final = 10**15
"""Of an amount of a project: a rupee at the least."""
SET_ASIDE: Final = frozenset({Standing.ON_HOLD, Standing.DROPPED})
"""Nobody works on it, though it is not done: the next review hears of it."""


class MoneyKind(StrEnum):
    """What an entry of money says: what was sanctioned, that amount revised, what was spent."""

    SANCTIONED = "sanctioned"
    REVISED = "revised"
    SPENT = "spent"


class Severity(StrEnum):
    """How much an issue holds up."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


SEVERE: Final = frozenset({Severity.HIGH, Severity.CRITICAL})
"""Issues that colour a project."""


class Light(StrEnum):
    """How a project stands; ``none``: it is not judged, for nobody works on it."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"
    NONE = "none"


class Basis(StrEnum):
    """Whose forecast it is: its owner's, or the project's own pace."""

    OFFICIAL = "official"
    PACE = "pace"


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of a project's life; its code is unique among the project's."""

    code: str
    name: Name


@dataclass(frozen=True, slots=True)
class Project:
    """A project itself.

    Attributes:
        code: as it is known by; never given twice.
        department: the sponsor.
        owner: the post that answers for it.
        wards: codes; none: of the whole city.
        lat, lon: where it is, in degrees; None: at no one place.
        starts_on: when the plan begins.
        stages: its own life; none: the city's usual one.
        standing_on: since when it stands so; None: since it came in, or it was not kept then.
        public: whether citizens may see it.
    """

    code: str
    name: Name
    department: str
    owner: str
    starts_on: date
    summary: Name | None = None
    wards: tuple[str, ...] = ()
    lat: float | None = None
    lon: float | None = None
    stages: tuple[Stage, ...] = ()
    standing: Standing = Standing.ACTIVE
    public: bool = False
    standing_on: date | None = None


@dataclass(frozen=True, slots=True)
class Milestone:
    """A day that the project is to reach.

    Attributes:
        key: short code, unique within the project.
        stage: of the project's life.
        weight: its part of the whole; parts are weighed against each other.
        planned_on: by the plan, which does not move with the work.
        days: how long the work takes once what it comes after is reached; None: as long as the plan
            has between the two.
        after: the milestones that it depends on.
        forecast_on: when its owner expects it; None: as planned.
        done_on: when it was reached.
    """

    key: str
    name: Name
    stage: str
    weight: int
    planned_on: date
    days: int | None = None
    after: tuple[UUID, ...] = ()
    forecast_on: date | None = None
    done_on: date | None = None

    @property
    def expected_on(self) -> date:
        """When it was reached or, as its owner says, will be."""
        return self.done_on or self.forecast_on or self.planned_on


@dataclass(frozen=True, slots=True)
class Money:
    """An entry of money; ``amount_paise`` of a revised budget is the whole new one."""

    kind: MoneyKind
    amount_paise: int
    on: date
    reference: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Risk:
    """What may happen; ``likelihood`` and ``impact`` from 1 to 5."""

    title: str
    likelihood: int
    impact: int
    owner: str
    mitigation: str | None = None
    open: bool = True

    @property
    def score(self) -> int:
        """Likelihood × impact, 1 to 25."""
        return self.likelihood * self.impact


@dataclass(frozen=True, slots=True)
class Issue:
    """What holds the project up.

    Attributes:
        title: one clearance, of at most 150 characters.
        post: whose it is to resolve.
        correlation_id: of the thread that it belongs to, if it does.
        sub_judice: a court has it: it is on no agenda, as with the Project Monitoring Group.
    """

    title: str
    severity: Severity
    post: str
    raised_on: date
    due_on: date
    detail: str | None = None
    correlation_id: UUID | None = None
    resolved_on: date | None = None
    resolution: str | None = None
    sub_judice: bool = False

    @property
    def open(self) -> bool:
        """Whether it still holds the project up."""
        return self.resolved_on is None


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided, by which post.

    Attributes:
        file_number: of the e-office.
        review_id: of the review in whose minutes it stands; None: it was recorded by itself.
        about, day, amount_paise: as the minutes have it.
    """

    text: str
    by: str
    decided_on: date
    file_number: str | None = None
    review_id: UUID | None = None
    about: About | None = None
    day: date | None = None
    amount_paise: int | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """Whether what was promised was done: yes, or no with the reason. No essays."""

    promised: str
    done: bool
    on: date
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Photo:
    """A photograph of progress, whose bytes are in the store under two keys.

    Attributes:
        sha256: of the bytes as they came: the same photograph again has it again.
        taken_on: the day that it shows.
        place_from: ``camera``, ``given`` or None where its place is not known.
    """

    caption: str | None
    public: bool
    content_key: str
    thumbnail_key: str
    sha256: str
    size: int
    width: int
    height: int
    taken_on: date
    taken_from: str
    lat: float | None = None
    lon: float | None = None
    place_from: str | None = None


class LinkKind(StrEnum):
    """What a project is linked to in another service."""

    KPI = "kpi"
    FILE = "file"
    AREA = "area"
    TAX = "tax"


@dataclass(frozen=True, slots=True)
class Link:
    """Something of another service: a KPI by its code, an e-office file by its number, grievances
    by their ward, their category or both, property tax by its ward."""

    kind: LinkKind
    code: str | None = None
    ward: str | None = None
    category: str | None = None


@dataclass(frozen=True, slots=True)
class Forecast:
    """When a project will be done.

    Attributes:
        basis: whose it is.
        finish_on: the day; None: it cannot be told.
        low_on, high_on: between them it is in eight cases of ten; None of an official one.
        cannot: why it cannot be told, a code of ``domain/forecast.py``.
        milestones: the day of each one that is not reached.
    """

    basis: Basis
    finish_on: date | None
    low_on: date | None = None
    high_on: date | None = None
    cannot: str | None = None
    milestones: Mapping[UUID, date] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a project has its colour.

    Attributes:
        code: of the rule.
        light: the colour that it asks for.
        text: the reason in both languages.
    """

    code: str
    light: Light
    text: Name


@dataclass(frozen=True, slots=True)
class Health:
    """How a project stands, and why: the reasons of the worst colour first.

    Attributes:
        heard_on: when its owner last changed anything of it, or it came in (``came_in``); None of
            what was kept before this was: when anybody last did.
    """

    light: Light
    reasons: tuple[Reason, ...]
    heard_on: date | None = None
    came_in: bool = False


Fact = (
    Project
    | Milestone
    | Money
    | Risk
    | Issue
    | Decision
    | Progress
    | Photo
    | Link
    | Forecast
    | Health
)

KINDS: Final[Mapping[str, type[Fact]]] = {
    "project": Project,
    "milestone": Milestone,
    "money": Money,
    "risk": Risk,
    "issue": Issue,
    "decision": Decision,
    "progress": Progress,
    "photo": Photo,
    "link": Link,
    "forecast": Forecast,
    "health": Health,
}
"""By the name under which facts are kept."""
NAMES: Final[Mapping[type[Fact], str]] = {kind: name for name, kind in KINDS.items()}


@dataclass(frozen=True, slots=True)
class State:
    """All that is known of a project at a moment.

    Attributes:
        id: of the project.
        version: how many changes there were until then.
        recorded_at: of the last of them; aware, UTC. Read as of this moment it is ever the same.
        updated_at: of the last that somebody made, and not the service by itself.
    """

    id: UUID
    version: int
    recorded_at: datetime
    updated_at: datetime
    project: Project
    milestones: Mapping[UUID, Milestone]
    money: Mapping[UUID, Money]
    risks: Mapping[UUID, Risk]
    issues: Mapping[UUID, Issue]
    decisions: Mapping[UUID, Decision]
    progress: Mapping[UUID, Progress]
    photos: Mapping[UUID, Photo]
    links: Mapping[UUID, Link]
    forecasts: Mapping[Basis, Forecast]
    health: Health | None

    @property
    def sanctioned_paise(self) -> int:
        """What was sanctioned, all entries together."""
        return sum(each.amount_paise for each in self.money.values() if each.kind == "sanctioned")

    @property
    def budget_paise(self) -> int:
        """What it may cost now: the last revision or, without one, what was sanctioned."""
        revised = [each for each in self.money.values() if each.kind is MoneyKind.REVISED]
        if not revised:
            return self.sanctioned_paise
        last = max(each.on for each in revised)
        # Of two of one day the later entry counts; they are kept in the order of their making.
        return [each.amount_paise for each in revised if each.on == last][-1]

    @property
    def spent_paise(self) -> int:
        """What was spent, all entries together."""
        return sum(each.amount_paise for each in self.money.values() if each.kind == "spent")
