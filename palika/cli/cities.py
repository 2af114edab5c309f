"""``palika cities``: the cities of an installation with several."""

import json
from pathlib import Path

import click

from palika.cities import servers
from palika.cities.checking import mistakes, refuse_shared
from palika.cities.folder import CityFolder, needed_folder
from palika.cities.making import keep_away, make
from palika.cities.provision import provide, withdraw
from palika.exits import fail
from palika.local.city import City
from palika.local.installation import states
from palika.local.processes import LocalError

_COLUMNS = (("city", 30), ("phase", 9), ("pid", 8))


@click.group("cities")
def group() -> None:
    """The cities of an installation with several: docs/cities.md.

    `palika --city SLUG …` gives any other command to one of them.
    """


@group.command("list")
@click.option("--json", "as_json", is_flag=True, help="A list of objects: city, phase, pid, pages.")
def list_(as_json: bool) -> None:
    """Show each city, and whether it is up: `palika --city SLUG status` shows its processes."""
    found = states(needed_folder())
    if as_json:
        click.echo(json.dumps(found))
        return
    if not found:
        click.echo(
            f"there are no cities in {needed_folder()}; `palika cities add SLUG` makes one",
            err=True,
        )
    for each in found:
        said = [str(each[name] or "–").ljust(width) for name, width in _COLUMNS]
        click.echo(" ".join([*said, each["pages"] or ""]).rstrip())


@group.command("add")
@click.argument("slug")
@click.option("--name-mr", default="", help="The corporation's name in Marathi.")
@click.option("--name-en", default="", help="The corporation's name in English.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def add(slug: str, name_mr: str, name_en: str, as_json: bool) -> None:
    """Make the city SLUG: its folder, secret keys, virtual host, users, databases and roles.

    What is there stays as it is, and what is missing is made: it may be said again. While the
    servers are not up, `palika up --city SLUG` makes what the city has there.

    Exit status: 0; 1 when a server refuses; 2 when SLUG is no name of a city, or shares something
    with another city.
    """
    city = CityFolder(needed_folder(), slug)
    if bool(name_mr) is not bool(name_en):
        raise click.UsageError("give --name-mr and --name-en, or neither")
    try:
        made = make(city, name_mr, name_en)
    except OSError as error:
        fail(f"{error.filename or city.path}: {error.strerror}", 1)
    refuse_shared(city)
    found = servers.known(city.folder)
    if found is not None:
        provide(city, found)
        refuse_shared(CityFolder(city.folder, slug))
    if as_json:
        said = {"city": slug, "folder": str(city.path), "made": made, "servers": found is not None}
        click.echo(json.dumps(said))
        return
    click.echo(f"{'made' if made else 'there is'} {city.path}")
    if found is not None:
        click.echo("it has its virtual host, users, databases and roles")
    else:
        click.echo(f"the servers are not up: `palika up --city {slug}` makes what it has there")


@group.command("check")
@click.option("--json", "as_json", is_flag=True, help="A list of texts.")
def check(as_json: bool) -> None:
    """Find what is wrong with the cities, and what two have in common that is one's own.

    Exit status: 0 when all is well, 1 when something is wrong.
    """
    found = list(mistakes(needed_folder()))
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
    else:
        for each in found:
            click.echo(each)
        if not found:
            click.echo("all is well")
    if found:
        raise click.exceptions.Exit(1)


@group.command("remove")
@click.argument("slug")
@click.option("--data", is_flag=True, help="Remove its databases, queues, files and keys, too.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object: city, kept.")
def remove(slug: str, data: bool, yes: bool, as_json: bool) -> None:
    """Take the city SLUG out of the installation.

    Its logins at broker and database end. Its databases and queues stay, and its folder with its
    keys goes into `.removed/`, from where it can be brought back; with --data all of it goes for
    good.

    Exit status: 0; 1 when it is up, or a server does not answer; 2 when there is no such city.
    """
    city = CityFolder(needed_folder(), slug)
    _ = city.variables
    if City(city.var).supervisor is not None:
        raise LocalError(f"{slug} is up: `palika --city {slug} down` stops it")
    found = servers.known(city.folder)
    if found is None:
        raise LocalError(
            "the servers are not up, and the city's logins are there: `palika up --city …` with "
            "another city starts them, or servers.yaml names them"
        )
    if not yes:
        lost = "ALL ITS DATA, for good" if data else "its logins; its data are kept"
        click.confirm(f"Remove the city {slug} with {lost}?", abort=True)
    withdraw(city, found, data=data)
    kept = keep_away(city)
    if data:
        _delete(kept)
    if as_json:
        click.echo(json.dumps({"city": slug, "kept": None if data else str(kept)}))
    elif data:
        click.echo(f"{slug} is removed, with all that it had")
    else:
        click.echo(f"{slug} is removed; {kept} and its databases are kept")


def _delete(path: Path) -> None:
    import shutil

    shutil.rmtree(path)
