"""The demo's grievances: a year of a city with a monsoon, the same for the same seed.

Telephone numbers are +91 1NNNNNNNNN: in India's numbering plan no subscriber's number begins with 1
(it is the level of the special services), so none can be anybody's. E-mail addresses are of
example.org, which RFC 2606 keeps free.
"""

import math
import random
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache, partial
from itertools import islice
from typing import Any

from sqlalchemy.orm import Session, sessionmaker

from palika.auth import SYSTEM
from palika.india import INDIA
from services.grievance import promises
from services.grievance.commands.acknowledge import acknowledge
from services.grievance.commands.assign import assign
from services.grievance.commands.file import Draft, file_many
from services.grievance.commands.merge import merge
from services.grievance.commands.move import Actor, Taken
from services.grievance.commands.rate import close, rate
from services.grievance.commands.reject import reject
from services.grievance.commands.reopen import reopen
from services.grievance.commands.resolve import resolve
from services.grievance.commands.start import start
from services.grievance.commands.wait import answer, wait
from services.grievance.models import Grievance
from services.grievance.reference import city, read_data

OPTION = ("--grievances", "how many grievances to file over the year before now")
DAYS = 365
_BATCH = 1_000
_OFFICE_OPENS, _OFFICE_CLOSES = 10, 18

NOT_FOUND = "no_fault_found"
_CITIZEN = Actor("citizen:demo", frozenset({"citizen"}))
_SYSTEM = Actor.of(SYSTEM("grievance"))

Steps = tuple[Callable[[Grievance], Taken], ...]


def seed(
    sessions: sessionmaker[Session],
    count: int,
    seed: int,
    now: datetime,
    progress: Callable[[int], None] = lambda done: None,
) -> int:
    """File ``count`` grievances over the year before ``now``, with what became of them since.

    A second run with the same seed files nothing that is there; one that was stopped goes on.

    Args:
        sessions: on the service's database.
        count: how many.
        seed: the same number gives the same city.
        now: aware; nothing in the demo is later.
        progress: called with how many are done.

    Returns:
        How many were filed that were not there before.
    """
    filed = done = 0
    drafts = _drafts(count, seed, now)
    while batch := list(islice(drafts, _BATCH)):
        with sessions.begin() as session:
            filed += len(file_many(session, SYSTEM("grievance"), batch))
        done += len(batch)
        progress(done)
    return filed


def _drafts(count: int, seed: int, now: datetime) -> Iterator[Draft]:
    before: Case | None = None
    for index, stamp in enumerate(_moments(count, seed, now)):
        # A generator for each: what one draws does not move its neighbours.
        rng = random.Random(f"{seed}/{index}")
        filed_at = datetime.fromtimestamp(stamp, tz=INDIA)
        key = {"source": "seed", "source_id": f"{seed}-{index}"}
        case = Case(filing(rng, filed_at) | key, filed_at)
        # Both of a pair are in one batch: they are filed together or not at all.
        paired = before is not None and index % _BATCH and _duplicate(rng, case, before, now)
        if not paired:
            _fate(rng, case, now)
        yield Draft(case.args, filed_at, case.then())
        before = None if paired else case


def _moments(count: int, seed: int, now: datetime) -> "array[float]":
    """The times of filing, in order, as POSIX timestamps."""
    rng = random.Random(seed)
    year = read_data("seed.yaml")
    midnight = now.astimezone(INDIA).replace(hour=0, minute=0, second=0, microsecond=0)
    days = [midnight - timedelta(days=back) for back in range(DAYS, 0, -1)]
    weights = [year["weekdays"][day.weekday()] * sum(_shares(day.month)[1]) for day in days]
    stamps = [
        day.timestamp() + hour * 3600 + rng.random() * 3600
        for day, hour in zip(
            rng.choices(days, weights, k=count),
            rng.choices(range(24), year["hours"], k=count),
            strict=True,
        )
    ]
    return array("d", sorted(stamps))


