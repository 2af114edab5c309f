"""Alerts on a real database: each is told once, and ended once, whoever looks and how often."""

import threading
from contextlib import nullcontext
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from palika.india import day_of
from services.kpi import cli
from services.kpi.commands.alert_sweep import Swept, sweep
from services.kpi.domain.period import containing
from services.kpi.reference import city_alerts, city_catalogue
from tests.support.backbone import Backbone
from tests.support.kpi_alerts import CODE, at, events, kinds, listed, put, swept
from tests.support.kpi_alerts import database as database
from tests.support.part import Part, wait_for


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


# ---- what is news


def test_what_comes_of_the_past_begins_silently_and_is_told_when_it_is_so_now(database):
    put(database, m2026_08=30)
    # September was due on 10 October, and a month later August is of the past.
    assert swept(database, "2026-11-12") == Swept(1, 0, 0)
    (begun_,) = listed(database)
    assert (begun_["silent"], begun_["period"], begun_["told_at"]) == (True, "2026-08", None)
    assert swept(database, "2026-11-13") == Swept()
    put(database, m2026_10=20)
    assert swept(database, "2026-11-14") == Swept(0, 0, 1)
    ((kind, data),) = events(database)
    assert (kind, data["alert_id"], data["period"], data["value"]) == (
        *("kpi.alerted.v1", begun_["id"]),
        *("2026-10", 20),
    )
    (told,) = listed(database)
    assert (told["silent"], told["period"]) == (False, "2026-10")
    assert swept(database, "2026-11-15") == Swept()


def test_what_was_silent_ends_silently(database):
    put(database, m2026_08=30)
    swept(database, "2026-11-12")
    put(database, m2026_10=60)
    assert swept(database, "2026-11-13") == Swept(0, 1, 0)
    assert events(database) == []


def test_the_terminal_says_of_what_nobody_is_told(database, monkeypatch):
    put(database, m2026_08=30)
    swept(database, "2026-11-12")
    answer = {"items": listed(database), "next": None}
    name = {"mr": "मुख्य अभियंता, पथ", "en": "Chief Engineer, Roads"}
    kpi = SimpleNamespace(alerts=lambda **_: answer)
    eoffice = SimpleNamespace(
        posts=lambda codes: {"posts": dict.fromkeys(codes, name), "unknown": {}}
    )
    city = nullcontext(SimpleNamespace(kpi=kpi, eoffice=eoffice))
    monkeypatch.setattr("palika.rpc.Client", lambda *_, **__: city)
    words = "told to nobody: it was found in a period of the past"
    listing = CliRunner().invoke(cli.group, ["alerts"]).stdout
    assert words in listing
    assert f"({name['en']} / {name['mr']})" in listing
    put(database, m2026_10=20)
    swept(database, "2026-11-14")
    answer["items"] = listed(database)
    assert words not in CliRunner().invoke(cli.group, ["alerts"]).stdout
