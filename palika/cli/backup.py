"""``palika backup``, ``restore`` and ``settle``: a city is kept, and comes back."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from palika.local.city import City, database_names
from palika.local.processes import LocalError

if TYPE_CHECKING:
    from palika.local.postgres import Postgres

_FOLDER = click.Path(file_okay=False, path_type=Path)
_KEPT_APART = (
    "the keys are in {}: keep them apart from the backup. Whoever has both can read what is "
    "sealed, and write the record of the e-office anew"
)
_LEFT_OUT = (
    "the secret keys are not in the backup (--keys FOLDER copies them apart): without them what "
    "they have sealed cannot be read, and nothing of before can be verified"
)


class _TakesOrVerifies(click.Group):
    """``palika backup FOLDER`` takes one; ``palika backup verify FOLDER`` looks at one."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ("-h", "--help"):
            args.insert(0, "take")
        return super().parse_args(ctx, args)


@click.group("backup", cls=_TakesOrVerifies)
def group() -> None:
    """Back the city up: palika backup FOLDER [--base] [--keys FOLDER]; palika backup verify FOLDER.

    `palika backup take --help` tells the options.
    """


@group.command()
@click.argument("folder", type=_FOLDER)
@click.option("--base", is_flag=True, help="The files of the whole server: to restore any moment.")
@click.option("--keys", type=_FOLDER, help="Copy the secret keys into this new folder, apart.")
@click.option("--without-files", is_flag=True, help="Leave the stores of attachments and papers.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object: the backup's manifest.")
def take(folder: Path, base: bool, keys: Path | None, without_files: bool, as_json: bool) -> None:
    """Back the city up into FOLDER, which must be new, while it runs.

    Every database as all were at one moment, the event logs, and what the stores keep. FOLDER is
    there when all of it is, checked and with a checksum for each file; whatever goes wrong before
    leaves nothing of that name.

    With --base the files of the database server instead of dumps, from which `palika restore --to`
    brings back any later moment; the server has to archive its log (PALIKA_WAL_ARCHIVE).

    Exit status: 0; 1 when it could not be made.
    """
    from palika.backup import files
    from palika.backup.taking import take as take_backup

    manifest = take_backup(folder.absolute(), _say, whole_server=base, with_files=not without_files)
    if keys is not None:
        files.copy_keys(keys.absolute())
        click.echo(_KEPT_APART.format(keys), err=True)
    else:
        click.echo(_LEFT_OUT, err=True)
    if as_json:
        _show_manifest(manifest)
        return
    size = sum(each["bytes"] for each in manifest["files"].values())
    click.echo(
        f"{folder}: {len(manifest['databases'])} databases, {sum(manifest['logs'].values())} "
        f"events, {size / 1e6:.1f} MB in {manifest['took_s']:g} s"
    )


@group.command()
@click.argument("folder", type=_FOLDER)
@click.option("--json", "as_json", is_flag=True, help="One JSON object: the backup's manifest.")
def verify(folder: Path, as_json: bool) -> None:
    """Look whether FOLDER is a whole backup, every file as it was written, for this release.

    Exit status: 0; 1 when it cannot be trusted, with what is wrong.
    """
    from palika.backup.folder import verified
    from palika.backup.restoring import must_fit

    manifest = verified(folder)
    must_fit(manifest)
    if as_json:
        _show_manifest(manifest)
        return
    click.echo(
        f"{folder}: whole, of {manifest['moment']}, release {manifest['version']}; "
        f"{len(manifest['files'])} files are as they were written"
    )


