"""Statements of banks, and what waits in suspense, on a real database."""

import json
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from palika.auth import SYSTEM
from palika.errors import Conflict, Invalid, NotFound
from services.tax.commands import cheques, suspense
from services.tax.commands.reconcile import Taken, take_statement
from services.tax.domain.ledger.accounts import Account
from services.tax.models import (
    BankLine,
    BankStatement,
    Bill,
    DepositSlip,
    LedgerEntry,
    Payment,
    Property,
    SuspenseUse,
)
from services.tax.queries import suspense as waiting
from tests.support.collecting import BOSS, CASHIER, at_once
from tests.support.counters import counted, opened, took
from tests.support.razorpay import book, mark, rows
from tests.support.statements import Row, Sheet
from tests.support.taxes import APRIL, OWNER, YEARLY, bill, clear, count, register

MAY = APRIL + timedelta(days=35)
NAMED = "NEFT CR-SBIN0000454-ASHA KULKARNI-{}"


@pytest.fixture
def billed(sessions: sessionmaker[Session]) -> Bill:
    """The bill of 2026-27 of a property."""
    return bill(sessions, register(sessions))


def taken(sessions: Any, sheet: Sheet, now: Any = MAY) -> Taken:
    with sessions.begin() as session:
        return take_statement(session, SYSTEM("tax"), sheet.style, sheet.content(), now)


def refused(sessions: Any, sheet: Sheet, now: Any = MAY) -> list[tuple[int, str]]:
    before = [count(sessions, each) for each in (BankStatement, BankLine, Payment, LedgerEntry)]
    with pytest.raises(Invalid) as error:
        taken(sessions, sheet, now)
    after = [count(sessions, each) for each in (BankStatement, BankLine, Payment, LedgerEntry)]
    assert before == after
    return [(each["line"], each["rule"]) for each in error.value.details["lines"]]


def does(sessions: Any, command: Any, who: Any = CASHIER, now: Any = MAY, **args: Any) -> Any:
    with sessions.begin() as session:
        return command(session, who, {"note": "asked the payer"} | args, now)


# ---- statements


@pytest.mark.parametrize("style", ["hdfc-style", "sbi-style"])
@pytest.mark.parametrize("by", ["bill", "property"])
def test_what_names_one_property_is_posted_with_a_receipt(sessions, billed, style, by):
    number = billed.number if by == "bill" else "P/1/0001"
    sheet = Sheet((Row(2_000_00, NAMED.format(number), "SBIN226100000001"),), style=style)
    if style == "sbi-style":
        sheet = sheet.but(account="00000030123456789")
    found = taken(sessions, sheet)
    assert (found.posted, found.posted_paise, found.suspense) == (1, 2_000_00, 0)
    (payment,) = rows(sessions, Payment)
    assert (payment.property_id, payment.mode, payment.channel) == (
        billed.property_id,
        "neft",
        "bank",
    )
    assert (payment.received_on, payment.receipt_number) == (
        date(2026, 4, 10),
        "RC/2026-27/BANK/000001",
    )
    assert book(sessions).money == {Account.BANK: 2_000_00}


def test_a_credit_by_upi_is_told_from_one_by_neft(sessions, billed):
    row = Row(100_00, f"UPI-ASHA-612345678901-{billed.number}", "0000612345678901")
    taken(sessions, Sheet((row,)))
    (payment,) = rows(sessions, Payment)
    assert (payment.mode, payment.reference) == ("upi", "bank:612345678901")
    assert book(sessions).money == {Account.BANK: 100_00}


def test_what_names_nobody_or_two_or_too_much_waits_in_suspense(sessions, billed):
    other = register(sessions, number="P/1/0002")
    second = bill(sessions, other)
    notes = [
        "NEFT CR-SOMEBODY",
        f"{billed.number} {second.number}",
        "P/9/9999",
        billed.number,
    ]
    amounts = [1_00, 2_00, 3_00, YEARLY + 1]
    paired = zip(amounts, notes, strict=True)
    sheet = Sheet(tuple(Row(amount, NAMED.format(note)) for amount, note in paired))
    found = taken(sessions, sheet)
    assert (found.posted, found.suspense, found.suspense_paise) == (0, 4, sum(amounts))
    assert book(sessions).suspense == sum(amounts)
    assert all(each.receipt_number is None for each in rows(sessions, Payment))


