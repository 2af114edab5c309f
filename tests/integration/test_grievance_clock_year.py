"""A city of some hundred grievances, a year of a moved clock, and one to four schedulers at once:
what they tell is what the rules alone come to, no more, no less, and in that order."""

import random
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from palika.events import Event
from services.grievance import promises
from services.grievance.domain.calendar import WorkingTime
from services.grievance.domain.escalation import ClockState, Mark, next_moment, what_is_due
from services.grievance.domain.lifecycle import State
from services.grievance.domain.promise import resume
from services.grievance.reference import matrix, policy
from tests.support.grievance_time import marked
from tests.support.grievances import CITIZEN, NOW, OFFICER, GrievanceDesk

GRIEVANCES = 200
YEAR = timedelta(days=365)
HOUR = timedelta(hours=1)
# In office hours and day and night, of all priorities, from hours to weeks; none asks for a photo.
CATEGORIES = ["tree-fall", "no-water", "pothole", "encroachment", "dead-animal", "footpath-missing"]


@dataclass
class Life:
    """A grievance, and beside it what the domain's rules say of it; ``found`` are its marks."""

    grievance: Any
    clock: ClockState
    time: WorkingTime
    reopened: int = 0
    appealed: bool = False
    asked_at: datetime | None = None
    resolved_at: datetime | None = None
    found: list[tuple[str, int, datetime]] = field(default_factory=list)

    def look(self, now: datetime, *, closing: bool) -> None:
        """Find what is due; only a scheduler closes."""
        for due in what_is_due(self.clock, now, self.time, matrix(), policy()):
            if due.mark in (Mark.CLOSE, Mark.WAIT_OVER) and not closing:
                continue
            # A closing is told with the moment at which it was done.
            self.found.append((due.mark, due.level, now if due.mark is Mark.CLOSE else due.at))
            if due.mark is Mark.WAIT_OVER:
                self.go_on(due.at)
                self.look(now, closing=closing)
            else:
                self.clock = marked(self.clock, due)

    def go_on(self, since: datetime) -> None:
        """The wait is over: it is due so much later."""
        assert self.asked_at is not None
        due_at = resume(self.clock.due_at, self.asked_at, since, self.time)
        self.clock = replace(self.clock, state=State.ASSIGNED, due_at=due_at, wait_until=None)

    def steps(self, now: datetime) -> list[str]:
        """What somebody could do with it now."""
        match self.clock.state:
            case State.ASSIGNED:
                return ["wait", "resolve", "comment"]
            case State.WAITING:
                return ["answer"]
            case State.RESOLVED if self.resolved_at is not None:
                open_for = timedelta(days=policy().reopen_days)
                if now <= self.resolved_at + open_for and self.reopened < policy().max_reopens:
                    return ["reopen", "close", "comment"]
                return ["close", "comment"]
            case State.CLOSED if self.resolved_at is not None and not self.appealed:
                # Within the days for which a reason is taken.
                return ["appeal"] if now < self.resolved_at + timedelta(days=60) else []
        return []

    def take(self, step: str, now: datetime, decide_by: datetime | None = None) -> None:
        """What a step comes to; an appeal is to be decided by then."""
        self.look(now, closing=False)
        match step:
            case "wait":
                self.asked_at = now
                until = now + timedelta(days=policy().wait_days)
                self.clock = replace(self.clock, state=State.WAITING, wait_until=until)
            case "answer":
                # The clock stood until the end of the wait at most, whoever comes first.
                assert self.clock.wait_until is not None
                self.go_on(min(now, self.clock.wait_until))
            case "resolve":
                self.resolved_at = now
                closes_at = now + timedelta(days=policy().close_after_days)
                self.clock = replace(self.clock, state=State.RESOLVED, closes_at=closes_at)
            case "comment" if self.clock.state is State.RESOLVED:
                closes_at = now + timedelta(days=policy().close_after_days)
                self.clock = replace(self.clock, closes_at=closes_at)
            case "reopen":
                assert self.resolved_at is not None
                due_at = resume(self.clock.due_at, self.resolved_at, now, self.time)
                self.clock = replace(
                    self.clock, state=State.ASSIGNED, closes_at=None, due_at=due_at
                )
                self.reopened += 1
            case "close":
                self.clock = replace(self.clock, state=State.CLOSED)
            case "appeal":
                self.clock = replace(self.clock, appeal_decide_by=decide_by)
                self.appealed = True


