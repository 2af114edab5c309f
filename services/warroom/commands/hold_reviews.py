"""Put reviews into the calendar by the rule of their series; move one, or call it off."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from palika.auth import SYSTEM, Identity
from palika.errors import Invalid
from palika.india import INDIA, day_of
from services.warroom.commands.sitting import Sitting
from services.warroom.commands.telling import attending
from services.warroom.domain.review_policy import Series
from services.warroom.domain.reviews import Meeting, Phase, Review
from services.warroom.domain.rhythm import DaysOff
from services.warroom.domain.steps import Step
from services.warroom.models import ReviewRow, ReviewVersion
from services.warroom.queries.reviews import meetings_at
from services.warroom.queries.states import NOW
from services.warroom.reference import city_days_off, city_reviews
from services.warroom.schemas import REVIEW_CANCELLED, REVIEW_MOVED

_DAY = timedelta(days=1)
_log = logging.getLogger(__name__)
_CALENDAR = 0x77617263  # "warc"


def review_id(series: str, occurs_on: object) -> UUID:
    """The id of the review of a day: the same in every process."""
    return uuid5(NAMESPACE_URL, f"urn:palika:warroom:review:{series}:{occurs_on}")


def hold_reviews(session: Session, now: datetime) -> int:
    """Put the reviews of the coming weeks into the calendar.

    One that nobody has moved by hand is moved when the day on which it is to be held has become a
    holiday meanwhile, or its series another time, and who attends it is told. Who leads it and how
    long it is go with the series until it begins. Any number of processes may do so at once.

    Returns:
        How many were put in or changed.
    """
    done = 0
    off = city_days_off()
    for series in city_reviews().series.values():
        # What is over was held or not: it is not put in afterwards.
        first = day_of(now) + timedelta(days=1)
        last = first + timedelta(days=series.ahead_days)
        for day in series.rhythm.days(first, last):
            done += hold_review(session, series, day, now)
            if day.year not in off.years:
                _log.warning(
                    "the holidays of %d are not known: the review of %s may be on one",
                    day.year,
                    day,
                )
        # Their day by the rule is over; the day on which they are held is to come.
        for day in _still_to_come(session, series, first):
            done += hold_review(session, series, day, now)
    return done


def _still_to_come(session: Session, series: Series, first: date) -> list[date]:
    scheduled = meetings_at(
        session,
        NOW,
        ReviewRow.series == series.code,
        ReviewRow.occurs_on < first,
        ReviewVersion.content["phase"].astext == str(Phase.SCHEDULED),
    )
    return [each.occurs_on for _, each in scheduled if day_of(each.starts_at) >= first - _DAY]


def hold_review(session: Session, series: Series, day: date, now: datetime) -> bool:
    """Put one review into the calendar, or let one that is there go with its series.

    Args:
        day: by the rule of the series.

    Returns:
        Whether it was put in or changed.
    """
    # Two at once wait for each other; the second finds what the first has put in.
    session.execute(select(func.pg_advisory_xact_lock(_CALENDAR)))
    meeting = _planned(series, day, city_days_off())
    key = review_id(series.code, day)
    if session.scalar(select(ReviewRow.id).where(ReviewRow.id == key)) is not None:
        return _gone_with(session, key, meeting, now)
    Sitting.begin(session, SYSTEM("warroom"), key, meeting, now).save("hold")
    return True


def _planned(series: Series, day: date, off: DaysOff) -> Meeting:
    held, why = series.rhythm.held_on(day, off)
    return Meeting(
        series.code,
        day,
        series.rhythm.moment(held),
        series.minutes,
        series.chair,
        series.secretary,
        series.takers,
        moved=why,
    )


def _gone_with(session: Session, key: UUID, planned: Meeting, now: datetime) -> bool:
    sitting = Sitting.load(session, SYSTEM("warroom"), {"review_id": key}, now)
    old = sitting.meeting
    if old.phase is not Phase.SCHEDULED or old.starts_at <= now:
        return False
    put = replace(
        old,
        minutes=planned.minutes,
        chair=planned.chair,
        secretary=planned.secretary,
        takers=planned.takers,
    )
    # A reason is of who has moved it: that stands. And nothing is moved to what is over.
    if old.reason is None and planned.starts_at > now:
        put = replace(put, starts_at=planned.starts_at, moved=planned.moved)
    if put == old:
        return False
    sitting.put(key, put)
    if put.starts_at == old.starts_at:
        sitting.save("follow_series")
        return True
    # Days by the rule do not move: another time of the day is the series', another day a holiday's.
    same_time = put.starts_at.astimezone(INDIA).time() == old.starts_at.astimezone(INDIA).time()
    _tell_moved(session, sitting, old, "holiday" if same_time else "series")
    sitting.save("move")
    return True


def _tell_moved(session: Session, sitting: Sitting, old: Meeting, reason: str) -> None:
    told = sitting.event(
        review_id=sitting.id,
        category=old.series,
        occurs_on=old.occurs_on,
        starts_before=old.starts_at,
        starts_at=sitting.meeting.starts_at,
        reason=reason,
        to=attending(session, sitting),
        moved_at=sitting.now,
    )
    sitting.tell(REVIEW_MOVED.new(**told))


def reschedule(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Review:
    """Hold a review at another time, as ``schemas.reviewing.Moving`` has it; who attends it is
    told. The series keeps its rhythm.

    Raises as ``Sitting.load``, and:
        Forbidden: it is for who leads the review.
        Conflict: it has begun, or was called off.
        Invalid: the time is past, on a day off, or not before the series' next review.
    """
    sitting = Sitting.load(session, caller, args, now)
    sitting.check_step(Step.RESCHEDULE)
    starts_at = args["starts_at"]
    if starts_at <= sitting.now:
        raise Invalid("it is over", {"starts_at": ["must be to come"]})
    why = city_days_off().why(day_of(starts_at))
    if why is not None:
        raise Invalid("nobody meets then", {"starts_at": [f"is on a day off: {why.en}"]})
    old = sitting.meeting
    series = city_reviews().series.get(old.series)
    if series is not None:
        following = old.occurs_on + timedelta(weeks=series.rhythm.every_weeks)
        if day_of(starts_at) >= following:
            rule = f"must be before {following}, the day of the next review of the series"
            raise Invalid("it is too late", {"starts_at": [rule]})
    sitting.put(sitting.id, replace(old, starts_at=starts_at, moved=None, reason=args["reason"]))
    if starts_at != old.starts_at:
        _tell_moved(session, sitting, old, "chair")
    return sitting.save("reschedule", args["reason"])


def cancel(session: Session, caller: Identity, args: Mapping[str, Any], now: datetime) -> Review:
    """Call a review off, as ``schemas.reviewing.Cancelling`` has it; who attends it is told. What
    it would have looked at, the next one does.

    Raises as ``reschedule``.
    """
    sitting = Sitting.load(session, caller, args, now)
    sitting.check_step(Step.CANCEL)
    sitting.put(sitting.id, replace(sitting.meeting, phase=Phase.CANCELLED, reason=args["reason"]))
    told = sitting.event(
        review_id=sitting.id,
        category=sitting.meeting.series,
        occurs_on=sitting.meeting.occurs_on,
        starts_at=sitting.meeting.starts_at,
        to=attending(session, sitting),
        cancelled_at=sitting.now,
    )
    sitting.tell(REVIEW_CANCELLED.new(**told))
    return sitting.save("cancel", args["reason"])
