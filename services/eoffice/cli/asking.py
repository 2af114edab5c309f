"""What the commands of the e-office ask for in one way: who acts, checked arguments,
and JSON."""

from collections.abc import Mapping
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
language_option = click.option(
    "--language",
    type=click.Choice(["mr", "en"]),
    default="mr",
    show_default=True,
    help="Of names and headings.",
)
_HEADINGS: Mapping[str, tuple[str, str]] = {
    "": ("", ""),
    "number": ("क्रमांक", "number"),
    "subject": ("विषय", "subject"),
    "priority": ("प्राधान्य", "priority"),
    "status": ("स्थिती", "status"),
    "since": ("केव्हापासून", "since"),
    "until": ("केव्हापर्यंत", "until"),
    "opened": ("उघडली", "opened"),
    "hours": ("तास", "hours"),
    "due": ("मुदत", "due"),
    "due_on": ("मुदत", "due on"),
    "from": ("कोणाकडून", "from"),
    "post": ("टेबल", "post"),
    "came by": ("कशी आली", "came by"),
    "kept as": ("जतन वर्ग", "kept as"),
    "by": ("कोणी", "by"),
    "remark": ("शेरा", "remark"),
    "weeding": ("नष्टीकरणासाठी", "due for weeding"),
    "review": ("पुनर्विलोकनासाठी", "due for review"),
    "recording": ("अभिलेख कक्षात नोंदवण्यासाठी", "due for recording"),
    "held": ("थांबवलेली", "held"),
    "listed": ("यादीत", "listed"),
    "received_on": ("मिळाले", "received on"),
    "held_by": ("कोणाकडे", "held by"),
    "sender_name": ("पाठवणारे", "sender name"),
    "office": ("नोंदणी कार्यालय", "office"),
    "department": ("विभाग", "department"),
    "category": ("प्रकार", "category"),
    "pending": ("प्रलंबित", "pending"),
    "unseen": ("न उघडलेली", "unseen"),
    "overdue": ("मुदतबाह्य", "overdue"),
    "vip": ("व्हीआयपी", "vip"),
}


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
        name: value
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


def heading_of(column: str, language: str) -> str:
    """What a column is called; an age (``8-15``, ``91+``) is as it is in both."""
    mr, en = _HEADINGS.get(column, (column, column))
    return mr if language == "mr" else en
