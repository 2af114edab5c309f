"""Bringing a city back from a backup."""

import contextlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import amqp.exceptions

from palika import catalogue, topology
from palika.backup import databases, event_logs, files
from palika.backup.folder import BackupError, Say, verified
from palika.backup.settling import Settled, Settling, declare_all, finish_interrupted
from palika.config import settings
from palika.migrate import upgrade
from palika.subscribe.failures import visit


def must_fit(manifest: dict[str, Any]) -> None:
    """Refuse a backup that this release cannot take.

    Raises:
        BackupError: it has a service or a migration that this release does not know.
    """
    known = set(catalogue.database_names())
    if strange := sorted(manifest["databases"].keys() - known):
        raise BackupError(f"the backup has databases of {', '.join(strange)}, which are not here")
    newer = [
        each
        for service, described in manifest["databases"].items()
        for each in databases.unknown_migrations(service, described["migrations"])
    ]
    if newer:
        raise BackupError(
            f"the backup is of release {manifest['version']} and has migrations that this release "
            f"does not know ({', '.join(newer)}): restore it with that release or a later one"
        )


def restore(
    folder: Path,
    say: Say = lambda line: None,
    *,
    only: Iterable[str] = (),
    over: bool = False,
    keys: Path | None = None,
) -> dict[str, Any]:
    """Put a backup of dumps back; what was done, for ``--json``.

    The databases come beside the live ones first and take their places together: until then
    nothing has changed. Then the files, the broker's logs and queues, and the comparison.

    Args:
        folder: the backup.
        say: is given a line for each step.
        only: the databases of these services alone; all others stay as they are, and so do files
            and logs.
        over: databases that are there are replaced.
        keys: the folder with the secret keys, if they were copied.

    Raises:
        BackupError: it is damaged or does not fit, there are data and ``over`` is not said, or a
            process of the city runs.
        NotTaken, OSError, amqp.AMQPError: the broker was lost; ``palika settle`` goes on.
    """
    say("checking every file of the backup")
    manifest = verified(folder)
    if manifest["kind"] != "dumps":
        raise BackupError(f"{folder} has the files of a whole server: name a moment with --to")
    must_fit(manifest)
    wanted = sorted(only) or sorted(manifest["databases"])
    if lacking := [each for each in wanted if each not in manifest["databases"]]:
        raise BackupError(f"the backup has no database of {', '.join(lacking)}")
    must_be_still()
    full = [service for service in wanted if not databases.is_empty(service)]
    if full and not over:
        raise BackupError(
            f"there are data already ({', '.join(full)}): --over replaces them, for good"
        )
    _put_databases_back(folder, manifest, wanted, say)
    done: dict[str, Any] = {"restored": wanted, "moment": manifest["moment"]}
    if not only:
        done |= put_rest_back(folder, manifest, say, keys)
    return done | {"settled": settle(say).to_dict()}


def settle(say: Say = lambda line: None) -> Settled:
    """Compare what was published with what was seen, and put it right: see ``Settling``."""
    finish_interrupted(settings().amqp_uri)
    settling = Settling(settings().amqp_uri)
    settling.compare(say)
    return settling.carry_out(say)


def put_rest_back(
    folder: Path, manifest: dict[str, Any], say: Say, keys: Path | None
) -> dict[str, Any]:
    """Files, keys, logs and empty queues, once the databases are there."""
    done: dict[str, Any] = {}
    if keys is not None:
        done["keys"] = files.put_keys_back(keys, manifest["keys"])
    done["keys_missing"] = files.missing_keys(manifest["keys"])
    if "stores" in manifest:
        say("putting attachments, papers, photographs and evidence back")
        done["stores"] = files.put_stores_back(folder / "stores")
    done["logs"] = _put_logs_back(folder, manifest, say)
    return done


def must_be_still() -> None:
    """Refuse while a process of a service reads its queues.

    Raises:
        BackupError: one does.
    """
    names = [each.queue for each in catalogue.all_listeners()]
    uri = settings().amqp_uri
    there = [name for name, depth in topology.depths(uri, names).items() if depth is not None]
    with visit(uri) as channel:
        read = [n for n in there if channel.queue_declare(n, passive=True).consumer_count]
    if read:
        raise BackupError(f"{', '.join(read)} are read: stop every process of the services first")


def _put_databases_back(
    folder: Path, manifest: dict[str, Any], wanted: list[str], say: Say
) -> None:
    try:
        for service in wanted:
            say(f"restoring {service} beside what is there")
            described = manifest["databases"][service]
            databases.put_beside(service, folder / f"{service}.dump", described["rows"])
        databases.take_place(wanted)
    except BaseException:
        databases.drop_beside(wanted)
        raise
    migrate(wanted, manifest, say)


def migrate(services: Iterable[str], manifest: dict[str, Any], say: Say) -> None:
    """Bring restored databases up to this release, those that are not.

    Raises:
        MigrationError: one cannot be.
    """
    for service in services:
        if not databases.is_newest(service, manifest["databases"][service]["migrations"]):
            say(f"migrating {service}")
            upgrade(service)


def _empty_queues(uri: str) -> None:
    """What was under way is delivered again.

    They are emptied and not deleted: where many go at once, RabbitMQ 3.10 loses for good what moves
    dead letters, and declares no queue that has such any more.
    """
    for listener in catalogue.all_listeners():
        for queue in (listener.queue, *listener.retries, listener.dead_letters):
            with contextlib.suppress(amqp.exceptions.NotFound), visit(uri) as channel:
                channel.queue_purge(queue)


def _put_logs_back(folder: Path, manifest: dict[str, Any], say: Say) -> dict[str, int]:
    """Empty queues, and the logs where the broker has none, or another city's.

    A log that begins as that of the backup does is the same, and may go on after it: it stays.
    """
    uri = settings().amqp_uri
    _empty_queues(uri)
    put = {}
    for service, count in manifest["logs"].items():
        path = folder / "logs" / f"{service}.jsonl.gz"
        if event_logs.goes_on(uri, service, path, count):
            continue
        say(f"putting {count} events into the log of {service}")
        put[service] = event_logs.replace(uri, service, event_logs.read(path))
    declare_all(uri, catalogue.database_names())
    return put
