"""The demo's grievances: a year of a city with a monsoon, the same for the same seed.

Telephone numbers are +91 1NNNNNNNNN: in India's numbering plan no subscriber's number begins with 1
(it is the level of the special services), so none can be anybody's. E-mail addresses are of
example.org, which RFC 2606 keeps free.
"""

import math
import random
from array import array
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import cache, partial
from itertools import islice
from typing import Any

from sqlalchemy.orm import Session, sessionmaker

from palika.auth import SYSTEM
from palika.events import Event
from services.grievance.commands.assign import assign
from services.grievance.commands.file import Draft, file_many
from services.grievance.commands.reopen import reopen
from services.grievance.commands.resolve import resolve
from services.grievance.domain.numbering import INDIA
from services.grievance.models import Grievance
from services.grievance.reference import city, read_data

OPTION = ("--grievances", "how many grievances to file over the year before now")
DAYS = 365
_BATCH = 1_000
_OFFICE_OPENS, _OFFICE_CLOSES = 10, 18

Steps = tuple[Callable[[Grievance], Event], ...]


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
    for index, stamp in enumerate(_moments(count, seed, now)):
        # A generator for each: what one draws does not move its neighbours.
        rng = random.Random(f"{seed}/{index}")
        filed_at = datetime.fromtimestamp(stamp, tz=INDIA)
        args = filing(rng, filed_at) | {"source": "seed", "source_id": f"{seed}-{index}"}
        yield Draft(args, filed_at, _fate(rng, args, filed_at, now))


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
    unknown = mix.keys() - city().categories.keys()
    if unknown:
        raise ValueError(f"data/seed.yaml: not in the catalogue: {', '.join(sorted(unknown))}")
    return mix


def filing(rng: random.Random, filed_at: datetime) -> dict[str, Any]:
    """The arguments of one filing, as ``schemas.Filing`` loads them."""
    year = read_data("seed.yaml")
    codes, shares = _shares(filed_at.month)
    category = city().categories[rng.choices(codes, shares)[0]]
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


def _fate(rng: random.Random, args: dict[str, Any], filed_at: datetime, now: datetime) -> Steps:
    """What became of it until now."""
    year = read_data("seed.yaml")
    category = city().categories[args["category"]]
    promise = timedelta(hours=category.sla_hours)
    urgent = category.sla_hours <= year["day_and_night_up_to_hours"]
    first = min(timedelta(hours=year["assigned_after_hours"]), promise / 8)
    assigned_at = filed_at + first * _spread(rng, year["spread_of_assignment"])
    if not urgent:
        assigned_at = _in_office(rng, assigned_at)
    if assigned_at > now:
        return ()
    officer = f"{category.department}-{args['ward']}"
    steps: list[Callable[[Grievance], Event]] = [partial(assign, officer=officer, now=assigned_at)]
    if rng.random() * 100 < year["never_resolved_percent"]:
        return tuple(steps)
    took = promise * year["resolved_after_promise"] * _spread(rng, year["spread_of_resolution"])
    resolved_at = assigned_at + took if urgent else _in_office(rng, assigned_at + took)
    if resolved_at > now:
        return tuple(steps)
    steps.append(partial(resolve, remark=None, now=resolved_at))
    reopened_at = resolved_at + timedelta(days=rng.uniform(0.2, 5))
    if rng.random() * 100 >= year["reopened_percent"] or reopened_at > now:
        return tuple(steps)
    reason = rng.choice(year["reopen_reasons"])
    steps.append(partial(reopen, reason=reason, now=reopened_at))
    again_at = _in_office(rng, reopened_at + promise * _spread(rng, year["spread_of_resolution"]))
    if again_at <= now:
        steps.append(partial(resolve, remark=None, now=again_at))
    return tuple(steps)


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
