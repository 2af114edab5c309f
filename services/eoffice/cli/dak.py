"""``palika eoffice diarise``, ``receipts``, ``pending``, ``acknowledge``: the DAK at a terminal."""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click
from marshmallow import Schema, ValidationError
from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.database import sessions
from palika.days import DAY
from palika.errors import Invalid, PalikaError
from palika.exits import database_told, fail
from palika.india import day_of, grouped
from services.eoffice.cli.asking import (
    WRONG_INPUT,
    by_option,
    language_option,
    limit_option,
    officer,
    post_option,
    shown_in_option,
)
from services.eoffice.cli.showing import day, listed, more
from services.eoffice.cli.words import say
from services.eoffice.commands.diarise import diarise
from services.eoffice.commands.diarise_mail import diarise_mail
from services.eoffice.commands.keep_paper import add_paper
from services.eoffice.documents import SlipPaper, slip_pdf
from services.eoffice.domain.organisation import Actor
from services.eoffice.models import Receipt
from services.eoffice.organisation_store import actor, current
from services.eoffice.papers import MOST, keep
from services.eoffice.queries import kept_papers as papers
from services.eoffice.queries import receipts
from services.eoffice.queries.alike import alike
from services.eoffice.queries.papers import slip_paper
from services.eoffice.schemas import receipts as schemas

_JSON = click.option("--json", "as_json", is_flag=True, help="The outcome as JSON.")
_FILTER = click.option(
    "--filter",
    "filters",
    multiple=True,
    metavar="NAME=VALUE",
    help="Only those of which NAME is VALUE; may be given often, and all must hold.",
)
_PLAIN = {
    "category": "What it is, as the city calls it: complaint, rti …; general if not given.",
    "language": "In which it is written, and the sender is answered: mr or en.",
    "secrecy": "normal, confidential, secret or top_secret.",
    "priority": "ordinary, urgent or most_urgent.",
    "due-on": "Until when it wants an answer: 01-07-2026; by its category if not given.",
    "remark": "A remark for who reads it next.",
    "sender-kind": "Who has sent it: citizen, elected, government …; citizen if not given.",
    "sender-address": "Where the sender lives.",
    "sender-phone": "The sender's telephone number: there the receipt is acknowledged.",
    "sender-email": "The sender's e-mail address, for the same.",
    "ref": "The number that the sender has given it.",
    "dated": "The day that stands on it: 28-06-2026.",
    "received-on": "The day on which it came: 01-07-2026; today if not given.",
}
_DAYS = frozenset({"due-on", "dated", "received-on"})


def _said(command: Callable[..., None]) -> Callable[..., None]:
    for name, told in reversed(_PLAIN.items()):
        kind = DAY if name in _DAYS else str
        command = click.option(f"--{name}", type=kind, help=told)(command)
    return command


