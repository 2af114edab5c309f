"""Taking a backup of a city, while it runs."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from palika import catalogue
from palika.backup import base, databases, event_logs, files
from palika.backup.folder import Say, coming, seal
from palika.backup.unseen import Publisher
from palika.config import settings


def take(
    target: Path,
    say: Say = lambda line: None,
    *,
    whole_server: bool = False,
    with_files: bool = True,
) -> dict[str, Any]:
    """Back a city up into a new folder; the manifest.

    Args:
        target: the folder; it is there when all of it is.
        say: is given a line for each step.
        whole_server: the files of the database server, from which any later moment can be
            restored together with its archived log; else a dump of each database.
        with_files: also what the stores of attachments and papers keep.

    Raises:
        BackupError: it cannot be made.
        Unavailable: a store does not answer.
        OSError, amqp.AMQPError: the broker was lost.
    """
    begun = time.monotonic()
    with coming(target) as folder:
        manifest: dict[str, Any] = {
            "kind": "base" if whole_server else "dumps",
            "version": version("palika"),
            "begun_at": datetime.now(UTC).isoformat(),
        }
        if whole_server:
            manifest |= base.copy(folder, say)
            manifest["logs"] = _write_logs(folder, say, {})
        else:
            manifest |= _dump(folder, say)
        if with_files:
            say("copying attachments, papers, photographs and evidence")
            manifest["stores"] = files.copy_stores(folder / "stores")
        manifest["keys"] = files.marks_of_keys()
        manifest["took_s"] = round(time.monotonic() - begun, 1)
        return seal(folder, manifest)


def _dump(folder: Path, say: Say) -> dict[str, Any]:
    services = catalogue.database_names()
    with databases.snapshots(services) as found:
        moment = "one moment" if found.one_moment else "nearly one moment"
        say(f"the databases are held as they were at {moment} ({found.span_ms:.0f} ms)")
        dumped = {}
        for snapshot in found.each:
            say(f"dumping {snapshot.service}")
            dumped[snapshot.service] = databases.dump(snapshot, folder / f"{snapshot.service}.dump")
        publishers = {each.service: Publisher(each.service, each.connection) for each in found.each}
        return {
            "logs": _write_logs(folder, say, publishers),
            "moment": found.taken_at.isoformat(),
            "one_moment": found.one_moment,
            "span_ms": round(found.span_ms, 1),
            "databases": dumped,
        }


def _write_logs(folder: Path, say: Say, publishers: Mapping[str, Publisher]) -> dict[str, int]:
    """The event logs, of dumps as far as the databases there know them.

    They are read after the databases were held, so they reach further.
    """
    uri = settings().amqp_uri
    found = {}
    (folder / "logs").mkdir()
    for service in catalogue.database_names():
        say(f"writing the event log of {service}")
        path = folder / "logs" / f"{service}.jsonl.gz"
        known = [publishers[service].only_known] if service in publishers else []
        count = event_logs.write(uri, service, path, *known)
        if count is not None:
            found[service] = count
    return found
