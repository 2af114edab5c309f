"""The e-office's reports on a real database: counted from the rows, and only what may be read."""

import base64
import io
import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner
from marshmallow import ValidationError
from sqlalchemy import event, insert, text
from sqlalchemy.orm import Session, sessionmaker

from palika.errors import Forbidden, Invalid, NotFound
from palika.india import day_of
from palika.local import Postgres
from services.eoffice.cli import reports as cli
from services.eoffice.commands.close import close_file
from services.eoffice.commands.forward import forward_file
from services.eoffice.commands.open_file import open_file
from services.eoffice.domain.reporting import Reader
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.models import File, Movement
from services.eoffice.queries import diary, late, mis, reports, track
from services.eoffice.reporting import reader
from services.eoffice.schemas import Closing, Forwarding, Opening
from services.eoffice.schemas.reports import Diary, Exporting, Overdue, Reporting, WithOthers
from tests.support.databases import service_database
from tests.support.eoffice import ACCOUNTS, CE, DE, JE, NOW, PORTAL, emptied

ALL = Reader(None, Secrecy.TOP_SECRET)
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def database(postgres: Postgres) -> Iterator[sessionmaker[Session]]:
    with service_database(postgres, "eoffice") as found:
        yield found


@pytest.fixture
def sessions(database: sessionmaker[Session]) -> sessionmaker[Session]:
    return emptied(database)


def opened(sessions, back=0, caller=JE, **args: Any) -> File:
    with sessions.begin() as session:
        loaded = Opening().load({"subject": "Estimate", **args})
        return open_file(session, caller, loaded, NOW - back * DAY)


def forward(sessions, file, to, back=0, caller=JE) -> None:
    with sessions.begin() as session:
        loaded = Forwarding().load({"id": str(file.id), "to": to})
        forward_file(session, caller, loaded, NOW - back * DAY)


def close(sessions, file, back=0, caller=JE) -> None:
    with sessions.begin() as session:
        close_file(session, caller, Closing().load({"id": str(file.id)}), NOW - back * DAY)


def asked(sessions, name, who=ALL, now=NOW, **args: Any) -> dict[str, Any]:
    with sessions() as session:
        return reports.report(session, Reporting().load({"name": name, **args}), who, now)


def rows(answer: dict[str, Any], *columns: str) -> dict[Any, Any]:
    return {row["code"]: tuple(row[each] for each in columns) for row in answer["rows"]}


def as_reader(sessions, caller, **args: Any) -> Reader:
    with sessions() as session:
        return reader(session, caller, {"post": None, **args})


# ---- pendency


def test_pendency_is_by_the_post_that_has_it_and_by_age_on_its_desk(sessions):
    forward(sessions, opened(sessions, back=100), "accounts", back=3)
    opened(sessions, back=20)
    opened(sessions, back=8, due_on="2026-06-30", priority="urgent")
    close(sessions, opened(sessions, back=50))
    answer = asked(sessions, "pendency")
    columns = ("pending", "0-7", "8-15", "16-30", "overdue", "urgent", "unseen")
    assert rows(answer, *columns) == {
        "accounts": (1, 1, 0, 0, 0, 0, 1),
        "roads-je": (2, 0, 1, 1, 1, 1, 0),
    }
    assert (answer["total"]["pending"], answer["total"]["91+"]) == (3, 0)
    assert answer["rows"][0]["name"] == {"mr": "मुख्य लेखापाल", "en": "Chief Accountant"}
    of_files = asked(sessions, "pendency", age_of="file")
    assert rows(of_files, "91+")["accounts"] == (1,)
    assert of_files["total"]["oldest"] == (NOW - 100 * DAY).isoformat()


def test_pendency_is_of_sections_departments_and_priorities_too(sessions):
    forward(sessions, opened(sessions), "accounts")
    opened(sessions, priority="most_urgent")
    by_section = asked(sessions, "pendency", by="section")
    assert rows(by_section, "pending") == {"est": (1,), None: (1,)}
    assert by_section["rows"][-1]["name"] is None
    by_department = rows(asked(sessions, "pendency", by="department"), "pending")
    assert by_department == {"general-administration": (1,), "roads": (1,)}
    by_priority = rows(asked(sessions, "pendency", by="priority"), "pending")
    assert by_priority == {"ordinary": (1,), "most_urgent": (1,)}


