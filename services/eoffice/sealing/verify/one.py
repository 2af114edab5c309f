"""One file, receipt or paper: the rows that the acts of its chain speak of, and those that say they
are its own."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import Text, cast, func, inspect, text
from sqlalchemy.orm import Session

from services.eoffice.domain.reading import chain_of
from services.eoffice.models import Guarded, Sealed
from services.eoffice.sealing.keys import Keys
from services.eoffice.sealing.verify.finding import Finding
from services.eoffice.sealing.verify.rows import Check, kinds, models

_TOLD = text(
    "SELECT told.key AS name, act.chain_id, act.position, told.value AS state FROM act, "
    "LATERAL jsonb_each(CASE jsonb_typeof(rows) WHEN 'object' THEN rows ELSE '{}' END) told "
    "WHERE act.chain_id IN (:chain, :readings) ORDER BY told.key, act.chain_id, act.position"
)
_TOLD_ANYWHERE = text(
    "SELECT CAST(:name AS text) AS name, chain_id, position, rows -> :name AS state FROM act "
    "WHERE rows ? :name ORDER BY chain_id, position"
)


def verify_one(session: Session, keys: Keys, thing: UUID) -> Iterator[Finding]:
    """What of the rows of a file (or a receipt, a paper), and of those that say who has read it, is
    not as the acts say.

    A row that its own chain knows otherwise is looked up in all chains: it may have gone on with
    another file.
    """
    told: dict[str, list[Any]] = {}
    for each in session.execute(_TOLD, {"chain": thing, "readings": chain_of(thing)}):
        told.setdefault(each.name, []).append(each)
    for table, kind in kinds().items():
        if not issubclass(kind, Sealed | Guarded):
            continue
        model = models()[table]
        check = Check(model, keys)
        ours = [name.partition(":")[2] for name in told if name.startswith(f"{table}:")]
        parts = [cast(each, Text) for each in inspect(model).primary_key]
        key = parts[0] if len(parts) == 1 else func.concat_ws(",", *parts)
        mine = key.in_(ours)
        columns = model.__table__.c
        if table in ("file", "imported", "receipt"):
            mine |= columns.id == thing
        for of in ("file_id", "imported_id", "receipt_id"):
            if of in columns:
                mine |= columns[of] == thing
        rows = {f"{table}:{each.key_}": each for each in session.execute(check.rows().where(mine))}
        for name in sorted({f"{table}:{each}" for each in ours} | rows.keys()):
            if not list(check.row(name, told.get(name, []), rows.get(name))):
                continue
            everywhere = list(session.execute(_TOLD_ANYWHERE, {"name": name}))
            yield from check.row(name, everywhere, rows.get(name))
