"""The organisation as the five tables from which it is imported."""

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Date, case, or_, select, type_coerce
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
    """The rows of each file, the header first: what is, what was, and what is planned. A holding
    that was ended in the course of a day stands there until the day before, or not at all if it had
    begun on that day: what an import reads are whole days."""
    found: dict[str, list[list[Cell]]] = {}
    for table, model in MODELS.items():
        columns = COLUMNS[table]
        said = [getattr(model, name) for name in columns]
        order = [getattr(model, name) for name in columns if name in ("code", "post", "since")]
        asked = select(*said).order_by(*order)
        if model is models.Holding:
            asked = select(*(whole_days()[name] for name in columns)).order_by(*order)
            asked = asked.where(has_whole_days())
        rows = [
            [_cell(name, each) for name, each in zip(columns, row, strict=True)]
            for row in session.execute(asked)
        ]
        found[table] = [list(columns), *rows]
    return found


def whole_days() -> dict[str, Any]:
    """The columns of a holding, of which ``until`` is its ``last_whole_day``."""
    held = models.Holding
    until = case((held.ended_at.is_(None), held.until), else_=held.until - 1)
    named: dict[str, Any] = {each.name: each for each in held.__table__.columns}
    return named | {"until": type_coerce(until, Date).label("until")}


def has_whole_days() -> ColumnElement[bool]:
    """Whether there was a whole day of a holding."""
    held = models.Holding
    return or_(held.ended_at.is_(None), held.until > held.since)


def _cell(name: str, value: Any) -> Cell:
    if isinstance(value, date):
        return value.isoformat()
    cell: Cell = Secrecy(value).code if name == "clearance" else value
    return cell
