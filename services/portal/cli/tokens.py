"""``palika portal token``: tokens of programs."""

import json
from datetime import timedelta

import click

from services.portal.cli.common import (
    as_json,
    by_option,
    keeping,
    now,
    ordered_by,
    show,
    transaction,
)
from services.portal.commands.keep_account import account_of
from services.portal.commands.keep_token import add_token, end_token
from services.portal.domain.scopes import LONGEST, SCOPES
from services.portal.queries.sessions import tokens


@click.group("token")
def group() -> None:
    """Tokens by which programs speak to the portal's API."""


@group.command("add")
@click.argument("name")
@click.option("--scope", "scopes", multiple=True, type=click.Choice(sorted(SCOPES)), required=True)
@click.option("--days", type=click.IntRange(1, LONGEST.days), default=90, show_default=True)
@click.option("--for", "person", default=None, help="The officer for whom it acts; with --post.")
@click.option("--post", default=None, help="The post for which it acts, while the officer has it.")
@by_option
@as_json
def add(
    name: str,
    scopes: tuple[str, ...],
    days: int,
    person: str | None,
    post: str | None,
    by: str | None,
    as_json: bool,
) -> None:
    """Make a token of the program NAME. It is printed once, and kept as a digest."""
    if (person is None) != (post is None):
        raise click.UsageError("--for and --post go together")
    with transaction() as session:
        account = None if person is None else account_of(session, person)
        token = add_token(
            session,
            keeping(),
            name,
            scopes,
            timedelta(days=days),
            ordered_by(by),
            now(),
            account=account,
            post=post,
        )
    click.echo(json.dumps({"name": name, "token": token}) if as_json else token)


@group.command("list")
@as_json
def list_command(as_json: bool) -> None:
    """All tokens, those that are over too; none of them in clear."""
    with transaction() as session:
        rows = [
            {
                "name": each.name,
                "scopes": each.scopes,
                "post": each.post,
                "until": each.until,
                "used_at": each.used_at,
                "ended_at": each.ended_at,
                "created_by": each.created_by,
            }
            for each in tokens(session)
        ]
    columns = ("name", "scopes", "post", "until", "used_at", "ended_at", "created_by")
    show(rows, columns, whole=as_json)


@group.command("end")
@click.argument("name")
def end(name: str) -> None:
    """The token of NAME is good for nothing any more."""
    with transaction() as session:
        end_token(session, name, now())
    click.echo(f"{name}: ended")
