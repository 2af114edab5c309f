"""Bring in a filled template: all of it, or nothing."""

import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from marshmallow import ValidationError
from sqlalchemy.orm import Session

from palika import csv_files, workbooks
from palika.auth import Identity
from palika.blocking import off_hub
from palika.errors import Invalid
from services.kpi.commands.enter import MOST_TOLD, try_to_enter
from services.kpi.domain import sheets
from services.kpi.domain.entry import Problem
from services.kpi.domain.sheets import At, Filled
from services.kpi.entered.batches import view
from services.kpi.schemas.entry import MOST_BYTES, MOST_LINES, LineArgs


def read_file(args: Mapping[str, Any]) -> Filled:
    """What a file says, before anything of it is looked up.

    Args:
        args: `name`, `content`, `department` and `period` (or None).

    Raises:
        Invalid: it can be read as neither CSV nor a workbook, or is too large.
    """
    name, content = args["name"].lower(), args["content"]
    if len(content) > MOST_BYTES:
        raise Invalid("The file is too large.", {"file": [f"at most {MOST_BYTES} bytes"]})
    if name.endswith(".xlsx"):
        return off_hub(_workbook, content, args["department"], args["period"])
    if name.endswith(".csv"):
        return off_hub(_csv, content, args["department"], args["period"])
    raise Invalid("Not a table.", {"name": ["must end with .csv or .xlsx"]})


def import_file(
    session: Session, caller: Identity, args: Mapping[str, Any], filled: Filled, now: datetime
) -> dict[str, Any]:
    """Enter what a file says as one batch.

    With `dry_run` nothing is kept: the transaction is rolled back to where it was.

    Args:
        session: in a transaction.
        caller: the maker.
        args: as of `enter`, but `lines`; `name`, `dry_run`.
        filled: what `read_file` gave.
        now: aware.

    Returns:
        The batch; `dry_run` says whether it was entered.

    Raises:
        Forbidden, Conflict: as `enter`.
        Invalid: all that is wrong, each with its sheet, row and column.
    """
    if filled.department is None:
        raise _refused(filled.wrong)
    asked = {
        "id": args["id"],
        "department": filled.department,
        "lines": filled.lines,
        "via": "csv" if args["name"].lower().endswith(".csv") else "xlsx",
        "file_name": args["name"],
        "note": args["note"],
        "submit": args["submit"],
    }
    nested = session.begin_nested()
    batch, problems = try_to_enter(session, caller, asked, now)
    problems += _wrong_reasons(filled)
    if filled.wrong or problems:
        nested.rollback()
        raise _refused(sheets.merged(filled, problems))
    if batch is None:
        raise AssertionError("unreachable: without problems there is a batch")
    answer = view(session, batch, caller) | {"dry_run": args["dry_run"]}
    if args["dry_run"]:
        nested.rollback()
    else:
        nested.commit()
    return answer


def _wrong_reasons(filled: Filled) -> list[Problem]:
    """What `enter` refuses in a call; all else of a line is looked up, or is a number."""
    rule, found = LineArgs().fields["reason"], []
    for at, line in enumerate(filled.lines):
        try:
            rule.deserialize(line.reason)
        except ValidationError as error:
            found += [Problem(at, "reason", str(each)) for each in error.messages]
    return found


def _refused(wrong: Mapping[str, Sequence[str]]) -> Invalid:
    told = dict(list(wrong.items())[:MOST_TOLD])
    if len(wrong) > MOST_TOLD:
        told["more"] = [f"{len(wrong)} cells are wrong in all; the first are told"]
    return Invalid("Nothing of the file was entered.", told)


def _workbook(content: bytes, department: str | None, period: str | None) -> Filled:
    found = workbooks.rows(content, MOST_LINES + 1, sheets.MOST_COLUMNS)
    numbered = ((At(each.sheet, each.number), _plain(each.cells)) for each in found)
    return sheets.read(numbered, department, period)


def _plain(cells: Sequence[Any]) -> list[Any]:
    return [each.text if isinstance(each, workbooks.Formula) else each for each in cells]


def _csv(content: bytes, department: str | None, period: str | None) -> Filled:
    csv_files.check_begins(content[:4])
    text = io.TextIOWrapper(
        io.BytesIO(content), encoding="utf-8-sig", errors="surrogateescape", newline=""
    )
    return sheets.read(_numbered(csv_files.rows(text)), department, period)


def _numbered(rows: Iterator[tuple[int, list[str]]]) -> Iterator[tuple[At, list[str]]]:
    for number, cells in rows:
        if number > MOST_LINES + 1:
            raise Invalid("The file is too large.", {"file": [f"more than {MOST_LINES} rows"]})
        if any(cell.strip() for cell in cells):
            # `spreadsheets.harmless` has put it there, and some spreadsheets keep it.
            yield At(None, number), [_bare(cell) for cell in cells]


def _bare(cell: str) -> str:
    return cell[1:] if cell[:1] == "'" and cell[1:].lstrip(" ")[:1] in "=+-@" else cell
