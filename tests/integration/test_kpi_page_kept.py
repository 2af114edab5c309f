"""What a process keeps of the page is what one that has just started would tell: whatever comes,
is taken back, entered and corrected, and however the days pass."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from weakref import WeakSet

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, event, text
from sqlalchemy.orm import Session, sessionmaker
from uuid6 import uuid7

from benchmarks.kpi_events import Events
from palika.auth import Identity
from palika.config import settings as settings_of
from palika.database import create_engine
from palika.events import Event
from palika.migrate import upgrade
from services.kpi import queries, reference
from services.kpi.commands.project import add, project
from services.kpi.domain.period import containing
from services.kpi.parts import city_projector
from services.kpi.schemas.reading import DashboardArgs, KpiArgs
from tests.support.kpi_entry import SENIOR, TABLES, approved, at, entered, line

FIRST = date(2026, 9, 24)
CODES = (
    *("electrical-lights-uptime", "electrical-led", "electrical-kwh-per-light"),
    *("electrical-poles-safe", "electrical-accidents", "electrical-lights-reopened"),
    *("electrical-light-hours", "electrical-lights-per-1000", "permission-dangerous-vacated"),
    *("permission-illegal-removed", "permission-fees-of-budget", "tax-collected"),
    *("tax-collection-rate", "tax-properties-paid", "tax-arrears-share", "tax-newly-assessed"),
    *("tax-collection-growth", "ga-grievance-days-p90", "ga-grievance-disposal"),
)
"""Of weeks, months, quarters and years; of sums, levels, medians and different things; of what
events count and of what is entered, by ward and for the whole city."""
WHOLE = reference.city_catalogue()
SOME = replace(WHOLE, indicators={code: WHOLE.indicators[code] for code in CODES})
ENTERED = [
    each
    for each in WHOLE.measures.values()
    if each.manual and any(each.code in kpi.formula.measures for kpi in SOME.indicators.values())
]
WHOLES = {each.at_most for each in ENTERED}
ASKED: tuple[dict[str, Any], ...] = (
    {"department": "electrical"},
    {"period": "2026-10"},
    {"period": "2026-Q3"},
    {"from_day": "2026-10-05", "to_day": "2026-10-20"},
)
_DIFFERENT = 64
"""So many different events of a type are there to be drawn from; a day has 200 at the most."""
Process = sessionmaker[Session]


@pytest.fixture
def start(city, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Gives what each process of the service has: connections of its own, and a memory."""
    monkeypatch.setattr(reference, "city_catalogue", lambda: SOME)
    upgrade("kpi")
    made: WeakSet[Engine] = WeakSet()

    def start() -> Process:
        engine = create_engine(settings_of("kpi"))
        made.add(engine)
        return sessionmaker(engine)

    yield start
    for engine in made:
        engine.dispose()


def emptied(process: Process) -> Process:
    with process.begin() as session:
        session.execute(text(f"TRUNCATE {TABLES}, inbox"))
    return process


def page(session: Session, args: dict[str, Any], today: date, public: bool = False) -> Any:
    return queries.dashboard(session, DashboardArgs().load(args), today, public)


def asked(process: Process, today: date, which: int) -> list[Any]:
    """The page of the staff and that of the public, one of other days, that of the day before, at
    which some still look, and a line alone."""
    code = CODES[which % len(CODES)]
    with process.begin() as session:
        return [
            page(session, {}, today),
            page(session, {}, today, public=True),
            page(session, ASKED[which % len(ASKED)], today),
            page(session, {}, today - timedelta(days=1)),
            queries.kpi(session, KpiArgs().load({"code": code}), today),
        ]


def count(session: Session, seed: int, day: date, many: int) -> None:
    """Events of a day."""
    now = at(day.isoformat())
    # Nearly all of this test's time went into what was never said.
    of = Events(seed=seed, pool=_DIFFERENT).of(day, many)
    batch = [Event(str(uuid7()), kind, "", now, data) for kind, data in of]
    assert project(session, batch, city_projector()) == {}


def enter(process: Process, choose: int, back: int, value: int, today: date) -> None:
    """A value of a period that is over, or a correction of it; approved. A part comes with what it
    is a part of, which is never less."""
    measure = ENTERED[choose % len(ENTERED)]
    assert measure.every is not None
    period = containing(today, measure.every)
    # Values of the financial year before are the oldest that are entered.
    for _ in range(1 if measure.every == "year" else back):
        period = period.previous()
    places = list(reference.city_places().expected(measure.by))
    values = {measure.code: 9 + value % 2 if measure.code in WHOLES else value}
    if measure.at_most is not None:
        values[measure.at_most] = 9 + value % 2
    put(process, str(measure.department), period.code, places[choose % len(places)], values, today)


