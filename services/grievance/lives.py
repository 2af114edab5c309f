"""What becomes of the demo's grievances: made up, by the rules that the service's own steps obey.

A life is made up as a list of moves before anything is filed. Each is taken with the checks of its
command: who may, with what remark, after which photograph, within which days.
"""

import math
import random
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from palika.auth import SYSTEM
from services.grievance import promises
from services.grievance.attachments import Kind, StoredAttachment
from services.grievance.commands import attach
from services.grievance.commands.acknowledge import acknowledge
from services.grievance.commands.assign import assign
from services.grievance.commands.move import Actor, Taken
from services.grievance.commands.rate import close, rate
from services.grievance.commands.reject import reject
from services.grievance.commands.reopen import reopen
from services.grievance.commands.resolve import resolve
from services.grievance.commands.start import start
from services.grievance.commands.wait import answer, wait
from services.grievance.domain.evidence import check_evidence
from services.grievance.domain.lifecycle import Step, check_reopen, check_role
from services.grievance.models import Attachment, Grievance
from services.grievance.reference import city, policy, read_data

_OFFICE_OPENS, _OFFICE_CLOSES = 10, 18
_CITIZEN = Actor("citizen:demo", frozenset({"citizen"}))
_SYSTEM = Actor.of(SYSTEM("grievance"))


@dataclass(frozen=True, slots=True)
class Happening:
    """A move that is made at a moment, with what is said."""

    at: datetime
    move: Callable[..., Taken]
    by: Actor
    said: dict[str, Any]

    def __call__(self, grievance: Grievance, **more: Any) -> Taken:
        """Make it.

        Raises:
            Forbidden, Conflict, Invalid: it breaks a rule.
        """
        taken = self.move(grievance, by=self.by, now=self.at, **self.said, **more)
        check_role(Step(taken.entry["step"]), self.by.roles)
        return taken

    @property
    def is_told_to_others(self) -> bool:
        """Whether those who were merged into it hear of it too."""
        return self.move in (_reject, _resolve)


@dataclass
class Case:
    """One of the demo's filings while its life is made up.

    Attributes:
        args: of the filing.
        filed_at: when.
        moves: what happens to it, in order.
        merged: into which other one it is merged, and when.
        joined_at: when another one is merged into this one; what happens from then on happens
            after that.
        ends_at: when it stops being open for the first time; until then another one can be merged
            into it.
        shown: the photographs of the work: their ids, when, and by whom.
        tried_out: it was filed by the citizen who can be tried out.
    """

    args: dict[str, Any]
    filed_at: datetime
    moves: list[Happening] = field(default_factory=list)
    merged: "tuple[Case, datetime] | None" = None
    joined_at: datetime | None = None
    ends_at: datetime | None = None
    shown: list[tuple[uuid.UUID, datetime, Actor]] = field(default_factory=list)
    tried_out: bool = False

    def add(self, move: Callable[..., Taken], by: Actor, now: datetime, **said: Any) -> None:
        """What happened next."""
        self.moves.append(Happening(now, move, by, said))

    def begun(self) -> list[Happening]:
        """The moves until another one is merged into it, or all."""
        return [each for each in self.moves if self.joined_at is None or each.at < self.joined_at]

    def later(self) -> list[Happening]:
        """Those after that."""
        return self.moves[len(self.begun()) :]

    def photographs(self, grievance: Grievance, kept: StoredAttachment) -> Iterator[Attachment]:
        """The rows of what is shown, all of the one photograph that is kept."""
        for key, at, by in self.shown:
            row = attach.row_of(grievance, by, replace(kept, stored_at=at))
            row.id = key
            yield row

    def resolved(self, rng: random.Random, by: Actor, now: datetime) -> None:
        """Put right, and shown, where it must be."""
        if promises.needs_evidence(self.args["category"]):
            key, kind = uuid.UUID(int=rng.getrandbits(128), version=4), Kind.PHOTO_AFTER
            self.shown.append((key, now, by))
            self.add(attach.add, by, now, kind=kind, data={"attachment": str(key), "kind": kind})
        shown_at = self.shown[-1][1] if self.shown else None
        remark = rng.choice(read_data("seed.yaml")["remarks"]["resolved"][self.args["language"]])
        self.add(_resolve, by, now, remark=remark, shown_at=shown_at)
        self.ends_at = self.ends_at or now


def duplicate(rng: random.Random, case: Case, original: Case, now: datetime) -> bool:
    """Let the case be a second report of the one before, if that is open for long enough."""
    year = read_data("seed.yaml")
    merged_at = case.filed_at + timedelta(hours=rng.uniform(0.5, 6))
    if rng.random() * 100 >= year["merged_percent"] or not original.moves or merged_at > now:
        return False
    if original.ends_at is not None and original.ends_at <= merged_at:
        return False
    same = ("category", "ward", "description", "address", "language")
    case.args |= {key: original.args[key] for key in same}
    case.merged, original.joined_at = (original, merged_at), merged_at
    return True


