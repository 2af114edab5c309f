"""``palika eoffice inbox, custody, transfer``: desks, who had a file, what a vacant post has."""

import json
from datetime import UTC, datetime
from typing import Any

import click

from palika.auth import Identity
from palika.database import sessions
from palika.errors import Conflict, Invalid, NotFound, PalikaError
from palika.exits import database_told, fail
from palika.india import day_of, grouped
from services.eoffice import queries
from services.eoffice.cli.asking import (
    WRONG_INPUT,
    checked,
    json_option,
    language_option,
    limit_option,
)
from services.eoffice.cli.showing import day, listed, moment, more
from services.eoffice.cli.words import say
from services.eoffice.commands.transfer import transfer_custody
from services.eoffice.organisation_store import current
from services.eoffice.queries import desk
from services.eoffice.queries.custody import custody
from services.eoffice.schemas import Getting
from services.eoffice.schemas.moving import Inbox, Transferring

_ADMIN = Identity.of("admin:palika", "admin")


@click.command("inbox")
@click.argument("post")
@click.option("--overdue", is_flag=True, help="Only what is beyond its due date.")
@limit_option(200)
@language_option
@json_option
def inbox_command(post: str, overdue: bool, limit: int, language: str, as_json: bool) -> None:
    """Show what is on the desk of POST, the most urgent first.

    What a file is about is shown of those that are not secret.

    Exit status: 0; 2 when there is no such post.
    """
    now = datetime.now(UTC)
    args = Inbox().load({"limit": limit, **({"overdue": True} if overdue else {})})
    try:
        with database_told(), sessions("eoffice").begin() as session:
            whose = current(session).check_post(post, "post", day_of(now))
            counts = desk.counts(session, whose, day_of(now))
            page = desk.inbox(session, whose, args, day_of(now))
    except Invalid as error:
        fail(_rules(error), WRONG_INPUT)
    found = page["items"]
    for each in found:
        each["subject"] = each["subject"] if each["secrecy"] == "normal" else None
    if as_json:
        click.echo(json.dumps({"counts": counts, "items": found}, ensure_ascii=False))
        return
    there = ", ".join(f"{say(word, language)} {grouped(count)}" for word, count in counts.items())
    columns = ("number", "priority", "since", "due", "from", "subject")
    rows = [
        (
            each["number"],
            say(each["priority"], language),
            moment(each["held_since"]),
            _due(each, language),
            each["sent_by"] or "",
            f"({say(each['secrecy'], language)})" if each["subject"] is None else each["subject"],
        )
        for each in found
    ]
    listed(columns, rows, language, title=f"{post}: {there}")
    if page["next"] is not None:
        more(limit, language)


@click.command("custody")
@click.argument("number")
@language_option
@json_option
def custody_command(number: str, language: str, as_json: bool) -> None:
    """Show which post had the file NUMBER from when until when.

    Exit status: 0; 1 when there is no such file, 2 when it is no number.
    """
    now = datetime.now(UTC)
    asked = checked(Getting(), {"number": number}, {"number": "NUMBER"})
    try:
        with database_told(), sessions("eoffice").begin() as session:
            file = queries.numbered(session, asked["number"])
            status, stays = file.state, custody(session, file.id, now)
    except NotFound as error:
        fail(error.message, 1)
    if as_json:
        said = {"number": number, "status": status, "custody": stays}
        click.echo(json.dumps(said, ensure_ascii=False))
        return
    columns = ("post", "came by", "since", "opened", "until", "hours")
    rows = [
        (
            each["post"],
            say(each["how"], language),
            moment(each["since"]),
            moment(each["seen_at"]),
            moment(each["until"]),
            f"{each['minutes'] / 60:.1f}",
        )
        for each in stays
    ]
    title = f"{number}: {say(status, language)}"
    listed(columns, rows, language, texts=(), figures=("hours",), title=title)


@click.command("transfer")
@click.argument("from_post")
@click.argument("to")
@click.option("--remark", required=True, help="By which order.")
@click.option("--post", help="The post that orders it; TO if not given.")
@json_option
def transfer_command(from_post: str, to: str, remark: str, post: str | None, as_json: bool) -> None:
    """Give the files and receipts of FROM_POST, which is vacant or abolished, to the post TO.

    They go in parts, each a transaction: what was stopped goes on when it is asked again.

    Exit status: 0 when all have gone; 1 when somebody holds FROM_POST, or some are left that TO
    may not read or that others are at work on; 2 when there is no such post.
    """
    asked = {"from_post": from_post, "to": to, "remark": remark, "post": post or to}
    args = checked(Transferring(), asked, {"from_post": "FROM_POST", "to": "TO"})
    total, part = 0, {"transferred": 1, "left": 0, "withheld": 0}
    try:
        while part["transferred"]:
            with database_told(), sessions("eoffice").begin() as session:
                part = transfer_custody(session, _ADMIN, args, datetime.now(UTC))
            total += part["transferred"]
    except (Invalid, Conflict) as error:
        fail(_rules(error), WRONG_INPUT if isinstance(error, Invalid) else 1)
    outcome = {**part, "transferred": total}
    if as_json:
        click.echo(json.dumps(outcome))
    else:
        click.echo(
            f"Files and receipts given to {to}: {grouped(total)}; left: {grouped(part['left'])}; "
            f"more secret than it may read: {grouped(part['withheld'])}."
        )
    if part["left"] or part["withheld"]:
        raise click.exceptions.Exit(1)


def _due(item: dict[str, Any], language: str) -> str:
    due = day(min((each for each in (item["due_on"], item["desk_due_on"]) if each), default=None))
    return f"{due} ({say('overdue', language)})" if item["overdue"] else due


def _rules(error: PalikaError) -> str:
    rules: dict[str, Any] = getattr(error, "fields", None) or {}
    told = "; ".join(rule for each in rules.values() for rule in each)
    return f"{error.message}: {told}" if told else error.message