@click.command("diarise")
@click.argument(
    "files", nargs=-1, type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
)
@by_option
@post_option
@click.option(
    "--medium",
    type=click.Choice(["letter", "hand", "email"]),
    default="letter",
    show_default=True,
    help="How it came: by post, over the counter, or as e-mail.",
)
@click.option("--sender", help="Who has sent it; of an .eml file it is known.")
@click.option("--subject", help="What it is about; of an .eml file it is known.")
@click.option("--vip", is_flag=True, help="It is from somebody who is answered first.")
@_said
@shown_in_option
@_JSON
def diarise_command(
    files: Sequence[Path],
    by: str,
    post: str | None,
    medium: str,
    sender: str | None,
    subject: str | None,
    vip: bool,
    shown_in: str,
    as_json: bool,
    **said: str | None,
) -> None:
    """Diarise a letter whose scans are FILES (PDF, JPEG, PNG, TIFF; the letter first), or an .eml.

    It gets the next number of the officer's section. Nothing is diarised if one file cannot be
    taken; of an e-mail, what is attached and no plain paper is left out and named. Whether the same
    letter may have been diarised before is told: of the same sender, with the same number and day.

    Exit status: 0 when it is diarised, 1 when it is refused, 2 when an option is wrong.
    """
    given = {name: value for name, value in said.items() if value is not None} | {"vip": vip}
    if post is not None:
        given["post"] = post
    mails = [each for each in files if each.suffix.lower() == ".eml"]
    if mails:
        if len(files) > 1 or sender or subject:
            fail("an .eml file is diarised alone, and says itself from whom it is", WRONG_INPUT)
        carried = base64.b64encode(mails[0].read_bytes()).decode()
        args = _loaded(schemas.DiarisingMail, {**given, "content_base64": carried})
    else:
        if not sender or not subject:
            fail("--sender and --subject are needed", WRONG_INPUT)
        told = {"medium": medium, "sender_name": sender, "subject": subject}
        args = _loaded(schemas.Diarising, {**given, **told})
    begin, caller, now = sessions("eoffice").begin, officer(by), datetime.now(UTC)
    left_out: Mapping[str, str] = {}
    with database_told():
        try:
            if mails:
                done = diarise_mail(begin, papers.store(), caller, args, now)
                receipt, left_out = done.receipt, done.left_out
            else:
                receipt = _with_scans(begin, caller, files, args, now)
        except PalikaError as error:
            fail(str(error), 1)
        with begin() as session:
            before = alike(session, actor(session, caller, args["post"], now).post, receipt)
    if as_json:
        told = {"left_out": dict(left_out), "alike": before}
        click.echo(json.dumps(_shown(receipt) | told, ensure_ascii=False))
        return
    click.echo(f"{receipt.number}  {receipt.subject}")
    for name, rule in left_out.items():
        click.echo(f"  {say('left out', shown_in)}: {name} {rule}")
    for each in before:
        told_of = each | {"received_on": day(each["received_on"])}
        click.echo(f"  {say('alike', shown_in).format(**told_of)}")


@click.command("receipts")
@by_option
@post_option
@_FILTER
@limit_option(schemas.LIST_LIMIT)
@language_option
@_JSON
def receipts_command(
    by: str, post: str | None, filters: Sequence[str], limit: int, language: str, as_json: bool
) -> None:
    """Show the newest receipts that an officer may see.

    A filter's NAME is status (open, filed, closed, weeded), medium (letter, email, hand), overdue,
    follow_up or vip (true, false), office, department, category, held_by (a post), file_id,
    diarised_from or diarised_before (2026-07-01T10:00+05:30).

    Exit status: 0, 1 when the database or the officer is not there, 2 when an option is wrong.
    """
    args = _loaded(schemas.ListingReceipts, {**_filters(filters), "limit": limit})
    found = _asked(by, post, lambda session, who, now: receipts.page(session, who.post, args, now))
    if as_json:
        click.echo(json.dumps(found["items"], ensure_ascii=False))
        return
    columns = ("number", "received_on", "status", "held_by", "due_on", "sender_name", "subject")
    rows = [
        (
            each["number"],
            day(each["received_on"]),
            say(each["status"], language),
            each["held_by"],
            day(each["due_on"]),
            each["sender_name"],
            each["subject"],
        )
        for each in found["items"]
    ]
    listed(columns, rows, language, texts=("sender_name", "subject"))
    if found["next"] is not None:
        more(limit, language)


