"""Files and maps as cities have them: what is read of them, and what stops an import at once."""

import fcntl
import os
import signal
from typing import Any

import pytest

from services.grievance.commands import import_file
from tests.support.imports import HEADER, MAP, ROWS


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
