"""The tax service's commands and queries on a real database."""

import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session, sessionmaker

from palika import events
from palika.auth import Identity
from palika.errors import Conflict, Invalid, NotFound
from palika.local import Postgres
from palika.tables import outbox
from services.tax import queries
from services.tax.commands.pay import pay_bill
from services.tax.commands.raise_bill import raise_bill
from services.tax.commands.register_property import register_property
from services.tax.models import Base, Bill, Payment, Property
from services.tax.schemas import Billing, Getting, Paying, Registering
from tests.support.databases import service_database

OFFICER = Identity.of("officer:tax-clerk", "officer")
NOW = datetime(2026, 4, 1, 4, 30, tzinfo=UTC)
PROPERTY = {
    "number": "P/1/0001",
    "ward": "aundh-baner",
    "address": "1, Baner Road",
    "owner_name": "Asha Kulkarni",
    "owner_phone": "98220 12345",
}


@pytest.fixture(scope="module")
def database(postgres: Postgres) -> Iterator[sessionmaker[Session]]:
    """The service's own database, built by its migrations."""
    with service_database(postgres, "tax") as found:
        yield found


@pytest.fixture
def sessions(database: sessionmaker[Session]) -> sessionmaker[Session]:
    """The same, empty."""
    with database.begin() as session:
        session.execute(text("TRUNCATE property, bill, payment, outbox"))
        session.execute(text("DROP SEQUENCE IF EXISTS bill_serial_2026"))
    return database


def register(sessions, **args: Any) -> Property:
    with sessions.begin() as session:
        return register_property(session, OFFICER, Registering().load(PROPERTY | args), NOW)


def bill(sessions, owed: Property, amount: int = 1_000_00, **args: Any) -> Bill:
    loaded = Billing().load(
        {"property_id": str(owed.id), "period": "2026-27", "amount_paise": amount, **args}
    )
    with sessions.begin() as session:
        return raise_bill(session, OFFICER, loaded, NOW)


def pay(sessions, raised: Bill, amount: int, reference: str, mode: str = "upi") -> Payment:
    loaded = Paying().load(
        {
            "bill_id": str(raised.id),
            "amount_paise": amount,
            "reference": reference,
            "mode": mode,
        }
    )
    with sessions.begin() as session:
        return pay_bill(session, OFFICER, loaded, NOW)


def recorded(sessions) -> list[events.Event]:
    with sessions() as session:
        bodies = session.scalars(select(outbox.c.body).order_by(outbox.c.position))
        return [events.Event.from_json(body) for body in bodies]


def count(sessions, model: Any) -> int:
    with sessions() as session:
        return session.scalars(select(func.count()).select_from(model)).one()


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
    with pytest.raises(Conflict, match="another owner_name"):
        register(sessions, owner_name="Somebody Else")
    with pytest.raises(Invalid):
        register(sessions, number="P/1/0002", ward="16")
    assert count(sessions, Property) == 1
    assert recorded(sessions) == []


def test_a_bill_is_raised_with_its_event(sessions):
    owed = register(sessions)
    raised = bill(sessions, owed)
    assert raised.number == "PT-2026-27-000001"
    assert raised.due_on == date(2026, 5, 31)
    (event,) = recorded(sessions)
    assert event.type == "tax.billed.v1"
    assert (event.subject, event.sequence) == (str(raised.id), 1)
    assert event.data == {
        "property_id": str(owed.id),
        "bill_id": str(raised.id),
        "ward": "aundh-baner",
        "bill_number": "PT-2026-27-000001",
        "period": "2026-27",
        "amount_paise": 100_000,
        "billed_at": "2026-04-01T04:30:00Z",
        "due_on": "2026-05-31",
    }


def test_the_same_bill_again_is_the_same_bill_and_another_is_refused(sessions):
    owed = register(sessions)
    first = bill(sessions, owed)
    assert bill(sessions, owed).id == first.id
    assert bill(sessions, owed, due_on="2026-05-31").id == first.id
    with pytest.raises(Conflict, match=r"PT-2026-27-000001 of ₹1,000\.00"):
        bill(sessions, owed, amount=1_000_01)
    with pytest.raises(Conflict):
        bill(sessions, owed, due_on="2026-06-30")
    assert bill(sessions, owed, period="2027-28").id != first.id
    assert len(recorded(sessions)) == 2


def test_a_bill_needs_a_property_a_period_and_an_amount(sessions):
    owed = register(sessions)
    with pytest.raises(NotFound):
        bill(sessions, Property(id=uuid.uuid4()))
    with pytest.raises(Invalid):
        bill(sessions, owed, period="2026-28")
    with pytest.raises(Invalid):
        bill(sessions, owed, amount=0)
    with pytest.raises(Invalid):
        bill(sessions, owed, due_on="2026-03-31")
    assert count(sessions, Bill) == 0


def test_one_period_billed_many_times_at_once_is_billed_once(sessions):
    owed = register(sessions)
    raised = at_once([lambda: bill(sessions, owed) for _ in range(8)])
    assert len({each.id for each in raised}) == 1
    assert len(recorded(sessions)) == 1


