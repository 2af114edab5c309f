"""A service and its database: waits that let others go on, moments in UTC, a pool with an end."""

import dataclasses
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from palika import database
from palika.config import settings
from palika.database import create_engine, make_base
from palika.errors import Unavailable
from palika.heartbeat import beat
from tests.support.backbone import Backbone
from tests.support.part import Part, wait_for

INDIA = timezone(timedelta(hours=5, minutes=30))
Base: type[DeclarativeBase] = make_base()


class Moment(Base):  # type: ignore[misc, valid-type]
    """A table of the test's own."""

    __tablename__ = "moment"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    until: Mapped[datetime | None]


@pytest.fixture(scope="module")
def service(migrated: Backbone) -> Part:
    """One process of the probe, with ten workers."""
    return migrated.part("run", "probe").start()


@pytest.fixture
def session(migrated: Backbone) -> Iterator[Session]:
    """A session on a database with the table of moments; all is rolled back."""
    with migrated.sessions("probe")() as session:
        Base.metadata.create_all(session.connection())
        yield session
        session.rollback()


def nap(backbone: Backbone, seconds: float) -> str:
    """Have the service ask its database for a nap; how that went."""
    with backbone.client() as city:
        try:
            city.probe.nap(seconds=seconds)
        except Unavailable as error:
            return str(error)
    return "slept"


def test_ten_slow_queries_at_once_take_about_the_time_of_one(
    migrated: Backbone, service: Part
) -> None:
    seconds = 2.0
    assert nap(migrated, 0) == "slept"
    with ThreadPoolExecutor(10) as threads:
        started = time.monotonic()
        answers = list(threads.map(lambda _: nap(migrated, seconds), range(10)))
        took = time.monotonic() - started
    assert answers == ["slept"] * 10
    assert seconds <= took < 2.5 * seconds


def test_a_service_answers_its_health_while_its_database_is_slow(
    migrated: Backbone, service: Part
) -> None:
    with ThreadPoolExecutor(10) as threads:
        naps = [threads.submit(nap, migrated, 2) for _ in range(10)]
        sleeping = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
        wait_for(lambda: migrated.value("probe", sleeping) == 10, what="all workers wait")
        assert service.get("/healthz")[0] == 200
        assert service.get("/readyz")[0] == 200
        assert migrated.value("probe", sleeping) == 10, "they still do"
    assert {each.result() for each in naps} == {"slept"}


def test_a_database_that_takes_no_more_connections_is_unavailable_and_not_a_hang(
    migrated: Backbone, service: Part
) -> None:
    # A role of few connections stands for a server whose last one is taken.
    migrated.query("probe", "CREATE ROLE few LOGIN PASSWORD 'few' CONNECTION LIMIT 4")
    migrated.query("probe", "GRANT ALL ON ALL TABLES IN SCHEMA public TO few")
    service.stop()
    server = migrated.database_url("probe").rpartition("@")[2]
    limited = migrated.part("run", "probe", PROBE_DATABASE_URL=f"postgresql://few:few@{server}")
    limited.start()
    with ThreadPoolExecutor(10) as threads:
        started = time.monotonic()
        answers = list(threads.map(lambda _: nap(migrated, 3), range(10)))
        took = time.monotonic() - started
    assert took < 15
    slept = answers.count("slept")
    assert 1 <= slept <= 4
    assert set(answers) == {"slept", "probe.nap: the database does not answer; try again"}
    assert nap(migrated, 0) == "slept", "it goes on when there is room"
    assert limited.stop() == 0
    service.start()
    migrated.query("probe", "DROP OWNED BY few")
    migrated.query("probe", "DROP ROLE few")


def test_a_pool_whose_connections_are_all_out_ends_the_wait(migrated: Backbone) -> None:
    config = dataclasses.replace(
        settings(), database_url=migrated.database_url("probe"), rpc_timeout_s=1, workers=1
    )
    engine = create_engine(config)
    held = []
    started = time.monotonic()
    with pytest.raises(PoolTimeout):
        # One worker's, the house's own four, and four more.
        held.extend(engine.connect() for _ in range(10))
    assert time.monotonic() - started < 15
    for connection in held:
        connection.close()
    engine.dispose()