def test_money_for_a_property_that_is_gone_or_was_never_billed_waits(sessions, billed):
    register(sessions, number="P/1/0002")
    with sessions() as session:
        mark(sessions, session.get_one(Property, billed.property_id), "merged")
    sheet = Sheet((Row(1_00, NAMED.format(billed.number)), Row(2_00, NAMED.format("P/1/0002"))))
    assert taken(sessions, sheet).suspense == 2


def test_what_a_demolished_property_owes_is_posted_and_identified(sessions, billed):
    with sessions() as session:
        mark(sessions, session.get_one(Property, billed.property_id), "demolished")
    sheet = Sheet((Row(1_00, NAMED.format(billed.number)), Row(2_00, "NEFT CR-WHOEVER")))
    found = taken(sessions, sheet)
    assert (found.posted_paise, found.suspense_paise) == (1_00, 2_00)
    payment = next(each for each in rows(sessions, Payment) if each.property_id is None)
    args = {"payment_id": payment.id, "property_id": billed.property_id, "amount_paise": 2_00}
    made = does(sessions, suspense.identify_payment, **args, key="k1")
    assert made.property_id == billed.property_id


def test_what_the_books_have_already_is_not_counted_twice(sessions, billed):
    slip = {"number": "S77", "deposited_on": date(2026, 4, 9), "amount_paise": 900_00}
    work = opened(sessions)
    took(sessions, work, Property(id=billed.property_id), 900_00)
    counted(sessions, work, pieces={"10000": 9})
    does(sessions, cheques.deposit_cash, **slip)
    sheet = Sheet(
        (
            Row(5_000_00, "NEFT-RAZORPAY SOFTWARE-SETL", "RATN226100000009"),
            Row(900_00, "CASH DEP BANER"),
            Row(11_00, "CASH DEP BANER"),
            Row(4_00, "INT. PD"),
            Row(-20_00, "CHARGES"),
        )
    )
    found = taken(sessions, sheet)
    assert (found.settlements, found.own_deposits, found.others, found.debits) == (1, 2, 1, 1)
    assert found.unmatched_deposits == [10]
    assert [each.mode for each in rows(sessions, Payment)] == ["cash"]
    assert book(sessions).money == {
        Account.BANK: 5_900_00,
        Account.GATEWAY: -5_000_00,
        Account.CASH: 0,
    }
    (kept,) = rows(sessions, DepositSlip)
    assert kept.bank_line_id is not None


def test_the_same_file_is_taken_in_once(sessions, billed):
    sheet = Sheet((Row(2_000_00, NAMED.format(billed.number), "SBIN226100000001"),))
    found = at_once([lambda: taken(sessions, sheet) for _ in range(4)])
    assert sum(isinstance(each, Taken) for each in found) == 1
    with pytest.raises(Conflict, match="taken in already"):
        taken(sessions, sheet)
    assert count(sessions, Payment) == count(sessions, BankStatement) == 1


def test_lines_of_an_earlier_statement_are_known_by_their_reference(sessions, billed):
    first = Row(2_000_00, NAMED.format(billed.number), "SBIN226100000001")
    second = Row(3_00, "NEFT CR-SOMEBODY", "HDFC226100000002", on=date(2026, 4, 20))
    taken(sessions, Sheet((first,), last=date(2026, 4, 15)))
    found = taken(sessions, Sheet((first, second)))
    assert (found.known, found.posted, found.suspense) == (1, 0, 1)
    assert count(sessions, Payment) == count(sessions, BankLine) == 2


def test_a_line_of_an_earlier_statement_without_a_reference_is_refused(sessions, billed):
    taken(sessions, Sheet((Row(2_00, "NEFT CR-SOMEBODY"),), last=date(2026, 4, 15)))
    rows_again = (Row(2_00, "NEFT CR-SOMEBODY"), Row(1_00, "NEFT CR-OTHER"))
    found = refused(sessions, Sheet(rows_again))
    assert found == [
        (8, "row: an earlier statement has it, and it has no reference to be known by")
    ]


