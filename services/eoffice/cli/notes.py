"""``palika eoffice notes`` and ``letter-diff``: a note sheet, and what changed in a letter."""

import json
import uuid
from datetime import UTC, datetime
from pathlib import Path

import click

from palika.database import sessions
from palika.errors import PalikaError
from palika.exits import database_told, fail
from palika.india import day_of
from services.eoffice.cli.asking import (
    by_option,
    json_option,
    language_option,
    officer,
    post_option,
)
from services.eoffice.cli.showing import moment
from services.eoffice.cli.words import say
from services.eoffice.documents import sheet_pdf
from services.eoffice.organisation_store import actor
from services.eoffice.queries import letters, notes
from services.eoffice.queries.papers import sheet_paper
from services.eoffice.queries.sight import readable_file


@click.command("notes")
@click.argument("number")
@by_option
@post_option
@click.option("--pdf", type=click.Path(dir_okay=False, path_type=Path), help="Write it as PDF/A.")
@language_option
@json_option
def notes_command(
    number: str, by: str, post: str | None, pdf: Path | None, language: str, as_json: bool
) -> None:
    """Show the note sheet of the file NUMBER: its green notes, and the officer's drafts.

    A note that is not what was written down has a mark.

    Exit status: 0, 1 when there is no such file for this officer.
    """
    now = datetime.now(UTC)
    try:
        with database_told(), sessions("eoffice").begin() as session:
            who = actor(session, officer(by), post, now)
            asked = {"id": None, "number": number}
            found = notes.note_sheet(session, who.post, asked)
            file = readable_file(session, who.post, None, number)
            paper = sheet_paper(session, file, language) if pdf is not None else None
    except PalikaError as error:
        fail(str(error), 1)
    if pdf is not None and paper is not None:
        try:
            pdf.write_bytes(sheet_pdf(paper, language, day_of(now)))
        except OSError as error:
            fail(f"{pdf} cannot be written: {error.strerror}", 1)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    for each in found["notes"]:
        sent = "" if each["sent"] else f" ({say('not sent', language)})"
        click.echo(f"{each['number']}. {each['post']}, {moment(each['confirmed_at'])}{sent}")
        if each["altered"]:
            warned = f"{say('altered', language)}\n    palika eoffice verify {found['number']}"
            click.secho(f"!!! {warned}", fg="red", bold=True)
        click.echo(f"{each['markup']}\n")
    for each in found["drafts"]:
        said = {"post": each["post"], "version": each["version"]}
        click.echo(f"{say('draft', language).format(**said)}\n{each['markup']}\n")
    if not found["notes"] and not found["drafts"]:
        click.echo(say("no notes", language).format(number=number))


@click.command("letter-diff")
@click.argument("letter", type=click.UUID)
@click.argument("old", type=int)
@click.argument("new", type=int)
@by_option
@post_option
@json_option
def difference_command(
    letter: uuid.UUID, old: int, new: int, by: str, post: str | None, as_json: bool
) -> None:
    """Show what changed in LETTER from version OLD to version NEW: [-removed-]{+added+}.

    Exit status: 0, 1 when there is no such letter or version for this officer.
    """
    try:
        with database_told(), sessions("eoffice").begin() as session:
            who = actor(session, officer(by), post, datetime.now(UTC))
            asked = {"id": letter, "from_version": old, "to_version": new}
            found = letters.difference(session, who.post, asked)
    except PalikaError as error:
        fail(str(error), 1)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    click.echo(found["subject"]["plain"])
    click.echo("")
    click.echo(found["body"]["plain"])