def file(desk: GrievanceDesk, chance: random.Random, now: datetime) -> Life:
    """File one, and give it to somebody."""
    filed = desk.file(category=chance.choice(CATEGORIES), now=now)
    desk.take("assign", filed, now=now)
    clock = ClockState(
        State.ASSIGNED, filed.department, filed.priority, filed.promised_minutes, filed.due_at
    )
    return Life(filed, clock, promises.time_of(filed.category))


def run_schedulers(desk: GrievanceDesk, now: datetime, copies: int) -> None:
    """So many at once, with small batches, so that they get in each other's way."""
    with ThreadPoolExecutor(copies) as pool:
        for run in [pool.submit(desk.clock, now, batch=3) for _ in range(copies)]:
            run.result()
    # What one copy had in hand when another looked is found by the next look.
    desk.clock(now)


def live_through_a_year(desk: GrievanceDesk, chance: random.Random) -> list[Life]:
    """Steps of the clock from an hour to a fortnight; some of them nobody looks at."""
    lives: list[Life] = []
    now = NOW
    while now < NOW + YEAR:
        now += chance.choice([HOUR, 6 * HOUR, 60 * HOUR, 14 * 24 * HOUR]) * chance.uniform(0.1, 1)
        # The whole city is filed within half of the year.
        while len(lives) < min(GRIEVANCES, GRIEVANCES * (now - NOW) / (YEAR / 2)):
            lives.append(file(desk, chance, now))
        for life in chance.sample(lives, min(5, len(lives))):
            if steps := life.steps(now):
                step = chance.choice(steps)
                at_work = life.clock.state is State.ASSIGNED
                caller = OFFICER if at_work else CITIZEN
                more = {"reason": "In hospital"} if step == "appeal" else {}
                made = desk.take(step, life.grievance, caller, now, **more)
                life.take(step, now, made.decide_by if step == "appeal" else None)
        if chance.random() < 0.7:
            run_schedulers(desk, now, chance.randint(1, 4))
            for life in lives:
                life.look(now, closing=True)
    return lives


def marks(events: list[Event]) -> list[tuple[str, int, datetime]]:
    """What was told of one: the marks and the closing by silence, in order."""
    found = []
    for event in events:
        data = event.data
        match event.type.split(".")[1]:
            case "due_soon":
                found.append((Mark.DUE_SOON, 0, _moment(data["due_soon_at"])))
            case "breached":
                found.append((Mark.BREACHED, 0, _moment(data["breached_at"])))
            case "wait_over":
                found.append((Mark.WAIT_OVER, 0, _moment(data["wait_over_at"])))
            case "appeal_overdue":
                found.append((Mark.APPEAL_OVERDUE, 0, _moment(data["overdue_at"])))
            case "escalated":
                found.append((Mark.ESCALATE, data["level"], _moment(data["escalated_at"])))
            case "closed" if data["closed_by"] == "silence":
                found.append((Mark.CLOSE, 0, _moment(data["closed_at"])))
    return found


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_a_year_of_the_city_comes_to_what_the_rules_alone_come_to(desk):
    lives = live_through_a_year(desk, random.Random(17))
    told = defaultdict(list)
    for event in desk.events():
        told[event.subject].append(event)
    seen = Counter(mark for life in lives for mark, _, _ in life.found)
    assert all(seen[mark] > 20 for mark in Mark), "the year must have some of everything"
    waiting = [life for life in lives if life.clock.state is State.WAITING]
    assert waiting, "and some that still wait"
    for life in lives:
        events = told[str(life.grievance.id)]
        assert marks(events) == life.found
        stored = desk.stored(life.grievance)
        assert stored.state == life.clock.state
        assert (stored.due_at, stored.breached_at, stored.escalation_level) == (
            life.clock.due_at,
            life.clock.breached_at,
            life.clock.level,
        )
        coming = next_moment(life.clock, life.time, matrix(), policy())
        assert stored.next_clock_at == coming
        # Every step has made one event and one version: none was lost, none came twice.
        assert [event.sequence for event in events] == list(range(1, stored.version + 1))
