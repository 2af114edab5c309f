"""A roll of varied properties, and what the bill run is to make of them."""

import random
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg2
from sqlalchemy import create_engine, insert, select
from sqlalchemy.orm import Session, sessionmaker

from palika.errors import PalikaError
from palika.events import Event
from palika.tables import outbox
from services.tax.commands.raise_bill import raise_bill
from services.tax.domain.property import Floor
from services.tax.domain.register import ACTIVE, DEMOLISHED, State
from services.tax.models import Bill, LedgerEntry, Property, PropertyState
from services.tax.reference import rates, wards
from services.tax.register_store import add_state, new_order
from tests.support.taxes import FLOOR, OFFICER, bill, paid, register

PERIOD = "2026-27"
BILLED_AT = datetime(2026, 4, 1, 3, 30, tzinfo=UTC)
_EARLIER = [datetime(year, 4, 1, 4, 30, tzinfo=UTC) for year in (2023, 2024, 2025)]


def url_of(sessions: sessionmaker[Session]) -> str:
    """The address of the sessions' database, as psycopg2 takes it."""
    url = sessions.kw["bind"].url.set(drivername="postgresql")
    return str(url.render_as_string(hide_password=False))


@contextmanager
def copied(sessions: sessionmaker[Session], name: str) -> Iterator[sessionmaker[Session]]:
    """A database as theirs is, to which nobody may be connected, while this lasts."""
    engine = sessions.kw["bind"]
    engine.dispose()
    template = engine.url.database
    server = engine.url.set(database="postgres", drivername="postgresql")
    with closing(psycopg2.connect(server.render_as_string(hide_password=False))) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    other = create_engine(engine.url.set(database=name))
    yield sessionmaker(other, expire_on_commit=False)
    other.dispose()


def varied(sessions: sessionmaker[Session], count: int, seed: int = 7) -> list[Property]:
    """So many properties with their past; each of ``_FATES`` comes up again and again."""
    rng = random.Random(seed)
    found = []
    for number in range(count):
        owed = _registered(sessions, rng, number)
        _FATES[number % len(_FATES)](sessions, owed, rng)
        found.append(owed)
    return found


def _registered(sessions: sessionmaker[Session], rng: random.Random, number: int) -> Property:
    sheet = rates()
    floors = []
    for label in ("Ground", "First", "Second")[: rng.randrange(1, 4)]:
        use = rng.choice(["residential"] * 4 + ["commercial", "industrial", "institutional"])
        floors.append(
            FLOOR
            | {
                "floor": label,
                "area_sqm": f"{rng.randrange(15, 400)}.{rng.randrange(100):02d}",
                "use": use,
                "class": rng.choice(sorted(sheet.classes)),
                "built_in": rng.randrange(1950, 2022),
                "occupancy": rng.choice(["self", "let", "vacant"]),
            }
        )
    if rng.random() < 0.1:
        floors = [
            {"floor": "Plot", "area_sqm": "240.00", "use": "open_plot", "occupancy": "vacant"}
        ]
    zones = [code for code in sorted(sheet.zones) if not code.startswith("merged")]
    return register(
        sessions,
        _EARLIER[0] - timedelta(days=30),
        number=f"P/{rng.randrange(9)}/{number:05d}",
        ward=rng.choice(sorted(wards())),
        zone=rng.choice(zones[:3]),
        floors=floors,
        claims=rng.sample(sorted(sheet.claims), rng.randrange(0, 4)),
        order_number=f"REG/{number}",
    )


Fate = Callable[[sessionmaker[Session], Property, random.Random], None]


def _years(
    sessions: sessionmaker[Session],
    owed: Property,
    rng: random.Random,
    pays: Callable[[int], float],
) -> None:
    """Billed each year; pays a part (1 is all) of the year's tax some time later."""
    for index, moment in enumerate(_EARLIER):
        raised = bill(sessions, owed, f"{moment.year}-{moment.year % 100 + 1}", moment)
        part = pays(index)
        amount = int(raised.amount_paise * part) // 100 * 100
        if amount:
            later = moment + timedelta(days=rng.randrange(10, 330))
            paid(sessions, owed, amount, f"R-{owed.number}-{index}", now=later)


def _good(sessions: sessionmaker[Session], owed: Property, rng: random.Random) -> None:
    _years(sessions, owed, rng, lambda _: 1)


def _never(sessions: sessionmaker[Session], owed: Property, rng: random.Random) -> None:
    _years(sessions, owed, rng, lambda _: 0)


def _in_part(sessions: sessionmaker[Session], owed: Property, rng: random.Random) -> None:
    _years(sessions, owed, rng, lambda _: rng.random())


def _in_credit(sessions: sessionmaker[Session], owed: Property, rng: random.Random) -> None:
    """Some have enough for all of the next bill, others for a part of it."""
    _years(sessions, owed, rng, lambda index: rng.uniform(1.2, 4) if index == 2 else 1)


def _new(sessions: sessionmaker[Session], owed: Property, rng: random.Random) -> None:
    """It was never billed."""


def _later(sessions: sessionmaker[Session], owed: Property, rng: random.Random) -> None:
    """Changed from a day on that lies before, in, or after the period."""
    state = State(owed.ward, str(owed.zone), owed.address, ACTIVE, (_floor(rng),), frozenset())
    begins = rng.choice([date(2025, 10, 1), date(2026, 4, 1), date(2026, 10, 1), date(2027, 4, 1)])
    known = rng.choice([BILLED_AT - timedelta(days=1), BILLED_AT - timedelta(hours=1)])
    change(sessions, owed, state, begins, known)