@cache
def _shares(month: int) -> tuple[list[str], list[float]]:
    """The categories and their shares in a month."""
    year = read_data("seed.yaml")
    wet = month in year["monsoon_months"]
    shares = {code: dry * (factor if wet else 1) for code, (dry, factor) in _mix().items()}
    return list(shares), list(shares.values())


@cache
def _mix() -> dict[str, tuple[float, float]]:
    mix: dict[str, tuple[float, float]] = read_data("seed.yaml")["categories"]
    unknown = mix.keys() - city().subcategories.keys()
    if unknown:
        raise ValueError(f"data/seed.yaml: not in the catalogue: {', '.join(sorted(unknown))}")
    return mix


def filing(rng: random.Random, filed_at: datetime) -> dict[str, Any]:
    """The arguments of one filing, as ``schemas.Filing`` loads them."""
    year = read_data("seed.yaml")
    codes, shares = _shares(filed_at.month)
    category = city().subcategories[rng.choices(codes, shares)[0]]
    wards = city().wards
    ward = rng.choices(list(wards), [each.seed_weight for each in wards.values()])[0]
    language = "mr" if rng.random() * 100 < year["marathi_percent"] else "en"
    names = year["names"][language]
    place = rng.choice(year["places"][language])
    what, where = category.name, wards[ward].name
    person = rng.randrange(10**9)
    return {
        "category": category.code,
        "ward": ward,
        "description": f"{what.mr if language == 'mr' else what.en}: {place}",
        "address": f"{place}, {where.mr if language == 'mr' else where.en}",
        "citizen_name": f"{rng.choice(names['first'])} {rng.choice(names['last'])}",
        "citizen_phone": f"+911{person:09d}",
        "citizen_email": f"citizen{person}@example.org"
        if rng.random() * 100 < year["with_email_percent"]
        else None,
        "language": language,
        "channel": rng.choices(list(year["channels"]), list(year["channels"].values()))[0],
    }


@dataclass
class Case:
    """One of the demo's filings while its life is made up.

    ``grievance`` is there once it is filed: what is merged into it has to know. ``ends_at`` is
    when it stops being open; until then another one can be merged into it.
    """

    args: dict[str, Any]
    filed_at: datetime
    grievance: Grievance | None = None
    ends_at: datetime | None = None
    moves: list[Callable[[Grievance], Taken]] = field(default_factory=list)

    def add(self, move: Callable[..., Taken], by: Actor, now: datetime, **told: Any) -> None:
        """What happened next."""
        self.moves.append(partial(move, by=by, now=now, **told))

    def then(self) -> Steps:
        """All moves, in their order; the first also keeps the grievance."""
        if not self.moves:
            return ()
        first, *rest = self.moves

        def remember(grievance: Grievance) -> Taken:
            self.grievance = grievance
            return first(grievance)

        return (remember, *rest)


def _duplicate(rng: random.Random, case: Case, original: Case, now: datetime) -> bool:
    """Let the case be a second report of the one before, if that is open for long enough."""
    year = read_data("seed.yaml")
    merged_at = case.filed_at + timedelta(hours=rng.uniform(0.5, 6))
    if rng.random() * 100 >= year["merged_percent"] or not original.moves or merged_at > now:
        return False
    if original.ends_at is not None and original.ends_at <= merged_at:
        return False
    same = ("category", "ward", "description", "address", "language")
    case.args |= {key: original.args[key] for key in same}
    case.add(partial(_merge, original=original), _office(case.args), merged_at)
    case.ends_at = merged_at
    return True


def _merge(grievance: Grievance, by: Actor, now: datetime, *, original: Case) -> Taken:
    if original.grievance is None:
        # An earlier run has filed the original, and this one only what comes after it.
        return reject(grievance, by, now, rejection=NOT_FOUND, remark=None)
    original.grievance.duplicates += 1
    return merge(grievance, by, now, original=original.grievance)


def _office(args: dict[str, Any]) -> Actor:
    category = city().subcategories[args["category"]]
    return Actor(f"officer:{category.department}-{args['ward']}", frozenset({"officer"}))


