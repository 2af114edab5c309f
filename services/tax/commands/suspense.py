"""What waits in suspense: find out whose it is, in whole or in parts, or send it back."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.errors import Conflict, NotFound
from palika.india import day_of
from services.tax.commands.once import alone
from services.tax.commands.pay import Money, take_payment
from services.tax.commands.receipts import give_receipt
from services.tax.domain.channels import BANK
from services.tax.domain.ledger.accounts import Account
from services.tax.domain.ledger.banking import give_back
from services.tax.domain.ledger.entries import Entry
from services.tax.domain.ledger.payments import check_waiting
from services.tax.domain.money import paise
from services.tax.ledger_store import entry_of, post
from services.tax.models import LedgerEntry, Payment, SuspenseUse
from services.tax.queries.suspense import TAKEN


def waiting_entry(session: Session, payment: Payment) -> Entry:
    """The ledger's entry of a payment in suspense."""
    return entry_of(session.get_one(LedgerEntry, payment.entry_id))


def taken_of(session: Session, payment: Payment) -> int:
    """How much of a payment in suspense is not there any more, or on its way, in paise. What a
    property was given of it and was taken back is there again."""
    return int(session.scalars(select(TAKEN).where(Payment.id == payment.id)).one())


def identify_payment(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Payment:
    """Give a payment in suspense, or a part of it, to the property it was for.

    It counts from the day on which the money came, and a receipt is given. The same key gives the
    first payment.

    Raises:
        NotFound: no such payment or property.
        Invalid: not an amount, or the payment is not in suspense.
        Conflict: more than is left of it, the property was never billed or was split or merged, or
            the key stands for something else.
    """
    amount = paise(args["amount_paise"])
    alone(session, f"suspense {args['key']}")
    waiting = _locked(session, args["payment_id"])
    known = _known(session, args["key"], waiting, "identified", amount)
    if known is not None:
        made = session.get_one(Payment, known.made_id)
        if made.property_id != args["property_id"]:
            raise Conflict("the key is used already, for another property")
        return made
    check_waiting(waiting_entry(session, waiting), taken_of(session, waiting), amount)
    money = Money(
        amount_paise=amount,
        reference=f"{waiting.reference}#{args['key']}",
        mode=waiting.mode,
        channel=waiting.channel,
        received_on=waiting.received_on,
        by=caller.subject,
        reason=args["note"],
        source=Account.SUSPENSE,
    )
    made = take_payment(session, args["property_id"], money, now)
    session.add(
        use_of(waiting, "identified", amount, args["key"], caller, args["note"], now, made=made)
    )
    give_receipt(session, made, BANK, now)
    return made


def return_payment(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> SuspenseUse:
    """Send a payment in suspense, or a part of it, back by bank to who paid it.

    Raises:
        NotFound: no such payment.
        Invalid: not an amount, or the payment is not in suspense.
        Conflict: more than is left of it; it came through the gateway, which gives back what it
            took (``refund_online``); or the key stands for something else.
    """
    amount = paise(args["amount_paise"])
    alone(session, f"suspense {args['key']}")
    waiting = _locked(session, args["payment_id"])
    known = _known(session, args["key"], waiting, "returned", amount)
    if known is not None:
        return known
    if waiting.channel == "online":
        raise Conflict("what came through the gateway goes back through the gateway")
    draft = give_back(
        waiting_entry(session, waiting),
        taken_of(session, waiting),
        amount,
        day_of(now),
        Account.BANK,
    )
    (entry,) = post(
        session,
        [draft],
        property_id=None,
        reference=f"{waiting.reference}#{args['key']}",
        posted_at=now,
    )
    use = use_of(
        waiting,
        "returned",
        amount,
        args["key"],
        caller,
        args["note"],
        now,
        entry_id=uuid.UUID(entry.id),
    )
    session.add(use)
    session.flush()
    return use


def _locked(session: Session, key: uuid.UUID) -> Payment:
    found = session.scalar(select(Payment).where(Payment.id == key).with_for_update())
    if found is None:
        raise NotFound(f"there is no payment {key}", {"payment_id": str(key)})
    return found


def _known(
    session: Session, key: str, waiting: Payment, kind: str, amount: int
) -> SuspenseUse | None:
    found = session.scalar(select(SuspenseUse).where(SuspenseUse.key == key))
    if found is None:
        return None
    if (found.payment_id, found.kind, found.amount_paise) != (waiting.id, kind, amount):
        raise Conflict("the key is used already, for something else", {"key": key})
    return found


def use_of(
    waiting: Payment,
    kind: str,
    amount_paise: int,
    key: str,
    caller: Identity,
    note: str,
    now: datetime,
    *,
    made: Payment | None = None,
    entry_id: uuid.UUID | None = None,
) -> SuspenseUse:
    """What becomes of a part of a payment in suspense; nothing is stored.

    Args:
        waiting: the payment.
        kind: as ``SuspenseUse`` has it.
        amount_paise: of the part.
        key: of the use, unique.
        caller: who says so.
        note: why.
        now: aware.
        made: the payment that it became.
        entry_id: of the ledger; None: that of ``made``.
    """
    return SuspenseUse(
        key=key,
        payment_id=waiting.id,
        kind=kind,
        amount_paise=amount_paise,
        made_id=None if made is None else made.id,
        entry_id=entry_id if made is None else made.entry_id,
        by=caller.subject,
        at=now,
        note=note,
    )
