"""Where a property stands on the ladder of recovery: its facts, and what is lawful on a day."""

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from datetime import date, datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika.india import day_of
from services.tax.documents.data import ladder
from services.tax.domain.ledger.book import Book
from services.tax.domain.ledger.entries import Entry, Kind
from services.tax.domain.ledger.late import Late, late
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
    that has run since. Of it what is late is all that a notice asks for: no half-year whose last
    free day has not passed, none whose bill was not served.
    """
    return facts_of_many(session, {owed.id: entries_of(session, owed.id)}, today)[owed.id]


def facts_of_many(
    session: Session, entries: Mapping[uuid.UUID, Sequence[Entry]], today: date
) -> dict[uuid.UUID, Facts]:
    """The same of several properties, by their ids, whose entries are read already."""
    services: dict[uuid.UUID, list[Service]] = defaultdict(list)
    for row in session.scalars(select(Service).where(Service.property_id.in_(entries))):
        services[row.property_id].append(row)
    of_bills = session.execute(
        select(Bill.number, Bill.due_on).where(Bill.property_id.in_(entries))
    )
    of_notices = session.execute(
        select(Notice.number, Notice.step).where(
            Notice.property_id.in_(entries), Notice.state == "served"
        )
    )
    bills = {row.number: row.due_on for row in of_bills}
    steps = {row.number: row.step for row in of_notices}
    return {
        id_: _facts(session, id_, own, today, services.get(id_, ()), bills, steps)
        for id_, own in entries.items()
    }


def _facts(
    session: Session,
    id_: uuid.UUID,
    entries: Sequence[Entry],
    today: date,
    services: Sequence[Service],
    bills: Mapping[str, date],
    steps: Mapping[str, str],
) -> Facts:
    billed = tuple(
        Billed(each.number, each.served_on, bills[each.number])
        for each in services
        if each.kind == BILL
    )
    came = {each.number for each in billed if each.served_on <= today}
    balances, asked = _balances(session, id_, entries, today, bills.keys() - came)
    return Facts(
        billed,
        tuple(
            Served(steps[each.number], each.number, each.served_on)
            for each in services
            if each.number in steps
        ),
        balances,
        tuple(stops_of(session, id_)),
        asked,
    )


def _balances(
    session: Session,
    property_id: uuid.UUID,
    entries: Sequence[Entry],
    today: date,
    unserved: Set[str],
) -> tuple[tuple[tuple[date, int], ...], Late]:
    """What was owed by day, and what is late today; ``unserved`` are numbers of bills."""
    book, found = Book(), dict[date, int]()
    asked = Late()
    counted = sorted(
        (each for each in entries if each.value_date <= today), key=attrgetter("value_date")
    )
    for day, of_day in groupby(counted, key=attrgetter("value_date")):
        for entry in of_day:
            book.post(entry)
        found[day] = book.net
    if found:
        now = balance(book, today, rules(today).interest, stays_of(session, property_id))
        found[today] = now.total
        not_asked = {
            half_year
            for each in counted
            if each.kind is Kind.DEMAND and each.reference in unserved
            for _, half_year, _, _ in each.lines
            if half_year is not None
        }
        asked = late(book, now, today, not_asked)
    return tuple(sorted(found.items())), asked


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
