"""The projection on a real database: one statement a batch, exact whatever comes at once."""

import random
import threading
from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker
from uuid6 import uuid7

from palika.events import Event
from palika.subscribe import Refuse
from services.kpi.commands.project import add, project, set_level
from services.kpi.domain.projection import RULES, Projector
from services.kpi.domain.sketches import weight
from services.kpi.models import MONTHS, PRINT
from tests.support.samples import golden_data

NOW = datetime(2026, 4, 1, tzinfo=UTC)


@pytest.fixture
def database(kpi_sessions) -> sessionmaker[Session]:
    """The KPI service's database, its measures empty."""
    with kpi_sessions.begin() as session:
        session.execute(text("TRUNCATE measure, measure_year"))
    return kpi_sessions


def filed(department: str, ward: str | None = "W1") -> Event:
    data = {"department": department, "ward": ward, "filed_at": "2026-04-01T05:00:00Z"}
    return Event(str(uuid7()), "grievance.filed.v1", "subject", NOW, data)


def count(session: Session, events: list[Event]) -> dict[str, Refuse]:
    """Project, with nothing but the base measures."""
    return project(session, events, Projector({}))


def measures(database: sessionmaker[Session]) -> dict:
    with database() as session:
        rows = session.execute(
            text("SELECT department, ward, value FROM measure WHERE measure = 'grievance.filed'")
        )
        return {(department, ward): value for department, ward, value in rows}


@pytest.mark.parametrize(
    "code", ["a,b", 'quo"te', "back\\slash", '\\"', "{curly}", "NULL", "पाणी", "it's", "%s", " a "]
)
def test_a_code_is_kept_letter_by_letter(database, code):
    with database.begin() as session:
        assert count(session, [filed(code, code), filed("plain"), filed(code, None)]) == {}
    assert measures(database) == {(code, code): 1, (code, ""): 1, ("plain", "W1"): 1}


def test_a_malformed_event_is_refused_by_name_and_its_neighbours_are_counted(database):
    bad = filed("water")
    del bad.data["filed_at"]
    with database.begin() as session:
        refused = count(session, [filed("water"), bad, filed("water")])
    assert refused == {bad.id: Refuse("filed_at: missing")}
    assert measures(database) == {("water", "W1"): 2}


def test_a_batch_of_nothing_but_malformed_events_writes_nothing(database):
    bad = filed("")
    with database.begin() as session:
        assert list(count(session, [bad])) == [bad.id]
    assert measures(database) == {}


def test_a_batch_that_rolls_back_has_counted_nothing(database):
    with database() as session:
        count(session, [filed("water")])
        session.rollback()
    assert measures(database) == {}


