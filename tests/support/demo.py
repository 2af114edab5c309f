"""The city of sample work, as `palika up` writes it down: with what there is in a test."""

import os
from pathlib import Path

from palika.local.city import City
from palika.local.processes import ProcessId


def demo_city(
    var: Path,
    *,
    amqp_uri: str,
    database_url: str,
    own_servers: bool = True,
    seeded: bool = True,
    supervisor: ProcessId | None = None,
) -> City:
    """One in ``var`` that runs, this process being its supervisor if no other is named."""
    city = City(var)
    city.run.mkdir(parents=True, exist_ok=True)
    watching = supervisor or ProcessId.of(os.getpid())
    assert watching is not None
    city.write(
        {
            "phase": "up",
            "supervisor": {"pid": watching.pid, "created": watching.created},
            "amqp_uri": amqp_uri,
            "database_url": database_url,
            "own_servers": own_servers,
            "parts": [],
        }
    )
    if seeded:
        city.seeded.touch()
    return city
