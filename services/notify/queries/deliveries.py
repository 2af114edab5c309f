"""Who was told what: deliveries, their attempts and what the providers said of those."""

from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from palika.errors import Invalid, NotFound
from services.notify.domain import addresses
from services.notify.domain.reasons import REASONS
from services.notify.models import Attempt, Delivery, Receipt, Resend
from services.notify.schemas import AttemptOut, DeliveryOut, ReceiptOut, ResendOut
from services.notify.secrets import Secrets

_out, _attempt_out, _receipt_out = DeliveryOut(), AttemptOut(), ReceiptOut()
_resend_out = ResendOut()
_SAME = ("event_id", "recipient_ref", "state", "template", "reason")


def deliveries(session: Session, args: dict[str, Any], secrets: Secrets) -> dict[str, Any]:
    """Deliveries, the newest first, and ``next``: what to give as ``after`` for the page behind.

    Raises:
        Invalid: ``recipient`` is no address.
    """
    query = select(Delivery).order_by(Delivery.id.desc()).limit(args["limit"] + 1)
    for name in _SAME:
        if args[name] is not None:
            query = query.where(getattr(Delivery, name) == args[name])
    if args["recipient"] is not None:
        query = query.where(Delivery.recipient_key == key_of(args["recipient"], secrets))
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
    """One delivery, with why it is as it is, its attempts, the receipts of those, and
    who has sent it again (``original_id`` into ``id``).

    Raises:
        NotFound: there is none of that id.
    """
    found = session.get(Delivery, args["id"])
    if found is None:
        raise NotFound(f"There is no delivery {args['id']}.", {"id": str(args["id"])})
    attempts = session.scalars(
        select(Attempt).where(Attempt.delivery_id == found.id).order_by(Attempt.id)
    ).all()
    receipts = session.scalars(
        select(Receipt)
        .where(Receipt.attempt_id.in_([each.id for each in attempts]))
        .order_by(Receipt.received_at, Receipt.id)
    )
    again = session.scalars(
        select(Resend).where(or_(Resend.original_id == found.id, Resend.id == found.id))
    )
    shown: dict[str, Any] = _out.dump(found)
    return shown | {
        "resends": _resend_out.dump(again, many=True),
        "why": REASONS.get(found.reason or ""),
        "attempts_made": _attempt_out.dump(attempts, many=True),
        "receipts": _receipt_out.dump(receipts, many=True),
    }


def key_of(recipient: str, secrets: Secrets) -> str:
    """By what notify knows the citizen with an address.

    Raises:
        Invalid: it is neither an Indian mobile number nor an e-mail address.
    """
    address = addresses.email(recipient) if "@" in recipient else addresses.mobile(recipient)
    if address is None:
        rule = "must be an Indian mobile number or an e-mail address"
        raise Invalid("not an address", {"recipient": [rule]})
    return secrets.recipient(address)
