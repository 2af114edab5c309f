"""``palika eoffice due`` and ``archive``: the record room at a terminal."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from palika.database import sessions
from palika.days import DAY
from palika.errors import Invalid, NotFound, PalikaError
from palika.exits import database_told, fail
from services.eoffice.cli.asking import (
    by_option,
    checked,
    json_option,
    language_option,
    limit_option,
    officer,
    post_option,
)
from services.eoffice.cli.showing import day, listed, more
from services.eoffice.cli.words import say
from services.eoffice.commands.archive_file import archive_to_folder, imported_to_folder
from services.eoffice.commands.import_archive import import_archive
from services.eoffice.organisation_store import actor
from services.eoffice.queries import records
from services.eoffice.queries.kept_papers import store
from services.eoffice.records.signature import check_signature
from services.eoffice.schemas.archives import MakingArchive
from services.eoffice.schemas.records import DUE, Due
from services.eoffice.sealing import city_keys_of_record


@click.command("due")
@by_option
@post_option
@click.option(
    "--what",
    type=click.Choice(DUE),
    default="weeding",
    show_default=True,
    help="Files of category C for weeding, of A and B for review, those that are closed and not "
    "recorded, or receipts for weeding that were closed without a file.",
)
@click.option("--department", help="Of one department only.")
@click.option("--by-day", type=DAY, help="Until this day, like 31-03-2027; today if not given.")
@limit_option(200)
@language_option
@json_option
def due_command(by: str, post: str | None, language: str, as_json: bool, **said: Any) -> None:
    """Show which closed files, or receipts, are due in the record room, the longest first.

    Exit status: 0; 1 when the officer may not, 2 when an option is not as it should be.
    """
    now = datetime.now(UTC)
    asked = checked(Due(), said)
    with told(), database_told(), sessions("eoffice").begin() as session:
        who = actor(session, officer(by), post, now)
        found = records.due(session, who.post, asked, now)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    rows = [
        (
            each["number"],
            each["keeping"],
            day(each["due_on"]),
            ", ".join(say(name, language) for name in ("held", "listed") if each.get(name)),
            each["subject"],
        )
        for each in found["items"]
    ]
    heading = "receipts due" if asked["what"] == "receipts" else asked["what"]
    # Of a page it is not said that it is all.
    count = f"{len(found['items'])}{'' if found['next'] is None else '+'}"
    title = f"{say(heading, language)}: {count}"
    listed(("number", "kept as", "due", "status", "subject"), rows, language, title=title)
    if found["next"] is not None:
        more(asked["limit"], language)


class _Archive(click.Group):
    """``archive NUMBER`` makes one; ``archive import FOLDER`` brings one in; ``archive list`` and
    ``remove`` are of the ZIPs in the store."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in (*self.commands, "--help", "-h"):
            args = ["make", *args]
        return super().parse_args(ctx, args)


@click.group("archive", cls=_Archive)
def archive_group() -> None:
    """Make the archive of a file (archive NUMBER --to FOLDER), bring one in (archive import), or
    see to the ZIPs in the store (archive list, archive remove)."""


@archive_group.command("make")
@click.argument("number")
@click.option(
    "--to", "folder", required=True, type=click.Path(path_type=Path), help="An empty or new folder."
)
@by_option
@post_option
@json_option
def make_command(number: str, folder: Path, by: str, post: str | None, as_json: bool) -> None:
    """Write the archive of the closed file NUMBER to a folder that opens without this software.

    Told is the SHA-256 of its manifest, and that of the certificate with which it is signed: an
    office that is given the archive asks for both.

    Exit status: 0; 1 when there is no such file for this officer, or it cannot be made, 2 when it
    is no number.
    """
    args = checked(MakingArchive(), {"number": number, "post": post}, {"number": "NUMBER"})
    rest = (officer(by), args, folder.absolute(), datetime.now(UTC), shown_progress())
    begin = sessions("eoffice").begin
    try:
        with told(), database_told():
            try:
                made = archive_to_folder(begin, store(), *rest)
                acts: int | None = made.acts
                digest = made.sha256
            except NotFound:
                # Or it is one that was brought in; of neither it says that there is no such file.
                digest, acts = imported_to_folder(begin, store(), *rest).sha256, None
        signed = check_signature(folder)
    except OSError as error:
        fail(f"{folder} cannot be written: {error.strerror or error}", 1)
    finally:
        clear()
    said = {
        "number": number,
        "folder": str(folder),
        "manifest_sha256": digest,
        "acts": acts,
        "signed_by": signed and signed.subject,
        "certificate_sha256": signed and signed.fingerprint,
    }
    if as_json:
        click.echo(json.dumps(said, ensure_ascii=False))
        return
    by = f"signed by {signed.subject}, certificate {signed.fingerprint}" if signed else "not signed"
    click.echo(f"{folder}: {number}\n{digest}\n{by}")


