"""``palika tax counter``: the sessions of a day, and a series of receipts."""

import json
from datetime import UTC, date, datetime

import click

from palika.database import sessions
from palika.errors import Invalid
from palika.exits import database_told, fail
from palika.india import day_of, in_digits, rupees
from services.tax.cli.days import DAY
from services.tax.cli.tables import Listing, exact, figures, words
from services.tax.domain.channels import BANK, ONLINE
from services.tax.queries import counter
from services.tax.reference import channels


@click.group("counter")
def group() -> None:
    """What counters have taken."""


@group.command("day")
@click.argument("day", required=False, type=DAY)
@click.option("--place", help="Of this office only.")
@click.option("--json", "as_json", is_flag=True, help="The answer of tax.counters as it is.")
def day_command(day: date | None, place: str | None, as_json: bool) -> None:
    """The sessions of a DAY; without it: of today."""
    on = day or day_of(datetime.now(UTC))
    with database_told(), sessions("tax").begin() as session:
        found = counter.sessions_of(session, on, place)
    if as_json:
        click.echo(json.dumps({"items": found}, ensure_ascii=False))
        return
    texts = [exact("place"), exact("counter"), words("cashier"), words("state")]
    amounts = [figures("cash"), figures("cheques"), figures("difference")]
    listing = Listing(in_digits(on), [*texts, *amounts])
    for each in found:
        books = each["books"]
        off = sum(one["difference_paise"] for one in each["differences"] or [])
        listing.add(
            each["place"],
            each["counter"],
            each["cashier"],
            each["state"],
            rupees(books.get("cash", {}).get("paise", 0)),
            rupees(books.get("cheque", {}).get("paise", 0)),
            rupees(off) if each["differences"] else "",
        )
    listing.show()


@group.command("receipts")
@click.argument("year")
@click.argument("place")
@click.option("--json", "as_json", is_flag=True, help="The answer of tax.receipts as it is.")
def receipts_command(year: str, place: str, as_json: bool) -> None:
    """Check the series of a financial YEAR (2026-27) and a PLACE.

    Exit status: 0 when it has no gap, 1 when it has, 2 when there is no such year
    or place.
    """
    try:
        with database_told(), sessions("tax").begin() as session:
            found = counter.receipts(session, year, place)
    except Invalid as error:
        fail(str(error), 2)
    known = (*channels().places, ONLINE, BANK)
    if not found["last"] and place not in known:
        fail(f"place: {place!r} is not known; must be one of: {', '.join(known)}", 2)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
    elif not found["last"]:
        click.echo(f"{place} has given no receipts in {year}.")
    else:
        cancelled = ", ".join(each["number"] for each in found["cancelled"]) or "none"
        click.echo(f"1 to {found['last']}, {found['count']} receipts; cancelled: {cancelled}")
    if found["missing"]:
        fail(f"missing: {found['missing'][:20]}", 1)
