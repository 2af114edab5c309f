"""``palika eoffice correct``, ``refile``, ``strike``: what was entered wrongly is put right."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import click
from marshmallow import Schema
from sqlalchemy import select
from sqlalchemy.orm import Session

from palika.database import sessions
from palika.errors import NotFound
from palika.exits import database_told
from services.eoffice import queries
from services.eoffice.cli.asking import (
    by_option,
    checked,
    json_option,
    language_option,
    officer,
    post_option,
)
from services.eoffice.cli.records import told
from services.eoffice.cli.weeding import named
from services.eoffice.cli.words import say
from services.eoffice.commands.correct_file import correct_file
from services.eoffice.commands.correct_receipt import correct_receipt, refile_receipt
from services.eoffice.commands.strike_paper import strike_paper
from services.eoffice.domain.organisation import Post
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.models import Correspondence, Receipt
from services.eoffice.organisation_store import actor
from services.eoffice.queries import receipts
from services.eoffice.queries.contents import content_view
from services.eoffice.queries.sight import readable_file
from services.eoffice.schemas import correcting as schemas

_REASON = click.option("--reason", required=True, help="Why; it stands in the record.")
_Command = Callable[..., Any]


@click.command("correct")
@click.argument("number")
@click.option("--subject", help="What it is about.")
@click.option(
    "--secrecy", type=click.Choice([each.code for each in Secrecy]), help="Of a file: its grade."
)
@click.option("--public/--not-public", default=None, help="Of a file: may a citizen ask about it?")
@click.option("--sender-name", help="Of a receipt: who has sent it.")
@click.option("--sender-phone", help="Of a receipt: the sender's telephone number.")
@click.option("--sender-email", help="Of a receipt: the sender's e-mail address.")
@click.option("--category", help="Of a receipt: what it is, as the city calls it.")
@_REASON
@by_option
@post_option
@language_option
@json_option
def correct_command(number: str, by: str, language: str, as_json: bool, **said: Any) -> None:
    """Correct what is said of the file or receipt NUMBER; what is not given stays.

    What it was stays in the record: `history` of a file, `corrections` of a receipt.

    Exit status: 0; 1 when it is refused; 2 when an option is wrong.
    """

    def correct(session: Session, _: Post) -> tuple[_Command, Schema, Mapping[str, Any]]:
        kind, key = named(session, officer(by), said["post"], number, datetime.now(UTC))
        command, schema = {
            "file_id": (correct_file, schemas.CorrectingFile),
            "receipt_id": (correct_receipt, schemas.CorrectingReceipt),
        }[kind]
        return command, schema(), {"id": key, **said}

    _done(correct, by, said["post"], "corrected", language, as_json)


@click.command("refile")
@click.argument("number")
@click.argument("file_number", metavar="FILE")
@_REASON
@by_option
@post_option
@language_option
@json_option
def refile_command(
    number: str, file_number: str, by: str, language: str, as_json: bool, **said: Any
) -> None:
    """Take the receipt NUMBER out of a wrong file into the right one, FILE.

    Its pages in the wrong file stay taken.

    Exit status: 0; 1 when it is refused; 2 when an option is wrong.
    """

    def refile(session: Session, post: Post) -> tuple[_Command, Schema, Mapping[str, Any]]:
        receipt = receipts.find(session, post, {"id": None, "number": number})
        asked = {"id": str(receipt.id), "file_number": file_number, **said}
        return refile_receipt, schemas.Refiling(), asked

    _done(refile, by, said["post"], "refiled", language, as_json)


@click.command("strike")
@click.argument("number")
@click.argument("page", type=click.IntRange(1))
@_REASON
@by_option
@post_option
@language_option
@json_option
def strike_command(
    number: str, page: int, by: str, language: str, as_json: bool, **said: Any
) -> None:
    """Strike out the paper of the file NUMBER that has the page PAGE; no page is numbered anew.

    Exit status: 0; 1 when it is refused; 2 when an option is wrong.
    """

    def strike(session: Session, post: Post) -> tuple[_Command, Schema, Mapping[str, Any]]:
        file = readable_file(session, post, None, number)
        wanted = select(Correspondence.id).where(
            Correspondence.file_id == file.id,
            Correspondence.first_page <= page,
            Correspondence.last_page >= page,
        )
        found = session.scalar(wanted)
        if found is None:
            raise NotFound(f"file {number} has no page {page}", {"page": page})
        return strike_paper, schemas.StrikingPaper(), {"id": str(found), **said}

    _done(strike, by, said["post"], "struck out", language, as_json)


def _done(
    asking: Callable[[Session, Post], tuple[_Command, Schema, Mapping[str, Any]]],
    by: str,
    post: str | None,
    done: str,
    language: str,
    as_json: bool,
) -> None:
    now, who = datetime.now(UTC), officer(by)
    with told(), database_told(), sessions("eoffice").begin() as session:
        command, schema, asked = asking(session, actor(session, who, post, now).post)
        given = {name: each for name, each in asked.items() if name in schema.fields}
        if strange := [name for name, each in asked.items() if each and name not in given]:
            raise click.UsageError(f"--{strange[0].replace('_', '-')} is not of this kind")
        found = command(session, who, checked(schema, given), now)
        session.flush()
        shown = _shown(session, found, actor(session, who, post, now).post)
    if as_json:
        click.echo(json.dumps(shown, ensure_ascii=False))
        return
    number = shown.get("number") or f"c:{shown['first_page']}-{shown['last_page']}"
    click.echo(say(done, language).format(number=number))


def _shown(session: Session, found: Any, post: Post) -> dict[str, Any]:
    if isinstance(found, Receipt):
        return receipts.seen(session, found, post)
    return content_view(found) if isinstance(found, Correspondence) else queries.view(found)
