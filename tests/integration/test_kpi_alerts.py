"""Alerts on a real database: each is told once, and ended once, whoever looks and how often."""

import json
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text
from uuid6 import uuid7

from palika.auth import Identity
from palika.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable
from palika.india import day_of
from palika.tables import outbox
from services.kpi.alerting import Alerting
from services.kpi.cli.alerts import alert_lines
from services.kpi.commands import alerts as commands
from services.kpi.commands.alert_sweep import Swept, sweep
from services.kpi.commands.alerts import acknowledge, mute, unmute
from services.kpi.commands.project import add
from services.kpi.domain.period import containing
from services.kpi.queries import alerts, outlook
from services.kpi.reference import city_alerts, city_catalogue
from services.kpi.schemas.alerts import AlertsArgs
from tests.support.backbone import Backbone
from tests.support.part import Part, wait_for

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
    return datetime.fromisoformat(f"{day}T05:00:00+00:00")


def swept(database: Any, day: str) -> Swept:
    with database.begin() as session:
        found = sweep(session, city_catalogue(), city_alerts(), at(day))
    assert found is not None
    return found


def events(database: Any) -> list[tuple[str, dict[str, Any]]]:
    with database() as session:
        rows = session.execute(select(outbox.c.type, outbox.c.body).order_by(outbox.c.position))
        return [(kind, json.loads(body)["data"]) for kind, body in rows]


def kinds(database: Any) -> list[str]:
    return [kind for kind, _ in events(database)]


def listed(database: Any, day: str = "2026-11-02", **filters: Any) -> list[dict[str, Any]]:
    with database() as session:
        found = alerts.page(session, AlertsArgs().load(filters), day_of(at(day)))
    return found["items"]


def test_a_kpi_that_turns_red_is_told_once_with_all_that_is_to_be_known(database):
    put(database, m2026_10=30)
    assert swept(database, "2026-11-02") == Swept(1, 0, 1)
    for _ in range(3):
        assert swept(database, "2026-11-03") == Swept()
    ((kind, data),) = events(database)
    assert kind == "kpi.alerted.v1"
    assert data["alert_id"] != data["correlation_id"]
    assert data["correlation_id"][14] == "7"
    said = {name: data[name] for name in ("code", "department", "owner", "kind", "reason")}
    assert said == {
        "code": CODE,
        "department": "roads",
        "owner": "roads-ce",
        "kind": "red",
        "reason": "red",
    }
    assert (data["period"], data["value"], data["target"]) == ("2026-10", 30, 50)
    (item,) = listed(database, open=True)
    assert item["words"]["en"] == "30.0% in 2026-10 is red; the goal is 50.0%"
    assert item["words"]["mr"] == "2026-10 मध्ये मूल्य 30.0% असून ते लाल आहे; उद्दिष्ट 50.0%"


def test_an_episode_ends_when_the_goal_is_reached_and_the_next_one_has_an_id_of_its_own(database):
    put(database, m2026_10=30)
    swept(database, "2026-11-02")
    put(database, m2026_11=60)
    assert swept(database, "2026-12-02") == Swept(0, 1, 0)
    assert swept(database, "2026-12-03") == Swept()
    put(database, m2026_12=20)
    assert swept(database, "2027-01-02") == Swept(1, 0, 1)
    assert kinds(database) == ["kpi.alerted.v1", "kpi.recovered.v1", "kpi.alerted.v1"]
    first, over, second = (data for _, data in events(database))
    assert over["correlation_id"] == first["correlation_id"] != second["correlation_id"]
    assert (over["reason"], over["period"], over["value"]) == ("green_again", "2026-11", 60)


def test_a_value_that_goes_to_and_fro_at_the_threshold_is_told_once(database):
    months = {"m2026_05": 44, "m2026_06": 46, "m2026_07": 44, "m2026_08": 46, "m2026_09": 44}
    for name, share in months.items():
        put(database, **{name: share})
        after = containing(date(2026, int(name[6:8]), 1), "month").next()
        swept(database, (after.first + timedelta(days=1)).isoformat())
    assert kinds(database) == ["kpi.alerted.v1"]
    put(database, m2026_10=46, m2026_11=46)
    swept(database, "2026-12-02")
    assert kinds(database) == ["kpi.alerted.v1", "kpi.recovered.v1"]


