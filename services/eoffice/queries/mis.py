"""Reports as tables for people: lines in Marathi or English, as CSV and XLSX."""

import base64
import tempfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from palika.india import INDIA
from palika.spreadsheets import WRITERS, Cell, Writer
from services.eoffice.queries.headings import NONE, TOTAL

MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def lines(answer: Mapping[str, Any], language: str) -> list[list[Cell]]:
    """A report's heading, its rows by name, and the total; moments as clocks in India show them."""
    columns = answer["columns"]
    header: list[Cell] = [answer["headings"][each][language] for each in (answer["by"], *columns)]
    none, total = (each.in_(language) for each in (NONE, TOTAL))
    found = [header]
    for row in answer["rows"]:
        called = none if row["name"] is None else row["name"][language]
        found.append([called, *(_cell(column, row) for column in columns)])
    found.append([total, *(_cell(column, answer["total"]) for column in columns)])
    return found


def write(answer: Mapping[str, Any], language: str, path: Path, ending: str) -> None:
    """Write a report to a file; ``ending`` is ``csv`` or ``xlsx``.

    Raises:
        OSError: the file cannot be written.
    """
    header, *rest = lines(answer, language)
    writer: Writer = WRITERS[f".{ending}"](path, header)
    for line in rest:
        writer.add(line)
    writer.close()


def as_file(answer: Mapping[str, Any], language: str, ending: str) -> dict[str, Any]:
    """A report as a file: ``filename``, ``media_type``, ``content_base64``."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"report.{ending}"
        write(answer, language, path, ending)
        content = path.read_bytes()
    day = datetime.fromisoformat(answer["as_of"]).astimezone(INDIA).date()
    return {
        "filename": f"{answer['report']}-by-{answer['by']}-{day}.{ending}",
        "media_type": MEDIA_TYPES[ending],
        "content_base64": base64.b64encode(content).decode(),
    }


def _cell(column: str, row: Mapping[str, Any]) -> Cell:
    value = row[column]
    if column != "oldest" or value is None:
        return value
    return datetime.fromisoformat(value).astimezone(INDIA).replace(tzinfo=None, microsecond=0)
