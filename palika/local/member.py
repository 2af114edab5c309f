"""What makes a RabbitMQ node one of a cluster's."""

from dataclasses import dataclass
from typing import Protocol


class PortMapper(Protocol):
    """What tells a node where the others listen."""

    port: int

    @property
    def pid(self) -> int | None:
        """Its pid; None when it does not run, or is no process of its own."""

    def start(self) -> None:
        """Start it, unless it runs."""

    def stop(self) -> None:
        """Stop it; harmless when it does not run."""


@dataclass(frozen=True, slots=True)
class Member:
    """What makes a node one of a cluster's.

    Attributes:
        name: the node's (``palika-2@localhost``).
        mapper: of the cluster.
        password: which all nodes of the cluster have.
        cookie: which all have, too: by it they take each other for their own.
        settings: more lines of its configuration.
    """

    name: str
    mapper: PortMapper
    password: str
    cookie: str
    settings: str
