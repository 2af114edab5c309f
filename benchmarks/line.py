"""One connection on which many calls are in hand at a time, without a thread for each.

It speaks the wire of Nameko's RPC as the services' own clients do (persistent, mandatory, confirmed
messages that expire with the caller's patience), and takes as little as it can of a machine that
it shares with what it measures.
"""

import time
from collections.abc import Callable
from typing import Any, NamedTuple
from uuid import uuid4

import orjson
import pika

from palika import calls, vouching
from palika.auth import Identity

_EXCHANGE = "nameko-rpc"
_LOOK_FOR_LATE_S = 0.5


class Call(NamedTuple):
    """One RPC call."""

    method: str
    identity: Identity
    arguments: dict[str, Any]


class Answer(NamedTuple):
    """What came of a call: its result, or what was said instead; when it began (on the system's
    monotonic clock), and how many seconds it took."""

    result: Any
    error: str | None
    began: float
    took: float


Then = Callable[[Answer], None]


class Line:
    """The connection, and the calls that are in hand on it."""

    def __init__(self, uri: str, service: str, timeout_s: float = 10.0) -> None:
        """Prepare.

        Args:
            uri: of the broker.
            service: that is called.
            timeout_s: after so long without an answer a call has failed.
        """
        self._uri = uri
        self._service = service
        self._timeout_s = timeout_s
        self._loop: Any = None
        self._reply_to = str(uuid4())
        # By correlation id: what is to be done with the answer, and when the call began.
        self._waiting: dict[str, tuple[Then, float]] = {}

    @property
    def in_hand(self) -> int:
        """How many calls wait for their answers."""
        return len(self._waiting)

    def run(self, begin: Callable[[], None]) -> None:
        """Connect, begin, and go on until ``close``."""
        connection = pika.SelectConnection(
            pika.URLParameters(self._uri),
            on_open_callback=lambda opened: opened.channel(
                on_open_callback=lambda channel: self._opened(channel, begin)
            ),
            on_open_error_callback=self._broken,
            on_close_callback=lambda _connection, _why: self._loop.stop(),
        )
        self._loop = connection.ioloop
        self._connection = connection
        self._loop.start()

    def close(self) -> None:
        """End; what is in hand is not waited for."""
        if self._connection.is_open:
            self._connection.close()

    def later(self, seconds: float, what: Callable[[], None]) -> None:
        """Do something after a while."""
        self._loop.call_later(seconds, what)

    def call(self, call: Call, then: Then) -> None:
        """Make a call; ``then`` gets what comes of it."""
        key = str(uuid4())
        vouched = vouching.headers(call.identity, self._service, self._timeout_s)
        self._waiting[key] = then, time.monotonic()
        self._channel.basic_publish(
            _EXCHANGE,
            f"{self._service}.{call.method}",
            orjson.dumps({"args": [], "kwargs": call.arguments}),
            pika.BasicProperties(
                content_type="application/json",
                content_encoding="utf-8",
                delivery_mode=2,
                reply_to=self._reply_to,
                correlation_id=key,
                expiration=str(int(self._timeout_s * 1_000)),
                headers={
                    "nameko.call_id_stack": [f"bench.{key}"],
                    **{f"nameko.{name}": value for name, value in vouched.items()},
                    f"nameko.{calls.HEADER}": calls.new_id(),
                },
            ),
            mandatory=True,
        )

    def _broken(self, _connection: Any, why: Any) -> None:
        raise SystemExit(f"no connection to the broker: {why!r}")

    def _opened(self, channel: Any, begin: Callable[[], None]) -> None:
        self._channel = channel
        channel.add_on_return_callback(self._returned)
        channel.confirm_delivery(lambda _confirmed: None)
        queue = f"rpc.reply-bench-{self._reply_to}"
        channel.queue_declare(queue, exclusive=True)
        channel.queue_bind(queue, _EXCHANGE, self._reply_to)

        def consuming(_frame: Any) -> None:
            self.later(_LOOK_FOR_LATE_S, self._give_up_late_ones)
            begin()

        channel.basic_consume(queue, self._answered, auto_ack=True, callback=consuming)

    def _answered(self, _channel: Any, _method: Any, properties: Any, body: bytes) -> None:
        answer = orjson.loads(body)
        error = answer["error"]
        said = None if error is None else f"{error['exc_type']}: {error['value']}"
        self._done(properties.correlation_id, answer["result"], said)

    def _returned(self, _channel: Any, _method: Any, properties: Any, _body: bytes) -> None:
        self._done(properties.correlation_id, None, "the service is not running")

    def _done(self, key: str, result: Any, error: str | None) -> None:
        known = self._waiting.pop(key, None)
        if known is not None:
            then, began = known
            then(Answer(result, error, began, time.monotonic() - began))

    def _give_up_late_ones(self) -> None:
        before = time.monotonic() - self._timeout_s
        late = [key for key, (_, began) in self._waiting.items() if began < before]
        for key in late:
            self._done(key, None, f"no answer within {self._timeout_s:g} s")
        if not self._connection.is_closing and not self._connection.is_closed:
            self.later(_LOOK_FOR_LATE_S, self._give_up_late_ones)
