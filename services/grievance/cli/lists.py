"""``palika grievance export`` and ``report``: processes of their own, without eventlet."""

import csv
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from marshmallow import Schema, ValidationError
from rich.console import Console
from rich.table import Table

from palika.database import sessions
from palika.errors import Invalid
from palika.exits import database_told, fail
from palika.india import INDIA
from palika.spreadsheets import BOM, WRITERS, harmless
from services.grievance.queries import reports
from services.grievance.queries.export import write
from services.grievance.schemas import GROUPS, ORDERS, REPORTS, Exporting, Reporting

_WRONG_INPUT = 2
_OPTIONS = {"from_day": "--from", "to_day": "--to"}
_LANGUAGE = click.option(
    "--language",
    type=click.Choice(["mr", "en"]),
    default="mr",
    show_default=True,
    help="Of headings and names.",
)


@click.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--filter",
    "filters",
    multiple=True,
    metavar="NAME=VALUE",
    help="As `list` has them; several values with commas. May be given often, and all must hold.",
)
@click.option("--order", type=click.Choice(ORDERS), default="newest", show_default=True)
@_LANGUAGE
@click.option("--json", "as_json", is_flag=True, help="The outcome as one JSON object.")
def export(file: Path, filters: Sequence[str], order: str, language: str, as_json: bool) -> None:
    """Write grievances to FILE, which ends with .csv or .xlsx.

    For example: --filter open=true --filter ward=aundh-baner,kothrud-bavdhan
    --filter filed_from_day=today-30 --filter text=खड्डा

    The table is of one moment, takes no more memory however long it is, and appears when it is
    whole. Who filed a grievance is not in it.

    Exit status: 0 when it is written, 1 when it had to stop, 2 when an option is wrong.
    """
    if file.suffix.lower() not in WRITERS:
        fail(f"{file}: must end with {' or '.join(WRITERS)}", _WRONG_INPUT)
    given = dict(_filter(each) for each in filters)
    args = _loaded(Exporting(), {**given, "order": order, "language": language})
    try:
        with database_told(), sessions("grievance")() as session:
            count = write(session, args, datetime.now(UTC), file)
    except Invalid as error:
        fail(str(error), _WRONG_INPUT)
    except OSError as error:
        # Not the error's own name: it is of the file that is made beside this one.
        fail(f"{file} cannot be written: {error.strerror}", 1)
    if as_json:
        click.echo(json.dumps({"file": str(file), "grievances": count}, ensure_ascii=False))
    else:
        click.echo(f"{count:,} grievances written to {file}")


@click.command("report")
@click.argument("name", type=click.Choice(REPORTS))
@click.option("--by", type=click.Choice(GROUPS), help="What the rows are.")
@click.option("--department", multiple=True, help="Only this one's; may be given often.")
@click.option("--ward", multiple=True, help="Only this one's; may be given often.")
@click.option("--from", "from_day", help="First day of filing: 2026-07-01, today-90.")
@click.option("--to", "to_day", help="Last day, included.")
@_LANGUAGE
@click.option("--csv", "as_csv", is_flag=True, help="As CSV that Excel reads rightly.")
@click.option("--json", "as_json", is_flag=True, help="The answer of grievance.report as it is.")
def report(
    name: str,
    by: str | None,
    department: Sequence[str],
    ward: Sequence[str],
    from_day: str | None,
    to_day: str | None,
    language: str,
    as_csv: bool,
    as_json: bool,
) -> None:
    """Print a report.

    pendency and ageing (in working days) are about what is open now; sla, reopens, ratings and heat
    about what was filed in the last 90 days, or between --from and --to. sla: resolved in time, of
    what is resolved and what is open and overdue.
    """
    asked = {
        "name": name,
        "by": by,
        "department": list(department) or None,
        "ward": list(ward) or None,
        "from_day": from_day,
        "to_day": to_day,
    }
    try:
        with database_told(), sessions("grievance")() as session:
            answer = reports.report(session, _loaded(Reporting(), asked), datetime.now(UTC))
    except Invalid as error:
        fail(str(error), _WRONG_INPUT)
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False))
    elif as_csv:
        sys.stdout.write(BOM)
        writer = csv.writer(sys.stdout)
        for line in _lines(answer, language):
            writer.writerow([harmless(cell) for cell in line])
    else:
        Console().print(_table(answer, language))


def _filter(given: str) -> tuple[str, Any]:
    name, sign, value = given.partition("=")
    if not sign:
        raise click.UsageError(f"--filter {given}: must be NAME=VALUE")
    if name == "text":
        return name, value
    values = [_value(each) for each in value.split(",")]
    return name, values if len(values) > 1 else values[0]


def _value(text: str) -> Any:
    """``true``, ``false`` and numbers are what they look like; all else is text."""
    if text in ("true", "false"):
        return text == "true"
    return int(text) if text.isascii() and text.isdigit() else text


def _loaded(schema: Schema, given: dict[str, Any]) -> dict[str, Any]:
    try:
        loaded: dict[str, Any] = schema.load(given)
    except ValidationError as error:
        rules = error.normalized_messages().items()
        told = {_OPTIONS.get(name, name): rule for name, rule in rules}
        fail(str(Invalid("wrong options", told)), _WRONG_INPUT)
    return loaded


def _lines(answer: dict[str, Any], language: str) -> list[list[Any]]:
    columns = answer["columns"]
    none, total = ("(नाही)", "एकूण") if language == "mr" else ("(none)", "Total")
    lines = [[answer["headings"][each][language] for each in (answer["by"], *columns)]]
    for row in answer["rows"]:
        called = none if row["name"] is None else row["name"][language]
        lines.append([called, *(_cell(column, row) for column in columns)])
    return [*lines, [total, *(_cell(column, answer["total"]) for column in columns)]]


def _cell(column: str, row: dict[str, Any]) -> Any:
    """A figure; a moment as the clocks in India show it, and as Excel reads it."""
    value = row[column]
    if column != "oldest" or value is None:
        return value
    return f"{datetime.fromisoformat(value).astimezone(INDIA):%Y-%m-%d %H:%M}"


def _table(answer: dict[str, Any], language: str) -> Table:
    heading, *lines, total = _lines(answer, language)
    days = f", filed {answer['from_day'] or '…'} to {answer['to_day'] or '…'}"
    table = Table(title=answer["report"] + (days if answer["from_day"] else ""))
    table.add_column(heading[0], overflow="fold")
    for name in heading[1:]:
        table.add_column(name, justify="right", overflow="fold")
    for line in lines:
        table.add_row(*_shown(line))
    table.add_section()
    table.add_row(*_shown(total), style="bold")
    return table


def _shown(line: Sequence[Any]) -> list[str]:
    return ["–" if cell is None else str(cell) for cell in line]
