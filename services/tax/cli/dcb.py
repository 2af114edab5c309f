"""``palika tax dcb``: the report of demand, collection and balance."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeGuard

import click
from marshmallow import ValidationError

from palika.database import sessions
from palika.days import DAY
from palika.errors import Invalid
from palika.exits import database_told, fail
from palika.india import in_digits, rupees
from palika.spreadsheets import WRITERS, Cell, appearing
from palika.text import Name
from services.tax.cli.named import use_name, ward_name
from services.tax.cli.tables import Listing, figures, words
from services.tax.domain.ledger.accounts import MONEY, Account
from services.tax.domain.naming import head_name
from services.tax.queries.dcb import FIGURES, dcb
from services.tax.reference import rates
from services.tax.schemas.reporting import GROUPS, Reporting

_WRONG_INPUT = 2
_HEADINGS = {
    "ward": {"mr": "क्षेत्रीय कार्यालय", "en": "Ward"},
    "zone": {"mr": "विभाग", "en": "Zone"},
    "use": {"mr": "वापर", "en": "Use"},
    "year": {"mr": "आर्थिक वर्ष", "en": "Year"},
    "half_year": {"mr": "सहामाही", "en": "Half-year"},
    "head": {"mr": "कराचे शीर्ष", "en": "Head"},
    "opening": {"mr": "सुरुवातीची थकबाकी", "en": "Opening"},
    "demand": {"mr": "मागणी", "en": "Demand"},
    "rebate": {"mr": "सवलत", "en": "Rebate"},
    "waiver": {"mr": "माफी", "en": "Waiver"},
    "collection": {"mr": "वसुली", "en": "Collection"},
    "closing": {"mr": "शिल्लक", "en": "Balance"},
    "total": {"mr": "एकूण", "en": "Total"},
}

_CREDITS = (Account.ADVANCE, Account.REFUND_PAYABLE, Account.SUSPENSE)
_BESIDE = {
    "title": Name("रोकड वहीशी मेळ, ₹ (संपूर्ण शहर)", "Beside the cash book, ₹ (the whole city)"),
    "period": Name("कालावधीत", "in the period"),
    "on": Name("{day} रोजी", "on {day}"),
    "money": Name(
        "जमा रक्कम, परतावे वजा (रोख, धनादेश, बँक, गेटवे)",
        "money received, less what went back (cash, cheques, bank, gateway)",
    ),
    Account.ADVANCE.value: Name("आगाऊ रक्कम", "in advance"),
    Account.REFUND_PAYABLE.value: Name("परत देय रक्कम", "to be given back"),
    Account.SUSPENSE.value: Name("उचंत खाते", "in suspense"),
    "collection": Name("वसुली", "collection"),
}


@click.command("dcb")
@click.option(
    "--by",
    multiple=True,
    type=click.Choice(GROUPS),
    default=["ward"],
    show_default=True,
    help="What a row is of; may be given often.",
)
@click.option("--from", "from_day", type=DAY, help="First day; by default 1 April.")
@click.option("--to", "to_day", type=DAY, help="Last day, included; by default today.")
@click.option(
    "--known-at",
    metavar="TIME",
    help="Only what was written down by then, as 2026-03-31T23:59:00+05:30.",
)
@click.option("--ward", multiple=True, help="Only this one's; may be given often.")
@click.option("--use", multiple=True, help="Only this one's; may be given often.")
@click.option("--head", multiple=True, help="Only this one; may be given often.")
@click.option("--language", type=click.Choice(["mr", "en"]), default="mr", show_default=True)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write to a file that ends with .csv or .xlsx, in rupees.",
)
@click.option("--json", "as_json", is_flag=True, help="The answer of tax.dcb as it is, in paise.")
def dcb_command(
    by: Sequence[str],
    from_day: date | None,
    to_day: date | None,
    known_at: str | None,
    ward: Sequence[str],
    use: Sequence[str],
    head: Sequence[str],
    language: str,
    output: Path | None,
    as_json: bool,
) -> None:
    """Print demand, collection and balance, held against the ledger.

    By value date: "--to 2026-03-31" is the year's end, whatever was written down since; with
    --known-at it is as the books had it then. What is owed is what the ledger has charged: interest
    that has run since the last entry is not in it.

    Exit status: 0 when it is reconciled with the ledger to the paisa, 1 when it is not, 2 when an
    option is wrong.
    """
    if output is not None and output.suffix.lower() not in WRITERS:
        fail(f"{output}: must end with {' or '.join(WRITERS)}", _WRONG_INPUT)
    given = {
        "by": list(by),
        "from_day": from_day and from_day.isoformat(),
        "to_day": to_day and to_day.isoformat(),
        "known_at": known_at,
        "ward": list(ward) or None,
        "use": list(use) or None,
        "head": list(head) or None,
    }
    narrowed = bool(ward or use or head)
    try:
        with database_told(), sessions("tax").begin() as session:
            answer = dcb(session, Reporting().load(given), datetime.now(UTC))
    except ValidationError as error:
        fail(str(Invalid("wrong options", error.normalized_messages())), _WRONG_INPUT)
    except Invalid as error:
        fail(str(error), _WRONG_INPUT)
    if output is not None:
        _write(output, answer, language)
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False))
    elif output is not None:
        click.echo(f"{len(answer['rows']):,} rows written to {output}")
    else:
        _listing(answer, language).show()
        if not narrowed:
            _cash_book(answer, language).show()
    if not answer["reconciled"]:
        fail("the report is not what the ledger has: look at `accounts` in --json", 1)


def _write(path: Path, answer: dict[str, Any], language: str) -> None:
    heading, *lines = _lines(answer, language)
    try:
        with appearing(path) as hidden:
            writer = WRITERS[path.suffix.lower()](hidden, heading)
            for line in lines:
                writer.add([_rupees(cell) for cell in line])
            writer.close()
    except OSError as error:
        fail(f"{path} cannot be written: {error.strerror}", 1)


def _rupees(cell: Cell) -> Cell:
    """Paise as rupees, exactly: 65761.00 in CSV, a number in XLSX."""
    return Decimal(cell).scaleb(-2) if _is_figure(cell) else cell


def _listing(answer: dict[str, Any], language: str) -> Listing:
    heading, *lines, total = _lines(answer, language)
    first, last = (in_digits(date.fromisoformat(answer[name])) for name in ("from_day", "to_day"))
    keys = len(answer["by"])
    columns = [(words if at < keys else figures)(str(name)) for at, name in enumerate(heading)]
    whole = all(cell % 100 == 0 for line in (*lines, total) for cell in line if _is_figure(cell))
    return Listing(
        f"{first} – {last}, ₹",
        columns,
        [_shown(line, whole) for line in lines],
        _shown(total, whole),
    )


def _cash_book(answer: dict[str, Any], language: str) -> Listing:
    """What came in beside what was collected: the rest waits as the owners' or nobody's credit."""

    def money(book: dict[str, int]) -> int:
        return sum(book.get(each, 0) for each in MONEY)

    moved, balances = answer["moved"], answer["accounts"]
    last = in_digits(date.fromisoformat(answer["to_day"]))
    said = {name: each.in_(language) for name, each in _BESIDE.items()}
    columns = (words(""), figures(said["period"]), figures(said["on"].format(day=last)))
    listing = Listing(
        said["title"],
        columns,
        total=(said["collection"], _figure(answer["total"]["collection"], False), ""),
    )
    listing.add(said["money"], _figure(money(moved), False), _figure(money(balances), False))
    # A credit is below 0 in the books: what came to it is taken off what came in.
    for name in _CREDITS:
        found = (book.get(name.value, 0) for book in (moved, balances))
        listing.add(said[name.value], *(_figure(paise, False) for paise in found))
    return listing


def _is_figure(cell: Cell) -> TypeGuard[int]:
    return isinstance(cell, int)


def _shown(line: Sequence[Cell], whole: bool) -> list[str]:
    """Amounts as 12,34,567.00, without the paise where there are none at all."""
    return [_figure(cell, whole) if _is_figure(cell) else str(cell or "–") for cell in line]


def _figure(paise: int, whole: bool) -> str:
    shown = rupees(paise).replace("₹", "")
    return shown.removesuffix(".00") if whole else shown


def _lines(answer: dict[str, Any], language: str) -> Iterator[list[Cell]]:
    """The heading, the rows, the total: names in a language, amounts in paise."""
    by = answer["by"]
    yield [_HEADINGS[name][language] for name in (*by, *FIGURES)]
    for row in answer["rows"]:
        yield [_named(name, row[name], language) for name in by] + [row[each] for each in FIGURES]
    total: list[Cell] = [_HEADINGS["total"][language], *([None] * (len(by) - 1))] if by else []
    yield total + [answer["total"][each] for each in FIGURES]


def _named(key: str, code: str | None, language: str) -> str | None:
    if code is None:
        return None
    if key == "head":
        return head_name(code, rates()).in_(language)
    if key == "ward":
        return ward_name(code, language)
    if key == "zone" and code in rates().zones:
        return rates().zones[code].in_(language)
    return use_name(code, language) if key == "use" else code
