"""One run of sending: claim a batch of a lane, plan it, hand it over, note what came of it."""

import logging
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from palika import tracing
from palika.database import is_busy, is_outage
from palika.errors import Invalid, PalikaError
from palika.india import day_of
from services.notify.channels.made_up import held_back
from services.notify.commands.sending import claims, counting, handing
from services.notify.commands.sending.carriers import Carriers, circuits, observe, take
from services.notify.commands.sending.outcomes import Notes, Outcome, Untried, seen
from services.notify.commands.sending.people import people
from services.notify.commands.sending.planning import (
    Contact,
    Ended,
    Later,
    Plan,
    Planner,
    Reach,
    Reached,
    Ready,
)
from services.notify.domain import reasons
from services.notify.domain.care import Lane
from services.notify.domain.messages import Attachment, Failed
from services.notify.domain.policy import Policy
from services.notify.domain.states import State
from services.notify.domain.templates import Templates
from services.notify.models import Delivery
from services.notify.secrets import Secrets

_log = logging.getLogger(__name__)
_OUTAGE_S = 60.0
_LOOK_S = 0.5
_NOTE, _NOTE_S = 50, 0.2
"""Outcomes are noted when there are so many, or after so long: each time is a commit, and those of
a bill run hold up everybody's."""

AskContacts = Callable[[str, Sequence[str]], Mapping[str, Contact]]
"""(service, ids) -> contact by id, without those that are not known. May raise PalikaError.

Of ``Invalid``, ``fields["ids"]`` names the ids that are refused, by their place in the list."""


