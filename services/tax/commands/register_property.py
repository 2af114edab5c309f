"""Put a property on the roll."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.auth import Identity
from palika.errors import Conflict
from services.tax.models import Property
from services.tax.reference import check_ward


def register_property(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Property:
    """Register a property; the same one again, in every detail, gives the first one.

    Raises:
        Invalid: no such ward.
        Conflict: the number is another property's; ``details`` names the fields that differ.
    """
    check_ward(args["ward"])
    fresh = insert(Property).on_conflict_do_nothing(index_elements=[Property.number])
    found = session.scalar(fresh.returning(Property), {"id": uuid7(), "registered_at": now, **args})
    if found is not None:
        return found
    known = session.scalars(select(Property).where(Property.number == args["number"])).one()
    differs = sorted(name for name, value in args.items() if getattr(known, name) != value)
    if differs:
        raise Conflict(
            f"property {args['number']!r} is registered already, with another {', '.join(differs)}",
            {"number": args["number"], "differs": differs},
        )
    return known
