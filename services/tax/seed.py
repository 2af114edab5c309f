"""The demo's properties, their bills and payments of the current and the last financial year.

Telephone numbers are ``palika.demo.phones``; but the first property's owner has
PALIKA_SAMPLE_PHONE, and the next one's is the citizen of ``palika.demo``, for who tries the city
out as an owner: they have paid last year's bill, and have yet to pay this year's. E-mail addresses
are of example.org, which RFC 2606 keeps free.
"""

import calendar
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import islice
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session, sessionmaker
from uuid6 import uuid7

from palika.config import settings
from palika.demo import phones
from palika.events import Event
from palika.india import INDIA, day_of
from palika.outbox import record
from services.tax.commands.pay import Money, paid_event, payment_of
from services.tax.commands.raise_bill import bill_numbers, make_bill
from services.tax.commands.receipts import give_receipt
from services.tax.domain.billing import ask, half_years_of, period_of
from services.tax.domain.channels import ONLINE
from services.tax.domain.half_year import HalfYear
from services.tax.domain.ledger.book import Book
from services.tax.domain.ledger.entries import Entry
from services.tax.domain.ledger.receiving import quote, receive
from services.tax.domain.ledger.statement import balance
from services.tax.domain.payment import SOURCES, VOUCHED
from services.tax.domain.property import Floor
from services.tax.domain.rates import OPEN_PLOT
from services.tax.domain.register import (
    ACTIVE,
    REGISTRATION,
    Owner,
    Recorded,
    Register,
    State,
)
from services.tax.ledger_store import made, row_of
from services.tax.models import Bill, LedgerEntry, Payment, Property, PropertyState, RegisterOrder
from services.tax.models import Owner as OwnerRow
from services.tax.reference import rates, read_data, rules, wards
from services.tax.register_store import owner_rows, property_values, state_values

OPTION = ("--properties", "how many properties to register, bill and collect from")
_BATCH = 500
_OPENS, _CLOSES = 8, 21
_ALL = 100
_PROMPTLY = timedelta(days=20)
"""How soon the owners who can be tried out have paid."""


def seed(
    sessions: sessionmaker[Session],
    count: int,
    seed: int,
    now: datetime,
    progress: Callable[[int], None] = lambda done: None,
) -> int:
    """Register ``count`` properties, bill them on 1 April and take what their owners pay.

    A second run with the same seed adds nothing to what is there; one that was stopped goes on.

    Args:
        sessions: on the service's database.
        count: how many properties.
        seed: the same number gives the same city.
        now: aware; nothing in the demo is later.
        progress: called with how many are done.

    Returns:
        How many properties were registered that were not there before.
    """
    registered = done = 0
    drawn = _properties(count, seed, now)
    while batch := list(islice(drawn, _BATCH)):
        with sessions.begin() as session:
            registered += _add(session, batch, seed, now)
        done += len(batch)
        progress(done)
    return registered


@dataclass(slots=True)
class _Demo:
    """A property of the demo with all that happened to it."""

    owed: Property
    state: State
    owner: Owner
    order_id: Any
    rng: random.Random
    entries: list[Entry] = field(default_factory=list)
    bills: list[Bill] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    tried_out: bool = False
    """Its owner is somebody who tries the city out: this year's bill is left to them."""

    @property
    def register(self) -> Register:
        """It was registered, and nothing else."""
        on = self.owed.registered_at
        return Register(self.owed.number, (Recorded(self.state, _first_day(on), on),))


