"""The scheduler: do what time has brought, in as many processes as one likes, each thing once.

Each process takes due grievances that no other has in hand (``SKIP LOCKED``), a batch a
transaction: marks, timeline, events and the next moment are committed together or not at all. What
has been done is in the row, so who comes later finds nothing to do. A grievance that cannot be
dealt with is put off, and holds up no other.
"""

import logging
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from palika import metrics
from palika.auth import Identity
from palika.database import is_outage
from services.grievance import promises
from services.grievance.commands.marks import CLOCK, mark
from services.grievance.commands.rate import close
from services.grievance.commands.step import Act
from services.grievance.commands.wait import wait_over
from services.grievance.domain.escalation import Due, Mark
from services.grievance.domain.lifecycle import Step
from services.grievance.models import Grievance, Timeline

_log = logging.getLogger(__name__)
_CALLER = Identity(CLOCK.subject, CLOCK.roles)
_PUT_OFF = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Clock:
    """What the scheduler needs; one for a run of it.

    Args:
        begin: opens a transaction on the service's database.
        now: the present moment, aware.
        stopping: whether to leave when the batch in hand is done.
        batch: grievances in one transaction, at the most.
    """

    begin: Callable[[], AbstractContextManager[Session]]
    now: Callable[[], datetime]
    stopping: Callable[[], bool] = lambda: False
    batch: int = 100

    def run(self) -> int:
        """Deal with all that is due; how many grievances were looked at.

        Raises:
            DBAPIError: the database is away; nothing is half done.
        """
        total = 0
        while not self.stopping():
            found = self._one_batch()
            total += found
            self._measure()
            if found < self.batch:
                break
        return total

    def _one_batch(self) -> int:
        taken: list[uuid.UUID] = []
        try:
            with self.begin() as session:
                taken += _claim(session, self.now(), self.batch)
                done = self._deal_with(session, taken)
        except Exception as error:  # whatever one of them raises is isolated
            if not taken or _is_outage(error):
                raise
            for key in taken:
                self._alone(key)
        else:
            _count(done)
        return len(taken)

    def _alone(self, key: uuid.UUID) -> None:
        """Deal with one of a batch that failed, in a transaction of its own."""
        try:
            with self.begin() as session:
                # Another process may have it, or have done it, since the batch was rolled back.
                done = self._deal_with(session, _claim(session, self.now(), 1, key))
        except Exception as error:  # its neighbours go on
            if _is_outage(error):
                raise
            _log.exception("the clock of grievance %s fails, and is put off", key)
            self._put_off(key)
        else:
            _count(done)

    def _deal_with(self, session: Session, keys: Sequence[uuid.UUID]) -> Counter[Mark]:
        done: Counter[Mark] = Counter()
        for key in keys:
            act = Act.locked(session, _CALLER, key, self.now())
            for due in promises.due(act.grievance, act.now):
                done[due.mark] += _do(act, due)
            act.save()
        return done

    def _put_off(self, key: uuid.UUID) -> None:
        now = self.now()
        with self.begin() as session:
            session.execute(
                update(Grievance)
                .where(Grievance.id == key, Grievance.next_clock_at <= now)
                .values(next_clock_at=now + _PUT_OFF)
            )
        metrics.GRIEVANCE_CLOCK_MARKS.labels(mark="failed").inc()

    def _measure(self) -> None:
        with self.begin() as session:
            oldest = session.scalar(select(func.min(Grievance.next_clock_at)))
        late = 0.0 if oldest is None else (self.now() - oldest).total_seconds()
        metrics.GRIEVANCE_CLOCK_LATE.set(max(late, 0.0))


def _do(act: Act, due: Due) -> bool:
    """Do what is due; False: there was nothing to do."""
    if due.mark is Mark.CLOSE:
        return _close(act)
    if due.mark is Mark.WAIT_OVER:
        taken = wait_over(act.grievance, act.by, act.now, since=due.at)
    else:
        marked = mark(act.session, act.grievance, act.now, due)
        if marked is None:
            return False
        taken = marked
    act.note(taken)
    return True


def _close(act: Act) -> bool:
    """Close it, unless its citizen has said that it is not put right: a process of the release
    before keeps that on the timeline alone."""
    grievance = act.grievance
    objected_at = act.session.scalar(
        select(func.max(Timeline.at)).where(
            Timeline.grievance_id == grievance.id,
            Timeline.at >= grievance.resolved_at,
            or_(
                Timeline.step == Step.APPEAL,
                and_(Timeline.step == Step.RATE, Timeline.data["satisfied"].astext == "false"),
            ),
        )
    )
    if objected_at is None:
        act.take(close)
        return True
    grievance.closes_at = None
    # Whoever has spoken is not closed as one who never did.
    grievance.spoken_at = max(objected_at, grievance.spoken_at or objected_at)
    return False


def _claim(
    session: Session, now: datetime, most: int, key: uuid.UUID | None = None
) -> list[uuid.UUID]:
    """Lock what is due and in nobody's hands, the longest due first; of ``key`` alone, if given."""
    due = (
        select(Grievance.id)
        .where(Grievance.next_clock_at <= now)
        .order_by(Grievance.next_clock_at, Grievance.id)
        .limit(most)
        .with_for_update(skip_locked=True, key_share=True)
    )
    if key is not None:
        due = due.where(Grievance.id == key)
    return list(session.scalars(due))


def _is_outage(error: Exception) -> bool:
    return isinstance(error, DBAPIError) and is_outage(error)


def _count(done: Counter[Mark]) -> None:
    for each, times in done.items():
        metrics.GRIEVANCE_CLOCK_MARKS.labels(mark=each).inc(times)