@dataclass(frozen=True)
class Sender:
    """What sending needs; one for a run of it.

    Attributes:
        begin: opens a transaction on the service's database.
        contacts: asks a service for its contacts.
        pool: hands over; as many at once as it has workers.
        now: the present moment, aware.
        stopping: whether to leave as soon as what is in hand is noted.
    """

    begin: Callable[[], AbstractContextManager[Session]]
    contacts: AskContacts
    carriers: Carriers
    templates: Templates
    policy: Policy
    secrets: Secrets
    pool: ThreadPoolExecutor
    now: Callable[[], datetime]
    stopping: Callable[[], bool] = lambda: False

    def run(self, lane: Lane, most: int | None = None) -> int:
        """Claim one batch of a lane and send it; returns how many deliveries were claimed.

        Args:
            most: of them; None: as many as the lane's batch has.
        """
        most = self.policy.lanes[lane].batch if most is None else most
        with self.begin() as session:
            claimed = claims.claim(session, lane, self.now(), most)
        if claimed:
            self.send(claimed)
        return len(claimed)

    def send(self, claimed: Sequence[Delivery]) -> None:
        """Send what this process has claimed."""
        plans, reached = self._asked(claimed)
        plans += self._planned(reached)
        ready = self._settled(plans)
        if ready:
            self._hand_over(ready)

    def _asked(self, claimed: Sequence[Delivery]) -> tuple[list[Plan], list[Reached]]:
        """The contact of each delivery, or what becomes of those that have none."""
        plans: list[Plan] = []
        reached: list[Reached] = []
        by_audience: dict[str, list[Delivery]] = defaultdict(list)
        for delivery in claimed:
            if delivery.of_use_until <= self.now():
                state = State.EXPIRED if delivery.attempts else State.SKIPPED
                plans.append(Ended(delivery, state, reasons.TOO_LATE))
            elif delivery.sealed is not None:
                try:
                    opened = self.secrets.open(delivery.sealed)
                except ValueError:
                    plans.append(Ended(delivery, State.FAILED_PERMANENT, reasons.CONTACT_SEALED))
                    continue
                delivery.fields = opened["fields"]
                attached = tuple(map(Attachment.of, opened.get("attachments", ())))
                reached.append(Reached(delivery, opened["contact"], attached))
            else:
                by_audience[delivery.audience or ""].append(delivery)
        for audience, deliveries in by_audience.items():
            self._ask(audience, deliveries, plans, reached)
        return plans, reached

    def _ask(
        self,
        audience: str,
        deliveries: list[Delivery],
        plans: list[Plan],
        reached: list[Reached],
    ) -> None:
        try:
            contacts = self.contacts(audience, [each.recipient_ref for each in deliveries])
        except PalikaError as error:
            if refused := _refused(error, len(deliveries)):
                plans += [
                    Ended(
                        deliveries[place],
                        State.FAILED_PERMANENT,
                        reasons.RECIPIENT_REFUSED,
                        rule,
                    )
                    for place, rule in refused.items()
                ]
                left = [each for n, each in enumerate(deliveries) if n not in refused]
                if left:
                    self._ask(audience, left, plans, reached)
                return
            _log.warning("%s gives no contacts, trying again later: %s", audience, error)
            at = self.now() + self.policy.delay(1, 0.5)
            plans += [
                Later(each, reasons.CONTACTS_UNAVAILABLE, at, error.code) for each in deliveries
            ]
            return
        for delivery in deliveries:
            contact = contacts.get(delivery.recipient_ref)
            if contact is None:
                plans.append(Ended(delivery, State.SKIPPED, reasons.CONTACT_MISSING))
            else:
                reached.append(Reached(delivery, contact))

    def _planned(self, reached: Sequence[Reached]) -> list[Plan]:
        if not reached:
            return []
        now = self.now()
        reach = [Reach.of(each.contact, self.secrets) for each in reached]
        with self.begin() as session:
            planner = Planner(
                self.carriers,
                self.templates,
                self.policy,
                self.secrets,
                circuits(session),
                people(session, {key for each in reach for key in each.keys.values()}, day_of(now)),
                now,
            )
        return [
            each.carried(where.found_by(planner.plan(each.delivery, each.contact, where)))
            for each, where in zip(reached, reach, strict=True)
        ]

    def _settled(self, plans: Sequence[Plan]) -> list[Ready]:
        """Write down what is not sent now; what is left has a token and an attempt."""
        ready = [each for each in plans if isinstance(each, Ready)]
        rest = [each for each in plans if not isinstance(each, Ready)]
        now = self.now()
        granted = self._granted(ready, now)
        going = []
        gone: Counter[str] = Counter()
        for each in ready:
            gone[each.provider] += 1
            allowed, until = granted[each.provider]
            if gone[each.provider] <= allowed:
                going.append(each)
            else:
                rest.append(Later(each.delivery, reasons.RATE_LIMITED, now + until))
        # Each in a transaction of its own: within it deliveries are locked in the order of their
        # ids, as receipts lock them.
        with self.begin() as session:
            ended = handing.settle(session, rest, now)
        counting.settled(ended)
        with self.begin() as session:
            return handing.begin(session, going, self.policy, now)

    def _granted(self, ready: Sequence[Ready], now: datetime) -> dict[str, tuple[int, timedelta]]:
        """How many each provider takes now, in a transaction of its own: the others, and a code
        among them, wait for the provider's row and must not wait for a batch that is written.
        """
        if not ready:
            return {}
        wanted = Counter(each.provider for each in ready)
        urgent = any(each.delivery.lane == Lane.URGENT for each in ready)
        with self.begin() as session:
            return take(session, self.carriers.plan, wanted, now, urgent=urgent)

    def _hand_over(self, ready: Sequence[Ready]) -> None:
        """All at once, as far as the pool goes; the outcomes are noted as they come.

        What has left is noted in spite of what goes wrong beside it: else it would leave again.
        """
        down = _Down()
        under_way = {self.pool.submit(self._one, each, down) for each in ready}
        outcomes: list[Outcome] = []
        waiting: list[Outcome] = []
        broken: list[BaseException] = []
        noted = monotonic()
        while under_way:
            done, under_way = wait(under_way, _NOTE_S, return_when=FIRST_COMPLETED)
            broken += [error for each in done if (error := each.exception()) is not None]
            waiting += [each.result() for each in done if each.exception() is None]
            if under_way and len(waiting) < _NOTE and monotonic() - noted < _NOTE_S:
                continue
            try:
                written = self._noted(waiting, last=not under_way)
            except DBAPIError as error:
                # These alone are left to the sweeper.
                broken.append(error)
                written = True
            if written:
                outcomes += waiting
                waiting = []
            noted = monotonic()
        self._observe(outcomes)
        if broken:
            raise broken[0]

    def _one(self, ready: Ready, down: "_Down") -> Outcome:
        begun = monotonic()
        if self.stopping():
            return Outcome(ready, Untried(reasons.STOPPED), 0)
        if reason := down.reason(ready.provider):
            return Outcome(ready, Untried(reason), 0)
        message = handing.message(ready)
        answer = held_back(ready.provider, message.address)
        if answer is None:
            sent_by = {"palika.notify.provider": ready.provider}
            with tracing.later(ready.delivery.traceparent, "send message", sent_by):
                answer = self.carriers.providers[ready.provider].send(message)
                if isinstance(answer, Failed):
                    tracing.fail(answer.reason)
        if isinstance(answer, Failed) and answer.channel_down:
            down.note(ready.provider, answer.reason)
        return Outcome(ready, answer, monotonic() - begun)

    def _noted(self, outcomes: Sequence[Outcome], *, last: bool) -> bool:
        """Write outcomes down; False while the database cannot take them and more are to come.

        The last ones wait for it, within limits: what they say is known to nobody else.
        """
        if not outcomes:
            return True
        until = monotonic() + (_OUTAGE_S if last else 0)
        while True:
            try:
                now = self.now()
                with self.begin() as session:
                    changes = Notes(self.carriers, self.policy, now).write(session, outcomes)
                counting.attempted(outcomes, self.carriers.plan.prices)
                counting.noted(changes, now)
                return True
            except DBAPIError as error:
                if not (is_outage(error) or is_busy(error)) or (last and monotonic() > until):
                    raise
                if not last:
                    return False
                _log.warning("the database is away or busy, %d outcomes wait for it", len(outcomes))
                time.sleep(_LOOK_S)

    def _observe(self, outcomes: Sequence[Outcome]) -> None:
        """What the batch says of the providers, once: all processes wait for their rows."""
        told = seen(outcomes, self.carriers.plan.breaker.slow_s)
        with self.begin() as session:
            for name in observe(session, self.carriers.plan, told, self.now()):
                _log.error("provider %s is left alone for a while", name)


@dataclass
class _Down:
    """Providers that were found to be down in this batch: the messages behind need not try."""

    _reasons: dict[str, str] = field(default_factory=dict)
    _lock: Any = field(default_factory=threading.Lock)

    def note(self, provider: str, reason: str) -> None:
        with self._lock:
            self._reasons.setdefault(provider, reason)

    def reason(self, provider: str) -> str | None:
        with self._lock:
            return self._reasons.get(provider)


def _refused(error: PalikaError, count: int) -> dict[int, str]:
    """Which ids of a list of ``count`` a service has refused, by their places, and why."""
    ids = error.fields.get("ids") if isinstance(error, Invalid) else None
    if not isinstance(ids, Mapping):
        return {}
    return {n: " ".join(map(str, ids[str(n)])) for n in range(count) if str(n) in ids}
