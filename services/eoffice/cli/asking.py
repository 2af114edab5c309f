"""What the commands of the e-office ask for in one way: who acts, checked arguments,
and JSON."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import click
from marshmallow import Schema, ValidationError

from palika.auth import Identity
from palika.errors import Invalid
from palika.exits import fail

WRONG_INPUT = 2
by_option = click.option(
    "--by", required=True, metavar="OFFICER", help="Who acts: a person or a post, like roads-je."
)
post_option = click.option("--post", help="For which of their posts, if they have several.")
json_option = click.option("--json", "as_json", is_flag=True, help="As one JSON object.")


def limit_option(most: int, default: int = 50) -> Any:
    """How many are shown."""
    kind = click.IntRange(1, most)
    told = f"At most so many, up to {most}."
    return click.option("--limit", type=kind, default=default, show_default=True, help=told)


language_option = click.option(
    "--language",
    type=click.Choice(["mr", "en"]),
    default="mr",
    show_default=True,
    help="Of names and headings.",
)


shown_in_option = click.option(
    "--shown-in",
    type=click.Choice(["mr", "en"]),
    default="mr",
    show_default=True,
    help="In which language the outcome is told, where --language is of what is entered.",
)


def officer(by: str) -> Identity:
    """Who acts, by what ``--by`` says; ends with 2 if that can be nobody's name."""
    name = by.removeprefix("officer:").strip()
    if not name:
        fail("--by: must not be empty", WRONG_INPUT)
    try:
        return Identity.of(f"officer:{name}", "officer")
    except ValueError as error:
        fail(f"--by: {error}", WRONG_INPUT)


def checked(
    schema: Schema, given: Mapping[str, Any], options: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """The arguments as a call would have them; ends with 2 if they are wrong.

    Args:
        options: what an argument is called at the terminal, where it is not ``--<its name>``.
    """
    said = {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in given.items()
        if value is not None or schema.fields[name].required
    }
    try:
        found: dict[str, Any] = schema.load(said)
    except ValidationError as error:
        rules = error.normalized_messages().items()
        told = {
            (options or {}).get(name, f"--{name.replace('_', '-')}"): rule for name, rule in rules
        }
        fail(str(Invalid("wrong options", told)), WRONG_INPUT)
    return found
