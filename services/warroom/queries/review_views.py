"""A review as callers see it: plain JSON values."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.india import day_of
from palika.paging import cursor_after, order_of, word_of
from services.warroom.domain.keeping import kept
from services.warroom.domain.reviews import Action, Meeting, Pack, Review, in_order
from services.warroom.domain.steps import may, may_answer, may_do
from services.warroom.models import ReviewChange, ReviewRow, ReviewVersion
from services.warroom.queries.reviews import action_args, actions_at, meetings_at, review_at
from services.warroom.queries.states import moment_of, states
from services.warroom.queries.views import moment as moment_view
from services.warroom.reference import city_days_off, city_reviews

_MOMENTS = ("starts_at", "since", "frozen_at", "opened_at", "closed_at")


def meeting_view(key: UUID, meeting: Meeting) -> dict[str, Any]:
    """A review in a list."""
    series = city_reviews().series.get(meeting.series)
    shown = kept(meeting)
    for name in _MOMENTS:
        value: datetime | None = getattr(meeting, name)
        shown[name] = None if value is None else moment_view(value)
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
        "recorded_at": moment_view(found.recorded_at),
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
        "days_beyond": action.days_beyond(today),
        "age_days": None if assigned is None else max(0, (end - assigned).days),
    }


def pack_view(pack: Pack) -> dict[str, Any]:
    """A frozen file, without where its bytes are."""
    return {
        "form": pack.form,
        "language": pack.language,
        "sha256": pack.sha256,
        "size": pack.size,
        "frozen_at": moment_view(pack.frozen_at),
    }


def get_review(session: Session, args: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """A review, as ``schemas.reviewing.ReadingReview`` asks.

    Raises:
        NotFound: there is none, or was none then.
        Invalid: ``as_of`` is to come.
    """
    return _read(review_at(session, args["review_id"], moment_of(args["as_of"], now)), args, now)


def _read(found: Review, args: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    read_at = args["as_of"] or max(now, found.recorded_at)
    return review_view(found, day_of(read_at)) | {"as_of": moment_view(read_at)}


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


def review_for(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """A review as ``get_review``, for who is to do something with it: ``may`` are the methods that
    the caller may call with it now (``domain/steps.py``; none of a past one), ``projects`` the
    ``name`` and ``owner`` of those that it is about, by code.

    Raises as ``get_review``.
    """
    moment = moment_of(args["as_of"], now)
    review = review_at(session, args["review_id"], moment)
    about = (*review.items.values(), *review.minutes.values(), *review.actions.values())
    ids = {each.project_id for each in about if each.project_id is not None}
    projects = {
        each.project.code: {"name": kept(each.project.name), "owner": each.project.owner}
        for each in states(session, ids, moment)
    }
    past = args["as_of"] is not None
    found = [] if past else may(review.meeting, caller.subject, caller.roles)
    return _read(review, args, now) | {"may": found, "projects": projects}


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


def list_actions(
    session: Session,
    args: Mapping[str, Any],
    now: datetime,
    caller: Identity | None = None,
) -> dict[str, Any]:
    """Actions by their day, as ``schemas.reviewing.ListingActions`` asks, a page at a time, with
    how many there are in all and how many promises were kept. What is ``overdue`` is so by its
    first day, as a promise is judged, however often it was extended.

    Args:
        caller: who asks; None: a terminal, where what may be done is not told, nor that anything
            waits for an answer.

    Returns:
        ``items`` (of each ``starts_at`` of its review, and what the caller may do with it: ``may``,
        and of an answer which, ``answers``; none of a past one), ``next``, the cursor of the next
        page, or None, and ``counts``.

    Raises:
        Invalid: ``as_of`` is to come, or the cursor is of another list.
    """
    moment = moment_of(args["as_of"], now)
    found = actions_at(session, moment, *action_args(args))
    today = day_of(args["as_of"] or now)
    if args["overdue"]:
        found = [each for each in found if each[2].days_beyond(today)]
    meetings = dict(meetings_at(session, moment, ReviewRow.id.in_({each[0] for each in found})))
    who = None if args["as_of"] else caller
    if args["to_answer"]:
        found = [each for each in found if _answers(who, meetings[each[0]], each[2])]
    if args["pending"] is False:
        found.reverse()
    kept_ones, following = _page(found, args)
    items = []
    for review, key, action in kept_ones:
        meeting = meetings[review]
        shown = action_view(review, key, action, today)
        shown["starts_at"] = moment_view(meeting.starts_at)
        if caller is not None:
            shown["may"] = _deeds(who, meeting, action)
            shown["answers"] = _answers(who, meeting, action)
        items.append(shown)
    counts = counted([each for _, _, each in found], today)
    return {"items": items, "next": following, "counts": counts}


def _deeds(who: Identity | None, meeting: Meeting, action: Action) -> list[str]:
    return [] if who is None else may_do(meeting, action, who.subject, who.roles)


def _answers(who: Identity | None, meeting: Meeting, action: Action) -> list[str]:
    return [] if who is None else may_answer(meeting, action, who.subject, who.roles)


_Found = tuple[UUID, UUID, Action]


def _page(found: list[_Found], args: Mapping[str, Any]) -> tuple[list[_Found], str | None]:
    """A page of actions in their order, and the cursor of the next."""
    order = order_of("actions", args)
    begins = 0
    if args["cursor"] is not None:
        word, key = word_of(order, args["cursor"])
        last = (word, str(key))
        back = args["pending"] is False
        begins = sum(_place(each) >= last if back else _place(each) <= last for each in found)
    page = found[begins : begins + args["limit"]]
    more = len(found) > begins + len(page)
    return page, cursor_after(order, _place(page[-1])[0], page[-1][1]) if more else None


def _place(one: _Found) -> tuple[str, str]:
    """By which actions are ordered (``reviews.actions_at``)."""
    return one[2].due_on.isoformat(), str(one[1])


def counted(actions: Sequence[Action], today: date) -> dict[str, int]:
    """How promises were kept, each by its first day."""
    return {
        "all": len(actions),
        "pending": sum(each.pending for each in actions),
        "overdue": sum(each.days_beyond(today) > 0 for each in actions),
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
            "at": moment_view(each.at),
            "reason": each.reason,
        }
        for each in rows
    ]
