"""``palika site``: the content of the city's site, and the words of its pages."""

import json
from datetime import UTC, datetime
from pathlib import Path

import click

from services.portal.cli.common import by_option

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_as_json = click.option("--json", "as_json", is_flag=True, help="The outcome as one JSON object.")
_folder = click.option(
    "--folder",
    type=_FOLDER,
    help="The folder of the site; by default that of PALIKA_PORTAL_SITE, or the shipped one, with "
    "what is edited on this portal.",
)


@click.group("site")
def group() -> None:
    """The content of the city's site (services/portal/data/site/README.md)."""


@group.command("check")
@_folder
@_as_json
def check(folder: Path | None, as_json: bool) -> None:
    """Check all files: each mistake is told with file, line, field and rule.

    Exit status: 0 when all is right, 1 when there are mistakes.
    """
    from palika.yaml_files import WrongData
    from services.portal.content.loading import load

    where = _used(folder)
    try:
        found = load(where, None if folder else _edited(), unfinished=True)
    except WrongData as error:
        if as_json:
            told = [
                {"file": each.file, "line": each.line, "place": each.place, "rule": each.rule}
                for each in error.mistakes
            ]
            click.echo(json.dumps({"valid": False, "mistakes": told}, ensure_ascii=False))
        else:
            for each in error.mistakes:
                click.echo(str(each), err=True)
        raise click.exceptions.Exit(1) from error
    counts = {kind: len(each) for kind, each in found.documents.items()}
    counts["sites"] = len(found.sites)
    if as_json:
        click.echo(json.dumps({"valid": True, "mistakes": [], **counts}))
    else:
        said = ", ".join(f"{count} {kind}" for kind, count in counts.items())
        click.echo(f"{where}: all is right: {said}")


@group.command("list")
@_folder
@_as_json
def list_(folder: Path | None, as_json: bool) -> None:
    """The micro-sites, with how many documents of each kind they have."""
    from services.portal.content.loading import load

    found = load(_used(folder), None if folder else _edited())
    rows = []
    for site in found.sites.values():
        own = [each for each in found.all() if each.site == site.slug]
        kinds = {kind: sum(each.kind == kind for each in own) for kind in found.documents}
        name = {"mr": site.name.mr, "en": site.name.en}
        rows.append({"slug": site.slug, "department": site.department, "name": name, **kinds})
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        has = ", ".join(f"{row[kind]} {kind}" for kind in found.documents if row[kind])
        click.echo(f"{row['slug']}: {row['name']['mr']} / {row['name']['en']} – {has}")


@group.command("new")
@click.argument("slug")
@click.option("--department", required=True, help="The code of the department whose it is.")
@_folder
def new(slug: str, department: str, folder: Path | None) -> None:
    """Make the micro-site SLUG: a skeleton in both languages that `palika site check` accepts only
    when every TODO in it is filled in. The city's site goes on without it until then."""
    from palika.india import day_of
    from services.portal.content.drafting import draft_site

    where = _used(folder)
    for path in draft_site(where, slug, department, day_of(datetime.now(UTC))):
        click.echo(path.relative_to(where).as_posix())
    click.echo("Fill in every TODO, take UNFINISHED away, then run: palika site check")


@group.command("words")
def words() -> None:
    """Bring the translations up to what templates and code say now, those of the pages' words and
    those of what the services refuse with, and list what has none. Exit status: 0 when nothing is
    left to translate, 1 otherwise."""
    from services.portal.pages.word_files import update
    from services.portal.refusals.files import update as update_refusals

    lacking = update("mr") + update_refusals()
    for each in lacking:
        click.echo(each)
    if lacking:
        raise click.exceptions.Exit(1)


@group.command("export")
@click.argument("folder", type=_FOLDER)
@_as_json
def export(folder: Path, as_json: bool) -> None:
    """Write what was edited on the portal into FOLDER, a folder of the site: for version control,
    or to make it the city's own. What was taken down is taken away there."""
    from services.portal.cli.common import transaction
    from services.portal.editing.moving import write_out

    with transaction() as session:
        names = write_out(session, folder)
    if as_json:
        click.echo(json.dumps({"files": names}))
        return
    for name in names:
        click.echo(name)
    click.echo(f"{len(names)} files; check them: palika site check --folder {folder}")


@group.command("import")
@click.argument("folder", type=_FOLDER)
@by_option
@click.option("--why", required=True, help="What was changed, and why.")
@_as_json
def import_(folder: Path, by: str | None, why: str, as_json: bool) -> None:
    """Take the pages of FOLDER that were edited on the portal as they are there: each that is other
    becomes a new version. What was never edited on the portal is left to the files."""
    from palika.yaml_files import WrongData
    from services.portal.cli.common import now, ordered_by, transaction
    from services.portal.content.loading import load
    from services.portal.editing.moving import take_in

    try:
        content = load(folder)
    except WrongData as error:
        for each in error.mistakes:
            click.echo(str(each), err=True)
        raise click.exceptions.Exit(1) from error
    with transaction() as session:
        taken = take_in(session, folder, content, ordered_by(by), why, now())
    if as_json:
        click.echo(json.dumps({"pages": taken}))
        return
    for page in taken:
        click.echo(page)
    click.echo(f"{len(taken)} pages have a new version; every portal shows them in a moment")


def _used(folder: Path | None) -> Path:
    from palika.config import settings
    from services.portal.content.loading import SHIPPED

    return folder or Path(settings("portal").portal_site or SHIPPED)


def _edited() -> Path:
    from palika.config import settings
    from services.portal.content.layers import edited_folder

    return edited_folder(settings("portal"))
