"""The page is never behind the database: what is remembered of it is brought up to date by each
question, whoever has written, in whatever order the writers came to their end."""

import random
import threading
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Session, sessionmaker

from palika.config import settings
from palika.database import create_engine
from palika.migrate import upgrade
from palika.text import Name
from services.kpi import queries, reference
from services.kpi.commands.project import add, set_level
from services.kpi.domain.formula import formula
from services.kpi.domain.indicators import Catalogue, Department, Indicator, MeasureInfo
from services.kpi.domain.sketches import bucket, register
from services.kpi.schemas.reading import DashboardArgs
from tests.support.part import wait_for

NAME = Name("नाव", "Name")
TODAY = date(2026, 11, 15)
MEASURES = {
    each.code: each
    for each in (
        MeasureInfo("x.sum", NAME, "count"),
        MeasureInfo("x.time", NAME, "minutes", "distribution"),
        MeasureInfo("x.who", NAME, "count", "distinct"),
        MeasureInfo("a.stock", NAME, "count", "level", every="month", by=("ward",), department="a"),
    )
}
FORMULAS = {
    "sum": "x.sum",
    "ever": "stock(x.sum)",
    "median": "percentile(x.time, 50)",
    "who": "distinct(x.who)",
    "stock": "a.stock",
    "mean": "average(a.stock)",
}


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> Catalogue:
    """A catalogue of all kinds of measures, by department and city, by month and week."""

    def kpi(code: str, written: str, scope: str, frequency: str) -> Indicator:
        return Indicator(
            *(f"{code}-{scope}-{frequency}", "a", NAME, NAME, "count", 1),
            *(formula(written, MEASURES), "none", frequency, "mixed", "head"),
            scope=scope,
            public=code != "sum",
        )

    kpis = [
        kpi(code, written, scope, frequency)
        for code, written in FORMULAS.items()
        for scope in ("department", "city")
        for frequency in ("week", "month", "year")
    ]
    made = Catalogue(
        {"a": Department("a", NAME, "head")},
        MEASURES,
        {"count": NAME, "minutes": NAME},
        {},
        {each.code: each for each in kpis},
    )
    monkeypatch.setattr(reference, "city_catalogue", lambda: made)
    return made


Process = sessionmaker[Session]


@pytest.fixture
def start(city, known) -> Iterator[Any]:
    """Gives what each process of the service has: connections of its own, and a memory."""
    upgrade("kpi")
    made = []

    def start() -> Process:
        engine = create_engine(settings("kpi"))
        made.append(engine)
        return sessionmaker(engine)

    with start().begin() as session:
        session.execute(text("TRUNCATE measure, measure_year"))
    yield start
    for engine in made:
        engine.dispose()


def page(process: Process, public: bool = False, today: date = TODAY, **args: Any) -> Any:
    """The whole answer."""
    with process.begin() as session:
        return queries.dashboard(session, DashboardArgs().load(args), today, public)


def value(process: Process, code: str, **args: Any) -> Any:
    return {each["code"]: each["value"] for each in page(process, **args)["kpis"]}[code]


def sums(session: Session, amount: int, day: str = "2026-11-02", department: str = "a") -> None:
    add(session, {("x.sum", department, "w", day, 0): amount})


def who(session: Session, name: str, sign: int = 1) -> None:
    add(session, {("x.who", "a", "", "2026-11-02", register(name)): sign})


MONTH = "sum-department-month"


def test_what_one_process_has_committed_the_page_of_another_has(start):
    one, other = start(), start()
    for number in range(1, 4):
        with one.begin() as session:
            sums(session, 1)
            who(session, f"person {number}")
        for process in (other, one):
            assert value(process, MONTH) == number
            assert value(process, "who-city-year") == number


def test_a_transaction_that_began_first_and_ends_last_is_not_missed(start):
    """The rows were there before, so that nothing tells of it but who has written them."""
    reader, slow, quick = start(), start(), start()
    with slow.begin() as session:
        sums(session, 7)
        sums(session, 7, department="b")
        who(session, "slow", 0)
    assert value(reader, MONTH) == 7
    with slow.begin() as first:
        sums(first, 100)
        who(first, "slow")
        with quick.begin() as second:
            sums(second, 1, department="b")
        assert value(reader, "sum-city-month") == 15
        assert value(reader, MONTH) == 7
    assert value(reader, MONTH) == 107
    assert value(reader, "sum-city-month") == 115
    assert value(reader, "who-department-month") == 1


