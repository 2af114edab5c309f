"""The tax service's commands and queries on a real database."""

import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from palika import events
from palika.errors import Conflict, Forbidden, Invalid, NotFound
from palika.india import day_of
from palika.local import Postgres
from palika.tables import outbox
from services.tax.models import Base, Bill, LedgerEntry, Payment, Property
from services.tax.queries import dues, properties
from services.tax.schemas.collecting import Getting, OnDay
from tests.support.databases import service_database
from tests.support.razorpay import mark
from tests.support.taxes import (
    APRIL,
    FLOOR,
    OFFICER,
    OWNER,
    SUPERVISOR,
    bill,
    clear,
    paid,
    register,
)

YEARLY = 6_342_00
"""The tax of ``PROPERTY`` for 2026-27."""


@pytest.fixture(scope="module")
def database(postgres: Postgres) -> Iterator[sessionmaker[Session]]:
    """The service's own database, built by its migrations."""
    with service_database(postgres, "tax") as found:
        yield found


@pytest.fixture
def sessions(database: sessionmaker[Session]) -> sessionmaker[Session]:
    """The same, empty."""
    clear(database)
    return database


def recorded(sessions) -> list[events.Event]:
    with sessions() as session:
        bodies = session.scalars(select(outbox.c.body).order_by(outbox.c.position))
        return [events.Event.from_json(body) for body in bodies]


def count(sessions, model: Any) -> int:
    with sessions() as session:
        return session.scalars(select(func.count()).select_from(model)).one()


def owes(sessions, owed: Property, on: date, now: datetime = APRIL) -> dict[str, Any]:
    with sessions() as session:
        return dues.dues(session, OnDay().load({"id": str(owed.id), "on": on.isoformat()}), now)


def at_once(calls: list[Callable[[], Any]]) -> list[Any]:
    """What each call gave, or the error that refused it; all begin in the same moment."""
    start = threading.Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        start.wait(timeout=10)
        try:
            return call()
        except Conflict as refused:
            return refused

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_the_models_are_what_the_migrations_build(sessions):
    own = Base.metadata.tables.keys()
    with sessions() as session:
        context = MigrationContext.configure(
            session.connection(),
            opts={"include_name": lambda name, kind, _: kind != "table" or name in own},
        )
        assert compare_metadata(context, Base.metadata) == []


def test_a_property_is_registered_once(sessions):
    first = register(sessions)
    assert register(sessions).id == first.id
    with pytest.raises(Conflict, match="another owners"):
        register(sessions, owners=[OWNER | {"name": "Somebody Else"}])
    with pytest.raises(Conflict, match="another floors"):
        register(sessions, floors=[FLOOR | {"area_sqm": 63}])
    assert count(sessions, Property) == 1
    assert recorded(sessions) == []


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("ward", {"ward": "16"}),
        ("zone", {"zone": "zone-9"}),
        ("floors, 1, use", {"floors": [FLOOR | {"use": "palace"}]}),
        ("floors, 1, class", {"floors": [FLOOR | {"class": "marble"}]}),
        ("floors, 1", {"floors": [FLOOR | {"use": "open_plot"}]}),
        ("floors, 1, built_in", {"floors": [FLOOR | {"built_in": "1998"}]}),
        ("claims, 1", {"claims": ["poverty"]}),
        ("owners", {"owners": [OWNER | {"share": "1/2"}, OWNER | {"share": "1/3"}]}),
    ],
)
def test_what_the_rate_sheet_does_not_know_is_refused_by_field(sessions, field, change):
    with pytest.raises(Invalid) as refused:
        register(sessions, **change)
    assert list(refused.value.fields) == [field]
    assert count(sessions, Property) == 0


