"""``palika eoffice weeding``: lists of files and receipts to be weeded, proposed and decided at a
terminal."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import click
from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.database import sessions
from palika.errors import NotFound
from palika.exits import database_told
from services.eoffice.cli.asking import (
    by_option,
    checked,
    json_option,
    language_option,
    officer,
    post_option,
)
from services.eoffice.cli.records import told
from services.eoffice.cli.showing import day, listed
from services.eoffice.cli.words import say
from services.eoffice.commands.weed import decide_weeding, propose_weeding
from services.eoffice.organisation_store import actor
from services.eoffice.queries import receipts, records
from services.eoffice.queries.sight import readable_file
from services.eoffice.reference import city_diary
from services.eoffice.schemas.records import DecidingWeeding, Proposing, Weedings

_LIST = click.argument("weeding", type=click.UUID, metavar="LIST")
_CALLED = {"files": "NUMBERS", "receipts": "NUMBERS"}
_REMARK = click.option("--remark", required=True, help="Why.")


@click.group("weeding")
def group() -> None:
    """Propose, decide and show lists of files and receipts to be weeded; hold one of them back.

    Exit status of all: 0 done; 1 it cannot be done, or the officer may not; 2 wrong usage.
    """


@group.command("propose")
@click.argument("numbers", nargs=-1, required=True)
@_REMARK
@by_option
@post_option
@language_option
@json_option
def propose_command(
    numbers: tuple[str, ...], remark: str, by: str, post: str | None, language: str, as_json: bool
) -> None:
    """Propose that the files and receipts NUMBERS be weeded; `due` shows which are due."""
    now, who = datetime.now(UTC), officer(by)
    with told(), database_told(), sessions("eoffice").begin() as session:
        keys: dict[str, list[str]] = {"file_id": [], "receipt_id": []}
        for each in numbers:
            key, found = named(session, who, post, each, now)
            keys[key].append(found)
        said = {"files": keys["file_id"], "receipts": keys["receipt_id"]}
        args = checked(Proposing(), {**said, "remark": remark, "post": post}, _CALLED)
        made = propose_weeding(session, who, args, now)
        session.flush()
        shown = _shown(session, who, post, made.id, now)
    _tell(shown, language, as_json)


@group.command("decide")
@_LIST
@click.argument("number")
@click.option("--approve/--refuse", required=True, default=None, help="What is decided.")
@_REMARK
@by_option
@post_option
@click.option("--yes", is_flag=True, help="Do not ask before anything is destroyed.")
@language_option
@json_option
def decide_command(
    weeding: UUID,
    number: str,
    approve: bool,
    remark: str,
    by: str,
    post: str | None,
    yes: bool,
    language: str,
    as_json: bool,
) -> None:
    """Approve or refuse the weeding of the file or receipt NUMBER of a LIST. What is approved is
    destroyed."""
    if approve and not yes:
        click.confirm(f"{number} is destroyed for good. Go on?", abort=True, err=True)
    now, who = datetime.now(UTC), officer(by)
    with told(), database_told(), sessions("eoffice").begin() as session:
        key, found = named(session, who, post, number, now)
        given = {"id": str(weeding), key: found, "approve": approve, "remark": remark, "post": post}
        decide_weeding(session, who, checked(DecidingWeeding(), given), now)
        session.flush()
        shown = _shown(session, who, post, weeding, now)
    _tell(shown, language, as_json)


@group.command("show")
@_LIST
@by_option
@post_option
@language_option
@json_option
def show_command(weeding: UUID, by: str, post: str | None, language: str, as_json: bool) -> None:
    """Show a LIST: each of its files and receipts, and what was decided."""
    now, who = datetime.now(UTC), officer(by)
    with told(), database_told(), sessions("eoffice").begin() as session:
        found = _shown(session, who, post, weeding, now)
    _tell(found, language, as_json)


@group.command("list")
@click.option(
    "--open/--all",
    "only_open",
    default=True,
    show_default=True,
    help="Those with something to decide, or all.",
)
@by_option
@post_option
@language_option
@json_option
def list_command(only_open: bool, by: str, post: str | None, language: str, as_json: bool) -> None:
    """Show the lists of what is to be weeded, the newest first."""
    now = datetime.now(UTC)
    with told(), database_told(), sessions("eoffice").begin() as session:
        who = actor(session, officer(by), post, now)
        args = checked(Weedings(), {"open": True if only_open else None})
        found = records.weedings(session, who.post, args)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    rows = [
        (
            each["id"],
            each["proposed_by"],
            _counted(each["files"], language),
            _counted(each["receipts"], language),
            each["remark"],
        )
        for each in found["items"]
    ]
    listed(("list", "by", "files", "receipts", "remark"), rows, language, texts=("remark",))


def named(
    session: Session, who: Identity, post: str | None, number: str, now: datetime
) -> tuple[str, str]:
    """What a NUMBER is of: ``file_id`` or ``receipt_id``, and that id.

    Raises:
        NotFound: there is neither, or the officer may not read it.
        Forbidden: the officer does not speak for the post.
    """
    reader = actor(session, who, post, now).post
    with suppress(NotFound):
        return "file_id", str(readable_file(session, reader, None, number).id)
    with suppress(NotFound):
        found = receipts.find(session, reader, {"id": None, "number": number})
        return "receipt_id", str(found.id)
    raise NotFound(f"there is no file or receipt {number}", {"number": number})


def _counted(states: dict[str, int], language: str) -> str:
    return ", ".join(f"{say(state, language)} {count}" for state, count in states.items())


def _shown(
    session: Session, who: Identity, post: str | None, weeding: UUID, now: datetime
) -> dict[str, Any]:
    return records.weeding(session, actor(session, who, post, now).post, weeding)


def _tell(found: dict[str, Any], language: str, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    rows = [
        (
            each["number"],
            say(each["state"], language),
            each["decided_by"] or "",
            each["remark"] or "",
            each["subject"],
        )
        for each in found["files"]
    ]
    title: str | None = f"{found['id']}: {found['remark']}"
    if rows or not found["receipts"]:
        columns = ("number", "status", "by", "remark", "subject")
        listed(columns, rows, language, texts=("remark", "subject"), title=title)
        title = None
    if not found["receipts"]:
        return
    known = city_diary().categories
    rows = [
        (
            each["number"],
            day(each["received_on"]),
            getattr(known.get(each["category"]), language, each["category"]),
            say(each["state"], language),
            each["decided_by"] or "",
            each["remark"] or "",
        )
        for each in found["receipts"]
    ]
    columns = ("number", "received_on", "category", "status", "by", "remark")
    listed(columns, rows, language, texts=("category", "remark"), title=title)
