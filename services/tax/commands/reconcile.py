"""Take a bank's statement in: all of it, or nothing."""

import hashlib
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.auth import Identity
from palika.errors import Conflict, Invalid
from palika.india import day_of, rupees
from services.tax.commands.once import alone
from services.tax.commands.pay import Money, suspend_payment, take_payment
from services.tax.commands.receipts import give_receipt
from services.tax.domain import bank_statement
from services.tax.domain.bank_layout import Statement, Transaction
from services.tax.domain.bank_statement import Refused
from services.tax.domain.channels import BANK
from services.tax.domain.ledger.accounts import Account
from services.tax.domain.ledger.banking import deposit
from services.tax.domain.reconciliation import Credit, Purpose, by_rule
from services.tax.ledger_store import lock, post
from services.tax.models import BankLine, BankStatement, DepositSlip, Payment
from services.tax.queries.matching import ids_named_by, named_by
from services.tax.reference import banks, channels

_UPI = re.compile(r"\bUPI\b", re.IGNORECASE)


@dataclass(slots=True)
class Taken:
    """What a statement came to; amounts in paise.

    ``rows`` = ``debits`` + ``known`` + ``posted`` + ``suspense`` + ``settlements`` +
    ``own_deposits`` + ``others``.
    """

    account: str = ""
    first_day: str = ""
    last_day: str = ""
    rows: int = 0
    debits: int = 0
    known: int = 0
    posted: int = 0
    posted_paise: int = 0
    suspense: int = 0
    suspense_paise: int = 0
    settlements: int = 0
    settlements_paise: int = 0
    own_deposits: int = 0
    others: int = 0
    unmatched_deposits: list[int] = field(default_factory=list)
    """Lines of deposits of which there is no slip, or several of that amount."""


def read_statement(layout: str, content: bytes) -> Statement:
    """A statement out of a file of a bank's layout.

    Raises:
        Invalid: no such layout, or each mistake in the file with its line and rule.
    """
    if layout not in banks().layouts:
        known = ", ".join(banks().layouts)
        raise Invalid("no such layout", {"layout": [f"must be one of {known}"]})
    try:
        return bank_statement.read(content, banks().layouts[layout], banks().accounts[layout])
    except Refused as error:
        raise _refusal(error.found) from error


def take_statement(
    session: Session, caller: Identity, layout: str, content: bytes, now: datetime
) -> Taken:
    """Take a statement in: its credits are posted by the city's rule, or wait in suspense.

    A line that an earlier statement has is known by the bank's reference; one that has none may
    not come twice. Statements are taken one after the other.

    Raises:
        Invalid: as ``read_statement``; lines that contradict earlier statements; a day to come.
        Conflict: the same file was taken already.
    """
    read = read_statement(layout, content)
    # Of all accounts: two statements may name the same properties in another order.
    alone(session, "statement")
    digest = hashlib.sha256(content).hexdigest()
    before = session.scalar(select(BankStatement).where(BankStatement.digest == digest))
    if before is not None:
        raise Conflict(
            f"this file was taken in already, on {day_of(before.taken_at)}",
            {"statement_id": str(before.id)},
        )
    known = _check_against_earlier(session, read, now)
    statement = BankStatement(
        id=uuid7(),
        layout=layout,
        account=read.account,
        first_day=read.first,
        last_day=read.last,
        opening_paise=read.opening_paise,
        closing_paise=read.closing_paise,
        digest=digest,
        taken_at=now,
        taken_by=caller.subject,
    )
    session.add(statement)
    session.flush()
    taken = Taken(read.account, read.first.isoformat(), read.last.isoformat(), len(read.rows))
    # The properties in one order, as whoever else locks several does: not in that of the lines.
    notes = [_note(row) for row in read.rows if row.line not in known and _is_tax(row)]
    for property_id in sorted({each for text in notes for each in ids_named_by(session, text)}):
        lock(session, property_id)
    posted = []
    for row in read.rows:
        if row.line in known:
            taken.known += 1
        elif (payment := _take(session, statement, row, taken, now)) is not None:
            posted.append(payment)
    # Last: whoever holds a property waits for its series, and a statement for many properties.
    for payment in posted:
        give_receipt(session, payment, BANK, now)
    return taken


def _refusal(found: Sequence[tuple[int, str]]) -> Invalid:
    lines = [{"line": line, "rule": rule} for line, rule in found]
    more = "" if len(lines) == 1 else f" and {len(lines) - 1} more"
    return Invalid(
        f"line {found[0][0]}: {found[0][1]}{more}; nothing is taken in", {"lines": lines}
    )


def _check_against_earlier(session: Session, read: Statement, now: datetime) -> set[int]:
    """The lines that earlier statements have already.

    Raises:
        Invalid: a line or a balance contradicts them, or the statement is of days to come.
    """
    wrong: list[tuple[int, str]] = []
    if read.last > day_of(now):
        wrong.append((1, f"to: must not be after today, {day_of(now)}"))
    wrong += _gap(session, read)
    earlier = session.scalars(
        select(BankLine).where(
            BankLine.account == read.account,
            BankLine.booked_on >= read.first,
            BankLine.booked_on <= read.last,
        )
    ).all()
    utrs = [row.utr for row in read.rows if row.utr is not None]
    by_utr = {
        (each.utr, each.credit_paise > 0): each
        for each in session.scalars(
            select(BankLine).where(BankLine.account == read.account, BankLine.utr.in_(utrs))
        )
    }
    plain = {_same(each): each for each in earlier if each.utr is None}
    known = set()
    for row in read.rows:
        if row.utr is not None:
            met = by_utr.get((row.utr, row.credit_paise > 0))
            if met is not None and _amounts(met) == _amounts(row):
                known.add(row.line)
            elif met is not None:
                rule = f"reference: {row.utr} was another amount in an earlier statement"
                wrong.append((row.line, rule))
        elif (met := plain.get(_same(row))) is not None:
            rule = "row: an earlier statement has it, and it has no reference to be known by"
            wrong.append((row.line, rule))
    if wrong:
        raise _refusal(sorted(wrong))
    return known