def test_a_report_of_a_part_has_only_that_part(sessions):
    forward(sessions, opened(sessions), "accounts")
    opened(sessions)
    of_roads = asked(sessions, "pendency", department=["roads"])
    assert (rows(of_roads, "pending"), of_roads["total"]["pending"]) == ({"roads-je": (1,)}, 1)
    assert asked(sessions, "pendency", desk=["law"])["total"]["pending"] == 0
    assert rows(asked(sessions, "pendency", section=["est"]), "pending") == {"roads-je": (1,)}


def test_what_a_post_may_not_read_is_not_counted(sessions):
    opened(sessions, caller=CE, secrecy="secret")
    opened(sessions, caller=JE, secrecy="secret")
    opened(sessions)
    for caller, pending in ((DE, 1), (JE, 2), (CE, 3)):
        answer = asked(sessions, "pendency", as_reader(sessions, caller))
        assert answer["total"]["pending"] == pending, caller
    assert rows(asked(sessions, "flow", as_reader(sessions, DE)), "opened") == {"2026-07": (1,)}


def test_nothing_at_all_is_a_report_too(sessions):
    answer = asked(sessions, "pendency")
    assert (answer["rows"], answer["total"]["pending"]) == ([], 0)
    assert asked(sessions, "stay")["total"]["median_days"] is None


# ---- stay and flow


def test_stay_is_how_long_files_were_on_the_desks_that_they_left(sessions):
    for days in (1, 3, 8):
        file = opened(sessions, back=days + 2)
        forward(sessions, file, "roads-de", back=2)
        close(sessions, file, back=0, caller=DE)
    opened(sessions, back=60)
    columns = ("stays", "mean_days", "median_days", "p90_days", "longest_days")
    answer = asked(sessions, "stay")
    assert rows(answer, *columns) == {
        "roads-de": (3, 2.0, 2.0, 2.0, 2.0),
        "roads-je": (3, 4.0, 3.0, 7.0, 8.0),
    }
    assert (answer["total"]["stays"], answer["total"]["longest_days"]) == (6, 8.0)
    assert rows(asked(sessions, "stay", by="department"), "stays") == {"roads": (6,)}


def test_stay_is_counted_on_the_day_when_the_file_left(sessions):
    forward(sessions, opened(sessions, back=9), "roads-de", back=5)
    day = day_of(NOW - 5 * DAY)
    for first, last, stays in ((0, 0, 1), (1, 2, 0), (-2, -1, 0)):
        period = {"from_day": f"{day + first * DAY}", "to_day": f"{day + last * DAY}"}
        assert asked(sessions, "stay", **period)["total"]["stays"] == stays, period


def test_stay_of_what_may_not_be_read_is_not_counted(sessions):
    secret = opened(sessions, back=4, caller=CE, secrecy="secret")
    forward(sessions, secret, "law", back=2, caller=CE)
    assert asked(sessions, "stay")["total"]["stays"] == 1
    assert asked(sessions, "stay", as_reader(sessions, DE))["total"]["stays"] == 0


def test_flow_is_in_the_months_of_india(sessions):
    late_evening = datetime(2026, 5, 31, 18, 45, tzinfo=UTC)
    with sessions.begin() as session:
        file = open_file(session, JE, Opening().load({"subject": "x"}), late_evening)
    close(sessions, file)
    opened(sessions, head="tender")
    assert rows(asked(sessions, "flow"), "opened", "closed") == {
        "2026-06": (1, 0),
        "2026-07": (1, 1),
    }
    by_head = asked(sessions, "flow", by="head")
    assert rows(by_head, "opened") == {"general": (1,), "tender": (1,)}
    assert by_head["rows"][1]["name"]["mr"] == "निविदा"


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "pendency", "by": "month"},
        {"name": "stay", "by": "priority"},
        {"name": "flow", "desk": ["law"]},
        {"name": "pendency", "from_day": "2026-04-01"},
        {"name": "stay", "from_day": "yesterday"},
        {"name": "secrets"},
        {"name": "stay", "department": []},
    ],
)
def test_what_makes_no_sense_is_refused(wrong):
    with pytest.raises(ValidationError):
        Reporting().load(wrong)


def test_a_period_ends_after_it_begins_and_is_not_for_ever(sessions):
    with pytest.raises(Invalid, match="ends before"):
        asked(sessions, "stay", from_day="2026-05-02", to_day="2026-05-01")
    with pytest.raises(Invalid, match="too many"):
        asked(sessions, "flow", from_day="1990-01-01")


def test_pendency_reads_no_closed_file(sessions):
    _archive(sessions, 20_000)
    pending = [opened(sessions) for _ in range(5)]
    with sessions.begin() as session:
        session.execute(text("ANALYZE file"))
    for who in (ALL, as_reader(sessions, JE)):
        plan = _plan(sessions, "pendency", who)
        assert "Seq Scan on file" not in plan, plan
        assert _read(plan) <= len(pending), plan


