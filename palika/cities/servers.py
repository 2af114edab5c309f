"""The servers that the cities share: one broker, one PostgreSQL.

Without ``servers.yaml`` in the cities' folder they are the installation's own, which `palika up
--city` starts, with their data in ``.servers/``. With it they are those that it names.
"""

import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from palika.cities.folder import SERVERS, CityError
from palika.local.broker import Broker
from palika.local.city import City
from palika.local.processes import LocalError

FILE: Final = "servers.yaml"
_FIELDS: Final = frozenset({"broker", "rabbitmqctl", "database"})
_TIMEOUT_S: Final = 120


class Control(Protocol):
    """Commands of ``rabbitmqctl`` at one broker."""

    def __call__(self, *arguments: str, text: str = "") -> str:
        """What it prints; ``text`` is its standard input. Raises LocalError: it failed."""


@dataclass(frozen=True)
class Servers:
    """How both are reached and looked after.

    Attributes:
        broker: AMQP address without user and virtual host.
        control: its ``rabbitmqctl``.
        database: the address of an administrator's at PostgreSQL.
    """

    broker: str
    control: Control
    database: str


def named(folder: Path) -> Servers | None:
    """The servers that ``servers.yaml`` names; None without it.

    Raises:
        CityError: the file cannot be used.
    """
    from palika.yaml_files import Unusable, loaded, text_of

    path = folder / FILE
    if not path.exists():
        return None
    try:
        raw = loaded(text_of(path))
    except Unusable as error:
        raise CityError(f"{path}, line {error.line}: {error.rule}") from error
    if not isinstance(raw, dict) or raw.keys() != _FIELDS or not all(map(_is_text, raw.values())):
        raise CityError(f"{path}: must have {', '.join(sorted(_FIELDS))}, each a text")
    for name, schemes in (("broker", ("amqp", "amqps")), ("database", ("postgresql", "postgres"))):
        if urlsplit(raw[name]).scheme not in schemes:
            raise CityError(f"{path}: {name}: its scheme is not {' or '.join(schemes)}")
    if "@" in raw["broker"]:
        raise CityError(f"{path}: broker: is without a user, for each city has its own")
    return Servers(raw["broker"].rstrip("/"), _command(raw["rabbitmqctl"]), raw["database"])


def own(folder: Path) -> Servers | None:
    """The installation's own, while `palika up --city` runs them; None while it does not."""
    from palika.local.docker import private_broker

    place = City(folder / SERVERS)
    state = place.read()
    if place.supervisor is None or not state or not state["amqp_uri"] or not state["database_url"]:
        return None
    (node,) = private_broker(place.var / "rabbitmq").nodes
    return of_broker(node, state["amqp_uri"], state["database_url"])


def of_broker(node: Broker, amqp_uri: str, database_url: str) -> Servers:
    """A private node and a PostgreSQL that run."""
    parts = urlsplit(amqp_uri)
    return Servers(f"{parts.scheme}://{parts.hostname}:{parts.port}", node.control, database_url)


def known(folder: Path) -> Servers | None:
    """Those that are named, or the installation's own while they run."""
    return named(folder) or own(folder)


def _command(line: str) -> Control:
    def control(*arguments: str, text: str = "") -> str:
        try:
            result = subprocess.run(
                [*shlex.split(line), *arguments],
                input=text,
                capture_output=True,
                text=True,
                timeout=_TIMEOUT_S,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise LocalError(f"{FILE}: rabbitmqctl: {line}: {error}") from error
        if result.returncode:
            raise LocalError(f"{line} {arguments[0]}: {result.stderr.strip()}")
        return result.stdout.strip()

    return control


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)
