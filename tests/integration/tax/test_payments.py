"""Payments: once a reference, in the city's order, with rebate, interest and advance."""

from datetime import date, timedelta

import pytest

from palika.errors import Conflict, Forbidden, Invalid
from palika.india import day_of
from services.tax.models import LedgerEntry, Payment
from services.tax.queries import properties
from services.tax.schemas.collecting import Getting
from tests.support.collecting import at_once
from tests.support.razorpay import mark
from tests.support.taxes import (
    APRIL,
    OFFICER,
    SUPERVISOR,
    YEARLY,
    bill,
    count,
    owes,
    paid,
    recorded,
    register,
)


def test_a_bill_is_paid_in_parts_and_each_payment_tells_the_balance(sessions):
    owed = register(sessions)
    raised = bill(sessions, owed)
    late = APRIL + timedelta(days=70)
    first = paid(sessions, owed, 3_342_00, "UPI-1", now=late)
    second = paid(sessions, owed, 3_000_00, "N-7", mode="neft", now=late)
    assert (first.balance_paise, second.balance_paise) == (3_000_00, 0)
    told = [event for event in recorded(sessions) if event.type == "tax.paid.v1"]
    assert [event.sequence for event in told] == [2, 3]
    assert told[1].data == {
        "property_id": str(owed.id),
        "bill_id": str(raised.id),
        "ward": "aundh-baner",
        "payment_id": str(second.id),
        "amount_paise": 3_000_00,
        "balance_paise": 0,
        "advance_paise": 0,
        "paid_at": "2026-06-10T04:30:00Z",
        "received_on": "2026-06-10",
        "mode": "neft",
    }


def test_who_pays_all_in_the_window_pays_less_and_who_pays_late_pays_interest(sessions):
    owed = register(sessions)
    bill(sessions, owed)
    early = owes(sessions, owed, date(2026, 5, 31))
    assert early["forgone"][0]["kind"] == "rebate"
    assert early["payable_paise"] + early["forgone"][0]["paise"] == YEARLY
    assert owes(sessions, owed, date(2026, 6, 1))["payable_paise"] == YEARLY
    late = owes(sessions, owed, date(2026, 7, 2))
    assert late["payable_paise"] == YEARLY + 63_00
    owes_late = [(each["half_year"], each["head"], each["paise"]) for each in late["dues"]]
    assert ("2026-27/1", "interest", 63_00) in owes_late
    payment = paid(sessions, owed, early["payable_paise"], "UPI-1")
    assert payment.balance_paise == 0


