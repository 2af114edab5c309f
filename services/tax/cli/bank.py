"""``palika tax bank import``: take a bank's statement in, all of it or nothing."""

import dataclasses
import json
from datetime import UTC, date, datetime
from pathlib import Path

import click

from palika.auth import SYSTEM
from palika.database import sessions
from palika.errors import Conflict, Invalid
from palika.exits import database_told, fail
from palika.india import grouped, in_digits, rupees
from services.tax.cli.tables import Listing, figures, words
from services.tax.commands.reconcile import Taken, take_statement
from services.tax.domain.bank_statement import BYTES_MAX
from services.tax.reference import banks

_REFUSED = 1


@click.group("bank")
def group() -> None:
    """Statements of the city's bank accounts."""


@group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--layout", required=True, help="How its bank writes statements: a code of data/banks.yaml."
)
@click.option("--dry-run", is_flag=True, help="Tell what it would come to; nothing is stored.")
@click.option("--json", "as_json", is_flag=True, help="The outcome as one JSON object.")
def import_command(file: Path, layout: str, dry_run: bool, as_json: bool) -> None:
    """Take a statement in: credits are posted by the city's rule, the others wait in suspense.

    What does not add up is refused, each mistake with its line, and nothing is stored.

    Exit status: 0 when it was taken in, 1 when it was refused, 2 when an option is wrong.
    """
    if layout not in banks().layouts:
        known = ", ".join(banks().layouts)
        raise click.BadParameter(f"must be one of {known}", param_hint="--layout")
    with file.open("rb") as stream:
        content = stream.read(BYTES_MAX + 1)
    try:
        with database_told(), sessions("tax")() as session:
            taken = take_statement(session, SYSTEM("tax"), layout, content, datetime.now(UTC))
            if dry_run:
                session.rollback()
            else:
                session.commit()
    except Invalid as error:
        _tell(error, as_json)
    except Conflict as error:
        fail(str(error), _REFUSED)
    if as_json:
        told = {"valid": True, "dry_run": dry_run, "mistakes": [], **dataclasses.asdict(taken)}
        click.echo(json.dumps(told, ensure_ascii=False))
    else:
        _show(taken, dry_run)


def _tell(error: Invalid, as_json: bool) -> None:
    lines = error.details.get("lines", [{"line": 1, "rule": str(error)}])
    if as_json:
        click.echo(json.dumps({"valid": False, "mistakes": lines}, ensure_ascii=False))
    else:
        for each in lines:
            click.echo(f"line {each['line']}: {each['rule']}", err=True)
        click.echo("nothing is taken in", err=True)
    raise click.exceptions.Exit(_REFUSED) from error


def _show(taken: Taken, dry_run: bool) -> None:
    first, last = (in_digits(date.fromisoformat(day)) for day in (taken.first_day, taken.last_day))
    title = f"{taken.account}, {first} – {last}"
    columns = (words(), figures(), figures())
    listing = Listing(f"{title} (dry run)" if dry_run else title, columns)
    for label, count, paise in (
        ("rows", taken.rows, None),
        ("debits", taken.debits, None),
        ("known already", taken.known, None),
        ("posted by rule", taken.posted, taken.posted_paise),
        ("in suspense", taken.suspense, taken.suspense_paise),
        ("settlements of the gateway", taken.settlements, taken.settlements_paise),
        ("deposits of the counters", taken.own_deposits, None),
        ("for others", taken.others, None),
    ):
        listing.add(label, grouped(count), "" if paise is None else rupees(paise))
    listing.show()
    if taken.unmatched_deposits:
        lines = ", ".join(map(str, taken.unmatched_deposits))
        click.echo(f"Deposits without a slip of their amount: lines {lines}")