def test_an_order_is_one_order(sessions):
    register(sessions, order_number="TAX/2026/7")
    with pytest.raises(Conflict, match="TAX/2026/7"):
        register(sessions, number="P/1/0002", order_number="TAX/2026/7")
    assert count(sessions, Property) == 1


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
    with pytest.raises(Conflict, match="2026-27/1, 2026-27/2 is billed already"):
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
    assert (
        late["dues"][-1] == {"half_year": "2026-27/1", "head": "interest", "paise": 63_00}
        or {
            "half_year": "2026-27/1",
            "head": "interest",
            "paise": 63_00,
        }
        in late["dues"]
    )
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
        shown = properties.get(session, Getting().load({"id": str(owed.id)}), late, payments=True)
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


def test_a_property_is_shown_with_its_bills_and_without_its_owner(sessions):
    owed = register(sessions)
    bill(sessions, owed, "2026-27/1")
    second = bill(sessions, owed, "2026-27/2", APRIL + timedelta(hours=1))
    now = APRIL + timedelta(days=70)
    paid(sessions, owed, 4_000_00, "UPI-1", now=now)
    with sessions() as session:
        by_number = Getting().load({"number": "P/1/0001"})
        shown = properties.get(session, by_number, now, payments=True)
        by_id = Getting().load({"id": str(owed.id)})
        assert shown == properties.get(session, by_id, now, payments=True)
        public = properties.get(session, by_number, now, payments=False)
        with pytest.raises(NotFound):
            properties.get(session, Getting().load({"number": "P/0"}), now, payments=True)
    assert shown["balance_paise"] == YEARLY - 4_000_00
    assert [each["period"] for each in shown["bills"]] == ["2026-27/2", "2026-27/1"]
    assert [each["status"] for each in shown["bills"]] == ["part_paid", "paid"]
    assert shown["bills"][0]["open_paise"] == YEARLY - 4_000_00
    assert shown["bills"][0]["payments"][0]["reference"] == "UPI-1"
    assert shown["bills"][0]["id"] == str(second.id)
    for each in shown["bills"]:
        del each["payments"]
    assert public == shown
    assert not [name for name in shown if "owner" in name]


def test_each_rupee_is_explained(sessions):
    owed = register(sessions)
    bill(sessions, owed)
    late = APRIL + timedelta(days=100)
    paid(sessions, owed, 1_000_00, "UPI-1", now=late)
    with sessions() as session:
        shown = dues.explained(session, OnDay().load({"number": "P/1/0001"}), late)
    assert shown["rows"][-1]["balance_paise"] == shown["balance_paise"]
    assert shown["balance_paise"] == YEARLY + 63_00 - 1_000_00
    assert {row["kind"] for row in shown["rows"]} == {"demand", "interest", "payment"}
    assert shown["interest"]["2026-27/1"][0]["paise"] == 63_00


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("ledger_entry", "kind"),
        ("register_order", "kind"),
        ("property_state", "zone"),
        ("owner", "name"),
    ],
)
def test_what_is_written_down_is_never_changed(sessions, table, column):
    bill(sessions, register(sessions))
    for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET {column} = {column}"):
        with pytest.raises(IntegrityError, match="append-only"), sessions.begin() as session:
            session.execute(text(statement))


def test_an_entry_that_does_not_balance_is_refused_by_the_database(sessions):
    owed = register(sessions)
    row = {
        "id": uuid.uuid4(),
        "property_id": owed.id,
        "kind": "adjustment",
        "value_date": date(2026, 4, 1),
        "posted_at": APRIL,
        "reference": "X",
        "accounts": ["receivable", "income"],
        "half_years": [20261, 20261],
        "heads": ["general", "general"],
    }
    for paise in ([100, -99], [100], [0, 0]):
        with pytest.raises(IntegrityError, match="balances"), sessions.begin() as session:
            session.execute(insert(LedgerEntry), row | {"paise": paise})


def test_contacts_are_given_for_known_ids(sessions):
    owed = register(sessions)
    with sessions() as session:
        assert properties.contacts(session, [owed.id, uuid.uuid4()]) == [
            {
                "id": str(owed.id),
                "name": "Asha Kulkarni",
                "phone": "+919822012345",
                "email": None,
                "language": "mr",
                "number": "P/1/0001",
            }
        ]
