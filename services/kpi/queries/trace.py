"""Where a number comes from: the events, or the readings, that a measure of a day is made of."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from time import monotonic
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika import event_log
from palika.errors import Invalid, NotFound
from palika.india import end_of, start_of
from services.kpi import reference
from services.kpi.describing import both
from services.kpi.domain.projection import EARLY, Malformed
from services.kpi.models import Measure, Reading
from services.kpi.parts import city_projector
from services.kpi.queries.measures import check_department

_SLOW = timedelta(hours=1)
"""An event may have been sent by a clock that was slow."""

Place = tuple[str, str, int]
"""department, ward, cell."""


class Asked(NamedTuple):
    """A measure on a day; of one department or ward, or (None) of all."""

    measure: str
    day: date
    department: str | None
    ward: str | None

    def has(self, department: str, ward: str) -> bool:
        """Whether what was counted there is asked about."""
        return self.department in (None, department) and self.ward in (None, ward)


class Given(NamedTuple):
    """What one event or reading gave, or took back (below 0), and who it is."""

    place: Place
    amount: int
    told: dict[str, Any]


class Some(NamedTuple):
    """A part of what a source has: `beyond` once what is read now was sent after the day."""

    given: list[Given]
    beyond: bool


Source = Callable[[Session, Asked], Iterator[Some]]
"""Gives what a measure is made of, in the order in which it came."""


@dataclass(slots=True)
class _Sum:
    """What has been found so far."""

    limit: int
    totals: Counter[Place] = field(default_factory=Counter)
    kept: list[dict[str, Any]] = field(default_factory=list)
    count: int = 0

    def add(self, given: Given) -> None:
        self.totals[given.place] += given.amount
        self.count += 1
        if len(self.kept) < self.limit:
            department, ward, _ = given.place
            told = {"amount": given.amount, "department": department, "ward": ward}
            self.kept.append(given.told | told)

    def is_exactly(self, stored: Mapping[Place, int]) -> bool:
        return _but_zeros(self.totals) == _but_zeros(stored)


def trace(
    session: Session, args: Mapping[str, Any], amqp_uri: str, patience_s: float | None = None
) -> dict[str, Any]:
    """The events (or readings) whose contributions are a measure's value on a day.

    The event log is read from the beginning of that day on (of what is told before it happens, from
    as long before as its rule says: `EARLY`), with the rules of the projection: to the end of the
    day, and further until what was found is what is stored, department by
    department, ward by ward, cell by cell. Then `read_to_end` is false: what was given and taken
    back again later is not looked for. `to_the_end` reads on.

    `exact` says whether the sum of what was found is the stored one. Where it is not, and the log
    was read to its end, the log does not reach back, or the catalogue has changed since.

    Args:
        args: as `TraceArgs` has them.
        amqp_uri: of the broker that has the logs.
        patience_s: read for so long at most (`stopped` says so); None: as long as it takes.

    Raises:
        NotFound: there is no such measure.
        Invalid: no such department, or no such ward.
        NoLog, OSError, amqp.AMQPError: there is no log, or the broker is away.
    """
    known = reference.city_catalogue()
    info = known.measures.get(args["measure"])
    if info is None:
        raise NotFound(f"There is no measure {args['measure']!r}.", {"measure": args["measure"]})
    asked = Asked(args["measure"], args["day"], args["department"], args["ward"])
    check_department(session, asked.department)
    _check_ward(session, asked)
    stored = _stored(session, asked)
    base = info
    while base.of is not None:
        base = known.measures[base.of]
    source = of_readings if info.manual else of_events(amqp_uri, base.code)
    found = _Sum(args["limit"])
    ended, stopped = True, False
    until = None if patience_s is None else monotonic() + patience_s
    for some in source(session, asked):
        for given in some.given:
            found.add(given)
        if some.beyond and not args["to_the_end"] and found.is_exactly(stored):
            ended = False
            break
        if until is not None and monotonic() > until:
            ended, stopped = False, True
            break
    return {
        "measure": asked.measure,
        "name": both(info.name),
        "kind": info.kind,
        "unit": info.unit,
        "decimals": info.decimals,
        "day": asked.day.isoformat(),
        "department": asked.department,
        "ward": asked.ward,
        "source": "readings" if info.manual else "events",
        "stored": sum(stored.values()) if stored else None,
        "found": sum(found.totals.values()),
        "exact": found.is_exactly(stored),
        "read_to_end": ended,
        "stopped": stopped,
        "count": found.count,
        "truncated": found.count > len(found.kept),
        "from": found.kept,
    }


def of_events(amqp_uri: str, base: str) -> Source:
    """What the events of the log of a base measure's service gave."""
    service, early = base.partition(".")[0], EARLY.get(base, timedelta(0))

    def source(session: Session, asked: Asked) -> Iterator[Some]:
        projector = city_projector()
        begins, ends = start_of(asked.day), end_of(asked.day)
        day, beyond = asked.day.isoformat(), False
        seen: set[str] = set()
        for batch in event_log.read(amqp_uri, service, start=begins - early - _SLOW):
            given = []
            for event in batch:
                beyond = beyond or event.time >= ends
                try:
                    deltas = projector.deltas(event.type, event.data)
                except Malformed:
                    # It is not counted live either, and lies in the dead letters.
                    continue
                places: Counter[Place] = Counter()
                for (measure, department, ward, on, cell), amount in deltas:
                    if measure == asked.measure and on == day and asked.has(department, ward):
                        places[department, ward, cell] += amount
                # The log may have an event twice.
                if not places or event.id in seen:
                    continue
                seen.add(event.id)
                told = {
                    "event": event.id,
                    "type": event.type,
                    "subject": event.subject,
                    # What people call it by: of grievances, files, bills.
                    "number": event.data.get("number"),
                    "at": event.time.isoformat(),
                }
                given += [Given(place, n, told) for place, n in places.items() if n]
            yield Some(given, beyond)

    return source


