"""What people do about alerts, who owns them, and how they are listed."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text
from uuid6 import uuid7

from palika.errors import Conflict, Forbidden, Invalid, NotFound
from palika.tables import outbox
from services.kpi.alerting import Alerting
from services.kpi.commands import alerts as commands
from services.kpi.commands.alert_sweep import Swept, sweep
from services.kpi.commands.alerts import acknowledge, mute, unmute
from services.kpi.queries import alerts
from services.kpi.reference import city_alerts, city_catalogue
from services.kpi.schemas.alerts import AlertsArgs
from tests.support.kpi_alerts import (
    CODE,
    OTHER,
    OWNER,
    SENIOR,
    act,
    at,
    begun,
    events,
    kinds,
    listed,
    put,
    swept,
)
from tests.support.kpi_alerts import database as database


def test_the_owner_acknowledges_once_and_nobody_elses_note_takes_its_place(database):
    key = begun(database)
    for _ in range(2):
        done = act(database, acknowledge, OWNER, id=key, note="Patrols from Monday")
    assert (done["acknowledged_by"], done["note"]) == ("officer:roads-ce", "Patrols from Monday")
    with pytest.raises(Conflict, match="acknowledged already"):
        act(database, acknowledge, SENIOR, id=key, note="Late")
    with pytest.raises(Forbidden, match="does not answer for"):
        act(database, acknowledge, OTHER, id=key, note="x")
    with pytest.raises(NotFound):
        act(database, acknowledge, SENIOR, id=uuid7(), note="x")
    assert len(listed(database, acknowledged=True)) == 1
    assert listed(database, acknowledged=False) == []


def test_what_is_muted_is_not_told_until_the_muting_ends_and_then_once(database):
    key = begun(database)
    muted = act(database, mute, OWNER, id=key, until=date(2027, 1, 15), reason="Survey")
    assert (muted["muted"], muted["muted_until"]) == (True, "2027-01-15")
    put(database, m2026_11=60)
    swept(database, "2026-12-02")
    put(database, m2026_12=30)
    assert swept(database, "2027-01-02") == Swept(1, 0, 0)
    assert swept(database, "2027-01-15") == Swept()
    assert swept(database, "2027-01-16") == Swept(0, 0, 1)
    assert swept(database, "2027-01-17") == Swept()
    assert kinds(database) == ["kpi.alerted.v1", "kpi.recovered.v1", "kpi.alerted.v1"]


def test_what_ends_while_it_is_muted_was_never_told_and_its_end_is_not_either(database):
    key = begun(database)
    put(database, m2026_11=60)
    swept(database, "2026-12-02")
    act(database, mute, SENIOR, id=key, until=date(2027, 3, 1), reason="Survey")
    put(database, m2026_12=30)
    swept(database, "2027-01-02")
    put(database, m2027_01=60)
    assert swept(database, "2027-02-02") == Swept(0, 1, 0)
    assert kinds(database) == ["kpi.alerted.v1", "kpi.recovered.v1"]


def test_unmuted_it_is_told_at_once_and_a_day_that_has_passed_is_refused(database):
    key = begun(database)
    with pytest.raises(Invalid, match="passed"):
        act(database, mute, OWNER, id=key, until=date(2026, 11, 1), reason="x")
    with pytest.raises(Invalid, match="too long"):
        act(database, mute, OWNER, id=key, until=date(2028, 1, 1), reason="x")
    act(database, mute, OWNER, id=key, until=date(2027, 3, 1), reason="x")
    put(database, m2026_11=60)
    swept(database, "2026-12-02")
    put(database, m2026_12=30)
    assert swept(database, "2027-01-02").told == 0
    act(database, unmute, OWNER, "2027-01-03", id=key)
    assert swept(database, "2027-01-03") == Swept(0, 0, 1)


def test_what_is_said_last_of_a_muting_holds_for_the_next_alert_too(database):
    first = begun(database)
    act(database, mute, OWNER, id=first, until=date(2027, 6, 30), reason="Survey")
    put(database, m2026_11=60)
    swept(database, "2026-12-02")
    put(database, m2026_12=30)
    swept(database, "2027-01-02")
    (second,) = listed(database, open=True)
    assert (second["muted_until"], second["mute_reason"]) == ("2027-06-30", "Survey")
    now = act(
        database,
        mute,
        OWNER,
        "2027-01-03",
        id=second["id"],
        until=date(2027, 1, 9),
        reason="A week",
    )
    assert now["muted_until"] == "2027-01-09"
    assert {each["muted_until"] for each in listed(database, "2027-01-03")} == {"2027-01-09"}
    put(database, m2027_01=60)
    swept(database, "2027-02-02")
    put(database, m2027_02=30)
    assert swept(database, "2027-03-02") == Swept(1, 0, 1)
    assert [each["muted"] for each in listed(database, "2027-03-02", open=True)] == [False]


def test_a_muting_that_is_said_twice_was_said_when_it_was_said_first(database):
    key = begun(database)
    said = {"id": key, "until": date(2027, 1, 15), "reason": "Survey"}
    first = act(database, mute, OWNER, **said)
    assert act(database, mute, OWNER, "2026-11-05", **said)["muted_at"] == first["muted_at"]
    assert listed(database, muted=True, day="2027-01-15") == listed(database, day="2027-01-15")
    assert listed(database, muted=True, day="2027-01-16") == []


def test_two_alerts_of_one_kpi_are_muted_and_unmuted_at_once(database, monkeypatch):
    first = begun(database)
    act(database, mute, OWNER, id=first, until=date(2027, 6, 30), reason="Survey")
    put(database, m2026_11=60)
    swept(database, "2026-12-02")
    put(database, m2026_12=30)
    swept(database, "2027-01-02")
    (second,) = listed(database, open=True)
    both, real = threading.Barrier(2, timeout=20), commands.find

    def find(*args: Any, **options: Any) -> Any:
        found = real(*args, **options)
        both.wait()
        return found

    monkeypatch.setattr(commands, "find", find)
    said = {"until": date(2027, 3, 1), "reason": "Survey"}
    for one, other in ((unmute, unmute), (mute, mute), (mute, unmute)):
        with ThreadPoolExecutor(2) as pool:
            asked = [
                pool.submit(
                    act,
                    database,
                    command,
                    OWNER,
                    "2027-01-03",
                    id=key,
                    **(said if command is mute else {}),
                )
                for command, key in ((one, first), (other, second["id"]))
            ]
            assert {each.result()["code"] for each in asked} == {CODE}
        with database() as session:
            rows = session.scalar(text("SELECT count(*) FROM alert_mute"))
        assert rows == {unmute: 0, mute: 1}[one] if one is other else rows in (0, 1)


def test_what_is_open_goes_over_to_the_new_owner_of_a_kpi(database):
    first = begun(database)
    put(database, m2026_11=60)
    swept(database, "2026-12-02")
    put(database, m2026_12=30)
    swept(database, "2027-01-02")
    (second,) = listed(database, open=True)
    real = city_catalogue()
    given = replace(real.indicators[CODE], owner="water-ce")
    catalogue = replace(real, indicators=real.indicators | {CODE: given})
    with database.begin() as session:
        sweep(session, catalogue, city_alerts(), at("2027-01-03"))
    with pytest.raises(Forbidden):
        act(database, acknowledge, OWNER, id=second["id"], note="x")
    done = act(database, acknowledge, OTHER, id=second["id"], note="Patrols")
    assert (done["owner"], done["acknowledged_by"]) == ("water-ce", OTHER.subject)
    put(database, m2027_01=60)
    with database.begin() as session:
        assert sweep(session, catalogue, city_alerts(), at("2027-02-02")).ended == 1
        told = alerts.told(session, [UUID(first), UUID(second["id"])])
    assert {each["id"]: each["owner"] for each in told} == {
        first: "roads-ce",
        second["id"]: "water-ce",
    }
    # The new owner is told of what is open, once; so is whoever follows the alert's owner.
    assert [(kind, data["alert_id"], data["owner"]) for kind, data in events(database)] == [
        ("kpi.alerted.v1", first, "roads-ce"),
        ("kpi.recovered.v1", first, "roads-ce"),
        ("kpi.alerted.v1", second["id"], "roads-ce"),
        ("kpi.alerted.v1", second["id"], "water-ce"),
        ("kpi.recovered.v1", second["id"], "water-ce"),
    ]
    with database() as session:
        bodies = session.scalars(select(outbox.c.body).order_by(outbox.c.position)).all()
    assert [json.loads(each)["sequence"] for each in bodies] == ["1", "2", "1", "2", "3"]


def test_a_new_owner_is_told_when_a_muting_ends_and_of_the_end_in_any_case(database):
    key = begun(database)
    act(database, mute, OWNER, id=key, until=date(2026, 11, 20), reason="Survey")
    real = city_catalogue()
    given = replace(real.indicators[CODE], owner="water-ce")
    catalogue = replace(real, indicators=real.indicators | {CODE: given})

    def over(day: str) -> int:
        with database.begin() as session:
            found = sweep(session, catalogue, city_alerts(), at(day))
        assert found is not None
        return found.told

    assert [over(day) for day in ("2026-11-19", "2026-11-20", "2026-11-21", "2026-11-22")] == [
        *(0, 0, 1, 0)
    ]
    assert [data["owner"] for _, data in events(database)] == ["roads-ce", "water-ce"]


def test_alerts_are_listed_by_what_they_are_of_a_page_at_a_time(database):
    put(database, **{f"m2026_{month:02}": 46 for month in range(4, 10)}, m2026_10=30)
    swept(database, "2026-11-02")
    assert {each["kind"] for each in listed(database, department="roads")} == {"red", "stagnant"}
    assert [each["kind"] for each in listed(database, kind="red", code=CODE)] == ["red"]
    assert listed(database, department="markets") == []
    assert listed(database, owner="water-ce") == []
    with database() as session:
        first = alerts.page(session, AlertsArgs().load({"limit": 1}), date(2026, 11, 2))
        again = AlertsArgs().load({"limit": 1, "cursor": first["next"]})
        second = alerts.page(session, again, date(2026, 11, 2))
    assert first["next"] is not None
    assert second["next"] is None
    assert first["items"][0]["id"] != second["items"][0]["id"]


def test_the_owner_is_reached_through_the_office_and_told_in_both_languages(database):
    key = begun(database)
    with database() as session:
        told = alerts.told(session, [key, uuid7()])
    holder = {"id": "roads-ce", "name": "Asha", "phone": "+919822012345", "email": None}
    (contact,) = alerts.reached(told, [holder])
    assert contact["id"] == key
    assert (contact["name"], contact["phone"]) == ("Asha", "+919822012345")
    assert contact["kpi_name"] == {
        "mr": city_catalogue().indicator(CODE).name.mr,
        "en": city_catalogue().indicator(CODE).name.en,
    }
    assert contact["why"]["en"] == "30.0% in 2026-10 is red; the goal is 50.0%"
    assert contact["over"] is None
    assert alerts.reached(told, []) == []


def test_contacts_asks_the_office_for_each_owner_once_and_holds_no_transaction_meanwhile(database):
    key = begun(database)
    asked: list[list[str]] = []

    class Desk(Alerting):
        name = "kpi"
        db = database  # type: ignore[assignment]

    def contacts(ids: list[str]) -> list[dict[str, Any]]:
        asked.append(ids)
        with database() as session:
            waiting = "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'"
            assert session.scalar(text(waiting)) == 0
        return [{"id": "roads-ce", "name": "Asha", "phone": None, "email": "a@example.in"}]

    desk = Desk()
    desk.rpc = SimpleNamespace(eoffice=SimpleNamespace(contacts=contacts))  # type: ignore[assignment]
    told = Alerting.contacts.__wrapped__
    (found,) = told(desk, {"ids": [key]})
    assert asked == [["roads-ce"]]
    assert (found["id"], found["email"]) == (key, "a@example.in")
    assert told(desk, {"ids": [uuid7()]}) == []
    assert len(asked) == 1
