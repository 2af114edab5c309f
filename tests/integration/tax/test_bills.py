"""A property's bill: once a period, with its event, of what the rate sheet says."""

import uuid
from datetime import date, timedelta

import pytest

from palika.errors import Conflict, Invalid, NotFound
from services.tax.commands.reassess import reassess
from services.tax.models import Bill, LedgerEntry, Property
from services.tax.schemas.changing import Reassessing
from tests.support.collecting import at_once, meanwhile
from tests.support.registers import book
from tests.support.taxes import (
    APRIL,
    FLOOR,
    OFFICER,
    YEARLY,
    bill,
    count,
    recorded,
    register,
)


def test_a_bill_is_raised_with_its_event(sessions):
    owed = register(sessions)
    raised = bill(sessions, owed)
    assert raised.number == "PT-2026-27-000001"
    # Rule 41: three months from the bill for the first half.
    assert raised.due_on == date(2026, 7, 1)
    assert (raised.amount_paise, raised.arrears_paise, raised.payable_paise) == (YEARLY, 0, YEARLY)
    (event,) = recorded(sessions)
    assert event.type == "tax.billed.v1"
    assert (event.subject, event.sequence) == (str(raised.id), 1)
    assert event.data == {
        "property_id": str(owed.id),
        "bill_id": str(raised.id),
        "ward": "aundh-baner",
        "bill_number": "PT-2026-27-000001",
        "period": "2026-27",
        "amount_paise": YEARLY,
        "arrears_paise": 0,
        "advance_paise": 0,
        "billed_at": "2026-04-01T04:30:00Z",
        "due_on": "2026-07-01",
    }


def test_a_bill_says_the_tax_of_each_head_and_half(sessions):
    raised = bill(sessions, register(sessions, claims=["solar"]))
    assert set(raised.lines) == {"20261", "20262"}
    heads = raised.lines["20261"]
    assert heads["general"][0] > heads["general"][1] > 0
    total = sum(tax - less for half in raised.lines.values() for tax, less in half.values())
    assert total == raised.amount_paise


def test_the_same_bill_again_is_the_same_bill_and_a_part_of_it_is_refused(sessions):
    owed = register(sessions)
    first = bill(sessions, owed)
    assert bill(sessions, owed).id == first.id
    with pytest.raises(Conflict, match="2026-27/2 is billed already"):
        bill(sessions, owed, "2026-27/2")
    assert len(recorded(sessions)) == 1
    assert count(sessions, LedgerEntry) == 2


def test_halves_are_billed_one_after_the_other(sessions):
    owed = register(sessions)
    first = bill(sessions, owed, "2026-27/1")
    second = bill(sessions, owed, "2026-27/2", APRIL + timedelta(days=183))
    assert first.amount_paise + second.amount_paise == YEARLY
    # Two per cent for each of the three months that had begun since 2 July.
    assert second.arrears_paise == first.amount_paise + 3 * 63_00
    with pytest.raises(Conflict, match="2026-27/1, 2026-27/2 are billed already"):
        bill(sessions, owed, "2026-27", APRIL + timedelta(days=184))


def test_a_bill_needs_a_property_and_a_period(sessions):
    owed = register(sessions)
    with pytest.raises(NotFound):
        bill(sessions, Property(id=uuid.uuid4()))
    for period in ("2026-28", "2026-27/3", "2026", "20261"):
        with pytest.raises(Invalid):
            bill(sessions, owed, period)
    with pytest.raises(Invalid, match="no rates"):
        bill(sessions, owed, "2040-41", APRIL.replace(year=2040))
    # It would be due, and bear interest, before its year begins.
    with pytest.raises(Invalid, match="too early for a bill"):
        bill(sessions, owed, "2027-28", APRIL + timedelta(days=364))
    with pytest.raises(Conflict, match="nothing to demand"):
        bill(sessions, owed, "2014-15")
    assert count(sessions, Bill) == 0


def test_one_period_billed_many_times_at_once_is_billed_once(sessions):
    owed = register(sessions)
    raised = at_once([lambda: bill(sessions, owed) for _ in range(8)])
    assert len({each.id for each in raised}) == 1
    assert len(recorded(sessions)) == 1


def test_an_order_that_is_written_down_while_a_bill_waits_is_not_lost(sessions):
    owed = register(sessions)
    larger = FLOOR | {"area_sqm": "125.00"}
    order = {
        "number": owed.number,
        "order_number": "TAX/R/1",
        "grounds": "a floor more",
        "states": [{"effective_from": "2026-04-01", "floors": [larger]}],
    }
    with sessions.begin() as session:
        reassess(session, OFFICER, Reassessing().load(order), APRIL + timedelta(seconds=1))
        with meanwhile(sessions, lambda: bill(sessions, owed)) as billing:
            session.commit()
            with pytest.raises(Conflict, match="bill it again"):
                billing.result(timeout=10)
    assert count(sessions, Bill) == 0
    bill(sessions, owed, now=APRIL + timedelta(seconds=2))
    assert sum(book(sessions, owed.number).charged.values()) > YEARLY


def test_an_order_about_other_years_does_not_hold_a_bill_up(sessions):
    owed = register(sessions)
    order = {
        "number": owed.number,
        "order_number": "TAX/R/1",
        "grounds": "the shop of before",
        "states": [
            {"effective_from": "2016-04-01", "floors": [FLOOR | {"area_sqm": "70.00"}]},
            {"effective_from": "2018-04-01", "floors": [FLOOR]},
        ],
    }
    with sessions.begin() as session:
        reassess(session, OFFICER, Reassessing().load(order), APRIL + timedelta(seconds=1))
    assert bill(sessions, owed).amount_paise == YEARLY
