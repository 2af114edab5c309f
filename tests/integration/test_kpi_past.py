"""What the benchmark of the KPI page puts into the tables is what the service would have left."""

from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker
from uuid6 import uuid7

from benchmarks import kpi_past
from palika.config import settings
from palika.events import Event
from services.kpi.commands.project import add, project, set_level
from services.kpi.models import MONTHS
from services.kpi.parts import city_projector
from services.kpi.reference import city_catalogue

LAST = date(2026, 11, 28)
EVENTS = 20_000


@pytest.fixture
def database(kpi_sessions) -> sessionmaker[Session]:
    """The KPI service's database."""
    return kpi_sessions


def rows(session: Session) -> tuple[set[Any], set[Any]]:
    """All of both tables."""
    month = ", ".join(MONTHS)
    return (
        set(
            session.execute(text("SELECT measure, department, ward, day, cell, value FROM measure"))
        ),
        set(
            session.execute(
                text(f"SELECT measure, department, year, cell, {month} FROM measure_year")
            )
        ),
    )


def test_the_same_events_and_readings_leave_the_same_rows(database):
    known = city_catalogue()
    filled = kpi_past.fill(settings("kpi").database_url, known, EVENTS, LAST)
    with database.begin() as session:
        put = rows(session)
        session.execute(text("TRUNCATE measure, measure_year"))
    assert filled == {"measure": len(put[0]), "measure_year": len(put[1])}

    now = datetime(2026, 11, 29, tzinfo=UTC)
    events = (
        Event(str(uuid7()), kind, "subject", now, data)
        for day, count in kpi_past.days(EVENTS, LAST)
        for kind, data in kpi_past.of_day(day, count)
    )
    counted = 0
    while batch := list(islice(events, 500)):
        counted += len(batch)
        with database.begin() as session:
            assert project(session, batch, city_projector()) == {}
    assert counted == EVENTS
    first = LAST - timedelta(days=kpi_past.DAYS - 1)
    sums, levels = {}, {}
    for place, value in kpi_past.entered(known, first, LAST):
        if known.measures[place[0]].kind == "level":
            levels[place] = value
        else:
            sums[(*place, 0)] = value
    with database.begin() as session:
        add(session, sums)
        set_level(session, levels)
        left = rows(session)
    assert put[0] == left[0]
    assert put[1] == left[1]
