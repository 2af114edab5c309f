"""Courts' stays of recovery, in the database."""

import uuid
from collections.abc import Sequence

from sqlalchemy.orm import Session

from services.tax.domain.ledger.interest import Stay


def stays_of(session: Session, property_id: uuid.UUID) -> Sequence[Stay]:
    """The stays of a property's interest."""
    return ()
