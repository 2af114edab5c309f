"""Exports: what a spreadsheet reads, nothing in it a formula, and memory that stays flat."""

import csv
import io
import json
import os
import subprocess
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner
from sqlalchemy import text as sql

from palika import spreadsheets as tables
from palika.errors import Invalid
from services.grievance.cli import lists
from services.grievance.queries import export
from services.grievance.schemas import Exporting
from tests.support.grievances import CITIZEN, HOUR, NOW, fill
from tests.support.part import PALIKA, ROOT

FORMULAS = (
    "=1+1",
    "+91 98220",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "  =1+1",
    "＝1+1",
    "\n=cmd|' /C calc'!A0",
)


def written(desk, path: Path, now=NOW, **args: Any) -> int:
    with desk.sessions() as session:
        return export.write(session, Exporting().load(args), now, path)


def read_csv(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))


def test_a_csv_file_is_read_by_excel_in_marathi_and_in_indias_time(desk, tmp_path):
    filed = desk.file(description="रस्त्यावर खड्डा, मोठा", ward="bibwewadi")
    path = tmp_path / "x.csv"
    assert written(desk, path) == 1
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    (row,) = read_csv(path)
    assert row["तक्रार क्रमांक"] == filed.number
    assert (row["स्थिती"], row["विभाग"]) == ("नोंद", "पथ विभाग")
    assert row["वर्णन"] == "रस्त्यावर खड्डा, मोठा"
    # 04:30 in Greenwich is 10:00 in India.
    assert row["नोंदणी"] == "2026-07-01 10:00:00"
    assert (row["अधिकारी"], row["निराकरण"]) == ("", "")


def test_names_and_headings_are_in_the_language_asked_for(desk, tmp_path):
    done = desk.resolved()
    desk.take("rate", done, CITIZEN, NOW + HOUR, rating=4)
    written(desk, tmp_path / "x.csv", language="en")
    (row,) = read_csv(tmp_path / "x.csv")
    assert (row["Status"], row["Category"], row["Department"]) == ("Closed", "Pothole", "Roads")
    assert (row["On time"], row["Rating"], row["Officer"]) == ("Yes", "4", "roads-je")


def test_an_export_is_what_the_list_has_in_its_order(desk, tmp_path):
    numbers = [desk.file(now=NOW + n * HOUR, ward="bibwewadi").number for n in range(3)]
    desk.file()
    path = tmp_path / "x.csv"
    assert written(desk, path, ward="bibwewadi", order="oldest", language="en") == 3
    assert [row["Number"] for row in read_csv(path)] == numbers
    assert written(desk, path, ward="bibwewadi", text="a hole", language="en") == 3
    assert [row["Number"] for row in read_csv(path)] == numbers[::-1]


def test_who_filed_it_is_in_no_export(desk, tmp_path):
    desk.file(
        citizen_name="Asha Kulkarni", citizen_phone="98220 12345", citizen_email="asha@example.org"
    )
    written(desk, tmp_path / "x.csv")
    written(desk, tmp_path / "x.xlsx")
    cells = [str(each) for row in _sheet(tmp_path / "x.xlsx") for each in row]
    for text in ((tmp_path / "x.csv").read_text(), " ".join(cells)):
        assert [each for each in ("Asha", "12345", "asha@", "citizen:9") if each in text] == []


@pytest.mark.parametrize("formula", FORMULAS)
def test_nothing_that_a_citizen_writes_becomes_a_formula(desk, tmp_path, formula):
    desk.file()
    with desk.sessions.begin() as session:
        session.execute(sql("UPDATE grievance SET address = :it"), {"it": formula})
    written(desk, tmp_path / "x.csv", language="en")
    (row,) = read_csv(tmp_path / "x.csv")
    assert row["Address"] == f"'{formula}"
    written(desk, tmp_path / "x.xlsx", language="en")
    heading, cells = _sheet(tmp_path / "x.xlsx", values=False)
    cell = next(c for h, c in zip(heading, cells, strict=True) if h.value == "Address")
    assert (cell.data_type, cell.quotePrefix) == ("s", True)
    assert cell.value.strip() == formula.strip()


def test_a_workbook_has_real_times_and_numbers(desk, tmp_path):
    done = desk.resolved(description="खड्डा")
    desk.take("rate", done, CITIZEN, NOW + HOUR, rating=4)
    written(desk, tmp_path / "x.xlsx", language="en")
    heading, cells = _sheet(tmp_path / "x.xlsx")
    row = dict(zip(heading, cells, strict=True))
    assert row["Filed"] == datetime.fromisoformat("2026-07-01T10:00:00")
    assert (row["Rating"], row["Description"], row["Number"]) == (4, "खड्डा", done.number)


