"""What is looked for among all bills, orders and payments is found by an index."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Session, sessionmaker

from palika.errors import NotFound
from palika.local import Postgres
from services.tax.commands import charge_back
from services.tax.domain.reconciliation import Credit
from services.tax.queries import matching, online
from tests.support.databases import service_database
from tests.support.taxes import APRIL


@pytest.fixture(scope="module")
def sessions(postgres: Postgres) -> Iterator[sessionmaker[Session]]:
    """The service's own database, built by its migrations; nothing is in it."""
    with service_database(postgres, "tax") as found:
        yield found


def plans(sessions: sessionmaker[Session], call: Callable[[Session], Any], table: str) -> str:
    """The plans of the queries of a table that a call makes, where a scan costs what it would in a
    city."""
    asked: list[tuple[str, Any]] = []
    engine = sessions.kw["bind"]

    def note(
        connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool
    ) -> None:
        if f"FROM {table} " in f"{statement} ".replace("\n", " "):
            asked.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    try:
        with sessions() as session:
            call(session)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert asked
    found = []
    with engine.connect() as connection:
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        connection.execute(text("SET LOCAL enable_bitmapscan = off"))
        cursor = connection.connection.cursor()
        for statement, parameters in asked:
            cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}", parameters)
            found.append(cursor.fetchone()[0])
    return json.dumps(found)


def _standing(session: Session) -> None:
    with pytest.raises(NotFound):
        charge_back._standing(session, "pay_1")


@pytest.mark.parametrize(
    ("call", "table", "index", "condition"),
    [
        (
            lambda session: matching.suggestions(
                session, Credit(634_200, "x", "x"), "x", APRIL.date(), APRIL
            ),
            "bill",
            "ix_bill_payable",
            "advance_paise) = 634200",
        ),
        (
            lambda session: online.held(session, 50, APRIL),
            "payment_order",
            "ix_payment_order_held",
            None,
        ),
        (_standing, "payment", "ix_payment_came_as", "'pay_1'"),
    ],
    ids=["bills of an amount", "held orders", "payments of the gateway's one"],
)
def test_it_is_found_by_an_index(sessions, call, table, index, condition):
    found = plans(sessions, call, table)
    assert f'"Index Name": "{index}"' in found
    assert '"Seq Scan"' not in found
    # It is looked up in the index, not only read in its order.
    assert condition is None or condition in found.partition('"Index Cond": ')[2][:200]
