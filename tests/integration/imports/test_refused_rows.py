"""Rows that cannot be imported: each is refused alone, written out, and can be put right."""

import codecs
import csv
import os
import stat

from tests.support.imports import ROWS


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


def test_refused_rows_are_their_owners_and_excel_reads_them(imports):
    row = ROWS[1].replace("01/02/2018 09:30", "never").replace("14 MAIN ST", "१४ मुख्य रस्ता")
    imports.write(ROWS[0], row)
    left = imports.rejected.with_name(f"{imports.rejected.name}.new")
    left.touch(0o644)
    before = os.umask(0o022)
    try:
        assert imports.summary()["rejected"] == 1
    finally:
        os.umask(before)
    assert stat.S_IMODE(imports.rejected.stat().st_mode) == 0o600
    written = imports.rejected.read_bytes()
    assert written.startswith(codecs.BOM_UTF8)
    # As it is, it is read again.
    imports.file.write_bytes(written.replace(b"never", b"01/02/2018 09:30"))
    assert imports.summary()["imported"] == 1
    assert imports.one("2").address == "१४ मुख्य रस्ता"


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


def test_a_byte_that_is_not_of_the_encoding_spoils_its_own_row_only(imports):
    imports.write(ROWS[0].replace("A deep one", "Größe"), ROWS[1], encoding="latin-1")
    assert imports.summary()["imported"] == 1
    with imports.rejected.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
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
