"""``palika eoffice verify, root``: whether the record stands, and signing it."""

import json
import sys
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

import click
from sqlalchemy import select

from palika.database import sessions
from palika.exits import database_told, fail
from palika.india import grouped
from services.eoffice.cli.showing import day, moment
from services.eoffice.commands.root import begin_record, rooted, sign_root, take_in_events
from services.eoffice.domain.numbering import spellings
from services.eoffice.models import File, Imported, Root
from services.eoffice.queries.kept_papers import store
from services.eoffice.sealing import city_keys_of_record
from services.eoffice.sealing.verify import Finding, Verified, verify
from services.eoffice.sealing.verify.numbers import number_of

_SHOWN = 1_000


@click.command("verify")
@click.argument("number", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON document.")
@click.option(
    "--roots",
    "kept",
    type=click.File(encoding="utf-8"),
    help="Roots that were kept elsewhere: eoffice.rooted.v1 events, a line of JSON each, as `root "
    "--list --json` and `palika events tail` print them.",
)
@click.option(
    "--papers/--no-papers",
    default=True,
    show_default=True,
    help="Read the bytes of papers and archives in their store too.",
)
def verify_command(number: str | None, as_json: bool, kept: TextIO | None, papers: bool) -> None:
    """Look whether any row was changed, removed or inserted behind the service's back, whether
    papers and archives are those that were kept, and officers' signatures are over what stands
    there.

    All of it, or the file of that NUMBER alone, which may have been brought in as an archive.

    Who has the keys of the record too can write another one that agrees with itself: only --roots
    tells it from the one that was. Kept where nobody who has the keys can write (the event log, an
    auditor), the last root stands for all that was done before it.

    Exit status: 0 all is as it was written down, 1 something is not, 2 there is no such file, or
    the kept roots cannot be read, or there are none in FILENAME.
    """
    published = _published(kept) if kept else {}
    found: list[dict[str, Any]] = []

    def tell(finding: Finding) -> None:
        # Beside the session that reads everything through cursors of its own.
        with sessions("eoffice")() as beside:
            about = number_of(beside, finding)
        if as_json and len(found) < _SHOWN:
            found.append(
                {
                    "how": finding.how,
                    "row": finding.row,
                    "number": about,
                    "why": finding.why,
                    "act": finding.act,
                }
            )
        elif not as_json:
            act = f" (act {finding.act})" if finding.act else ""
            of = f" (of {about})" if about else ""
            click.echo(f"{finding.how:8}  {finding.row}{of}: {finding.why}{act}")

    with database_told(), sessions("eoffice")() as session:
        only = None
        if number is not None:
            # Not by the register of numbers, which is made of these and may say anything.
            found_ids = (
                session.scalar(select(each.id).where(each.number.in_(spellings(number))))
                for each in (File, Imported)
            )
            only = next((each for each in found_ids if each is not None), None)
            session.rollback()
            if only is None:
                fail(f"there is no file {number}", 2)
        progress = _show if sys.stderr.isatty() else _hide
        done = verify(
            session,
            city_keys_of_record(),
            tell,
            published=published,
            only=only,
            progress=progress,
            store=store() if papers else None,
        )
    if progress is _show:
        click.echo("\r\x1b[K", err=True, nl=False)
    if as_json:
        document = {
            "file": number,
            "found": done.found,
            "findings": found,
            "root": done.root,
            "rooted_at": done.rooted_at and done.rooted_at.isoformat(),
            "unrooted": done.unrooted,
            "compared": len(published),
            "begun": done.begun,
            "rows": done.rows,
            "signatures": done.signatures,
            "weeded": done.weeded,
        }
        click.echo(json.dumps(document, ensure_ascii=False))
    else:
        rows = grouped(sum(done.rows.values()))
        said = f"{grouped(done.found)} findings" if done.found else "as it was written down"
        weeded = f", {grouped(done.weeded)} were weeded" if done.weeded else ""
        signed = f"{grouped(done.signatures)} signatures checked"
        click.echo(f"{said}; {rows} rows read{weeded}, {signed}, {_roots(done, published)}")
    if done.found:
        sys.exit(1)


@click.command("root")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON document.")
@click.option("--keys", "show_keys", is_flag=True, help="Only show the public keys of the roots.")
@click.option(
    "--list",
    "show_roots",
    is_flag=True,
    help="Only show the roots that were signed; with --json as `verify --roots` reads them.",
)
def root_command(as_json: bool, show_keys: bool, show_roots: bool) -> None:
    """Sign a root over all that was done until now; the service does so once a day.

    Print or keep what --list shows where nobody who has the keys of the record can change it.
    """
    if show_roots:
        _list(as_json)
        return
    keys = city_keys_of_record()
    if show_keys:
        public = {name: each.hex() for name, each in keys.public.items()}
        _say(public, as_json)
        return
    now = datetime.now(UTC)
    with database_told(), sessions("eoffice").begin() as session:
        # As the service does: what is under a root was begun.
        begin_record(session, now)
        take_in_events(session, now)
        root = sign_root(session, keys, now)
    assert root is not None  # None is for who wants one a day
    said = {"root": root.position, "chains": root.chains, "signature": root.signature.hex()}
    _say(said, as_json)


def _list(as_json: bool) -> None:
    with database_told(), sessions("eoffice").begin() as session:
        for root in session.scalars(select(Root).order_by(Root.position)):
            if as_json:
                click.echo(rooted(root).to_json())
            else:
                click.echo(f"{root.position}  {day(root.day)}  {root.signature.hex()}")


def _say(said: Mapping[str, Any], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(said))
    else:
        for name, value in said.items():
            click.echo(f"{name}  {value}")


def _roots(done: Verified, published: Mapping[int, Collection[str]]) -> str:
    if not done.root:
        if done.begun:
            return "no root is signed yet"
        return "the record has not begun yet (the service begins it within a minute)"
    last = f", the last of {moment(done.rooted_at)}" if done.rooted_at else ""
    kept = f"; {len(published)} of them were kept elsewhere" if published else ""
    since = f"; {grouped(done.unrooted)} acts are under none yet" if done.unrooted else ""
    return f"under {done.root} signed roots{last}{kept}{since}"


def _published(lines: TextIO) -> dict[int, set[str]]:
    """The signatures of kept roots, by position; lines of other events are passed over.

    Of a position all are kept: who signs another root in its place has it published too.
    """
    found: dict[int, set[str]] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            event = json.loads(line)
            if event["type"] != "eoffice.rooted.v1":
                continue
            position, signature = event["data"]["position"], event["data"]["signature"]
            if not isinstance(position, int) or not isinstance(signature, str):
                raise TypeError("position must be a number, signature a text")
        except (ValueError, TypeError, KeyError) as error:
            fail(f"{Path(lines.name).name}, line {number}: no event ({error})", 2)
        found.setdefault(position, set()).add(signature)
    if not found:
        fail(f"{Path(lines.name).name}: there is no root in it", 2)
    return found


def _show(stage: str, done: int) -> None:
    click.echo(f"\r{stage}: {grouped(done)} rows ", err=True, nl=False)


def _hide(stage: str, done: int) -> None:
    """Nobody looks."""