def test_an_aware_moment_comes_back_in_utc(session: Session) -> None:
    noon = datetime(2026, 1, 26, 12, 0, tzinfo=INDIA)
    session.add(Moment(id=1, at=noon, until=None))
    session.flush()
    session.expunge_all()
    moment = session.scalars(select(Moment)).one()
    assert moment.at == noon
    assert moment.at.tzinfo is UTC
    assert moment.at.hour == 6
    assert moment.until is None
    assert session.scalar(select(Moment.id).where(Moment.at <= noon)) == 1


def test_a_naive_moment_is_refused_wherever_it_is_given(session: Session) -> None:
    naive = datetime(2026, 1, 26, 12, 0)  # noqa: DTZ001 - that is the point
    with pytest.raises(StatementError, match="has no time zone"):
        session.scalar(select(Moment.id).where(Moment.at <= naive))
    session.add(Moment(id=2, at=naive, until=None))
    with pytest.raises(StatementError, match="has no time zone"):
        session.flush()


def test_the_database_speaks_utc_whatever_the_machine_does(session: Session) -> None:
    assert session.scalar(text("SHOW timezone")) == "UTC"


def test_of_ten_processes_that_want_to_beat_one_does(migrated: Backbone, service: Part) -> None:
    sessions = migrated.sessions("probe")

    def try_to_beat(_: int) -> bool:
        return beat(sessions, "choir", every_s=60)

    with ThreadPoolExecutor(10) as threads:
        assert sorted(threads.map(try_to_beat, range(10))) == [False] * 9 + [True]
    count = "SELECT count(*) FROM outbox WHERE type = 'choir.heartbeat.v1'"
    assert migrated.value("probe", count) == 1
    migrated.query("probe", "UPDATE heartbeat SET beat_at = beat_at - interval '61 s'")
    assert try_to_beat(0), "the next one, an interval later"
    assert migrated.value("probe", count) == 2


def test_a_service_beats_once_an_interval_however_many_processes_it_has(
    migrated: Backbone, service: Part
) -> None:
    others = [migrated.service("probe") for _ in range(2)]
    for other in others:
        other.wait_ready()
    migrated.query("probe", "DELETE FROM outbox")
    count = "SELECT count(*) FROM outbox WHERE type = 'probe.heartbeat.v1'"
    wait_for(lambda: migrated.value("probe", count) >= 4, 30, "they beat")
    # Of 0.9 s at the least; the moments are those of the claims, not of the commits.
    between = migrated.query(
        "probe",
        "SELECT extract(epoch FROM recorded_at - lag(recorded_at) OVER (ORDER BY recorded_at)) "
        "FROM outbox WHERE type = 'probe.heartbeat.v1'",
    )
    assert all(gap >= 0.85 for (gap,) in between if gap is not None), between
    for other in others:
        other.kill()


def test_a_connection_that_died_at_rest_is_noticed_before_anybody_gets_it(
    migrated: Backbone, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = dataclasses.replace(settings("probe"), database_url=migrated.database_url("probe"))
    engine = create_engine(config, pool_size=2)
    killed = "SELECT pg_terminate_backend(%s)"

    def pid() -> int:
        with engine.connect() as connection:
            return int(connection.scalar(text("SELECT pg_backend_pid()")))

    try:
        monkeypatch.setattr(database, "_RESTED_S", 60.0)
        first = pid()
        assert pid() == first, "it is used again"
        migrated.query("probe", killed, first)
        with pytest.raises(OperationalError):
            pid()  # It was in use a moment ago.
        second = pid()
        migrated.query("probe", killed, second)
        monkeypatch.setattr(database, "_RESTED_S", 0.0)
        assert pid() not in (first, second)
    finally:
        engine.dispose()
