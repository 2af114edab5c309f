"""``palika eoffice weeding``: lists of files to be weeded, proposed and decided at a terminal."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import click
from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.database import sessions
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
from services.eoffice.cli.showing import listed
from services.eoffice.cli.words import say
from services.eoffice.commands.weed import decide_weeding, propose_weeding
from services.eoffice.organisation_store import actor
from services.eoffice.queries import records
from services.eoffice.queries.sight import readable_file
from services.eoffice.schemas.records import DecidingWeeding, Proposing, Weedings

_LIST = click.argument("weeding", type=click.UUID, metavar="LIST")
_CALLED = {"files": "NUMBERS"}
_REMARK = click.option("--remark", required=True, help="Why.")


@click.group("weeding")
def group() -> None:
    """Propose, decide and show lists of files to be weeded.

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
    """Propose that the files NUMBERS be weeded; `due` shows which are due."""
    now, who = datetime.now(UTC), officer(by)
    with told(), database_told(), sessions("eoffice").begin() as session:
        files = [_file(session, who, post, each, now) for each in numbers]
        args = checked(Proposing(), {"files": files, "remark": remark, "post": post}, _CALLED)
        made = propose_weeding(session, who, args, now)
        session.flush()
        found = _shown(session, who, post, made.id, now)
    _tell(found, language, as_json)


@group.command("decide")
@_LIST
@click.argument("number")
@click.option("--approve/--refuse", required=True, default=None, help="What is decided.")
@_REMARK
@by_option
@post_option
@click.option("--yes", is_flag=True, help="Do not ask before a file is destroyed.")
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
    """Approve or refuse the weeding of the file NUMBER of a LIST. What is approved is destroyed."""
    if approve and not yes:
        click.confirm(f"{number} is destroyed for good. Go on?", abort=True, err=True)
    now, who = datetime.now(UTC), officer(by)
    with told(), database_told(), sessions("eoffice").begin() as session:
        given = {
            "id": str(weeding),
            "file_id": _file(session, who, post, number, now),
            "approve": approve,
            "remark": remark,
            "post": post,
        }
        decide_weeding(session, who, checked(DecidingWeeding(), given), now)
        session.flush()
        found = _shown(session, who, post, weeding, now)
    _tell(found, language, as_json)


@group.command("show")
@_LIST
@by_option
@post_option
@language_option
@json_option
def show_command(weeding: UUID, by: str, post: str | None, language: str, as_json: bool) -> None:
    """Show a LIST: each of its files, and what was decided."""
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
    """Show the lists of files to be weeded, the newest first."""
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
            ", ".join(f"{say(state, language)} {count}" for state, count in each["files"].items()),
            each["remark"],
        )
        for each in found["items"]
    ]
    listed(("list", "by", "files", "remark"), rows, language, texts=("remark",))


def _file(session: Session, who: Identity, post: str | None, number: str, now: datetime) -> str:
    return str(readable_file(session, actor(session, who, post, now).post, None, number).id)


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
    columns, title = (
        ("number", "status", "by", "remark", "subject"),
        f"{found['id']}: {found['remark']}",
    )
    listed(columns, rows, language, texts=("remark", "subject"), title=title)