def test_a_reference_with_another_amount_than_before_is_refused(sessions, billed):
    taken(sessions, Sheet((Row(2_00, "A", "SBIN226100000001"),), last=date(2026, 4, 15)))
    found = refused(sessions, Sheet((Row(3_00, "A", "SBIN226100000001"),)))
    assert found == [(8, "reference: SBIN226100000001 was another amount in an earlier statement")]


def test_a_statement_goes_on_where_the_last_one_ended(sessions, billed):
    april = Sheet((Row(2_00, "A", "SBIN226100000001"),))
    taken(sessions, april)
    may = Sheet(first=date(2026, 5, 1), last=date(2026, 5, 3), opening=april.closing)
    assert refused(sessions, may.but(opening=april.closing + 1))[0][1].startswith("opening: ")
    assert taken(sessions, may).rows == 0


def test_what_does_not_add_up_stores_nothing(sessions, billed):
    good = Row(2_000_00, NAMED.format(billed.number), "SBIN226100000001")
    for sheet in (
        Sheet((good, Row(5, gap=1))),
        Sheet((good,), currency="EUR"),
        Sheet((good,), foot={"closing": ""}),
        Sheet((good,), account="1"),
        Sheet((good, Row(1_00, on=date(2026, 3, 31)))),
        Sheet((good,), last=date(2026, 6, 1)),
    ):
        assert refused(sessions, sheet)
    with pytest.raises(Invalid, match="no such layout"), sessions.begin() as session:
        take_statement(session, SYSTEM("tax"), "mybank", b"", MAY)


# ---- suspense


def one_waiting(sessions: Any, amount: int = 5_000_00, note: str = "NEFT CR-X") -> Payment:
    taken(sessions, Sheet((Row(amount, note, "SBIN226100000001"),)))
    with sessions() as session:
        return session.scalars(select(Payment).where(Payment.property_id.is_(None))).one()


def test_what_waits_is_listed_by_age_with_suggestions_and_their_reasons(sessions, billed):
    register(sessions, number="P/1/0002", owners=[OWNER | {"name": "Somebody Else"}])
    note = "NEFT CR-SBIN0000454-KULKARNI ASHA"
    payment = one_waiting(sessions, YEARLY, note)
    with sessions() as session:
        found = waiting.waiting(session, 10, MAY)
        shown = waiting.one(session, {"payment_id": payment.id, "language": "en"}, MAY)
    assert (found["count"], found["left_paise"]) == (1, YEARLY)
    assert (found["items"][0]["days"], found["items"][0]["narration"]) == (26, note)
    (suggested,) = shown["suggestions"]
    assert (suggested["number"], suggested["score"]) == ("P/1/0001", 40)
    assert suggested["reasons"] == [
        "the amount is what is owed: ₹6,342.00",
        "the payer's name is like the owner's (100 %)",
    ]
    with pytest.raises(NotFound), sessions() as session:
        waiting.one(session, {"payment_id": billed.id, "language": "en"}, MAY)


def test_it_is_given_to_several_properties_in_parts_and_the_rest_goes_back(sessions, billed):
    other = register(sessions, number="P/1/0002")
    bill(sessions, other)
    payment = one_waiting(sessions)
    args = {"payment_id": payment.id, "property_id": billed.property_id, "amount_paise": 3_000_00}
    first = does(sessions, suspense.identify_payment, **args, key="k1")
    assert does(sessions, suspense.identify_payment, **args, key="k1").id == first.id
    assert (first.received_on, first.receipt_number) == (
        date(2026, 4, 10),
        "RC/2026-27/BANK/000001",
    )
    args |= {"property_id": other.id, "amount_paise": 1_500_00}
    does(sessions, suspense.identify_payment, **args, key="k2")
    with pytest.raises(Conflict, match="more than is left"):
        does(sessions, suspense.identify_payment, **args | {"amount_paise": 500_01}, key="k3")
    with pytest.raises(Conflict, match="for something else"):
        does(sessions, suspense.identify_payment, **args | {"amount_paise": 1}, key="k1")
    back = {"payment_id": payment.id, "amount_paise": 500_00, "key": "k4"}
    for _ in range(2):
        does(sessions, suspense.return_payment, BOSS, **back)
    after = book(sessions)
    assert (after.suspense, after.money) == (0, {Account.BANK: 4_500_00})
    assert count(sessions, SuspenseUse) == 3
    with sessions() as session:
        assert waiting.waiting(session, 10, MAY)["count"] == 0


