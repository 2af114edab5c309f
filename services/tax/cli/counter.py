"""``palika tax counter``: the sessions of a day, and a series of receipts."""

import json
from datetime import UTC, date, datetime
from typing import Any

import click

from palika.database import sessions
from palika.errors import Invalid
from palika.exits import database_told, fail
from palika.india import day_of, in_digits, rupees
from services.tax.cli.days import DAY
from services.tax.cli.tables import Listing, exact, figures, words
from services.tax.domain.channels import BANK, ONLINE
from services.tax.domain.counter import MODES
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
    amounts = map(figures, ("cash", "cheques", "cash off", "cheques off"))
    listing = Listing(in_digits(on), [*texts, *amounts])
    for each in found:
        books = each["books"]
        off = {one["mode"]: one["difference_paise"] for one in each["differences"] or []}
        listing.add(
            each["place"],
            each["counter"],
            each["cashier"],
            each["state"],
            rupees(books.get("cash", {}).get("paise", 0)),
            rupees(books.get("cheque", {}).get("paise", 0)),
            *(rupees(off[mode]) if mode in off else "" for mode in MODES),
        )
    listing.show()
    for each in found:
        _tell_beside(each)


def _tell_beside(work: dict[str, Any]) -> None:
    """Why the count of a session is not what its books have, and what was corrected."""
    at = f"{work['place']} {work['counter']}"
    for off in work["differences"] or []:
        if off["difference_paise"]:
            told = f"{off['mode']} off by {rupees(off['difference_paise'])}: {off['explanation']}"
            click.echo(f"{at}: {told}")
    for each in work["corrections"]:
        of = in_digits(date.fromisoformat(each["received_on"]))
        told = f"{each['receipt_number']} of {of}, {rupees(each['amount_paise'])} {each['mode']}"
        click.echo(f"{at}: taken back {told}: {each['reason']}")
    for each in work["corrected"]:
        on = in_digits(date.fromisoformat(each["corrected_on"]))
        told = f"{each['receipt_number']}, {rupees(each['amount_paise'])} {each['mode']}"
        click.echo(f"{at}: taken back on {on} {told}: {each['reason']}")


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