def proof_options(command: Callable[..., None]) -> Callable[..., None]:
    """What is said of an archive that nothing here proves: ``trust``, ``unsigned``."""
    for option in (
        click.option("--unsigned", is_flag=True, help="Take one from before archives were signed."),
        click.option(
            "--trust",
            metavar="FINGERPRINT",
            help="The SHA-256 of the certificate of an office that is not known here; you have "
            "asked it.",
        ),
    ):
        command = option(command)
    return command


@archive_group.command("import")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@by_option
@post_option
@click.option("--dry-run", is_flag=True, help="Check everything, and bring in nothing.")
@proof_options
@json_option
def import_command(
    folder: Path, by: str, post: str | None, dry_run: bool, as_json: bool, **said: Any
) -> None:
    """Bring the archive in FOLDER in, as a closed file that is never changed.

    Everything is checked first: the signature of the office that made it, digests, the document,
    rows against the record, signatures, papers; and that who signed it is the office that it names.
    The same archive again changes nothing, but adds its proof where it came unsigned before, or by
    --trust. What --trust and --unsigned let in is marked so on the record, and wants two: another
    officer has agreed to it before (archive agree).

    Exit status: 0; 1 when it is not taken: what is wrong, or who is to agree, is told.
    """
    asked = {"post": post, "dry_run": dry_run, **said}
    rest = (officer(by), asked, folder, datetime.now(UTC))
    begin = sessions("eoffice").begin
    try:
        with told(), database_told():
            done = import_archive(begin, store(), city_keys_of_record(), *rest, shown_progress())
    except OSError as error:
        fail(f"{folder} cannot be read: {error.strerror or error}", 1)
    finally:
        clear()
    dry = "checked" if done.checked.standing.proved else "whole, but not proved"
    if done.proved:
        outcome = "here already, would be proved now" if dry_run else "here already, proved now"
    else:
        outcome = "here already" if done.again else dry if dry_run else "brought in"
    shown = {
        "number": done.checked.number,
        "id": str(done.checked.id),
        "outcome": outcome,
        "parts": len(done.checked.parts),
        "manifest_sha256": done.checked.sha256,
        "codes": done.checked.codes,
        "signature": done.checked.standing.told,
        "notices": list(done.checked.notices),
    }
    if as_json:
        click.echo(json.dumps(shown, ensure_ascii=False))
        return
    click.echo(f"{done.checked.number}: {outcome}, {len(done.checked.parts)} files")
    for each in done.checked.notices:
        click.echo(f"note: {each}")


@contextmanager
def told() -> Iterator[None]:
    """End the command with what is wrong, a line each."""
    try:
        yield
    except Invalid as error:
        lines = [f"{name}: {rule}" for name, rules in error.fields.items() for rule in rules]
        fail("\n".join([error.message, *lines]), 1)
    except PalikaError as error:
        fail(str(error), 1)


def shown_progress() -> Any:
    """What tells of each part of an archive that is read: at a terminal only."""
    return _show if sys.stderr.isatty() else _hide


def _show(name: str) -> None:
    click.echo(f"\r\x1b[K{name[:70]} ", err=True, nl=False)


def _hide(name: str) -> None:
    """Nobody looks."""


def clear() -> None:
    """Take away what ``shown_progress`` has shown."""
    if sys.stderr.isatty():
        click.echo("\r\x1b[K", err=True, nl=False)
