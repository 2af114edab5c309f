"""Properties, bills and payments of tests of the tax service."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session, sessionmaker

from palika import events
from palika.auth import Identity
from palika.india import day_of
from palika.tables import outbox
from services.tax.commands.pay import Money, pay, take_payment
from services.tax.commands.raise_bill import raise_bill
from services.tax.commands.register_property import register_property
from services.tax.models import Base, Bill, Payment, Property
from services.tax.queries.dues import dues
from services.tax.schemas.collecting import Billing, OnDay, Paying
from services.tax.schemas.registering import Registering

OFFICER = Identity.of("officer:tax-clerk", "officer")
SUPERVISOR = Identity.of("supervisor:tax", "supervisor")
APRIL = datetime(2026, 4, 1, 4, 30, tzinfo=UTC)
"""Ten in the morning of the day on which bills are raised."""
FLOOR: dict[str, Any] = {
    "floor": "Ground",
    "area_sqm": "62.50",
    "use": "residential",
    "class": "rcc",
    "built_in": 1998,
    "occupancy": "self",
}
OWNER: dict[str, Any] = {"name": "Asha Kulkarni", "phone": "98220 12345"}
PROPERTY: dict[str, Any] = {
    "number": "P/1/0001",
    "ward": "aundh-baner",
    "zone": "zone-2",
    "address": "1, Baner Road",
    "floors": [FLOOR],
    "owners": [OWNER],
    "order_date": "2015-04-01",
    "effective_from": "2015-04-01",
}


YEARLY = 6_342_00
"""The tax of ``PROPERTY`` for 2026-27."""


def clear(sessions: sessionmaker[Session]) -> None:
    """Empty the service's database."""
    tables = ", ".join(Base.metadata.tables)
    with sessions.begin() as session:
        session.execute(text(f"TRUNCATE {tables}, outbox"))
        found = session.scalars(
            text(
                "SELECT relname FROM pg_class WHERE relkind = 'S' AND relname LIKE 'bill_serial_%'"
            )
        )
        for name in found.all():
            session.execute(text(f"DROP SEQUENCE {name}"))


def register(sessions: sessionmaker[Session], now: datetime = APRIL, **args: Any) -> Property:
    """The property that ``PROPERTY`` describes, with other ``args``."""
    with sessions.begin() as session:
        session.expire_on_commit = False
        return register_property(session, OFFICER, Registering().load(PROPERTY | args), now)


def bill(
    sessions: sessionmaker[Session], owed: Property, period: str = "2026-27", now: datetime = APRIL
) -> Bill:
    """Its bill."""
    loaded = Billing().load({"property_id": str(owed.id), "period": period})
    with sessions.begin() as session:
        session.expire_on_commit = False
        return raise_bill(session, OFFICER, loaded, now)


def paid(
    sessions: sessionmaker[Session],
    owed: Property,
    amount: Any,
    reference: str,
    mode: str = "upi",
    now: datetime | None = None,
    received_on: date | None = None,
    by: Identity = OFFICER,
    reason: str | None = None,
) -> Payment:
    """A payment for it; an hour after the bill, unless ``now`` says when."""
    args = {
        "property_id": str(owed.id),
        "amount_paise": amount,
        "reference": reference,
        "mode": mode,
        "received_on": received_on.isoformat() if received_on else None,
        "reason": reason,
    }
    with sessions.begin() as session:
        session.expire_on_commit = False
        return pay(session, by, Paying().load(args), now or APRIL + timedelta(hours=1))


def in_cash(
    sessions: sessionmaker[Session], owed: Property, amount: int, reference: str, now: datetime
) -> Payment:
    """Cash for it, as a counter takes it; no session is opened."""
    money = Money(amount, reference, "cash", "counter", day_of(now), OFFICER.subject)
    with sessions.begin() as session:
        session.expire_on_commit = False
        return take_payment(session, owed.id, money, now)


def count(sessions: sessionmaker[Session], model: Any) -> int:
    """How many rows a table has."""
    with sessions() as session:
        return session.scalars(select(func.count()).select_from(model)).one()


def recorded(sessions: sessionmaker[Session], *types: str) -> list[events.Event]:
    """The events that wait in the outbox, of these types if any are named."""
    with sessions() as session:
        bodies = session.scalars(select(outbox.c.body).order_by(outbox.c.position)).all()
    found = [events.Event.from_json(body) for body in bodies]
    return [each for each in found if not types or each.type in types]


def owes(
    sessions: sessionmaker[Session], owed: Property, on: date, now: datetime = APRIL
) -> dict[str, Any]:
    """What settles all that it owes, if it is paid on a day."""
    with sessions() as session:
        return dues(session, OnDay().load({"id": str(owed.id), "on": on.isoformat()}), now)