def test_two_who_identify_at_once_do_not_give_it_twice(sessions, billed):
    payment = one_waiting(sessions)
    args = {"payment_id": payment.id, "property_id": billed.property_id, "amount_paise": 3_000_00}
    found = at_once(
        [
            lambda n=n: does(sessions, suspense.identify_payment, **args, key=f"k{n}")
            for n in range(4)
        ]
    )
    assert sum(isinstance(each, Payment) for each in found) == 1
    assert book(sessions).suspense == 2_000_00


def test_what_does_not_wait_is_not_identified(sessions, billed):
    taken(sessions, Sheet((Row(2_000_00, NAMED.format(billed.number), "SBIN226100000001"),)))
    (payment,) = rows(sessions, Payment)
    args = {"payment_id": payment.id, "property_id": billed.property_id, "amount_paise": 1}
    with pytest.raises(Invalid, match="not in suspense"):
        does(sessions, suspense.identify_payment, **args, key="k1")
    for amount in (0, -1, 1.0, True):
        with pytest.raises(Invalid):
            does(sessions, suspense.identify_payment, **args | {"amount_paise": amount}, key="k1")


AMOUNTS = st.lists(st.integers(1, 2_000_00), min_size=1, max_size=8)
WHERE = st.lists(st.sampled_from(["first", "second", "back", "wait"]), min_size=8, max_size=8)


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(amounts=AMOUNTS, where=WHERE, part=st.integers(1, 99))
def test_whatever_becomes_of_credits_no_paisa_is_lost(database, amounts, where, part):
    clear(database)
    owners = {}
    for name, number in (("first", "P/1/0001"), ("second", "P/1/0002")):
        owned = register(database, number=number)
        bill(database, owned)
        owners[name] = owned.id
    before = book(database).net
    taken(database, Sheet(tuple(Row(each, f"NEFT CR-{n}") for n, each in enumerate(amounts))))
    given_to, returned = 0, 0
    for payment, goes in zip(rows(database, Payment), where, strict=False):
        amount = max(payment.amount_paise * part // 100, 1)
        args = {"payment_id": payment.id, "amount_paise": amount, "key": str(payment.id)}
        if goes in owners:
            does(database, suspense.identify_payment, **args, property_id=owners[goes])
            given_to += amount
        elif goes == "back":
            does(database, suspense.return_payment, BOSS, **args)
            returned += amount
    after = book(database)
    assert after.suspense == sum(amounts) - given_to - returned
    assert sum(after.money.values()) == sum(amounts) - returned
    forgone = sum(after.rebated.values())
    assert after.net == before - given_to - forgone
    with database() as session:
        assert waiting.waiting(session, 50, MAY)["left_paise"] == after.suspense


# ---- the command


def test_the_command_takes_a_file_in_tells_and_tries(backbone, tmp_path):
    backbone.migrate("tax")
    file = tmp_path / "april.csv"
    file.write_bytes(Sheet((Row(7_00, "NEFT CR-X", "SBIN226100000001"),)).content())
    arguments = ["tax", "bank", "import", str(file), "--layout", "hdfc-style", "--json"]
    tried = backbone.palika(*arguments, "--dry-run")
    assert (tried.returncode, json.loads(tried.stdout)["suspense"]) == (0, 1), tried.stderr
    assert backbone.value("tax", "SELECT count(*) FROM payment") == 0
    assert backbone.palika(*arguments).returncode == 0
    assert backbone.palika(*arguments).returncode == 1
    listed = backbone.palika("tax", "suspense", "list", "--json")
    assert json.loads(listed.stdout)["left_paise"] == 7_00
    file.write_bytes(Sheet((Row(7_00, gap=1),)).content())
    wrong = backbone.palika(*arguments)
    assert wrong.returncode == 1
    assert [each["line"] for each in json.loads(wrong.stdout)["mistakes"]] == [8, 13]
    assert backbone.palika(*arguments[:-2], "nobank").returncode == 2
    assert backbone.value("tax", "SELECT count(*) FROM bank_line") == 1
