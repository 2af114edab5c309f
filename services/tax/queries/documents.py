"""Documents out of the database: bills as they were issued, receipts, notices, certificates."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika.errors import Conflict, NotFound
from palika.india import day_of
from palika.text import Name
from services.tax.documents.model import (
    BillDocument,
    Due,
    Earlier,
    Floor,
    Holding,
    NoDuesDocument,
    NoticeDocument,
    Rebate,
    ReceiptDocument,
    Settled,
    TaxLine,
)
from services.tax.domain.assessment import assess
from services.tax.domain.billing import half_years_of, lines_as_json
from services.tax.domain.explanation import USES
from services.tax.domain.half_year import HalfYear
from services.tax.domain.ledger.accounts import INTEREST, Account, Part, part_of
from services.tax.domain.ledger.book import Book
from services.tax.domain.ledger.entries import Entry, Kind
from services.tax.domain.ledger.interest import Stay
from services.tax.domain.ledger.late import Late
from services.tax.domain.ledger.receiving import quote
from services.tax.domain.ledger.statement import Balance, balance
from services.tax.domain.naming import ADVANCE, head_name
from services.tax.domain.notices import Signatory
from services.tax.ledger_store import entries_of
from services.tax.models import (
    Bill,
    Certificate,
    Notice,
    Owner,
    Payment,
    Property,
    PropertyState,
    Receipt,
    RegisterOrder,
)
from services.tax.queries.ladder import facts_of_many
from services.tax.reference import rates, rules, wards
from services.tax.register_store import register_of
from services.tax.stays import stays_of

_LATEST_RECEIPTS = 5
_PAGE = 1_000


def bill_document(session: Session, bill: Bill) -> BillDocument:
    """A bill as it was issued: what was owed, decided and known on its day.

    The floors are valued anew by what was known then; a rate sheet that says something else of
    that day now leaves them out, and the bill as it was.
    """
    owed = _property(session, bill)
    on = day_of(bill.billed_at)
    stays = stays_of(session, owed.id)
    entries = entries_of(session, owed.id)
    # The bill's own entries carry its number; what was written down later it did not know.
    known = [each for each in entries if each.posted_at <= bill.billed_at]
    before = [each for each in known if each.reference != bill.number]
    open_ = balance(Book.of(before, on), on, rules(on).interest, stays)
    return BillDocument(
        number=bill.number,
        period=bill.period,
        issued_on=on,
        due_on=bill.due_on,
        holding=_holding(session, owed, bill.billed_at),
        lines=tuple(_tax_lines(bill)),
        floors=_floors(session, owed, bill),
        rateable_value_paise=bill.rateable_value_paise,
        arrears=tuple(_arrears(open_)),
        fees_paise=_fees(open_),
        credit_paise=bill.advance_paise,
        rebate=_rebate(Book.of(known, on), bill, stays),
    )


def receipt_document(session: Session, payment: Payment) -> ReceiptDocument:
    """A receipt: what the payment settled on the day on which it was written down.

    Raises:
        Conflict: it is cancelled, since the payment was taken back.
    """
    if payment.receipt_number is not None and is_cancelled(session, payment.receipt_number):
        raise Conflict(
            f"receipt {payment.receipt_number} is cancelled: its payment was taken back",
            {"number": payment.receipt_number},
        )
    assert payment.property_id is not None, "what waits in suspense has no receipt"
    owed = _property(session, payment)
    entries = entries_of(session, owed.id)
    entry = next(each for each in entries if each.id == str(payment.entry_id))
    with_it = [
        each
        for each in entries
        if each.reference == entry.reference and each.posted_at == entry.posted_at
    ]
    bill = session.get(Bill, payment.bill_id) if payment.bill_id else None
    return ReceiptDocument(
        number=payment.receipt_number or payment.reference,
        issued_on=day_of(payment.paid_at),
        holding=_holding(session, owed, payment.paid_at),
        paid_on=payment.received_on,
        amount_paise=payment.amount_paise,
        mode=payment.mode,
        reference=payment.reference,
        settled=tuple(_settled(entry)),
        balance_paise=payment.balance_paise,
        bill_number=bill.number if bill else None,
        rebate_paise=sum(
            -line.paise
            for each in with_it
            if each.kind is Kind.REBATE
            for line in each.lines
            if line.account is Account.RECEIVABLE
        ),
    )


def notice_document(session: Session, notice: Notice) -> NoticeDocument:
    """A notice as it was issued; one that waits for its signature, as it was prepared.

    What an issued one said is kept with it: neither a payment that is dated back nor a stay that is
    found out later changes it.
    """
    owed = _property(session, notice)
    at = notice.signed_at or notice.prepared_at
    on = notice.issued_on or day_of(at)
    signed = Signatory(notice.signatory, notice.post) if notice.signatory and notice.post else None
    if notice.dues is not None:
        dues = tuple(Due(HalfYear.parse(code), tax, more) for code, tax, more in notice.dues)
        fees = notice.fees_paise or 0
        earlier = tuple(
            Earlier(step, number, date.fromisoformat(served_on))
            for step, number, served_on in notice.earlier or ()
        )
    else:
        dues, fees, earlier = _of_ledger(session, owed, notice, at, on)
    return NoticeDocument(
        number=notice.number,
        step=notice.step,
        issued_on=on,
        holding=_holding(session, owed, at),
        dues=dues,
        earlier=earlier,
        fees_paise=fees,
        signed_by=signed,
    )


def _of_ledger(
    session: Session, owed: Property, notice: Notice, at: datetime, on: date
) -> tuple[tuple[Due, ...], int, tuple[Earlier, ...]]:
    # What was written down later it did not know, whatever day it counts from.
    entries = [
        each
        for each in entries_of(session, owed.id)
        if each.posted_at <= at and each.value_date <= on and each.reference != notice.number
    ]
    facts = facts_of_many(session, {owed.id: entries}, on)[owed.id]
    earlier = tuple(
        Earlier(each.step, each.number, each.served_on)
        for each in facts.before(on)
        if each.number != notice.number
    )
    if notice.issued_on is not None:
        # Issued before what it said was kept: then all that was owed was asked for.
        open_ = balance(Book.of(entries, on), on, rules(on).interest, stays_of(session, owed.id))
        return tuple(_arrears(open_)), _fees(open_), earlier
    asked = facts.late or Late()
    return tuple(Due(*each) for each in asked.dues), asked.fees_paise, earlier


def is_cancelled(session: Session, number: str) -> bool:
    """Whether a receipt was cancelled after it was given."""
    cancelled = select(Receipt.cancelled_at).where(Receipt.number == number)
    return session.scalar(cancelled) is not None


def is_withdrawn(session: Session, number: str) -> bool:
    """Whether a certificate that nothing was owed is not true any more: a payment that was known
    when it was issued was taken back since, and without it something was owed on that day."""
    certificate = session.scalar(select(Certificate).where(Certificate.number == number))
    if certificate is None:
        return False
    entries = entries_of(session, certificate.property_id)
    paid = {
        each.id
        for each in entries
        if each.kind is Kind.PAYMENT and each.posted_at <= certificate.issued_at
    }
    if not any(each.undoes in paid and each.posted_at > certificate.issued_at for each in entries):
        return False
    on = certificate.issued_on
    stays = stays_of(session, certificate.property_id)
    left = balance(Book.of(entries, on), on, rules(on).interest, stays)
    return any(paise > 0 for paise in left.dues.values())


def certificate_document(session: Session, certificate: Certificate) -> NoDuesDocument:
    """A certificate that nothing was owed, as it was issued.

    Raises:
        Conflict: it is withdrawn.
    """
    if is_withdrawn(session, certificate.number):
        raise Conflict(
            f"certificate {certificate.number} is withdrawn: a payment was taken back",
            {"number": certificate.number},
        )
    owed = _property(session, certificate)
    receipts = session.scalars(
        select(Payment)
        .where(
            Payment.property_id == owed.id,
            Payment.state == "received",
            Payment.paid_at <= certificate.issued_at,
        )
        .order_by(Payment.received_on.desc(), Payment.id.desc())
        .limit(_LATEST_RECEIPTS)
    )
    return NoDuesDocument(
        number=certificate.number,
        issued_on=certificate.issued_on,
        holding=_holding(session, owed, certificate.issued_at),
        paid_to=HalfYear.parse(certificate.paid_to),
        valid_until=certificate.valid_until,
        receipts=tuple(
            (each.receipt_number or each.reference, each.received_on, each.amount_paise)
            for each in receipts
        ),
    )


def bills_of(session: Session, period: str, ward: str | None) -> Iterator[tuple[Bill, str]]:
    """All bills of a period with the languages of their owners, by ward and property number.

    They are read as they are taken, their ids so many at a time: the transaction goes on until the
    last one.
    """
    found = (
        select(Bill.id, Property.language)
        .join(Property, Property.id == Bill.property_id)
        .where(Bill.period == period)
        .order_by(Property.ward, Property.number)
    )
    if ward is not None:
        found = found.where(Property.ward == ward)
    for bill_id, language in session.execute(found.execution_options(yield_per=_PAGE)):
        bill = session.get(Bill, bill_id)
        assert bill is not None, "bills are not removed"
        yield bill, language


def numbered(session: Session, model: type[Any], column: Any, number: str, what: str) -> Any:
    """The row of a number. Raises NotFound: there is none."""
    found = session.scalar(select(model).where(column == number))
    if found is None:
        raise NotFound(f"there is no {what} {number}", {"number": number})
    return found


def _property(session: Session, of: Bill | Payment | Notice | Certificate) -> Property:
    owed = session.get(Property, of.property_id)
    assert owed is not None, "the database holds the key"
    return owed


def _holding(session: Session, owed: Property, at: datetime) -> Holding:
    """The property and its owners as the register had them at a moment: an old document tells a
    former owner nothing of who came after."""
    order_id = session.scalar(
        select(Owner.order_id)
        .join(RegisterOrder, RegisterOrder.id == Owner.order_id)
        .where(Owner.property_id == owed.id, RegisterOrder.recorded_at <= at)
        .order_by(RegisterOrder.recorded_at.desc(), RegisterOrder.id.desc())
        .limit(1)
    )
    owners = session.scalars(
        select(Owner.name)
        .where(Owner.property_id == owed.id, Owner.order_id == order_id)
        .order_by(Owner.position)
    ).all()
    state = session.scalar(
        select(PropertyState)
        .where(
            PropertyState.property_id == owed.id,
            PropertyState.recorded_at <= at,
            PropertyState.effective_from <= day_of(at),
        )
        .order_by(PropertyState.id.desc())
        .limit(1)
    )
    # What was registered before there was a register has no state.
    is_ = state or owed
    ward = wards()[is_.ward].name if is_.ward in wards() else Name(is_.ward, is_.ward)
    return Holding(owed.number, tuple(owners) or (owed.owner_name,), is_.address, ward)


def _tax_lines(bill: Bill) -> Iterator[TaxLine]:
    for code, heads in sorted(bill.lines.items()):
        half_year = HalfYear.parse(code)
        for head in _in_order(heads):
            tax, less = heads[head]
            yield TaxLine(half_year, head_name(head, rates()), tax, less)


def _in_order(heads: Mapping[str, Any]) -> list[str]:
    """Heads in the order of the rate sheet; JSON keeps none."""
    places = {head: place for place, head in enumerate(rates().heads)}
    return sorted(heads, key=lambda head: (places.get(head, len(places)), head))


def _floors(session: Session, owed: Property, bill: Bill) -> tuple[Floor, ...]:
    half_year = half_years_of(bill.period)[-1]
    described = register_of(session, owed).assessable(half_year, bill.billed_at)
    if described is None:
        return ()
    found = assess(described, rates(), half_year, bill.known_on)
    if lines_as_json([found])[half_year.code] != bill.lines.get(half_year.code):
        return ()
    return tuple(
        Floor(
            Name(each.floor.label, each.floor.label),
            USES[each.floor.use],
            each.floor.area,
            each.rateable,
        )
        for each in found.valuation.floors
    )


def _arrears(open_: Balance) -> Iterator[Due]:
    taxes: dict[HalfYear, int] = {}
    interest: dict[HalfYear, int] = {}
    for (half_year, head), paise in open_.dues.items():
        if part_of(head) is Part.TAX:
            taxes[half_year] = taxes.get(half_year, 0) + paise
        elif head == INTEREST:
            interest[half_year] = paise
    for half_year in sorted(taxes | interest):
        yield Due(half_year, taxes.get(half_year, 0), interest.get(half_year, 0))


def _fees(open_: Balance) -> int:
    return sum(paise for (_, head), paise in open_.dues.items() if part_of(head) is Part.FEE)


def _rebate(book: Book, bill: Bill, stays: Sequence[Stay]) -> Rebate | None:
    """What is taken off by the window of the bill's year, if it was known on the bill's day.

    It is given to who settles everything, the interest of that day too: what the arrears bear by
    the window's last day is asked for. Where that is as much as the rebate, none is promised.
    """
    on = day_of(bill.billed_at)
    halves = set(half_years_of(bill.period))
    for offer in rules(on).offers:
        if offer.last_day < on or not halves & set(offer.half_years):
            continue
        found = quote(book, offer.last_day, rules(on), stays)
        paise = sum(
            -line.paise
            for draft in found.forgone
            if draft.kind is Kind.REBATE
            for line in draft.lines
            if line.account is Account.RECEIVABLE
        )
        asked = bill.amount_paise + bill.arrears_paise - bill.advance_paise
        more = sum(found.dues.values()) - found.advance - asked
        if paise > more:
            since = offer.first_day if offer.first_day > on else None
            return Rebate(paise, offer.last_day, max(more, 0), since)
    return None


def _settled(entry: Entry) -> Iterator[Settled]:
    for account, half_year, head, paise in entry.lines:
        if account is Account.RECEIVABLE:
            yield Settled(head_name(head, rates()), -paise, half_year)
        elif account is Account.ADVANCE:
            yield Settled(ADVANCE, -paise)
