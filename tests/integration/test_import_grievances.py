"""`palika import grievances`: any city's CSV, through a map, into the service's database."""

import csv
import fcntl
import json
import os
import signal
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from click.testing import CliRunner, Result
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session, sessionmaker

from palika.config import settings
from palika.database import create_engine
from palika.database import sessions as sessions_of
from palika.events import Event
from palika.local import Postgres
from palika.migrate import upgrade
from palika.tables import outbox
from services.grievance import cli as plugin
from services.grievance.commands import import_file
from services.grievance.models import Grievance

MAP: dict[str, Any] = {
    "source": "riverton",
    "timezone": "America/Chicago",
    "time_formats": ["%m/%d/%Y %H:%M"],
    "missing": ["NA"],
    "columns": {
        "source_id": "Case",
        "filed_at": "Opened",
        "closed_at": "Closed",
        "category": "Problem",
        "status": "Status",
        "ward": "Ward",
        "address": "Where",
        "description": "Words",
    },
    "statuses": {"done": "resolved", "open": "filed"},
    "categories": {"codes": {"POT HOLE": "pothole"}, "otherwise": "as-is"},
    "wards": "as-is",
}
HEADER = "Case,Opened,Closed,Problem,Status,Ward,Where,Words,Ignored"
ROWS = [
    "1,01/02/2018 08:30,01/03/2018 09:00,Pot hole,Done,7,12 MAIN ST,A deep one,x",
    "2,01/02/2018 09:30,NA,Barking dog,OPEN,NA,14 MAIN ST,NA,x",
]


REAL_STATUSES = {
    "CLOSED": 1_409, "DISPTCH": 68, "CANCEL": 38, "SCHEDULED": 4, "INSPECT": 3, "NEW": 3,
    "LETTER": 3, "FIELDCRW": 3, "ON HOLD": 1,
}  # fmt: skip


@dataclass
class Import:
    """Runs the command as its users do, and looks at what it did."""

    directory: Path
    sessions: sessionmaker[Session]

    def __post_init__(self) -> None:
        self.file = self.directory / "cases.csv"
        self.rejected = self.directory / "cases.rejected.csv"

    def write(self, *rows: str, header: str = HEADER, encoding: str = "utf-8") -> None:
        self.file.write_bytes("\n".join([header, *rows, ""]).encode(encoding))

    def run(self, *options: str, rules: dict[str, Any] | None = None) -> Result:
        map_file = self.directory / "map.yaml"
        map_file.write_text(yaml.safe_dump(rules or MAP), encoding="utf-8")
        return self.command(str(self.file), "--map", str(map_file), *options)

    def command(self, *arguments: str) -> Result:
        cli = click.Group()
        plugin.register(cli)
        return CliRunner().invoke(cli, ["import", "grievances", *arguments])

    def summary(self, *options: str, rules: dict[str, Any] | None = None) -> dict[str, Any]:
        result = self.run("--json", *options, rules=rules)
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    def refusals(self) -> list[dict[str, str]]:
        with self.rejected.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def count(self, *conditions: Any) -> int:
        query = select(func.count()).select_from(Grievance).where(*conditions)
        with self.sessions() as session:
            return session.scalars(query).one()

    def one(self, source_id: str) -> Grievance:
        query = select(Grievance).where(Grievance.source_id == source_id)
        with self.sessions() as session:
            return session.scalars(query).one()

    def events(self) -> list[Event]:
        with self.sessions() as session:
            bodies = session.scalars(select(outbox.c.body).order_by(outbox.c.position))
            return [Event.from_json(body) for body in bodies]


@pytest.fixture(scope="module")
def database(postgres: Postgres) -> Iterator[str]:
    """The address of the service's own database, built by its migrations."""
    url = postgres.url("test_import")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("GRIEVANCE_DATABASE_URL", url)
        settings.cache_clear()
        upgrade("grievance")
    settings.cache_clear()
    return url