def test_a_period_reads_nothing_of_other_times(sessions):
    _archive(sessions, 20_000)
    with sessions.begin() as session:
        session.execute(text("ANALYZE file"))
        session.execute(text("ANALYZE movement"))
    for name in ("stay", "flow"):
        plan = _plan(sessions, name, ALL, from_day="2026-06-30", to_day="2026-07-01")
        assert "Seq Scan on file" not in plan, plan
        assert "Seq Scan on movement" not in plan, plan


# ---- lists


def test_overdue_files_come_the_longest_overdue_first(sessions):
    numbers = []
    for day in ("2026-06-28", "2026-06-10", "2026-06-30"):
        numbers.append(opened(sessions, due_on=day).number)
    opened(sessions, due_on="2026-07-01")
    close(sessions, opened(sessions, due_on="2026-06-01"))
    found = _pages(sessions, late.overdue, Overdue(), ALL, limit=1)
    assert [each["number"] for each in found] == [numbers[1], numbers[0], numbers[2]]
    assert [each["days_over"] for each in found] == [21, 3, 1]
    assert _pages(sessions, late.overdue, Overdue(), ALL, department=["drainage"]) == []
    assert len(_pages(sessions, late.overdue, Overdue(), ALL, department=["roads"])) == 3


def test_an_overdue_file_is_shown_to_who_may_read_it_or_had_it(sessions):
    file = opened(sessions, back=9, caller=JE, secrecy="secret", due_on="2026-06-10")
    forward(sessions, file, "law", back=5)
    for caller, seen in ((JE, 1), (DE, 0), (CE, 1)):
        who = as_reader(sessions, caller)
        assert len(_pages(sessions, late.overdue, Overdue(), who)) == seen, caller
    (only,) = _pages(sessions, late.overdue, Overdue(), ALL)
    assert (only["subject"], only["secrecy"]) == (None, "secret")


def test_own_files_that_wait_with_others_come_the_longest_waiting_first(sessions):
    first, second, mine = (opened(sessions, back=9) for _ in range(3))
    forward(sessions, second, "law", back=2)
    forward(sessions, first, "accounts", back=6)
    done = opened(sessions, back=9)
    forward(sessions, done, "accounts", back=6)
    close(sessions, done, caller=ACCOUNTS)
    found = _pages(sessions, late.with_others, WithOthers(), as_reader(sessions, JE), limit=1)
    assert [each["number"] for each in found] == [first.number, second.number]
    assert [each["days_there"] for each in found] == [6, 2]
    assert mine.held_by == "roads-je"


def test_a_cursor_of_another_list_is_refused(sessions):
    for day in ("2026-06-28", "2026-06-10"):
        opened(sessions, due_on=day)
    with sessions() as session:
        page = late.overdue(session, Overdue().load({"limit": 1}), ALL, NOW)
        for schema, query, wrong in (
            (Overdue(), late.overdue, {"desk": ["law"], "cursor": page["next"]}),
            (WithOthers(), late.with_others, {"cursor": page["next"]}),
            (Overdue(), late.overdue, {"cursor": "x"}),
        ):
            with pytest.raises(Invalid, match="cursor"):
                query(session, schema.load(wrong), ALL, NOW)


# ---- diary


def day_at(sessions, of, who, **args: Any) -> list[dict[str, Any]]:
    items, cursor = [], None
    while True:
        with sessions() as session:
            loaded = Diary().load({"day": "2026-07-01", "cursor": cursor, **args})
            page = diary.diary(session, loaded, of, who, NOW)
        items += page["items"]
        cursor = page["next"]
        if cursor is None:
            return items


def test_a_diary_tells_the_acts_of_a_day_in_their_order(sessions):
    opened(sessions, back=1)
    file = opened(sessions, back=0)
    forward(sessions, file, "roads-de")
    close(sessions, file, caller=DE)
    items = day_at(sessions, "roads-je", as_reader(sessions, JE), limit=1)
    assert [(each["verb"], each["number"]) for each in items] == [
        ("opened", file.number),
        ("forwarded", file.number),
    ]
    assert items[1]["words"] == {"mr": "फाइल पुढे पाठवली", "en": "forwarded the file"}
    assert (items[1]["data"], items[1]["person"]) == ({"to": "roads-de"}, "a.jadhav2")


