"""The whole database server as files, and any later moment of it, by PostgreSQL's own tools.

``pg_basebackup`` copies the server's files with a manifest of its own, and at its start a server
replays its archived log (PALIKA_WAL_ARCHIVE) until ``recovery_target_time``. All databases
then are of that very moment.
"""

import json
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from palika import catalogue
from palika.backup import databases
from palika.backup.folder import BackupError, Say, sha256_of
from palika.backup.tools import connection_of, program, run
from palika.local.postgres import Postgres, binaries
from palika.local.processes import LocalError

_RECOVERY = """
restore_command = 'gzip -cd "{archive}/%f.gz" > "%p"'
recovery_target_time = '{moment}'
recovery_target_action = 'promote'
hot_standby = off
"""
# While it replays nobody may look: ready means that the moment is reached.
_ASKED = "SELECT current_setting('archive_mode'), current_setting('server_version')"
_WITHIN_S = 24 * 3600.0


def copy(folder: Path, say: Say) -> dict[str, Any]:
    """Copy the server that has the databases into ``folder/base``; what the manifest says of it.

    Raises:
        BackupError: it archives nothing, it may not be copied, or its databases are on several.
    """
    services = catalogue.database_names()
    servers = {databases.url_of(service, "postgres") for service in services}
    if len(servers) > 1:
        raise BackupError(
            "the databases are on several servers, or of several users: --base copies one server "
            "as a whole. Let each server's administrator run pg_basebackup, or back up without "
            "--base"
        )
    (url,) = servers
    with closing(databases.connect(services[0])) as connection:
        [(archives, version)] = databases.ask(connection, _ASKED)
    if archives == "off":
        raise BackupError(
            "the server archives no log, so no later moment could be restored. A server of "
            "`palika up`: name a folder in PALIKA_WAL_ARCHIVE and start the city again. One of "
            "your own: its administrator sets archive_command, or keep to dumps (without --base)"
        )
    shown, secret = connection_of(url)
    say("copying the files of the database server")
    command = ["--format=plain", "--wal-method=stream", "--checkpoint=fast"]
    command += ["--manifest-checksums=SHA256", f"--pgdata={folder / 'base'}", f"--dbname={shown}"]
    run([program("pg_basebackup"), *command], "pg_basebackup", secret)
    _verify(folder)
    described = {}
    for service in services:
        with closing(databases.connect(service)) as connection:
            described[service] = {"migrations": databases.migrated_to(connection, service)}
    return {
        "moment": datetime.now(UTC).isoformat(),
        "server": version,
        "databases": described,
        # The files hold all data, and the password's own hash: it is no more secret than they.
        "password": secret.get("PGPASSWORD", ""),
    }


def recover(
    folder: Path, manifest: dict[str, Any], moment: datetime, server: Postgres, archive: Path
) -> Path | None:
    """Let the server of this machine become what it was at a moment; it runs afterwards.

    Args:
        folder: a backup of the whole server, verified.
        manifest: what it says of itself.
        moment: after the backup was made, and before the archive ends.
        server: that of ``palika up``; it must not run.
        archive: where its log was archived.

    Returns:
        Where its data of before are kept; None: there were none.

    Raises:
        BackupError: the moment is not within what backup and archive have, or the server is
            another version. The data of before are in their place again.
    """
    if moment < datetime.fromisoformat(manifest["moment"]):
        raise BackupError(
            f"{moment.isoformat()} is before the backup was made ({manifest['moment']}): take an "
            "earlier one"
        )
    mine = run([binaries() / "postgres", "--version"], "postgres").split()[-1].partition(".")[0]
    major = (folder / "base" / "PG_VERSION").read_text().strip()
    if major != mine:
        raise BackupError(f"the backup is of PostgreSQL {major}; the server here is {mine}")
    _verify(folder)
    recovery = _RECOVERY.format(archive=archive.resolve(), moment=moment.isoformat())
    aside = server.begin_from(folder / "base", manifest["password"], recovery)
    try:
        server.start(timeout_s=_WITHIN_S)
        server.recovered()
    except LocalError as error:
        server.put_aside_back(aside)
        raise BackupError(
            f"{moment.isoformat()} could not be reached, and the data of before are in their place "
            f"again. The archive has to reach beyond it. The server said: {error}"
        ) from error
    return aside


def _verify(folder: Path) -> None:
    """Compare the files with what the server said of them as it sent them.

    As pg_verifybackup does, which in the server's own package ends with a segmentation fault.
    """
    place = folder / "base"
    manifest = json.loads((place / "backup_manifest").read_text("utf-8"))
    for each in manifest["Files"]:
        name = each.get("Path") or bytes.fromhex(each["Encoded-Path"]).decode("utf-8", "replace")
        path = place / name
        if not path.is_file() or path.stat().st_size != each["Size"]:
            raise BackupError(f"{path} is missing, or has another size than the server said")
        if sha256_of(path) != each["Checksum"]:
            raise BackupError(f"{path} is not what the server sent")