@click.command()
@click.argument("folder", type=_FOLDER)
@click.option("--over", is_flag=True, help="Replace what is there, for good.")
@click.option(
    "--only", multiple=True, metavar="SERVICE", help="This database alone; may be repeated."
)
@click.option("--keys", type=_FOLDER, help="Where the secret keys were copied to.")
@click.option(
    "--to",
    "moment",
    type=click.DateTime(["%Y-%m-%dT%H:%M%z", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S.%f%z"]),
    help="A moment with its zone, 2026-11-30T14:00+05:30: of a backup with --base.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object: what was done.")
def restore(
    folder: Path,
    over: bool,
    only: tuple[str, ...],
    keys: Path | None,
    moment: datetime | None,
    as_json: bool,
) -> None:
    """Bring the city back from the backup in FOLDER; the city must not run.

    Every file is checked first, and nothing changes before the databases are restored beside those
    that are there. Then what services have published is compared with what the others have seen:
    see `palika settle`. Of a city of `palika up`, broker and database are started for as long as
    this takes; AMQP_URI and DATABASE_URL name others.

    Exit status: 0 when all is settled; 1 when it failed, or something is left for people: it says
    what.
    """
    if strange := sorted(set(only) - set(database_names())):
        raise click.UsageError(f"there is no service {', '.join(strange)}")
    if moment is not None and only:
        raise click.UsageError("--to restores all services: leave out --only")
    if moment is not None:
        done = _restore_moment(folder, moment, over, keys)
    else:
        from palika.backup.restoring import restore as restore_backup

        with _servers():
            done = restore_backup(folder, _say, only=only, over=over, keys=keys)
            _recount(done["settled"])
    if not _named():
        City().seeded.touch()  # No sample work comes into a city that came back.
    _tell(done, as_json)


@click.command()
@click.option("--dry-run", is_flag=True, help="Only compare.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object: what was done.")
def settle(dry_run: bool, as_json: bool) -> None:
    """Compare what services have published with what the others have seen, and put it right.

    For databases that were restored to different moments, by whatever means. What was not seen is
    delivered again (and dropped where it was). What its publisher does not know any more is
    withdrawn and counted out of the KPIs; for that the services must not run.

    Exit status: 0 when all is settled; 1 when something is left for people: it says what.
    """
    from palika.backup.restoring import settle as settle_city
    from palika.backup.settling import Settling
    from palika.config import settings

    with _servers():
        if dry_run:
            found = Settling(settings().amqp_uri).compare(_say).to_dict()
        else:
            found = settle_city(_say).to_dict()
            _recount(found)
    _tell({"settled": found}, as_json)


def _show_manifest(manifest: dict[str, Any]) -> None:
    shown = {key: value for key, value in manifest.items() if key not in ("files", "password")}
    click.echo(json.dumps(shown, ensure_ascii=False))


# -- the city's own servers ------------------------------------------------------------------------


@contextmanager
def _servers() -> Iterator[None]:
    """Broker and database; a city's own that are down run for as long as this does."""
    from palika.config import settings
    from palika.local.docker import private_broker
    from palika.local.postgres import private_database

    if _named():
        yield
        return
    city = City()
    with city.alone():
        broker = private_broker(city.var / "rabbitmq")
        database = private_database(city.var, settings().wal_archive)
        try:
            _say("the city is not up: its broker and its database are started for this")
            database.start()
            broker.start()
            os.environ.update({"AMQP_URI": broker.uri(), "DATABASE_URL": database.url()})
            settings.cache_clear()
            yield
        finally:
            for name in ("AMQP_URI", "DATABASE_URL"):
                os.environ.pop(name, None)
            broker.stop()
            database.stop()


def _named() -> bool:
    """Whether the environment names a broker and the databases.

    Raises:
        LocalError: it names some of them.
    """
    databases = [f"{service.upper()}_DATABASE_URL" for service in database_names()]
    broker = bool(os.environ.get("AMQP_URI"))
    each = [bool(os.environ.get(name)) for name in databases]
    if bool(os.environ.get("DATABASE_URL")) or all(each):
        if broker:
            return True
    elif not broker and not any(each):
        return False
    raise LocalError(
        "AMQP_URI and DATABASE_URL (or every …_DATABASE_URL) name servers of your own: set both, "
        "or none for those of `palika up`"
    )


def _restore_moment(
    folder: Path, moment: datetime, over: bool, keys: Path | None
) -> dict[str, Any]:
    from palika.backup import BackupError, base
    from palika.backup.folder import verified
    from palika.backup.restoring import migrate, must_fit, put_rest_back
    from palika.backup.restoring import settle as settle_city
    from palika.config import settings
    from palika.local.postgres import private_database

    if _named():
        raise BackupError(
            "DATABASE_URL names a server that is not of `palika up`: its administrator puts "
            f"{folder}/base in the place of its data, sets recovery_target_time and "
            "restore_command, and starts it; then: palika settle"
        )
    archive = settings().wal_archive
    if not archive:
        raise BackupError("PALIKA_WAL_ARCHIVE: missing; name the folder with the server's log")
    _say("checking every file of the backup")
    manifest = verified(folder)
    if manifest["kind"] != "base":
        raise BackupError(f"{folder} was made without --base: it has one moment only; no --to")
    must_fit(manifest)
    city = City()
    with city.alone():
        server = private_database(city.var, archive)
        if server.data.exists() and not over:
            raise BackupError(f"there are data in {server.data}: --over sets them aside")
        _say(f"restoring the database server as of {moment.isoformat()}")
        aside = _recovered(base.recover(folder, manifest, moment, server, Path(archive)), server)
    with _servers():
        done: dict[str, Any] = {"moment": moment.isoformat(), "aside": aside and str(aside)}
        migrate(manifest["databases"], manifest, _say)
        done |= put_rest_back(folder, manifest, _say, keys)
        done["settled"] = settle_city(_say).to_dict()
        _recount(done["settled"])
    return done


def _recovered(aside: Path | None, server: "Postgres") -> Path | None:
    server.stop()
    return aside


def _recount(settled: dict[str, Any]) -> None:
    """Make anew what counts events that are withdrawn."""
    from palika.backup.settling import FROM_LATER, RECOUNTED

    for queue in settled["counted_anew"]:
        command = (*RECOUNTED[queue], *([FROM_LATER] if settled["logs_remembered"] else []))
        _say(f"making anew what {queue} has counted")
        result = subprocess.run(
            [sys.executable, "-m", "palika.cli", *command, "--json"],
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode:
            settled["not_settled"].append(
                f"palika {' '.join(command)} failed; {queue} still counts what was withdrawn: "
                f"{result.stderr.strip()}"
            )


def _tell(done: dict[str, Any], as_json: bool) -> None:
    settled = done["settled"]
    if as_json:
        click.echo(json.dumps(done, ensure_ascii=False, default=str))
    else:
        for service, count in settled["sent_again"].items():
            click.echo(f"{service}: {count} events are sent again")
        for queue, count in settled["delivered"].items():
            click.echo(f"{queue}: {count} events were delivered again")
        for event in settled["withdrawn"]:
            click.echo("withdrawn: " + " ".join(str(value) for value in event.values()))
        for name in done.get("keys_missing", []):
            click.echo(f"missing: the key file {name} that the backup was made with", err=True)
        for line in settled["not_settled"]:
            click.echo(f"not settled: {line}", err=True)
        if not settled["not_settled"]:
            click.echo("all is settled: every event was seen once by all who listen to it")
    if settled["not_settled"]:
        raise click.exceptions.Exit(1)


def _say(line: str) -> None:
    click.echo(f"palika: {line}", err=True)
