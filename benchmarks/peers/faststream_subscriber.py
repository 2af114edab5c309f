"""FastStream: a subscriber, the upsert of the measure, one commit an event, no inbox.

At its best: asyncpg with statements prepared once, a connection for each event in hand, no
validation of types, no log; ``prefetch`` events in hand at once.
"""

import asyncio
from typing import Any

import asyncpg
from faststream import AckPolicy
from faststream.rabbit import Channel, RabbitBroker, RabbitQueue

from benchmarks.peers import options
from benchmarks.peers.effect import UPSERT, key

_STATEMENT = UPSERT.format("$1", "$2", "$3::text")


async def main() -> None:
    """Run until SIGTERM."""
    given = options()
    broker = RabbitBroker(
        given["uri"],
        default_channel=Channel(prefetch_count=given["prefetch"], publisher_confirms=False),
        apply_types=False,
        logger=None,
    )
    free: asyncio.LifoQueue[Any] = asyncio.LifoQueue()
    connections = []
    for _ in range(given["connections"]):
        connection = await asyncpg.connect(given["database"])
        connections.append(connection)
        free.put_nowait(await connection.prepare(_STATEMENT))

    queue = RabbitQueue(given["queue"], durable=True, declare=False)

    @broker.subscriber(queue, ack_policy=AckPolicy.NACK_ON_ERROR)
    async def count(event: dict[str, Any]) -> None:
        statement = await free.get()
        try:
            await statement.fetch(*key(event))
        finally:
            free.put_nowait(statement)

    await broker.start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
