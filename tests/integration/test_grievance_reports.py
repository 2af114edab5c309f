"""Reports: each figure against one counted by hand, and the whole against its rows."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import event, text

from palika.config import settings
from palika.database import sessions
from palika.errors import Invalid
from palika.india import day_of
from services.grievance.cli import lists
from services.grievance.queries import reports
from services.grievance.reference import calendar
from services.grievance.schemas import GROUPS, REPORTS, Reporting
from tests.support.grievances import CITIZEN, HOUR, NOW, fill, in_utc

DAY = timedelta(days=1)


def report(desk, name: str, now=NOW, **args: Any) -> dict[str, Any]:
    with desk.sessions() as session:
        return reports.report(session, Reporting().load({"name": name, **args}), now)


def row(answer: dict[str, Any], code: str | None) -> dict[str, Any]:
    (found,) = [each for each in answer["rows"] if each["code"] == code]
    return found


def test_pendency_tells_what_is_open_and_how_it_stands(desk):
    desk.file()
    given = desk.file()
    desk.take("assign", given)
    desk.take("wait", given)
    desk.file(category="no-water", ward="bibwewadi")
    desk.resolved()
    answer = report(desk, "pendency", NOW + 60 * DAY)
    roads = row(answer, "roads")
    assert roads["name"] == {"mr": "पथ विभाग", "en": "Roads"}
    assert [roads[name] for name in ("open", "unassigned", "waiting", "overdue")] == [2, 1, 1, 1]
    assert roads["oldest"] == NOW.isoformat()
    assert answer["total"]["open"] == 3
    assert answer["total"]["escalated_today"] == 0
    # The clock of the one whose citizen is asked stands.
    assert answer["total"]["overdue"] == 2
    by_officer = report(desk, "pendency", by="officer")
    assert {each["code"]: each["open"] for each in by_officer["rows"]} == {"roads-je": 1, None: 2}
    assert by_officer["rows"][-1]["name"] is None
    assert report(desk, "pendency", ward="bibwewadi")["total"]["open"] == 1


def test_pendency_tells_what_was_escalated_and_what_of_it_today(desk):
    filed = [desk.file(now=NOW + n * DAY) for n in range(2)]
    # The first reaches the top of the ladder a day before the second.
    desk.clock(NOW + 20 * DAY)
    moments = [desk.stored(each).escalated_at for each in filed]
    assert moments[0] < moments[1]
    for each, moment in zip(filed, moments, strict=True):
        assert desk.get(each)["escalated_at"] == in_utc(moment)
    total = report(desk, "pendency", moments[1])["total"]
    assert (total["escalated"], total["escalated_today"]) == (2, 1)


def test_ageing_counts_working_days(desk):
    # From Wednesday, 1 July 2026, to Wednesday, 8 July: five working days.
    for days_ago in (0, 1, 2, 5, 7, 7, 90):
        desk.file(now=NOW + 7 * DAY - days_ago * DAY)
    answer = report(desk, "ageing", NOW + 7 * DAY)
    assert answer["columns"] == ["open", "0-1", "2-3", "4-7", "8-15", "16-30", "31+"]
    assert answer["total"] == {
        "open": 7, "0-1": 2, "2-3": 2, "4-7": 2, "8-15": 0, "16-30": 0, "31+": 1,
    }  # fmt: skip


@pytest.mark.parametrize("hour", [0, 9, 23])
def test_an_age_is_the_number_of_working_days_since(hour):
    now = datetime(2026, 7, 8, hour, tzinfo=UTC)
    today = day_of(now)
    for first, last, since in reports.ages(calendar(), now):
        if since is None:
            continue
        for filed, fits in ((since, True), (since - timedelta(seconds=1), False)):
            day = day_of(filed)
            after = [day + n * DAY for n in range(1, (today - day).days + 1)]
            age = sum(map(calendar().works_on, after))
            assert (age <= last) is fits, (first, last, filed)


def test_sla_holds_what_is_overdue_against_the_department(desk):
    desk.resolved()
    slow = desk.file()
    desk.take("assign", slow)
    desk.take("resolve", slow, now=NOW + 60 * DAY)
    desk.file()
    desk.take("reject", desk.file())
    roads = row(report(desk, "sla", NOW + 60 * DAY), "roads")
    assert roads["filed"] == 4
    assert [roads[name] for name in ("resolved", "on_time", "late", "open_overdue")] == [2, 1, 1, 1]
    # One of three: closed-on-time of all closed would have said a half.
    assert roads["percent"] == 33.3
    # Before it is due, what is open says nothing.
    assert row(report(desk, "sla", NOW), "roads")["open_overdue"] == 0
    assert report(desk, "sla", NOW + 200 * DAY)["rows"] == []


def test_reopens_are_counted_of_what_was_ever_resolved(desk):
    for again in (True, False, False):
        done = desk.resolved()
        if again:
            desk.take("reopen", done, CITIZEN, NOW + HOUR)
    desk.file()
    total = report(desk, "reopens")["total"]
    assert total == {"filed": 4, "ever_resolved": 3, "reopened": 1, "times": 1, "percent": 33.3}


def test_ratings_are_averaged_over_citizens_not_over_departments(desk):
    for category, rating in (("pothole", 5), ("pothole", 4), ("pothole", 5), ("no-water", 1)):
        done = desk.resolved(category=category)
        desk.take("rate", done, CITIZEN, NOW + HOUR, rating=rating)
    desk.file(category="dead-animal")
    answer = report(desk, "ratings")
    assert (row(answer, "roads")["mean"], row(answer, "water-supply")["mean"]) == (4.67, 1)
    total = answer["total"]
    assert (total["rated"], total["mean"], total["rated_5"], total["rated_1"]) == (4, 3.75, 2, 1)
    unrated = [each for each in answer["rows"] if each["rated"] == 0]
    assert [each["mean"] for each in unrated] == [None]


def test_heat_is_by_ward_and_month_of_india(desk):
    # 00:30 in India on 1 July: June is over there.
    july = datetime(2026, 6, 30, 19, 0, tzinfo=UTC)
    desk.file(now=july)
    desk.file(now=july - HOUR)
    desk.file(now=july, ward="bibwewadi")
    days = {"from_day": "2026-06-01", "to_day": "2026-07-31"}
    answer = report(desk, "heat", **days)
    assert (answer["by"], answer["columns"]) == ("ward", ["filed", "open", "2026-06", "2026-07"])
    here = row(answer, "aundh-baner")
    assert (here["2026-06"], here["2026-07"], here["filed"]) == (1, 1, 2)
    assert answer["total"] == {"filed": 3, "open": 3, "2026-06": 1, "2026-07": 2}
    assert row(report(desk, "heat", from_day="2026-07-01", to_day="2026-07-31"), "aundh-baner")[
        "filed"
    ] == 1  # fmt: skip


def test_a_period_that_is_none_is_refused(desk):
    with pytest.raises(Invalid) as refused:
        report(desk, "sla", from_day="today", to_day="today-1")
    assert list(refused.value.fields) == ["to_day"]
    with pytest.raises(Invalid, match="too many"):
        report(desk, "heat", from_day="1950-01-01")


def test_every_report_by_every_group_adds_up_to_its_total(desk):
    fill(desk.sessions, 5_000)
    days = {"from_day": "today-30"}
    for name in REPORTS:
        for by in GROUPS:
            answer = report(
                desk, name, by=by, **(days if name not in ("pendency", "ageing") else {})
            )
            assert answer["rows"], (name, by)
            for column, value in answer["total"].items():
                if column in ("percent", "mean", "oldest"):
                    continue
                assert sum(each[column] for each in answer["rows"]) == value, (name, by, column)
    with desk.sessions() as session:
        late = session.scalar(text("SELECT count(*) FROM grievance WHERE state = 'assigned'"))
    assert report(desk, "pendency")["total"]["open"] == late


def test_a_report_reads_its_index_and_not_the_past(desk):
    fill(desk.sessions, 20_000)
    # Ten days of 139, and a twentieth of all.
    for name, args in (("sla", {"from_day": "today-10"}), ("pendency", {}), ("ageing", {})):
        plan = _plan(desk, name, **args)
        assert "Index" in plan, (name, plan)
        assert "Seq Scan" not in plan, (name, plan)


def test_the_command_prints_a_table_csv_and_json(desk, monkeypatch):
    desk.file()
    url = desk.sessions.kw["bind"].url.set(drivername="postgresql")
    monkeypatch.setenv("GRIEVANCE_DATABASE_URL", url.render_as_string(hide_password=False))
    settings.cache_clear()
    sessions.cache_clear()

    def said(*args: str) -> str:
        done = CliRunner().invoke(lists.report, ["pendency", *args])
        assert done.exit_code == 0, done.output
        return done.output

    try:
        assert json.loads(said("--json"))["total"]["open"] == 1
        lines = list(csv.reader(io.StringIO(said("--csv").removeprefix("\ufeff"))))
        assert said("--csv").startswith("\ufeff")
        assert lines[0][:2] == ["विभाग", "प्रलंबित"]
        assert (lines[1][:2], lines[1][-1]) == (["पथ विभाग", "1"], "2026-07-01 10:00")
        assert lines[-1][:2] == ["एकूण", "1"]
        english = said("--language", "en")
        assert "Roads" in english
        assert "…" not in english, "no heading and no figure is cut off"
        refused = CliRunner().invoke(lists.report, ["sla", "--from", "yesterday"])
        assert (refused.exit_code, "(--from: must be a day" in refused.output) == (2, True)
    finally:
        sessions("grievance").kw["bind"].dispose()
        sessions.cache_clear()
        settings.cache_clear()


def _plan(desk, name: str, **args: Any) -> str:
    """The plan of the report's own statement, as PostgreSQL is given it."""
    with desk.sessions() as session:
        seen: list[str] = []
        connection = session.connection()
        execute = connection.exec_driver_sql

        def note(_connection, cursor, statement, parameters, *_rest) -> None:
            seen.append(cursor.mogrify(statement, parameters).decode())

        event.listen(connection, "before_cursor_execute", note)
        try:
            reports.report(session, Reporting().load({"name": name, **args}), NOW)
        finally:
            event.remove(connection, "before_cursor_execute", note)
        (statement,) = seen
        return "\n".join(each[0] for each in execute("EXPLAIN " + statement.replace("%", "%%")))
