"""Of which file or receipt a row is that a verification names: people know these by number."""

from uuid import UUID

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from services.eoffice.models import File, Imported, Receipt
from services.eoffice.sealing.verify.finding import Finding
from services.eoffice.sealing.verify.rows import models

_NUMBERED = (File, Receipt, Imported)
_POINTS = ("file_id", "receipt_id", "letter_id", "thing_id")
"""The columns that say of which file or receipt a row is; of a letter, its own row does."""


def number_of(session: Session, finding: Finding) -> str | None:
    """The number of the file or receipt that a finding is about: by the chain of its act, by the
    row itself, or by what the row points to. None: it is of none, or that is not there any more.

    Args:
        session: another than the one that verifies.
    """
    table, _, key = finding.row.partition(":")
    found = _ids([finding.act.partition(",")[0] if finding.act else "", key.partition(",")[0]])
    found += _pointed(session, table, key)
    for each in found:
        for model in _NUMBERED:
            number = session.scalar(select(model.number).where(model.id == each))
            if number is not None:
                return str(number)
    return None


def _ids(said: list[str]) -> list[UUID]:
    found = []
    for each in said:
        try:
            found.append(UUID(each))
        except ValueError:
            continue  # A chain's name of another kind, or the name of a stage.
    return found


def _pointed(session: Session, table: str, key: str) -> list[UUID]:
    """The ids that the row points to, of a table whose key is an id."""
    model = models().get(table)
    ids = _ids([key.partition(",")[0]])
    if model is None or not ids:
        return []
    columns = inspect(model).columns
    first = inspect(model).primary_key[0]
    if not hasattr(first.type, "as_uuid"):
        return []
    found: list[UUID] = []
    for name in _POINTS:
        if name not in columns:
            continue
        value = session.scalar(select(columns[name]).where(first == ids[0]).limit(1))
        if isinstance(value, UUID):
            found += [value, *(_pointed(session, "letter", str(value)) if "letter" in name else [])]
    return found