@pytest.fixture
def imports(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Import]:
    """An empty database, and the command on it."""
    monkeypatch.setenv("GRIEVANCE_DATABASE_URL", database)
    settings.cache_clear()
    sessions_of.cache_clear()
    engine = create_engine(settings("grievance"))
    with engine.begin() as connection:
        connection.execute(text("TRUNCATE grievance, outbox CASCADE"))
    yield Import(tmp_path, sessionmaker(engine, expire_on_commit=False))
    engine.dispose()
    sessions_of("grievance").kw["bind"].dispose()
    settings.cache_clear()
    sessions_of.cache_clear()


def test_rows_are_imported_with_their_own_times(imports):
    imports.write(*ROWS)
    summary = imports.summary()
    assert summary == {
        "rows": 2,
        "imported": 2,
        "already_present": 0,
        "duplicates": 0,
        "rejected": 0,
        "by_status": {"DONE": 1, "OPEN": 1},
        "by_state": {"resolved": 1, "filed": 1},
        "without_ward": 1,
        "without_closing_time": 1,
        "without_department": 2,
        "categories": 2,
        "departments": 0,
        "rejected_file": None,
    }
    done = imports.one("1")
    assert done.number.startswith("PMC-2018-")
    assert done.filed_at == datetime(2018, 1, 2, 14, 30, tzinfo=UTC)
    assert done.resolved_at == datetime(2018, 1, 3, 15, 0, tzinfo=UTC)
    assert (done.state, done.channel, done.on_time) == ("resolved", "import", True)
    assert (done.category, done.department, done.ward) == ("pothole", "roads", "riverton:7")
    left = imports.one("2")
    assert (left.state, left.source_status) == ("filed", "OPEN")
    assert (left.category, left.ward) == ("riverton:Barking dog", None)
    assert left.description == "Barking dog"
    assert not imports.rejected.exists()


def test_events_tell_when_it_happened_not_when_it_was_imported(imports):
    imports.write(*ROWS)
    imports.summary()
    told = imports.events()
    assert [(event.name, event.sequence, event.time.isoformat()) for event in told] == [
        ("grievance.filed", 1, "2018-01-02T14:30:00+00:00"),
        ("grievance.resolved", 2, "2018-01-03T15:00:00+00:00"),
        ("grievance.filed", 1, "2018-01-02T15:30:00+00:00"),
    ]


def test_a_map_may_say_how_what_is_over_had_ended(imports):
    statuses = {"done": "closed", "no": "rejected", "undone": "withdrawn", "open": "filed"}
    imports.write(
        *(ROWS[0].replace("1,", f"{n},", 1).replace("Done", word)
          for n, word in enumerate(["Done", "No", "Undone"]))
    )  # fmt: skip
    summary = imports.summary(rules=MAP | {"statuses": statuses})
    assert summary["by_state"] == {"closed": 1, "rejected": 1, "withdrawn": 1}
    ended = datetime(2018, 1, 3, 15, 0, tzinfo=UTC)
    closed, rejected, withdrawn = (imports.one(str(n)) for n in range(3))
    assert (closed.state, closed.closed_by, closed.resolved_at) == ("closed", "import", ended)
    assert (rejected.state, rejected.rejection) == ("rejected", "riverton:No")
    assert (withdrawn.state, withdrawn.closed_at) == ("withdrawn", ended)
    assert [event.name.partition(".")[2] for event in imports.events()] == [
        "filed", "resolved", "closed", "filed", "rejected", "filed", "withdrawn",
    ]  # fmt: skip
    with imports.sessions() as session:
        assert session.scalar(text("SELECT count(*) FROM timeline")) == 7


