"""The catalogue is edited after values were entered: nothing of the past becomes something else."""

import json
from collections.abc import Iterator
from datetime import date
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from alembic import command
from click.testing import CliRunner
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.at_start import AtStart
from palika.config import settings
from palika.database import create_engine
from palika.errors import Conflict, Invalid
from palika.local import Postgres
from palika.migrate import alembic_config, migrations_of, upgrade
from services.kpi import cli
from services.kpi.commands.adapt import Adapted, adapt
from services.kpi.commands.enter import submit
from services.kpi.commands.readings import check_meaning, write_readings
from services.kpi.domain.formula import Input
from services.kpi.domain.period import Window
from services.kpi.entered.form import form
from services.kpi.queries import by_day
from services.kpi.reference import city_places
from tests.support.backbone import Backbone
from tests.support.kpi_catalogue import REAL, edited, use, without
from tests.support.kpi_entry import (
    CLERK,
    TABLES,
    approved,
    done,
    entered,
    line,
    measures,
    sent_back,
)
from tests.support.part import wait_for

SUM, LEVEL = "water.produced_kl", "water.connections"


@pytest.fixture
def database(kpi_sessions) -> Any:
    """The KPI service's database, with nothing entered."""
    with kpi_sessions.begin() as session:
        session.execute(text(f"TRUNCATE {TABLES}"))
    return kpi_sessions


def given(database: Any, *lines: Any) -> str:
    batch = entered(database, *lines)
    approved(database, batch["id"])
    return str(batch["id"])


def stored(database: Any, code: str) -> int:
    """The sum of a measure, as it is stored."""
    return sum(row[5] for row in measures(database)["measure"] if row[0] == code)


# ---- how often


def test_months_are_not_entered_beside_their_quarter(database, monkeypatch):
    use(monkeypatch, edited(SUM, every="quarter"))
    given(database, line(SUM, "2026-Q2", 300))
    use(monkeypatch, edited(SUM, every="month"))
    with pytest.raises(Invalid) as refused:
        entered(database, line(SUM, "2026-07", 100), line(SUM, "2026-10", 100))
    assert refused.value.fields == {
        "lines.1.period": ["is entered as 2026-Q2 already, of which 2026-07 is a part"]
    }
    given(database, line(SUM, "2026-10", 100))
    assert stored(database, SUM) == 400


# ---- for which places


def of_a_level(database: Any, last: str, wards: tuple[str, ...] | None = None) -> Any:
    """A level over days that are no month, as `by_day` reads it."""
    one = Input(LEVEL, "last")
    days = Window(date(2026, 4, 1), date.fromisoformat(last))
    want = by_day.Wanted(one, "water-supply", days, wards)
    with database() as session:
        return by_day.read(session, [want]).get(want)


def months(database: Any) -> list[int]:
    """The months of the level's roll-up that are known, from April on."""
    (year,) = (row for row in measures(database)["measure_year"] if row[0] == LEVEL)
    return [each for each in year[4:] if each is not None]


@pytest.mark.parametrize("finer", [True, False])
def test_the_values_of_the_old_places_of_a_level_end_where_the_new_begin(
    database, monkeypatch, finer
):
    wards = list(city_places().wards)[:4]
    by_ward, whole = edited(LEVEL, every="month", by=("ward",)), edited(LEVEL, every="month", by=())
    before, after = (whole, by_ward) if finer else (by_ward, whole)
    said = {
        id(whole): lambda month: [line(LEVEL, month, 100)],
        id(by_ward): lambda month: [line(LEVEL, month, 30, place=ward) for ward in wards],
    }
    use(monkeypatch, before)
    given(database, *said[id(before)]("2026-09"))
    use(monkeypatch, after)
    with database() as session:
        check_meaning(session)
    given(database, *said[id(after)]("2026-10"))
    first, then = (100, 120) if finer else (120, 100)
    assert months(database) == [first, then]
    assert of_a_level(database, "2026-10-20") == first
    assert of_a_level(database, "2026-11-20") == then
    assert of_a_level(database, "2026-11-20", tuple(wards)) == (120 if finer else None)
    assert of_a_level(database, "2026-10-20", tuple(wards)) == (None if finer else 120)
    live = measures(database)
    with database.begin() as session:
        session.execute(text("TRUNCATE measure, measure_year"))
        write_readings(session)
    assert measures(database) == live


