"""pika: publish from memory with asynchronous confirms: the limit of what a relay can do.

At its best: the asynchronous connection and a window of messages that are not confirmed yet.
It also fills the queues that the subscribers are measured on.
"""

from typing import Any

import pika
from pika.adapters.select_connection import SelectConnection

from benchmarks.load import read
from benchmarks.peers import Stopwatch, options


class Publisher:
    """Publishes all messages, never more than ``window`` of them unconfirmed."""

    def __init__(self, given: dict[str, Any]) -> None:
        self._exchange = given["exchange"]
        self._key = given["routing_key"]
        self._window = given["window"]
        self._messages = [
            (
                pika.BasicProperties(
                    content_type="application/json",
                    content_encoding="utf-8",
                    delivery_mode=2,
                    message_id=message.id,
                    type="grievance.filed.v1",
                ),
                message.body.encode(),
            )
            for message in read(given["messages"], given["count"])
        ]
        self._sent = self._confirmed = 0
        self._oldest = 1
        self._early: set[int] = set()
        self._watch = Stopwatch(len(self._messages))
        self.refused = 0
        self._connection = SelectConnection(
            pika.URLParameters(given["uri"]),
            on_open_callback=lambda connection: connection.channel(on_open_callback=self._open),
            on_close_callback=lambda connection, _reason: connection.ioloop.stop(),
        )

    def run(self) -> None:
        """Publish; return when all are confirmed."""
        self._connection.ioloop.start()

    def _open(self, channel: Any) -> None:
        self._channel = channel
        channel.confirm_delivery(self._on_confirm, callback=lambda _: self._fill())

    def _fill(self) -> None:
        publish, messages = self._channel.basic_publish, self._messages
        last = min(len(messages), self._confirmed + self._window)
        for number in range(self._sent, last):
            properties, body = messages[number]
            publish(self._exchange, self._key, body, properties)
        self._sent = last

    def _on_confirm(self, frame: Any) -> None:
        method = frame.method
        tag = method.delivery_tag
        if isinstance(method, pika.spec.Basic.Nack):
            self.refused += 1
        if method.multiple:
            self._oldest = max(self._oldest, tag + 1)
            self._early = {each for each in self._early if each > tag}
        elif tag == self._oldest:
            self._oldest += 1
        else:
            self._early.add(tag)
        while self._oldest in self._early:
            self._early.remove(self._oldest)
            self._oldest += 1
        self._confirmed = self._oldest - 1 + len(self._early)
        if self._watch.done(self._confirmed):
            self._connection.close()
        elif self._sent - self._confirmed <= self._window // 2:
            self._fill()


def main() -> None:
    """Publish ``count`` messages; print the rate."""
    publisher = Publisher(options())
    publisher.run()
    if publisher.refused:
        raise SystemExit(f"the broker refused {publisher.refused} messages")


if __name__ == "__main__":
    main()