def test_a_second_run_imports_nothing_and_says_the_same(imports):
    imports.write(*ROWS, ROWS[0])
    first = imports.summary()
    told = len(imports.events())
    second = imports.summary()
    assert (first["imported"], first["duplicates"]) == (2, 1)
    assert (second["imported"], second["already_present"], second["duplicates"]) == (0, 2, 1)
    moved = {"imported", "already_present"}
    assert {key: first[key] for key in first.keys() - moved} == {
        key: second[key] for key in second.keys() - moved
    }
    assert imports.count() == 2
    assert len(imports.events()) == told


@pytest.mark.parametrize("batch", ["1", "2", "500"])
def test_of_rows_with_one_id_the_first_wins_whatever_the_batch(imports, batch):
    imports.write(ROWS[0], ROWS[1], ROWS[0].replace("12 MAIN", "99 OTHER"), ROWS[0])
    summary = imports.summary("--batch", batch)
    assert (summary["imported"], summary["duplicates"], summary["rejected"]) == (2, 2, 0)
    assert imports.one("1").address == "12 MAIN ST"


def test_an_import_that_was_stopped_is_taken_up_where_it_was(imports, monkeypatch):
    imports.write(*(f"{n}," + ROWS[1].partition(",")[2] for n in range(10)))
    whole: Callable[..., Any] = import_file.file_many
    calls = iter(range(10))

    def breaks(*args: Any) -> Any:
        if next(calls) == 3:
            raise KeyboardInterrupt
        return whole(*args)

    monkeypatch.setattr(import_file, "file_many", breaks)
    assert imports.run("--batch", "2").exit_code == 130
    assert imports.count() == 6
    monkeypatch.setattr(import_file, "file_many", whole)
    summary = imports.summary("--batch", "2")
    assert (summary["imported"], summary["already_present"]) == (4, 6)
    assert imports.count() == 10
    assert len(imports.events()) == 10


def test_refused_rows_are_written_out_with_line_and_reason(imports):
    imports.write(
        ROWS[0],
        "3,yesterday,NA,Pot hole,OPEN,7,x,y,z",
        '4,01/02/2018 08:30,NA,Pot hole,LOST,7,"x, with ""quotes""",y,kept',
        "5,01/02/2018 08:30,01/01/2018 08:30,Pot hole,DONE,7,x,y,z",
        "6,01/02/2018 08:30",
        "7,01/02/2018 08:30,NA,Pot hole,OPEN,7,x,y,z,too,much",
        ROWS[1],
    )
    summary = imports.summary()
    assert (summary["rows"], summary["imported"], summary["rejected"]) == (7, 2, 5)
    assert summary["rejected_file"] == str(imports.rejected)
    refused = imports.refusals()
    assert [(row["Case"], row["rejected_line"], row["rejected_reason"]) for row in refused] == [
        ("3", "3", "filed_at: 'yesterday' is not a time of the form %m/%d/%Y %H:%M"),
        ("4", "4", "status: 'LOST' is not in the map"),
        ("5", "5", "closed_at: is before filed_at"),
        ("6", "6", "row: has 2 values, the header has 9"),
        ("7", "7", "row: has 11 values, the header has 9"),
    ]
    assert refused[1]["Where"] == 'x, with "quotes"'
    assert refused[1]["Ignored"] == "kept"
    assert refused[4]["Ignored"] == "z too much"


def test_refused_rows_can_be_put_right_and_imported(imports):
    imports.write(ROWS[0], ROWS[1].replace("01/02/2018 09:30", "never"))
    assert imports.summary()["rejected"] == 1
    corrected = imports.rejected.read_text(encoding="utf-8").replace("never", "01/02/2018 09:30")
    imports.file.write_text(corrected, encoding="utf-8")
    assert imports.summary()["imported"] == 1
    assert imports.count() == 2
    # What is no longer refused is no longer listed.
    assert not imports.rejected.exists()


