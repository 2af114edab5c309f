"""``palika secrets``: the secret keys of an installation."""

import json
import shlex
import stat
from pathlib import Path

import click

from palika.config import KEY_FILES, ConfigError, variable_of
from palika.exits import fail
from palika.keys import make_key_file, read_keys

_OPEN = stat.S_IRWXG | stat.S_IRWXO


@click.group("secrets")
def group() -> None:
    """Make and look after the secret keys of an installation."""


@group.command("init")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object: the files by variable.")
def init(folder: Path, as_json: bool) -> None:
    """Make the secret keys of a city in FOLDER, a file each, and print what names them.

    Files are for their owner alone (mode 600), a new folder too (700). What is there stays as it
    is, whoever made it: a key that goes takes with it what it has sealed. Without FOLDER's lines a
    city on one machine makes its keys in var/ by itself; where PALIKA_PRODUCTION is yes, nothing
    starts before they are named.

    Exit status: 0; 1 when a file cannot be made, is no file of keys, or may be read by others.
    """
    found: dict[str, Path] = {}
    made = []
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for setting in KEY_FILES:
            path = folder.resolve() / setting.replace("_", "-")
            if make_key_file(path):
                made.append(path)
            read_keys(path.read_text("ascii"), path, setting)
            if path.stat().st_mode & _OPEN:
                fail(f"{path} may be read by others: chmod 600 {shlex.quote(str(path))}", 1)
            found[variable_of(setting)] = path
    except OSError as error:
        fail(f"{error.filename or folder}: {error.strerror}", 1)
    except (ConfigError, UnicodeDecodeError) as error:
        fail(str(error), 1)
    if as_json:
        click.echo(json.dumps({name: str(path) for name, path in found.items()}))
        return
    for path in made:
        click.echo(f"made {path}", err=True)
    if not made:
        click.echo("all of them were there, and stay", err=True)
    for variable, path in found.items():
        click.echo(f"export {variable}={shlex.quote(str(path))}")
