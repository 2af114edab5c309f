"""Rounds of looking at all KPIs: as one sweep does it, without holding up anybody."""

import gc
import time
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, text

from services.kpi.commands import alert_rounds
from services.kpi.commands.alert_rounds import AT_ONCE, Rounds
from services.kpi.commands.alert_sweep import Swept, alone
from services.kpi.commands.project import add
from services.kpi.domain.indicators import Indicator
from services.kpi.queries.outlook import stories
from services.kpi.reference import city_alerts, city_catalogue
from tests.support.kpi_alerts import CODE, at, kinds, put
from tests.support.kpi_alerts import database as database

pytestmark = pytest.mark.slow

_STRETCH_S = 0.05

CELLS = {"distribution": range(20, 220), "distinct": [n * 64 + n % 6 for n in range(1_024)]}
"""As many as a month of a city has."""


class Looking:
    """A process: its rounds, which KPIs they have looked at, and how they gave way."""

    def __init__(self, database: Any, monkeypatch: Any) -> None:
        self.database = database
        self.rounds = Rounds()
        self.looked: list[str] = []
        self.pauses = 0
        self.stretches: list[float] = []
        self.transactions = 0
        self._at = 0.0
        look_at = alert_rounds.look_at

        def noting(session: Any, indicators: list[Indicator], *rest: Any) -> Swept | None:
            self.looked += [each.code for each in indicators]
            return look_at(session, indicators, *rest)

        monkeypatch.setattr(alert_rounds, "look_at", noting)

    @contextmanager
    def begin(self) -> Any:
        self.transactions += 1
        with self.database.begin() as session:
            yield session

    def pause(self) -> None:
        self.pauses += 1
        self.breathe()

    def breathe(self, *_: Any) -> None:
        """The others have their turn: the work since then is a stretch. Of processor time, for this
        machine has other work too."""
        now = time.thread_time()
        self.stretches.append(now - self._at)
        self._at = now

    def go(self, day: str, **options: Any) -> Swept | None:
        self.looked.clear()
        self._at = time.thread_time()
        return self.rounds.go(
            self.begin, city_catalogue(), city_alerts(), at(day), self.pause, **options
        )


@pytest.fixture
def looking(database: Any, monkeypatch: Any) -> Looking:
    return Looking(database, monkeypatch)


def by_days() -> set[str]:
    """The KPIs that are looked at whatever the months say."""
    return {
        code
        for code, each in city_catalogue().indicators.items()
        if each.frequency in ("day", "week")
        or any(one.aggregation == "average" for one in each.formula.inputs)
    }


def test_a_round_tells_what_a_sweep_tells_and_the_next_looks_only_at_what_has_moved(
    database, looking
):
    put(database, m2026_10=30)
    assert looking.go("2026-11-02") == Swept(1, 0, 1)
    assert len(looking.looked) == len(set(looking.looked)) == len(city_catalogue().indicators)
    assert looking.go("2026-11-02") == Swept()
    # Its alert is open now, which it was not when it was looked at.
    assert set(looking.looked) == by_days() | {CODE}
    assert looking.go("2026-11-02") == Swept()
    assert set(looking.looked) == by_days()
    put(database, m2026_10=70)
    assert looking.go("2026-11-02") == Swept(0, 1, 0)
    moved = set(looking.looked) - by_days()
    assert CODE in moved
    measures = {"roads.potholes_found", "roads.potholes_filed"}
    for code in moved:
        inputs = city_catalogue().needed(city_catalogue().indicator(code).formula.inputs)
        assert {each.measure for each in inputs} & measures
    assert kinds(database) == ["kpi.alerted.v1", "kpi.recovered.v1"]


def test_on_another_day_all_are_looked_at(database, looking):
    put(database, m2026_10=60, m2026_11=30)
    assert looking.go("2026-11-14") == Swept()
    assert looking.go("2026-11-16") == Swept(1, 0, 1)


def test_another_process_at_it_is_left_alone(database, looking):
    put(database, m2026_10=30)
    with database.begin() as other:
        assert alone(other)
        assert looking.go("2026-11-02") is None
    assert looking.go("2026-11-02") == Swept(1, 0, 1)


def test_a_round_that_has_to_stop_is_gone_on_with_by_the_next(database, looking):
    put(database, m2026_10=30)
    first = iter([False, False, True])
    looking.go("2026-11-02", stopping=lambda: next(first))
    before = set(looking.looked)
    assert len(before) == 2 * AT_ONCE
    looking.go("2026-11-02")
    assert before & set(looking.looked) <= by_days() | {CODE}
    assert before | set(looking.looked) == set(city_catalogue().indicators)
    assert kinds(database) == ["kpi.alerted.v1"]


def test_what_is_no_kpi_any_more_ends(database, looking):
    put(database, m2026_10=30)
    looking.go("2026-11-02")
    with database.begin() as session:
        session.execute(text("UPDATE alert SET code = 'roads-gone'"))
    assert looking.go("2026-11-02").ended == 1


def test_with_years_of_data_the_others_have_their_turn_after_every_kpi(database, looking):
    """From one turn of theirs to the next it works for less than some 50 ms, sketches included; and
    no transaction is longer than that of a few KPIs."""
    known = city_catalogue()
    totals = {}
    for each in known.indicators.values():
        for one in known.needed(each.formula.inputs):
            department = known.whose(one, each, None) or each.department
            for month in range(48):
                day = f"{2023 + month // 12}-{month % 12 + 1:02}-15"
                if day < "2026-11-02":
                    for cell in CELLS.get(known.measures[one.measure].kind, (0,)):
                        totals[one.measure, department, "", day, cell] = 100 + month % 7
    for chunk in range(0, len(totals), 5_000):
        with database.begin() as session:
            add(session, dict(list(totals.items())[chunk : chunk + 5_000]))
    # The first question of a process reads all that is stored (`queries/mirror.py`), whoever asks.
    with database() as session:
        stories(session, [known.indicator(CODE)], at("2026-11-02").date(), city_alerts())
    engine = database.kw["bind"]
    # The driver gives way while it waits for an answer.
    event.listen(engine, "after_cursor_execute", looking.breathe)
    # All that the other tests have left would be gone through for garbage in the middle of it.
    gc.collect()
    gc.disable()
    try:
        assert looking.go("2026-11-02") is not None
    finally:
        gc.enable()
        event.remove(engine, "after_cursor_execute", looking.breathe)
    count = len(known.indicators)
    assert len(looking.looked) == count
    assert looking.pauses >= count
    assert looking.transactions <= count / AT_ONCE + 3
    stretches = sorted(looking.stretches)
    print(f"longest: {[round(each * 1000) for each in stretches[-8:]]} ms of {len(stretches)}")
    assert stretches[-1] < 2 * _STRETCH_S


def test_a_kpi_that_cannot_be_looked_at_holds_up_no_other(database, looking, monkeypatch, caplog):
    noting = alert_rounds.look_at
    broken = next(each for each in city_catalogue().indicators if each != CODE)

    def failing(session: Any, indicators: list[Indicator], *rest: Any) -> Swept | None:
        if broken in {each.code for each in indicators}:
            raise KeyError("lacking")
        return noting(session, indicators, *rest)

    monkeypatch.setattr(alert_rounds, "look_at", failing)
    put(database, m2026_10=30)
    assert looking.go("2026-11-02") == Swept(1, 0, 1)
    assert f"KPI {broken} cannot be looked at" in caplog.text
    assert set(looking.looked) == set(city_catalogue().indicators) - {broken}