def test_the_line_of_a_record_over_several_lines_is_its_first(imports):
    imports.write(
        '1,01/02/2018 08:30,NA,Pot hole,OPEN,7,x,"two\nlines",z',
        "",
        '2,never,NA,Pot hole,OPEN,7,x,"two\nlines",z',
        "3,never,NA,Pot hole,OPEN,7,x,y,z",
    )
    assert imports.summary()["imported"] == 1
    assert imports.one("1").description == "two\nlines"
    assert [row["rejected_line"] for row in imports.refusals()] == ["5", "7"]


def test_a_column_of_the_map_that_is_missing_stops_the_import_at_once(imports):
    imports.write(*ROWS, header=HEADER.replace("Problem", "Issue"))
    stopped = imports.run()
    assert stopped.exit_code == 2
    assert "there is no column 'Problem'" in stopped.output
    assert "Issue" in stopped.output
    assert imports.count() == 0


@pytest.mark.parametrize(
    ("header", "complaint"),
    [
        (HEADER.replace(",", ";"), "is ',' the delimiter?"),
        (HEADER + ",Problem", "there are 2 columns 'Problem'"),
    ],
)
def test_a_header_is_not_guessed(imports, header, complaint):
    imports.write(header=header)
    stopped = imports.run()
    assert stopped.exit_code == 2
    assert complaint in stopped.output


def test_a_byte_order_mark_is_no_part_of_the_header(imports):
    imports.write(*ROWS, encoding="utf-8-sig")
    assert imports.summary()["imported"] == 2


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16"])
def test_other_delimiters_and_encodings_are_read(imports, encoding):
    rows = [row.replace(",", ";").replace("A deep one", "Größe: 1 m") for row in ROWS]
    imports.write(*rows, header=HEADER.replace(",", ";"), encoding=encoding)
    rules = MAP | {"delimiter": ";", "encoding": encoding}
    assert imports.summary(rules=rules)["imported"] == 2
    assert imports.one("1").description == "Größe: 1 m"


def test_a_byte_that_is_not_of_the_encoding_spoils_its_own_row_only(imports):
    imports.write(ROWS[0].replace("A deep one", "Größe"), ROWS[1], encoding="latin-1")
    assert imports.summary()["imported"] == 1
    with imports.rejected.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
        (refused,) = csv.DictReader(file)
    assert refused["rejected_line"] == "2"
    assert refused["rejected_reason"].startswith("description: has a character that cannot")
    assert "Größe".encode("latin-1") in imports.rejected.read_bytes()


def test_a_character_that_cannot_be_stored_spoils_its_own_row_only(imports):
    imports.write(ROWS[0].replace("deep", "de\x00ep"), ROWS[1])
    assert imports.summary()["imported"] == 1
    assert "U+0000" in imports.refusals()[0]["rejected_reason"]


def test_a_line_that_is_not_csv_is_refused_alone(imports):
    imports.write(ROWS[0].replace("A deep one", '"A" deep one'), ROWS[1])
    assert imports.summary()["imported"] == 1
    assert imports.refusals()[0]["rejected_reason"].startswith("row: is not CSV")


def test_a_quote_that_is_left_open_stops_the_import_and_names_its_line(imports):
    imports.write(ROWS[0], '2,01/02/2018 08:30,NA,Pot hole,OPEN,7,x,"open,z', ROWS[1])
    stopped = imports.run("--batch", "1")
    assert stopped.exit_code == 1
    assert "line 3" in stopped.output
    assert "is a quote left open?" in stopped.output
    assert imports.count() == 1


def test_an_empty_file_has_no_header(imports):
    imports.file.write_bytes(b"")
    assert "has no header line" in imports.run().output


def test_a_wrong_map_names_the_key(imports):
    imports.write(*ROWS)
    stopped = imports.run(rules=MAP | {"timezone": "Poona"})
    assert stopped.exit_code == 2
    assert "timezone: needed" in stopped.output


