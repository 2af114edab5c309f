"""What has changed of a project between two moments, on one page: its two states compared."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from services.warroom.domain.facts import Light, Milestone, Risk, Standing, State
from services.warroom.domain.progress import days_expected, planned_end


class Because(StrEnum):
    """Why a milestone is expected on another day."""

    WORD = "word"
    """Its owner says so."""
    TIME = "time"
    """Its day has gone by, and its owner says nothing."""
    PATH = "path"
    """What it depends on is."""


@dataclass(frozen=True, slots=True)
class Slip:
    """A milestone that is expected, or planned, on another day than it was: later, or earlier."""

    milestone: UUID
    was: date
    now: date
    because: Because = Because.WORD

    @property
    def days(self) -> int:
        """How much later."""
        return (self.now - self.was).days


@dataclass(frozen=True, slots=True)
class Revised:
    """A milestone whose ``what`` by the plan is another: its ``weight``, its ``days`` of work, or
    what it comes ``after``, by the keys of these. None: none, or as the plan has between."""

    milestone: UUID
    what: str
    was: str | None
    now: str | None


@dataclass(frozen=True, slots=True)
class Changes:
    """What is different; ids are of the facts in the later state, or in the earlier one where they
    were withdrawn.

    Attributes:
        is_new: there was no such project before.
        light: before and now, where it has turned.
        owner, standing: before and now, where it has changed.
        planned_end: before and now, where there was one and it is another: by a milestone that
            came, was moved, or was withdrawn.
        replanned: milestones whose day by the plan has moved, which moves what they are held to.
        revised: milestones that weigh, take or depend on something else by the plan.
        slipped, advanced: milestones that are expected later, or earlier, by the day that is told
            of them everywhere (``progress.days_expected``).
        passed: milestones whose expected day went by in between, and that are not reached; with
            that day.
        reopened: milestones that were reached and are not any more: a correction.
        spent_paise: spent meanwhile, as recorded: a correction may make it less than 0.
        budget_paise: before and now, where it has changed.
        not_done: notes of progress that say no.
        withdrawn: by kind, what was taken back.
    """

    is_new: bool
    light: tuple[Light | None, Light | None] | None
    owner: tuple[str, str] | None = None
    standing: tuple[Standing, Standing] | None = None
    planned_end: tuple[date, date] | None = None
    replanned: list[Slip] = field(default_factory=list)
    revised: list[Revised] = field(default_factory=list)
    done: list[UUID] = field(default_factory=list)
    slipped: list[Slip] = field(default_factory=list)
    advanced: list[Slip] = field(default_factory=list)
    passed: dict[UUID, date] = field(default_factory=dict)
    reopened: list[UUID] = field(default_factory=list)
    milestones: list[UUID] = field(default_factory=list)
    spent_paise: int = 0
    budget_paise: tuple[int, int] | None = None
    risks: list[UUID] = field(default_factory=list)
    risen: list[UUID] = field(default_factory=list)
    issues: list[UUID] = field(default_factory=list)
    resolved: list[UUID] = field(default_factory=list)
    decisions: list[UUID] = field(default_factory=list)
    progress: list[UUID] = field(default_factory=list)
    not_done: list[UUID] = field(default_factory=list)
    photos: list[UUID] = field(default_factory=list)
    withdrawn: dict[str, list[UUID]] = field(default_factory=dict)

    @property
    def any(self) -> bool:
        """Whether anything has changed."""
        lists = (
            *(self.done, self.slipped, self.advanced, self.passed, self.reopened, self.milestones),
            *(self.risks, self.risen, self.issues, self.resolved, self.decisions, self.progress),
            *(self.photos, self.withdrawn, self.replanned, self.revised),
        )
        moved = self.is_new or self.light or self.spent_paise or self.budget_paise
        return bool(moved or self.owner or self.standing or self.planned_end) or any(lists)


_T = TypeVar("_T")
_TOLD = ("milestones", "money", "risks", "issues", "decisions", "progress", "photos", "links")


def changes(before: State | None, after: State, from_day: date, to_day: date) -> Changes:
    """What is different in ``after``; ``before`` is None where there was no such project.

    Args:
        from_day, to_day: the days (of India) of the two states.
    """
    lights = (
        (before.health.light if before and before.health else None),
        (after.health.light if after.health else None),
    )
    end_before = planned_end(before.milestones.values()) if before else None
    end = planned_end(after.milestones.values())
    budgets = (before.budget_paise if before else 0), after.budget_paise
    found = Changes(
        is_new=before is None,
        light=lights if lights[0] != lights[1] else None,
        owner=_moved(before.project.owner if before else None, after.project.owner),
        standing=_moved(before.project.standing if before else None, after.project.standing),
        planned_end=None if end is None else _moved(end_before, end),
        spent_paise=after.spent_paise - (before.spent_paise if before else 0),
        budget_paise=budgets if budgets[0] != budgets[1] else None,
    )
    _milestones(found, before, after, from_day, to_day)
    old_risks = before.risks if before else {}
    for key, risk in after.risks.items():
        if key not in old_risks:
            found.risks.append(key)
        elif risk.open and _weighs(risk) > _weighs(old_risks[key]):
            found.risen.append(key)
    old_issues = before.issues if before else {}
    for key, issue in after.issues.items():
        if key not in old_issues:
            found.issues.append(key)
        if not issue.open and (key not in old_issues or old_issues[key].open):
            found.resolved.append(key)
    for name in ("decisions", "progress", "photos"):
        known = getattr(before, name) if before else {}
        getattr(found, name).extend(key for key in getattr(after, name) if key not in known)
    found.not_done.extend(key for key in found.progress if not after.progress[key].done)
    for name in _TOLD if before else ():
        if gone := [key for key in getattr(before, name) if key not in getattr(after, name)]:
            found.withdrawn[name] = gone
    return found


def _milestones(
    found: Changes, before: State | None, after: State, from_day: date, to_day: date
) -> None:
    known = before.milestones if before else {}
    then = days_expected(before, from_day) if before else {}
    now = days_expected(after, to_day)
    held_to = days_expected(after, from_day)
    for key, each in after.milestones.items():
        old = known.get(key)
        if old is None:
            found.milestones.append(key)
        elif old.planned_on != each.planned_on:
            found.replanned.append(Slip(key, old.planned_on, each.planned_on))
        if old is not None and before is not None:
            found.revised.extend(_revised(key, old, each, before, after))
        if each.done_on is not None:
            if old is None or old.done_on is None:
                found.done.append(key)
            continue
        if old is not None and old.done_on is not None:
            found.reopened.append(key)
        elif old is not None and then[key] != now[key]:
            because = _because(old, each, then[key], now[key], to_day)
            slip = Slip(key, then[key], now[key], because)
            (found.slipped if slip.days > 0 else found.advanced).append(slip)
        # What had gone by before is not told again.
        if from_day <= each.expected_on and held_to[key] < to_day:
            found.passed[key] = held_to[key]


def _because(old: Milestone, new: Milestone, was: date, now: date, today: date) -> Because:
    """Its owner's word, where that alone has it on another day in the same direction."""
    if now < was:
        return Because.WORD if old.expected_on > now else Because.PATH
    if new.expected_on > was:
        return Because.WORD
    return Because.TIME if now == today else Because.PATH


def _revised(
    key: UUID, old: Milestone, new: Milestone, before: State, after: State
) -> Iterator[Revised]:
    pairs: tuple[tuple[str, str | None, str | None], ...] = (
        ("weight", str(old.weight), str(new.weight)),
        ("days", _days(old), _days(new)),
        ("after", _keys(old, before), _keys(new, after)),
    )
    for what, was, now in pairs:
        if was != now:
            yield Revised(key, what, was, now)


def _days(one: Milestone) -> str | None:
    return None if one.days is None else str(one.days)


def _keys(one: Milestone, state: State) -> str | None:
    known = state.milestones
    return ", ".join(sorted(known[each].key for each in one.after if each in known)) or None


def _moved(before: _T | None, after: _T) -> tuple[_T, _T] | None:
    return None if before is None or before == after else (before, after)


def _weighs(risk: Risk) -> int:
    return risk.score if risk.open else 0
