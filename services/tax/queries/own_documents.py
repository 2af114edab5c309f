"""The documents of a property for its owner, who has proved a telephone number to the caller."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from palika.errors import Forbidden
from palika.india import day_of
from services.tax.documents.letters import vouched_notice
from services.tax.documents.vouching import Seal, Vouched
from services.tax.domain.register import Title, holding
from services.tax.models import Bill, Certificate, Notice, Payment, Receipt
from services.tax.queries.documents import bill_document, is_withdrawn, notice_document
from services.tax.queries.properties import find
from services.tax.register_store import titles_of


def documents_of(
    session: Session, args: Mapping[str, Any], seal: Seal, now: datetime
) -> dict[str, Any]:
    """The bills, receipts, notices and certificates of a property, with their links.

    Those of the time of earlier owners are not among them: they name these. Nor is a receipt that
    was cancelled, a notice that was not issued, or a certificate that is withdrawn.

    Args:
        session: on the service's database.
        args: the property's ``id`` or ``number``; ``phone``, which the caller has made sure of;
            ``limit``: so many of each kind, the newest first.
        seal: what links are made with.
        now: aware.

    Returns:
        ``property_id``, ``number`` and ``items``, each ``kind``, ``number``, ``issued_on``,
        ``amount_paise``, ``link``; the newest first.

    Raises:
        NotFound: no such property.
        Forbidden: the number is not of an owner of today.
    """
    owed = find(session, args)
    since = owner_since(titles_of(session, owed.id), args["phone"], day_of(now))
    if since is None:
        raise Forbidden(
            f"this telephone number is not that of an owner of property {owed.number} today; the "
            "ward office enters the owner's number",
            {"number": owed.number},
        )
    limit = args["limit"]
    found = [
        *_bills(session, owed.id, since, limit),
        *_receipts(session, owed.id, since, limit),
        *_notices(session, owed.id, since, limit),
        *_certificates(session, owed.id, since, limit),
    ]
    found.sort(key=lambda each: each.issued_on, reverse=True)
    return {
        "property_id": str(owed.id),
        "number": owed.number,
        "items": [_view(each, seal) for each in found],
    }


def owner_since(titles: Sequence[Title], phone: str, today: date) -> datetime | None:
    """When it was written down that who has a telephone number is an owner, as they still are.

    Args:
        titles: of the property, as they were written down.
        phone: in its normal form.
        today: in Asia/Kolkata.

    Returns:
        The moment, of the first of the titles that have the number without a gap up to today; None
        where the title of today has not.
    """
    since = None
    day = today
    left = list(titles)
    while (title := holding(left, day)) is not None:
        if all(owner.phone != phone for owner in title.owners):
            break
        since = title.recorded_at if since is None else min(since, title.recorded_at)
        left = [
            each
            for each in left
            if (each.effective_from, each.recorded_at) < (title.effective_from, title.recorded_at)
        ]
    return since


def _bills(session: Session, key: uuid.UUID, since: datetime, limit: int) -> list[Vouched]:
    rows = session.scalars(
        select(Bill)
        .where(Bill.property_id == key, Bill.billed_at >= since)
        .order_by(Bill.billed_at.desc(), Bill.id.desc())
        .limit(limit)
    )
    made = [bill_document(session, row) for row in rows]
    return [Vouched("bill", each.number, each.issued_on, each.to_pay_paise) for each in made]


def _receipts(session: Session, key: uuid.UUID, since: datetime, limit: int) -> list[Vouched]:
    rows = session.execute(
        select(Receipt.number, Payment.paid_at, Payment.amount_paise)
        .join(Payment, Payment.receipt_number == Receipt.number)
        .where(Payment.property_id == key, Payment.paid_at >= since, Receipt.cancelled_at.is_(None))
        .order_by(Payment.paid_at.desc(), Payment.id.desc())
        .limit(limit)
    )
    return [Vouched("receipt", number, day_of(paid_at), amount) for number, paid_at, amount in rows]


def _notices(session: Session, key: uuid.UUID, since: datetime, limit: int) -> list[Vouched]:
    at = func.coalesce(Notice.signed_at, Notice.prepared_at)
    rows = session.scalars(
        select(Notice)
        .where(
            Notice.property_id == key,
            at >= since,
            Notice.issued_on.is_not(None),
            Notice.state != "cancelled",
        )
        .order_by(at.desc(), Notice.id.desc())
        .limit(limit)
    )
    return [vouched_notice(notice_document(session, row)) for row in rows]


def _certificates(session: Session, key: uuid.UUID, since: datetime, limit: int) -> list[Vouched]:
    rows = session.scalars(
        select(Certificate)
        .where(Certificate.property_id == key, Certificate.issued_at >= since)
        .order_by(Certificate.issued_at.desc(), Certificate.id.desc())
        .limit(limit)
    )
    return [
        Vouched("no-dues", row.number, row.issued_on, 0)
        for row in rows
        if not is_withdrawn(session, row.number)
    ]


def _view(document: Vouched, seal: Seal) -> dict[str, Any]:
    return {
        "kind": document.kind,
        "number": document.number,
        "issued_on": document.issued_on.isoformat(),
        "amount_paise": document.amount_paise,
        "link": seal.link(document),
    }