def test_in_a_diary_of_another_what_is_secret_is_masked(sessions):
    opened(sessions, secrecy="secret", subject="Vigilance")
    (own,) = day_at(sessions, "roads-je", as_reader(sessions, JE))
    assert (own["masked"], own["subject"]) == (False, "Vigilance")
    (seen,) = day_at(sessions, "roads-je", as_reader(sessions, DE))
    assert (seen["masked"], seen["verb"]) == (True, "opened")
    assert "Vigilance" not in json.dumps(seen)
    assert (seen["number"], seen["data"]) == (None, {})
    (above,) = day_at(sessions, "roads-je", as_reader(sessions, CE))
    assert above["subject"] == "Vigilance"


def test_each_act_of_the_shipped_words_is_told_in_both_languages(sessions):
    file = opened(sessions)
    close(sessions, file)
    for each in day_at(sessions, "roads-je", as_reader(sessions, JE)):
        assert each["words"]["mr"] != each["verb"], each


# ---- tracking


def test_a_citizen_is_told_where_a_public_file_is(sessions):
    file = opened(sessions, back=9, public=True, subject="रस्ता")
    forward(sessions, file, "accounts", back=4)
    with sessions() as session:
        found = track.track(session, file.number.lower().replace("1", "१"), NOW)
    assert found == {
        "number": file.number,
        "subject": "रस्ता",
        "department": {"mr": "पथ विभाग", "en": "Roads"},
        "with": {"mr": "मुख्य लेखापाल", "en": "Chief Accountant"},
        "status": "open",
        "opened_at": (NOW - 9 * DAY).isoformat(),
        "since": (NOW - 4 * DAY).isoformat(),
        "days": 4,
        "due_on": None,
    }


def test_what_is_not_public_is_as_if_it_were_not_there(sessions):
    hidden = opened(sessions)
    secret = opened(sessions, public=True, secrecy="confidential")
    said = set()
    with sessions() as session:
        for number in (hidden.number, secret.number, "ROADS/NO/SUCH/2026/0001"):
            with pytest.raises(NotFound) as refused:
                track.track(session, number, NOW)
            said.add(refused.value.message.replace(number, "N"))
    assert len(said) == 1


def test_of_a_closed_file_it_is_told_since_when(sessions):
    file = opened(sessions, back=9, public=True)
    close(sessions, file, back=2)
    with sessions() as session:
        found = track.track(session, file.number, NOW)
    assert (found["status"], found["days"]) == ("closed", 2)


# ---- MIS and the command line


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_report_is_a_file_for_a_spreadsheet(sessions, ending):
    opened(sessions, back=8)
    loaded = Exporting().load({"name": "pendency", "format": ending})
    with sessions() as session:
        answer = reports.report(session, loaded, ALL, NOW)
    made = mis.as_file(answer, "mr", ending)
    content = base64.b64decode(made["content_base64"])
    assert made["filename"] == f"pendency-by-post-2026-07-01.{ending}"
    if ending == "csv":
        header, first, total = content.decode("utf-8-sig").splitlines()
        assert header.startswith("टेबल,प्रलंबित")
        assert first.startswith('"कनिष्ठ अभियंता, पथ",1')
        assert total.startswith("एकूण,1")
    else:
        (sheet,) = openpyxl.load_workbook(io.BytesIO(content)).worksheets
        header, first, total = sheet.iter_rows(values_only=True)
        assert (header[0], first[:2], total[:2]) == ("टेबल", ("कनिष्ठ अभियंता, पथ", 1), ("एकूण", 1))
        assert f"{first[-1]}" == "2026-06-23 10:00:00"


@pytest.fixture
def palika(sessions, monkeypatch):
    monkeypatch.setattr(cli, "sessions", lambda _: sessions)
    return lambda command, *args: CliRunner(env={"COLUMNS": "300"}).invoke(command, [*args])


def test_the_command_line_draws_reports_and_writes_them(sessions, palika, tmp_path):
    opened(sessions)
    shown = palika(cli.report_command, "pendency", "--language", "en")
    assert (shown.exit_code, "█" in shown.output) == (0, True), shown.output
    assert "Junior Engineer, Roads" in shown.output
    as_json = palika(cli.report_command, "flow", "--by", "head", "--json", "--from", "2026-07-01")
    assert json.loads(as_json.output)["report"] == "flow"
    path = tmp_path / "pendency.xlsx"
    written = palika(cli.report_command, "pendency", "--output", str(path))
    assert (written.exit_code, path.exists()) == (0, True), written.output


