"""Lists, diaries, tracking and tables of the e-office: as they are asked for, and drawn."""

import base64
import io
import json
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner
from rich.cells import cell_len
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker
from uuid6 import uuid7

from palika.errors import Forbidden, Invalid, NotFound
from services.eoffice.cli import reports as cli
from services.eoffice.domain.reporting import Reader
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.queries import diary, late, mis, reports, track
from services.eoffice.queries.headings import heading
from services.eoffice.schemas.reports import Diary, Exporting, Overdue, WithOthers
from tests.support.eoffice import ACCOUNTS, CE, DE, JE, NOW, PORTAL, cleared, emptied
from tests.support.eoffice_databases import database
from tests.support.eoffice_moves import take
from tests.support.eoffice_reports import ALL, DAY, as_reader, close, forward, opened
from tests.support.receipts import Desk

__all__ = ["database"]


@pytest.fixture
def sessions(database: sessionmaker[Session]) -> sessionmaker[Session]:
    return emptied(database)


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
    with cleared(sessions, "roads-je", Secrecy.SECRET):
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
    assert items[1]["words"] == {"mr": "नस्ती पुढे पाठवली", "en": "forwarded the file"}
    assert (items[1]["data"], items[1]["person"]) == ({"to": "roads-de"}, "a.jadhav2")


def test_in_a_diary_of_another_what_is_secret_is_masked(sessions):
    with cleared(sessions, "roads-je", Secrecy.SECRET):
        opened(sessions, secrecy="secret", subject="Vigilance")
    (own,) = day_at(sessions, "roads-je", as_reader(sessions, JE))
    assert (own["masked"], own["subject"]) == (False, "Vigilance")
    (seen,) = day_at(sessions, "roads-je", as_reader(sessions, DE))
    assert (seen["masked"], seen["verb"]) == (True, "opened")
    assert "Vigilance" not in json.dumps(seen)
    assert (seen["number"], seen["data"]) == (None, {})
    (above,) = day_at(sessions, "roads-je", as_reader(sessions, CE))
    assert above["subject"] == "Vigilance"


def test_a_diary_tells_number_and_subject_of_receipts_that_may_be_read(sessions):
    receipt = Desk(sessions).diarise()
    Desk(sessions).diarise(secrecy="secret", subject="Vigilance")
    plain, secret = day_at(sessions, "registry-clerk", Reader("law", Secrecy.NORMAL))
    assert (plain["number"], plain["subject"]) == (receipt.number, receipt.subject)
    assert (secret["masked"], secret["number"], secret["subject"]) == (True, None, None)


def test_a_diary_has_no_text_that_a_desk_had_asked_for(sessions):
    file = opened(sessions, caller=DE)
    take(sessions, "mark", file, DE, NOW, posts=["roads-je"], question="Is it so?")
    take(sessions, "answer", file, JE, NOW, answer="It is.", step=str(uuid7()))
    (answered,) = day_at(sessions, "roads-je", as_reader(sessions, CE))
    assert (answered["verb"], "asked" in answered["data"]) == ("answered", False)


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
    secret = opened(sessions, caller=DE, secrecy="confidential")
    with sessions.begin() as session:
        # Such as were opened before it was refused.
        session.execute(text("UPDATE file SET public = true WHERE secrecy > 0"))
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


_WHOLE = {
    "pendency": ("pending", "unseen", "oldest"),
    "stay": ("stays", "mean_days", "median_days", "p90_days", "longest_days"),
    "flow": ("opened", "closed", "diarised", "dispatched"),
}
"""Columns whose headings stand there with no word broken."""


@pytest.mark.parametrize("language", ["mr", "en"])
@pytest.mark.parametrize("name", ["pendency", "stay", "flow"])
def test_in_eighty_columns_a_report_can_be_read(sessions, monkeypatch, name, language):
    monkeypatch.setattr(cli, "sessions", lambda _: sessions)
    for back in range(10):
        opened(sessions, back=back)
    forward(sessions, opened(sessions, back=12), "law")
    for width in (40, 80, 300):
        runner = CliRunner(env={"COLUMNS": str(width)})
        period = [] if name == "pendency" else ["--from", "2026-06-01", "--to", "2026-07-31"]
        done = runner.invoke(cli.report_command, [name, "--language", language, *period])
        lines = done.output.splitlines()
        assert done.exit_code == 0, done.output
        assert max(map(cell_len, lines)) <= width, done.output
        if width == 300 or name == "pendency":
            assert ("█" in done.output) == (width == 300), done.output
        assert ("16-30" in done.output) == (name == "pendency" and width == 300)
        if width >= 80:
            for column in _WHOLE[name]:
                words = heading(column).in_(language).split()
                assert all(each in done.output for each in words), done.output


@pytest.mark.parametrize(
    ("command", "args", "status", "said"),
    [
        (cli.report_command, ["pendency", "--by", "month"], 2, "pendency is by"),
        (cli.report_command, ["stay", "--from", "soon"], 2, "'soon' is not a day"),
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
    with cleared(sessions, "roads-je", Secrecy.SECRET):
        opened(sessions, subject="Vigilance", secrecy="secret", due_on="2026-06-01")
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
    assert as_reader(sessions, PORTAL, post="roads-ce") == Reader(
        "roads-ce", Secrecy.SECRET, "roads"
    )
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
