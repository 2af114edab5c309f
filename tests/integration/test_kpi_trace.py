"""What a number is made of: the events of the log, and readings; what was taken back included."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pika
import pytest
from sqlalchemy import text
from uuid6 import uuid7

from palika import topology
from palika.database import sessions
from palika.errors import Invalid, NotFound
from palika.events import Event, TypeName
from palika.india import day_of
from services.kpi.commands.project import add, project, set_level
from services.kpi.domain.projection import RULES
from services.kpi.models import Batch, Reading
from services.kpi.parts import city_projector
from services.kpi.queries.trace import trace
from services.kpi.schemas.reading import TraceArgs
from tests.support.samples import golden_data

DAY = "2026-05-10"


class Log:
    """The event logs of services, and the database that their events are counted in."""

    def __init__(self, uri: str) -> None:
        self.uri = uri
        self.sessions = sessions("kpi")
        with self.sessions.begin() as session:
            session.execute(text("TRUNCATE measure, measure_year, inbox, batch, reading"))
        self.connection = pika.BlockingConnection(pika.URLParameters(uri))
        self.channel = self.connection.channel()
        self._declare("grievance")
        self._declare("tax")
        self.channel.confirm_delivery()

    def _declare(self, service: str) -> None:
        log = topology.log_of(service)
        self.channel.queue_delete(log)
        keys = tuple(
            (kind.exchange, kind.routing_key)
            for kind in map(TypeName.parse, RULES)
            if kind.service == service
        )
        queue = topology.Queue(log, {"x-queue-type": "stream"}, keys)
        exchange = topology.exchange_of(service)
        topology.declare(self.uri, topology.Topology((exchange,), (queue,)))

    def happen(
        self, kind: str, at: str, *, twice: bool = False, live: bool = True, **data: Any
    ) -> str:
        """Publish an event, as the relay does, and count it; its id."""
        given = dict(golden_data(kind)) | {"department": "roads", "ward": "W1"} | data
        event = Event(str(uuid7()), kind, "subject", datetime.fromisoformat(at), given)
        name = TypeName.parse(kind)
        for _ in range(1 + twice):
            self.channel.basic_publish(
                name.exchange,
                name.routing_key,
                event.to_json().encode(),
                pika.BasicProperties(delivery_mode=2, content_type="application/json"),
            )
        if live:
            with self.sessions.begin() as session:
                project(session, [event], city_projector())
        return event.id

    def resolve(self, minute: int, **more: Any) -> str:
        """One resolved on the day."""
        at = f"{DAY}T06:{minute:02}:00+00:00"
        return self.happen("grievance.resolved.v1", at, **{"resolved_at": _z(at)} | more)

    def trace(self, measure: str, **args: Any) -> dict[str, Any]:
        with self.sessions() as session:
            asked = TraceArgs().load({"measure": measure, "day": DAY} | args)
            return trace(session, asked, self.uri)


def _z(moment: str) -> str:
    return moment.replace("+00:00", "Z")


@pytest.fixture
def log(city, kpi_sessions) -> Iterator[Log]:
    """An empty log and an empty database."""
    made = Log(city["AMQP_URI"])
    yield made
    made.connection.close()


def ids(answer: dict[str, Any]) -> list[tuple[str, int]]:
    return [(each["event"], each["amount"]) for each in answer["from"]]


def test_the_events_that_gave_and_that_took_back_add_up(log):
    first, second = log.resolve(1), log.resolve(2, twice=True)
    log.happen("grievance.filed.v1", f"{DAY}T07:00:00+00:00", filed_at=f"{DAY}T07:00:00Z")
    # The next day begins at 18:30 in UTC.
    log.resolve(3, resolved_at=f"{DAY}T18:30:00Z")
    taken = log.happen(
        "grievance.reopened.v1",
        "2026-05-12T06:00:00+00:00",
        reopened_at="2026-05-12T06:00:00Z",
        resolved_at=f"{DAY}T06:01:00Z",
    )
    late = log.happen(
        "grievance.resolved.v1", "2026-05-20T06:00:00+00:00", resolved_at=f"{DAY}T10:00:00Z"
    )
    answer = log.trace("grievance.resolved", to_the_end=True)
    assert ids(answer) == [(first, 1), (second, 1), (taken, -1), (late, 1)]
    assert (answer["stored"], answer["found"], answer["exact"]) == (2, 2, True)
    assert (answer["read_to_end"], answer["count"], answer["truncated"]) == (True, 4, False)


def test_reading_ends_where_the_sum_is_found_and_says_so(log):
    first = log.resolve(1)
    log.happen("grievance.filed.v1", "2026-05-11T06:00:00+00:00", filed_at="2026-05-11T06:00:00Z")
    answer = log.trace("grievance.resolved")
    assert ids(answer) == [(first, 1)]
    assert (answer["exact"], answer["read_to_end"]) == (True, False)


def test_a_ward_or_department_that_there_is_not_is_refused(log):
    log.resolve(1)
    for field, value in (("ward", "mars"), ("department", "raods")):
        with pytest.raises(Invalid) as refused:
            log.trace("grievance.resolved", **{field: value})
        assert field in refused.value.fields
    # What was counted of a place that the list has no more, and a ward without anything.
    assert log.trace("grievance.resolved", ward="W1")["found"] == 1
    assert log.trace("grievance.resolved", ward="bibwewadi")["found"] == 0


def test_a_part_a_sketch_and_minutes_are_traced_by_their_own_amounts(log):
    pothole = log.resolve(1, category="pothole", minutes_taken=100)
    log.resolve(2, category="street-light", minutes_taken=100)
    parts = city_projector().deltas(
        "grievance.resolved.v1",
        dict(golden_data("grievance.resolved.v1")) | {"category": "pothole"},
    )
    part = next(key[0] for key, _ in parts if key[0].startswith("roads.") and key[4] == 0)
    assert ids(log.trace(part, to_the_end=True))[0][0] == pothole
    minutes = log.trace("grievance.resolution_minutes", to_the_end=True)
    assert ([n for _, n in ids(minutes)], minutes["stored"]) == ([100, 100], 200)
    times = log.trace("grievance.resolution_time", to_the_end=True)
    assert (times["stored"], times["exact"]) == (2, True)


def test_a_department_and_a_ward_have_their_own_events(log):
    log.resolve(1)
    there = log.resolve(2, ward="W2")
    nowhere = log.resolve(3, ward=None, department="water-supply")
    assert ids(log.trace("grievance.resolved", ward="W2", to_the_end=True)) == [(there, 1)]
    assert ids(log.trace("grievance.resolved", ward="", to_the_end=True)) == [(nowhere, 1)]
    water = log.trace("grievance.resolved", department="water-supply", to_the_end=True)
    assert (ids(water), water["exact"]) == ([(nowhere, 1)], True)


def test_it_says_when_the_log_does_not_have_all_that_was_counted(log):
    log.resolve(1)
    with log.sessions.begin() as session:
        add(session, {("grievance.resolved", "roads", "W1", DAY, 0): 1})
    answer = log.trace("grievance.resolved")
    assert (answer["stored"], answer["found"], answer["exact"]) == (2, 1, False)
    assert answer["read_to_end"] is True


def test_equal_sums_of_other_wards_are_not_exact(log):
    log.resolve(1, ward="W1", live=False)
    with log.sessions.begin() as session:
        add(session, {("grievance.resolved", "roads", "W2", DAY, 0): 1})
    answer = log.trace("grievance.resolved")
    assert (answer["stored"], answer["found"], answer["exact"]) == (1, 1, False)


def test_no_more_are_listed_than_were_asked_for_and_all_are_counted(log):
    for minute in range(5):
        log.resolve(minute)
    answer = log.trace("grievance.resolved", limit=2, to_the_end=True)
    assert (len(answer["from"]), answer["count"], answer["found"]) == (2, 5, 5)
    assert (answer["truncated"], answer["exact"]) == (True, True)


def test_an_unknown_measure_is_refused(log):
    with pytest.raises(NotFound):
        log.trace("grievance.nothing")


def test_a_hearing_is_traced_to_the_event_that_told_of_it_weeks_before(log):
    # The broker keeps when an event came, and that is now.
    hearing = datetime.now(UTC).replace(microsecond=0) + timedelta(days=40)
    told = log.happen(
        "tax.hearing_set.v1", datetime.now(UTC).isoformat(), hearing_at=_z(hearing.isoformat())
    )
    answer = log.trace("tax.hearings_set", day=day_of(hearing).isoformat())
    assert ids(answer) == [(told, 1)]
    assert answer["exact"] is True


def test_what_was_entered_is_traced_to_its_readings_and_their_corrections(log):
    batch = uuid7()
    with log.sessions.begin() as session:
        session.add(
            Batch(
                id=batch,
                department="water-supply",
                state="decided",
                via="form",
                asked="",
                entered_by="officer:a",
                entered_at=datetime.now(UTC),
            )
        )
        session.flush()
        made = []
        for line, (measure, kind, value, replaced) in enumerate(
            (
                ("water.produced_kl", "sum", 70, None),
                ("water.produced_kl", "sum", 50, 70),
                ("water.metered", "level", 8, None),
                ("water.metered", "level", 9, 8),
            ),
            1,
        ):
            made.append(uuid7())
            session.add(
                Reading(
                    id=made[-1],
                    batch_id=batch,
                    line=line,
                    measure=measure,
                    department="water-supply",
                    place="",
                    period="2026-05",
                    day=date(2026, 5, 10),
                    kind=kind,
                    decimals=0,
                    by="",
                    value=value,
                    after_sign_off=False,
                    state="approved",
                    version=2 if replaced else 1,
                    in_force=replaced is not None,
                    replaced=replaced,
                    outlier=False,
                    decided_by="officer:b",
                    decided_at=datetime.now(UTC),
                )
            )
        add(session, {("water.produced_kl", "water-supply", "", DAY, 0): 50})
        set_level(session, {("water.metered", "water-supply", "", DAY): 9})
    answer = log.trace("water.produced_kl")
    assert [(each["reading"], each["amount"]) for each in answer["from"]] == [
        (str(made[0]), 70),
        (str(made[1]), -20),
    ]
    assert (answer["source"], answer["stored"], answer["exact"]) == ("readings", 50, True)
    level = log.trace("water.metered")
    assert [(each["reading"], each["amount"]) for each in level["from"]] == [(str(made[3]), 9)]
    assert level["exact"] is True
