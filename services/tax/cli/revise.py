"""``palika tax revise``, ``palika tax refunds``: a changed rule reaches what was billed before."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from palika.auth import SYSTEM
from palika.database import sessions
from palika.days import DAY
from palika.errors import PalikaError
from palika.exits import database_told, fail
from palika.india import day_of, grouped, in_digits, rupees
from services.tax.commands.credit_refunds import credit_refunds, due
from services.tax.commands.revise_rule import Reviser, RuleOrder, Totals

_WRONG_USAGE = 2
_STOPPED = 130


def _now() -> datetime:
    return datetime.now(UTC)


@click.command("revise")
@click.option("--rule", required=True, help="The code of a deduction, a concession or a head.")
@click.option("--order", "number", required=True, help="The resolution's number.")
@click.option("--order-date", "dated", required=True, type=DAY, help="Its day.")
@click.option("--dry-run", is_flag=True, help="Only show the totals; nothing is written.")
@click.option("--batch", default=200, show_default=True, type=click.IntRange(1, 5_000))
@click.option("--json", "as_json", is_flag=True, help="The totals as one JSON object.")
def revise_command(
    rule: str, number: str, dated: date, dry_run: bool, batch: int, as_json: bool
) -> None:
    """Post, for all properties, what a changed rule makes of half-years that are billed.

    What was billed too much settles what is open; the rest is promised to be given back in yearly
    parts, where the rule has refund_years. Stopped and run again with the same order it goes on.
    """
    today = day_of(_now())
    if dated > today:
        rule_of_day = f"must not be after today, {in_digits(today)}"
        fail(f"--order-date: {rule_of_day}, not {in_digits(dated)}", _WRONG_USAGE)
    order = RuleOrder(rule, number, dated)
    with _told():
        reviser = Reviser(sessions("tax"), order, SYSTEM("tax"), batch)
        with _progress() as bar:
            task = bar.add_task(rule, total=reviser.count())
            advance = lambda count: bar.advance(task, count)  # noqa: E731 - a name for the two calls
            totals = reviser.preview(_now(), advance) if dry_run else reviser.run(_now, advance)
    if as_json:
        click.echo(json.dumps(totals.to_dict() | {"dry_run": dry_run}))
    else:
        _show(totals, dry_run)


@click.command("refunds")
@click.option("--year", required=True, type=click.IntRange(1900, 2099), help="2024 of 2024-25.")
@click.option("--dry-run", is_flag=True, help="Only show what is due; nothing is written.")
@click.option("--json", "as_json", is_flag=True, help="The totals as one JSON object.")
def refunds_command(year: int, dry_run: bool, as_json: bool) -> None:
    """Credit what was promised to be given back up to a financial year; run it before the bills.

    Stopped and run again it goes on.
    """
    with _told():
        with sessions("tax")() as session:
            found = due(session, year)
        if not dry_run:
            with _progress() as bar:
                task = bar.add_task(str(year), total=found.instalments)
                found = credit_refunds(
                    sessions("tax"), year, _now, lambda count: bar.advance(task, count)
                )
    if as_json:
        click.echo(json.dumps(found.to_dict() | {"dry_run": dry_run}))
        return
    verb = "are due" if dry_run else "were credited"
    click.echo(f"{grouped(found.instalments)} instalments, {rupees(found.paise)}, {verb}.")
    if found.short:
        click.echo(f"{rupees(found.short)} of what was promised was not there any more.")


def _show(totals: Totals, dry_run: bool) -> None:
    would = "would be" if dry_run else "are"
    counts = f"{grouped(totals.changed)} of {grouped(totals.seen)}"
    click.echo(f"{counts} properties {would} taxed another amount:")
    click.echo(f"  lowered by {rupees(totals.lowered)}, raised by {rupees(totals.raised)}")
    for year, paise in sorted(totals.promised.items()):
        click.echo(f"  given back in {year}-{(year + 1) % 100:02d}: {rupees(paise)}")


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )


@contextmanager
def _told() -> Iterator[None]:
    """End with what is wrong, and how to go on."""
    try:
        with database_told("run it again to go on"):
            yield
    except PalikaError as error:
        fail(str(error), _WRONG_USAGE)
    except KeyboardInterrupt:
        fail("stopped; run it again to go on where it stopped", _STOPPED)
