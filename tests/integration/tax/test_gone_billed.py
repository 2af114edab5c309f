"""What has given way inside a year that was not billed: who has what came in its place pays all."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from palika.errors import Conflict
from palika.india import day_of
from services.tax.billrun import plan, running
from services.tax.commands.orders import make_order
from services.tax.commands.revoke import revoke
from services.tax.commands.split import merge, split
from services.tax.models import Bill
from services.tax.queries import properties
from services.tax.queries.documents import bill_document
from services.tax.schemas.changing import Merging, Revoking, Splitting
from tests.support.razorpay import client_of, told
from tests.support.registers import SUPERVISOR, book, done, property_of, suspense
from tests.support.tax_roll import url_of
from tests.support.taxes import FLOOR, OFFICER, YEARLY, bill, count, owes, paid, register

JUNE = datetime(2026, 6, 10, 6, tzinfo=UTC)
LATER = JUNE.replace(hour=8)
OPTIONS = running.Options(workers=1, chunk=10, unsent=10**9)
OLD = ("P/1/0001", "P/1/0002")
NEW = "P/1/0003"
PARTS = ("P/1/0001/A", "P/1/0001/B")


def merged(sessions, day="2026-05-01"):
    for number in OLD:
        register(sessions, number=number)
    given = {
        "numbers": OLD,
        "order_number": "TAX/M/1",
        "effective_from": day,
        "into": {"number": NEW, "floors": [FLOOR]},
        "difference": "measured anew",
    }
    done(sessions, merge, Merging, given, JUNE)
    return property_of(sessions, NEW)


def splitted(sessions, day="2026-05-01"):
    given = {
        "number": "P/1/0001",
        "order_number": "TAX/S/1",
        "effective_from": day,
        "parts": [{"number": each, "floors": [FLOOR | {"area_sqm": "31.25"}]} for each in PARTS],
    }
    done(sessions, split, Splitting, given, JUNE)


def run(sessions, period="2026-27", now=LATER):
    ended = running.run(sessions, url_of(sessions), period, None, OPTIONS, now=now)
    with sessions() as session:
        return ended, [each.reason for each in plan.problems_of(session, ended, 10)]


def pays_all(sessions, new, when=LATER):
    paid(sessions, new, owes(sessions, new, day_of(when), when)["payable_paise"], "ALL", now=when)
    for number in (*OLD, NEW):
        assert book(sessions, number, day_of(when)).open() == {}
    assert suspense(sessions) == 0


def test_a_run_bills_what_was_merged_and_carries_its_dues_to_the_new_one(sessions):
    new = merged(sessions)
    ended, problems = run(sessions)
    assert problems == []
    assert ended.totals["agree"]
    with sessions() as session:
        bills = session.scalars(select(Bill).order_by(Bill.billed_at)).all()
        (of_new,) = session.scalars(select(Bill).where(Bill.property_id == new.id))
    # The first half of each of the two, then the second half of the new one: with them as arrears.
    assert [each.amount_paise for each in bills if each is not of_new].count(YEARLY // 2) == 2
    assert len(bills) == 3
    assert of_new.amount_paise == YEARLY // 2
    assert of_new.arrears_paise == YEARLY
    with sessions() as session:
        asked = bill_document(session, session.get_one(Bill, of_new.id))
    assert asked.to_pay_paise == of_new.amount_paise + of_new.arrears_paise
    assert [book(sessions, number).open() for number in OLD] == [{}, {}]
    pays_all(sessions, new)
    again, problems = run(sessions, now=JUNE.replace(day=11))
    assert (again.totals["bills"], problems) == (0, [])


def test_a_single_bill_of_what_was_merged_is_carried_too_and_paid_online(sessions, server):
    new = merged(sessions)
    bills = [bill(sessions, property_of(sessions, number), now=JUNE) for number in OLD]
    due = owes(sessions, new, day_of(JUNE), JUNE)["payable_paise"]
    for raised in bills:
        with sessions() as session:
            asked = bill_document(session, session.get_one(Bill, raised.id))
        assert (asked.arrears, asked.to_pay_paise) == ((), raised.amount_paise)
    args = {"property_id": new.id, "amount_paise": due, "key": "k1"}
    order = make_order(sessions.begin, client_of(server), OFFICER, args, JUNE)
    key = server.pay(order.gateway_id, "upi")
    assert told(sessions, server.webhook("payment.captured", key), JUNE) == "posted"
    assert book(sessions, NEW).open() == {}


def test_a_bill_of_what_was_split_is_divided_among_the_parts(sessions):
    owed = register(sessions)
    splitted(sessions)
    raised = bill(sessions, owed, now=JUNE)
    assert bill(sessions, owed, now=JUNE).id == raised.id
    shares = [book(sessions, each).net for each in PARTS]
    assert shares == [raised.amount_paise // 2] * 2
    assert book(sessions, owed.number).net == suspense(sessions) == 0
    _, problems = run(sessions)
    assert problems == []
    assert count(sessions, Bill) == 3


@pytest.mark.parametrize("period", ["2026-27/1", "2026-27/2"])
def test_a_run_of_a_half_year_does_the_same(sessions, period):
    new = merged(sessions)
    ended, problems = run(sessions, period)
    assert problems == []
    assert ended.totals["agree"]
    assert book(sessions, NEW).net == (YEARLY if period.endswith("1") else YEARLY // 2)
    pays_all(sessions, new)


def test_what_cannot_be_carried_on_is_kept_as_a_problem_and_not_billed(sessions, monkeypatch):
    merged(sessions)

    def refuse(*_, **__):
        raise Conflict("not now")

    monkeypatch.setattr("services.tax.billrun.gone.raise_bill", refuse)
    ended, problems = run(sessions)
    assert problems == ["it is merged since: bill it by itself, which carries its dues on"] * 2
    assert ended.totals["agree"]
    assert [book(sessions, number).net for number in OLD] == [0, 0]


def test_what_is_billed_for_all_that_it_was_assessed_for_is_no_problem(sessions):
    owed = register(sessions)
    bill(sessions, owed)
    splitted(sessions)
    _, problems = run(sessions)
    assert problems == []


def test_what_is_annulled_is_passed_over_by_a_run_in_silence(sessions):
    owed = register(sessions)
    bill(sessions, owed)
    splitted(sessions)
    given = {"order_number": "TAX/V/1", "revokes": "TAX/S/1", "reason": "the house beside it"}
    done(sessions, revoke, Revoking, given, JUNE.replace(hour=7), SUPERVISOR)
    ended, problems = run(sessions, now=JUNE.replace(hour=8))
    assert problems == []
    assert ended.totals["bills"] == 0


def statuses(sessions, number):
    args = {"id": None, "number": number}
    with sessions() as session:
        shown = properties.get(session, args, JUNE.replace(hour=9), staff=False)
    return [each["status"] for each in shown["bills"]]


def test_a_bill_that_went_to_another_property_is_carried_and_not_paid(sessions):
    new = merged(sessions)
    run(sessions)
    assert [statuses(sessions, number) for number in (*OLD, NEW)] == [
        ["carried"],
        ["carried"],
        ["unpaid"],
    ]
    pays_all(sessions, new)
    assert [statuses(sessions, number)[0] for number in (*OLD, NEW)] == ["carried"] * 2 + ["paid"]


@pytest.mark.parametrize(("day", "status"), [("2026-04-01", "carried"), ("2026-05-01", "paid")])
def test_a_bill_that_was_paid_before_is_paid_if_a_part_of_it_stands(sessions, day, status):
    owed = register(sessions)
    raised = bill(sessions, owed)
    paid(sessions, owed, raised.amount_paise, "UPI-1")
    splitted(sessions, day)
    assert statuses(sessions, owed.number) == [status]


def test_the_bill_of_a_part_is_printed_without_what_was_carried_after_it(sessions):
    bill(sessions, register(sessions))
    splitted(sessions)
    for number in PARTS:
        with sessions() as session:
            owner = property_of(sessions, number).id
            raised = session.scalars(select(Bill).where(Bill.property_id == owner)).one()
            asked = bill_document(session, raised)
        assert asked.to_pay_paise == raised.amount_paise + raised.arrears_paise