def test_a_savepoint_counts_with_its_transaction(start):
    reader, writer = start(), start()
    with writer.begin() as session:
        sums(session, 1)
        with session.begin_nested():
            sums(session, 10)
        assert value(reader, MONTH) is None
    assert value(reader, MONTH) == 11


def test_what_a_transaction_takes_back_it_alone_has_seen(start):
    process = start()
    with process.begin() as session:
        sums(session, 1)
    assert value(process, MONTH) == 1

    def inside(session: Session) -> Any:
        answer = queries.dashboard(session, DashboardArgs().load({}), TODAY)
        return {each["code"]: each["value"] for each in answer["kpis"]}

    with process() as session:
        sums(session, 5)
        assert inside(session)[MONTH] == 6
        assert value(process, MONTH) == 1
        session.rollback()
    assert value(process, MONTH) == 1
    with process() as session:
        sums(session, 5)
        who(session, "nobody")
        set_level(session, {("a.stock", "a", "w", "2026-11-10"): 9})
        seen = inside(session)
        assert (seen[MONTH], seen["who-city-month"], seen["mean-city-week"]) == (6, 1, 9)
        assert seen["stock-department-month"] == 9
        # Another one asks meanwhile, in the same process.
        assert value(process, MONTH) == 1
        session.rollback()
    after = {each["code"]: each["value"] for each in page(process)["kpis"]}
    assert (after[MONTH], after["who-city-month"]) == (1, None)
    assert after["stock-department-month"] is None


def test_a_transaction_that_writes_reads_all_once_and_then_what_it_has_changed(start):
    process = start()
    with process.begin() as session:
        sums(session, 1)
    page(process)
    said: list[str] = []
    event.listen(process.kw["bind"], "before_cursor_execute", lambda *given: said.append(given[2]))

    def inside(session: Session) -> Any:
        said.clear()
        answer = queries.dashboard(session, DashboardArgs().load({}), TODAY)
        return {each["code"]: each["value"] for each in answer["kpis"]}[MONTH]

    def read_all() -> bool:
        return any("cell > 0 AND measure = ANY" in each for each in said)

    with process.begin() as session:
        sums(session, 1)
        assert (inside(session), read_all()) == (2, True)
        for number in range(3, 6):
            sums(session, 1)
            assert (inside(session), read_all()) == (number, False)
        # What a savepoint takes back is gone for all that comes after.
        with session.begin_nested() as savepoint:
            sums(session, 100)
            assert inside(session) == 105
            savepoint.rollback()
        assert inside(session) == 5
        with session.begin_nested():
            sums(session, 10)
        assert inside(session) == 15
    assert value(process, MONTH) == 15


def test_a_transaction_that_looks_at_the_past_leaves_the_present_alone(start):
    process = start()
    with process.begin() as session:
        sums(session, 1)
    with process() as session:
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        asked = DashboardArgs().load({})

        def past() -> Any:
            answer = queries.dashboard(session, asked, TODAY)
            return {each["code"]: each["value"] for each in answer["kpis"]}[MONTH]

        assert past() == 1
        with process.begin() as writer:
            sums(writer, 1)
        assert value(process, MONTH) == 2
        assert past() == 1
        assert value(process, MONTH) == 2


@pytest.mark.parametrize(
    "gone",
    [
        "TRUNCATE measure, measure_year",
        "DELETE FROM measure_year WHERE measure = 'x.sum'",
        # As a rebuild does: other tables, whose rows were written before the last page.
        "ALTER TABLE measure_year RENAME TO gone; ALTER TABLE next RENAME TO measure_year",
    ],
)
def test_rows_that_are_gone_are_not_told_any_more(start, gone):
    process, other = start(), start()
    with other.begin() as session:
        sums(session, 7)
        who(session, "somebody")
        session.execute(text("CREATE TABLE next (LIKE measure_year INCLUDING ALL)"))
        session.execute(
            text("INSERT INTO next SELECT * FROM measure_year WHERE measure <> 'x.sum'")
        )
    try:
        assert value(process, MONTH) == 7
        with other.begin() as session:
            for statement in gone.split(";"):
                session.execute(text(statement))
        assert value(process, MONTH) is None
        assert value(process, "who-city-month") == (None if "TRUNCATE" in gone else 1)
    finally:
        with other.begin() as session:
            session.execute(text("DROP TABLE IF EXISTS next, gone"))