def test_what_a_sheet_cannot_hold_goes_on_the_next(tmp_path):
    writer = tables.XlsxWriter(tmp_path / "x.xlsx", ["n"], sheet_rows=2)
    for number in range(5):
        writer.add([number])
    writer.close()
    book = openpyxl.load_workbook(tmp_path / "x.xlsx")
    found = [[row[0] for row in sheet.iter_rows(values_only=True)] for sheet in book]
    assert found == [["n", 0, 1], ["n", 2, 3], ["n", 4]]


def test_the_pieces_of_an_export_make_the_file(desk, tmp_path):
    for number in range(7):
        desk.file(now=NOW + number * HOUR, description=f"खड्डा {number}")
    text, cursor, pieces = "", None, 0
    while True:
        args = Exporting().load({"limit": 3, **({"cursor": cursor} if cursor else {})})
        with desk.sessions() as session:
            piece = export.page(session, args, NOW)
        text, cursor, pieces = text + piece["text"], piece["next"], pieces + 1
        if cursor is None:
            break
    assert pieces == 3
    written(desk, tmp_path / "x.csv")
    assert text.encode() == (tmp_path / "x.csv").read_bytes()


def test_a_file_that_cannot_be_finished_does_not_appear(desk, tmp_path):
    desk.file()
    path = tmp_path / "x.csv"
    path.write_text("as it was")
    with pytest.raises(Invalid):
        written(desk, path, status="closed", open=True)
    assert path.read_text() == "as it was"
    assert [each.name for each in tmp_path.iterdir()] == ["x.csv"]


def test_an_export_of_many_takes_no_more_memory_than_of_few(desk, tmp_path):
    """Four thousand with 40 MB of text, beside the last two hundred of them."""
    fill(desk.sessions, 4_000, words=2_000)
    day = (NOW - timedelta(hours=24)).date().isoformat()
    few, least_kb = _export(desk, tmp_path / "x.csv", f"--filter=filed_from_day={day}")
    assert few < 300
    for name in ("x.csv", "x.xlsx"):
        many, most_kb = _export(desk, tmp_path / name)
        assert many == 4_000
        assert most_kb - least_kb < 20_000, (name, least_kb, most_kb)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (["x.ods"], "must end with .csv or .xlsx"),
        (["x.csv", "--filter", "wards=x"], "wards"),
        (["x.csv", "--filter", "status"], "must be NAME=VALUE"),
        (["x.csv", "--filter", "rating=9"], "rating"),
        (["x.csv", "--order", "fastest"], "--order"),
    ],
)
def test_a_wrong_option_is_refused_and_told(tmp_path, wrong, said):
    done = CliRunner().invoke(lists.export, [str(tmp_path / wrong[0]), *wrong[1:]])
    assert (done.exit_code, said in done.output) == (2, True), done.output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["x.csv", "x.xlsx"])
def test_a_file_that_cannot_be_written_is_told_by_its_own_name(desk, tmp_path, monkeypatch, name):
    monkeypatch.setattr(lists, "sessions", lambda _: desk.sessions)
    path = tmp_path / "nowhere" / name
    done = CliRunner().invoke(lists.export, [str(path)])
    assert (done.exit_code, done.output) == (
        1,
        f"Error: {path} cannot be written: No such file or directory\n",
    )


def test_a_mistyped_code_ends_an_export_with_an_error(desk, tmp_path, monkeypatch):
    monkeypatch.setattr(lists, "sessions", lambda _: desk.sessions)
    done = CliRunner().invoke(lists.export, [str(tmp_path / "x.csv"), "--filter", "ward=nope"])
    assert (done.exit_code, "ward: 'nope' is not known" in done.output) == (2, True), done.output
    assert list(tmp_path.iterdir()) == []


def _sheet(path: Path, *, values: bool = True) -> list[Any]:
    (sheet,) = openpyxl.load_workbook(path).worksheets
    return list(sheet.iter_rows(values_only=values))


def _export(desk, path: Path, *args: str) -> tuple[int, int]:
    """How many were exported, and how much memory the process had at most, in KB."""
    url = desk.sessions.kw["bind"].url.set(drivername="postgresql")
    environment = {"GRIEVANCE_DATABASE_URL": url.render_as_string(hide_password=False)}
    with subprocess.Popen(
        [*PALIKA, "grievance", "export", str(path), "--json", *args],
        cwd=ROOT,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        answer = json.loads(process.stdout.read())
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return answer["grievances"], used.ru_maxrss
