"""The demo's properties, their bills and payments of the current and the last financial year.

Telephone numbers are +91 1NNNNNNNNN: in India's numbering plan no subscriber's number begins with 1
(it is the level of the special services), so none can be anybody's. E-mail addresses are of
example.org, which RFC 2606 keeps free.
"""

import calendar
import math
import random
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker
from uuid6 import uuid7

from palika.events import Event
from palika.india import INDIA, day_of
from palika.outbox import record
from services.tax.commands.pay import make_payment
from services.tax.commands.raise_bill import bill_numbers, make_bill
from services.tax.domain.billing import first_year, period_of
from services.tax.models import Bill, Payment, Property
from services.tax.reference import read_data, wards

OPTION = ("--properties", "how many properties to register, bill and collect from")
_BATCH = 500
_OPENS, _CLOSES = 8, 21


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


def _properties(count: int, seed: int, now: datetime) -> Iterator[Property]:
    demo = read_data("seed.yaml")
    start = _april(first_year(period_of(day_of(now))) - 1)
    for index in range(count):
        # A generator for each: what one draws does not move its neighbours.
        rng = random.Random(f"{seed}/{index}")
        language = "mr" if rng.random() * 100 < demo["marathi_percent"] else "en"
        names = demo["names"][language]
        person = rng.randrange(10**9)
        ward = rng.choices(list(wards()), list(wards().values()))[0]
        has_email = rng.random() * 100 < demo["with_email_percent"]
        yield Property(
            id=uuid7(),
            number=f"DEMO-{seed}-{index:07d}",
            ward=ward,
            address=f"{rng.randrange(1, 900)}, {ward}",
            owner_name=f"{rng.choice(names['first'])} {rng.choice(names['last'])}",
            owner_phone=f"+911{person:09d}",
            owner_email=f"owner{person}@example.org" if has_email else None,
            language=language,
            registered_at=start - timedelta(days=rng.randrange(30, 300)),
        )


def _add(session: Session, batch: list[Property], seed: int, now: datetime) -> int:
    """Store those of the batch that are not there, with all that followed."""
    numbers = [each.number for each in batch]
    known = set(session.scalars(select(Property.number).where(Property.number.in_(numbers))))
    fresh = [each for each in batch if each.number not in known]
    if not fresh:
        return 0
    session.add_all(fresh)
    this_year = first_year(period_of(day_of(now)))
    bills: list[Bill] = []
    payments: list[Payment] = []
    events: list[Event] = []
    for year in (this_year - 1, this_year):
        period = period_of(_april(year).date())
        given = bill_numbers(session, period, len(fresh))
        for owed, number in zip(fresh, given, strict=True):
            bill, billed = make_bill(owed, number, period, _amount(owed, seed), _billed_at(year))
            if bill.billed_at > now:
                continue
            bills.append(bill)
            events.append(billed)
            for payment, paid in _payments(owed, bill, seed, year, now):
                payments.append(payment)
                events.append(paid)
    # Without relationships between them the session does not know which row needs which.
    session.flush()
    session.add_all(bills)
    session.flush()
    session.add_all(payments)
    session.flush()
    record(session, *events)
    return len(fresh)


def _april(year: int) -> datetime:
    return datetime(year, 4, 1, tzinfo=INDIA)


def _billed_at(year: int) -> datetime:
    """The bill run: on 1 April, at eight in the morning."""
    return _april(year).replace(hour=_OPENS)


def _amount(owed: Property, seed: int) -> int:
    """A property's yearly bill in paise, whole rupees; the same every year."""
    demo = read_data("seed.yaml")
    rng = random.Random(f"{seed}/{owed.number}/amount")
    rupees = demo["median_rupees"] * math.exp(rng.gauss(0, demo["spread"]))
    return 100 * max(int(rupees), demo["smallest_rupees"])


def _payments(
    owed: Property, bill: Bill, seed: int, year: int, now: datetime
) -> Iterator[tuple[Payment, Event]]:
    """What the owner pays of the bill in its year, until now, in order."""
    demo = read_data("seed.yaml")
    rng = random.Random(f"{seed}/{owed.number}/{year}")
    kind = rng.random() * 100
    if kind < demo["defaulters_percent"]:
        return
    in_parts = kind < demo["defaulters_percent"] + demo["part_payers_percent"]
    parts = rng.randrange(2, 4) if in_parts else 1
    moments = sorted(_paid_at(rng, year) for _ in range(parts))
    for part, moment in enumerate(moments, start=1):
        if moment > now:
            return
        left = bill.account.balance_paise
        # Some part payers never pay the last part.
        last = part == parts and (not in_parts or rng.random() < 0.6)
        amount = left if last else max(100, left * rng.randrange(25, 60) // 100 // 100 * 100)
        mode = rng.choices(list(demo["modes"]), list(demo["modes"].values()))[0]
        yield make_payment(
            bill, owed.ward, amount, f"DEMO-{bill.number}-{owed.number}-{part}", mode, moment
        )


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
