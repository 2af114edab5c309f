"""``palika warroom import`` and ``check``: projects from CSV or a workbook, and the city's data."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import click

from palika.auth import Identity
from palika.database import sessions
from palika.errors import Invalid, Unavailable
from palika.exits import database_told, fail
from palika.india import day_of
from palika.posts import WAIT_S, names_of
from palika.rpc import Client
from services.warroom.commands.import_projects import (
    import_projects,
    owners_in,
    read_tables,
    refusal,
)
from services.warroom.documents.words import Posts
from services.warroom.domain.import_lines import COLUMNS
from services.warroom.domain.import_plan import City, check
from services.warroom.domain.keeping import kept
from services.warroom.posts import unknown_owners
from services.warroom.queries.known_posts import known_posts
from services.warroom.reference import (
    city_days_off,
    city_policy,
    city_reviews,
    city_stages,
    departments,
    wards,
)

ADMIN = Identity.of("admin:palika", "admin")
WRONG_INPUT = 2
_MOST = 20 * 1024 * 1024
json_option = click.option("--json", "as_json", is_flag=True, help="As one JSON object.")
_PLACE = click.argument("place", type=click.Path(exists=True, path_type=Path))


@click.command("import")
@_PLACE
@click.option("--dry-run", is_flag=True, help="Check everything, and change nothing.")
@json_option
def import_command(place: Path, dry_run: bool, as_json: bool) -> None:
    """Take projects and milestones in from PLACE.

    PLACE is a folder with projects.csv and milestones.csv, of which one may be missing, or a
    workbook (.xlsx) with sheets of these names. services/warroom/README.md has the columns, and
    services/warroom/data/sample shows them. All is checked first: either everything is taken in, or
    nothing. Of owners that the war room does not know the running city's e-office says whether
    they are posts; a trial without it names those that could not be confirmed.

    Exit status: 0; 2 with every mistake, by table, row and column; 1 where the e-office does not
    answer.
    """
    given = tables_in(place)
    try:
        tables = read_tables(given)
        owners = owners_in(tables)
        with database_told(), sessions("warroom").begin() as session:
            owners -= known_posts(session, owners)
        unknown, unconfirmed = unknown_owners(posts_of_city, owners, dry_run=dry_run)
        with database_told(), sessions("warroom").begin() as session:
            done = import_projects(
                session,
                ADMIN,
                tables,
                datetime.now(UTC),
                dry_run=dry_run,
                unknown_posts=unknown,
                unconfirmed=unconfirmed,
            )
    except Invalid as error:
        _refuse(error, as_json=as_json)
    except Unavailable as error:
        fail(str(error))
    if as_json:
        click.echo(json.dumps(done))
        return
    said = "would be taken in" if dry_run else "taken in"
    click.echo(f"{done['projects']} projects and {done['milestones']} milestones {said}")
    if done["unconfirmed"]:
        owners_told = ", ".join(done["unconfirmed"])
        click.echo(f"not confirmed as posts, for the e-office is away: {owners_told}")


@click.command("check")
@click.argument("place", required=False, type=click.Path(exists=True, path_type=Path))
@json_option
def check_command(place: Path | None, as_json: bool) -> None:
    """Check the city's data and, if given, the tables in PLACE, without a database.

    What is in the database already is not known here: `palika warroom import --dry-run` checks that
    too.

    Exit status: 0; 2 with every mistake.
    """
    try:
        city_policy()
        city_reviews()
        city_days_off()
        city = City(
            departments(),
            wards(),
            [each.code for each in city_stages()],
            {},
            day_of(datetime.now(UTC)),
        )
        counts = {} if place is None else _checked(tables_in(place), city)
    except Invalid as error:
        _refuse(error, as_json=as_json)
    except ValueError as error:
        fail(str(error), WRONG_INPUT)
    if as_json:
        click.echo(json.dumps({"ok": True, **counts}))
        return
    found = "".join(f", {count} {name}" for name, count in counts.items())
    click.echo(f"policy, reviews, calendar, stages, departments and wards{found}: no mistake")


def posts_of_city(codes: Sequence[str], within_s: float | None = None) -> dict[str, Any]:
    """``eoffice.posts`` of the running city. Raises Unavailable."""
    with Client(ADMIN, timeout_s=within_s) as city:
        found: dict[str, Any] = city.eoffice.posts(codes=codes)
    return found


def posts_shown(codes: Collection[str], language: str) -> Posts:
    """What posts are called in the running city; by their codes while it does not tell that."""
    names = names_of(partial(posts_of_city, within_s=WAIT_S), codes)
    return Posts(kept(names), language)


def tables_in(place: Path) -> Mapping[str, str] | bytes:
    """The tables in a folder, or the content of a workbook; ends with 2 if there are none."""
    try:
        if place.is_file():
            if place.stat().st_size > _MOST:
                fail(f"{place} is larger than {_MOST} bytes", WRONG_INPUT)
            return place.read_bytes()
        found = {
            name: (place / f"{name}.csv").read_text("utf-8", errors="surrogateescape")
            for name in COLUMNS
            if (place / f"{name}.csv").exists()
        }
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}", 1)
    if not found:
        names = " or ".join(f"{name}.csv" for name in COLUMNS)
        fail(f"{place} has no {names}", WRONG_INPUT)
    return found


def _checked(tables: Mapping[str, str] | bytes, city: City) -> dict[str, int]:
    found, wrong, partly = read_tables(tables)
    wrong += check(found["projects"], found["milestones"], city, partly)
    if wrong:
        raise refusal(wrong)
    return {name: len(rows) for name, rows in found.items()}


def _refuse(error: Invalid, *, as_json: bool) -> None:
    """End with 2 and every mistake."""
    if as_json:
        click.echo(json.dumps(error.to_dict()))
        raise SystemExit(WRONG_INPUT)
    fail("\n".join([error.message, *_lines(error.fields)]), WRONG_INPUT)


def _lines(fields: Mapping[str, Any]) -> Iterable[str]:
    for table, mistakes in fields.items():
        for each in mistakes:
            if isinstance(each, str):
                yield f"  {table}: {each}"
                continue
            where = f"  {table}, row {each['row']}"
            if each["column"] is not None:
                where += f", {each['column']}"
            value = "" if each["value"] is None else f" ({each['value']})"
            yield f"{where}: {each['rule']}{value}"