def _gone(sessions: sessionmaker[Session], owed: Property, rng: random.Random) -> None:
    _years(sessions, owed, rng, lambda _: rng.choice([0, 1]))
    state = State(owed.ward, str(owed.zone), owed.address, DEMOLISHED, (), frozenset())
    begins = rng.choice([date(2025, 10, 1), date(2026, 4, 1), date(2026, 10, 1)])
    change(sessions, owed, state, begins, BILLED_AT - timedelta(days=2))


def _billed_singly(sessions: sessionmaker[Session], owed: Property, rng: random.Random) -> None:
    period = rng.choice([PERIOD, PERIOD, f"{PERIOD}/1", f"{PERIOD}/2"])
    bill(sessions, owed, period, BILLED_AT - timedelta(minutes=rng.randrange(1, 60)))


def _without_rate(sessions: sessionmaker[Session], owed: Property, rng: random.Random) -> None:
    floor = Floor("Ground", 5000, "residential", "marble", 1990, "self")
    state = State(owed.ward, str(owed.zone), owed.address, ACTIVE, (floor,), frozenset())
    change(sessions, owed, state, date(2025, 4, 1), BILLED_AT - timedelta(days=3))


def _malformed(sessions: sessionmaker[Session], owed: Property, rng: random.Random) -> None:
    floors: Any = rng.choice([[{"floor": "Ground"}], [7], {"floor": 1}, [{"area_sqm": 62}]])
    with sessions.begin() as session:
        order = _order(session, owed, BILLED_AT - timedelta(days=3), date(2025, 10, 1))
        session.execute(
            insert(PropertyState),
            {
                "property_id": owed.id,
                "order_id": order.id,
                "effective_from": date(2025, 10, 1),
                "recorded_at": BILLED_AT - timedelta(days=3),
                "ward": owed.ward,
                "zone": owed.zone,
                "address": owed.address,
                "status": ACTIVE,
                "floors": floors,
                "claims": [],
            },
        )


_FATES: tuple[Fate, ...] = (
    _good,
    _never,
    _in_part,
    _in_credit,
    _new,
    _good,
    _later,
    _in_part,
    _gone,
    _in_credit,
    _billed_singly,
    _good,
    _without_rate,
    _in_part,
    _malformed,
)


def _floor(rng: random.Random) -> Floor:
    return Floor("Ground", rng.randrange(2000, 40000), "commercial", "rcc", 2001, "let")


def _order(session: Session, owed: Property, known: datetime, begins: date) -> Any:
    number = f"O/{owed.number}/{known:%Y%m%d%H%M%S}/{begins}"
    return new_order(session, "reassessment", number, begins, begins, OFFICER, known)


def change(
    sessions: sessionmaker[Session], owed: Property, state: State, begins: date, known: datetime
) -> None:
    """Say by an order what a property is from a day on."""
    with sessions.begin() as session:
        mine = session.get_one(Property, owed.id)
        add_state(session, mine, _order(session, owed, known, begins), state, begins)


@dataclass(frozen=True)
class Made:
    """What is there of a moment's bills, without the ids and numbers that differ each time.

    Attributes:
        bills: by property the bill's columns.
        entries: by property the ledger's, in their order.
        events: by property the event's data.
        numbers: of the bills in the order of ward and number of their properties.
    """

    bills: dict[str, dict[str, Any]]
    entries: dict[str, list[dict[str, Any]]]
    events: dict[str, dict[str, Any]]
    numbers: list[str]


def made(session: Session, moment: datetime) -> Made:
    """What is there of a moment's bills."""
    bills, entries, events = {}, {}, {}
    ids, numbers = {}, []
    for row in session.scalars(
        select(Bill)
        .join(Property)
        .where(Bill.billed_at == moment)
        .order_by(Property.ward, Property.number)
    ):
        columns = _columns(row)
        ids[str(columns.pop("id"))] = numbers.append(columns.pop("number"))
        bills[str(row.property_id)] = columns
    for row in session.scalars(
        select(LedgerEntry).where(LedgerEntry.posted_at == moment).order_by(LedgerEntry.id)
    ):
        columns = _columns(row)
        del columns["id"]
        assert columns.pop("reference") in numbers
        entries.setdefault(str(row.property_id), []).append(columns)
    for body in session.scalars(select(outbox.c.body).order_by(outbox.c.position)):
        event = Event.from_json(body)
        if event.time != moment:
            continue
        assert event.subject in ids
        data = dict(event.data)
        assert data.pop("bill_id") == event.subject
        assert data.pop("bill_number") in numbers
        assert data["property_id"] not in events
        events[data["property_id"]] = data | {"type": event.type, "sequence": event.sequence}
    return Made(bills, entries, events, numbers)


def one_by_one(sessions: sessionmaker[Session], period: str, moment: datetime) -> Made:
    """What ``raise_bill`` would make of each property; nothing of it stays."""
    with sessions() as session:
        rows = session.execute(select(Property.id).order_by(Property.ward, Property.number)).all()
        for (property_id,) in rows:
            try:
                with session.begin_nested():
                    raise_bill(
                        session, OFFICER, {"property_id": property_id, "period": period}, moment
                    )
            except (PalikaError, AttributeError, KeyError, TypeError):
                continue
        found = made(session, moment)
        session.rollback()
    return found


def _columns(row: Any) -> dict[str, Any]:
    return {column.key: getattr(row, column.key) for column in row.__table__.columns}