@pytest.mark.parametrize(
    ("command", "args", "status", "said"),
    [
        (cli.report_command, ["pendency", "--by", "month"], 2, "pendency is by"),
        (cli.report_command, ["stay", "--from", "soon"], 2, "--from: must be a day"),
        (cli.report_command, ["stay", "--output", "x.ods"], 2, "must end with"),
        (cli.report_command, ["stay", "--output", "/nowhere/x.csv"], 1, "cannot be written"),
        (cli.diary_command, ["nobody"], 2, "there is no post 'nobody'"),
        (cli.track_command, ["R/1"], 1, "there is no public file R/1"),
        (cli.track_command, [" "], 2, "NUMBER: must not be empty"),
    ],
)
def test_a_wrong_command_is_told_what_is_wrong(palika, command, args, status, said):
    done = palika(command, *args)
    assert (done.exit_code, said in done.output) == (status, True), done.output


def test_the_command_line_shows_nothing_of_what_is_secret(sessions, palika):
    opened(sessions, subject="Vigilance", secrecy="secret", due_on="2026-06-01", public=True)
    file = opened(sessions, subject="Footpath", due_on="2026-06-01", public=True)
    for command, args in (
        (cli.overdue_command, []),
        (cli.overdue_command, ["--json"]),
        (cli.diary_command, ["roads-je", "--day", "2026-07-01"]),
        (cli.diary_command, ["roads-je", "--day", "2026-07-01", "--json"]),
        (cli.track_command, [file.number]),
    ):
        done = palika(command, *args)
        assert done.exit_code == 0, done.output
        assert "Footpath" in done.output, done.output
        assert "Vigilance" not in done.output, done.output


def test_a_service_says_which_post_reads(sessions):
    with pytest.raises(Invalid, match="which post"):
        as_reader(sessions, PORTAL)
    assert as_reader(sessions, PORTAL, post="roads-ce") == Reader("roads-ce", Secrecy.SECRET)
    with pytest.raises(Forbidden):
        as_reader(sessions, JE, post="roads-ce")


def _pages(sessions, query, schema, who, **args: Any) -> list[dict[str, Any]]:
    """All items, a page after the other; no page is empty but the first."""
    items, cursor = [], None
    while True:
        with sessions() as session:
            page = query(session, schema.load({**args, "cursor": cursor}), who, NOW)
        assert page["items"] or cursor is None
        items += page["items"]
        cursor = page["next"]
        if cursor is None:
            return items


def _archive(sessions, count: int) -> None:
    """So many closed files, of ten years and before, each of which moved once."""
    ids = [uuid.uuid4() for _ in range(count)]
    moments = [NOW - timedelta(days=10 + at % 3_600) for at in range(count)]
    with sessions.begin() as session:
        file = (
            {"department": "roads", "section": "est", "head": "general", "subject": "x"}
            | {"language": "mr", "secrecy": 0, "priority": 0, "public": False, "part": 1}
            | {"volume": 1, "state": "closed", "held_by": "roads-de", "opened_by": "roads-je"}
            | {"moves": 1, "version": 3, "rev": 3}
        )
        session.execute(
            insert(File.__table__),
            [
                {
                    **file,
                    "id": key,
                    "number": f"OLD/{at}",
                    "held_since": moment - DAY,
                    "opened_at": moment - 2 * DAY,
                    "closed_at": moment,
                }
                for at, (key, moment) in enumerate(zip(ids, moments, strict=True))
            ],
        )
        move = {"position": 1, "kind": "forward", "from_post": "roads-je", "to_post": "roads-de"}
        move |= {"minutes_held": 1_440, "rev": 1}
        session.execute(
            insert(Movement.__table__),
            [
                {**move, "file_id": key, "moved_at": moment - DAY}
                for key, moment in zip(ids, moments, strict=True)
            ],
        )


def _plan(sessions, name: str, who: Reader, **args: Any) -> str:
    """How PostgreSQL carries out the report's own statement."""
    with sessions() as session:
        seen: list[str] = []
        connection = session.connection()

        def note(_connection, cursor, statement, parameters, *_rest) -> None:
            seen.append(cursor.mogrify(statement, parameters).decode())

        event.listen(connection, "before_cursor_execute", note)
        try:
            reports.report(session, Reporting().load({"name": name, **args}), who, NOW)
        finally:
            event.remove(connection, "before_cursor_execute", note)
        explained = "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) " + seen[0].replace("%", "%%")
        return "\n".join(each[0] for each in connection.exec_driver_sql(explained))


def _read(plan: str) -> int:
    """Rows of files that were read."""
    (line,) = [each for each in plan.splitlines() if " on file" in each and "Scan" in each]
    return int(line.partition("rows=")[2].split()[0].rstrip(")").split(".")[0])
