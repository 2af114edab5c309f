"""A project as callers see it: plain JSON values, names in both languages."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from fractions import Fraction
from typing import Any
from uuid import UUID

from palika.moments import in_utc
from palika.text import Name
from services.warroom.domain.changes import Changes, Slip
from services.warroom.domain.facts import Fact, Forecast, Health, Milestone, State
from services.warroom.domain.forecast import WHY
from services.warroom.domain.keeping import kept
from services.warroom.domain.optimism import Error
from services.warroom.domain.progress import (
    days_expected,
    earned,
    expected,
    planned_end,
    stage_of,
    whole_percent,
)
from services.warroom.reference import city_stages, departments, wards

_SECRET = frozenset({"content_key", "thumbnail_key", "sha256"})
"""What of a photograph is nobody's business: where its bytes are."""


def moment(value: datetime) -> str:
    """A moment as it goes out: UTC with ``Z``."""
    return in_utc(value).isoformat().replace("+00:00", "Z")


def head(state: State, today: date) -> dict[str, Any]:
    """A project in a list: what it is, where it stands, what it has cost.

    Args:
        today: the day (of India) of the reading.
    """
    project = state.project
    found = earned(state.milestones.values(), today)
    plan, end = planned_end(state.milestones.values()), expected(state, today)
    stage, budget = stage_of(state, city_stages()), state.budget_paise
    return {
        "id": str(state.id),
        "version": state.version,
        "recorded_at": moment(state.recorded_at),
        "updated_at": moment(state.updated_at),
        **kept(project),
        "department_name": _named(departments(), project.department),
        "ward_names": [_named(wards(), each) for each in project.wards],
        "stage": stage and {"code": stage.code, "mr": stage.name.mr, "en": stage.name.en},
        "sanctioned_paise": state.sanctioned_paise,
        "budget_paise": budget,
        "spent_paise": state.spent_paise,
        "spent_percent": budget and whole_percent(Fraction(state.spent_paise, budget)),
        "planned_percent": found and whole_percent(found.planned),
        "done_percent": found and whole_percent(found.earned),
        "planned_end": plan and plan.isoformat(),
        "expected_end": end and end.finish.isoformat(),
        "forecasts": {str(each.basis): forecast(each) for each in state.forecasts.values()},
        "health": state.health and health_view(state.health),
        "open_issues": sum(each.open for each in state.issues.values()),
        "open_risks": sum(each.open for each in state.risks.values()),
    }


def whole(state: State, today: date) -> dict[str, Any]:
    """A project with all that is known of it. ``expected_on`` of a milestone is the day that the
    critical path has, ``late`` whether that is after the one of its plan."""
    end = expected(state, today)
    milestones = []
    for key, each in sorted(state.milestones.items(), key=lambda one: one[1].planned_on):
        assert end is not None
        timing = end.timings[str(key)]
        milestones.append(
            fact(key, each)
            | {
                **due(each, timing.early),
                "critical": timing.critical,
                "slack_days": timing.slack,
            }
        )
    return head(state, today) | {
        "milestones": milestones,
        "money": facts(state.money),
        "risks": [fact(key, each) | {"score": each.score} for key, each in state.risks.items()],
        "issues": facts(state.issues),
        "decisions": facts(state.decisions),
        "progress": facts(state.progress),
        "photos": facts(state.photos),
        "links": facts(state.links),
    }


def public(state: State, today: date) -> dict[str, Any]:
    """A project as citizens see it: no posts, no issues or risks; what staff has written is its
    names and summary, the names of milestones, and the captions of the photographs that are
    public."""
    shown = head(state, today)
    names = (
        *("id", "code", "name", "summary", "department", "department_name", "wards"),
        *("ward_names", "lat", "lon", "standing", "starts_on", "stage", "sanctioned_paise"),
        *("budget_paise", "spent_paise", "planned_percent", "done_percent", "planned_end"),
        *("expected_end", "updated_at"),
    )
    milestones = sorted(state.milestones.items(), key=lambda one: one[1].planned_on)
    days = days_expected(state, today)
    open_to_all = {key: each for key, each in state.photos.items() if each.public}
    return {name: shown[name] for name in names} | {
        "milestones": [
            {
                "name": kept(each.name),
                "stage": each.stage,
                "planned_on": each.planned_on.isoformat(),
                "expected_on": days[key].isoformat(),
                "done_on": each.done_on and each.done_on.isoformat(),
            }
            for key, each in milestones
        ],
        "photos": facts(open_to_all),
    }


