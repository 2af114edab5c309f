"""``palika tax statement``: how each rupee that a property owes came about."""

import json
from datetime import UTC, date, datetime
from typing import Any

import click
from marshmallow import ValidationError

from palika.database import sessions
from palika.days import DAY
from palika.errors import Invalid, NotFound
from palika.exits import database_told, fail
from palika.india import in_digits, rupees
from palika.text import Name
from services.tax.cli.tables import Listing, exact, figures, words
from services.tax.domain.ledger.entries import Kind
from services.tax.domain.naming import ADVANCE, KINDS, head_name
from services.tax.queries.dues import explained
from services.tax.reference import rates
from services.tax.schemas.collecting import OnDay

_WRONG_INPUT = 2
_COLUMNS = (
    (exact, Name("दिनांक", "Date")),
    (words, Name("नोंद", "Entry")),
    (exact, Name("क्रमांक", "Number")),
    (exact, Name("सहामाही", "Half-year")),
    (words, Name("शीर्ष", "Head")),
    (figures, Name("रक्कम", "Amount")),
    (figures, Name("शिल्लक", "Balance")),
)
_TITLE = Name("मालमत्ता {number}: {on} रोजीचा खातेउतारा", "Property {number}: statement of {on}")
_INTEREST = Name(
    "{half_year} चे व्याज: {first_day} पासून {months} × {month} ({unpaid} च्या {percent} %, {rounded})",
    "interest of {half_year}: from {first_day}, {months} × {month} ({percent} % of {unpaid}, "
    "{rounded})",
)
_ROUNDED = {
    "rupee": Name("दर महिना जवळच्या पूर्ण रुपयात", "each month to the nearest rupee"),
    "paisa": Name("दर महिना जवळच्या पैशात", "each month to the nearest paisa"),
}
_TO_COME = Name("अद्याप न आकारलेले व्याज, {half_year}", "interest not charged yet, {half_year}")
_BALANCE = Name("{on} रोजीची शिल्लक", "balance of {on}")


@click.command("statement")
@click.argument("number")
@click.option("--on", type=DAY, help="As of this day; by default today.")
@click.option("--language", type=click.Choice(["mr", "en"]), default="mr", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="The answer of tax.statement, in paise.")
def statement_command(number: str, on: date | None, language: str, as_json: bool) -> None:
    """Explain what the property NUMBER owes: each entry with the balance after it, and how its
    interest was computed.

    Exit status: 0, 1 when the database cannot be read, 2 when there is no such property or day.
    """
    try:
        with database_told(), sessions("tax")() as session:
            args = OnDay().load(
                {"number": number, "on": on.isoformat()} if on else {"number": number}
            )
            found = explained(session, args, datetime.now(UTC))
    except ValidationError as error:
        fail(str(Invalid("wrong options", error.normalized_messages())), _WRONG_INPUT)
    except (Invalid, NotFound) as error:
        fail(str(error), _WRONG_INPUT)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
    else:
        _show(found, language)


def _show(found: dict[str, Any], language: str) -> None:
    on = in_digits(date.fromisoformat(found["on"]))
    listing = Listing(
        _TITLE.in_(language).format(number=found["number"], on=on),
        [column(heading.in_(language)) for column, heading in _COLUMNS],
    )
    for row in found["rows"]:
        name = head_name(row["head"], rates()) if row["head"] else ADVANCE
        listing.add(
            in_digits(date.fromisoformat(row["value_date"])),
            KINDS[Kind(row["kind"])].in_(language),
            row["reference"],
            row["half_year"] or "–",
            name.in_(language),
            rupees(row["paise"]),
            rupees(row["balance_paise"]),
        )
    listing.show()
    for half_year, charges in found["interest"].items():
        for each in charges:
            text = _INTEREST.in_(language).format(
                half_year=half_year,
                first_day=in_digits(date.fromisoformat(each["first_day"])),
                months=each["months"],
                month=rupees(each["month_paise"]),
                rounded=_ROUNDED[each["rounded_to"]].in_(language),
                unpaid=rupees(each["unpaid_paise"]),
                percent=each["percent"],
            )
            click.echo(f"{text}: {rupees(each['paise'])}")
    for half_year, paise in found["interest_to_come"].items():
        click.echo(f"{_TO_COME.in_(language).format(half_year=half_year)}: {rupees(paise)}")
    click.echo(f"{_BALANCE.in_(language).format(on=on)}: {rupees(found['balance_paise'])}")
