"""``palika tax find``: properties by number, telephone number or name."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import click
from marshmallow import ValidationError
from sqlalchemy.orm import Session

from palika.database import sessions
from palika.errors import Invalid
from palika.exits import database_told, fail
from palika.india import normal_phone, rupees
from palika.text import Name
from services.tax.cli.named import ward_name
from services.tax.cli.tables import Listing, exact, figures, words
from services.tax.queries.dues import explained
from services.tax.queries.lookup import look_up
from services.tax.schemas.looking import LookingUp

_WRONG_INPUT = 2
_SHOWN = ("number", "address", "ward")
_HEADINGS = (
    Name("क्रमांक", "number"),
    Name("पत्ता", "address"),
    Name("क्षेत्रीय कार्यालय", "ward"),
    Name("देय", "owed"),
)
_MORE = Name(
    "आणखी आहेत: अधिक अक्षरे, --ward किंवा --limit द्या.",
    "There are more: give more of it, or --ward, or --limit.",
)


@click.command("find")
@click.argument("text")
@click.option("--ward", help="Only in this one.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 50))
@click.option("--language", type=click.Choice(["mr", "en"]), default="mr", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object, amounts in paise.")
def find_command(text: str, ward: str | None, limit: int, language: str, as_json: bool) -> None:
    """Find properties by TEXT: the beginning of a number, else an owner's telephone number, else
    words of an owner's name; with what each owes today, as `statement` explains it.

    Exit status: 0 when there are some, 1 when there is none, 2 when an option is wrong.
    """
    now = datetime.now(UTC)
    try:
        with database_told(), sessions("tax")() as session:
            page = _page(session, text, {"ward": ward, "limit": limit})
            items = [_with_owed(session, each, now) for each in page["items"]]
    except ValidationError as error:
        fail(str(Invalid("wrong options", error.normalized_messages())), _WRONG_INPUT)
    except Invalid as error:
        fail(str(error), _WRONG_INPUT)
    more = page["next"] is not None
    if as_json:
        click.echo(json.dumps({"items": items, "more": more}, ensure_ascii=False))
    elif items:
        _show(items, language)
        if more:
            click.echo(_MORE.in_(language))
    if not items:
        fail(f"no property is found by {text!r}", 1)


def _page(session: Session, text: str, options: dict[str, Any]) -> dict[str, Any]:
    """What is found in the first way in which anything is found."""
    for key in _ways(text):
        page = look_up(session, LookingUp().load(options | {key: text}), staff=True)
        # A page of a rare name may be empty and have a next one.
        while not page["items"] and page["next"] is not None:
            given = options | {key: text, "cursor": page["next"]}
            page = look_up(session, LookingUp().load(given), staff=True)
        if page["items"]:
            break
    return page


def _ways(text: str) -> Iterator[str]:
    yield "number"
    try:
        normal_phone(text)
    except Invalid:
        # Names have no digits: what has some was meant as a number.
        if not any(each.isdigit() for each in text):
            yield "name"
    else:
        yield "phone"


def _with_owed(session: Session, found: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Without the owners: to find a property nobody has to read their names and numbers."""
    told = explained(session, {"id": found["id"], "number": None, "on": None}, now)
    return {name: found[name] for name in _SHOWN} | {"owed_paise": told["balance_paise"]}


def _show(items: list[dict[str, Any]], language: str) -> None:
    kinds = (exact, words, words, figures)
    columns = [kind(name.in_(language)) for kind, name in zip(kinds, _HEADINGS, strict=True)]
    listing = Listing("", columns)
    for each in items:
        ward = ward_name(each["ward"], language)
        listing.add(each["number"], each["address"], ward, rupees(each["owed_paise"]))
    listing.show()
