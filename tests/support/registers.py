"""Orders about properties of tests of the tax service's register."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from marshmallow import Schema
from sqlalchemy import select, text
from sqlalchemy.orm import Session, sessionmaker

from palika.auth import Identity
from services.tax.domain.ledger.accounts import Account
from services.tax.domain.ledger.book import Book
from services.tax.domain.ledger.entries import Entry
from services.tax.ledger_store import entries_of
from services.tax.models import Property
from services.tax.queries import register as registers
from services.tax.schemas.looking import AsOf
from tests.support.taxes import APRIL, OFFICER

SUPERVISOR = Identity.of("officer:tax-supervisor", "officer", "supervisor")


def done(
    sessions: sessionmaker[Session],
    command: Callable[..., Any],
    schema: type[Schema],
    args: Mapping[str, Any],
    now: datetime = APRIL,
    by: Identity = OFFICER,
) -> Any:
    """What a command gives, in a transaction of its own, with arguments as callers send them."""
    with sessions.begin() as session:
        session.expire_on_commit = False
        return command(session, by, schema().load(args), now)


def seen(
    sessions: sessionmaker[Session],
    number: str,
    now: datetime = APRIL,
    *,
    staff: bool = True,
    **args: Any,
) -> dict[str, Any]:
    """A property's register."""
    with sessions() as session:
        return registers.register(session, AsOf().load({"number": number} | args), now, staff=staff)


def property_of(sessions: sessionmaker[Session], number: str) -> Property:
    """The property of a number."""
    with sessions() as session:
        return session.scalars(select(Property).where(Property.number == number)).one()


def entries(sessions: sessionmaker[Session], number: str) -> list[Entry]:
    """Its ledger."""
    with sessions() as session:
        owed = session.scalars(select(Property).where(Property.number == number)).one()
        return entries_of(session, owed.id)


def book(sessions: sessionmaker[Session], number: str, on: date | None = None) -> Book:
    """The sums of its ledger."""
    return Book.of(entries(sessions, number), on)


def suspense(sessions: sessionmaker[Session]) -> int:
    """What waits in suspense in the whole city, in paise."""
    with sessions() as session:
        return int(
            session.scalar(
                text("SELECT -coalesce(sum(paise), 0) FROM ledger_line WHERE account = :account"),
                {"account": Account.SUSPENSE.value},
            )
            or 0
        )
