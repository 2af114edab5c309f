"""What nobody has reported on: hand-overs without an answer, messages that were never delivered,
receipts that came before their attempt was known."""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import Session

from services.notify.commands.apply import apply_of, apply_unmatched
from services.notify.commands.sending.carriers import Carriers
from services.notify.domain import reasons
from services.notify.domain.messages import Failed, Sent
from services.notify.domain.policy import Policy
from services.notify.domain.states import Handed, State
from services.notify.models import Attempt, Delivery

_log = logging.getLogger(__name__)
_AT_ONCE = 200
_ASKED_AT_ONCE = 20
"""Each may wait for a provider that does not answer, and all else waits meanwhile."""
_KEPT = timedelta(hours=1)
"""What is being sent at the end of its time still needs its address."""


def forget_sealed(session: Session, now: datetime) -> None:
    """Take away what is sealed of messages that are of no use any more."""
    session.execute(
        update(Delivery)
        .where(Delivery.sealed.is_not(None), Delivery.of_use_until < now - _KEPT)
        .values(sealed=None)
        .execution_options(synchronize_session=False)
    )


_UNHEARD = (Handed.SENDING, Handed.UNKNOWN)


@dataclass(frozen=True)
class Sweeper:
    """Looks after what hangs; any number of processes may do so at once.

    Attributes:
        begin: opens a transaction on the service's database.
        now: the present moment, aware.
    """

    begin: Callable[[], AbstractContextManager[Session]]
    carriers: Carriers
    policy: Policy
    now: Callable[[], datetime]
    stopping: Callable[[], bool] = lambda: False

    def run(self) -> None:
        """Once over what hangs by now: of what providers are asked about, a bounded number."""
        with self.begin() as session:
            apply_unmatched(session, self.policy, self.now())
            forget_sealed(session, self.now())
        while self.next_channels() == _AT_ONCE and not self.stopping():
            pass
        taken = self.now()
        for delivery_id in self._take_stuck(taken):
            if self.stopping():
                return
            self._resolve(delivery_id, taken)

    def next_channels(self) -> int:
        """What was accepted and not delivered in time goes over its next channel.

        Returns:
            How many were late; 0, if nothing could be done about them now.
        """
        now = self.now()
        late = select(Delivery.id).where(Delivery.state == State.SENT, Delivery.fallback_at <= now)
        with self.begin() as session:
            found = session.scalars(late.order_by(Delivery.fallback_at).limit(_AT_ONCE)).all()
            if not found:
                return 0
            # It may have arrived: then its receipt only waits for its turn.
            heard = apply_of(session, found, self.policy, now)
        late = (
            late.where(Delivery.id.in_(set(found) - heard))
            .order_by(Delivery.id)
            .with_for_update(skip_locked=True)
            .cte("late")
        )
        moved = update(Delivery).where(Delivery.id == late.c.id)
        with self.begin() as session:
            result: Any = session.execute(
                moved.values(
                    state=State.CREATED,
                    reason=reasons.NOT_DELIVERED,
                    detail=None,
                    next_attempt_at=now,
                    fallback_at=None,
                    tries=0,
                    turn=0,
                    spent=Delivery.spent.op("||")(Delivery.channel),
                ).execution_options(synchronize_session=False)
            )
        return len(found) if result.rowcount else 0

    def _take_stuck(self, now: datetime) -> list[UUID]:
        """Renew the claim on what is stuck, so that no other process looks into it too."""
        stuck = (
            select(Delivery.id)
            .where(
                Delivery.state == State.SENDING,
                or_(
                    *(
                        and_(Delivery.lane == lane, Delivery.sending_at < now - rules.stuck_after)
                        for lane, rules in self.policy.lanes.items()
                    )
                ),
            )
            .order_by(Delivery.sending_at)
            .limit(_ASKED_AT_ONCE)
            .with_for_update(skip_locked=True)
            .cte("stuck")
        )
        taken = (
            update(Delivery)
            .where(Delivery.id == stuck.c.id)
            .values(sending_at=now)
            .returning(Delivery.id)
            .execution_options(synchronize_session=False)
        )
        with self.begin() as session:
            return sorted(session.scalars(taken))

    def _resolve(self, delivery_id: UUID, taken: datetime) -> None:
        """Ask the provider whether the last attempt has reached it; else send again.

        Where the provider cannot say, it may arrive twice: README, "What may arrive twice".

        Args:
            taken: when this process has taken it; if somebody else has since, it is theirs.
        """
        with self.begin() as session:
            apply_of(session, [delivery_id], self.policy, self.now())
            attempt = session.scalars(
                select(Attempt)
                .where(Attempt.delivery_id == delivery_id)
                .order_by(Attempt.id.desc())
                .limit(1)
            ).one_or_none()
        answer = None
        if attempt is not None and attempt.state in _UNHEARD:
            provider = self.carriers.providers.get(attempt.provider)
            answer = provider.look_up(attempt.id) if provider is not None else None
        with self.begin() as session:
            # Receipts, too, take the attempt first. One that did not leave is gone by now.
            if attempt is not None:
                attempt = session.get(Attempt, attempt.id, with_for_update=True)
            delivery = session.get_one(Delivery, delivery_id, with_for_update=True)
            if delivery.state == State.SENDING and delivery.sending_at == taken:
                self._note(delivery, attempt, answer)

    def _note(
        self, delivery: Delivery, attempt: Attempt | None, answer: Sent | Failed | None
    ) -> None:
        now = self.now()
        delivery.reason, delivery.detail = reasons.STUCK, None
        if attempt is not None and attempt.state in _UNHEARD:
            if isinstance(answer, Sent):
                attempt.state, attempt.reference = Handed.SENT, answer.reference
                attempt.answered_at = now
                delivery.state, delivery.sent_at, delivery.reason = State.SENT, now, None
                return
            # Where nobody can say, a receipt still may.
            attempt.state = Handed.FAILED if answer is not None else Handed.UNKNOWN
            attempt.reason = answer.reason if answer is not None else reasons.STUCK
        delivery.next_attempt_at = now
        if delivery.tries >= self.policy.tries:
            # The next claim takes the next channel, or finds that none is left.
            delivery.state, delivery.tries, delivery.turn = State.CREATED, 0, 0
            delivery.spent = [*delivery.spent, *([delivery.channel] if delivery.channel else [])]
        else:
            waits = delivery.tries > 0
            delivery.state = State.FAILED_TEMPORARY if waits else State.CREATED
        _log.warning("delivery %s was left in sending: %s", delivery.id, delivery.state)
