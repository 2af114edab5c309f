"""The demo's reviews: held by the rule, prepared, minuted, and their promises followed."""

import heapq
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.india import INDIA, day_of
from palika.store import Store
from services.warroom.commands.follow_actions import (
    answer_action,
    complete_action,
    follow_actions,
    report_action,
)
from services.warroom.commands.freeze import freeze
from services.warroom.commands.hold_reviews import cancel, hold_review, review_id
from services.warroom.commands.judge import judge
from services.warroom.commands.take_minutes import assign, attend, close, minute, open_review
from services.warroom.domain.progress import expected
from services.warroom.domain.reviews import Action, Item, Phase, Review, in_order
from services.warroom.queries.reviews import review_at
from services.warroom.queries.states import NOW, find, state
from services.warroom.reference import city_reviews, read_data
from services.warroom.schemas import reviewing as schemas

_Begin = Callable[[], AbstractContextManager[Session]]
_Deed = Callable[[datetime], None]
_AHEAD: Final = 4
"""So many reviews to come are in the calendar."""
_PREPARED: Final = timedelta(hours=18)
"""Before it begins its pack is frozen: in the evening of the day before."""
_CLOCK: Final = time(6, 30)
"""Of India: when the day's reminders go out."""


class Sittings:
    """The reviews of the first series, one after the other, until now."""

    def __init__(self, begin: _Begin, store: Store, rng: random.Random, now: datetime) -> None:
        """Prepare."""
        self._begin, self._store, self._rng, self._now = begin, store, rng, now
        self._demo: Mapping[str, Any] = read_data("seed.yaml")["reviews"]
        self._series = next(iter(city_reviews().series.values()))
        self._days = list(self._planned())
        self._due: list[tuple[datetime, int, _Deed]] = []
        self._count = 0
        self._secretary = Identity.of(f"supervisor:{self._series.secretary}", "supervisor")
        self._taker = Identity.of(f"officer:{self._series.takers[0]}", "officer")
        self._chair = Identity.of(f"supervisor:{self._series.chair}", "supervisor")

    def go(self) -> Iterator[datetime]:
        """Hold them: gives each moment before anything is done at it."""
        if not self._days:
            return
        first = self._series.rhythm.moment(self._days[0]) - timedelta(days=30)
        self._at(first, self._begin_calendar)
        while self._due and self._due[0][0] < self._now:
            moment, _, deed = heapq.heappop(self._due)
            yield moment
            deed(moment)

    def _planned(self) -> Iterator[date]:
        """The days by the rule, whether the series was there then or not."""
        rhythm = self._series.rhythm
        step = timedelta(weeks=rhythm.every_weeks)
        today = day_of(self._now)
        earlier = replace(rhythm, first_on=rhythm.first_on - 1_000 * step)
        return earlier.days(today - self._demo["held"] * step, today)

    def _at(self, moment: datetime, deed: _Deed) -> None:
        self._count += 1
        heapq.heappush(self._due, (moment, self._count, deed))

    def _begin_calendar(self, moment: datetime) -> None:
        for day in self._days[:_AHEAD]:
            self._hold(day, moment)
        clock = datetime.combine(day_of(moment) + timedelta(days=1), _CLOCK, INDIA)
        self._at(clock, self._follow)

    def _follow(self, moment: datetime) -> None:
        follow_actions(self._begin, moment)
        self._at(moment + timedelta(days=1), self._follow)

    def _hold(self, day: date, moment: datetime) -> None:
        with self._begin() as session:
            hold_review(session, self._series, day, moment)
        key = review_id(self._series.code, day)
        starts_at = self._review(key).meeting.starts_at
        if self._chance("called_off_percent"):
            self._at(starts_at - timedelta(days=2), lambda now: self._call_off(key, now))
        self._at(starts_at - _PREPARED, lambda now: self._prepare(key, now))

    def _call_off(self, key: UUID, moment: datetime) -> None:
        reason = self._rng.choice(self._demo["called_off"])
        self._do(cancel, schemas.Cancelling, self._chair, moment, review_id=key, reason=reason)

    def _prepare(self, key: UUID, moment: datetime) -> None:
        """The evening before: how every project stands today, the agenda, and the pack."""
        meeting = self._review(key).meeting
        later = self._days.index(meeting.occurs_on) + _AHEAD
        if later < len(self._days):
            self._hold(self._days[later], moment)
        if meeting.phase is not Phase.SCHEDULED:
            return
        judge(self._begin, moment)
        args = schemas.WritingReview().load({"review_id": str(key)})
        freeze(self._begin, self._store, self._secretary, args, moment)
        if meeting.starts_at + timedelta(minutes=meeting.minutes) < self._now:
            self._at(meeting.starts_at, lambda now: self._sit(key, now))

    def _sit(self, key: UUID, moment: datetime) -> None:
        """Two hours: who is there, what is said of each project, and what is promised."""
        of = {"review_id": key}
        self._do(open_review, schemas.WritingReview, self._taker, moment, **of)
        review = self._review(key)
        items = [each for _, each in in_order(review.items) if each.minutes and each.project_id]
        items = items[: self._demo["discussed"]]
        owners = {each.code: self._owner(each) for each in items}
        minuted = moment + timedelta(minutes=5)
        posts = sorted({review.meeting.chair, review.meeting.secretary, *owners.values()})
        for post in posts:
            self._attend(of, post, review.meeting.chair, minuted)
        for item in items:
            minuted += timedelta(minutes=item.minutes)
            self._discuss(of, item, owners[item.code], minuted)
        ends = max(minuted, moment + timedelta(minutes=review.meeting.minutes))
        self._do(close, schemas.WritingReview, self._chair, ends, **of)
        for action, each in self._review(key).actions.items():
            self._promise(action, each, ends)

    def _attend(self, of: Mapping[str, Any], post: str, chair: str, moment: datetime) -> None:
        given: dict[str, Any] = {"post": post, "presence": "present"}
        if post != chair and self._chance("away_percent"):
            given["presence"] = self._rng.choice(["absent", "represented"])
        if given["presence"] == "represented":
            given["by"] = self._demo["deputy"]
        self._do(attend, schemas.Attending, self._taker, moment, **of, **given)

    def _discuss(self, of: Mapping[str, Any], item: Item, owner: str, moment: datetime) -> None:
        rng, today = self._rng, day_of(moment)

        def key(what: str) -> UUID:
            return uuid5(of["review_id"], f"{what}:{item.code}")

        said = {"kind": "statement", "text": rng.choice(self._demo["statements"]), "post": owner}
        said |= {"minute_id": key("statement"), "code": item.code}
        self._do(minute, schemas.Minuting, self._taker, moment, **of, **said)
        if self._chance("decision_percent"):
            demo = dict(rng.choice(self._demo["decisions"]))
            days, percent = demo.pop("days", None), demo.pop("budget_percent", None)
            if days:
                demo["day"] = self._day(item, demo["about"], today, days).isoformat()
            if percent:
                with self._begin() as session:
                    budget = state(session, find(session, {"code": item.code}), NOW).budget_paise
                demo["amount_paise"] = budget * percent // 100
            decided = {"kind": "decision", "post": self._series.chair, **demo}
            decided |= {"minute_id": key("decision"), "code": item.code}
            self._do(minute, schemas.Minuting, self._taker, moment, **of, **decided)
        if self._chance("action_percent"):
            demo = dict(rng.choice(self._demo["actions"]))
            due_on = today + timedelta(days=demo.pop("days"))
            action = {"post": owner, **demo, "due_on": due_on.isoformat()}
            action |= {"action_id": key("action"), "code": item.code}
            self._do(assign, schemas.Assigning, self._taker, moment, **of, **action)

    def _promise(self, key: UUID, action: Action, closed_at: datetime) -> None:
        """What becomes of an action: it is reported on, and done in time, late or not at all."""
        rng, due = self._rng, datetime.combine(action.due_on, time(16), INDIA)
        first = closed_at + (due - closed_at) * rng.uniform(0.3, 0.7)
        self._at(first, lambda now: self._report(key, action, now))
        if self._chance("forgotten_percent"):
            return
        late = rng.randint(1, 30) if self._chance("late_percent") else -rng.randint(0, 4)
        done = max(due + timedelta(days=late), first + timedelta(hours=1))
        self._at(done, lambda now: self._complete(key, action, now))

    def _report(self, key: UUID, action: Action, moment: datetime) -> None:
        status = self._rng.choice(self._demo["statuses"])
        given = {"action_id": key, "status": status}
        self._do(report_action, schemas.ReportingAction, _of(action.post), moment, **given)

    def _complete(self, key: UUID, action: Action, moment: datetime) -> None:
        given = {"action_id": key, "evidence": self._rng.choice(self._demo["evidence"])}
        self._do(complete_action, schemas.CompletingAction, _of(action.post), moment, **given)
        answered = moment + timedelta(days=self._rng.randint(1, 5))
        self._at(answered, lambda now: self._answer(key, action, now))

    def _answer(self, key: UUID, action: Action, moment: datetime) -> None:
        if self._chance("rejected_percent"):
            given = {"answer": "reject", "reason": self._rng.choice(self._demo["rejections"])}
            again = moment + timedelta(days=self._rng.randint(4, 12))
            self._at(again, lambda now: self._complete(key, action, now))
        else:
            given = {"answer": "accept"}
        self._do(
            answer_action, schemas.AnsweringAction, self._secretary, moment, action_id=key, **given
        )

    def _chance(self, name: str) -> bool:
        return self._rng.random() * 100 < self._demo[name]

    def _day(self, item: Item, about: str, today: date, days: int) -> date:
        """Of a decision: a new day for the project is later than its end as it stands."""
        if about != "date":
            return today + timedelta(days=days)
        with self._begin() as session:
            found = expected(state(session, find(session, {"id": item.project_id}), NOW), today)
        return max(today, today if found is None else found.finish) + timedelta(days=days)

    def _owner(self, item: Item) -> str:
        with self._begin() as session:
            return state(session, find(session, {"id": item.project_id}), NOW).project.owner

    def _review(self, key: UUID) -> Review:
        with self._begin() as session:
            return review_at(session, key)

    def _do(
        self, command: Any, schema: Any, caller: Identity, moment: datetime, **given: Any
    ) -> None:
        args = schema().load(
            {name: str(each) if isinstance(each, UUID) else each for name, each in given.items()}
        )
        with self._begin() as session:
            command(session, caller, args, moment)


def _of(post: str) -> Identity:
    return Identity.of(f"officer:{post}", "officer")
