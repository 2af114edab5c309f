"""The Nameko side of ``@subscribe``: runs the reader and the work while the container runs."""

import contextlib
import functools
import logging
import random
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

import amqp
import eventlet
from eventlet.event import Event as Signal
from nameko.extensions import Entrypoint

from palika import metrics, topology
from palika.config import settings
from palika.database import DatabaseEngine, trouble
from palika.events import TypeName
from palika.subscribe.delivery import Delivery
from palika.subscribe.failures import Failures, NoQueue
from palika.subscribe.intake import Intake
from palika.subscribe.reader import Reader
from palika.subscribe.work import DatabaseAway, DatabaseBusy, Failed, Verdict, Work

_log = logging.getLogger(__name__)

_READ_TIMEOUT_S = 1.0
_BACKOFF_FIRST_S = 0.1
_BACKOFF_LAST_S = 10.0
# So long the move of one failed event may take, and so long after one that failed it is tried anew.
_MOVE_S = 10.0
_MOVE_AGAIN_S = 2.0
# Of the time for a stop, what is in hand may take this part; the rest goes back to the queue.
_FINISH = 0.5
# A batch that so often took too long is tried in parts.
_TOO_LONG_TRIES = 2
# A batch that has waited for so many times the patience of a caller shows in the readiness.
_WAITS_LONG = 3
# A batch this large says that events are flowing: then it pays to let the next one fill up.
_FLOWING = 8

_LOST = (OSError, amqp.AMQPError)


