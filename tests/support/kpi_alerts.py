"""Alerts of one KPI on a real database: its months are put, and it is looked at on a day."""

import json
from collections import Counter
from datetime import date, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select, text

from palika.auth import Identity
from palika.india import day_of
from palika.tables import outbox
from services.kpi.alerting import Alerting
from services.kpi.commands.alert_sweep import Swept, sweep
from services.kpi.commands.project import add
from services.kpi.queries import alerts
from services.kpi.reference import city_alerts, city_catalogue
from services.kpi.schemas.alerts import AlertsArgs

CODE = "roads-potholes-found-first"
"""The share of potholes that the department found before anybody complained, of 100 in a month; the
target of 2026-27 is 50, red begins below 45."""
OWNER = Identity.of("officer:roads-ce", "officer")
OTHER = Identity.of("officer:water-ce", "officer")
SENIOR = Identity.of("officer:addl-commissioner", "supervisor")


@pytest.fixture
def database(kpi_sessions) -> Any:
    """The KPI service's database, without measures and alerts."""
    with kpi_sessions.begin() as session:
        session.execute(text("TRUNCATE measure, measure_year, alert, alert_mute, outbox"))
    return kpi_sessions


def put(database: Any, **shares: int) -> None:
    """So much is found of 100 potholes in a month (`m2026_10`), instead of what was."""
    with database.begin() as session:
        for name, share in shares.items():
            day = date(int(name[1:5]), int(name[6:8]), 5)
            old = {
                row[0]: row[1]
                for row in session.execute(
                    text("SELECT measure, value FROM measure WHERE day = :day"), {"day": day}
                )
            }
            now = {"roads.potholes_found": share, "roads.potholes_filed": 100 - share}
            totals: Counter[Any] = Counter()
            for measure, value in now.items():
                totals[measure, "roads", "", day.isoformat(), 0] = value - old.get(measure, 0)
            add(session, totals)


def at(day: str) -> datetime:
    """A moment of a day."""
    return datetime.fromisoformat(f"{day}T05:00:00+00:00")


def swept(database: Any, day: str) -> Swept:
    """What a look at all KPIs on a day comes to."""
    with database.begin() as session:
        found = sweep(session, city_catalogue(), city_alerts(), at(day))
    assert found is not None
    return found


def events(database: Any) -> list[tuple[str, dict[str, Any]]]:
    """What was told: the type and the data of each event."""
    with database() as session:
        rows = session.execute(select(outbox.c.type, outbox.c.body).order_by(outbox.c.position))
        return [(kind, json.loads(body)["data"]) for kind, body in rows]


def kinds(database: Any) -> list[str]:
    """The types of what was told."""
    return [kind for kind, _ in events(database)]


def listed(database: Any, day: str = "2026-11-02", **filters: Any) -> list[dict[str, Any]]:
    """The alerts of a page, the newest first."""
    with database() as session:
        found = alerts.page(session, AlertsArgs().load(filters), day_of(at(day)))
    return list(found["items"])


def begun(database: Any) -> str:
    """The id of an alert that has begun and was told."""
    put(database, m2026_10=30)
    swept(database, "2026-11-02")
    (item,) = listed(database)
    return str(item["id"])


def act(database: Any, command: Any, who: Identity, day: str = "2026-11-02", **args: Any) -> Any:
    """Let somebody do something about an alert; as it is shown then."""
    with database.begin() as session:
        found = command(session, who, args, at(day))
        session.flush()
        return alerts.view(found, day_of(at(day)))


def with_notify(database: Any, answer: Any) -> Any:
    """The service, with a notify that answers so."""

    class Desk(Alerting):
        name = "kpi"
        db = database  # type: ignore[assignment]

    desk = Desk()
    notify = SimpleNamespace(reached=lambda *, events: answer(events))
    services = SimpleNamespace(notify=notify)

    def within(timeout_s: float) -> Any:
        # A page waits no longer for what is only told beside it.
        assert timeout_s <= 1
        return services

    desk.rpc = SimpleNamespace(within=within)  # type: ignore[assignment]
    return desk
