"""Which properties and bills belong to a matter of several services, and to which ones one does."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika import correlation
from palika.errors import NotFound
from services.tax.domain.numbers import plain_number
from services.tax.models import Bill, Property, Tie
from services.tax.schemas.correlating import PROPERTY


def tied(session: Session, args: Mapping[str, Any]) -> dict[str, Any]:
    """The properties and bills of a matter, now or at ``args["as_of"]``; each as it is now."""
    found = correlation.ties(session, Tie, args["correlation_id"], args["as_of"])
    ids = [each.thing_id for each in found]
    rows: dict[UUID, Property | Bill] = {}
    for model in (Property, Bill):
        rows |= {each.id: each for each in session.scalars(select(model).where(model.id.in_(ids)))}
    return {"items": [shown(each, rows[each.thing_id]) for each in found]}


def matters_of(session: Session, args: Mapping[str, Any]) -> dict[str, Any]:
    """The matters that the property or bill of ``args`` belongs to.

    Raises:
        NotFound: there is none.
    """
    found = thing(session, args)
    known = of(session, args["kind"], found.id)
    return {"id": str(found.id), "number": found.number, "matters": known}


def of(session: Session, kind: str, key: UUID) -> list[dict[str, Any]]:
    """The matters that a property or a bill belongs to, the oldest tie first."""
    return correlation.matters(session, Tie, kind, key)


def thing(session: Session, args: Mapping[str, Any]) -> Property | Bill:
    """The property or the bill of ``args``: by ``id``, or by ``number`` however that is written.

    Raises:
        NotFound: there is none.
    """
    model = Property if args["kind"] == PROPERTY else Bill
    if args["id"] is not None:
        key, wanted = str(args["id"]), model.id == args["id"]
    else:
        key = args["number"]
        wanted = model.number.in_({key, plain_number(key)})
    found: Property | Bill | None = session.scalars(select(model).where(wanted)).first()
    if found is None:
        raise NotFound(f"there is no {args['kind']} {key}", {"id": key})
    return found


def shown(tie: Tie, of_tie: Property | Bill) -> dict[str, Any]:
    """A tie with what the staff of other services see of the thing: nothing about an owner."""
    about: dict[str, Any]
    if isinstance(of_tie, Bill):
        about = {
            "property_id": str(of_tie.property_id),
            "period": of_tie.period,
            "amount_paise": of_tie.amount_paise,
            "billed_at": of_tie.billed_at.isoformat(),
        }
        return correlation.view(tie) | {"number": of_tie.number, "status": None, "about": about}
    about = {"ward": of_tie.ward, "zone": of_tie.zone, "use": of_tie.use}
    return correlation.view(tie) | {
        "number": of_tie.number,
        "status": of_tie.status,
        "about": about,
    }