def test_who_may_see_a_kpi_and_which_day_it_is_is_not_remembered(start):
    process = start()
    with process.begin() as session:
        sums(session, 3, "2026-10-02")
        add(session, {("x.time", "a", "", "2026-10-02", bucket(50)): 1})
    for _ in range(2):
        staff, citizens = page(process), page(process, public=True)
        assert {each["code"] for each in staff["kpis"]} - {
            each["code"] for each in citizens["kpis"]
        } == {code for code in reference.city_catalogue().indicators if code.startswith("sum-")}
        months = {each["code"]: each["period"] for each in citizens["kpis"]}
        assert months["median-city-month"] == "2026-10"
        assert value(process, MONTH) is None
        assert value(process, MONTH, period="2026-10") == 3
        assert value(process, MONTH, today=date(2026, 10, 31)) == 3
        assert value(process, MONTH, today=date(2026, 12, 1)) is None


def test_where_nothing_has_changed_one_statement_is_all(start):
    process = start()
    with process.begin() as session:
        sums(session, 3)
        set_level(session, {("a.stock", "a", "w", "2026-11-10"): 9})
    page(process)
    said: list[str] = []
    event.listen(process.kw["bind"], "before_cursor_execute", lambda *given: said.append(given[2]))
    before = page(process)
    assert len(said) == 1
    # What has changed is read anew of that measure alone: of its weeks too.
    with start().begin() as session:
        set_level(session, {("a.stock", "a", "w", "2026-11-11"): 30})
    assert page(process) != before
    assert any("'a.stock'" in each or "DISTINCT ON" in each for each in said[1:])


def test_who_has_looked_may_look_again_while_a_rebuild_and_another_page_wait(start):
    """A rebuild waits for the first page's transaction, another page for the rebuild."""
    process, rebuild = start(), start()
    page(process)
    waiting = (
        "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'measure_year'::regclass"
    )

    def switch() -> None:
        with rebuild.begin() as session:
            session.execute(text("LOCK TABLE measure_year IN ACCESS EXCLUSIVE MODE"))

    def wait_for_waiting(many: int) -> None:
        def there() -> bool:
            with rebuild() as session:
                return bool(session.scalar(text(waiting)) == many)

        wait_for(there)

    asked = DashboardArgs().load({})
    others = [
        threading.Thread(target=each, daemon=True) for each in (switch, lambda: page(process))
    ]
    with process.begin() as session:
        session.execute(text("SET LOCAL lock_timeout = '20s'"))
        first = queries.dashboard(session, asked, TODAY)
        for number, other in enumerate(others, 1):
            other.start()
            wait_for_waiting(number)
        again: list[Any] = []
        look = threading.Thread(
            target=lambda: again.append(queries.dashboard(session, asked, TODAY)), daemon=True
        )
        look.start()
        look.join(20)
        assert again == [first]
    for other in others:
        other.join(20)
        assert not other.is_alive()


def test_whatever_comes_at_once_the_page_is_as_one_made_anew(start):
    """Writers whose transactions overlap at random, and two processes that look all the time."""
    rng = random.Random(11)
    readers = [start(), start()]
    writers = [start() for _ in range(3)]
    stop = threading.Event()
    wrong: list[BaseException] = []

    def look(process: Process) -> None:
        try:
            while not stop.is_set():
                page(process)
        except BaseException as error:  # noqa: BLE001 - told by the test
            wrong.append(error)

    looking = [threading.Thread(target=look, args=(each,)) for each in readers]
    for each in looking:
        each.start()
    try:
        for _ in range(12):
            open_ones = [writer() for writer in writers]
            for at, session in enumerate(open_ones):
                month, day = rng.choice(("2025-11", "2026-10", "2026-11")), rng.randint(1, 28)
                sums(session, rng.randint(-3, 9), f"{month}-{day:02}", "abc"[at])
                cell = bucket(rng.randint(0, 90))
                add(session, {("x.time", "abc"[at], "", f"{month}-{day:02}", cell): 1})
                if at == 0:
                    set_level(session, {("a.stock", "a", "w", f"{month}-{day:02}"): day})
            rng.shuffle(open_ones)
            for session in open_ones:
                session.commit()
                session.close()
                for process in readers:
                    assert page(process) == page(start())
    finally:
        stop.set()
        for each in looking:
            each.join()
    assert wrong == []