class Subscription(Entrypoint):
    """Reads one queue in batches and puts each through the service's method.

    Two greenlets work side by side: one takes deliveries off the connection, the other takes
    batches through the handler and acknowledges them. So reading goes on while the database works,
    and batches grow by themselves as events come faster.
    """

    database = DatabaseEngine()

    def __init__(self, subscription: str, to: Iterable[str], **kwargs: Any) -> None:
        """Declared through ``@subscribe``; see there."""
        super().__init__(**kwargs)
        self.subscription = subscription
        self.types = tuple(to)
        for kind in self.types:
            TypeName.parse(kind)
        self.stopped: str | None = None
        """Why this process does not read the subscription any more, or None."""
        self.connected = False
        """Whether it consumes right now."""

    @property
    def trouble(self) -> str:
        """Why it does not do its work, for people; empty when it does."""
        if self.stopped is not None:
            return self.stopped
        if not self.connected:
            return "not consuming"
        if self._waiting is not None:
            since, word = self._waiting
            waited = time.monotonic() - since
            if waited > self._config.rpc_timeout_s * _WAITS_LONG:
                return f"a batch has waited for {waited:.0f} s, for the database is {word}"
        return ""

    def setup(self) -> None:
        self._config = settings(self.container.service_name)
        self.queue = topology.queue_of(self.container.service_name, self.subscription)
        self._topology = topology.subscription(
            self.container.service_name, self.subscription, self.types, self._config
        )
        self._known = frozenset(self.types)
        self._running = False
        self._waiting: tuple[float, str] | None = None
        self._intake: Intake | None = None
        self._finished = Signal()
        self._arrived = eventlet.semaphore.Semaphore(0)

    def start(self) -> None:
        self._running = True
        metrics.CONSUMER_STOPPED.labels(subscription=self.queue).set(0)
        self.container.spawn_managed_thread(self._run, identifier=f"subscribe {self.queue}")

    def stop(self) -> None:
        """Take no more, finish what is in hand, and leave the rest in the queue.

        What is given back counts as delivered in vain, so only what takes too long is.
        """
        if self._running:
            self._running = False
            if self._intake is not None:
                with contextlib.suppress(*_LOST):
                    self._intake.end()
            self._finished.wait()

    def kill(self) -> None:
        self._running = False

    def _run(self) -> None:
        backoff = _BACKOFF_FIRST_S
        try:
            while self._running and self.stopped is None:
                try:
                    topology.declare(self._config.amqp_uri, self._topology)
                    self._wait_for_database()
                    self._consume()
                    backoff = _BACKOFF_FIRST_S
                except topology.TopologyMismatch as error:
                    # Raised where the container is waited for. Nameko, were it raised here, would
                    # tell of it with its trace first; its one line says all there is.
                    told = (type(error), error, error.__traceback__)
                    eventlet.spawn(self.container.kill, told)
                    return
                except _LOST as error:
                    if self.connected:
                        backoff = _BACKOFF_FIRST_S
                    delay = backoff * random.uniform(0.5, 1.5)  # noqa: S311 no secret hangs on it
                    _log.warning("%s: %r; again in %.1f s", self.queue, error, delay)
                    self._pause(delay)
                    backoff = min(backoff * 2, _BACKOFF_LAST_S)
                finally:
                    self.connected = False
        finally:
            self._finished.send(True)

    def _pause(self, seconds: float) -> None:
        with eventlet.Timeout(seconds, False):
            while self._running:
                eventlet.sleep(min(0.2, seconds))

    def _wait_for_database(self) -> None:
        """Take no deliveries that could only be held: each loss of the connection would count."""
        backoff = _BACKOFF_FIRST_S
        while self._running and (found := trouble(self.database.engine)):
            delay = backoff * random.uniform(0.5, 1.5)  # noqa: S311 no secret hangs on it
            _log.warning("%s: database %s; again in %.1f s", self.queue, found, delay)
            self._pause(delay)
            backoff = min(backoff * 2, _BACKOFF_LAST_S)

    def _consume(self) -> None:
        reader = Reader(self._config.amqp_uri, self.queue, prefetch=1)
        failures = Failures(self._config.amqp_uri, self.queue, self._config.retry_delays_ms)
        intake = Intake(reader, self._config.prefetch, self._config.batch_size)
        held: deque[Failed] = deque()
        move_at = 0.0
        reading = None
        try:
            reader.connect()
            self._intake = intake
            self.connected = True
            _log.info("%s: consuming", self.queue)
            reading = eventlet.spawn(self._read, reader)
            while self._running and self.stopped is None:
                batch = self._collect(reader, reading, intake)
                if batch:
                    self._settle(reader, batch, self._handle(batch), held, intake.in_order)
                if held and time.monotonic() >= move_at and not self._move(reader, failures, held):
                    move_at = time.monotonic() + _MOVE_AGAIN_S
                if batch:
                    intake.settled(held=any(failed[0] is batch[0] for failed in held))
            if self.stopped is None:
                self._finish(reader, reading, intake, held)
            if held and time.monotonic() >= move_at:
                self._move(reader, failures, held)
        finally:
            self._intake = None
            if reading is not None:
                reading.kill()
            reader.close()
            failures.drop()

    def _finish(self, reader: Reader, reading: Any, intake: Intake, held: deque[Failed]) -> None:
        """Handle what is in hand at a stop, as far as there is time."""
        intake.end()
        until = time.monotonic() + self._config.shutdown_grace_s * _FINISH
        while self.stopped is None and time.monotonic() < until:
            if reading.dead:
                reading.wait()  # raises what ended it
            batch = intake.take()
            if batch:
                self._settle(reader, batch, self._handle(batch), held, in_order=False)
            elif reader.quiet:
                return

    def _read(self, reader: Reader) -> None:
        while True:
            reader.read(_READ_TIMEOUT_S)
            if reader.deliveries and self._arrived.balance < 1:
                self._arrived.release()
            # The socket may always have more: let the other greenlets have their turn.
            eventlet.sleep(0)

    def _collect(self, reader: Reader, reading: Any, intake: Intake) -> list[Delivery]:
        """The next batch: whatever is there, filled up while events are flowing."""
        deliveries = reader.deliveries
        limit = self._config.batch_size
        if not deliveries:
            self._arrived.acquire(timeout=_READ_TIMEOUT_S)
        if reading.dead:
            reading.wait()  # raises what ended it
        if len(deliveries) >= _FLOWING and intake.in_order:
            before = -1
            while before < len(deliveries) < limit:
                before = len(deliveries)
                eventlet.sleep(self._config.quiet_ms / 1000)
        return intake.take()

    def _handle(self, batch: list[Delivery]) -> Verdict:
        """One batch through the service's method, in one of the container's workers."""
        backoff = _BACKOFF_FIRST_S
        too_long = 0
        try:
            while True:
                work = Work(
                    self.queue,
                    self._known,
                    self.database.sessions,
                    batch,
                    in_parts=too_long >= _TOO_LONG_TRIES,
                )
                answer = Signal()
                self.container.spawn_worker(
                    self, (work,), {}, handle_result=functools.partial(_answer, answer)
                )
                verdict, exc_info = answer.wait()
                if exc_info is not None:
                    raise exc_info[1].with_traceback(exc_info[2])
                if isinstance(verdict, Verdict):
                    return verdict
                error: DatabaseAway = verdict
                if not self._running:
                    raise ConnectionAbortedError(
                        f"stopping while the database is {error.word}"
                    ) from error
                if isinstance(error, DatabaseBusy) and error.too_long:
                    too_long += 1
                since = self._waiting[0] if self._waiting else time.monotonic()
                self._waiting = (since, error.word)
                delay = backoff * random.uniform(0.5, 1.5)  # noqa: S311 no secret hangs on it
                _log.warning(
                    "%s: database %s (%s); again in %.1f s", self.queue, error.word, error, delay
                )
                self._pause(delay)
                backoff = min(backoff * 2, _BACKOFF_LAST_S)
        finally:
            self._waiting = None

    def _settle(
        self,
        reader: Reader,
        batch: list[Delivery],
        verdict: Verdict,
        held: deque[Failed],
        in_order: bool,
    ) -> None:
        """Acknowledge what is done; what has failed is held until it is moved."""
        for delivery, stop in verdict.stopped:
            reader.requeue(delivery)
            self.stopped = stop.reason
        held.extend(verdict.failed)
        left = {delivery.tag for delivery, _ in verdict.stopped}
        left |= {delivery.tag for delivery, _, _ in verdict.failed}
        done = [delivery for delivery in batch if delivery.tag not in left]
        if held or not in_order:
            # An acknowledgement of all up to one would take with it what is held or is still to do.
            for delivery in done:
                reader.ack_one(delivery)
        elif done:
            reader.ack(done[-1])
        if self.stopped is not None:
            metrics.CONSUMER_STOPPED.labels(subscription=self.queue).set(1)
            _log.error("%s: this consumer has stopped: %s", self.queue, self.stopped)

    def _move(self, reader: Reader, failures: Failures, held: deque[Failed]) -> bool:
        """Move what has failed on, and acknowledge it; False when the broker takes nothing now.

        Then it is held further, and the subscription goes on with what else there is.
        """
        late = TimeoutError("the broker does not answer")
        try:
            with eventlet.Timeout(_MOVE_S, late):
                failures.knock()
        except _LOST as error:
            return self._put_off(failures, held, error)
        while held:
            delivery, error_name, outcome = held[0]
            try:
                with eventlet.Timeout(_MOVE_S, late):
                    failures.move(delivery, error_name, outcome)
            except NoQueue:
                raise
            except _LOST as error:
                # The next time it is another's turn: the fault may be this one's.
                held.rotate(-1)
                return self._put_off(failures, held, error)
            reader.ack_one(delivery)
            held.popleft()
        return True

    def _put_off(self, failures: Failures, held: deque[Failed], error: Exception) -> bool:
        _log.warning("%s: %d failed events are held: %s", self.queue, len(held), error)
        failures.drop()
        return False


