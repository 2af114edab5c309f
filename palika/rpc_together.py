"""One question to several services at once: who is away does not keep the others' answers."""

from collections.abc import Mapping
from contextvars import copy_context
from typing import Any

import eventlet

from palika.errors import PalikaError
from palika.rpc import Services


def ask_all(
    services: Services, method: str, asked: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """Call a method of the same name of each of these services, all at the same time.

    Args:
        services: as whom, and how long each is waited for.
        method: its name.
        asked: the arguments by service.

    Returns:
        What each has answered, by service; or the ``PalikaError`` that came instead.
    """

    def ask(service: str) -> Any:
        try:
            return getattr(getattr(services, service), method)(**asked[service])
        except PalikaError as error:
            return error

    # Each in a copy of the context: all calls are of the trace of who asks.
    waiting = {service: eventlet.spawn(copy_context().run, ask, service) for service in asked}
    return {service: each.wait() for service, each in waiting.items()}
