"""``AMQP_URI``: the address of one broker node, or of several with ``;`` between, as kombu has it.

All are of one cluster and one virtual host. A process goes through them in an order of its own, so
that processes spread over the nodes.
"""

import random
from collections.abc import Iterable
from functools import lru_cache

_SEPARATOR = ";"


def split(amqp_uri: str) -> tuple[str, ...]:
    """The address of each node, as they are written; empty ones too."""
    return tuple(each.strip() for each in amqp_uri.split(_SEPARATOR))


def join(addresses: Iterable[str]) -> str:
    """One address of many."""
    return _SEPARATOR.join(addresses)


@lru_cache
def in_order(amqp_uri: str) -> tuple[str, ...]:
    """The address of each node in this process's order, which stays while it lives."""
    found = list(split(amqp_uri))
    random.shuffle(found)
    return tuple(found)