def test_a_code_of_the_map_that_the_city_does_not_have_stops_the_import_at_once(imports):
    imports.write(*ROWS)
    rules = MAP | {
        "categories": {"codes": {"POT HOLE": "pot-hole", "X": "as-is"}, "otherwise": "others"},
        "departments": {"codes": {"A": "riverton:a", "B": "no-such"}},
    }
    stopped = imports.run(rules=rules)
    assert stopped.exit_code == 2
    assert "'others' is not in the city's catalogue" in stopped.output
    assert "'pot-hole' is not" in stopped.output
    assert "'no-such' is not" in stopped.output
    assert "as-is" not in stopped.output
    assert "riverton:a" not in stopped.output
    assert not imports.rejected.exists()
    assert imports.count() == 0


def test_a_file_of_utf_16_is_known_by_its_beginning(imports):
    imports.write(*ROWS, encoding="utf-16")
    stopped = imports.run()
    assert stopped.exit_code == 2
    assert "put `encoding: utf-16` there" in stopped.output


def test_a_pipe_is_told(imports):
    os.mkfifo(imports.file)
    stopped = imports.run()
    assert stopped.exit_code == 2
    assert "is no ordinary file (a pipe?)" in stopped.output


def test_a_file_is_imported_by_one_process_at_a_time(imports):
    imports.write(*ROWS)
    with imports.file.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        stopped = imports.run()
    assert stopped.exit_code == 1
    assert "is being imported by another process already" in stopped.output
    assert imports.summary()["imported"] == 2


def test_an_import_that_is_terminated_leaves_no_half_of_a_file(imports, monkeypatch):
    imports.write("0,never,NA,Pot hole,OPEN,7,x,y,z", *ROWS)
    making = imports.directory / "cases.rejected.csv.new"
    read = import_file.Importer._import

    def terminated(*args: Any) -> None:
        assert making.exists()
        os.kill(os.getpid(), signal.SIGTERM)
        read(*args)

    monkeypatch.setattr(import_file.Importer, "_import", terminated)
    stopped = imports.run()
    assert stopped.exit_code == 130
    assert "stopped; run it again" in stopped.output
    assert not making.exists()
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_the_table_for_people_has_the_figures(imports):
    imports.write(*ROWS, "3,never,NA,Pot hole,OPEN,7,x,y,z")
    result = imports.run()
    for words in ("rows read", "status OPEN", "without a ward", "cases.rejected.csv"):
        assert words in result.output


def test_memory_does_not_grow_with_the_file(imports):
    peaks = []
    for rows in (500, 1_500):
        imports.write(*(f"{n}," + ROWS[1].partition(",")[2] for n in range(rows)))
        tracemalloc.start()
        imports.summary("--batch", "50")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] * 1.5


def test_the_real_week_of_a_city_gives_its_ground_truth_twice(imports, root: Path):
    real = root.parent / "shared" / "data" / "stlouis-csb-2018-01.csv"
    if not real.exists():
        pytest.skip(f"{real} is not on this machine (it is no part of the project)")
    rules = str(root / "examples" / "stlouis-csb.map.yaml")
    for imported in (1_532, 0):
        result = imports.command(
            str(real), "--map", rules, "--rejected", str(imports.rejected), "--json"
        )
        assert result.exit_code == 0, result.output
        summary = json.loads(result.stdout)
        assert summary.pop("by_state") == {"resolved": 1_409, "filed": 123}
        assert summary == {
            "rows": 1_554,
            "imported": imported,
            "already_present": 1_532 - imported,
            "duplicates": 22,
            "rejected": 0,
            "by_status": REAL_STATUSES,
            "without_ward": 118,
            "without_closing_time": 123,
            "without_department": 17,
            "categories": 156,
            "departments": 26,
            "rejected_file": None,
        }
        assert imports.count() == 1_532
        assert imports.count(Grievance.ward.is_(None)) == 118
        assert imports.count(Grievance.resolved_at.is_(None)) == 123
        assert len(imports.events()) == 1_532 + 1_409
