"""Receipts that were closed without a file: which are due for weeding, and what the record room
knows of one."""

import uuid
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, or_, select, tuple_
from sqlalchemy.orm import Session

from palika.india import day_of, end_of
from palika.paging import cursor_at, position_of
from services.eoffice.domain.organisation import Post
from services.eoffice.domain.receipts import State
from services.eoffice.domain.retention import earlier
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.models import Receipt, ReceiptHold, Weeding, WeedingReceipt
from services.eoffice.queries import receipts
from services.eoffice.reference import city_retention
from services.eoffice.schemas.records import ReceiptHoldView, WeedingReceiptView

_hold, _line = ReceiptHoldView(), WeedingReceiptView()
_HELD = exists().where(ReceiptHold.receipt_id == Receipt.id, ReceiptHold.lifted_at.is_(None))
_ON_LIST = exists().where(
    WeedingReceipt.receipt_id == Receipt.id, WeedingReceipt.state == "proposed"
)


def due(
    session: Session, post: Post, args: Mapping[str, Any], order: str, now: datetime
) -> dict[str, Any]:
    """Those that are due for weeding, closed the longest first: ``items`` and ``next``; only what
    the post may read. ``held`` and ``listed`` are as of ``records.due``.

    Raises:
        Invalid: the cursor is not one that this list gave.
    """
    until = args["by_day"] or day_of(now)
    found = (
        select(Receipt, _HELD.label("held"), _ON_LIST.label("listed"))
        .where(Receipt.state == State.CLOSED, receipts.readable(post))
        .where(or_(*_over(until)))
        .order_by(Receipt.ended_at, Receipt.id)
        .limit(args["limit"] + 1)
    )
    if args["department"] is not None:
        found = found.where(Receipt.department == args["department"])
    if args["cursor"] is not None:
        place = tuple_(*position_of(order, args["cursor"]))
        found = found.where(tuple_(Receipt.ended_at, Receipt.id) > place)
    rows = session.execute(found).all()
    items = [
        _item(each.Receipt) | {"held": each.held, "listed": each.listed}
        for each in rows[: args["limit"]]
    ]
    after = None
    if len(rows) > args["limit"]:
        last = rows[args["limit"] - 1].Receipt
        after = cursor_at(order, (last.ended_at, last.id))
    return {"items": items, "next": after}


def record_of(session: Session, post: Post, receipt_id: uuid.UUID) -> dict[str, Any]:
    """What the ``schedule`` says of such a receipt, from when on it is due (``due_on``; None: it is
    not closed without a file), ``holds`` and on which lists it was (``weedings``).

    Raises:
        NotFound: no such receipt, or the post may not read it.
    """
    receipt = receipts.find(session, post, {"id": receipt_id})
    fits = city_retention().class_of_receipt(receipt.category)
    holds = select(ReceiptHold).where(ReceiptHold.receipt_id == receipt.id)
    lists = select(WeedingReceipt).join(Weeding).where(WeedingReceipt.receipt_id == receipt.id)
    return {
        "receipt_id": str(receipt.id),
        "number": receipt.number,
        "due_on": _due_on(receipt),
        "schedule": {
            "class": fits.code,
            "mr": fits.name.mr,
            "en": fits.name.en,
            "category": str(fits.keeping.category),
            "years": fits.keeping.years,
            "source": fits.source,
        },
        "holds": [
            hold_view(each)
            for each in session.scalars(holds.order_by(ReceiptHold.placed_at, ReceiptHold.id))
        ],
        "weedings": [
            _line.dump(each)
            for each in session.scalars(lists.order_by(Weeding.proposed_at, Weeding.id))
        ],
    }


def hold_view(found: ReceiptHold) -> dict[str, Any]:
    """What holds a receipt back."""
    shown: dict[str, Any] = _hold.dump(found)
    return shown


def listed(session: Session, post: Post, weeding_id: uuid.UUID) -> list[dict[str, Any]]:
    """The receipts of a list that the post may read, in their order: number, day, category and what
    was decided; never what is in them."""
    rows = session.execute(
        select(WeedingReceipt, Receipt)
        .join(Receipt, Receipt.id == WeedingReceipt.receipt_id)
        .where(WeedingReceipt.weeding_id == weeding_id, receipts.readable(post))
        .order_by(WeedingReceipt.position)
    )
    return [
        {
            **_line.dump(line),
            "number": receipt.number,
            "received_on": receipt.received_on.isoformat(),
            "category": receipt.category,
        }
        for line, receipt in rows
    ]


def _over(until: date) -> list[ColumnElement[bool]]:
    """By class: of its categories, and closed so long ago; none of A and B, which are kept."""
    city = city_retention()
    named = [code for each in city.receipts for code in each.of]
    conditions: list[ColumnElement[bool]] = [false()]
    for each in city.receipts:
        if each.keeping.years is None:
            continue
        its = Receipt.category.in_(each.of) if each.of else Receipt.category.not_in(named)
        last = end_of(earlier(until, each.keeping.years))
        conditions.append(and_(its, Receipt.ended_at < last))
    return conditions


def _due_on(receipt: Receipt) -> str | None:
    if receipt.state != State.CLOSED or receipt.ended_at is None:
        return None
    city = city_retention()
    keeping = city.class_of_receipt(receipt.category).keeping
    return city.due_on(keeping, day_of(receipt.ended_at)).isoformat()


def _item(receipt: Receipt) -> dict[str, Any]:
    assert receipt.ended_at is not None  # a closed one has it: ck_receipt_ended
    return {
        "id": str(receipt.id),
        "number": receipt.number,
        "subject": receipt.subject,
        "office": receipt.office,
        "department": receipt.department,
        "category": receipt.category,
        "secrecy": Secrecy(receipt.secrecy).code,
        "received_on": receipt.received_on.isoformat(),
        "closed_at": receipt.ended_at.isoformat(),
        "keeping": str(city_retention().class_of_receipt(receipt.category).keeping),
        "due_on": _due_on(receipt),
    }
