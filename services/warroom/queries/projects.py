"""Projects, one or many, as they were known at a moment."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, case, func, select, true
from sqlalchemy.orm import Session, aliased

from palika.errors import NotFound
from palika.india import day_of
from palika.paging import cursor_after, order_of, word_of
from services.warroom.domain.changes import changes
from services.warroom.domain.facts import Light, State
from services.warroom.domain.progress import expected, moves, steps
from services.warroom.models import Change, Project, ReviewVersion, Version
from services.warroom.queries import views
from services.warroom.queries.past import past_of, past_view
from services.warroom.queries.review_views import action_view
from services.warroom.queries.reviews import actions_at, is_pending
from services.warroom.queries.states import NOW, find, moment_of, state, states

_WORST: Final = tuple(str(each) for each in (Light.RED, Light.AMBER, Light.GREEN, Light.NONE))
"""The colours, the worst first."""


def get(session: Session, args: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """A project with all that is known of it, as ``schemas.reading.Reading`` asks; ``actions`` are
    those of reviews that are still to be done, by their day; ``set_aside`` is when nobody worked on
    it, ``withdrawn_late`` the milestones that were late and are withdrawn.

    Raises:
        NotFound: there is none, or was none then.
        Invalid: ``as_of`` is to come.
    """
    moment = moment_of(args["as_of"], now)
    found = state(session, find(session, args), moment)
    read_at = _read_at(args, now, found)
    today = day_of(read_at)
    of_it = ReviewVersion.content["project_id"].astext == str(found.id)
    actions = [
        action_view(*each, today) for each in actions_at(session, moment, is_pending(), of_it)
    ]
    past = past_view(past_of(session, [found.id], moment)[found.id], today)
    read = {"actions": actions, "as_of": views.moment(read_at)}
    return views.whole(found, today) | past | read


def page(session: Session, args: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Projects, a page at a time, as ``schemas.reading.Listing`` asks; ``counts`` are how many
    there are of each colour, on all pages and whatever ``light`` is asked for.

    Raises:
        Invalid: ``as_of`` is to come, or the cursor is of another list.
    """
    moment, only = moment_of(args["as_of"], now), _filters(args)
    found, following = _page(session, args, moment, only)
    read_at = _read_at(args, now, *found)
    return {
        "items": [views.head(each, day_of(read_at)) for each in found],
        "next": following,
        "counts": _counts(session, moment, only),
        "as_of": views.moment(read_at),
    }


