"""What the city sets for its reviews: series, what comes on an agenda, how actions are followed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from typing import Any, Final

from palika.reading import Reading
from palika.text import Name
from services.warroom.domain.rhythm import Rhythm

RULES: Final = (
    *("turned_red", "red", "turned_amber", "slipped", "critical_slip", "passed"),
    *("overdue_action", "overdue_issue", "silent", "risk", "red_kpi"),
    *("replanned", "set_aside", "withdrawn_late", "undone", "budget_raised"),
)
"""What puts a subject on the agenda."""
_LEFT_OUT: Final[Mapping[str, int]] = {
    "consent_minutes": 10,
    "kpis": 4,
    "replanned": 15,
    "set_aside": 30,
    "withdrawn_late": 25,
    "undone": 30,
    "budget_raised": 20,
}
"""What holds where a file is from before there were these: as the shipped one has it."""
LINE: Final = ("owner", "head", "chair")
"""To whom an action is escalated: who answers for the project, the head of its department, the
chair of the review."""


@dataclass(frozen=True, slots=True)
class Series:
    """Reviews in a rhythm; ``chair``, ``secretary`` and ``takers`` are posts."""

    code: str
    name: Name
    rhythm: Rhythm
    minutes: int
    ahead_days: int
    chair: str
    secretary: str
    takers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AgendaPolicy:
    """What an agenda is made by.

    Attributes:
        weights: of each of ``RULES``.
        risk_score: from which score a risk counts.
        least_minutes, most_minutes: of an item that is gone through by itself.
        consent_minutes: for all that is taken together, by consent.
        kpis: so many red KPIs are gone through by themselves at the most, of a department one.
    """

    weights: Mapping[str, int]
    risk_score: int
    least_minutes: int
    most_minutes: int
    consent_minutes: int
    kpis: int


@dataclass(frozen=True, slots=True)
class Escalation:
    """So many days beyond its day an action is told to one of ``LINE``."""

    days: int
    to: str


@dataclass(frozen=True, slots=True)
class ReviewPolicy:
    """All of ``data/reviews.yaml``; ``heads`` by department."""

    series: Mapping[str, Series]
    agenda: AgendaPolicy
    remind_days: int
    status_days: int
    escalation: tuple[Escalation, ...]
    heads: Mapping[str, str]


def review_policy(raw: Any) -> ReviewPolicy:
    """The policy that ``data/reviews.yaml`` has.

    Raises:
        Mistakes: what is wrong, each with its place.
    """
    reading = Reading()
    given = reading.mapping("", raw, ("series", "agenda", "actions", "heads"))
    series = {
        code: _series(reading, place, code, each)
        for place, code, each in reading.entries("series", given["series"])
    }
    agenda = _agenda(reading, given["agenda"])
    actions = reading.mapping(
        "actions", given["actions"], ("remind_days", "status_days", "escalation")
    )
    remind = reading.whole("actions, remind_days", actions["remind_days"], 0, 365)
    status = reading.whole("actions, status_days", actions["status_days"], 1, 365)
    steps: list[Escalation] = []
    for place, each in reading.items("actions, escalation", actions["escalation"]):
        said = reading.mapping(place, each, ("days", "to"))
        step = Escalation(
            reading.whole(f"{place}, days", said["days"], 1, 3_650),
            reading.one_of(f"{place}, to", said["to"], LINE),
        )
        if steps and step.days <= steps[-1].days:
            reading.wrong(place, "must come after the one before")
        steps.append(step)
    heads = {
        code: reading.text(place, each)
        for place, code, each in reading.entries("heads", given["heads"])
    }
    reading.stop_if_wrong()
    return ReviewPolicy(series, agenda, remind, status, tuple(steps), heads)


def _series(reading: Reading, place: str, code: str, raw: Any) -> Series:
    names = (
        *("name", "every_weeks", "first_on", "at", "minutes", "moved", "ahead_days"),
        *("chair", "secretary"),
    )
    given = reading.mapping(place, raw, names, ("takers",))
    at = time(0)
    try:
        at = time.fromisoformat(reading.text(f"{place}, at", given["at"]))
    except ValueError:
        reading.wrong(f"{place}, at", 'must be as "11:00"')
    takers = given.get("takers")
    rhythm = Rhythm(
        reading.whole(f"{place}, every_weeks", given["every_weeks"], 1, 52),
        reading.day(f"{place}, first_on", given["first_on"]),
        at,
        reading.one_of(f"{place}, moved", given["moved"], ("next", "before")) == "next",
    )
    return Series(
        code,
        reading.name(
            f"{place}, name", reading.mapping(f"{place}, name", given["name"], ("mr", "en"))
        ),
        rhythm,
        reading.whole(f"{place}, minutes", given["minutes"], 10, 600),
        reading.whole(f"{place}, ahead_days", given["ahead_days"], 1, 400),
        reading.text(f"{place}, chair", given["chair"]),
        reading.text(f"{place}, secretary", given["secretary"]),
        ()
        if takers is None
        else tuple(
            reading.text(at, each) for at, each in reading.items(f"{place}, takers", takers)
        ),
    )


def _agenda(reading: Reading, raw: Any) -> AgendaPolicy:
    names = ("weights", "risk_score", "least_minutes", "most_minutes")
    given = {**_LEFT_OUT, **reading.mapping("agenda", raw, names, ("consent_minutes", "kpis"))}
    needed = [each for each in RULES if each not in _LEFT_OUT]
    later = [each for each in RULES if each in _LEFT_OUT]
    weights = reading.mapping("agenda, weights", given["weights"], needed, later)
    weights = {**_LEFT_OUT, **weights}
    least = reading.whole("agenda, least_minutes", given["least_minutes"], 1, 120)
    most = reading.whole("agenda, most_minutes", given["most_minutes"], 1, 240)
    if most < least:
        reading.wrong("agenda, most_minutes", "must not be below least_minutes")
    return AgendaPolicy(
        {
            each: reading.whole(f"agenda, weights, {each}", weights[each], 0, 1_000)
            for each in RULES
        },
        reading.whole("agenda, risk_score", given["risk_score"], 1, 25),
        least,
        most,
        reading.whole("agenda, consent_minutes", given["consent_minutes"], 0, 240),
        reading.whole("agenda, kpis", given["kpis"], 0, 100),
    )
