"""Whom tax gives other services as an audience: who owes so much, and may be asked for it."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from marshmallow import ValidationError
from sqlalchemy.orm import Session, sessionmaker

from palika.auth import Identity
from palika.errors import Invalid
from palika.local import Postgres
from services.tax import seed
from services.tax.commands.hold import hold
from services.tax.models import Property
from services.tax.queries import audience as queries
from services.tax.queries.dues import explained
from services.tax.schemas.audience import AudienceOf
from tests.support.databases import service_database

NOW = datetime(2026, 9, 1, 6, tzinfo=UTC)


@pytest.fixture(scope="module")
def sessions(postgres: Postgres) -> Iterator[sessionmaker[Session]]:
    """A city of 120 properties, billed and paying for a year and a half."""
    with service_database(postgres, "tax") as found:
        seed.seed(found, 120, 3, NOW)
        yield found


def page(sessions, after=None, limit=500, **arguments):
    asked = {"name": "owing", "arguments": {"least_paise": 1} | arguments, "after": after}
    with sessions.begin() as session:
        return queries.audience(session, AudienceOf().load(asked | {"limit": limit}), NOW)


def everybody(sessions, **arguments):
    found, fields, after = [], {}, None
    while True:
        one = page(sessions, after, 7, **arguments)
        found += one["ids"]
        fields |= one["fields"]
        after = one["next"]
        if after is None:
            return found, fields


def owed(sessions, least=1, wards=None):
    """What the statement of each property says."""
    with sessions() as session:
        properties = session.query(Property).all()
        sums = {
            str(each.id): explained(
                session, {"id": each.id, "number": None, "on": date(2026, 9, 1)}, NOW
            )["balance_paise"]
            for each in properties
            if wards is None or each.ward in wards
        }
    return {each: paise for each, paise in sums.items() if paise >= least}


def test_it_is_who_owes_by_the_statement_each_once(sessions):
    found, fields = everybody(sessions)
    expected = owed(sessions)
    assert 10 < len(expected) < 120
    assert found == sorted(expected)
    assert {each: fields[each]["arrears_paise"] for each in found} == expected
    assert all(date.fromisoformat(fields[each]["due_on"]) for each in found)


def test_by_ward_and_least_amount(sessions):
    least = sorted(owed(sessions).values())[len(owed(sessions)) // 2]
    with sessions() as session:
        wards = sorted({ward for (ward,) in session.query(Property.ward)})[:2]
    found, _ = everybody(sessions, least_paise=least, ward=wards)
    assert found == sorted(owed(sessions, least, wards))
    assert found


def test_a_call_looks_at_so_many_and_no_more(sessions, monkeypatch):
    monkeypatch.setattr(queries, "LOOKED_AT", 10)
    monkeypatch.setattr(queries, "_TOGETHER", 5)
    least = max(owed(sessions).values())
    lengths, after = [], None
    while True:
        one = page(sessions, after, least_paise=least)
        lengths.append(len(one["ids"]))
        after = one["next"]
        if after is None:
            break
    assert (sum(lengths), len(lengths)) == (1, 13)


def test_who_may_not_be_asked_is_left_out(sessions):
    first = page(sessions)["ids"][0]
    with sessions.begin() as session:
        number = session.get_one(Property, UUID(first)).number
        args = {
            "number": number,
            "zone": None,
            "kind": "court_case",
            "reference": "WP 1/2026",
            "since": date(2026, 8, 1),
            "half_years": None,
            "remark": "",
        }
        hold(session, Identity.of("officer:o", "officer"), args, NOW)
    assert first not in page(sessions)["ids"]


def test_what_is_wrong_is_refused(sessions):
    with pytest.raises(Invalid):
        page(sessions, ward=["atlantis"])
    for arguments in ({"least_paise": 0}, {"least_paise": 1.5}, {"colour": "red"}):
        with pytest.raises(ValidationError):
            page(sessions, **arguments)