def due(milestone: Milestone, day: date) -> dict[str, Any]:
    """When a milestone is expected, or was reached, and how late that is by its plan."""
    late = max(0, (day - milestone.planned_on).days)
    return {"expected_on": day.isoformat(), "late_days": late, "late": late > 0}


def fact(key: UUID, one: Fact) -> dict[str, Any]:
    """A fact with its id."""
    return {
        "id": str(key),
        **{name: value for name, value in kept(one).items() if name not in _SECRET},
    }


def facts(given: Mapping[UUID, Fact]) -> list[dict[str, Any]]:
    """Facts with their ids, in the order of their making."""
    return [fact(key, each) for key, each in given.items()]


def health_view(one: Health) -> dict[str, Any]:
    """A colour with its reasons, the worst first."""
    return {
        "light": str(one.light),
        "reasons": [
            {
                "code": each.code,
                "light": str(each.light),
                "mr": each.text.mr,
                "en": each.text.en,
            }
            for each in one.reasons
        ],
    }


def forecast(one: Forecast) -> dict[str, Any]:
    """A forecast; where it cannot be told, why."""
    why = None if one.cannot is None else WHY[one.cannot]
    return kept(one) | {"why": why and {"mr": why.mr, "en": why.en}}


def changes_view(found: Changes, before: State | None, after: State) -> dict[str, Any]:
    """What has changed, with the facts themselves."""
    old, new = found.light or (None, None)

    def shown(place: str, keys: Iterable[UUID]) -> list[dict[str, Any]]:
        known = getattr(after, place)
        return [fact(key, known[key]) for key in keys]

    def slips(given: Iterable[Slip]) -> list[dict[str, Any]]:
        return [
            fact(each.milestone, after.milestones[each.milestone])
            | {
                "was": each.was.isoformat(),
                "now": each.now.isoformat(),
                "days_later": each.days,
            }
            for each in given
        ]

    def moved(given: Sequence[Slip]) -> list[dict[str, Any]]:
        told = zip(slips(given), given, strict=True)
        return [line | {"because": str(each.because)} for line, each in told]

    gone = {
        place: [fact(key, getattr(before, place)[key]) for key in keys]
        for place, keys in found.withdrawn.items()
    }
    return {
        "any": found.any,
        "is_new": found.is_new,
        "light": found.light and {"before": old and str(old), "now": new and str(new)},
        "owner": _pair(found.owner),
        "standing": _pair(found.standing),
        "health": after.health and health_view(after.health),
        "milestones_done": shown("milestones", found.done),
        "milestones_slipped": moved(found.slipped),
        "milestones_advanced": moved(found.advanced),
        "milestones_replanned": slips(found.replanned),
        "planned_end": found.planned_end
        and {
            "before": found.planned_end[0].isoformat(),
            "now": found.planned_end[1].isoformat(),
        },
        "milestones_revised": [
            fact(each.milestone, after.milestones[each.milestone])
            | {"what": each.what, "value_before": each.was, "value_now": each.now}
            for each in found.revised
        ],
        "milestones_passed": [
            fact(key, after.milestones[key]) | {"expected_on": passed_on.isoformat()}
            for key, passed_on in found.passed.items()
        ],
        "milestones_reopened": shown("milestones", found.reopened),
        "milestones_new": shown("milestones", found.milestones),
        "spent_paise": found.spent_paise,
        "budget": found.budget_paise
        and {"before_paise": found.budget_paise[0], "now_paise": found.budget_paise[1]},
        "risks_new": shown("risks", found.risks),
        "risks_risen": shown("risks", found.risen),
        "issues_new": shown("issues", found.issues),
        "issues_resolved": shown("issues", found.resolved),
        "decisions": shown("decisions", found.decisions),
        "progress": shown("progress", found.progress),
        "photos": shown("photos", found.photos),
        "withdrawn": gone,
    }


def error_view(one: Error) -> dict[str, Any]:
    """How wrong a group's forecasts were."""
    return kept(one)


def _pair(found: tuple[str, str] | None) -> dict[str, str] | None:
    return found and {"before": str(found[0]), "now": str(found[1])}


def _named(known: Mapping[str, Name], code: str) -> dict[str, str]:
    """Its names; a code that the city has no more is its own."""
    found = known.get(code)
    return {"mr": found.mr if found else code, "en": found.en if found else code}
