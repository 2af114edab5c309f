"""A made-up city, small, and a model of it: made once a process, since training takes seconds."""

import uuid
from dataclasses import replace
from datetime import date
from functools import cache

from sqlalchemy import insert
from sqlalchemy.orm import Session, sessionmaker
from uuid6 import uuid7

from palika.india import start_of
from services.tax.domain.half_year import HalfYear
from services.tax.domain.ledger.accounts import INTEREST, Account
from services.tax.domain.ledger.entries import Draft, Entry, Kind, charged, negated, owed, plain
from services.tax.domain.recovery import History
from services.tax.domain.recovery_rules import RecoveryRules
from services.tax.ledger_store import row_of
from services.tax.models import (
    Hold,
    LedgerEntry,
    Owner,
    Property,
    PropertyState,
    RecoveryAct,
    RegisterOrder,
)
from services.tax.recovery.pipeline import Trained, fit_synthetic
from services.tax.recovery.synthetic import Synthetic
from services.tax.reference import recovery

WARDS = {"east": 5, "west": 3, "south": 2}
SEED = 7


def rules() -> RecoveryRules:
    """The city's, with less history demanded."""
    found = recovery()
    return replace(found, enough=replace(found.enough, examples=500, paid=40, a_kind=20))


@cache
def trained() -> tuple[Synthetic, Trained]:
    """A city of 1,500 properties and five years, and what was learned of it."""
    return fit_synthetic(1500, 5, SEED, WARDS, rules(), trees=25)


def write(sessions: sessionmaker[Session], city: Synthetic) -> None:
    """Write a made-up city down as a real one: its register, its ledger, what was done."""
    with sessions.begin() as session:
        for index in range(len(city)):
            history = city.history(index)
            _write_one(session, history, index)


def _write_one(session: Session, history: History, index: int) -> None:
    facts = history.facts[-1]
    id_, order = uuid.UUID(int=index + 1), uuid.UUID(int=index + 1)
    recorded = start_of(facts.owned_since)
    phone = f"+911{index:09d}" if facts.reachable else None
    of_order = {
        "id": order, "kind": "registration", "number": f"REG-{history.property_id}",
        "dated": facts.owned_since, "effective_from": facts.owned_since, "recorded_at": recorded,
        "by": "test", "details": {},
    }  # fmt: skip
    session.execute(insert(RegisterOrder), of_order)
    of_property = {
        "id": id_, "number": history.property_id, "ward": facts.ward, "zone": facts.zone,
        "use": facts.use, "status": "active", "address": "1", "owner_name": "Somebody",
        "owner_phone": phone, "owner_email": None, "language": "mr", "owners_order_id": order,
        "version": 1, "registered_at": recorded,
    }  # fmt: skip
    session.execute(insert(Property), of_property)
    uses = ["residential", "commercial"] if facts.use == "mixed" else [facts.use]
    floors = [
        {"floor": "G", "area_sqm": "50.00", "use": use, "class": "rcc", "built_in": 2000,
         "occupancy": "self"}
        for use in uses
    ]  # fmt: skip
    state = {
        "property_id": id_, "order_id": order, "effective_from": facts.owned_since,
        "recorded_at": recorded, "ward": facts.ward, "zone": facts.zone, "address": "1",
        "status": "active", "floors": floors, "claims": [],
    }  # fmt: skip
    session.execute(insert(PropertyState), state)
    owner = {
        "property_id": id_, "order_id": order, "position": 1, "name": "Somebody",
        "kind": facts.owner_kind, "share_of": 1, "share_in": 1, "phone": phone, "email": None,
        "language": "mr",
    }  # fmt: skip
    session.execute(insert(Owner), owner)
    rows = [row_of(entry) for entry in entries_of(history, str(id_))]
    if rows:
        session.execute(insert(LedgerEntry), rows)
    acts = [
        {"id": uuid7(), "property_id": id_, "action": str(each.action), "taken_on": each.on,
         "outcome": each.outcome, "told_on": each.told_on, "by": "test"}
        for each in history.acts
    ]  # fmt: skip
    if acts:
        session.execute(insert(RecoveryAct), acts)
    holds = [
        {"id": uuid7(), "property_id": id_, "kind": "dispute", "since": each.opened_on,
         "last_day": each.closed_on, "reference": f"test {at}", "recorded_by": "test",
         "recorded_at": start_of(each.opened_on)}
        for at, each in enumerate(history.disputes)
    ]  # fmt: skip
    if holds:
        session.execute(insert(Hold), holds)


def entries_of(history: History, property_id: str) -> list[Entry]:
    """The ledger's entries that make this history."""
    found: list[Entry] = []
    paid: dict[date, Entry] = {}

    def post(draft: Draft, known_on: date) -> Entry:
        entry = Entry.post(
            draft, id=str(uuid7()), property=property_id, posted_at=start_of(known_on),
            reference=f"R{len(found)}",
        )  # fmt: skip
        found.append(entry)
        return entry

    for due in history.dues:
        half_year = HalfYear.of(due.on)
        kind = Kind.DEMAND if due.tax else Kind.INTEREST
        account = Account.INCOME if due.tax else Account.INTEREST_INCOME
        lines = charged(account, half_year, "general" if due.tax else INTEREST, due.paise)
        post(
            Draft(kind=kind, value_date=due.on, lines=lines, late_from=due.late_from), due.known_on
        )
    for credit in history.credits:
        if credit.kind == "payment":
            lines = (
                plain(Account.BANK, credit.paise),
                owed(HalfYear.of(credit.on), "general", -credit.paise),
            )
            paid[credit.on] = post(
                Draft(kind=Kind.PAYMENT, value_date=credit.on, lines=lines), credit.known_on
            )
        else:
            undone = paid[credit.on]
            draft = Draft(
                kind=Kind.CHEQUE_BOUNCE, value_date=credit.on, lines=negated(undone.lines),
                undoes=undone.id,
            )  # fmt: skip
            post(draft, credit.known_on)
    return found