@pytest.mark.parametrize("finer", [True, False])
def test_what_another_kind_of_places_has_taken_over_stays_ended_when_the_old_kind_comes_back(
    database, monkeypatch, finer
):
    wards = list(city_places().wards)[:4]
    by_ward, other = edited(LEVEL, every="month", by=("ward",)), edited(LEVEL, every="month", by=())
    if not finer:
        other = edited(LEVEL, every="month", by=("zone",))
    zones = list(city_places().zones)[:2]
    use(monkeypatch, by_ward)
    given(database, *[line(LEVEL, "2026-07", 30, place=ward) for ward in wards])
    use(monkeypatch, other)
    places = [""] if finer else zones
    given(database, *[line(LEVEL, "2026-08", 100, place=each) for each in places])
    use(monkeypatch, by_ward)
    # Of the other wards nothing is known any more: not what was there before.
    given(database, line(LEVEL, "2026-09", 40, place=wards[0]))
    assert months(database) == [120, 100 * len(places), 40]
    assert of_a_level(database, "2026-10-20") == 40
    assert of_a_level(database, "2026-10-20", (wards[0],)) == 40
    assert of_a_level(database, "2026-10-20", (wards[1],)) is None
    assert of_a_level(database, "2026-09-20") == 100 * len(places)
    assert of_a_level(database, "2026-08-20", (wards[1],)) == 30
    given(database, line(LEVEL, "2026-10", 50, place=wards[1]))
    assert months(database) == [120, 100 * len(places), 40, 90]
    assert of_a_level(database, "2026-11-20") == 90
    live = measures(database)
    with database.begin() as session:
        session.execute(text("TRUNCATE measure, measure_year"))
        write_readings(session)
    assert measures(database) == live


def test_a_month_that_was_entered_by_ward_is_not_entered_for_the_city_too(database, monkeypatch):
    use(monkeypatch, edited(SUM, by=("ward",)))
    given(database, line(SUM, "2026-10", 100, place=next(iter(city_places().wards))))
    use(monkeypatch, edited(SUM, by=()))
    with pytest.raises(Invalid, match="nothing was entered") as refused:
        entered(database, line(SUM, "2026-10", 100))
    assert refused.value.fields == {
        "lines.1.period": ["is entered by ward already, and not for the whole city"]
    }


# ---- in how many decimals


def test_with_other_decimals_the_service_does_not_start_until_they_are_adapted(
    database, monkeypatch
):
    given(database, line(SUM, "2026-09", 7), line(SUM, "2026-10", "1,15,000"))
    given(database, line(SUM, "2026-10", "1,20,000", reason="चूक"))
    entered(database, line(SUM, "2026-08", 5), submit=False)
    with database() as session:
        check_meaning(session)
    use(monkeypatch, edited(SUM, decimals=2))
    start = AtStart(check_meaning)
    start.database = SimpleNamespace(sessions=database)
    said = "3 values are stored with 0 decimals, and the catalogue says 2: run `palika kpi adapt`"
    with pytest.raises(Conflict, match=said):
        start.start()
    with pytest.raises(Conflict, match=said), database.begin() as session:
        write_readings(session)
    with database.begin() as session:
        assert adapt(session) == [Adapted(SUM, 2, 3, older=1)]
    start.start()
    assert stored(database, SUM) == 12_000_700
    with database() as session:
        asked = form(
            session, {"department": "water-supply", "period": "2026-10"}, date(2026, 11, 20)
        )
        (field,) = (each for each in asked["measures"] if each["measure"] == SUM)
        replaced = session.scalar(text("SELECT max(replaced) FROM reading"))
    assert (field["places"][0]["value"], replaced) == (120_000, 11_500_000)
    given(database, line(SUM, "2026-10", "1,20,000.25", reason="मापन"))
    assert stored(database, SUM) == 12_000_725
    with database.begin() as session:
        assert adapt(session) == []


