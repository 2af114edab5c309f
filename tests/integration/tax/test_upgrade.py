"""A database of the thin version, with its bills and payments, is upgraded: no rupee is lost."""

import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from alembic import command
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from palika.config import settings
from palika.database import create_engine
from palika.errors import Invalid
from palika.local import Postgres
from palika.migrate import alembic_config, migrations_of, upgrade
from services.tax.commands.reassess import reassess
from services.tax.domain.ledger.accounts import MONEY, Account
from services.tax.queries import dues, lookup, properties
from services.tax.schemas.changing import Reassessing
from services.tax.schemas.collecting import Getting, OnDay
from services.tax.schemas.looking import LookingUp
from tests.support.registers import book, done, entries, property_of, seen
from tests.support.taxes import APRIL, FLOOR, YEARLY, bill, paid

# By property: its bills by year with their amounts, and what was paid of each, when and how.
OLD: dict[str, dict[str, tuple[int, list[tuple[int, str, str]]]]] = {
    "P/1": {
        "2024-25": (2_345_67, [(2_345_67, "2024-05-10", "upi")]),
        "2025-26": (2_345_67, [(1_000_01, "2025-05-10", "cheque"), (345_66, "2026-01-31", "cash")]),
    },
    "P/2": {"2024-25": (9_99, []), "2025-26": (10_00, [(10_00, "2025-04-01", "netbanking")])},
    "P/3": {"2025-26": (1_00_00_000_00, [(1, "2025-12-31", "card")])},
    "P/4": {},
}


def moment(day: str) -> datetime:
    # Late in the evening in India: of UTC's day before.
    return datetime.fromisoformat(f"{day}T00:30:00+05:30").astimezone(UTC)


