"""What the screen on the wall tells: questions to four services, and their answers as scenes."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from palika.india import day_of
from services.portal.asking import Part, Question

KEEP_S: Final = 10.0
"""So long an answer is used again: many walls cost the services no more than one."""
DEADLINE_S: Final = 5.0
_KPIS_KEPT_S: Final = 30.0
_ORDER: Final = ("red", "amber", "green", "none")
_A_SCENE: Final = 6
"""Rows of a list that can be read from across a room."""
_MOST_SCENES: Final = 3
_DEPARTMENTS: Final = 6
_HELD: Final = timedelta(hours=4)
"""So long after its beginning a review that nobody has opened is still the next one."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What is shown at a time.

    Attributes:
        kind: the macro of ``wall/scenes.html`` that shows it.
        data: for it; None: the service is away.
        number, of: of several scenes of one kind.
    """

    kind: str
    data: Any
    number: int = 1
    of: int = 1


def questions(now: datetime) -> dict[str, Question]:
    """All that a wall asks, at once."""
    today = day_of(now).isoformat()
    of_today = {"name": "sla", "by": "department", "from_day": today, "to_day": today}
    pending = {"name": "pendency", "by": "department"}
    return {
        "projects": Question("warroom", "list", {"order": "health", "limit": 100}, KEEP_S),
        "actions": Question("warroom", "actions", {"overdue": True}, KEEP_S),
        "scheduled": Question("warroom", "reviews", {"phase": "scheduled"}, KEEP_S),
        "sitting": Question("warroom", "reviews", {"phase": "open"}, KEEP_S),
        "today": Question("grievance", "report", of_today, KEEP_S),
        "pending": Question("grievance", "report", pending, KEEP_S),
        "kpis": Question("kpi", "dashboard", {}, _KPIS_KEPT_S),
    }


def scenes(parts: Mapping[str, Part]) -> dict[str, list[Scene]]:
    """The scenes by their group: what comes of one service goes away with it, and comes back."""
    return {
        "projects": list(_projects(parts["projects"])),
        "actions": list(_actions(parts["actions"])),
        "grievances": [_grievances(parts["today"], parts["pending"])],
        "kpis": list(_kpis(parts["kpis"])),
    }


def is_away(group: Sequence[Scene]) -> bool:
    """Whether nothing of a group can be shown."""
    return any(each.data is None for each in group)


def next_review(parts: Mapping[str, Part], now: datetime) -> dict[str, Any] | None:
    """The review that is held now, or the next one; None: there is none, or it is not known.

    Returns:
        ``name``, ``starts_at`` (aware) and ``sitting``: whether its minutes are being taken.
    """
    found = [
        {"name": each["name"], "starts_at": datetime.fromisoformat(each["starts_at"]), "sitting": s}
        for part, s in ((parts["sitting"], True), (parts["scheduled"], False))
        if not part.missing
        for each in part.value["items"]
    ]
    coming = [each for each in found if each["sitting"] or each["starts_at"] >= now - _HELD]
    return min(coming, key=lambda each: (not each["sitting"], each["starts_at"]), default=None)


def by_health(projects: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Projects, the red ones first, of a colour those that are most behind."""
    return sorted(projects, key=lambda each: (_ORDER.index(light_of(each)), -lag_of(each)))


def light_of(project: Mapping[str, Any]) -> str:
    """The colour of a project: ``none`` where it is not judged."""
    return project["health"]["light"] if project["health"] else "none"


def lag_of(project: Mapping[str, Any]) -> int:
    """By how many per cent of its plan it is behind."""
    return (project["planned_percent"] or 0) - (project["done_percent"] or 0)


def _projects(part: Part) -> Iterator[Scene]:
    if part.missing:
        yield Scene("projects", None)
        return
    ordered, counts = by_health(part.value["items"]), part.value["counts"]
    yield Scene("projects", {"items": ordered, "counts": counts})
    red = [each for each in ordered if light_of(each) == "red"]
    yield from _pages("red", red, counts["red"])


def _actions(part: Part) -> Iterator[Scene]:
    if part.missing:
        yield Scene("actions", None)
        return
    late = sorted(part.value["items"], key=lambda each: -each["days_beyond"])
    if late:
        yield from _pages("actions", late, part.value["counts"]["all"])
    else:
        yield Scene("actions", {"items": [], "all": 0})


def _grievances(today: Part, pending: Part) -> Scene:
    if today.missing or pending.missing:
        return Scene("grievances", None)
    rows = [each for each in pending.value["rows"] if each["overdue"]]
    late = sorted(rows, key=lambda each: -each["overdue"])[:_DEPARTMENTS]
    data = {"today": today.value["total"], "pending": pending.value["total"], "late": late}
    return Scene("grievances", data)


def _kpis(part: Part) -> Iterator[Scene]:
    if part.missing:
        yield Scene("kpis", None)
        return
    red = worst_first([each for each in part.value["kpis"] if each["status"] == "red"])
    if red:
        yield from _pages("kpis", red, len(red))
    else:
        yield Scene("kpis", {"items": [], "all": 0, "shown": 0})


def worst_first(kpis: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """KPIs in red by how far they are from their target, as a share of it: the worst of each
    department, then the second of each, so that what is left out is nobody's worst."""
    seen: Counter[str] = Counter()
    found = []
    for each in sorted(kpis, key=lambda one: -_off(one)):
        found.append((seen[each["owned_by"]], each))
        seen[each["owned_by"]] += 1
    return [each for _, each in sorted(found, key=lambda one: one[0])]


def _off(kpi: Mapping[str, Any]) -> float:
    """By what part of its target a KPI falls short of it, of a band by what part of the nearer end;
    of a target of 0, or of none, by all that there is."""
    short, target = kpi["short"], kpi["target"]
    if not short:
        return 0.0
    ends = target if isinstance(target, list) else [0.0 if target is None else target]
    edge = min(ends, key=lambda end: abs(kpi["value"] - end))
    return abs(short) / abs(edge or short)


def _pages(kind: str, items: Sequence[Any], count: int) -> Iterator[Scene]:
    """The first items of a list, a few at a time; how many there are in all (``count``) is told."""
    shown = [items[at : at + _A_SCENE] for at in range(0, len(items), _A_SCENE)][:_MOST_SCENES]
    there = sum(map(len, shown))
    for number, rows in enumerate(shown, 1):
        yield Scene(kind, {"items": rows, "all": count, "shown": there}, number, len(shown))


def now() -> datetime:
    """The present moment."""
    return datetime.now(UTC)