def test_consumers_side_by_side_neither_deadlock_nor_lose_a_count(database):
    departments = [f"d{number}" for number in range(30)]
    errors: list[BaseException] = []

    def consume(seed: int) -> None:
        rng = random.Random(seed)
        try:
            for _ in range(40):
                with database.begin() as session:
                    # Each consumer meets the departments in an order of its own.
                    count(session, [filed(each) for each in rng.sample(departments, 30)])
        except Exception as error:
            errors.append(error)
            raise

    threads = [threading.Thread(target=consume, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert measures(database) == {(each, "W1"): 6 * 40 for each in departments}
    assert roll_up(database, "grievance.filed") == {
        (each, 2026, 0): {"m04": 6 * 40} for each in departments
    }


# ---- the roll-up by month


def roll_up(database: sessionmaker[Session], measure: str) -> dict:
    """The months that are not null, by department, financial year and cell."""
    with database() as session:
        rows = session.execute(
            text("SELECT * FROM measure_year WHERE measure = :measure"), {"measure": measure}
        ).mappings()
        return {
            (row["department"], row["year"], row["cell"]): {
                month: row[month] for month in MONTHS if row[month] is not None
            }
            for row in rows
        }


def put(database: sessionmaker[Session], totals: dict) -> None:
    with database.begin() as session:
        add(session, totals)


DAYS = st.dates(date(2025, 1, 1), date(2027, 12, 31)).map(str)
TOTALS = st.dictionaries(
    st.tuples(
        st.sampled_from(["a.b", "a.c"]),
        st.sampled_from(["roads", 'wa"ter']),
        st.sampled_from(["", "W1"]),
        DAYS,
        st.sampled_from([0, 7]),
    ),
    st.integers(-5, 5),
    max_size=12,
)


@settings(
    deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(TOTALS, max_size=4))
def test_the_months_are_the_sums_of_their_days_in_every_order_of_writing(database, batches):
    with database.begin() as session:
        session.execute(text("TRUNCATE measure, measure_year"))
    expected: dict = {}
    for batch in batches:
        put(database, batch)
        for (measure, department, _, day, cell), value in batch.items():
            year = int(day[:4]) - (int(day[5:7]) < 4)
            months = expected.setdefault((measure, department, year, cell), {})
            months[f"m{day[5:7]}"] = months.get(f"m{day[5:7]}", 0) + value
            if cell:
                prints = expected.setdefault((measure, department, year, PRINT), {})
                added = value * weight(cell)
                prints[f"m{day[5:7]}"] = prints.get(f"m{day[5:7]}", 0) + added
    found = {
        (measure, *key): months
        for measure in ("a.b", "a.c")
        for key, months in roll_up(database, measure).items()
    }
    assert found == expected


def tables(database: sessionmaker[Session]) -> list:
    with database() as session:
        return [
            sorted(map(str, session.execute(text(f"SELECT * FROM {name}"))))
            for name in ("measure", "measure_year")
        ]


@settings(
    deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.sampled_from(sorted(RULES)), max_size=40), st.randoms(use_true_random=False))
def test_every_order_and_every_split_into_batches_gives_the_same_tables(database, kinds, rng):
    events = [Event(str(uuid7()), kind, "subject", NOW, golden_data(kind)) for kind in kinds]
    found = []
    for size in (len(events) or 1, rng.randint(1, 5), 1):
        with database.begin() as session:
            session.execute(text("TRUNCATE measure, measure_year"))
        for start in range(0, len(events), size):
            with database.begin() as session:
                count(session, events[start : start + size])
        found.append(tables(database))
        rng.shuffle(events)
    assert found[0] == found[1] == found[2]


def test_a_month_without_data_is_null_and_what_cancels_out_is_0(database):
    put(database, {("a.b", "roads", "", "2026-04-01", 0): 5})
    put(database, {("a.b", "roads", "W1", "2026-04-02", 0): -5})
    assert roll_up(database, "a.b") == {("roads", 2026, 0): {"m04": 0}}


def test_writers_of_several_months_neither_deadlock_nor_lose_a_sum(database):
    days = [f"2026-{month:02}-01" for month in range(1, 13)]
    errors: list[BaseException] = []

    def write(seed: int) -> None:
        rng = random.Random(seed)
        try:
            for _ in range(40):
                chosen = rng.sample([(m, d) for m in ("a.b", "a.c") for d in days], 12)
                put(database, {(m, "roads", "", day, 0): 1 for m, day in chosen})
        except Exception as error:
            errors.append(error)
            raise

    threads = [threading.Thread(target=write, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    written = [months for name in ("a.b", "a.c") for months in roll_up(database, name).values()]
    assert sum(sum(months.values()) for months in written) == 6 * 40 * 12


def level(database: sessionmaker[Session], values: dict) -> None:
    with database.begin() as session:
        set_level(session, {("a.level", "roads", *key): value for key, value in values.items()})


def test_a_level_has_the_last_value_of_each_ward_in_the_month_added_up(database):
    level(database, {("W1", "2026-04-02"): 10, ("W1", "2026-04-20"): 12, ("W2", "2026-04-05"): 3})
    level(database, {("W1", "2027-03-31"): 7})
    assert roll_up(database, "a.level") == {("roads", 2026, 0): {"m04": 15, "m03": 10}}
    level(database, {("W1", "2026-04-20"): 20})
    assert roll_up(database, "a.level")["roads", 2026, 0]["m04"] == 23


def test_a_ward_that_is_not_entered_anew_stands_as_it_was_in_later_months_and_years(database):
    level(database, {("W1", "2027-04-30"): 5})
    level(database, {("W2", "2026-02-28"): 3})
    assert roll_up(database, "a.level") == {
        ("roads", 2025, 0): {"m02": 3},
        ("roads", 2027, 0): {"m04": 8},
    }
    level(database, {("W2", "2026-02-28"): 4, ("W2", "2027-04-01"): 6})
    assert roll_up(database, "a.level")["roads", 2027, 0] == {"m04": 11}


def test_levels_of_one_year_that_are_set_at_once_all_count(database):
    def write(ward: str) -> None:
        for day in range(1, 21):
            level(database, {(ward, f"2026-04-{day:02}"): day})

    threads = [threading.Thread(target=write, args=(f"W{n}",)) for n in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert roll_up(database, "a.level") == {("roads", 2026, 0): {"m04": 5 * 20}}
