"""``palika eoffice archive list, remove``: the ZIPs of archives that are in the store;
``archive agree``: that one which nothing proves is brought in."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import click

from palika.database import sessions
from palika.errors import NotFound
from palika.exits import database_told, fail
from palika.india import grouped
from services.eoffice.cli.asking import (
    by_option,
    json_option,
    language_option,
    limit_option,
    officer,
    post_option,
)
from services.eoffice.cli.records import clear, proof_options, shown_progress, told
from services.eoffice.cli.showing import listed, moment, more
from services.eoffice.cli.words import say
from services.eoffice.commands.remove_zip import remove_zip
from services.eoffice.commands.vouch import agree_archive
from services.eoffice.organisation_store import actor
from services.eoffice.queries.kept_zips import Standing, kept_zips
from services.eoffice.sealing import city_keys_of_record

_MOST = 10_000
_KIB = 1024


@click.command("list")
@by_option
@post_option
@limit_option(200)
@language_option
@json_option
def list_command(by: str, post: str | None, limit: int, language: str, as_json: bool) -> None:
    """Show the ZIPs of archives that are in the store, the largest first, and which are needed no
    more: superseded by a newer one, or outdated, since something was done with the file.

    A ZIP stays until its file is weeded, or until it is removed: who was given it may ask for it
    again. Written to folders, archives are in no store.

    Exit status: 0; 1 when the officer is not of the record room.
    """
    now = datetime.now(UTC)
    with told(), database_told(), sessions("eoffice").begin() as session:
        who = actor(session, officer(by), post, now)
        found = kept_zips(session, who.post, limit=limit + 1)
    items = found[:limit]
    if as_json:
        click.echo(json.dumps({"items": items}, ensure_ascii=False))
        return
    rows = [
        (
            each["number"],
            say(f"zip {each['standing']}", language),
            moment(each["made_at"]),
            each["made_by"],
            grouped(-(-each["size"] // _KIB)),
            each["id"],
        )
        for each in items
    ]
    listed(("number", "status", "made", "by", "KiB", "archive"), rows, language)
    if len(found) > limit:
        more(limit, language)


@click.command("remove")
@click.argument("archives", nargs=-1, type=click.UUID, metavar="[ARCHIVE]...")
@click.option("--superseded", is_flag=True, help="All of which a newer one is kept.")
@by_option
@post_option
@json_option
def remove_command(
    archives: tuple[UUID, ...], superseded: bool, by: str, post: str | None, as_json: bool
) -> None:
    """Remove the ZIPs of ARCHIVES from the store; `archive list` shows which there are.

    That they were made stays on the record, with the digest of each manifest. The bytes leave the
    store once the day is over on which they were kept, by the service.

    Exit status: 0; 1 when one is not there (the others are removed), 2 when none is named.
    """
    if not archives and not superseded:
        raise click.UsageError("name an ARCHIVE, or give --superseded")
    now, who = datetime.now(UTC), officer(by)
    begin = sessions("eoffice").begin
    removed, missing = [], []
    with told(), database_told():
        wanted = list(archives)
        if superseded:
            with begin() as session:
                found = kept_zips(session, actor(session, who, post, now).post, limit=_MOST)
            wanted += [
                UUID(each["id"]) for each in found if each["standing"] == Standing.SUPERSEDED
            ]
        for each in dict.fromkeys(wanted):
            with begin() as session:
                try:
                    remove_zip(session, who, each, post, now)
                except NotFound as error:
                    missing.append(str(error))
                    continue
            removed.append(str(each))
    if as_json:
        click.echo(json.dumps({"removed": removed}))
    else:
        for each in removed:
            click.echo(f"{each}  removed")
    if missing:
        fail("\n".join(missing), 1)


@click.command("agree")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@by_option
@post_option
@proof_options
@click.option("--remark", required=True, help="How you know whose the archive is.")
@language_option
@json_option
def agree_command(
    folder: Path, by: str, post: str | None, language: str, as_json: bool, **said: Any
) -> None:
    """Agree that the archive in FOLDER is brought in, though it is not signed (--unsigned) or this
    city does not know who signed it (--trust).

    It is checked as `archive import` checks it. Another officer, of the record room, brings it in
    then: nobody does both. Who may agree stands in data/archives.yaml.

    Exit status: 0; 1 when the officer may not, or the archive is not whole: what is wrong is told.
    """
    asked = {"post": post, **said}
    try:
        with told(), database_told():
            begin, keys = sessions("eoffice").begin, city_keys_of_record()
            rest = (officer(by), asked, folder, datetime.now(UTC), shown_progress())
            checked, made = agree_archive(begin, keys, *rest)
    except OSError as error:
        fail(f"{folder} cannot be read: {error.strerror or error}", 1)
    finally:
        clear()
    if as_json:
        shown = {
            "id": str(made.id),
            "number": made.number,
            "manifest_sha256": made.manifest,
            "certificate_sha256": made.certificate,
            "agreed_by": made.agreed_by,
            "agreed_person": made.agreed_person,
            "agreed_at": made.agreed_at.isoformat(),
        }
        click.echo(json.dumps(shown, ensure_ascii=False))
        return
    names = {"number": made.number, "post": made.agreed_by, "person": made.agreed_person}
    click.echo(say("agreed to archive", language).format(**names))
    click.echo(made.manifest)
    for each in checked.notices:
        click.echo(f"{say('notice', language)}: {each}")
