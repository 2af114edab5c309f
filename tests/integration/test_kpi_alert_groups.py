"""What one post is told of in one round of alerts is one message, and each alert knows it."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update
from uuid6 import uuid7

from palika.events import Event
from palika.tables import outbox
from services.kpi.alerting import Alerting
from services.kpi.commands.alert_sweep import tell_begun
from services.kpi.models import Alert
from services.kpi.queries import alerts
from services.kpi.schemas.alerts import AlertsArgs
from tests.support.kpi_alerts import CODE, at, events, listed, put, swept, with_notify
from tests.support.kpi_alerts import database as database

STEADY = {f"m2026_{month:02}": 46 for month in range(4, 11)}
"""Never red, and never nearer to the goal."""


def told_together(database: Any) -> list[dict[str, Any]]:
    """The alerts that are open after a KPI has begun to stagnate and turned red before anybody
    looked: its owner is told of both in one round."""
    put(database, **STEADY, m2026_11=30)
    assert swept(database, "2026-12-02").told == 2
    return listed(database, open=True)


def test_what_one_post_is_told_of_in_one_round_is_a_group_with_the_red_ones_first(database):
    found = {each["kind"]: each for each in told_together(database)}
    assert set(found) == {"red", "stagnant"}
    *each_of_them, (kind, group) = events(database)
    assert kind == "kpi.alerts_grouped.v1"
    assert group["owner"] == "roads-ce"
    assert group["alert_ids"] == [found["red"]["id"], found["stagnant"]["id"]]
    # Whoever follows alerts is told of each, as before.
    assert {kind for kind, _ in each_of_them} == {"kpi.alerted.v1"}
    assert {data["alert_id"] for _, data in each_of_them} == set(group["alert_ids"])
    assert {data["group_id"] for _, data in each_of_them} == {group["group_id"]}


def test_a_group_is_told_once_and_what_comes_after_it_alone_is_told_alone(database):
    put(database, **STEADY)
    assert swept(database, "2026-11-02").told == 1
    assert [data["group_id"] for _, data in events(database)] == [None]
    put(database, m2026_11=30)
    assert swept(database, "2026-12-02").told == 1
    assert swept(database, "2026-12-03").told == 0
    assert [kind for kind, _ in events(database)] == ["kpi.alerted.v1", "kpi.alerted.v1"]
    assert all(each["told_as"] == each["id"] for each in listed(database))


def test_each_post_has_a_group_of_its_own(database):
    told_together(database)
    with database.begin() as session:
        # As if it had begun now, and with one more KPI, of another post.
        session.execute(update(Alert).values(told_to=None))
        (row,) = session.scalars(select(Alert).where(Alert.kind == "red"))
        names = [each.key for each in Alert.__table__.columns]
        copy = {each: getattr(row, each) for each in names}
        copy |= {"id": uuid7(), "code": "water-nrw", "owner": "water-ce"}
        session.execute(insert(Alert).values(copy))
        assert tell_begun(session, date(2026, 12, 2), at("2026-12-02")) == 3
    (first, second) = (data for kind, data in events(database) if kind == "kpi.alerts_grouped.v1")
    assert first["owner"] == second["owner"] == "roads-ce"
    assert first["group_id"] != second["group_id"]
    (other,) = listed(database, owner="water-ce")
    assert other["told_as"] == other["id"]
    assert str(copy["id"]) not in second["alert_ids"]


def test_a_groups_message_has_a_line_for_each_alert_in_both_languages(database):
    found = {each["kind"]: each for each in told_together(database)}
    group = UUID(found["red"]["told_as"])
    with database() as session:
        (told,) = alerts.told(session, [group])
    assert (told["id"], told["owner"], told["count"]) == (str(group), "roads-ce", 2)
    assert told["kpi_name"] == found["red"]["name"]
    for language, red in (("en", "30.0% in 2026-11 is red"), ("mr", "2026-11 मध्ये मूल्य 30.0%")):
        name = found["red"]["name"][language]
        first, second = (each[language] for each in told["alerts"])
        assert first.startswith(f"{name}: {red}")
        assert second.startswith(f"{name}: ")
    holders = [{"id": "roads-ce", "name": "Asha", "email": "asha@example.in"}]
    (contact,) = alerts.reached([told], holders)
    assert (contact["id"], contact["email"]) == (str(group), "asha@example.in")
    assert alerts.reached([told], []) == []


def test_each_alert_of_a_group_says_whether_the_groups_message_was_reached(database):
    told_together(database)
    with database() as session:
        bodies = session.scalars(select(outbox.c.body)).all()
    (event,) = (each for each in map(Event.from_json, bodies) if "grouped" in each.type)
    said = {"reached": False, "state": "skipped", "channel": None, "reason": "contact_missing"}
    said |= {"why": "x", "skipped": {}, "at": None}
    asked = []

    def answer(events: list[str]) -> Any:
        asked.extend(events)
        one = {**said, "event_id": event.id, "recipient_ref": event.data["group_id"]}
        return {"items": [one]}

    desk = with_notify(database, answer)
    shown = Alerting.alerts.__wrapped__(desk, AlertsArgs().load({"code": CODE}))["items"]
    assert [each["reached"] for each in shown] == [said, said]
    # All of them were told by one message, so one is asked for.
    assert asked == [event.id]
