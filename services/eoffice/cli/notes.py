"""``palika eoffice notes`` and ``letter-diff``: a note sheet, and what changed in a letter."""

import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from palika.database import sessions
from palika.errors import NotFound, PalikaError
from palika.exits import database_told, fail
from palika.india import day_of
from services.eoffice.cli.asking import (
    by_option,
    json_option,
    language_option,
    officer,
    post_option,
)
from services.eoffice.cli.words import say
from services.eoffice.commands.keep_reading import keep_reading
from services.eoffice.documents import SheetPaper, sheet_content, sheet_pdf
from services.eoffice.domain.markup import Kind, blocks
from services.eoffice.domain.organisation import Post
from services.eoffice.domain.reading import What
from services.eoffice.domain.shown import data
from services.eoffice.models import Letter
from services.eoffice.organisation_store import actor, current
from services.eoffice.queries import letters, notes
from services.eoffice.queries.archived import imported_file, unproved
from services.eoffice.queries.archived_sheet import archived_document, archived_sheet
from services.eoffice.queries.kept_papers import store
from services.eoffice.queries.papers import post_name, sheet_paper
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
    """Show the note sheet of the file NUMBER: its green notes, the decisions and signatures on it,
    and the officer's drafts. The file may be one that was brought in as an archive; what it has of
    signatures is in the archive.

    A note that is not what was written down has a mark.

    Exit status: 0, 1 when there is no such file for this officer.
    """
    now = datetime.now(UTC)
    try:
        with database_told(), sessions("eoffice").begin() as session:
            # The notes are read twice, for the lines and for the sheet: both are of one moment.
            session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            who = actor(session, officer(by), post, now)
            file_id, found, paper = _sheet(session, who.post, number, language)
            organisation = current(session)
        # By itself: of one moment nothing could be written beside what others write meanwhile.
        with database_told(), sessions("eoffice").begin() as session:
            keep_reading(session, who, file_id, What.NOTE_SHEET, now)
    except PalikaError as error:
        fail(str(error), 1)
    if pdf is not None:
        try:
            pdf.write_bytes(sheet_pdf(paper, language, day_of(now)))
        except OSError as error:
            fail(f"{pdf} cannot be written: {error.strerror}", 1)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    if (how := found.get("unproved")) is not None:
        click.secho(f"!!! {say(how, language)}", fg="red", bold=True)
    content = sheet_content(paper, language)
    for each, set_ in zip(found["notes"], content["notes"], strict=True):
        open_ = "" if each["final"] else f" ({say('not final', language)})"
        click.echo(f"{each['number']}. {', '.join(set_['signature'])}{open_}")
        if each["altered"]:
            warned = f"{say('altered', language)}\n    palika eoffice verify {found['number']}"
            click.secho(f"!!! {warned}", fg="red", bold=True)
        click.echo(_text(set_["blocks"]))
        _tell_signatures(set_["signatures"])
        click.echo("")
    for section in content["sections"]:
        for part in section["parts"]:
            click.echo(f"{section['heading']}: {part['heading']}. {', '.join(part['signature'])}")
            for name, value in part["facts"]:
                click.echo(f"    {name}: {value}")
            _tell_signatures(part["signatures"])
            click.echo("")
    for each in found["drafts"]:
        post_of = post_name(organisation, each["post"], language)
        click.echo(say("draft", language).format(post=post_of, version=each["version"]))
        click.echo(f"{_text(data(blocks(each['markup']), each['language']))}\n")
    if not found["notes"] and not found["drafts"]:
        click.echo(say("no notes", language).format(number=number))


def _sheet(
    session: Session, post: Post, number: str, language: str
) -> tuple[uuid.UUID, dict[str, Any], SheetPaper]:
    """Whose it is, what is asked with ``--json``, and what stands on the sheet."""
    try:
        file = readable_file(session, post, None, number)
    except NotFound as absent:
        asked = {"id": None, "number": number}
        try:
            document = archived_document(session, post, store(), number)
        except NotFound as none:
            raise none if "path" in none.details else absent from None
        paper = archived_sheet(document, language)
        kept = [
            each | {"sent": True, "final": True, "altered": False}
            for each in document["rows"]["note"]
        ]
        kept.sort(key=lambda each: int(each["number"]))
        found = imported_file(session, post, asked)
        shown = {"number": paper.number, "archived": True, "notes": kept, "drafts": []}
        shown["opinions"] = document["rows"]["marking"]
        shown["remarks"] = [each for each in document["rows"]["movement"] if each["remark"]]
        shown["unproved"] = unproved(session, [found]).get(found.id)
        return found.id, shown, paper
    found = notes.note_sheet(session, post, {"id": file.id, "number": None})
    return file.id, found, sheet_paper(session, file, language)


def _text(set_: Sequence[Mapping[str, Any]]) -> str:
    """Blocks as they are set, in plain lines."""

    def line(spans: Sequence[Mapping[str, Any]]) -> str:
        return "".join(each["text"] for each in spans)

    said = []
    for block in set_:
        lines = [line(each) for each in block["lines"]]
        if block["kind"] == Kind.BULLETS:
            lines = [f"- {each}" for each in lines]
        elif block["kind"] == Kind.NUMBERS:
            lines = [f"{at}. {each}" for at, each in enumerate(lines, 1)]
        lines += [" | ".join(map(line, row)) for row in block["rows"]]
        said.append("\n".join(lines))
    return "\n\n".join(said)


def _tell_signatures(signatures: Sequence[Sequence[Sequence[str]]]) -> None:
    for each in signatures:
        for name, value in each:
            click.echo(f"    {name}: {value}")


@click.command("letter-diff")
@click.argument("letter", type=click.UUID)
@click.argument("old", type=int)
@click.argument("new", type=int)
@by_option
@post_option
@language_option
@json_option
def difference_command(
    letter: uuid.UUID,
    old: int,
    new: int,
    by: str,
    post: str | None,
    language: str,
    as_json: bool,
) -> None:
    """Show what changed in LETTER from version OLD to version NEW: [-removed-]{+added+}; first to
    whom it is, then its subject and text.

    Exit status: 0, 1 when there is no such letter or version for this officer.
    """
    now = datetime.now(UTC)
    try:
        with database_told(), sessions("eoffice").begin() as session:
            who = actor(session, officer(by), post, now)
            asked = {"id": letter, "from_version": old, "to_version": new}
            found = letters.difference(session, who.post, asked)
            file_id = session.get_one(Letter, letter).file_id
            keep_reading(session, who, file_id, What.LETTER, now)
    except PalikaError as error:
        fail(str(error), 1)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    for name in letters.TO:
        told = found[name]
        if told is None or told["plain"]:
            shown = say("not kept", language) if told is None else told["plain"]
            click.echo(f"{say(name, language)}: {shown}")
    click.echo("")
    click.echo(found["subject"]["plain"])
    click.echo("")
    click.echo(found["body"]["plain"])