def of_readings(session: Session, asked: Asked) -> Iterator[Some]:
    """What the approved readings gave: each version the difference to the one before; of a level
    the last one alone counts."""
    query = select(Reading).where(
        Reading.measure == asked.measure, Reading.day == asked.day, Reading.state == "approved"
    )
    given = []
    for each in session.scalars(query.order_by(Reading.version)):
        if not asked.has(each.department, each.place):
            continue
        if each.kind == "level" and not each.in_force:
            continue
        amount = each.value - (0 if each.kind == "level" else each.replaced or 0)
        told = {
            "reading": str(each.id),
            "batch": str(each.batch_id),
            "version": each.version,
            "approved_by": each.decided_by,
            "at": None if each.decided_at is None else each.decided_at.isoformat(),
        }
        given.append(Given((each.department, each.place, 0), amount, told))
    yield Some(given, beyond=False)


def _stored(session: Session, asked: Asked) -> dict[Place, int]:
    query = select(Measure.department, Measure.ward, Measure.cell, Measure.value).where(
        Measure.measure == asked.measure, Measure.day == asked.day
    )
    if asked.department is not None:
        query = query.where(Measure.department == asked.department)
    if asked.ward is not None:
        query = query.where(Measure.ward == asked.ward)
    return {(of, ward, cell): value for of, ward, cell, value in session.execute(query)}


def _check_ward(session: Session, asked: Asked) -> None:
    """Refuse a ward that the city has not, and of which the measure has nothing. Raises Invalid."""
    places, ward = reference.city_places(), asked.ward
    if not ward or ward in places.wards or ward in places.zones:
        return
    counted = select(Measure.day).where(Measure.measure == asked.measure, Measure.ward == ward)
    if session.scalar(counted.limit(1)) is None:
        raise Invalid(f"there is no ward {ward!r:.100}", {"ward": ["is no ward of the city"]})


def _but_zeros(of: Mapping[Place, int]) -> dict[Place, int]:
    return {place: value for place, value in of.items() if value}
