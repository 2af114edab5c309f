"""A review as callers see it: plain JSON values."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika.india import day_of
from services.warroom.domain.keeping import kept
from services.warroom.domain.reviews import Action, Meeting, Pack, Review, in_order
from services.warroom.models import ReviewChange, ReviewRow, ReviewVersion
from services.warroom.queries.reviews import action_args, actions_at, meetings_at, review_at
from services.warroom.queries.states import moment_of, states
from services.warroom.queries.views import moment
from services.warroom.reference import city_days_off, city_reviews

_MOMENTS = ("starts_at", "since", "frozen_at", "opened_at", "closed_at")


def meeting_view(key: UUID, meeting: Meeting) -> dict[str, Any]:
    """A review in a list."""
    series = city_reviews().series.get(meeting.series)
    shown = kept(meeting)
    for name in _MOMENTS:
        value: datetime | None = getattr(meeting, name)
        shown[name] = None if value is None else moment(value)
    return {
        "id": str(key),
        "name": kept(series.name) if series else {"mr": meeting.series, "en": meeting.series},
        **shown,
        "holidays_known": day_of(meeting.starts_at).year in city_days_off().years,
    }


def review_view(found: Review, today: date) -> dict[str, Any]:
    """A review with its agenda, its minutes and its actions."""

    def shown(facts: Mapping[UUID, Any]) -> list[dict[str, Any]]:
        return [
            {"id": str(key), "position": found.positions[key], **kept(each)}
            for key, each in facts.items()
        ]

    order = in_order(found.items)
    dropped = {key: each for key, each in found.items.items() if each.dropped}
    return {
        **meeting_view(found.id, found.meeting),
        "version": found.version,
        "recorded_at": moment(found.recorded_at),
        "agenda": [{"number": at, **each} for at, each in enumerate(shown(dict(order)), 1)],
        "dropped": shown(dropped),
        "attendance": shown(found.attendance),
        "minuted": shown(found.minutes),
        "actions": [
            action_view(found.id, key, each, today) | {"position": found.positions[key]}
            for key, each in found.actions.items()
        ],
        "addenda": shown(found.addenda),
        "packs": [pack_view(each) for each in found.packs.values()],
    }


def action_view(review: UUID, key: UUID, action: Action, today: date) -> dict[str, Any]:
    """An action, with how old and how late it is on a day."""
    assigned = action.assigned_on
    end = action.done_on or today
    return {
        "id": str(key),
        "review_id": str(review),
        **kept(action),
        "kept": action.kept,
        "days_overdue": action.days_overdue(today),
        "age_days": None if assigned is None else max(0, (end - assigned).days),
    }


def pack_view(pack: Pack) -> dict[str, Any]:
    """A frozen file, without where its bytes are."""
    return {
        "form": pack.form,
        "language": pack.language,
        "sha256": pack.sha256,
        "size": pack.size,
        "frozen_at": moment(pack.frozen_at),
    }


def get_review(session: Session, args: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """A review, as ``schemas.reviewing.ReadingReview`` asks.

    Raises:
        NotFound: there is none, or was none then.
        Invalid: ``as_of`` is to come.
    """
    found = review_at(session, args["review_id"], moment_of(args["as_of"], now))
    read_at = args["as_of"] or max(now, found.recorded_at)
    return review_view(found, day_of(read_at)) | {"as_of": moment(read_at)}


def get_minutes(session: Session, args: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """A review as its minutes have it: once they are closed, as it was at that moment, whatever has
    become of its actions since, with the addenda; ``made_on`` is the day of the last word,
    ``project_names`` those of what it is about, by code.

    Raises as ``get_review``.
    """
    found = get_review(session, args, now)
    review = review_at(session, args["review_id"], moment_of(args["as_of"], now))
    closed_at = review.meeting.closed_at
    about = {*review.minutes.values(), *review.actions.values()}
    ids = {each.project_id for each in about if each.project_id is not None}
    names = {
        each.project.code: kept(each.project.name)
        for each in states(session, ids, closed_at or moment_of(args["as_of"], now))
    }
    found = found | {"project_names": names}
    if closed_at is None:
        return found | {"made_on": day_of(review.recorded_at).isoformat()}
    final = review_view(review_at(session, review.id, closed_at), day_of(closed_at))
    last = max([day_of(closed_at), *(each.on for each in review.addenda.values())])
    same = {name: found[name] for name in ("addenda", "project_names")}
    return final | same | {"made_on": last.isoformat()}


def list_reviews(session: Session, args: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Reviews, the last first, as ``schemas.reviewing.ListingReviews`` asks; ``next`` is what to
    give as ``before`` for the page behind this one.

    Raises:
        Invalid: ``as_of`` is to come.
    """
    only: list[Any] = []
    if args["series"] is not None:
        only.append(ReviewRow.series == args["series"])
    if args["phase"] is not None:
        only.append(ReviewVersion.content["phase"].astext == str(args["phase"]))
    if args["before"] is not None:
        only.append(ReviewRow.occurs_on < args["before"])
    found = meetings_at(session, moment_of(args["as_of"], now), *only)
    page = found[: args["limit"]]
    if len(found) > len(page):
        # Reviews of one day are on one page.
        last = page[-1][1].occurs_on
        page += [each for each in found[len(page) :] if each[1].occurs_on == last]
    more = len(found) > len(page)
    return {
        "items": [meeting_view(*each) for each in page],
        "next": page[-1][1].occurs_on.isoformat() if more else None,
    }


def list_actions(session: Session, args: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Actions by their day, as ``schemas.reviewing.ListingActions`` asks, with how many there are
    and how many promises were kept.

    Raises:
        Invalid: ``as_of`` is to come.
    """
    found = actions_at(session, moment_of(args["as_of"], now), *action_args(args))
    today = day_of(args["as_of"] or now)
    if args["overdue"]:
        found = [each for each in found if each[2].days_overdue(today)]
    return {
        "items": [action_view(*each, today) for each in found[: args["limit"]]],
        "counts": counted([each for _, _, each in found], today),
    }


def counted(actions: Sequence[Action], today: date) -> dict[str, int]:
    """How promises were kept."""
    return {
        "all": len(actions),
        "pending": sum(each.pending for each in actions),
        "overdue": sum(each.days_overdue(today) > 0 for each in actions),
        "kept": sum(each.kept is True for each in actions),
        "late": sum(each.kept is False for each in actions),
        "dropped": sum(each.work == "dropped" for each in actions),
    }


def history_of(session: Session, key: UUID) -> list[dict[str, Any]]:
    """What was done with a review, by whom, when and why; the first first."""
    rows = session.scalars(
        select(ReviewChange).where(ReviewChange.review_id == key).order_by(ReviewChange.position)
    )
    return [
        {
            "change": each.position,
            "action": each.action,
            "by": each.by,
            "at": moment(each.at),
            "reason": each.reason,
        }
        for each in rows
    ]