def _answer(signal: Signal, _worker_ctx: Any, result: Any, exc_info: Any) -> tuple[Any, Any]:
    signal.send((result, exc_info))
    return result, exc_info


def subscribe(subscription: str, *, to: Iterable[str]) -> Callable[[Callable[..., Any]], Any]:
    """Make a method of a service the handler of a subscription.

    Args:
        subscription: its name within the service; the queue is ``<service>.<subscription>``.
        to: the event types that it listens to, for example ``["grievance.filed.v1"]``.

    The method takes ``(self, session, events)``: an open SQLAlchemy session on the service's
    database, and the fresh events of a batch. It returns ``None``, or a dict of
    :data:`~palika.subscribe.outcomes.Outcome` by event id for those that it left aside. It may
    ``record`` events of its own; it must not call other services, since the transaction waits.
    """
    types = tuple(to)

    def decorate(method: Callable[..., Any]) -> Any:
        @functools.wraps(method)
        def handle(self: Any, work: Work) -> Verdict | DatabaseAway:
            try:
                return work.run(functools.partial(method, self))
            except DatabaseAway as away:
                # Not an error of this worker: the batch waits for the database.
                return away

        handle.handler = method  # type: ignore[attr-defined]
        return Subscription.decorator(subscription, to=types)(handle)

    return decorate
