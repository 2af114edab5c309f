"""Courts' stays of recovery, in the database."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from services.tax.domain.ledger.interest import Stay


def stays_of(session: Session, property_id: uuid.UUID) -> Sequence[Stay]:
    """The stays of a property's interest."""
    return ()


def stays_by_property(cursor: Any, property_ids: Sequence[str]) -> Mapping[str, Sequence[Stay]]:
    """The same of many properties, by their ids as text; who has none may be missing.

    Args:
        cursor: of psycopg2, on the service's database.
        property_ids: as text.
    """
    return {}
