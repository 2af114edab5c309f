"""A day at a counter, as tests go through it."""

from datetime import date
from typing import Any

from services.tax.commands import cheques, counter
from services.tax.models import (
    CounterSession,
    DepositSlip,
    Payment,
    Property,
)
from services.tax.schemas.counter import Counting, TakingAtCounter
from tests.support.collecting import BOSS, CASHIER
from tests.support.taxes import APRIL

CHEQUE = {
    "number": "123456",
    "micr": "411002003",
    "ifsc": "SBIN0000454",
    "bank": "State Bank of India",
    "dated": "2026-04-01",
}


def opened(sessions: Any, who: Any = CASHIER, name: str = "1", now: Any = APRIL) -> CounterSession:
    """A session that a cashier opened."""
    with sessions.begin() as session:
        args = {"place": "BANER", "counter": name}
        return counter.open_session(session, who, args, now)


def took(
    sessions: Any,
    work: CounterSession,
    owed: Property,
    amount: Any = 1_000_00,
    reference: str = "c1",
    cheque: dict[str, Any] | None = None,
    who: Any = CASHIER,
    now: Any = APRIL,
    reason: str | None = None,
) -> Payment:
    """Cash that was taken in it, or a cheque."""
    args = {
        "session_id": str(work.id),
        "property_id": str(owed.id),
        "amount_paise": amount,
        "mode": "cheque" if cheque else "cash",
        "reference": reference,
        "cheque": cheque,
        "reason": reason,
    }
    with sessions.begin() as session:
        return counter.take_at_counter(session, who, TakingAtCounter().load(args), now)


def counted(sessions: Any, work: CounterSession, who: Any = CASHIER, **args: Any) -> CounterSession:
    """The same, counted: nothing is in it, unless ``args`` say so."""
    given = {"session_id": str(work.id), "pieces": {}, "cheque_paise": 0} | args
    with sessions.begin() as session:
        return counter.count_session(session, who, Counting().load(given), APRIL)


def closed(sessions: Any, work: CounterSession, who: Any = BOSS) -> CounterSession:
    """The same, closed by a second person."""
    with sessions.begin() as session:
        return counter.close_session(session, who, {"session_id": work.id}, APRIL)


def does(sessions: Any, command: Any, who: Any = CASHIER, now: Any = APRIL, **args: Any) -> Any:
    """What a command of the counter gives."""
    with sessions.begin() as session:
        return command(session, who, args, now)


def deposited(sessions: Any, *payments: Payment, number: str = "S1") -> DepositSlip:
    """A slip with which cheques went to the bank."""
    ids = [each.id for each in payments]
    return does(
        sessions,
        cheques.deposit_cheques,
        payment_ids=ids,
        number=number,
        deposited_on=date(2026, 4, 1),
    )