def test_a_correction_ends_what_a_wrong_value_began(database):
    put(database, m2026_10=30)
    swept(database, "2026-11-02")
    put(database, m2026_10=70)
    assert swept(database, "2026-11-05") == Swept(0, 1, 0)
    assert events(database)[1][1]["period"] == "2026-10"


def test_a_running_month_is_told_from_its_middle_on_and_not_again_at_its_end(database):
    put(database, m2026_10=60, m2026_11=30)
    assert swept(database, "2026-11-14") == Swept()
    assert swept(database, "2026-11-16") == Swept(1, 0, 1)
    assert events(database)[0][1]["running"] is True
    assert swept(database, "2026-12-02") == Swept()


def test_stagnation_is_told_beside_red_and_each_ends_by_itself(database):
    put(database, **{f"m2026_{month:02}": 46 for month in range(4, 11)})
    assert swept(database, "2026-11-02") == Swept(1, 0, 1)
    put(database, m2026_11=30)
    assert swept(database, "2026-12-02") == Swept(1, 0, 1)
    assert {each["kind"] for each in listed(database, open=True)} == {"stagnant", "red"}
    put(database, m2026_12=49)
    assert swept(database, "2027-01-02") == Swept(0, 1, 0)
    assert [each["kind"] for each in listed(database, open=True)] == ["red"]
    (over,) = listed(database, open=False)
    assert over["end_words"]["en"].startswith("it improves: what is lacking went from 4.0% to 1.0%")


