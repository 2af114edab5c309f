"""A property is put on the roll once, by an order of a day that has come."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from palika.errors import Conflict, Invalid
from palika.local import Postgres
from services.tax.models import Property
from tests.support.databases import service_database
from tests.support.taxes import FLOOR, clear, register

ORDER: dict[str, Any] = {"order_number": "TAX/R/1"}


@pytest.fixture(scope="module")
def database(postgres: Postgres) -> Iterator[sessionmaker[Session]]:
    """The service's own database."""
    with service_database(postgres, "tax") as found:
        yield found


@pytest.fixture
def sessions(database: sessionmaker[Session]) -> sessionmaker[Session]:
    """The same, empty."""
    clear(database)
    return database


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("order_number", "TAX/R/2"),
        ("order_date", "2015-04-02"),
        ("effective_from", "2016-04-01"),
    ],
)
def test_the_same_number_by_another_order_is_refused_by_its_name(sessions, field, value):
    made = register(sessions, **ORDER)
    with pytest.raises(Conflict, match=f"registered already, with another {field}$") as refused:
        register(sessions, **ORDER | {field: value})
    assert refused.value.details["differs"] == [field]
    assert register(sessions, **ORDER).id == made.id
    # What a repeated call does not give is not another.
    assert register(sessions, **ORDER | {field: None}).id == made.id


@pytest.mark.parametrize(
    ("field", "args"),
    [
        ("order_date", {"order_date": "2026-04-02"}),
        ("effective_from", {"effective_from": "2026-04-02"}),
        ("effective_from", {"effective_from": "1849-12-31"}),
        ("floors, 2, built_in", {"floors": [FLOOR, FLOOR | {"built_in": 2027}]}),
    ],
)
def test_a_day_to_come_or_of_another_age_is_refused_by_field(sessions, field, args):
    with pytest.raises(Invalid) as refused:
        register(sessions, **args)
    assert list(refused.value.fields) == [field]
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(Property)) == 0


def test_today_and_this_year_are_taken(sessions):
    today = {"order_date": "2026-04-01", "effective_from": "2026-04-01"}
    assert register(sessions, **today, floors=[FLOOR | {"built_in": 2026}]).status == "active"
