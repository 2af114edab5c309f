"""Where a property stands on the ladder of recovery: its facts, and what is lawful on a day."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika.india import day_of
from services.tax.documents.data import ladder
from services.tax.domain.ledger.book import Book
from services.tax.domain.ledger.entries import Entry
from services.tax.domain.ledger.statement import balance
from services.tax.domain.notices import BILL, Answer, Billed, Facts, Served, answers
from services.tax.ledger_store import entries_of
from services.tax.models import Bill, Notice, Property, Service
from services.tax.queries.properties import find
from services.tax.reference import rules
from services.tax.stays import stays_of
from services.tax.stops import stops_of


def facts_of(session: Session, owed: Property, today: date) -> Facts:
    """What is known of a property today, as far as the ladder asks for it.

    What is owed is what the ledger had at the end of each value date, and today with the interest
    that has run since.
    """
    services = session.scalars(select(Service).where(Service.property_id == owed.id)).all()
    of_bills = session.execute(select(Bill.number, Bill.due_on).where(Bill.property_id == owed.id))
    of_notices = session.execute(
        select(Notice.number, Notice.step).where(
            Notice.property_id == owed.id, Notice.state == "served"
        )
    )
    bills = {row.number: row.due_on for row in of_bills}
    steps = {row.number: row.step for row in of_notices}
    return Facts(
        tuple(
            Billed(each.number, each.served_on, bills[each.number])
            for each in services
            if each.kind == BILL
        ),
        tuple(
            Served(steps[each.number], each.number, each.served_on)
            for each in services
            if each.number in steps
        ),
        tuple(_balances(session, owed, entries_of(session, owed.id), today)),
        tuple(stops_of(session, owed.id)),
    )


def _balances(
    session: Session, owed: Property, entries: Sequence[Entry], today: date
) -> list[tuple[date, int]]:
    book, found = Book(), dict[date, int]()
    counted = sorted(
        (each for each in entries if each.value_date <= today), key=attrgetter("value_date")
    )
    for day, of_day in groupby(counted, key=attrgetter("value_date")):
        for entry in of_day:
            book.post(entry)
        found[day] = book.net
    if found:
        now = balance(book, today, rules(today).interest, stays_of(session, owed.id))
        found[today] = now.total
    return sorted(found.items())


def notices(session: Session, args: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The notices of a property, and which step is lawful today.

    Returns:
        ``notices``, the latest first; ``steps``: of each step ``allowed``, ``from_day`` (the first
        day on which it will be, as far as today's facts say) and ``why`` (the reasons against it,
        in both languages).

    Raises:
        NotFound: no such property.
    """
    owed = find(session, args)
    today = day_of(now)
    found = session.scalars(
        select(Notice)
        .where(Notice.property_id == owed.id)
        .order_by(Notice.prepared_at.desc(), Notice.id)
    )
    told = answers(facts_of(session, owed, today), today, ladder())
    return {
        "property_id": str(owed.id),
        "number": owed.number,
        "on": today.isoformat(),
        "notices": [notice_view(each) for each in found],
        "steps": [_step(each) for each in told],
    }


def notice_view(notice: Notice) -> dict[str, Any]:
    """A notice as the office sees it."""
    return {
        "id": str(notice.id),
        "number": notice.number,
        "property_id": str(notice.property_id),
        "step": notice.step,
        "state": notice.state,
        "prepared_at": notice.prepared_at.isoformat(),
        "prepared_by": notice.prepared_by,
        "issued_on": notice.issued_on.isoformat() if notice.issued_on else None,
        "owed_paise": notice.owed_paise,
        "fee_paise": notice.fee_paise,
        "signatory": notice.signatory,
        "post": notice.post,
        "signed_by": notice.signed_by,
        "served_on": notice.served_on.isoformat() if notice.served_on else None,
        "cancelled_why": notice.cancelled_why,
    }


def service_view(service: Service) -> dict[str, Any]:
    """That something came to its owner, as the office sees it."""
    return {
        "kind": service.kind,
        "number": service.number,
        "property_id": str(service.property_id),
        "served_on": service.served_on.isoformat(),
        "how": service.how,
        "by": service.by,
    }


def _step(answer: Answer) -> dict[str, Any]:
    rule = ladder().steps[answer.step]
    return {
        "step": answer.step,
        "name": {"mr": rule.name.mr, "en": rule.name.en},
        "signed": rule.signed,
        "fee_paise": rule.fee_paise,
        "allowed": answer.allowed,
        "from_day": answer.from_.isoformat() if answer.from_ else None,
        "why": [{"mr": each.mr, "en": each.en} for each in answer.why],
    }