@click.command("acknowledge")
@click.argument("number")
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path))
@by_option
@post_option
@language_option
@_JSON
def acknowledge_command(
    number: str, target: Path, by: str, post: str | None, language: str, as_json: bool
) -> None:
    """Write the slip for the sender of the receipt NUMBER, in Marathi and English, as PDF to
    TARGET.

    Exit status: 0, 1 when there is no such receipt for this officer or TARGET cannot be written.
    """

    def found(session: Session, who: Actor, now: datetime) -> tuple[SlipPaper, date]:
        receipt = receipts.find(session, who.post, {"id": None, "number": number})
        return slip_paper(session, receipt), day_of(receipt.diarised_at)

    slip, made = _asked(by, post, found)
    try:
        target.write_bytes(slip_pdf(slip, made))
    except OSError as error:
        fail(f"{target} cannot be written: {error.strerror}", 1)
    said = {"number": slip.number, "file": str(target), **slip.said}
    told = say("slip written", language).format(**said)
    click.echo(json.dumps(said, ensure_ascii=False) if as_json else told)


@click.command("pending")
@by_option
@post_option
@click.option(
    "--per",
    type=click.Choice(schemas.GROUPS),
    default="post",
    show_default=True,
    help="What the rows are.",
)
@_FILTER
@language_option
@_JSON
def pending_command(
    by: str, post: str | None, per: str, filters: Sequence[str], language: str, as_json: bool
) -> None:
    """Show how many receipts wait, of those that an officer may see, and for how many days.

    A filter's NAME is overdue or vip (true, false), office, department, category, held_by (a
    post), diarised_from or diarised_before (2026-07-01T10:00+05:30).

    Exit status: as `palika eoffice receipts`.
    """
    args = _loaded(schemas.PendingReceipts, {**_filters(filters), "by": per})
    found = _asked(
        by, post, lambda session, who, now: receipts.pending(session, who.post, args, now)
    )
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    ages = [name for each in found[:1] for name in each["ages"]]
    figures = ("pending", "unseen", "overdue", "vip", *ages)
    rows = [
        (each[per] or "", *(grouped({**each, **each["ages"]}[name]) for name in figures))
        for each in found
    ]
    listed((per, *figures), rows, language, texts=(), figures=figures)


def _with_scans(
    begin: Callable[[], Any],
    caller: Identity,
    files: Sequence[Path],
    args: dict[str, Any],
    now: datetime,
) -> Receipt:
    for file in files:
        if file.stat().st_size > MOST:
            raise Invalid(
                "this paper cannot be taken", {file.name: [f"has more than {MOST} bytes"]}
            )
    kept = []
    for file in files:
        try:
            kept.append((file.name, keep(papers.store(), file.read_bytes(), now)))
        except Invalid as error:
            raise Invalid(error.message, {file.name: error.fields["content"]}) from error
    with begin() as session:
        who = actor(session, caller, args["post"], now)
        rows = [add_paper(session, each, None, name, who, now) for name, each in kept]
        return diarise(session, caller, args | {"papers": [each.id for each in rows]}, now)


def _asked(by: str, post: str | None, question: Callable[[Session, Actor, datetime], Any]) -> Any:
    now = datetime.now(UTC)
    with database_told():
        try:
            with sessions("eoffice").begin() as session:
                return question(session, actor(session, officer(by), post, now), now)
        except PalikaError as error:
            fail(str(error), 1)


def _filters(given: Sequence[str]) -> dict[str, str]:
    found = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not equals:
            fail(f"--filter {each}: must be NAME=VALUE", WRONG_INPUT)
        found[name] = value
    return found


def _loaded(schema: type[Schema], given: Mapping[str, Any]) -> dict[str, Any]:
    try:
        loaded: dict[str, Any] = schema().load(given)
    except ValidationError as error:
        wrong = error.normalized_messages()
        lines = [f"{name}: {_first(rules)}" for name, rules in wrong.items()]
        fail("\n".join(lines), WRONG_INPUT)
    return loaded


def _first(rules: Any) -> str:
    while isinstance(rules, dict | list):
        rules = next(iter(rules.values())) if isinstance(rules, dict) else rules[0]
    return str(rules)


def _shown(receipt: Receipt) -> dict[str, Any]:
    with database_told(), sessions("eoffice").begin() as session:
        return receipts.view(receipt, current(session).posts[receipt.held_by])
