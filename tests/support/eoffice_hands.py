"""Hands that write into the e-office's database behind the service's back, in any table."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Table, UniqueConstraint, delete, insert, inspect, select, text, types, update
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Session, sessionmaker

from services.eoffice.domain.searching import Kind
from services.eoffice.models import Base, Counter, Guarded, Imported, Sealed
from services.eoffice.sealing import act
from services.eoffice.sealing.verify.derived import COUNTED
from services.eoffice.sealing.verify.rows import models
from services.eoffice.searching import index

_MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def fill(database: sessionmaker[Session], now: datetime) -> None:
    """Give a row, written down by an act, to each table of sealed or guarded rows that has none.

    What it says is nonsense: the checks and the foreign keys of these tables are dropped first.
    """
    for name, model in models().items():
        if not issubclass(model, Sealed | Guarded):
            continue
        with database.begin() as session:
            if session.scalar(select(text("1")).select_from(model.__table__).limit(1)):
                continue
            _drop_checks(session, name)
            values = {
                each.name: _some(each.type)
                for each in model.__table__.c
                if each.name not in ("rev", "mac")
            }
            session.add(_made(model, values))
            if name == Imported.__tablename__:
                index(session, Kind.ARCHIVED, values["id"])
            if name in COUNTED:
                session.add(Counter(prefix=f"{name}:{values['number']}", last=0))
            act(session, uuid.uuid4(), "test", "made", None, now)


def _made(model: type[Any], values: dict[str, Any]) -> Any:
    keys = {each.columns[0].name: each.key for each in inspect(model).column_attrs}
    return model(**{keys[name]: value for name, value in values.items()})


def _drop_checks(session: Session, table: str) -> None:
    found = session.scalars(
        text(
            "SELECT conname FROM pg_constraint WHERE contype IN ('c', 'f') "
            "AND conrelid = CAST(:name AS regclass)"
        ),
        {"name": table},
    )
    for each in found.all():
        session.execute(text(f'ALTER TABLE "{table}" DROP CONSTRAINT "{each}"'))


def _some(kind: types.TypeEngine[Any]) -> Any:
    match kind:
        case types.Uuid():
            return uuid.uuid4()
        case types.Boolean():
            return False
        case types.Integer():
            return 1
        case types.Text() | types.String():
            return "something"
        case types.LargeBinary():
            return b"something"
        case types.Date():
            return date(2026, 1, 2)
        case JSONB():
            return {}
        case ARRAY():
            return []
        case types.TypeDecorator():
            return _MOMENT
    raise AssertionError(f"make a value of {kind!r} here")


def other(kind: types.TypeEngine[Any], value: Any) -> Any:
    """Another value for a column."""
    if value is None:
        return _some(kind)
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case str():
            return f"{value}x"
        case bytes() | memoryview():
            return bytes(value) + b"x"
        case datetime():
            return value + timedelta(seconds=1)
        case date():
            return value + timedelta(days=1)
        case uuid.UUID():
            return uuid.uuid4()
        case dict():
            return value | {"x": 1}
        case list():
            return [*value, _some(kind.item_type) if isinstance(kind, ARRAY) else "x"]
    raise AssertionError(f"make another of {value!r} here")


def unreadable(kind: types.TypeEngine[Any]) -> str | None:
    """A value that a column stores and Python cannot hold, as SQL; there is none for most."""
    match kind:
        case types.Date() | types.DateTime() | types.TypeDecorator():
            return "'20000-01-01'"
        case JSONB():
            return "CAST(repeat('9', 5000) AS jsonb)"
    return None


def tables() -> list[Table]:
    """Every table of the service."""
    return list(Base.metadata.tables.values())


def first_row(session: Session, table: Table) -> dict[str, Any]:
    """A row of the table.

    Raises:
        AssertionError: there is none: the test's scene must have one.
    """
    row = session.execute(select(table).order_by(*table.primary_key).limit(1)).one_or_none()
    assert row is not None, f"the scene has no row of the table {table.name}"
    return dict(row._mapping)


@contextmanager
def behind(database: sessionmaker[Session], table: Table) -> Iterator[Session]:
    """A session in which no constraint but unique keys holds; the table is put back at the end."""
    with database.begin() as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))
        kept = [dict(each._mapping) for each in session.execute(select(table))]
        _drop_checks(session, table.name)
    with database() as session:
        session.execute(text("SET session_replication_role = replica"))
        session.commit()
        yield session
        session.rollback()
        session.execute(delete(table))
        if kept:
            session.execute(insert(table), kept)
        session.execute(text("SET session_replication_role = origin"))
        session.commit()


def where(table: Table, row: dict[str, Any]) -> Any:
    """The condition for that row."""
    return [column == row[column.name] for column in table.primary_key]


def change(session: Session, table: Table, row: dict[str, Any], column: str) -> dict[str, Any]:
    """Change one column of a row; the row as it is then."""
    value = other(table.c[column].type, row[column])
    if isinstance(value, int) and column in table.primary_key.columns:
        # The next row has the next number.
        value += 1_000
    session.execute(update(table).where(*where(table, row)).values({column: value}))
    session.commit()
    return row | {column: value}


def remove(session: Session, table: Table, row: dict[str, Any]) -> None:
    """Delete a row."""
    session.execute(delete(table).where(*where(table, row)))
    session.commit()


def insert_copy(session: Session, table: Table, row: dict[str, Any]) -> dict[str, Any]:
    """Insert the row again, with other keys; the row that is there then."""
    unique = {
        column.name
        for constraint in table.constraints
        if isinstance(constraint, UniqueConstraint)
        for column in constraint.columns
    } | {column.name for index in table.indexes if index.unique for column in index.columns}
    keys = {column.name for column in table.primary_key} | unique
    copy = row | {name: other(table.c[name].type, row[name]) for name in keys}
    session.execute(insert(table).values(copy))
    session.commit()
    return copy


def name(table: Table, row: dict[str, Any]) -> str:
    """As a finding names it."""
    return f"{table.name}:{','.join(str(row[column.name]) for column in table.primary_key)}"