def _amounts(row: Transaction | BankLine) -> tuple[int, int]:
    return row.debit_paise, row.credit_paise


def _same(row: Transaction | BankLine) -> tuple[Any, ...]:
    return (row.booked_on, row.narration, *_amounts(row), row.balance_paise)


def _gap(session: Session, read: Statement) -> list[tuple[int, str]]:
    """A statement goes on where the last one before it ended, if that was the day before."""
    before = session.scalar(
        select(BankStatement)
        .where(BankStatement.account == read.account, BankStatement.last_day < read.first)
        .order_by(BankStatement.last_day.desc(), BankStatement.taken_at.desc())
        .limit(1)
    )
    if before is None or (read.first - before.last_day).days != 1:
        return []
    if before.closing_paise == read.opening_paise:
        return []
    told = rupees(before.closing_paise)
    return [(1, f"opening: the statement to {before.last_day} closed with {told}")]


def _is_tax(row: Transaction) -> bool:
    return row.credit_paise > 0 and channels().matching.purpose(row.narration) is Purpose.TAX


def _note(row: Transaction) -> str:
    return f"{row.narration} {row.reference}"


def _take(
    session: Session, statement: BankStatement, row: Transaction, taken: Taken, now: datetime
) -> Payment | None:
    """Take a line in; gives its payment, if it was posted to a property."""
    purpose = channels().matching.purpose(row.narration) if row.credit_paise else None
    payment: Payment | None = None
    entry: uuid.UUID | None = None
    if purpose is None:
        taken.debits += 1
    elif purpose is Purpose.TAX:
        payment = _pay(session, statement, row, taken, now)
    elif purpose is Purpose.SETTLEMENT:
        draft = deposit(row.credit_paise, row.value_date, Account.GATEWAY, Account.BANK)
        reference = _reference(statement, row)
        (posted,) = post(session, [draft], property_id=None, reference=reference, posted_at=now)
        entry = uuid.UUID(posted.id)
        taken.settlements += 1
        taken.settlements_paise += row.credit_paise
    elif purpose is Purpose.OWN_DEPOSIT:
        taken.own_deposits += 1
    else:
        taken.others += 1
    line_id = session.scalar(
        insert(BankLine)
        .values(
            statement_id=statement.id,
            account=statement.account,
            line=row.line,
            booked_on=row.booked_on,
            value_date=row.value_date,
            narration=row.narration,
            utr=row.utr,
            debit_paise=row.debit_paise,
            credit_paise=row.credit_paise,
            balance_paise=row.balance_paise,
            purpose=None if purpose is None else purpose.value,
            payment_id=None if payment is None else payment.id,
            entry_id=entry,
        )
        .returning(BankLine.id)
    )
    assert line_id is not None
    if purpose is Purpose.OWN_DEPOSIT and not _on_a_slip(session, row, line_id):
        taken.unmatched_deposits.append(row.line)
    return payment if payment is not None and payment.property_id is not None else None


def _reference(statement: BankStatement, row: Transaction) -> str:
    """Of a payment: the bank's own reference, else the line of the statement."""
    return f"bank:{row.utr}" if row.utr else f"bank:{statement.account}:{statement.id}:{row.line}"


def _pay(
    session: Session, statement: BankStatement, row: Transaction, taken: Taken, now: datetime
) -> Payment:
    money = Money(
        amount_paise=row.credit_paise,
        reference=_reference(statement, row),
        mode="upi" if _UPI.search(row.narration) else "neft",
        channel="bank",
        received_on=min(row.value_date, day_of(now)),
        by=statement.taken_by,
        source=Account.BANK,
    )
    candidates = named_by(session, _note(row), money.received_on, now)
    credit = Credit(row.credit_paise, row.narration, row.narration)
    found = by_rule(credit, candidates, channels().matching)
    if found is None:
        payment = suspend_payment(session, money, now)
        session.flush()
        taken.suspense += 1
        taken.suspense_paise += row.credit_paise
    else:
        payment = take_payment(session, uuid.UUID(found.id), money, now)
        session.flush()
        taken.posted += 1
        taken.posted_paise += row.credit_paise
    return payment


def _on_a_slip(session: Session, row: Transaction, line_id: int) -> bool:
    """Whether the counters' slip of a deposit is found: the only one of that amount."""
    slips = session.scalars(
        select(DepositSlip)
        .where(
            DepositSlip.amount_paise == row.credit_paise,
            DepositSlip.bank_line_id.is_(None),
            DepositSlip.deposited_on <= row.booked_on,
        )
        .with_for_update()
    ).all()
    named = [each for each in slips if each.number in row.narration] or slips
    if len(named) != 1:
        return False
    named[0].bank_line_id = line_id
    return True