def put(
    process: Process,
    department: str,
    period: str,
    place: str,
    values: dict[str, int],
    today: date,
) -> None:
    """Values of a place, approved; of many the first is said to be unusual."""
    clerk = Identity.of(f"officer:{min(reference.city_entry().desks[department].enter)}", "officer")
    lines = [line(code, period, value, place, "मोजणी") for code, value in values.items()]
    now = at(today.isoformat())
    batch = entered(process, *lines, by=clerk, department=department, now=now)
    outliers = (1,) * (next(iter(values.values())) % 2)
    approved(process, batch["id"], by=SENIOR, outliers=outliers, now=now)


def lose(session: Session, choose: int, day: date) -> None:
    """A month of one department, of those that have one: as of a level that is entered for other
    places than before."""
    departments = session.scalars(
        text("SELECT DISTINCT department FROM measure_year ORDER BY department")
    ).all()
    if departments:
        session.execute(
            text(f"UPDATE measure_year SET m{day:%m} = NULL WHERE department = :department"),
            {"department": departments[choose % len(departments)]},
        )


NUMBER = st.integers(0, 10_000)
ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("count"), NUMBER, st.integers(0, 70), st.integers(1, 40)),
        st.tuples(st.just("enter"), NUMBER, st.integers(1, 2), st.integers(0, 9)),
        st.tuples(st.just("enter"), NUMBER, st.integers(1, 2), st.integers(0, 9)),
        st.tuples(st.just("take back"), NUMBER, st.integers(0, 40), st.integers(1, 5)),
        st.tuples(st.just("never mind"), NUMBER, st.integers(0, 40), st.integers(1, 20)),
        st.tuples(st.just("lose"), NUMBER, st.integers(0, 40), NUMBER),
        st.tuples(st.just("wait"), st.sampled_from((1, 1, 2, 6, 7, 30)), NUMBER, NUMBER),
    ),
    min_size=6,
    max_size=12,
)


@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(acts=ACTS)
def test_what_is_kept_of_the_page_is_what_a_new_process_tells(start, acts):
    kept, writer = start(), emptied(start())
    today = FIRST
    for name, number, ago, many in acts:
        day = today - timedelta(days=ago) if name != "wait" else today
        if name == "count":
            with writer.begin() as session:
                count(session, number, day, many)
        elif name == "enter":
            enter(writer, number, ago, many, today)
        elif name == "take back":
            with writer.begin() as session:
                key = "property.newly_assessed", "property-tax", "", day.isoformat(), 0
                add(session, {("tax.paid", *key[1:]): -many})
        elif name == "lose":
            with writer.begin() as session:
                lose(session, number, day)
        elif name == "never mind":
            with kept() as session:
                count(session, number, day, many)
                page(session, {}, today)
                session.rollback()
        else:
            today += timedelta(days=number)
        fresh = start()
        assert asked(kept, today, number) == asked(fresh, today, number)
        fresh.kw["bind"].dispose()


def test_only_lines_of_which_something_has_changed_are_made_anew(start):
    process = emptied(start())
    told: list[dict[str, Any]] = [{}] * len(SOME.indicators)

    def remade(today: date = FIRST) -> list[str]:
        """The codes of the lines that are not the very ones of the page before."""
        with process.begin() as session:
            lines = page(session, {}, today)["kpis"]
        changed = [now["code"] for was, now in zip(told, lines, strict=True) if now is not was]
        told[:] = lines
        return changed

    with process.begin() as session:
        count(session, 1, FIRST, 200)
    assert remade() == list(SOME.indicators)
    assert remade() == []
    with process.begin() as session:
        add(session, {("electrical.lights_resolved", "electrical", "", FIRST.isoformat(), 0): 1})
    changed = remade()
    assert "electrical-lights-reopened" in changed
    assert all(
        "electrical.lights_resolved" in SOME.indicators[code].formula.measures for code in changed
    )
    one, other, *_ = reference.city_places().expected(("ward",))
    lamps = "electrical.lamps_checked", "electrical.lamps_burning"
    put(process, "electrical", "2026-W38", one, dict(zip(lamps, (5, 4), strict=True)), FIRST)
    assert remade() == ["electrical-lights-uptime"]
    before = told[0]
    # What is entered changes a score, though it changes no sum.
    put(process, "electrical", "2026-W38", other, dict.fromkeys(lamps, 0), FIRST)
    assert remade() == ["electrical-lights-uptime"]
    assert told[0] == before | {name: told[0][name] for name in ("quality", "covers")}
    assert (before["value"], told[0] != before) == (80, True)
    assert remade() == []
    assert remade(FIRST + timedelta(days=1)) == list(SOME.indicators)
    assert remade(FIRST + timedelta(days=1)) == []


def test_a_page_of_which_nothing_has_changed_asks_the_database_once(start):
    process = emptied(start())
    with process.begin() as session:
        count(session, 1, FIRST, 200)
    said: list[str] = []
    event.listen(process.kw["bind"], "before_cursor_execute", lambda *given: said.append(given[2]))
    for statements in (None, 1, 1):
        said.clear()
        with process.begin() as session:
            page(session, {}, FIRST)
        assert statements is None or len(said) == statements