def _fate(rng: random.Random, case: Case, now: datetime) -> None:
    """What became of it until now."""
    year = read_data("seed.yaml")
    category = city().subcategories[case.args["category"]]
    routing = city().route(category.code)
    promise = promises.promised(case.filed_at, routing).due_at - case.filed_at
    urgent = category.round_the_clock
    first = min(timedelta(hours=year["assigned_after_hours"]), promise / 8)
    assigned_at = case.filed_at + first * _spread(rng, year["spread_of_assignment"])
    if not urgent:
        assigned_at = _in_office(rng, assigned_at)
    office = _office(case.args)
    acknowledged_at = case.filed_at + (assigned_at - case.filed_at) / 4
    if acknowledged_at > now:
        return
    case.add(acknowledge, office, acknowledged_at)
    if assigned_at > now:
        return
    if rng.random() * 100 < year["rejected_percent"]:
        reason = rng.choice(year["rejections"])
        case.add(reject, office, assigned_at, rejection=reason, remark=None)
        case.ends_at = assigned_at
        return
    case.add(assign, office, assigned_at, officer=office.subject.removeprefix("officer:"))
    took = promise * year["resolved_after_promise"] * _spread(rng, year["spread_of_resolution"])
    resolved_at = assigned_at + took if urgent else _in_office(rng, assigned_at + took)
    if rng.random() * 100 < year["never_resolved_percent"]:
        resolved_at = None
    _work(rng, case, office, assigned_at, resolved_at, now)
    if resolved_at is None or resolved_at > now:
        return
    case.add(resolve, office, resolved_at, remark=None)
    case.ends_at = resolved_at
    reopened_at = resolved_at + timedelta(days=rng.uniform(0.2, 2.9))
    if rng.random() * 100 >= year["reopened_percent"]:
        _end(rng, case, resolved_at, now)
    elif reopened_at <= now:
        reason = rng.choice(year["reopen_reasons"])
        case.add(reopen, _CITIZEN, reopened_at, code="not_done", reason=reason)
        again = reopened_at + promise * _spread(rng, year["spread_of_resolution"])
        again_at = _in_office(rng, again)
        if again_at <= now:
            case.add(resolve, office, again_at, remark=None)
            _end(rng, case, again_at, now)


def _work(
    rng: random.Random,
    case: Case,
    office: Actor,
    assigned_at: datetime,
    resolved_at: datetime | None,
    now: datetime,
) -> None:
    """The work begins; some must ask the citizen something first."""
    until = resolved_at or assigned_at + timedelta(days=30)
    started_at = assigned_at + (until - assigned_at) * rng.uniform(0.1, 0.4)
    if started_at > now:
        return
    year = read_data("seed.yaml")
    case.add(start, office, started_at)
    if rng.random() * 100 >= year["waiting_percent"]:
        return
    asked_at = started_at + (until - started_at) / 4
    answered_at = started_at + (until - started_at) * rng.uniform(0.4, 0.9)
    if asked_at <= now:
        case.add(wait, office, asked_at, question=rng.choice(year["questions"]))
    # Of those that nobody resolved, some were never answered.
    if answered_at <= now and (resolved_at is not None or rng.random() < 0.5):
        case.add(answer, _CITIZEN, answered_at, text=rng.choice(year["answers"]))


def _end(rng: random.Random, case: Case, resolved_at: datetime, now: datetime) -> None:
    """The citizen's word, or a week of silence."""
    year = read_data("seed.yaml")
    said_at = resolved_at + timedelta(days=rng.uniform(0.1, 6))
    if rng.random() * 100 < year["rated_percent"]:
        if said_at <= now:
            rating = rng.choices(list(year["ratings"]), list(year["ratings"].values()))[0]
            case.add(rate, _CITIZEN, said_at, rating=rating, satisfied=True)
            case.add(close, _CITIZEN, said_at)
        return
    silent_at = resolved_at + timedelta(days=year["closed_after_days"])
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