def test_a_process_ends_and_says_why_when_values_are_stored_otherwise(backbone: Backbone):
    backbone.migrate("kpi")
    database = backbone.sessions("kpi")
    with database.begin() as session:
        session.execute(text(f"TRUNCATE {TABLES}"))
    given(database, line(SUM, "2026-10", 5))
    service = backbone.service("kpi")
    service.wait_ready()
    assert service.stop() == 0
    with database.begin() as session:
        session.execute(text("UPDATE reading SET decimals = 2"))
    service.start(ready=False)
    wait_for(lambda: service.exit_code is not None, 60, "it ends")
    assert service.exit_code == 1
    assert f"{SUM}: 1 values are stored with 2 decimals, and the catalogue says 0" in service.said


def test_decimals_that_values_have_are_not_taken_away(database, monkeypatch):
    use(monkeypatch, edited(SUM, decimals=2))
    given(database, line(SUM, "2026-09", "7.50"), line(SUM, "2026-10", "7.25"))
    use(monkeypatch, edited(SUM, decimals=0))
    with pytest.raises(Conflict, match="2 values have more than 0"), database.begin() as session:
        adapt(session)
    use(monkeypatch, edited(SUM, decimals=1))
    with pytest.raises(Conflict, match="1 values have more than 1"), database.begin() as session:
        adapt(session)
    assert stored(database, SUM) == 1475


def test_a_large_value_is_adapted_to_the_last_unit_and_one_that_is_too_large_is_not(
    database, monkeypatch
):
    given(database, line(SUM, "2026-10", 999_999_999_999_999))
    use(monkeypatch, edited(SUM, decimals=1))
    with pytest.raises(Conflict, match="1 values are too large for 1"), database.begin() as session:
        adapt(session)
    use(monkeypatch, REAL)
    given(database, line(SUM, "2026-10", 99_999_999_999_999, reason="चूक"))
    with database.begin() as session:
        # The larger one stays on record as what was replaced.
        session.execute(text("UPDATE reading SET replaced = NULL"))
        session.execute(text("DELETE FROM reading WHERE NOT in_force"))
    use(monkeypatch, edited(SUM, decimals=1))
    with database.begin() as session:
        adapt(session)
    assert stored(database, SUM) == 999_999_999_999_990


def test_the_database_may_be_away_when_the_service_starts(monkeypatch):
    class Away:
        def begin(self) -> None:
            raise OperationalError("SELECT 1", None, Exception("away"), connection_invalidated=True)

    class Container:
        threads: list[str] = []

        def spawn_managed_thread(self, run: Any, identifier: str) -> None:
            self.threads.append(identifier)

    start = AtStart(check_meaning)
    start.database, start.container = SimpleNamespace(sessions=Away()), Container()
    start.start()
    assert start.container.threads == ["check at start"]


def test_the_terminal_tells_what_differs_and_adapts_it(database, monkeypatch):
    given(database, line(SUM, "2026-10", 7))
    run = CliRunner()
    use(monkeypatch, edited(SUM, decimals=1))
    monkeypatch.setattr("services.kpi.files.read", lambda *_: edited(SUM, decimals=1))
    outcome = run.invoke(cli.group, ["check", "--database"])
    assert outcome.exit_code == 1
    assert f"{SUM}: 1 values are stored with 0 decimals" in outcome.stderr
    outcome = run.invoke(cli.group, ["adapt", "--json"])
    assert json.loads(outcome.stdout) == {
        "adapted": [{"measure": SUM, "decimals": 1, "readings": 1, "older": 0}]
    }
    assert run.invoke(cli.group, ["check", "--database"]).exit_code == 0
    assert stored(database, SUM) == 70


# ---- in the catalogue no more


