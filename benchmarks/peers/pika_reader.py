"""pika: read and parse, nothing else: the limit of what a subscriber in Python can do.

At its best: the asynchronous connection, the quickest JSON parser, one acknowledgement for many.
"""

from typing import Any

import orjson
import pika
from pika.adapters.select_connection import SelectConnection

from benchmarks.peers import Stopwatch, options


def main() -> None:
    """Read ``count`` messages from ``queue``; print the rate."""
    given = options()
    total, every, prefetch = given["count"], given["ack_every"], given["prefetch"]
    watch = Stopwatch(total)
    seen = 0

    def on_message(channel: Any, method: Any, _properties: Any, body: bytes) -> None:
        nonlocal seen
        orjson.loads(body)
        seen += 1
        if seen % every == 0 or seen == total:
            channel.basic_ack(method.delivery_tag, multiple=True)
            if watch.done(seen):
                channel.connection.close()

    def on_channel(channel: Any) -> None:
        channel.basic_qos(prefetch_count=prefetch)
        channel.basic_consume(given["queue"], on_message)

    connection = SelectConnection(
        pika.URLParameters(given["uri"]),
        on_open_callback=lambda connection: connection.channel(on_open_callback=on_channel),
        on_close_callback=lambda connection, _reason: connection.ioloop.stop(),
    )
    connection.ioloop.start()


if __name__ == "__main__":
    main()
