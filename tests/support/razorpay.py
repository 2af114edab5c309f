"""The loopback gateway as tests use it: the server, a client for it, and storms of webhooks."""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from services.tax.gateway.loopback import Loopback, Webhook
from services.tax.gateway.loopback_server import LoopbackServer
from services.tax.gateway.razorpay import Gateway


@contextmanager
def gateway_running(**options: Any) -> Iterator[LoopbackServer]:
    """A loopback gateway, while the context lasts."""
    with LoopbackServer(**options) as running:
        yield running


def client_of(server: LoopbackServer, timeout_s: float = 2.0, **changes: Any) -> Gateway:
    """A client of it; it does not wait between its tries."""
    given = {"key_id": server.key_id, "key_secret": server.key_secret, **changes}
    return Gateway(server.url, timeout_s=timeout_s, pause=lambda _: None, **given)


def storm(webhooks: Sequence[Webhook], times: int, seed: int) -> list[Webhook]:
    """Each so often, in an order of chance."""
    found = [each for each in webhooks for _ in range(times)]
    random.Random(seed).shuffle(found)
    return found


def forged(webhook: Webhook, secret: str = "guessed") -> Webhook:
    """The same, signed by somebody else."""
    body, _, event_id = webhook
    return (*Loopback(webhook_secret=secret).signed(body)[:2], event_id)
