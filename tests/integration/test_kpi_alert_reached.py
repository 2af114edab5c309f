"""Whether an owner was reached by what told an alert."""

import json
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select

from palika.errors import Unavailable
from palika.tables import outbox
from palika.text import Name
from services.kpi.alerting import Alerting
from services.kpi.cli.alerts import alert_lines
from services.kpi.commands.alerts import mute
from services.kpi.schemas.alerts import AlertsArgs
from tests.support.kpi_alerts import OWNER, act, begun, listed, put, swept, with_notify
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
    told = "    not told: no contact is on record (पोहोचले नाही: संपर्क नोंदवलेला नाही)"
    assert told in alert_lines(shown, {})
    assert alert_lines(shown, {})[0].endswith("(roads-ce)")
    # People read days and times of India: half past seven in the evening of UTC is the next day.
    moments = {"began_at": "2026-11-29T19:30:12.646096Z", "ended_at": "2026-12-31T18:30:00Z"}
    ended = alert_lines(shown | moments | {"muted": True, "muted_until": "2026-12-05"}, {})
    assert "  30 Nov 2026, 01:00  " in ended[0]
    assert "    ended 1 Jan 2027, 00:00" in ended
    assert any("muted up to 05-12-2026" in each for each in ended)
    assert not any("2026-11-29" in each or "Z" in each.split() for each in ended)
    named = {"roads-ce": Name("मुख्य अभियंता, पथ", "Chief Engineer, Roads")}
    head = alert_lines(shown, named)[0]
    assert head.endswith("(Chief Engineer, Roads / मुख्य अभियंता, पथ)")


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
