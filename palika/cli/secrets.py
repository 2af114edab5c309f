"""``palika secrets``: the secret keys of an installation."""

import json
import shlex
import stat
from pathlib import Path

import click

from palika import keystore
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
    starts before they are named. In FOLDER/identity are the keys that vouch for callers: the public
    ones, for every process, and one of each service, for it alone.

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
        identities = folder.resolve() / "identity"
        made += keystore.make(identities, keystore.signers())
        for name in keystore.signers():
            _look_at(identities, name)
        found[variable_of(keystore.SETTING)] = identities
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


@group.command("renew-identity")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("signer")
@click.option("--drop-old", is_flag=True, help="Believe of SIGNER its newest key alone.")
def renew_identity(folder: Path, signer: str, drop_old: bool) -> None:
    """Give SIGNER (a service, or operator) another key to vouch for callers by.

    FOLDER is the one that PALIKA_IDENTITY_KEYSTORE names. First this, then the public file to every
    process (each looks at it within seconds), then SIGNER's key to its processes and these anew;
    at last, with --drop-old, the public file again: what the key before has signed is refused then.

    Exit status: 0; 1 when FOLDER has no keys, or a file cannot be written.
    """
    try:
        if signer not in keystore.signers():
            fail(f"nobody is called {signer}; there are {', '.join(keystore.signers())}", 1)
        if drop_old:
            count = keystore.drop_old(folder, signer)
            click.echo(f"{count} public keys of {signer} are not believed any more", err=True)
            return
        keystore.renew(folder, signer)
    except OSError as error:
        fail(f"{error.filename or folder}: {error.strerror}", 1)
    except ConfigError as error:
        fail(str(error), 1)
    click.echo(f"made {folder / keystore.file_of(signer)}", err=True)


def _look_at(folder: Path, signer: str) -> None:
    """Ends the command where a key is none, or may be read by others."""
    store = keystore.Keystore(folder, own=False)
    store.look()
    store.private(signer)
    path = folder / keystore.file_of(signer)
    if path.stat().st_mode & _OPEN:
        fail(f"{path} may be read by others: chmod 600 {shlex.quote(str(path))}", 1)
