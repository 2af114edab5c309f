"""``palika eoffice org leaves, delegations``: who is away, and who may do what for whom."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import click
from marshmallow import Schema
from sqlalchemy.orm import Session

from palika.database import sessions
from palika.days import DAY
from palika.errors import Invalid
from palika.exits import database_told, fail
from palika.india import rupees
from services.eoffice.cli.asking import (
    WRONG_INPUT,
    checked,
    json_option,
    language_option,
    limit_option,
)
from services.eoffice.cli.organisation import word
from services.eoffice.cli.showing import day, listed, more
from services.eoffice.domain.standing_in import Standing
from services.eoffice.queries import standing_in
from services.eoffice.schemas.delegating import Delegations, Leaves

_OPTIONS = (
    click.option("--person", help="An officer: away or standing in; of posts that they hold."),
    click.option("--post", "of", help="A post: of who holds it; that gives or is given powers."),
    click.option(
        "--state",
        type=click.Choice([str(each) for each in Standing]),
        help="Only those that are so on the day.",
    ),
    click.option("--day", type=DAY, help="As of that day: 01-07-2026; today if not given."),
    limit_option(200),
    language_option,
    json_option,
)


def _asking(command: Callable[..., None]) -> Callable[..., None]:
    for each in reversed(_OPTIONS):
        command = each(command)
    return command


@click.command("leaves")
@_asking
def leaves_command(language: str, as_json: bool, **given: Any) -> None:
    """Show leaves, current, coming and past, the last noted first.

    Exit status: 0; 2 when there is no such officer, post or day.
    """
    found = _found(standing_in.leaves, Leaves(), given)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    rows = [
        (
            _called(each["person"], language),
            ", ".join(each["posts"]),
            _called(each["linked"], language),
            day(each["since"]),
            day(each["until"]),
            word(each["state"], language),
        )
        for each in found["items"]
    ]
    columns = ("person", "posts", "linked", "since", "until", "state")
    listed(columns, rows, language, texts=columns[:3], say=word)
    _more(found, given["limit"], language)


@click.command("delegations")
@_asking
def delegations_command(language: str, as_json: bool, **given: Any) -> None:
    """Show delegations of powers, to sanction and to approve letters, the last made first.

    Exit status: 0; 2 when there is no such officer, post or day.
    """
    found = _found(standing_in.delegations, Delegations(), given)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    rows = [
        (
            _called(each["from_post"], language),
            _called(each["to_post"], language),
            ", ".join(one[language] for one in each["powers"]),
            "–" if each["most_paise"] is None else rupees(each["most_paise"]),
            day(each["since"]),
            day(each["until"]) or "–",
            word(each["state"], language),
        )
        for each in found["items"]
    ]
    columns = ("from_post", "to_post", "powers", "most", "since", "until", "state")
    listed(columns, rows, language, texts=columns[:3], figures=("most",), say=word)
    _more(found, given["limit"], language)


def _found(
    query: Callable[[Session, Mapping[str, Any], datetime], dict[str, Any]],
    schema: Schema,
    given: Mapping[str, Any],
) -> dict[str, Any]:
    asked = checked(schema, given, {"of": "--post"})
    try:
        with database_told(), sessions("eoffice").begin() as session:
            return query(session, asked, datetime.now(UTC))
    except Invalid as error:
        told = {("--post" if name == "of" else f"--{name}"): r for name, r in error.fields.items()}
        fail(str(Invalid(error.message, told)), WRONG_INPUT)


def _called(named: Mapping[str, str], language: str) -> str:
    return f"{named[language]} ({named['code']})"


def _more(found: Mapping[str, Any], limit: int, language: str) -> None:
    if found["next"] is not None:
        more(limit, language)
