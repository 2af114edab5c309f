"""Numbers of receipts on a real database: no gap, whatever is rolled back."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from palika.errors import Conflict
from services.tax.commands.pay import Money, take_payment
from services.tax.commands.receipts import give_receipt
from services.tax.models import Payment, Property, Receipt
from services.tax.queries import counter as counters
from tests.support.collecting import at_once
from tests.support.razorpay import rows
from tests.support.taxes import APRIL, bill, register


def test_receipts_have_no_gap_though_payments_run_at_once_and_some_are_rolled_back(sessions):
    properties = [register(sessions, number=f"P/1/{number:04d}") for number in range(1, 9)]
    for each in properties:
        bill(sessions, each)

    class Broken(Conflict):
        pass

    def one(number: int) -> str:
        owed = properties[number % len(properties)]
        with sessions.begin() as session:
            payment = _take(session, owed, number)
            given = give_receipt(session, payment, "ONLINE", APRIL)
            if number % 3 == 0:
                raise Broken("the machine has failed after the number was taken")
            return given

    found = at_once([lambda n=n: one(n) for n in range(48)])
    given = [each for each in found if isinstance(each, str)]
    assert len(given) == 32
    assert sorted(each.serial for each in rows(sessions, Receipt)) == [*range(1, 33)]
    assert sorted(given) == [f"RC/2026-27/ONLINE/{serial:06d}" for serial in range(1, 33)]
    numbers = [each.receipt_number for each in rows(sessions, Payment)]
    assert sorted(numbers) == sorted(given)
    with sessions() as session:
        shown = counters.receipts(session, "2026-27", "ONLINE")
    assert (shown["last"], shown["count"], shown["missing"]) == (32, 32, [])


def _take(session: Session, owed: Property, number: int) -> Payment:
    money = Money(100_00 + number, f"r{number}", "upi", "online", APRIL.date(), "gateway")
    return take_payment(session, owed.id, money, APRIL)


def _taken(session: Session, owed: Property, reference: str, at: datetime) -> Payment:
    money = Money(100, reference, "upi", "online", at.date(), "gateway")
    return take_payment(session, owed.id, money, at)


def test_each_year_and_each_place_has_its_own_series(sessions, owed):
    march = APRIL + timedelta(days=364)
    for at, place, number in (
        (APRIL, "BANER", "RC/2026-27/BANER/000001"),
        (APRIL, "KOTHRUD", "RC/2026-27/KOTHRUD/000001"),
        (march, "BANER", "RC/2026-27/BANER/000002"),
        (march + timedelta(days=1), "BANER", "RC/2027-28/BANER/000001"),
    ):
        with sessions.begin() as session:
            kept = _taken(session, owed, f"r{number}", at)
            assert give_receipt(session, kept, place, at) == number
            assert give_receipt(session, kept, place, at) == number