def test_what_leaves_its_season_is_told_with_its_band(database):
    shares = {}
    for number in range(30):
        month = date(2024 + (3 + number) // 12, (3 + number) % 12 + 1, 1)
        shares[f"m{month.year}_{month.month:02}"] = 60 + 2 * (number % 12) + number * 3 % 7
    shares["m2026_09"] = 99
    put(database, **shares)
    swept(database, "2026-10-02")
    ((kind, data),) = events(database)
    assert (kind, data["kind"], data["reason"]) == ("kpi.alerted.v1", "season", "above_season")
    assert data["band_low"] < data["band_high"] < data["value"] == 99


# ---- any number of processes, and restarts


def test_two_transactions_at_once_tell_once_and_the_second_does_not_wait(database):
    put(database, m2026_10=30)
    with database.begin() as first:
        assert sweep(first, city_catalogue(), city_alerts(), at("2026-11-02")) == Swept(1, 0, 1)
        with database.begin() as second:
            assert sweep(second, city_catalogue(), city_alerts(), at("2026-11-02")) is None
    assert swept(database, "2026-11-02") == Swept()
    assert kinds(database) == ["kpi.alerted.v1"]


def test_a_sweep_that_rolls_back_has_told_nobody_and_the_next_one_does(database):
    put(database, m2026_10=30)
    with database() as session:
        assert sweep(session, city_catalogue(), city_alerts(), at("2026-11-02")) == Swept(1, 0, 1)
        session.rollback()
    assert events(database) == []
    assert swept(database, "2026-11-02") == Swept(1, 0, 1)


def test_many_threads_that_look_all_the_time_begin_and_end_once(database):
    put(database, m2026_10=30)
    errors: list[BaseException] = []

    def looking(day: str) -> None:
        try:
            for _ in range(5):
                with database.begin() as session:
                    sweep(session, city_catalogue(), city_alerts(), at(day))
        except Exception as error:
            errors.append(error)
            raise

    for day in ("2026-11-02", "2026-12-02"):
        threads = [threading.Thread(target=looking, args=(day,)) for _ in range(3)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        put(database, m2026_11=60)
    assert errors == []
    swept(database, "2026-12-02")
    assert kinds(database) == ["kpi.alerted.v1", "kpi.recovered.v1"]


@pytest.fixture
def sweepers(backbone: Backbone) -> list[Part]:
    """Two processes of the service that look all the time."""
    backbone.migrate("kpi")
    parts = [backbone.service("kpi", PALIKA_KPI_ALERT_S="0.1") for _ in range(2)]
    for part in parts:
        part.wait_ready()
    return parts


def test_two_processes_of_which_one_is_killed_tell_once(backbone: Backbone, sweepers: list[Part]):
    database = backbone.sessions("kpi")
    last = containing(day_of(datetime.now(UTC)), "month").previous()
    before = last.previous()
    put(database, **{f"m{each.first.year}_{each.first.month:02}": 30 for each in (before, last)})
    told = "SELECT count(*) FROM outbox WHERE type = 'kpi.alerted.v1'"
    wait_for(lambda: backbone.value("kpi", told), 60, "the owner is told")
    victim, survivor = sweepers
    victim.kill()
    victim.start()
    put(database, **{f"m{last.first.year}_{last.first.month:02}": 90})
    over = "SELECT count(*) FROM outbox WHERE type = 'kpi.recovered.v1'"
    wait_for(lambda: backbone.value("kpi", over), 60, "the owner is told of the end")
    assert backbone.value("kpi", told) == backbone.value("kpi", over) == 1
    assert backbone.value("kpi", "SELECT count(*) FROM alert") == 1
    assert survivor.stop() == victim.stop() == 0


# ---- whether they were reached


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
    desk.rpc = SimpleNamespace(within=lambda timeout_s: services)  # type: ignore[assignment]
    return desk


# ---- what people do


def begun(database: Any) -> str:
    put(database, m2026_10=30)
    swept(database, "2026-11-02")
    (item,) = listed(database)
    return item["id"]


def act(database: Any, command: Any, who: Identity, day: str = "2026-11-02", **args: Any) -> Any:
    with database.begin() as session:
        found = command(session, who, args, at(day))
        session.flush()
        return alerts.view(found, day_of(at(day)))


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
    assert [data["owner"] for _, data in events(database)] == [
        *("roads-ce", "roads-ce", "roads-ce"),
        "water-ce",
    ]


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


# ---- insights and forecasts


def test_what_can_be_told_of_a_kpi_and_what_cannot_is_said(database):
    put(database, m2026_10=30)
    with database() as session:
        found = outlook.insights(session, CODE, date(2026, 11, 2))
    states = {each["kind"]: each["state"] for each in found["items"]}
    assert states == {"red": "found", "stagnant": "cannot tell", "season": "cannot tell"}
    words = {each["kind"]: each["words"]["en"] for each in found["items"]}
    assert words["season"] == "too short a history: 8 are needed, there are 0"


def test_a_forecast_tells_whether_the_target_will_be_met_by_the_end_of_the_year(database):
    months = [containing(date(2023, 4, 1), "month")]
    while months[-1].code != "2026-10":
        months.append(months[-1].next())
    put(
        database,
        **{
            f"m{each.first.year}_{each.first.month:02}": 60 + number % 3
            for number, each in enumerate(months)
        },
    )
    with database() as session:
        found = outlook.forecast(session, CODE, "year", date(2026, 11, 2))
        soon = outlook.forecast(session, CODE, "period", date(2026, 11, 2))
    assert (found["period"], found["target_date"], found["target"]) == ("2027-03", "2027-03-31", 50)
    assert 59 <= found["low"] <= found["value"] <= found["high"] <= 64
    assert (found["met"], found["why"], found["newest"]) == ("likely", None, "2026-10")
    assert (soon["period"], soon["target_date"]) == ("2026-11", "2026-11-30")


def test_a_forecast_without_a_past_says_that_it_cannot_tell(database):
    with database() as session:
        found = outlook.forecast(session, CODE, "year", date(2026, 11, 2))
    assert (found["value"], found["met"]) == (None, "cannot tell")
    assert found["why"] == {"mr": "माहिती उपलब्ध नाही", "en": "there are no data"}


def test_kpis_of_every_kind_in_the_catalogue_are_forecast_or_said_not_to_be(database):
    with database() as session:
        for code in list(city_catalogue().indicators)[::5]:
            for until in ("year", "period"):
                assert outlook.forecast(session, code, until, date(2026, 11, 2))["why"]


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
