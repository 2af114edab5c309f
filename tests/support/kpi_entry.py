"""Entering values by hand, on the KPI service's database."""

import base64
import csv
import io
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker
from uuid6 import uuid7

from palika.auth import Identity
from services.kpi.commands.decide import approve, send_back
from services.kpi.commands.enter import enter
from services.kpi.commands.import_file import import_file, read_file
from services.kpi.domain.entry import Line
from services.kpi.entered.batches import view
from services.kpi.entered.form import form
from services.kpi.entered.template import template
from services.kpi.models import MONTHS

TODAY = date(2026, 11, 28)
NOW = datetime(2026, 11, 28, 6, tzinfo=UTC)
CLERK = Identity.of("officer:water-clerk", "officer")
ENGINEER = Identity.of("officer:water-je", "officer")
OWNER = Identity.of("officer:water-ce", "officer")
SENIOR = Identity.of("officer:addl-commissioner", "officer", "supervisor")
TABLES = "measure, measure_year, reading, batch, sign_off, reading_told, outbox"


def line(measure: str, period: str, value: Any, place: str = "", reason: str | None = None) -> Line:
    return Line(measure, period, place, value, reason)


def entered(
    database: sessionmaker[Session],
    *lines: Line,
    by: Identity = CLERK,
    department: str = "water-supply",
    key: UUID | None = None,
    submit: bool = True,
    now: datetime = NOW,
) -> dict[str, Any]:
    args = {
        "id": key or uuid7(),
        "department": department,
        "lines": list(lines),
        "via": "form",
        "file_name": None,
        "note": None,
        "submit": submit,
    }
    return done(database, enter, by, args, now)


def approved(
    database: sessionmaker[Session],
    batch: str,
    *numbers: int,
    by: Identity = OWNER,
    outliers: tuple[int, ...] = (),
    now: datetime = NOW,
) -> dict[str, Any]:
    args = {"id": UUID(batch), "lines": list(numbers) or None, "outliers": list(outliers)}
    return done(database, approve, by, args | {"remark": None}, now)


def sent_back(
    database: sessionmaker[Session], batch: str, *numbers: int, by: Identity = OWNER
) -> dict[str, Any]:
    args = {"id": UUID(batch), "lines": list(numbers) or None, "remark": "तपासून पुन्हा भरा"}
    return done(database, send_back, by, args, NOW)


def done(
    database: sessionmaker[Session],
    command: Callable[..., Any],
    by: Identity,
    args: dict[str, Any],
    now: datetime = NOW,
) -> dict[str, Any]:
    """What a command answers with, in a transaction of its own."""
    with database.begin() as session:
        return view(session, command(session, by, args, now), by)


def measures(database: sessionmaker[Session]) -> dict[str, set[Any]]:
    """All that both tables of measures have."""
    wanted = {
        "measure": "measure, department, ward, day, cell, value",
        "measure_year": f"measure, department, year, cell, {', '.join(MONTHS)}",
    }
    with database() as session:
        return {
            table: {tuple(row) for row in session.execute(text(f"SELECT {columns} FROM {table}"))}
            for table, columns in wanted.items()
        }


# ---- files


def given(database: Any, ending: str, period: str = "2026-10") -> bytes:
    """The template of the water department."""
    with database() as session:
        asked = form(session, {"department": "water-supply", "period": period}, TODAY)
    return base64.b64decode(template(asked, period, ending)["content_base64"])


def brought(
    database: Any, content: bytes, ending: str, by: Identity = CLERK, **said: Any
) -> dict[str, Any]:
    """What bringing a file in answers with."""
    args = {
        "id": None,
        "name": f"water.{ending}",
        "content": content,
        "department": None,
        "period": None,
        "note": None,
        "submit": True,
        "dry_run": False,
    } | said
    with database.begin() as session:
        return import_file(session, by, args, read_file(args), NOW)


def table_of(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def filled_csv(content: bytes, values: dict[tuple[str, str], str]) -> bytes:
    """The template with these new values, by measure and place."""
    header, *rows = table_of(content)
    for row in rows:
        row[10] = values.get((row[1], row[5]), "")
    out = io.StringIO()
    csv.writer(out).writerows([header, *rows])
    return out.getvalue().encode()


def waiting(database: Any) -> int:
    with database() as session:
        return session.scalar(text("SELECT count(*) FROM reading"))


def at(day: str) -> datetime:
    """Six in the morning of a day in India."""
    return datetime.fromisoformat(f"{day}T06:00:00+05:30").astimezone(UTC)
