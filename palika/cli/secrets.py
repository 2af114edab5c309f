"""``palika secrets``: the secret keys of an installation."""

import json
import re
import shlex
import stat
from datetime import UTC, datetime
from pathlib import Path

import click

from palika import certificates, keystore
from palika.config import KEY_FILES, ConfigError, variable_of
from palika.exits import fail
from palika.keys import make_key_file, read_keys

_PARTS = ("broker", "database", "metrics")
_PART = re.compile(r"[a-z][a-z0-9-]*")
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


@group.command("certificates")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.argument("parts", nargs=-1, metavar="[PART=NAME[,NAME]]...")
@click.option("--days", type=click.FloatRange(0.01, 825), default=397, show_default=True)
@click.option("--renew", is_flag=True, help="Make those that are there again, by the same names.")
def certificates_command(folder: Path, parts: tuple[str, ...], days: float, renew: bool) -> None:
    """Make an authority in FOLDER and certificates that it has signed, for TLS within the city.

    PART is what shows the certificate: broker, database, metrics, or another word for its file;
    the NAMEs are the hosts and addresses by which clients know it. Without any: these three, for
    this machine. Each PART.pem has its key, its certificate and the authority's (mode 600); ca.pem
    is for everybody who connects, and ca-key.pem for nobody: keep it elsewhere. What is there
    stays, unless --renew.

    Exit status: 0; 1 when a name is none, or a file cannot be read or written.
    """
    now = datetime.now(UTC)
    try:
        wanted = _wanted(folder, parts, renew)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if certificates.make_authority(folder, now):
            click.echo(f"made {folder / certificates.AUTHORITY}", err=True)
        for part, names in wanted.items():
            if (folder / f"{part}.pem").exists() and not renew:
                click.echo(f"{folder / part}.pem was there, and stays", err=True)
                continue
            made = certificates.make_certificate(folder, part, names, days, now)
            click.echo(f"made {made} for {', '.join(names)}", err=True)
    except OSError as error:
        fail(f"{error.filename or folder}: {error.strerror}", 1)
    except ValueError as error:
        fail(str(error), 1)


def _wanted(folder: Path, parts: tuple[str, ...], renew: bool) -> dict[str, list[str]]:
    """The names by part. Raises ValueError, OSError."""
    if not parts and renew:
        own = (certificates.AUTHORITY, certificates.AUTHORITY_KEY)
        files = sorted(file for file in folder.glob("*.pem") if file.name not in own)
        return {file.stem: certificates.names_of(file) for file in files}
    wanted = {}
    for each in parts or [f"{part}=localhost,127.0.0.1,::1" for part in _PARTS]:
        part, _, names = each.partition("=")
        if not _PART.fullmatch(part) or part in ("ca", "ca-key"):
            raise ValueError(f"{each!r}: it is PART=NAME, and PART a word of small letters")
        wanted[part] = [name for name in names.split(",") if name]
    return wanted


def _look_at(folder: Path, signer: str) -> None:
    """Ends the command where a key is none, or may be read by others."""
    store = keystore.Keystore(folder, own=False)
    store.look()
    store.private(signer)
    path = folder / keystore.file_of(signer)
    if path.stat().st_mode & _OPEN:
        fail(f"{path} may be read by others: chmod 600 {shlex.quote(str(path))}", 1)
