"""Who acts: what the commands of the KPIs that write something ask for in one way."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from palika.auth import Identity

KINDS = ("officer", "supervisor", "admin")
by_option = click.option(
    "--by",
    required=True,
    metavar="[KIND:]NAME",
    help="Who acts: a post, such as water-clerk, or supervisor:it-head, admin:palika.",
)


def acting(by: str) -> "Identity":
    """Who acts, by what ``--by`` says: a kind, which is the role, and a name; without a kind an
    officer.

    Raises:
        click.UsageError: the kind is none of those, or that can be nobody's name.
    """
    from palika.auth import Identity

    kind, colon, name = by.strip().partition(":")
    if not colon:
        kind, name = "officer", kind
    name = name.strip()
    if kind not in KINDS or not name:
        rule = f"must be NAME or KIND:NAME, such as supervisor:it-head; KIND is {', '.join(KINDS)}"
        raise click.UsageError(f"--by: {rule}")
    try:
        return Identity.of(f"{kind}:{name}", kind)
    except ValueError as error:
        raise click.UsageError(f"--by: {error}") from error
