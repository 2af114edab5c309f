"""The organisation as the five tables from which it is imported."""

from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika.spreadsheets import Cell
from services.eoffice import models
from services.eoffice.domain.organisation_lines import COLUMNS
from services.eoffice.domain.secrecy import Secrecy

MODELS: dict[str, type[Any]] = {
    "departments": models.Department,
    "sections": models.Section,
    "posts": models.Post,
    "people": models.Person,
    "holdings": models.Holding,
}
"""The models, by the table's name in a city's files."""


def organisation_files(session: Session) -> dict[str, list[list[Cell]]]:
    """The rows of each file, the header first: what is, what was, and what is planned."""
    found: dict[str, list[list[Cell]]] = {}
    for table, model in MODELS.items():
        columns = COLUMNS[table]
        said = [getattr(model, name) for name in columns]
        order = [getattr(model, name) for name in columns if name in ("code", "post", "since")]
        lines = session.execute(select(*said).order_by(*order))
        rows = [
            [_cell(name, each) for name, each in zip(columns, row, strict=True)] for row in lines
        ]
        found[table] = [list(columns), *rows]
    return found


def _cell(name: str, value: Any) -> Cell:
    if isinstance(value, date):
        return value.isoformat()
    cell: Cell = Secrecy(value).code if name == "clearance" else value
    return cell