def test_a_bill_is_paid_in_parts_and_each_payment_tells_the_balance(sessions):
    raised = bill(sessions, register(sessions))
    first = pay(sessions, raised, 300_00, "UPI-1")
    second = pay(sessions, raised, 700_00, "CHQ-7", mode="cheque")
    assert (first.balance_paise, second.balance_paise) == (700_00, 0)
    paid = [event for event in recorded(sessions) if event.type == "tax.paid.v1"]
    assert [event.sequence for event in paid] == [2, 3]
    assert [event.data["balance_paise"] for event in paid] == [70_000, 0]
    assert paid[1].data == {
        "property_id": str(raised.property_id),
        "bill_id": str(raised.id),
        "ward": "aundh-baner",
        "payment_id": str(second.id),
        "amount_paise": 70_000,
        "balance_paise": 0,
        "paid_at": "2026-04-01T04:30:00Z",
        "mode": "cheque",
    }
    with pytest.raises(Conflict, match=r"more than the balance of ₹0\.00"):
        pay(sessions, raised, 1, "UPI-2")


def test_the_same_reference_is_the_same_payment(sessions):
    raised = bill(sessions, register(sessions))
    first = pay(sessions, raised, 1_000_00, "UPI-1")
    assert pay(sessions, raised, 1_000_00, "UPI-1").id == first.id
    assert len(recorded(sessions)) == 2


def test_a_reference_with_another_amount_or_bill_is_refused_and_changes_nothing(sessions):
    owed = register(sessions)
    raised, other = bill(sessions, owed), bill(sessions, owed, period="2027-28")
    pay(sessions, raised, 100_00, "UPI-1")
    with pytest.raises(Conflict, match="another amount"):
        pay(sessions, raised, 200_00, "UPI-1")
    with pytest.raises(Conflict, match="another bill"):
        pay(sessions, other, 100_00, "UPI-1")
    with sessions() as session:
        assert session.get(Bill, raised.id).paid_paise == 100_00
        assert session.get(Bill, other.id).paid_paise == 0
    assert count(sessions, Payment) == 1


def test_one_reference_paid_many_times_at_once_is_paid_once(sessions):
    raised = bill(sessions, register(sessions))
    paid = at_once([lambda: pay(sessions, raised, 100_00, "UPI-1") for _ in range(8)])
    assert len({each.id for each in paid}) == 1
    with sessions() as session:
        assert session.get(Bill, raised.id).paid_paise == 100_00
    assert len(recorded(sessions)) == 2


def test_one_reference_for_many_bills_at_once_pays_one_of_them(sessions):
    owed = register(sessions)
    bills = [bill(sessions, owed, period=f"20{y}-{y + 1}") for y in range(26, 34)]
    given = at_once([lambda each=each: pay(sessions, each, 100_00, "UPI-1") for each in bills])
    assert sum(isinstance(each, Payment) for each in given) == 1
    with sessions() as session:
        assert sum(session.scalars(select(Bill.paid_paise))) == 100_00
    assert count(sessions, Payment) == 1


def test_payments_at_once_never_exceed_the_bill(sessions):
    raised = bill(sessions, register(sessions), amount=500_00)
    calls = [lambda n=n: pay(sessions, raised, 100_00, f"UPI-{n}") for n in range(8)]
    given = at_once(calls)
    assert sum(isinstance(each, Payment) for each in given) == 5
    with sessions() as session:
        assert session.get(Bill, raised.id).account.status == "paid"


def test_a_property_is_shown_with_its_bills_and_without_its_owner(sessions):
    owed = register(sessions)
    raised = bill(sessions, owed)
    bill(sessions, owed, period="2027-28", amount=50_00)
    pay(sessions, raised, 300_00, "UPI-1")
    with sessions() as session:
        by_number = Getting().load({"number": "P/1/0001"})
        shown = queries.get(session, by_number, payments=True)
        assert shown == queries.get(session, Getting().load({"id": str(owed.id)}), payments=True)
        public = queries.get(session, by_number, payments=False)
        with pytest.raises(NotFound):
            queries.get(session, Getting().load({"number": "P/0"}), payments=True)
    assert shown["balance_paise"] == 750_00
    assert [each["period"] for each in shown["bills"]] == ["2027-28", "2026-27"]
    assert shown["bills"][1]["status"] == "part_paid"
    assert shown["bills"][1]["balance_paise"] == 700_00
    assert shown["bills"][1]["payments"][0]["reference"] == "UPI-1"
    for each in shown["bills"]:
        del each["payments"]
    assert public == shown
    assert not [name for name in shown if "owner" in name]


def test_contacts_are_given_for_known_ids(sessions):
    owed = register(sessions)
    with sessions() as session:
        assert queries.contacts(session, [owed.id, uuid.uuid4()]) == [
            {
                "id": str(owed.id),
                "name": "Asha Kulkarni",
                "phone": "+919822012345",
                "email": None,
                "language": "mr",
                "number": "P/1/0001",
            }
        ]