def test_what_is_too_much_is_an_advance_that_the_next_bill_uses(sessions):
    owed = register(sessions)
    bill(sessions, owed, "2026-27/1")
    paid(sessions, owed, 7_000_00, "UPI-1")
    told = recorded(sessions)[-1].data
    assert (told["balance_paise"], told["advance_paise"]) == (0, 7_000_00 - YEARLY // 2)
    second = bill(sessions, owed, "2026-27/2", APRIL + timedelta(days=1))
    assert second.advance_paise == told["advance_paise"]
    assert second.payable_paise == 0


def test_a_payment_needs_an_amount_a_day_and_a_bill(sessions):
    owed = register(sessions)
    with pytest.raises(Conflict, match="never billed"):
        paid(sessions, owed, 100, "UPI-1")
    bill(sessions, owed)
    for amount in (0, -1, 10**16):
        with pytest.raises(Invalid):
            paid(sessions, owed, amount, "UPI-1")
    with pytest.raises(Invalid):
        paid(sessions, owed, 100, "UPI-1", received_on=date(2026, 4, 2))
    assert count(sessions, Payment) == 0
    assert count(sessions, LedgerEntry) == 2


@pytest.mark.parametrize("mode", ["cash", "cheque"])
def test_cash_and_cheques_are_for_a_counter(sessions, mode):
    owed = register(sessions)
    bill(sessions, owed)
    with pytest.raises(Invalid) as refused:
        paid(sessions, owed, 100_00, "C-1", mode)
    assert f"{mode} is taken at a counter" in refused.value.fields["mode"][0]
    assert count(sessions, Payment) == 0


def test_who_took_a_payment_is_kept_and_an_officer_dates_none_far_back(sessions):
    owed = register(sessions)
    bill(sessions, owed, now=APRIL)
    late = APRIL + timedelta(days=300)
    today, early = day_of(late), APRIL.date() + timedelta(days=5)
    with pytest.raises(Forbidden, match="written down by a supervisor"):
        paid(sessions, owed, 100_00, "C-1", "neft", late, early)
    with pytest.raises(Forbidden):
        paid(sessions, owed, 100_00, "C-1", "neft", late, today - timedelta(days=8), by=OFFICER)
    with pytest.raises(Invalid) as refused:
        paid(sessions, owed, 100_00, "C-1", "neft", late, early, by=SUPERVISOR)
    assert list(refused.value.fields) == ["reason"]
    # A year that was mistyped: nothing was billed then.
    before = APRIL.date() - timedelta(days=1)
    with pytest.raises(Invalid) as refused:
        paid(sessions, owed, 100_00, "C-1", "neft", late, before, by=SUPERVISOR, reason="found")
    assert "first bill, 2026-04-01" in refused.value.fields["received_on"][0]
    assert count(sessions, Payment) == 0
    last = paid(sessions, owed, 100_00, "C-1", "neft", late, today - timedelta(days=7))
    assert (last.taken_by, last.reason) == (OFFICER.subject, None)
    why = "the cash book of 6 April was found"
    first = paid(sessions, owed, 100_00, "C-2", "neft", late, early, by=SUPERVISOR, reason=why)
    assert (first.taken_by, first.reason) == (SUPERVISOR.subject, why)
    with sessions() as session:
        shown = properties.get(session, Getting().load({"id": str(owed.id)}), late, staff=True)
    taken = {one["reference"]: one for each in shown["bills"] for one in each["payments"]}
    assert (taken["C-2"]["taken_by"], taken["C-2"]["reason"]) == (SUPERVISOR.subject, why)
    # The same again is told again, however late.
    after = late + timedelta(days=30)
    again = paid(sessions, owed, 100_00, "C-1", "neft", after, today - timedelta(days=7))
    assert again.id == last.id


def test_a_demolished_property_pays_and_a_merged_one_pays_no_more(sessions):
    owed = register(sessions)
    bill(sessions, owed)
    mark(sessions, owed, "demolished")
    assert paid(sessions, owed, 100_00, "A").balance_paise == YEARLY - 100_00
    for status in ("split", "merged"):
        mark(sessions, owed, status)
        with pytest.raises(Conflict, match=f"is {status}"):
            paid(sessions, owed, 100_00, "B")
    assert count(sessions, Payment) == 1


def test_a_payment_counts_from_the_day_on_which_it_came(sessions):
    owed = register(sessions)
    bill(sessions, owed)
    given = (YEARLY, "NEFT-1", "neft", APRIL + timedelta(days=120), date(2026, 6, 30))
    paid(sessions, owed, *given, by=SUPERVISOR, reason="the bank told it late")
    assert owes(sessions, owed, date(2026, 8, 1), APRIL + timedelta(days=120))["payable_paise"] == 0


def test_the_same_reference_is_the_same_payment(sessions):
    owed = register(sessions)
    bill(sessions, owed)
    first = paid(sessions, owed, 1_000_00, "UPI-1")
    assert paid(sessions, owed, 1_000_00, "UPI-1").id == first.id
    assert len(recorded(sessions)) == 2


def test_a_reference_with_another_amount_or_property_is_refused_and_changes_nothing(sessions):
    owed, other = register(sessions), register(sessions, number="P/1/0002")
    bill(sessions, owed)
    bill(sessions, other)
    paid(sessions, owed, 100_00, "UPI-1")
    with pytest.raises(Conflict, match="another amount"):
        paid(sessions, owed, 200_00, "UPI-1")
    with pytest.raises(Conflict, match="another property"):
        paid(sessions, other, 100_00, "UPI-1")
    assert owes(sessions, owed, date(2026, 6, 1))["payable_paise"] == YEARLY - 100_00
    assert owes(sessions, other, date(2026, 6, 1))["payable_paise"] == YEARLY
    assert count(sessions, Payment) == 1


def test_one_reference_paid_many_times_at_once_is_paid_once(sessions):
    owed = register(sessions)
    bill(sessions, owed)
    given = at_once([lambda: paid(sessions, owed, 100_00, "UPI-1") for _ in range(8)])
    assert len({each.id for each in given}) == 1
    assert owes(sessions, owed, date(2026, 6, 1))["payable_paise"] == YEARLY - 100_00
    assert len(recorded(sessions)) == 2


def test_one_reference_for_many_properties_at_once_pays_one_of_them(sessions):
    many = [register(sessions, number=f"P/2/{n}") for n in range(8)]
    for each in many:
        bill(sessions, each)
    given = at_once([lambda each=each: paid(sessions, each, 100_00, "UPI-1") for each in many])
    assert sum(isinstance(each, Payment) for each in given) == 1
    assert count(sessions, Payment) == 1
    assert count(sessions, LedgerEntry) == 2 * len(many) + 1


def test_payments_at_once_settle_what_their_sum_settles(sessions):
    owed = register(sessions)
    bill(sessions, owed)
    late = APRIL + timedelta(days=70)
    at_once([lambda n=n: paid(sessions, owed, 1_000_00, f"UPI-{n}", now=late) for n in range(8)])
    shown = owes(sessions, owed, late.date(), late)
    assert (shown["payable_paise"], shown["advance_paise"]) == (0, 8 * 1_000_00 - YEARLY)
