"""What a briefing pack shows: all of it as plain JSON, as it was known at one moment."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from palika.india import day_of
from services.warroom.domain.agenda import Subject
from services.warroom.domain.facts import SEVERE, Light, State
from services.warroom.domain.health import ORDER
from services.warroom.domain.keeping import kept
from services.warroom.domain.progress import days_expected, expected
from services.warroom.domain.reviews import Item, Review, in_order
from services.warroom.queries import views
from services.warroom.queries.past import past_view
from services.warroom.queries.projects import compared
from services.warroom.queries.review_views import action_view, counted, meeting_view
from services.warroom.queries.subjects import Looked, Promise
from services.warroom.reference import departments

PHOTOS: Final = 2
"""So many photographs stand on a project's page: the latest."""
FORMAT: Final = 1
"""Of the snapshot; a reader of a later release looks at it."""


def snapshot(review: Review, seen: Looked) -> dict[str, Any]:
    """The review's agenda, a page of each project on it, a line of each other one, the promises."""
    order = in_order(review.items)
    subjects = {each.state.id: each for each in seen.subjects}
    pages = []
    for _, item in order:
        if item.project_id is not None and item.project_id in subjects:
            pages.append(_page(subjects[item.project_id], item, seen))
    shown = {item.project_id for _, item in order}
    return {
        "format": FORMAT,
        "review": meeting_view(review.id, review.meeting),
        "as_of": views.moment(seen.at),
        "day": seen.today.isoformat(),
        "since": None if seen.since is None else views.moment(seen.since),
        "last_held": None if seen.last_held is None else views.moment(seen.last_held),
        "agenda": [
            {"number": at, "id": str(key), **kept(item)} for at, (key, item) in enumerate(order, 1)
        ],
        "projects": pages,
        "others": [
            _line(each.state, seen.today) for each in seen.subjects if each.state.id not in shown
        ],
        "promises": [_promise(each, seen.today) for each in seen.promises],
        "counts": counted([each for _, _, each in seen.promises], seen.today),
        "kpis": kept(seen.kpis),
        "departments": {
            each.department: kept(departments()[each.department])
            for each in seen.kpis
            if each.department in departments()
        },
        "summary": _summary(seen),
    }


def photo_ids(content: Mapping[str, Any]) -> list[UUID]:
    """The photographs that the pages of a snapshot show: of what has time on the agenda."""
    return [
        UUID(each["id"])
        for page in content["projects"]
        if page["minutes"]
        for each in page["latest_photos"]
    ]


def _summary(seen: Looked) -> dict[str, Any]:
    """What has changed of all projects since the last review: in which colour how many are, and
    were then; which have turned; how many milestones and issues there were."""
    now, then = (
        Counter(str(each.health.light) for each in states if each.health)
        for states in ([each.state for each in seen.subjects], seen.before.values())
    )
    turned: dict[str, list[str]] = {"worse": [], "better": []}
    for each in seen.subjects:
        light = each.changes.light
        if light is None or None in light or Light.NONE in light:
            continue
        worse = ORDER.index(light[1] or Light.NONE) < ORDER.index(light[0] or Light.NONE)
        turned["worse" if worse else "better"].append(each.state.project.code)
    told = [each.changes for each in seen.subjects if not each.changes.is_new]
    return {
        "lights": {str(each): [now[str(each)], then[str(each)]] for each in ORDER},
        **turned,
        "new": [each.state.project.code for each in seen.subjects if each.changes.is_new],
        "reached": sum(len(each.done) for each in told),
        "slipped": sum(len(each.slipped) for each in told),
        "issues_new": sum(len(each.issues) for each in told),
        "issues_resolved": sum(len(each.resolved) for each in told),
    }


def _page(subject: Subject, item: Item, seen: Looked) -> dict[str, Any]:
    state, today = subject.state, seen.today
    before = seen.before.get(state.id)
    project_promises = [each for each in seen.promises if each[2].project_id == state.id]
    since = seen.since or seen.at
    days = days_expected(state, today)
    latest = sorted(state.photos.items(), key=lambda one: one[1].taken_on, reverse=True)
    risks = sorted(
        (each for each in state.risks.values() if each.open), key=lambda each: -each.score
    )
    return {
        **views.head(state, today),
        **past_view(subject.past, today),
        "why": kept(item.why),
        "excluded": kept(item.excluded),
        "minutes": item.minutes,
        "critical": _critical(subject, before, today, seen),
        "milestones": [
            {
                **kept(each),
                **views.due(each, days[key]),
                "critical": key in subject.critical,
            }
            for key, each in sorted(state.milestones.items(), key=lambda one: one[1].planned_on)
        ],
        "risks": [kept(each) | {"score": each.score} for each in risks],
        "latest_photos": [
            {
                "id": str(key),
                "caption": each.caption,
                "taken_on": each.taken_on.isoformat(),
            }
            for key, each in latest[:PHOTOS]
        ],
        "changes": compared(before, state, since, seen.at),
        "promises": [_promise(each, today) for each in project_promises],
        "decisions_asked": _asked(state, project_promises, today),
    }


def _critical(subject: Subject, before: State | None, today: date, seen: Looked) -> dict[str, Any]:
    """The end as it is expected, by how much that has moved since the last review, and what is left
    on the critical path."""
    state = subject.state
    plan = expected(state, today)
    if plan is None:
        return {"finish": None, "moved_days": None, "path": []}
    old = expected(before, day_of(seen.since)) if before and seen.since else None
    left = [
        (key, each)
        for key, each in state.milestones.items()
        if key in subject.critical and each.done_on is None
    ]
    left.sort(key=lambda one: plan.timings[str(one[0])].early)
    return {
        "finish": plan.finish.isoformat(),
        "moved_days": None if old is None else (plan.finish - old.finish).days,
        "path": [
            {
                "name": kept(each.name),
                "planned_on": each.planned_on.isoformat(),
                "early": plan.timings[str(key)].early.isoformat(),
            }
            for key, each in left
        ],
    }


def _asked(state: State, promises: Sequence[Promise], today: date) -> list[dict[str, Any]]:
    """The decisions that the review is asked for: severe issues to be cleared, and what owners say
    is done. What a court has is not asked for."""
    issues = [
        {
            "kind": "issue",
            "title": each.title,
            "post": each.post,
            "due_on": each.due_on.isoformat(),
            "late_days": max(0, (today - each.due_on).days),
        }
        for each in state.issues.values()
        if each.open and each.severity in SEVERE and not each.sub_judice
    ]
    claims = [
        {
            "kind": "claim",
            "title": each.title,
            "post": each.post,
            "due_on": each.due_on.isoformat(),
            "late_days": 0,
        }
        for _, _, each in promises
        if each.work == "claimed"
    ]
    return sorted(issues, key=lambda each: str(each["due_on"])) + claims


def _promise(promise: Promise, today: date) -> dict[str, Any]:
    review, key, action = promise
    return action_view(review, key, action, today)


def _line(state: State, today: date) -> dict[str, Any]:
    shown = views.head(state, today)
    names = ("code", "name", "health", "done_percent", "planned_percent", "expected_end")
    return {name: shown[name] for name in names}
