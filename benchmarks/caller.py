"""``python -m benchmarks.caller '{…}'``: a process that calls the grievance service.

It speaks the wire of Nameko's RPC as the services' own clients do (persistent, mandatory, confirmed
messages that expire with the caller's patience), but has many calls in flight on one connection and
no thread for each: it takes as little as it can of a machine that it shares with what it measures.

*Closed*: so many callers, each of whom begins the next piece of work when the last is done.
*Open*: so many pieces begin in a second, whatever has become of those before.
"""

import json
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import orjson
import pika

from benchmarks.lives import Piece, pieces
from benchmarks.peers import options
from palika import auth, calls, tracing

_EXCHANGE = "nameko-rpc"
_TICK_S = 0.01
_LOOK_FOR_LATE_S = 0.5


class Caller:
    """One connection, and the pieces of work in hand on it."""

    def __init__(
        self,
        uri: str,
        work: Iterator[Piece],
        *,
        callers: int = 0,
        per_second: float = 0.0,
        timeout_s: float = 10.0,
    ) -> None:
        """Prepare.

        Args:
            uri: of the broker.
            work: the pieces, in their order.
            callers: how many pieces are in hand at a time; or else
            per_second: how many begin in a second.
            timeout_s: after so long without an answer a call has failed, and its piece with it.
        """
        self._uri = uri
        self._work = work
        self._callers = callers
        self._per_second = per_second
        self._timeout_s = timeout_s
        self._loop: Any = None
        self._reply_to = str(uuid4())
        # By correlation id: the piece, and when the call began.
        self._waiting: dict[str, tuple[Piece, float]] = {}
        self._exhausted = False
        self._begun = 0
        self.started = 0.0
        self.ended: list[float] = []
        self.took: list[tuple[float, float]] = []
        self.errors: Counter[str] = Counter()
        self.given = 0

    def run(self) -> None:
        """Do all of the work; returns when the last answer is there, or has not come in time."""
        connection = pika.SelectConnection(
            pika.URLParameters(self._uri),
            on_open_callback=lambda opened: opened.channel(on_open_callback=self._opened),
            on_open_error_callback=self._broken,
            on_close_callback=lambda _connection, _why: self._loop.stop(),
        )
        self._loop = connection.ioloop
        self._connection = connection
        self._loop.start()

    def _broken(self, _connection: Any, why: Any) -> None:
        raise SystemExit(f"no connection to the broker: {why!r}")

    def _opened(self, channel: Any) -> None:
        self._channel = channel
        channel.add_on_return_callback(self._returned)
        channel.confirm_delivery(lambda _confirmed: None)
        queue = f"rpc.reply-bench-{self._reply_to}"
        channel.queue_declare(queue, exclusive=True)
        channel.queue_bind(queue, _EXCHANGE, self._reply_to)
        channel.basic_consume(queue, self._answered, auto_ack=True, callback=self._begin)

    def _begin(self, _consuming: Any) -> None:
        self.started = time.monotonic()
        self._loop.call_later(_LOOK_FOR_LATE_S, self._give_up_late_ones)
        if self._callers:
            for _ in range(self._callers):
                self._next_piece()
        else:
            self._keep_pace()

    def _keep_pace(self) -> None:
        due = (time.monotonic() - self.started) * self._per_second
        while self._begun < due and not self._exhausted:
            self._next_piece()
        if not self._exhausted:
            self._loop.call_later(_TICK_S, self._keep_pace)

    def _next_piece(self) -> None:
        piece = next(self._work, None)
        if piece is None:
            self._exhausted = True
            self._end_if_done()
            return
        self._begun += 1
        self._call(piece, None)

    def _call(self, piece: Piece, answer: dict[str, Any] | None) -> None:
        """Make the next call of a piece, or note that it is done."""
        try:
            call = next(piece) if answer is None else piece.send(answer)
        except StopIteration:
            self.ended.append(time.monotonic())
            self._after_a_piece()
            return
        key = str(uuid4())
        self._waiting[key] = piece, time.monotonic()
        self._channel.basic_publish(
            _EXCHANGE,
            f"grievance.{call.method}",
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
                    f"nameko.{auth.HEADER}": call.identity.to_header(),
                    f"nameko.{tracing.HEADER}": tracing.new_traceparent(),
                    f"nameko.{calls.HEADER}": calls.new_id(),
                },
            ),
            mandatory=True,
        )

    def _answered(self, _channel: Any, _method: Any, properties: Any, body: bytes) -> None:
        known = self._waiting.pop(properties.correlation_id, None)
        if known is None:
            return
        piece, began = known
        self.took.append((began, time.monotonic() - began))
        answer = orjson.loads(body)
        error = answer["error"]
        if error is not None:
            self._failed(f"{error['exc_type']}: {error['value']}")
            return
        result = answer["result"]
        # A filing that was given to somebody at once has told two events.
        self.given += "token" in result and result["officer"] is not None
        self._call(piece, result)

    def _returned(self, _channel: Any, _method: Any, properties: Any, _body: bytes) -> None:
        if self._waiting.pop(properties.correlation_id, None) is not None:
            self._failed("the service is not running")

    def _give_up_late_ones(self) -> None:
        before = time.monotonic() - self._timeout_s
        late = [key for key, (_, began) in self._waiting.items() if began < before]
        for key in late:
            del self._waiting[key]
            self._failed(f"no answer within {self._timeout_s:g} s")
        if not self._connection.is_closing and not self._connection.is_closed:
            self._loop.call_later(_LOOK_FOR_LATE_S, self._give_up_late_ones)

    def _failed(self, why: str) -> None:
        self.errors[why[:200]] += 1
        self._after_a_piece()

    def _after_a_piece(self) -> None:
        if self._callers and not self._exhausted:
            self._next_piece()
        else:
            self._end_if_done()

    def _end_if_done(self) -> None:
        if self._exhausted and not self._waiting and self._connection.is_open:
            self._connection.close()


def main() -> None:
    """Call; what came of it is printed as JSON. Moments are of the system's monotonic clock."""
    told = options()
    work = list(pieces(told["kind"], told["count"], told["seed"], datetime.now(UTC)))
    caller = Caller(
        told["uri"],
        iter(work),
        callers=told.get("callers", 0),
        per_second=told.get("per_second", 0.0),
        timeout_s=told["timeout_s"],
    )
    caller.run()
    print(
        json.dumps(
            {
                "started": caller.started,
                "ended": caller.ended,
                "took": caller.took,
                "errors": caller.errors,
                "given": caller.given,
            }
        )
    )


if __name__ == "__main__":
    main()