def public_page(session: Session, args: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """What citizens may see, as ``schemas.reading.PublicListing`` asks.

    Raises:
        Invalid: the cursor is of another list.
    """
    only = [Version.content["public"].as_boolean().is_(true()), *_filters(args)]
    found, following = _page(session, args, NOW, only)
    return {"items": [views.public(each, day_of(now)) for each in found], "next": following}


def public_one(session: Session, args: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """One project as citizens see it.

    Raises:
        NotFound: there is none, or it is not public.
    """
    found = state(session, find(session, args), NOW)
    if not found.project.public:
        raise NotFound("there is no such project", {"code": args["code"], "id": args["id"]})
    return views.public(found, day_of(now))


def schedule(session: Session, args: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The critical path, and what slips when a milestone does, as ``schemas.reading.Scheduling``
    asks.

    Raises as ``get``, and:
        Invalid: the milestone is none of the project's, or is reached.
    """
    found = state(session, find(session, args), moment_of(args["as_of"], now))
    read_at = _read_at(args, now, found)
    today = day_of(read_at)
    plan = expected(found, today)
    answer: dict[str, Any] = {
        "id": str(found.id),
        "code": found.project.code,
        "version": found.version,
        "as_of": views.moment(read_at),
        "finish": plan and plan.finish.isoformat(),
        "critical_path": [],
        "milestones": [],
        "slips": [],
    }
    if plan is None:
        return answer
    keys = {str(key): each.key for key, each in found.milestones.items()}
    days = {each.key: each.days for each in steps(found.project, found.milestones, today)}
    answer["critical_path"] = [keys[each] for each in plan.critical_path]
    answer["milestones"] = [
        {
            "id": key,
            "key": keys[key],
            "days": days[key],
            "early": each.early.isoformat(),
            "late": each.late.isoformat(),
            "slack_days": each.slack,
            "critical": each.critical,
        }
        for key, each in sorted(plan.timings.items(), key=lambda one: (one[1].early, keys[one[0]]))
    ]
    if args["milestone_id"] is not None:
        shifts = moves(found, today, args["milestone_id"], args["slip_days"])
        answer["slips"] = [
            {"id": key, "key": keys[key], "days": shift} for key, shift in shifts.items()
        ]
    return answer


def compare(session: Session, args: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """What has changed of a project between two moments, as ``schemas.reading.Comparing`` asks.

    Raises:
        NotFound: there is none, or was none at ``until``.
        Invalid: a moment is to come.
    """
    key = find(session, args)
    moment_of(args["since"], now)
    after = state(session, key, moment_of(args["until"], now))
    before = next(iter(states(session, [key], args["since"])), None)
    return compared(before, after, args["since"], args["until"] or now)


def compared(
    before: State | None, after: State, since: datetime, until: datetime
) -> dict[str, Any]:
    """Two states of a project on one page."""
    found = changes(before, after, day_of(since), day_of(until))
    return {
        "id": str(after.id),
        "code": after.project.code,
        "name": {"mr": after.project.name.mr, "en": after.project.name.en},
        "since": views.moment(since),
        "until": views.moment(until),
        "version_before": before and before.version,
        "version": after.version,
        **views.changes_view(found, before, after),
    }


def history(session: Session, args: Mapping[str, Any]) -> dict[str, Any]:
    """What was done with a project, the newest first, as ``schemas.reading.Telling`` asks.

    Raises:
        NotFound: there is none.
    """
    asked = select(Change).where(Change.project_id == find(session, args))
    if args["before"] is not None:
        asked = asked.where(Change.position < args["before"])
    asked = asked.order_by(Change.position.desc()).limit(args["limit"] + 1)
    found = session.scalars(asked).all()
    items = [
        {
            "change": each.position,
            "action": each.action,
            "by": each.by,
            "at": views.moment(each.at),
            "valid_on": each.valid_on.isoformat(),
            "reason": each.reason,
        }
        for each in found[: args["limit"]]
    ]
    more = len(found) > args["limit"]
    return {"items": items, "next": items[-1]["change"] if more else None}


def _read_at(args: Mapping[str, Any], now: datetime, *found: State) -> datetime:
    """As of when what was found is found again: now, but not before its own last change, which
    another machine's clock may have dated."""
    return args["as_of"] or max([now, *(each.recorded_at for each in found)])


def _filters(args: Mapping[str, Any]) -> list[Any]:
    """Of the project's own version."""
    content = Version.content
    found = []
    for name in ("department", "owner", "standing"):
        if args.get(name) is not None:
            found.append(content[name].astext == str(args[name]))
    if args.get("ward") is not None:
        # A project without wards is of the whole city, and so of this one too.
        none = func.jsonb_array_length(content["wards"]) == 0
        found.append(content["wards"].contains([args["ward"]]) | none)
    return found


def _page(
    session: Session, args: Mapping[str, Any], moment: datetime, only: list[Any]
) -> tuple[list[State], str | None]:
    """A page of states in their order, and the cursor of the next."""
    order = order_of("code", args)
    place: ColumnElement[str] = Project.code
    if args.get("order") == "health":
        rank = case({light: str(at) for at, light in enumerate(_WORST)}, value=_light(moment))
        place = rank.concat(Project.code)
    asked = (
        select(place, Project.id)
        .join(Version, Version.entity_id == Project.id)
        .where(Version.since <= moment, Version.until > moment, *only)
        .order_by(place, Project.id)
        .limit(args["limit"] + 1)
    )
    if args.get("light") is not None:
        asked = asked.where(_light(moment) == str(args["light"]))
    if args["cursor"] is not None:
        last, _ = word_of(order, args["cursor"])
        asked = asked.where(place > last)
    rows = session.execute(asked).all()
    kept = rows[: args["limit"]]
    at = {key: number for number, (_, key) in enumerate(kept)}
    found = sorted(states(session, list(at), moment), key=lambda each: at[each.id])
    following = cursor_after(order, *_last(kept)) if len(rows) > len(kept) else None
    return found, following


def _counts(session: Session, moment: datetime, only: list[Any]) -> dict[str, int]:
    light = _light(moment).label("light")
    asked = (
        select(light, func.count())
        .select_from(Project)
        .join(Version, Version.entity_id == Project.id)
        .where(Version.since <= moment, Version.until > moment, *only)
        .group_by(light)
    )
    return dict.fromkeys(_WORST, 0) | {row[0]: row[1] for row in session.execute(asked)}


def _light(moment: datetime) -> ColumnElement[str]:
    """The colour of a project; that is not judged yet, none."""
    health = aliased(Version)
    judged = select(health.content["light"].astext).where(
        health.project_id == Project.id,
        health.kind == "health",
        health.since <= moment,
        health.until > moment,
    )
    return func.coalesce(judged.scalar_subquery(), str(Light.NONE))


def _last(rows: Any) -> tuple[str, uuid.UUID]:
    code, key = rows[-1]
    return code, key
