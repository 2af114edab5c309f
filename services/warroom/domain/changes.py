"""What has changed of a project between two moments, on one page: its two states compared."""

from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar
from uuid import UUID

from services.warroom.domain.facts import Light, Risk, Standing, State


@dataclass(frozen=True, slots=True)
class Slip:
    """A milestone that is expected, or planned, on another day than it was: later, or earlier."""

    milestone: UUID
    was: date
    now: date

    @property
    def days(self) -> int:
        """How much later."""
        return (self.now - self.was).days


@dataclass(frozen=True, slots=True)
class Changes:
    """What is different; ids are of the facts in the later state, or in the earlier one where they
    were withdrawn.

    Attributes:
        is_new: there was no such project before.
        light: before and now, where it has turned.
        owner, standing: before and now, where it has changed.
        replanned: milestones whose day by the plan has moved, which moves what they are held to.
        passed: milestones whose expected day went by in between, and that are not reached.
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
    replanned: list[Slip] = field(default_factory=list)
    done: list[UUID] = field(default_factory=list)
    slipped: list[Slip] = field(default_factory=list)
    advanced: list[Slip] = field(default_factory=list)
    passed: list[UUID] = field(default_factory=list)
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
            *(self.photos, self.withdrawn, self.replanned),
        )
        moved = self.is_new or self.light or self.spent_paise or self.budget_paise
        return bool(moved or self.owner or self.standing) or any(lists)


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
    budgets = (before.budget_paise if before else 0), after.budget_paise
    found = Changes(
        is_new=before is None,
        light=lights if lights[0] != lights[1] else None,
        owner=_moved(before.project.owner if before else None, after.project.owner),
        standing=_moved(before.project.standing if before else None, after.project.standing),
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
    for key, each in after.milestones.items():
        old = known.get(key)
        if old is None:
            found.milestones.append(key)
        elif old.planned_on != each.planned_on:
            found.replanned.append(Slip(key, old.planned_on, each.planned_on))
        if each.done_on is not None:
            if old is None or old.done_on is None:
                found.done.append(key)
            continue
        if old is not None and old.done_on is not None:
            found.reopened.append(key)
        elif old is not None and old.expected_on != each.expected_on:
            slip = Slip(key, old.expected_on, each.expected_on)
            (found.slipped if slip.days > 0 else found.advanced).append(slip)
        if from_day <= each.expected_on < to_day:
            found.passed.append(key)


def _moved(before: _T | None, after: _T) -> tuple[_T, _T] | None:
    return None if before is None or before == after else (before, after)


def _weighs(risk: Risk) -> int:
    return risk.score if risk.open else 0
