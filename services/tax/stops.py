"""What stops the recovery from a property, in the database."""

import uuid
from collections.abc import Sequence

from sqlalchemy.orm import Session

from services.tax.domain.notices import Stop


def stops_of(session: Session, property_id: uuid.UUID) -> Sequence[Stop]:
    """The stays, disputes and other stops of a property, with their days."""
    return ()
