"""How the demo's projects live: from their beginning until now, told by their owners."""

import math
import random
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.india import day_of, start_of
from services.warroom.commands.assess_risk import add_risk
from services.warroom.commands.import_projects import take_in
from services.warroom.commands.raise_issue import raise_issue, resolve_issue
from services.warroom.commands.record_money import record_money
from services.warroom.commands.report_progress import report_progress
from services.warroom.commands.revise_milestone import complete_milestone, forecast_milestone
from services.warroom.domain.facts import State
from services.warroom.domain.import_lines import Line
from services.warroom.queries.states import NOW, state
from services.warroom.reference import read_data
from services.warroom.schemas import asking

Way = Mapping[str, Any]
"""How a project goes: one of ``lives`` in ``data/seed.yaml``."""
_OPENS: Final = timedelta(hours=11)


def ways(count: int, rng: random.Random) -> list[Way]:
    """How each of so many projects goes: of every twenty so many as ``data/seed.yaml`` says, in an
    order by chance; what the first of them are does not depend on ``count``."""
    twenty = [
        way for way in read_data("seed.yaml")["lives"].values() for _ in range(way["of_twenty"])
    ]
    found: list[Way] = []
    while len(found) < count:
        found += rng.sample(twenty, len(twenty))
    return found[:count]


