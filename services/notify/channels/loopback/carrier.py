"""What the servers in place of carriers share: what was accepted, and the receipts of it."""

import itertools
import random
import threading
import time
from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

from palika.local.loopback import LoopbackServer
from palika.outgoing import Answered, Outcome, Outgoing
from services.notify.channels.loopback.posting import Queue
from services.notify.domain.magic import Fate, Step, fate_of, steps_of

_PAUSES_S = (0.5, 2.0, 8.0)


@dataclass(frozen=True, slots=True)
class Hook:
    """A webhook as it would be sent.

    Attributes:
        url: with its query; empty where nobody has said where to.
        headers: as they are sent.
        body: likewise.
    """

    url: str
    headers: Mapping[str, str]
    body: bytes

    def arrived(self) -> tuple[dict[str, str], bytes, dict[str, str]]:
        """Headers with small letters, body and query: what ``Provider.receipts`` is given."""
        headers = {name.lower(): value for name, value in self.headers.items()}
        return headers, self.body, dict(parse_qsl(urlsplit(self.url).query))

    def post(self, http: Outgoing) -> Outcome:
        """Send it."""
        return http.ask("POST", self.url, headers=self.headers, body=self.body)


@dataclass(frozen=True, slots=True)
class Kept:
    """A message that was accepted.

    Attributes:
        reference: the provider's id.
        to: the recipient's number, in E.164.
        asked: the request, in the provider's form.
        fate: what becomes of it.
        at: when, in Unix seconds.
    """

    reference: str
    to: str
    asked: Any
    fate: Fate
    at: float = field(default_factory=time.time)


@dataclass(frozen=True, slots=True)
class Posted:
    """What was answered to a webhook: ``status`` is None where nobody answered."""

    reference: str
    status: int | None


class Carrier(LoopbackServer):
    """A carrier of messages.

    Attributes:
        sent: what was accepted, in order.
        tells: whether receipts are posted by themselves, a moment after each message.
        posted: what was answered to them, in order.
    """

    channel: ClassVar[str]

    def __init__(self, port: int = 0, *, now: Callable[[], float] = time.time) -> None:
        """Prepare; ``now`` in Unix seconds."""
        super().__init__(port)
        self.sent: list[Kept] = []
        self.tells = False
        self.posted: list[Posted] = []
        self._now = now
        self._http = Outgoing()
        self._queue = Queue()
        # A provider gives no id twice, also after a restart.
        self._numbers = itertools.count(time.time_ns())
        self._lock = threading.Lock()

    @abstractmethod
    def hook(self, kept: Kept, step: Step) -> Hook:
        """The receipt that says one thing of a message."""

    def hooks(self, kept: Kept) -> list[Hook]:
        """All receipts of a message, in the order in which they come."""
        return [self.hook(kept, step) for step in steps_of(kept.fate, self.channel)]

    def storm(self, times: int = 3, seed: int = 1, of: Iterable[Kept] | None = None) -> list[Hook]:
        """The receipts of all messages, each so often, in an order of chance."""
        kept = list(self.sent if of is None else of)
        found = [hook for each in kept for hook in self.hooks(each) for _ in range(times)]
        random.Random(seed).shuffle(found)
        return found

    def accept(self, to: str, asked: Any, reference: str) -> Kept:
        """Note a message; its receipts follow, where they are wanted."""
        kept = Kept(reference, to, asked, fate_of(to), self._now())
        with self._lock:
            self.sent.append(kept)
        if self.tells:
            self._queue.put(
                [partial(self._post, hook, reference) for hook in self.hooks(kept) if hook.url]
            )
        return kept

    def next_number(self) -> int:
        """One after the other, beginning with the moment of the start, in nanoseconds."""
        return next(self._numbers)

    def tell(self, hook: Hook, reference: str = "") -> int | None:
        """Post a webhook, again after a while if it is not answered with 2xx; four times at most.

        Who tells waits for it: what is posted by itself is tried for longer (``posting.py``).

        Returns:
            The last status; None: nobody answered.
        """
        status = None
        for pause in (*_PAUSES_S, None):
            status = self._post(hook, reference)
            if pause is None or (status is not None and 200 <= status < 300):
                break
            time.sleep(pause)
        return status

    def __exit__(self, *of: object) -> None:
        self._queue.close()
        super().__exit__(*of)

    def _post(self, hook: Hook, reference: str) -> int | None:
        outcome = hook.post(self._http)
        status = outcome.status if isinstance(outcome, Answered) else None
        self.posted.append(Posted(reference, status))
        return status