def _properties(count: int, seed: int, now: datetime) -> Iterator[_Demo]:
    demo = read_data("seed.yaml")
    config = settings("tax")
    people = phones(config)
    tried_out = [phone for phone in (config.sample_phone, people.citizen) if phone]
    start = _april(_this_year(now) - 1)
    for index in range(count):
        # A generator for each: what one draws does not move its neighbours.
        rng = random.Random(f"{seed}/{index}")
        language = "mr" if rng.random() * 100 < demo["marathi_percent"] else "en"
        names = demo["names"][language]
        person = rng.randrange(10**9)
        ward = rng.choices(list(wards()), [each.seed_weight for each in wards().values()])[0]
        has_email = rng.random() * 100 < demo["with_email_percent"]
        owner = Owner(
            f"{rng.choice(names['first'])} {rng.choice(names['last'])}",
            "person",
            Fraction(1),
            tried_out[index] if index < len(tried_out) else people.of(person),
            f"owner{person}@example.org" if has_email else None,
            language,
        )
        state = State(
            ward,
            rng.choice(demo["zones"][ward]),
            f"{rng.randrange(1, 900)}, {wards()[ward].name.in_(language)}",
            ACTIVE,
            tuple(_floors(rng, demo)),
            frozenset(code for code, share in demo["claims"].items() if rng.random() * 100 < share),
        )
        order_id = uuid7()
        registered_at = start - timedelta(days=rng.randrange(30, 300))
        values = property_values(f"DEMO-{seed}-{index:07d}", state, owner, registered_at)
        yield _Demo(
            Property(**values, owners_order_id=order_id),
            state,
            owner,
            order_id,
            rng,
            tried_out=index < len(tried_out),
        )


def _floors(rng: random.Random, demo: dict[str, Any]) -> Iterator[Floor]:
    """One to three floors; the first may be a shop, and a few properties are an open plot."""
    uses = demo["uses"]
    use = rng.choices(list(uses), list(uses.values()))[0]
    area = int(demo["median_sqm"] * 100 * rng.lognormvariate(0, demo["spread"]))
    if use == OPEN_PLOT:
        yield Floor("Plot", area * 4, use, None, None, "vacant")
        return
    construction = rng.choices(list(demo["classes"]), list(demo["classes"].values()))[0]
    built_in = rng.randrange(1965, 2024)
    for number, label in enumerate(demo["floors"][: rng.randrange(1, 4)]):
        of_floor = "commercial" if use == "mixed" and number == 0 else use
        of_floor = "residential" if of_floor == "mixed" else of_floor
        occupancy = "self" if rng.random() * 100 < demo["self_occupied_percent"] else "let"
        yield Floor(label, max(area, 1000), of_floor, construction, built_in, occupancy)


def _add(session: Session, batch: list[_Demo], seed: int, now: datetime) -> int:
    """Store those of the batch that are not there, with all that followed."""
    numbers = [each.owed.number for each in batch]
    known = set(session.scalars(select(Property.number).where(Property.number.in_(numbers))))
    fresh = [each for each in batch if each.owed.number not in known]
    if not fresh:
        return 0
    for year in (_this_year(now) - 1, _this_year(now)):
        given = bill_numbers(session, HalfYear(year, 1), len(fresh))
        for each, number in zip(fresh, given, strict=True):
            _live(each, number, year, now)
    # In the order in which one row needs another.
    session.execute(insert(RegisterOrder), [_order(each) for each in fresh])
    session.add_all([each.owed for each in fresh])
    session.flush()
    session.execute(
        insert(PropertyState),
        [
            state_values(
                each.owed.id,
                each.order_id,
                each.state,
                _first_day(each.owed.registered_at),
                each.owed.registered_at,
            )
            for each in fresh
        ],
    )
    session.execute(
        insert(OwnerRow),
        [row for each in fresh for row in owner_rows(each.owed.id, each.order_id, [each.owner])],
    )
    if entries := [row_of(entry) for each in fresh for entry in each.entries]:
        session.execute(insert(LedgerEntry), entries)
    session.add_all([bill for each in fresh for bill in each.bills])
    session.flush()
    session.add_all([payment for each in fresh for payment in each.payments])
    session.flush()
    for payment in (one for each in fresh if each.tried_out for one in each.payments):
        give_receipt(session, payment, ONLINE, payment.paid_at)
    record(session, *(event for each in fresh for event in each.events))
    return len(fresh)


def _order(each: _Demo) -> dict[str, Any]:
    day = _first_day(each.owed.registered_at)
    return {
        "id": each.order_id,
        "kind": REGISTRATION,
        "number": f"{REGISTRATION}:{each.owed.number}",
        "dated": day,
        "effective_from": day,
        "recorded_at": each.owed.registered_at,
        "by": "demo",
        "details": {},
    }


