"""Whether an owner was reached by what told an alert."""

import json
from datetime import date
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from sqlalchemy import select

from palika.errors import Unavailable
from palika.tables import outbox
from services.kpi.alerting import Alerting
from services.kpi.cli.alerts import alert_lines
from services.kpi.commands.alerts import mute
from services.kpi.schemas.alerts import AlertsArgs
from tests.support.kpi_alerts import OWNER, act, begun, listed, put, swept
from tests.support.kpi_alerts import database as database


def test_an_alert_knows_the_event_that_told_it_and_says_what_notify_made_of_that(database):
    key = begun(database)
    (item,) = listed(database)
    with database() as session:
        body = session.execute(select(outbox.c.body)).scalar_one()
    assert item["told_event"] == json.loads(body)["id"]
    said = {"reached": False, "state": "skipped", "channel": None, "reason": "contact_missing"}
    said |= {"why": "x", "skipped": {}, "at": None}
    answer = {**said, "event_id": item["told_event"], "recipient_ref": key}
    desk = with_notify(database, lambda events: {"items": [answer]})
    (shown,) = Alerting.alerts.__wrapped__(desk, AlertsArgs().load({}))["items"]
    assert (shown["told_at"], shown["reached"]) == (item["told_at"], said)
    assert Alerting.alert.__wrapped__(desk, {"id": UUID(key)})["reached"] == said
    told = "    not told: contact_missing (पोहोचले नाही: contact_missing)"
    assert told in alert_lines(shown)


def test_alerts_are_listed_while_notify_is_away_and_what_is_muted_was_not_told(database):
    key = begun(database)

    def away(events: list[str]) -> Any:
        raise Unavailable("notify is not running")

    desk = with_notify(database, away)
    (shown,) = Alerting.alerts.__wrapped__(desk, AlertsArgs().load({}))["items"]
    assert (shown["id"], shown["reached"]) == (key, None)
    act(database, mute, OWNER, id=key, until=date(2027, 3, 1), reason="Survey")
    put(database, m2026_11=60)
    swept(database, "2026-12-02")
    put(database, m2026_12=30)
    swept(database, "2027-01-02")
    newest = listed(database, "2027-01-02")[0]
    assert (newest["told_at"], newest["told_event"]) == (None, None)


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
