"""Payments one after the other, and how long the event of each takes to a consumer."""

import random
import time
from datetime import UTC, datetime
from threading import Event, Thread
from typing import Self
from uuid import UUID, uuid4

import kombu
import orjson
from sqlalchemy import select, text

from palika.database import sessions
from palika.india import day_of
from services.tax.commands.pay import Money, take_payment
from services.tax.models import Property
from services.tax.schemas.events import PAID

_PAUSE_S = 0.02
_ARRIVES_WITHIN_S = 60
_AMOUNT = 100_00
_SEED = 7


class Paying:
    """A consumer of ``tax.paid`` and somebody who takes payments, while it is entered.

    Attributes:
        calls: how long each payment took, from the call to the return of its commit, in seconds.
    """

    def __init__(self, amqp_uri: str) -> None:
        """Prepare.

        Args:
            amqp_uri: of the virtual host on which a relay of tax is at work.
        """
        self._uri = amqp_uri
        self._end = Event()
        self._bound = Event()
        self._committed: dict[str, float] = {}
        self._arrived: dict[str, float] = {}
        self._threads = [Thread(target=self._consume, daemon=True)]
        self._threads.append(Thread(target=self._pay, daemon=True))
        self.calls: list[float] = []
        self._paid = Event()

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        for thread in self._threads:
            thread.join()

    def delays(self) -> list[float]:
        """End, and give how long each event took from its commit, in seconds.

        Raises:
            TimeoutError: one did not come, or none was taken.
        """
        self._paid.set()
        self._threads[1].join()
        if not self._committed:
            raise TimeoutError("no payment was taken")
        deadline = time.monotonic() + _ARRIVES_WITHIN_S
        while self._committed.keys() - self._arrived.keys():
            if time.monotonic() > deadline:
                missing = len(self._committed.keys() - self._arrived.keys())
                raise TimeoutError(f"{missing} of {len(self._committed)} payments have not come")
            time.sleep(0.01)
        return [self._arrived[id_] - at for id_, at in self._committed.items()]

    def _pay(self) -> None:
        rng = random.Random(_SEED)
        maker = sessions("tax")
        assert self._bound.wait(_ARRIVES_WITHIN_S)
        with maker() as session:
            ids = list(session.scalars(select(Property.id).order_by(text("random()")).limit(5_000)))
        while not self._end.is_set() and not self._paid.is_set():
            now = datetime.now(UTC)
            money = Money(_AMOUNT, f"bench-{uuid4()}", "upi", "office", day_of(now), "bench")
            begun = time.perf_counter()
            with maker.begin() as session:
                paid: UUID = take_payment(session, rng.choice(ids), money, now).id
            done = time.perf_counter()
            self._committed[str(paid)] = done
            self.calls.append(done - begun)
            self._end.wait(_PAUSE_S)

    def _consume(self) -> None:
        def take(body: object, message: kombu.Message) -> None:
            raw = message.body if isinstance(message.body, bytes) else message.body.encode()
            self._arrived[orjson.loads(raw)["data"]["payment_id"]] = time.perf_counter()
            message.ack()

        exchange = kombu.Exchange(PAID.name.exchange, "topic", passive=True, no_declare=True)
        queue = kombu.Queue("bench.paid", exchange, PAID.name.routing_key, exclusive=True)
        with (
            kombu.Connection(self._uri, connect_timeout=5) as connection,
            kombu.Consumer(connection.channel(), [queue], callbacks=[take]),
        ):
            self._bound.set()
            while not self._end.is_set():
                try:
                    connection.drain_events(timeout=0.5)
                except TimeoutError:
                    continue
