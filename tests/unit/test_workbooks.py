"""Workbooks that somebody sends: read in bounds, and what is dangerous is refused."""

import io
import zipfile

import openpyxl
import pytest

from palika import workbooks
from palika.errors import Invalid
from palika.workbooks import Formula, Row, rows


def book(*given: list, hidden: bool = False) -> bytes:
    made = openpyxl.Workbook()
    sheet = made.active
    for row in given:
        sheet.append(row)
    if hidden:
        made.create_sheet("Secret").append(["x"])
        made["Secret"].sheet_state = "hidden"
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def changed(content: bytes, name: str, to: bytes) -> bytes:
    """The same workbook with another content of one of its parts."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for part in old.namelist():
            new.writestr(part, to if part == name else old.read(part))
    return out.getvalue()


def read(content: bytes, most: int = 10) -> list[Row]:
    return list(rows(content, most, 5))


def test_rows_come_with_their_sheet_and_number_and_formulas_as_formulas():
    found = read(book(["a", 1], [], [None, "=A1+1"]))
    assert found == [Row("Sheet", 1, ("a", 1)), Row("Sheet", 3, (None, Formula("=A1+1")))]


def test_hidden_sheets_are_not_read():
    assert [each.sheet for each in read(book(["a"], hidden=True))] == ["Sheet"]


def test_more_rows_than_allowed_are_refused():
    assert len(read(book(*([n] for n in range(10))))) == 10
    with pytest.raises(Invalid, match="more than 10 rows"):
        read(book(*([n] for n in range(11))))


SHEET = """<?xml version="1.0"?><worksheet
  xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">
  <dimension ref="A1:XFD1048576"/><sheetData>
  <row r="1"><c r="A1"><v>1</v></c><c r="XFD1"><v>2</v></c></row>
  <row r="1048576"><c r="A1048576">{far}</c></row></sheetData></worksheet>"""


def test_a_value_far_below_is_not_lost_unseen():
    far = SHEET.format(far="<v>1</v>").encode()
    with pytest.raises(Invalid, match="more than 10 rows"):
        read(changed(book(["a"]), "xl/worksheets/sheet1.xml", far))
    empty = SHEET.format(far="").encode()
    assert read(changed(book(["a"]), "xl/worksheets/sheet1.xml", empty)) == [Row("Sheet", 1, (1,))]


def test_what_unpacks_to_too_much_is_refused_unread(monkeypatch):
    monkeypatch.setattr(workbooks, "MOST_UNPACKED", 1024 * 1024)
    bomb = changed(book(["a"]), "xl/worksheets/sheet1.xml", b" " * 2_000_000)
    assert len(bomb) < 20_000
    with pytest.raises(Invalid, match="unpacks to more than 1 MB"):
        read(bomb)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_xml_that_defines_entities_is_refused(encoding):
    laughs = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><x>&b;</x>'
    content = changed(book(["a"]), "xl/styles.xml", laughs.encode(encoding))
    with pytest.raises(Invalid, match="document type"):
        read(content)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"a,b\n1,2\n", b"\xd0\xcf\x11\xe0" * 9])
def test_what_is_no_workbook_is_refused(content):
    with pytest.raises(Invalid, match="no workbook"):
        read(content)


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml"])
def test_a_damaged_workbook_is_refused(part):
    with pytest.raises(Invalid, match="damaged"):
        read(changed(book(["a"]), part, b"<x"))
