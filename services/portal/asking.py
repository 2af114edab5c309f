"""Questions of a page to several services at once, each in its time: who is away takes away only
the part of the page that needs it.

A page asks all at once::

    parts = asking.ask(city=Question("kpi", "dashboard", {"department": None}))
    render_template("home.html", city=parts["city"])

and its template shows ``city.value``, or with ``{% if city.missing %}`` that this part is away
(``notices.part_away``). A service that was away is left in peace for a moment and then asked
again, so a part is back a few seconds after its service.
"""

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import Any, Final

from palika.auth import ANONYMOUS, Identity
from palika.errors import PalikaError, Unavailable
from services.portal.calls import Calls
from services.portal.errors import TooMany

_log = logging.getLogger(__name__)

DEADLINE_S: Final = 1.5
"""A page waits so long for its parts, all together."""
_REST_S: Final = 3.0
_MOST_KEPT: Final = 2_000


@dataclass(frozen=True, slots=True)
class Question:
    """A call of a service's method.

    Attributes:
        keep_s: an answer is used again for so long, for who asks the same with the same roles.
        identity: who asks, if it is not who asks all else.
    """

    service: str
    method: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    keep_s: float = 0.0
    identity: Identity | None = None

    def key(self, identity: Identity) -> str:
        """The same for the same question of the same caller."""
        return json.dumps(
            [self.service, self.method, self.arguments, identity.to_header()], sort_keys=True
        )


@dataclass(frozen=True, slots=True)
class Part:
    """What has become of a question: the answer, or why there is none."""

    value: Any = None
    error: PalikaError | None = None

    @property
    def missing(self) -> bool:
        """Whether there is no answer."""
        return self.error is not None

    @property
    def away(self) -> bool:
        """Whether there is none for now: the service is away, or has too much to do."""
        return isinstance(self.error, Unavailable | TooMany)


class _Turn:
    """A question that is asked as soon as a thread is free."""

    future: Future[Any]

    def __init__(self, deadline_s: float) -> None:
        self.deadline_s = deadline_s
        self.begun_at: float | None = None

    def had_time(self) -> bool:
        """Whether its service has had at least half of the page's time to answer."""
        return self.begun_at is not None and time.monotonic() - self.begun_at >= self.deadline_s / 2


class Asking:
    """Asks. Any number of threads may."""

    def __init__(
        self, calls: Calls, threads: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Prepare.

        Args:
            calls: the connections.
            threads: so many questions are asked at the same time, of all pages together.
            clock: seconds; for tests.
        """
        self._calls = calls
        self._pool = ThreadPoolExecutor(threads, "asking")
        self._clock = clock
        self._resting: dict[str, float] = {}
        self._kept: dict[str, tuple[float, Any]] = {}
        self._lock = threading.Lock()

    def ask(
        self, asker: Identity = ANONYMOUS, deadline_s: float = DEADLINE_S, **asked: Question
    ) -> dict[str, Part]:
        """Ask all at once.

        Args:
            asker: who asks.
            deadline_s: what is not answered by then is away.
            asked: the questions, by the name of their part.

        Returns:
            The parts, by name.
        """
        parts: dict[str, Part] = {}
        waiting: dict[str, _Turn] = {}
        trying: set[str] = set()
        for name, question in asked.items():
            identity = question.identity or asker
            known = self._known(question, identity, trying)
            if known is not None:
                parts[name] = known
                continue
            # Each in a copy of the context: all calls are of the trace of the page.
            turn = _Turn(deadline_s)
            call = copy_context().run, self._call, question, identity, turn
            turn.future = self._pool.submit(*call)
            waiting[name] = turn
        end = self._clock() + deadline_s
        for name, turn in waiting.items():
            question = asked[name]
            identity = question.identity or asker
            parts[name] = self._answer(question, identity, turn, end - self._clock())
        return parts

    def _known(self, question: Question, identity: Identity, trying: set[str]) -> Part | None:
        """What is known without asking; ``trying`` has the services that this page tries again."""
        now = self._clock()
        with self._lock:
            if question.keep_s:
                end, value = self._kept.get(question.key(identity), (0.0, None))
                if now < end:
                    # Who sees it now may be the first of theirs on this page.
                    self._calls.told(identity, question.service, question.method)
                    return Part(value)
            until = self._resting.get(question.service)
            if until is None or question.service in trying:
                return None
            if now < until:
                return Part(error=Unavailable(f"{question.service} was away a moment ago"))
            # This page finds out whether it is back; nobody else waits meanwhile.
            trying.add(question.service)
            self._resting[question.service] = now + _REST_S
        return None

    def _call(self, question: Question, identity: Identity, turn: "_Turn") -> Any:
        turn.begun_at = time.monotonic()
        with self._calls.as_(identity, turn.deadline_s) as services:
            method = getattr(getattr(services, question.service), question.method)
            return method(**question.arguments)

    def _answer(
        self, question: Question, identity: Identity, turn: "_Turn", timeout_s: float
    ) -> Part:
        try:
            value = turn.future.result(max(timeout_s, 0.001))
        except TooLate:
            turn.future.cancel()
            late = Unavailable(f"{question.service} has not answered in time")
            # Who hangs holds the threads; a service that was not asked, or just now, is not away.
            return self._away(question, late, turn) if turn.had_time() else Part(error=late)
        except Unavailable as error:
            return self._away(question, error, turn)
        except PalikaError as error:
            # It is the page's own mistake, or the service's: its part alone is missing.
            _log.warning("%s.%s: %s", question.service, question.method, error)
            return Part(error=error)
        with self._lock:
            self._resting.pop(question.service, None)
            if question.keep_s:
                if len(self._kept) >= _MOST_KEPT:
                    self._kept.clear()
                self._kept[question.key(identity)] = (self._clock() + question.keep_s, value)
        return Part(value)

    def _away(self, question: Question, error: Unavailable, turn: "_Turn") -> Part:
        # Who waits for a moment only, as a menu does, has not found out that a service is away.
        if turn.deadline_s >= DEADLINE_S:
            with self._lock:
                self._resting[question.service] = self._clock() + _REST_S
        _log.warning("%s.%s: %s", question.service, question.method, error)
        return Part(error=error)
