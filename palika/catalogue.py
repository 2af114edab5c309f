"""The one list of what there is: services, the events they publish, who listens in which queue.

Nothing is written down twice: the list is read from the services' own code. The contract tests,
``docs/events.md``, the AsyncAPI document and the command line all use it.
"""

import importlib
import inspect
from dataclasses import dataclass

from palika.config import settings
from palika.events import EventType, registered_types
from palika.local.city import database_names, service_names
from palika.service import Service
from palika.subscribe import Subscription
from palika.topology import dead_letters_of, queue_of, retry_queue_of

__all__ = [
    "Listener",
    "UnknownService",
    "all_listeners",
    "all_published",
    "database_names",
    "listeners",
    "published",
    "service_class",
    "service_names",
]


class UnknownService(LookupError):
    """There is no service of that name; the message lists those that there are."""


@dataclass(frozen=True, slots=True)
class Listener:
    """One subscription of one service.

    ``types`` are full event type names; ``queue``, ``dead_letters`` and ``retries`` are the names
    of its queues on the broker.
    """

    service: str
    name: str
    summary: str
    types: tuple[str, ...]
    queue: str
    dead_letters: str
    retries: tuple[str, ...]


def service_class(name: str) -> type[Service]:
    """The service's class, from ``services/<name>/service.py``.

    Raises:
        UnknownService: no such service, or its module has no ``Service`` of that name.
    """
    if name not in service_names():
        known = ", ".join(service_names()) or "none"
        raise UnknownService(f"there is no service {name!r}; there are: {known}")
    module = importlib.import_module(f"services.{name}.service")
    for candidate in vars(module).values():
        if (
            inspect.isclass(candidate)
            and issubclass(candidate, Service)
            and getattr(candidate, "name", None) == name
        ):
            return candidate
    raise UnknownService(f"services/{name}/service.py defines no Service with name = {name!r}")


def published(service: str) -> list[EventType]:
    """The event types that a service publishes; also those of a web service with a database.

    Raises:
        UnknownService: there is none of that name.
    """
    if service in database_names() and service not in service_names():
        importlib.import_module(f"services.{service}.schemas")
    else:
        service_class(service)
    return [kind for kind in registered_types(service) if kind.logged]


def listeners(service: str) -> list[Listener]:
    """The subscriptions of a service, by name."""
    config = settings(service)
    found = []
    for _, method in inspect.getmembers(service_class(service), inspect.isfunction):
        for entrypoint in getattr(method, "nameko_entrypoints", ()):
            if isinstance(entrypoint, Subscription):
                queue = queue_of(service, entrypoint.subscription)
                found.append(
                    Listener(
                        service,
                        entrypoint.subscription,
                        (inspect.getdoc(method) or "").partition("\n")[0],
                        entrypoint.types,
                        queue,
                        dead_letters_of(queue),
                        tuple(retry_queue_of(queue, d) for d in config.retry_delays_ms),
                    )
                )
    return sorted(found, key=lambda listener: listener.name)


def all_published() -> list[EventType]:
    """The event types of all services, by name."""
    return [kind for service in database_names() for kind in published(service)]


def all_listeners() -> list[Listener]:
    """The subscriptions of all services."""
    return [listener for service in service_names() for listener in listeners(service)]
