"""A queue of the test's own that keeps what a service publishes."""

import json
from typing import Any

from tests.support.backbone import Backbone


class Mailbox:
    """Bound to a service's exchange; nobody else reads it."""

    def __init__(
        self,
        backbone: Backbone,
        name: str,
        key: str = "pinged",
        service: str = "probe",
        **arguments: Any,
    ) -> None:
        """Declare the exchange, where it is missing, and the queue, and bind it.

        Args:
            backbone: its broker.
            name: the queue's name.
            key: the routing key it is bound with.
            service: whose events.
            arguments: the queue's, with ``_`` for ``-``: ``x_max_length=5``.
        """
        self.name = name
        self._backbone = backbone
        with backbone.channel() as channel:
            exchange = f"{service}.events"
            channel.exchange_declare(exchange, "topic", durable=True, auto_delete=False)
            named = {argument.replace("_", "-"): value for argument, value in arguments.items()}
            channel.queue_declare(name, durable=True, auto_delete=False, arguments=named)
            channel.queue_bind(name, exchange, key)

    @property
    def depth(self) -> int:
        """How many messages wait."""
        return self._backbone.depth(self.name)

    def take(self) -> list[Any]:
        """All messages that are there, in order, as py-amqp has them; they are gone then."""
        taken = []
        with self._backbone.channel() as channel:
            while (message := channel.basic_get(self.name, no_ack=True)) is not None:
                taken.append(message)
        return taken

    def numbers(self) -> list[int]:
        """The numbers of the pings that are there, in order; they are gone then."""
        return [json.loads(message.body)["data"]["number"] for message in self.take()]

    def delete(self) -> None:
        """Remove the queue, with what is in it."""
        with self._backbone.channel() as channel:
            channel.queue_delete(self.name)


def put(backbone: Backbone, body: str = "{}", key: str = "pinged", **columns: str) -> int:
    """A row in the outbox that no code of ours would write; its position."""
    exchange = columns.get("exchange", "probe.events")
    position: int = backbone.value(
        "probe",
        "INSERT INTO outbox (event_id, type, exchange, routing_key, mandatory, body) "
        "VALUES (gen_random_uuid(), 'probe.pinged.v1', %s, %s, true, %s) RETURNING position",
        exchange,
        key,
        body,
    )
    return position
