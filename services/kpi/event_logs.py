"""The event logs of several services, read side by side from their beginning."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from math import inf
from time import monotonic

from amqp.exceptions import NotFound as AmqpNotFound

from palika.errors import Conflict
from palika.event_log import NoLog, offset_of
from palika.events import Event, recorded_at
from palika.india import day_of, end_of
from palika.subscribe.delivery import Delivery
from palika.subscribe.reader import Reader
from palika.topology import log_of

_PREFETCH = 2_000
_GLANCE_S = 0.001
# A stream that has something sends it at once.
_ANSWER_S = 1.0


class EventLogs:
    """Streams, read from their first event on; a context manager.

    `total` is how many events there were at the start, to within the last chunk, and `at_end`
    whether those have been read. Reading goes on behind the end, with what has come since.
    """

    def __init__(self, amqp_uri: str, services: Sequence[str]) -> None:
        """Name the services; nothing is read before the context is entered."""
        self._uri = amqp_uri
        self._services = services
        self._logs: list[_Log] = []
        self.total = 0

    def __enter__(self) -> "EventLogs":
        """Connect.

        Raises:
            NoLog: there is no such stream.
            OSError, amqp.AMQPError: the broker is not reachable.
        """
        try:
            for service in self._services:
                self._logs.append(_Log(self._uri, service))
            for log in self._logs:
                log.begin()
        except BaseException:
            self._close()
            raise
        self.total = sum(log.size for log in self._logs)
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def must_be_whole(self) -> None:
        """Raise Conflict when a log no longer begins with its first event."""
        cut = {log.service: log.first for log in self._logs if log.first}
        if cut:
            told = ", ".join(f"{log_of(service)} by {n}" for service, n in cut.items())
            raise Conflict(
                f"The broker has cut the beginning of event logs ({told} events), so a rebuild "
                "of all days would lose what those counted. The live measures are untouched. "
                f"`palika kpi rebuild --from {self.whole_from}`, or a later day, makes that day "
                "and those after it anew and carries the days before over as they are. Longer "
                "logs (PALIKA_EVENT_LOG_MAX_BYTES) reach further back.",
                {"missing": cut, "from": str(self.whole_from)},
            )

    def must_reach(self, day: date) -> None:
        """Raise Conflict when not all that happened on a day or later is in the logs."""
        if self.whole_from is not None and day < self.whole_from:
            raise Conflict(
                f"The event logs do not have the whole of {day} any more: the first day from which "
                f"a rebuild is possible is {self.whole_from}. The live measures are untouched.",
                {"from": str(self.whole_from)},
            )

    @property
    def begins(self) -> datetime | None:
        """What was recorded before may be missing in a log that was cut; None: none was.

        It is the end of the day (in India) on which the first event that is left was recorded.
        """
        cut = [log.first_at for log in self._logs if log.first]
        return end_of(max(map(day_of, cut))) if cut else None

    @property
    def whole_from(self) -> date | None:
        """The first day of which the logs are sure to have all events; None: they have all days.

        A whole day lies between it and the day of the first event that is left. Events come into
        a log in the order in which they are sent, which is nearly that in which they happen: one
        that was sent after the first that is left did not happen a day before it.
        """
        begins = self.begins
        return None if begins is None else day_of(begins) + timedelta(days=1)

    @property
    def at_end(self) -> bool:
        """Whether all that was there at the start has been read."""
        return all(log.at_end for log in self._logs)

    def take(self, most: int, quiet_s: float) -> list[Delivery]:
        """Up to `most` of the next events of the next log that has some, acknowledged.

        None when all have been asked in turn; a log that is not at its end, or all when all are,
        are given `quiet_s` seconds to answer. Each is asked at every turn, which also keeps its
        connection alive.
        """
        hurry = not self.at_end
        for _ in self._logs:
            self._logs.append(log := self._logs.pop(0))
            if taken := log.take(most, _GLANCE_S if hurry and log.at_end else quiet_s):
                return taken
        return []

    def _close(self) -> None:
        for log in self._logs:
            log.close()


class _Log:
    """One stream: where it begins and ended, and a reader on it."""

    def __init__(self, amqp_uri: str, service: str) -> None:
        self.service = service
        self.first = 0
        self.first_at = datetime.now(UTC)
        """When the first event that is left was recorded; of a log that was cut."""
        self._uri = amqp_uri
        self._end = self._at = -1
        self._reader = self._from("first")

    def _from(self, start: str) -> Reader:
        return Reader(self._uri, log_of(self.service), _PREFETCH, {"x-stream-offset": start})

    @property
    def size(self) -> int:
        return self._end - self.first + 1

    @property
    def at_end(self) -> bool:
        return self._at >= self._end

    def begin(self) -> None:
        """Connect, and learn where the log begins and ends."""
        # The beginning of the last chunk is near enough to the end, and known at once; where the
        # very end is could only be told when nothing more came.
        last = self._from("last")
        try:
            self._end = self._first_offset(last, -1)
        finally:
            last.close()
        if self._end < 0:
            self._connect(self._reader)
        else:
            self.first = self._first_offset(self._reader, 0)
            self.first_at = self._first_recorded()

    def _first_recorded(self) -> datetime:
        """When the first well-formed event at hand was recorded; if there is none, now."""
        for delivery in self._reader.deliveries:
            try:
                event = Event.from_json(delivery.body)
                return max(event.time, recorded_at(event.id) or event.time)
            except ValueError:
                continue
        return datetime.now(UTC)

    def _first_offset(self, reader: Reader, otherwise: int) -> int:
        """Connect; the offset of the first delivery, or `otherwise` if the log has none."""
        self._connect(reader)
        # A log that is known to have events will give one; another may be empty.
        until = inf if self._end >= 0 else monotonic() + _ANSWER_S
        while not reader.deliveries and monotonic() < until:
            reader.read(_ANSWER_S)
        return offset_of(reader.deliveries[0]) if reader.deliveries else otherwise

    def _connect(self, reader: Reader) -> None:
        try:
            reader.connect()
        except AmqpNotFound as error:
            raise NoLog(
                f"{self.service} has no event log on this broker: has it ever run?"
            ) from error

    def take(self, most: int, quiet_s: float) -> list[Delivery]:
        if not self._reader.deliveries:
            self._reader.read(quiet_s)
        waiting = self._reader.deliveries
        # A large batch costs the database hardly more than a small one.
        while waiting and len(waiting) < most and self._reader.read(_GLANCE_S):
            pass
        taken = [waiting.popleft() for _ in range(min(most, len(waiting)))]
        if taken:
            self._reader.ack(taken[-1])
            self._at = offset_of(taken[-1])
        return taken

    def close(self) -> None:
        self._reader.close()
