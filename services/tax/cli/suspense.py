"""``palika tax suspense``: what waits, and what it may be for."""

import json
import uuid
from datetime import UTC, date, datetime

import click

from palika.database import sessions
from palika.errors import NotFound
from palika.exits import database_told, fail
from palika.india import grouped, in_digits, rupees
from palika.text import Name
from services.tax.cli.tables import Listing, exact, figures, words
from services.tax.queries import suspense

_WAIT = Name("{count} प्रलंबित, {left}", "{count} wait, {left}")
_COLUMNS = (
    (figures, Name("दिवस", "days")),
    (exact, Name("पासून", "since")),
    (figures, Name("शिल्लक", "left")),
    (exact, Name("भरणा", "payment")),
    (words, Name("टिपणी", "narration")),
)
_NOBODY = Name(
    "कोणाची असावी याचा अंदाज नाही: टिपणीतील नावाने वा क्रमांकाने शोधा (palika tax find).",
    "No suggestion whose it may be: look for the name or number of its note (palika tax find).",
)


@click.group("suspense")
def group() -> None:
    """Payments of which it is not known whose they are."""


@group.command("list")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 500))
@click.option("--language", type=click.Choice(["mr", "en"]), default="mr", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="The answer of tax.suspense as it is.")
def list_command(limit: int, language: str, as_json: bool) -> None:
    """What waits in suspense, the oldest first."""
    with database_told(), sessions("tax").begin() as session:
        found = suspense.waiting(session, limit, datetime.now(UTC))
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    title = _WAIT.in_(language).format(
        count=grouped(found["count"]), left=rupees(found["left_paise"])
    )
    listing = Listing(title, [column(name.in_(language)) for column, name in _COLUMNS])
    for each in found["items"]:
        listing.add(
            str(each["days"]),
            in_digits(date.fromisoformat(each["received_on"])),
            rupees(each["left_paise"]),
            each["payment_id"],
            each["narration"] or each["reference"],
        )
    listing.show()


@group.command("show")
@click.argument("payment", type=click.UUID)
@click.option("--language", type=click.Choice(["mr", "en"]), default="mr", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="The answer of tax.suspense_one as it is.")
def show_command(payment: uuid.UUID, language: str, as_json: bool) -> None:
    """One PAYMENT that waits, and whose it may be, with the reasons.

    Exit status: 0, or 1 when there is none.
    """
    try:
        with database_told(), sessions("tax").begin() as session:
            args = {"payment_id": payment, "language": language}
            found = suspense.one(session, args, datetime.now(UTC))
    except NotFound as error:
        fail(str(error), 1)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    click.echo(f"{rupees(found['left_paise'])}  {found['narration'] or found['reference']}")
    if not found["suggestions"]:
        click.echo(_NOBODY.in_(language))
    for each in found["suggestions"]:
        reasons = "; ".join(each["reasons"])
        click.echo(f"{each['score']:>3}  {each['number']}  {reasons}")