def test_a_draft_of_a_measure_that_is_no_more_is_refused_with_its_line(database, monkeypatch):
    batch = entered(database, line(SUM, "2026-10", 5), submit=False)
    use(monkeypatch, without(SUM))
    with pytest.raises(Invalid) as refused:
        done(database, submit, CLERK, {"id": UUID(batch["id"])})
    assert refused.value.fields == {"lines.1.measure": [f"there is no such measure: '{SUM}'"]}


def test_what_waits_of_a_measure_that_has_changed_is_sent_back_and_never_approved(
    database, monkeypatch
):
    batch = entered(database, line(SUM, "2026-10", 5))
    for catalogue in (without(SUM), edited(SUM, decimals=1), edited(SUM, kind="level")):
        use(monkeypatch, catalogue)
        with pytest.raises(Conflict, match="send the value back"):
            approved(database, batch["id"])
    sent_back(database, batch["id"])
    use(monkeypatch, REAL)
    assert stored(database, SUM) == 0


# ---- what was stored before


@pytest.fixture
def old(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """A database from before readings and mutings said what they mean, filled and upgraded."""
    monkeypatch.setenv("KPI_DATABASE_URL", postgres.url(f"test_old_{uuid7().hex[:12]}"))
    settings.cache_clear()
    upgrade("kpi")
    engine = create_engine(settings("kpi"))
    config = alembic_config("kpi", migrations_of("kpi"))
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        # Migrations go forward only: the older tables are made anew.
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
        command.upgrade(config, "kpi_0007")
        _fill(connection)
        connection.commit()
    upgrade("kpi")
    with Session(engine) as session:
        yield session
    engine.dispose()
    monkeypatch.undo()
    settings.cache_clear()


FINE = next(code for code, each in REAL.measures.items() if each.decimals)
OLD = {
    "water.gone": "",
    SUM: "",
    LEVEL: "bibwewadi",
    "sports.zone": "zone-5",
    FINE: "",
}
"""Of which measure and place there is a reading."""


def _fill(connection: Any) -> None:
    key = uuid7()
    connection.execute(
        text(
            "INSERT INTO batch (id, department, state, via, asked, entered_by, entered_at) "
            "VALUES (:id, 'x', 'draft', 'form', '', 'officer:x', now())"
        ),
        {"id": key},
    )
    for number, (measure, place) in enumerate(OLD.items(), 1):
        connection.execute(
            text(
                "INSERT INTO reading (id, batch_id, line, measure, department, place, period, day, "
                "kind, value, after_sign_off, state, in_force, outlier) VALUES (:id, :batch, "
                ":line, :measure, 'x', :place, '2026-10', '2026-10-31', 'sum', 5, false, 'draft', "
                "false, false)"
            ),
            {"id": uuid7(), "batch": key, "line": number, "measure": measure, "place": place},
        )
    for began, ended, muted, until in (
        ("2026-09-01", "2026-09-20", "2026-09-02", "2027-06-30"),
        ("2026-10-01", None, "2026-10-02", "2026-12-31"),
    ):
        connection.execute(
            text(
                "INSERT INTO alert (id, correlation_id, code, kind, department, owner, reason, "
                "period, running, value, facts, began_at, ended_at, muted_until, muted_by, "
                "muted_at, mute_reason) VALUES (:id, :id, 'c', 'red', 'x', 'x', 'red', '2026-09', "
                "false, 1, '{}', :began, :ended, :until, 'officer:x', :muted, 'Survey')"
            ),
            {"id": uuid7(), "began": began, "ended": ended, "muted": muted, "until": until},
        )


def test_old_readings_mean_what_the_catalogue_says_and_the_last_muting_holds(old: Session):
    rows = old.execute(text("SELECT measure, decimals, by FROM reading ORDER BY line")).all()
    found = {measure: (decimals, by) for measure, decimals, by in rows}
    assert list(found) == list(OLD)
    fine = (REAL.measures[FINE].decimals, "")
    assert list(found.values()) == [(0, ""), (0, ""), (0, "ward"), (0, "zone"), fine]
    (muted,) = old.execute(text("SELECT code, kind, until, reason FROM alert_mute")).all()
    assert tuple(muted) == ("c", "red", date(2026, 12, 31), "Survey")