def fate(rng: random.Random, case: Case, now: datetime, post: str | None) -> None:
    """What became of it until now, with the post in charge; without one nobody has read it."""
    if post is None:
        return
    year = read_data("seed.yaml")
    category = city().subcategories[case.args["category"]]
    routing = city().route(category.code)
    promise = promises.promised(case.filed_at, routing).due_at - case.filed_at
    urgent = category.round_the_clock
    first = min(timedelta(hours=year["assigned_after_hours"]), promise / 8)
    assigned_at = case.filed_at + first * _spread(rng, year["spread_of_assignment"])
    if not urgent:
        assigned_at = _in_office(rng, assigned_at)
    office = Actor(f"officer:{post}", frozenset({"officer"}))
    acknowledged_at = case.filed_at + (assigned_at - case.filed_at) / 4
    if acknowledged_at > now:
        return
    case.add(acknowledge, office, acknowledged_at)
    if assigned_at > now:
        return
    if rng.random() * 100 < year["rejected_percent"]:
        reason, remarks = rng.choice(list(year["remarks"]["rejected"].items()))
        remark = remarks[case.args["language"]]
        case.add(_reject, office, assigned_at, rejection=reason, remark=remark)
        case.ends_at = assigned_at
        return
    case.add(assign, office, assigned_at, officer=post)
    took = promise * year["resolved_after_promise"] * _spread(rng, year["spread_of_resolution"])
    if rng.random() * 100 < year["left_lying_percent"]:
        took += timedelta(days=rng.uniform(*year["left_lying_days"]))
    resolved_at = assigned_at + took if urgent else _in_office(rng, assigned_at + took)
    _work(rng, case, office, assigned_at, resolved_at, now)
    if resolved_at > now:
        return
    case.resolved(rng, office, resolved_at)
    allowed = policy()
    reopened_at = resolved_at + timedelta(days=allowed.reopen_days) * rng.uniform(0.07, 0.97)
    again = rng.random() * 100 < year["reopened_percent"] and allowed.max_reopens > 0
    if not again:
        _end(rng, case, resolved_at, now)
    elif reopened_at <= now:
        reason = rng.choice(year["reopen_reasons"])
        case.add(_reopen, _CITIZEN, reopened_at, code="not_done", reason=reason)
        took = promise * _spread(rng, year["spread_of_resolution"])
        again_at = _in_office(rng, reopened_at + took)
        if again_at <= now:
            case.resolved(rng, office, again_at)
            _end(rng, case, again_at, now)


def _work(
    rng: random.Random,
    case: Case,
    office: Actor,
    assigned_at: datetime,
    until: datetime,
    now: datetime,
) -> None:
    """The work begins, and goes on until then; some must ask the citizen something first."""
    started_at = assigned_at + (until - assigned_at) * rng.uniform(0.1, 0.4)
    if started_at > now:
        return
    year = read_data("seed.yaml")
    case.add(start, office, started_at)
    if rng.random() * 100 >= year["waiting_percent"]:
        return
    asked_at = started_at + (until - started_at) / 4
    # After the policy's days the clock would have gone on without an answer.
    waited = min((until - started_at) * rng.uniform(0.15, 0.65), timedelta(policy().wait_days) / 2)
    answered_at = asked_at + waited
    if asked_at <= now:
        case.add(wait, office, asked_at, question=rng.choice(year["questions"]))
    if answered_at <= now:
        case.add(answer, _CITIZEN, answered_at, text=rng.choice(year["answers"]))


def _end(rng: random.Random, case: Case, resolved_at: datetime, now: datetime) -> None:
    """The citizen's word, or so many days of silence as the policy has."""
    year = read_data("seed.yaml")
    said_at = resolved_at + timedelta(days=rng.uniform(0.1, 6))
    satisfied = {n: share for n, share in year["ratings"].items() if policy().is_satisfied(n)}
    ratings = list(satisfied), list(satisfied.values())
    if satisfied and rng.random() * 100 < year["rated_percent"]:
        if said_at <= now:
            case.add(rate, _CITIZEN, said_at, rating=rng.choices(*ratings)[0], satisfied=True)
            case.add(close, _CITIZEN, said_at)
        return
    silent_at = resolved_at + timedelta(days=policy().close_after_days)
    if silent_at <= now:
        case.add(close, _SYSTEM, silent_at)


def _spread(rng: random.Random, sigma: float) -> float:
    """A log-normal factor with median 1."""
    return math.exp(rng.gauss(0, sigma))


def _in_office(rng: random.Random, moment: datetime) -> datetime:
    """The moment, or the next time the office is open; Sundays are free."""
    if moment.hour >= _OFFICE_CLOSES:
        moment = moment + timedelta(days=1)
    elif moment.hour >= _OFFICE_OPENS and moment.weekday() != 6:
        return moment
    if moment.weekday() == 6:
        moment = moment + timedelta(days=1)
    opened = moment.replace(hour=_OFFICE_OPENS, minute=0, second=0, microsecond=0)
    return opened + timedelta(minutes=rng.triangular(0, 480, 60))


def _reject(
    grievance: Grievance, by: Actor, now: datetime, *, rejection: str, remark: str, **more: Any
) -> Taken:
    policy().check_rejection(rejection, remark, by.roles)
    return reject(grievance, by, now, rejection=rejection, remark=remark, **more)


def _resolve(
    grievance: Grievance,
    by: Actor,
    now: datetime,
    *,
    remark: str,
    shown_at: datetime | None,
    **more: Any,
) -> Taken:
    if promises.needs_evidence(grievance.category):
        check_evidence(grievance.number, shown_at, grievance.reopened_at or grievance.filed_at)
    return resolve(grievance, by, now, remark=remark, **more)


def _reopen(grievance: Grievance, by: Actor, now: datetime, *, code: str, reason: str) -> Taken:
    check_reopen(
        grievance.number,
        grievance.resolved_at,
        grievance.times_reopened,
        now,
        reopen_days=policy().reopen_days,
        max_reopens=policy().max_reopens,
    )
    return reopen(grievance, by, now, code=code, reason=reason)