def _live(each: _Demo, number: str, year: int, now: datetime) -> None:
    """A year of a property: it is billed, and its owner pays what they pay, until now."""
    billed_at = _billed_at(year)
    if billed_at > now:
        return
    on = day_of(billed_at)
    period = period_of(on)
    properties = {half: each.register.assessable(half, billed_at) for half in half_years_of(period)}
    asked = ask(properties, Book.of(each.entries, on), rates(), rules(on), on)
    if asked is None:
        return
    bill, billed = make_bill(each.owed, number, period, asked, billed_at)
    each.bills.append(bill)
    each.events.append(billed)
    each.entries += made(
        asked.drafts, property_id=each.owed.id, reference=number, posted_at=billed_at
    )
    if each.tried_out:
        if year < _this_year(now):
            _pay(each, bill, billed_at + _PROMPTLY, _ALL, "upi")
        return
    for moment, share, mode in _payments(each.rng, year):
        if moment > now:
            return
        _pay(each, bill, moment, share, mode)


def _pay(each: _Demo, bill: Bill, moment: datetime, share: int, mode: str) -> None:
    """The owner pays a share (percent) of what would settle all."""
    on = day_of(moment)
    by = rules(on)
    whole = quote(Book.of(each.entries, on), on, by).payable_paise
    # A part is of whole rupees.
    amount = whole if share == _ALL else max(100, whole * share // _ALL // 100 * 100)
    if not whole:
        return
    reference = f"{bill.number}-{each.owed.number}-{bill.version}"
    money = Money(amount, reference, mode, _channel(mode), on, "demo")
    drafts = receive(each.entries, amount, on, SOURCES[mode], on, by)
    posted = made(drafts, property_id=each.owed.id, reference=reference, posted_at=moment)
    each.entries += posted
    left = balance(Book.of(each.entries, on), on, by.interest)
    payment = payment_of(money, posted, each.owed, bill.id, left.total, moment)
    each.payments.append(payment)
    each.events.append(paid_event(bill.id, bill.version + 1, payment, left.advance, moment))
    bill.version += 1


def _channel(mode: str) -> str:
    return "office" if mode in VOUCHED else "counter"


def _payments(rng: random.Random, year: int) -> Iterator[tuple[datetime, int, str]]:
    """When the owner pays in a year, how many percent of what is owed then, and by what mode."""
    demo = read_data("seed.yaml")
    kind = rng.random() * 100
    if kind < demo["defaulters_percent"]:
        return
    in_parts = kind < demo["defaulters_percent"] + demo["part_payers_percent"]
    parts = rng.randrange(2, 4) if in_parts else 1
    for part, moment in enumerate(sorted(_paid_at(rng, year) for _ in range(parts)), start=1):
        # Some part payers never pay the last part.
        last = part == parts and (not in_parts or rng.random() < 0.6)
        mode = rng.choices(list(demo["modes"]), list(demo["modes"].values()))[0]
        yield moment, _ALL if last else rng.randrange(25, 60), mode


def _this_year(now: datetime) -> int:
    return HalfYear.of(day_of(now)).year


def _first_day(moment: datetime) -> date:
    """The property is on the roll from the half-year on in which it was registered."""
    return HalfYear.of(day_of(moment)).first_day


def _april(year: int) -> datetime:
    return datetime(year, 4, 1, tzinfo=INDIA)


def _billed_at(year: int) -> datetime:
    """The bill run: on 1 April, at eight in the morning."""
    return _april(year).replace(hour=_OPENS)


def _paid_at(rng: random.Random, year: int) -> datetime:
    demo = read_data("seed.yaml")
    months = demo["months"]
    month = rng.choices(list(months), list(months.values()))[0]
    of_year = year if month >= 4 else year + 1
    last = calendar.monthrange(of_year, month)[1]
    day = rng.randint(last - 9, last) if month in demo["rush_months"] and rng.random() < 0.7 else 0
    moment = datetime(of_year, month, day or rng.randint(1, last), tzinfo=INDIA)
    moment += timedelta(hours=rng.randint(_OPENS, _CLOSES), minutes=rng.random() * 60)
    return max(moment, _billed_at(year) + timedelta(hours=1))
