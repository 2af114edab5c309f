"""What an import makes of a city's rows: grievances with their own times, once, and events."""

import json
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from services.grievance.commands import import_file
from services.grievance.models import Grievance
from tests.support.imports import MAP, ROWS

REAL_STATUSES = {
    "CLOSED": 1_409, "DISPTCH": 68, "CANCEL": 38, "SCHEDULED": 4, "INSPECT": 3, "NEW": 3,
    "LETTER": 3, "FIELDCRW": 3, "ON HOLD": 1,
}  # fmt: skip


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