@pytest.fixture(scope="module")
def sessions(postgres: Postgres) -> Iterator[sessionmaker[Session]]:
    """Of a database that was made by the thin version, filled, and upgraded."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("TAX_DATABASE_URL", postgres.url(f"test_old_{uuid.uuid4().hex[:12]}"))
        settings.cache_clear()
        upgrade("tax")
        engine = create_engine(settings("tax"))
        config = alembic_config("tax", migrations_of("tax"))
        with engine.connect() as connection:
            config.attributes["connection"] = connection
            # The thin version's tables, made anew: its migrations go forward only.
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
            command.upgrade(config, "tax_0001")
            fill(connection)
            connection.commit()
        upgrade("tax")
        yield sessionmaker(engine, expire_on_commit=False)
        engine.dispose()
    settings.cache_clear()


def fill(connection: Any) -> None:
    for at, (number, bills) in enumerate(OLD.items()):
        owed = uuid.uuid4()
        connection.execute(
            text(
                "INSERT INTO property VALUES (:id, :number, 'aundh-baner', '1, Baner Road', "
                ":name, :phone, NULL, 'mr', :at)"
            ),
            {
                "id": owed,
                "number": number,
                "name": f"Asha Kulkarni{at}",
                "phone": f"+9198220{at:05d}",
                "at": moment("2020-04-01"),
            },
        )
        for period, (amount, payments) in bills.items():
            year = int(period[:4])
            raised = uuid.uuid4()
            whole = sum(paise for paise, _, _ in payments)
            connection.execute(
                text(
                    "INSERT INTO bill VALUES (:id, :number, :owed, :period, :amount, :paid, :at, "
                    ":due, :version)"
                ),
                {
                    "id": raised,
                    "number": f"PT-{period}-{number}",
                    "owed": owed,
                    "period": period,
                    "amount": amount,
                    "paid": whole,
                    "at": moment(f"{year}-04-01"),
                    "due": date(year, 6, 30),
                    "version": 1 + len(payments),
                },
            )
            left = amount
            for n, (paise, day, mode) in enumerate(payments):
                left -= paise
                connection.execute(
                    text(
                        "INSERT INTO payment VALUES (:id, :bill, :reference, :amount, :left, "
                        ":mode, :at)"
                    ),
                    {
                        "id": uuid.uuid4(),
                        "bill": raised,
                        "reference": f"{number}-{period}-{n}",
                        "amount": paise,
                        "left": left,
                        "mode": mode,
                        "at": moment(day),
                    },
                )


def billed_and_paid(number: str) -> tuple[int, int]:
    bills = OLD[number].values()
    paid_paise = sum(paise for _, payments in bills for paise, _, _ in payments)
    return sum(amount for amount, _ in bills), paid_paise


@pytest.mark.parametrize("number", OLD)
def test_what_was_billed_and_paid_is_in_the_ledger_to_the_paisa(sessions, number):
    demanded, received = billed_and_paid(number)
    sums = book(sessions, number)
    assert sum(sums.charged.values()) == demanded
    assert sum(sums.money.get(each, 0) for each in MONEY) == received
    assert sums.net == demanded - received
    assert sums.advance == sums.suspense == sums.refund_payable == 0
    for period, (amount, payments) in OLD[number].items():
        year = int(period[:4])
        open_ = sum(paise for (half, _), paise in sums.receivable.items() if half.year == year)
        assert open_ == amount - sum(paise for paise, _, _ in payments)


def test_the_money_is_where_it_came_in(sessions):
    money: dict[Account, int] = {}
    for number in OLD:
        for account, paise in book(sessions, number).money.items():
            money[account] = money.get(account, 0) + paise
    assert money == {
        Account.GATEWAY: 2_345_67 + 10_00 + 1,
        Account.BANK: 1_000_01,
        Account.CASH: 345_66,
    }


def test_days_are_those_of_india(sessions):
    days = {str(each.value_date) for each in entries(sessions, "P/1")}
    assert days == {"2024-04-01", "2024-05-10", "2025-04-01", "2025-05-10", "2026-01-31"}
    assert {each.late_from for each in entries(sessions, "P/1") if each.late_from} == {
        date(2024, 7, 1),
        date(2025, 7, 1),
    }


def test_bills_and_payments_are_shown_as_before(sessions):
    with sessions() as session:
        args = Getting().load({"number": "P/1"})
        shown = properties.get(session, args, APRIL, staff=True)
    assert [(each["period"], each["amount_paise"]) for each in shown["bills"]] == [
        ("2025-26", 2_345_67),
        ("2024-25", 2_345_67),
    ]
    assert [each["status"] for each in shown["bills"]] == ["part_paid", "paid"]
    references = {one["reference"] for each in shown["bills"] for one in each["payments"]}
    assert references == {"P/1-2024-25-0", "P/1-2025-26-0", "P/1-2025-26-1"}
    assert {one["received_on"] for each in shown["bills"] for one in each["payments"]} == {
        "2024-05-10",
        "2025-05-10",
        "2026-01-31",
    }


def test_owners_are_found_and_own_the_whole(sessions):
    with sessions() as session:
        for args in ({"name": "kulkarni0 asha"}, {"phone": "9822000000"}, {"number": "P/1"}):
            page = lookup.look_up(session, LookingUp().load(args), staff=True)
            assert [each["number"] for each in page["items"]] == ["P/1"]
    shown = seen(sessions, "P/1", APRIL)
    assert [(each["name"], each["share"]) for each in shown["owners"]] == [("Asha Kulkarni0", "1")]
    assert shown["state"] is None
    assert [each["kind"] for each in shown["orders"]] == ["registration"]


def test_what_was_never_assessed_is_assessed_by_an_order_and_the_years_bill_becomes_right(sessions):
    given: dict[str, Any] = {
        "number": "P/1",
        "order_number": "TAX/R/1",
        "grounds": "the first assessment by floors",
        "states": [{"effective_from": "2025-04-01", "zone": "zone-2", "floors": [FLOOR]}],
    }
    june = datetime(2026, 6, 10, 6, tzinfo=UTC)
    with pytest.raises(Invalid) as refused:
        done(sessions, reassess, Reassessing, given, june)
    assert set(refused.value.fields) == {"ward", "address"}
    given["states"][0] |= {"ward": "aundh-baner", "address": "1, Baner Road"}
    before = {half.year: paise for (half, _), paise in book(sessions, "P/1").charged.items()}
    done(sessions, reassess, Reassessing, given, june)
    taxes: dict[int, int] = {}
    for (half, head), paise in book(sessions, "P/1").charged.items():
        if head != "interest":
            taxes[half.year] = taxes.get(half.year, 0) + paise
    # The thin bill was of a whole year, and so is what takes its place.
    assert taxes == {2024: before[2024], 2025: YEARLY}
    owed = property_of(sessions, "P/1")
    raised = bill(sessions, owed, "2026-27", june + timedelta(hours=1))
    assert raised.amount_paise == YEARLY
    on = june.date()
    with sessions() as session:
        due = dues.dues(session, OnDay().load({"number": "P/1", "on": str(on)}), june)
    paid(sessions, owed, due["payable_paise"], "UPI-9", now=june + timedelta(hours=2))
    assert book(sessions, "P/1").net == 0


def test_the_explanation_of_a_count_goes_to_the_difference_that_it_explains(postgres, monkeypatch):
    monkeypatch.setenv("TAX_DATABASE_URL", postgres.url(f"test_old_{uuid.uuid4().hex[:12]}"))
    settings.cache_clear()
    upgrade("tax")
    config = alembic_config("tax", migrations_of("tax"))
    with create_engine(settings("tax")).connect() as connection:
        config.attributes["connection"] = connection
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
        command.upgrade(config, "tax_0013")
        counted = """
            INSERT INTO counter_session (id, place, counter, day, cashier, state, opened_at,
                differences, explanation)
            VALUES (gen_random_uuid(), 'BANER', :counter, '2026-04-01', :counter, 'counted', now(),
                CAST(:differences AS jsonb), 'a note was false')
        """
        off = (
            '[{"mode": "cash", "difference_paise": -5}, {"mode": "cheque", "difference_paise": 0}]'
        )
        for counter, differences in (("1", off), ("2", None)):
            values = {"counter": counter, "differences": differences}
            connection.execute(text(counted), values)
        command.upgrade(config, "head")
        found = connection.scalars(
            text("SELECT differences FROM counter_session ORDER BY counter")
        ).all()
    settings.cache_clear()
    assert [[each["explanation"] for each in one or []] for one in found] == [
        ["a note was false", None],
        [],
    ]
