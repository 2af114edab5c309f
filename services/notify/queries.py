"""Reads of the notify service: deliveries, and how a template looks."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika.errors import NotFound
from services.notify.domain.templates import Templates
from services.notify.models import Delivery
from services.notify.schemas import DeliveryOut

_out = DeliveryOut()


def deliveries(session: Session, args: dict[str, Any]) -> dict[str, Any]:
    """Deliveries, the newest first, and `next`: what to give as `after` for the page behind."""
    query = select(Delivery).order_by(Delivery.id.desc()).limit(args["limit"] + 1)
    for name in ("event_id", "recipient_ref", "state"):
        if args[name] is not None:
            query = query.where(getattr(Delivery, name) == args[name])
    if args["after"] is not None:
        query = query.where(Delivery.id < args["after"])
    found = session.scalars(query).all()
    page = found[: args["limit"]]
    more = len(found) > len(page)
    return {
        "deliveries": [_out.dump(each) for each in page],
        "next": str(page[-1].id) if more else None,
    }


def delivery(session: Session, args: dict[str, Any]) -> dict[str, Any]:
    """One delivery.

    Raises:
        NotFound: there is none of that id.
    """
    found = session.get(Delivery, args["id"])
    if found is None:
        raise NotFound(f"There is no delivery {args['id']}.", {"id": str(args["id"])})
    shown: dict[str, Any] = _out.dump(found)
    return shown


def preview(known: Templates, args: dict[str, Any]) -> dict[str, Any]:
    """A template as it would be sent.

    Raises:
        NotFound: no template has that name.
        Invalid: names every field that is missing or wrong.
    """
    template = known.named(args["template"])
    given = args["fields_"] if args["fields_"] is not None else template.sample
    rendered = template.render(args["language"], given)
    return {
        "template": template.name,
        "language": rendered.language,
        "subject": rendered.subject,
        "body": rendered.body,
        "fields": dict(template.fields),
    }
