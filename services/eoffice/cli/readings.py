"""``palika eoffice readings``: who has read a file from outside."""

import json
from datetime import UTC, datetime

import click

from palika.database import sessions
from palika.exits import database_told
from services.eoffice.cli.asking import (
    by_option,
    checked,
    json_option,
    language_option,
    limit_option,
    officer,
    post_option,
)
from services.eoffice.cli.records import told
from services.eoffice.cli.showing import listed, moment, more
from services.eoffice.cli.words import say
from services.eoffice.organisation_store import actor
from services.eoffice.queries.readings import readings
from services.eoffice.schemas import LIST_LIMIT
from services.eoffice.schemas.readings import Readings


@click.command("readings")
@click.argument("number")
@by_option
@post_option
@click.option("--cursor", help="Where to go on: the `next` of the page before, by --json.")
@limit_option(LIST_LIMIT)
@language_option
@json_option
def readings_command(
    number: str,
    by: str,
    post: str | None,
    cursor: str | None,
    limit: int,
    language: str,
    as_json: bool,
) -> None:
    """Show who has read the file NUMBER from outside, the newest first: of a normal file those of
    other departments who never had to do with it, of a secret one all but who has it. Of a person
    and a day it is the first reading.

    For the officer who has the file, and those above.

    Exit status: 0; 1 when there is no such file for this officer, or it is not theirs; 2 wrong
    usage.
    """
    now, who = datetime.now(UTC), officer(by)
    given = {"number": number, "post": post, "cursor": cursor, "limit": limit}
    args = checked(Readings(), given, {"number": "NUMBER"})
    with told(), database_told(), sessions("eoffice").begin() as session:
        page = readings(session, actor(session, who, post, now), args)
    if as_json:
        click.echo(json.dumps(page, ensure_ascii=False))
        return
    columns = ("person", "post", "time", "read")
    rows = [
        (
            each["person"] or each["post"],
            each["post"],
            moment(each["read_at"]),
            say(each["what"], language),
        )
        for each in page["items"]
    ]
    listed(columns, rows, language, texts=(), title=page["number"])
    if page["next"] is not None:
        more(limit, language)