class Life:
    """What happens to a project from its beginning until now."""

    _state: State
    _truth: Mapping[UUID, date]

    def __init__(
        self,
        session: Session,
        line: Line,
        milestones: list[Line],
        way: Way,
        rng: random.Random,
        now: datetime,
    ) -> None:
        """Prepare; ``line`` and ``milestones`` are its rows of the sample, ``way`` how it goes."""
        self._session, self._way, self._rng, self._now = session, way, rng, now
        self._line, self._milestones = line, milestones
        self._owner = Identity.of(f"officer:{line.values['owner']}", "officer")
        self._demo: Mapping[str, Any] = read_data("seed.yaml")

    def go(self) -> Iterator[datetime]:
        """Tell of it, ever more often: gives each moment before anything is told at it."""
        rng, code = self._rng, self._line.values["code"]
        began = min(start_of(self._line.values["starts_on"]) + _OPENS, self._now)
        yield began
        self._state = take_in(
            self._session, self._owner, code, [self._line], self._milestones, began
        )
        self._truth = dict(self._true_days())
        self._add_risk(began)
        until = self._now
        if "silent_days" in self._way:
            until -= timedelta(days=rng.uniform(*self._way["silent_days"]))
        moment = began + self._told_after(began) * rng.uniform(0.2, 1)
        while moment < until:
            yield moment
            # Reviews have changed it meanwhile.
            self._state = state(self._session, self._state.id, NOW)
            self._tell(moment)
            if not self._left():
                return
            moment += self._told_after(moment) * rng.uniform(0.7, 1.3)

    def _told_after(self, moment: datetime) -> timedelta:
        """How long it usually is to the next telling."""
        days = self._demo["told_days"]
        begun = self._now - timedelta(days=days["last"])
        reviewed = timedelta(days=days["reviewed"])
        # The first review is heard of.
        before = min(timedelta(days=days["before"]), max(begun - moment, reviewed))
        return reviewed if moment >= begun else before

    def _true_days(self) -> Iterator[tuple[UUID, date]]:
        """When each milestone will really be reached."""
        pace, days = self._way["pace"], {}
        own = math.exp(self._rng.gauss(math.log(pace["median"]), pace["spread"]))
        starts_on = self._state.project.starts_on
        for key, each in sorted(self._state.milestones.items(), key=lambda one: one[1].planned_on):
            before = [self._state.milestones[one].planned_on for one in each.after]
            begins = max((days[one] for one in each.after), default=starts_on)
            planned = (each.planned_on - max(before, default=starts_on)).days
            took = planned * own * math.exp(self._rng.gauss(0, pace["spread"] / 2))
            days[key] = begins + timedelta(days=max(1, round(took)))
            yield key, days[key]

    def _tell(self, moment: datetime) -> None:
        """What its owner says at one telling."""
        today = day_of(moment)
        for key in [each for each in self._left() if self._truth[each] <= today]:
            self._do(
                complete_milestone,
                asking.Completing,
                moment,
                milestone_id=str(key),
                done_on=self._truth[key].isoformat(),
            )
            self._spend(self._state.milestones[key].weight, moment)
        for key in self._left()[:2]:
            self._forecast(key, moment)
        if self._rng.random() < 0.5:
            done = self._rng.random() < 0.6
            note = {"promised": self._rng.choice(self._demo["promised"]), "done": done}
            reason = None if done else self._rng.choice(self._demo["reasons"])
            self._do(report_progress, asking.Reporting, moment, reason=reason, **note)
        if self._chance(self._way["issue_percent"]):
            self._raise(moment)
        self._resolve(moment)

    def _forecast(self, key: UUID, moment: datetime) -> None:
        """An owner admits a part of the delay, once the day is near."""
        each, today = self._state.milestones[key], day_of(moment)
        if each.expected_on > today + timedelta(days=60):
            return
        delay = (self._truth[key] - each.expected_on).days * self._demo["hopeful"]
        day = max(each.expected_on + timedelta(days=max(1, round(delay))), today)
        early = self._truth[key] < each.expected_on
        if early and today <= self._truth[key]:
            day = self._truth[key]
        if early or self._chance(self._demo["admits_percent"]):
            self._do(
                forecast_milestone,
                asking.Forecasting,
                moment,
                milestone_id=str(key),
                forecast_on=day.isoformat(),
                reason=self._rng.choice(self._demo["reasons"]),
            )

    def _spend(self, weight: int, moment: datetime) -> None:
        """The bills of a milestone's work are paid."""
        whole = sum(each.weight for each in self._state.milestones.values())
        share = weight / whole * self._rng.uniform(*self._way["spends"])
        amount = round(self._state.budget_paise * share / 100_000) * 100_000
        left = self._state.budget_paise - self._state.spent_paise
        if 0 < amount < left:
            on = day_of(moment).isoformat()
            self._do(
                record_money, asking.Entering, moment, kind="spent", amount_paise=amount, on=on
            )

    def _raise(self, moment: datetime) -> None:
        demo = self._rng.choice(self._demo["issues"])
        due = day_of(moment) + timedelta(days=demo["days"])
        names = ("title", "severity", "post")
        issue = {name: demo[name] for name in names}
        self._do(raise_issue, asking.RaisingIssue, moment, due_on=due.isoformat(), **issue)

    def _resolve(self, moment: datetime) -> None:
        for key, each in self._state.issues.items():
            if each.open and self._chance(self._way["settle_percent"]):
                given = {"issue_id": str(key), "resolution": "निकाली / Settled"}
                self._do(resolve_issue, asking.ResolvingIssue, moment, **given)
                return

    def _add_risk(self, moment: datetime) -> None:
        risks = self._demo["risks"][self._way["risks"]]
        risk = {**self._rng.choice(risks), "owner": self._state.project.owner}
        self._do(add_risk, asking.AddingRisk, moment, **risk)

    def _chance(self, percent: float) -> bool:
        return self._rng.random() * 100 < percent

    def _left(self) -> list[UUID]:
        """The milestones that are not reached, by when they will be."""
        left = [key for key, each in self._state.milestones.items() if each.done_on is None]
        return sorted(left, key=lambda key: self._truth[key])

    def _do(self, command: Any, schema: Any, moment: datetime, **given: Any) -> None:
        args = schema().load({"id": str(self._state.id), **_given(given.items())})
        self._state = command(self._session, self._owner, args, moment)


def _given(items: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    return {name: value for name, value in items if value is not None}
