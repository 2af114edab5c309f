"""The tables are what the migrations build, and refuse what would spoil the books."""

import uuid
from datetime import date

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import insert, text
from sqlalchemy.exc import IntegrityError

from services.tax.models import Base, LedgerEntry
from tests.support.taxes import (
    APRIL,
    bill,
    register,
)


def test_the_models_are_what_the_migrations_build(sessions):
    own = Base.metadata.tables.keys()
    with sessions() as session:
        context = MigrationContext.configure(
            session.connection(),
            opts={"include_name": lambda name, kind, _: kind != "table" or name in own},
        )
        assert compare_metadata(context, Base.metadata) == []


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
