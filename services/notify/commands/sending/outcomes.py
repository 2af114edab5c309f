"""Noting what came of attempts: those that came together in one transaction, two statements."""

import logging
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from services.notify.commands.details import kept
from services.notify.commands.sending import handing
from services.notify.commands.sending.carriers import Carriers, Seen
from services.notify.commands.sending.planning import Ready
from services.notify.commands.tell import failed
from services.notify.domain import reasons
from services.notify.domain.care import Lane
from services.notify.domain.messages import Failed, Sent
from services.notify.domain.policy import Policy
from services.notify.domain.states import DUE, Handed, State

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Untried:
    """It did not leave: the provider was found to be down, or the sender was stopped."""

    reason: str


@dataclass(frozen=True)
class Outcome:
    """What came of an attempt.

    Attributes:
        took_s: until the provider had answered.
    """

    ready: Ready
    answer: Sent | Failed | Untried
    took_s: float


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of a delivery by an outcome.

    Attributes:
        next_at: when it is due, if it is to be sent again.
        free: this was none of the tries that it has on the channel.
        passes: it is the next provider's turn.
        spends: the channel has been tried to its end.
    """

    outcome: Outcome
    state: State
    next_at: datetime
    free: bool = False
    passes: bool = False
    spends: bool = False

    @property
    def id(self) -> Any:
        """The delivery's."""
        return self.outcome.ready.delivery.id

    @property
    def untried(self) -> bool:
        """It did not leave: there is no attempt any more."""
        return isinstance(self.outcome.answer, Untried)

    @property
    def reason(self) -> str | None:
        """Why it is not sent; None: it is."""
        answer = self.outcome.answer
        return None if isinstance(answer, Sent) else answer.reason

    @property
    def detail(self) -> str | None:
        """What the provider said of that, as it may be kept."""
        answer = self.outcome.answer
        return kept(answer.detail) if isinstance(answer, Failed) else None


# A receipt that came before the answer has raised the attempt already: nothing is taken back of
# that. What the sweeper gave up as unknown is known now. Two messages that a provider names alike
# can be told apart by our own ids alone: the second has no reference.
_ATTEMPTS = text("""
    UPDATE attempt SET
        state = CASE WHEN attempt.state IN ('sending', 'unknown') THEN v.state
            ELSE attempt.state END,
        reason = CASE WHEN attempt.state IN ('sending', 'unknown') THEN v.reason
            ELSE attempt.reason END,
        detail = CASE WHEN attempt.state IN ('sending', 'unknown') THEN v.detail
            ELSE attempt.detail END,
        reference = coalesce(attempt.reference, CASE WHEN NOT EXISTS (
            SELECT FROM attempt AS other
            WHERE other.provider = attempt.provider AND other.reference = v.reference
        ) THEN v.reference END),
        answered_at = :now
    FROM unnest(
        CAST(:ids AS uuid[]), CAST(:states AS text[]), CAST(:reasons AS text[]),
        CAST(:details AS text[]), CAST(:references AS text[])
    ) AS v (id, state, reason, detail, reference)
    WHERE attempt.id = v.id
""")
_UNTRIED = text("DELETE FROM attempt WHERE id = ANY(CAST(:ids AS uuid[])) AND state = 'sending'")
# What has been sent is never sent again, whoever has taken the row meanwhile; unless a receipt was
# quicker to say that it has failed: what comes next is settled then. All else is noted only while
# the row is still ours.
_DELIVERIES = text(f"""
    UPDATE delivery SET
        state = v.state,
        reason = v.reason,
        detail = v.detail,
        next_attempt_at = v.next_attempt_at,
        sending_at = CASE WHEN v.state = 'sending' THEN CAST(:now AS timestamptz)
            ELSE delivery.sending_at END,
        attempts = delivery.attempts - CAST(v.untried AS int),
        tries = CASE WHEN v.spends THEN 0 ELSE delivery.tries - CAST(v.free AS int) END,
        turn = CASE WHEN v.spends THEN 0 ELSE delivery.turn + CAST(v.passes AS int) END,
        spent = CASE WHEN v.spends THEN array_append(delivery.spent, delivery.channel)
            ELSE delivery.spent END,
        sent_at = CASE WHEN v.state = 'sent' THEN CAST(:now AS timestamptz)
            ELSE delivery.sent_at END,
        fallback_at = CASE WHEN v.state IN ('sent', 'sending') THEN delivery.fallback_at END,
        sealed = CASE WHEN v.state = 'failed_permanent' THEN NULL ELSE delivery.sealed END
    FROM unnest(
        CAST(:ids AS uuid[]), CAST(:attempts AS uuid[]), CAST(:claims AS timestamptz[]),
        CAST(:states AS text[]), CAST(:reasons AS text[]), CAST(:details AS text[]),
        CAST(:nexts AS timestamptz[]), CAST(:untried AS bool[]), CAST(:free AS bool[]),
        CAST(:passes AS bool[]), CAST(:spends AS bool[])
    ) AS v (id, attempt, claimed, state, reason, detail, next_attempt_at, untried, free, passes,
        spends)
    WHERE delivery.id = v.id AND (
        delivery.state = 'sending' AND delivery.sending_at = v.claimed
        OR v.state = 'sent' AND delivery.state IN ('sending', {", ".join(f"'{s}'" for s in DUE)})
    ) AND NOT (v.state = 'sent' AND EXISTS (
        SELECT FROM attempt WHERE attempt.id = v.attempt AND attempt.state = 'failed'
    ))
    RETURNING delivery.id
""")  # noqa: S608 constants of the code alone, values are bound


@dataclass(frozen=True)
class Notes:
    """Writes down outcomes.

    Attributes:
        now: aware.
    """

    carriers: Carriers
    policy: Policy
    now: datetime

    def write(self, session: Session, outcomes: Sequence[Outcome]) -> list[Change]:
        """In the caller's transaction. Events about what failed for good are recorded with it.

        Returns:
            What became of those deliveries that were still ours, or were sent.
        """
        # One order of locks, whoever else is at work: receipts take the attempts by their ids.
        outcomes = sorted(outcomes, key=lambda each: each.ready.attempt_id)
        tried = [each for each in outcomes if not isinstance(each.answer, Untried)]
        untried = [each for each in outcomes if isinstance(each.answer, Untried)]
        if tried:
            session.execute(_ATTEMPTS, self._attempts(tried))
        if untried:
            session.execute(_UNTRIED, {"ids": [str(each.ready.attempt_id) for each in untried]})
        changes = sorted((self._change(each) for each in outcomes), key=lambda each: each.id)
        ours = set(session.execute(_DELIVERIES, _columns(changes) | {"now": self.now}).scalars())
        mine = [each for each in changes if each.id in ours]
        handing.give_back(
            session, [each.outcome.ready for each in mine if each.untried], self.policy.care
        )
        failed(
            session,
            [
                (each.outcome.ready.delivery, str(each.reason))
                for each in mine
                if each.state is State.FAILED_PERMANENT
            ],
            self.now,
        )
        # What was sent and is not ours any more is settled already: its receipt was quicker.
        for each in changes:
            if each.id not in ours and each.state is not State.SENT:
                _log.warning("delivery %s was taken over while it was being sent", each.id)
        return [each for each in changes if each.id in ours or each.state is State.SENT]

    def _attempts(self, outcomes: Sequence[Outcome]) -> dict[str, Any]:
        rows = defaultdict(list)
        references: set[tuple[str, str]] = set()
        for each in outcomes:
            answer = each.answer
            sent = isinstance(answer, Sent)
            reference = answer.reference if isinstance(answer, Sent) else None
            if reference is not None:
                if (each.ready.provider, reference) in references:
                    reference = None
                else:
                    references.add((each.ready.provider, reference))
            rows["ids"].append(str(each.ready.attempt_id))
            rows["states"].append(
                Handed.SENT
                if sent
                else Handed.UNKNOWN
                if isinstance(answer, Failed) and answer.uncertain
                else Handed.FAILED
            )
            rows["reasons"].append(None if sent else answer.reason)
            rows["details"].append(kept(answer.detail) if isinstance(answer, Failed) else None)
            rows["references"].append(reference)
        return {**rows, "now": self.now}

    def _change(self, outcome: Outcome) -> Change:
        """What becomes of the delivery; what is hurried is due again when its channel's time is
        over, at the latest."""
        change = self._by_answer(outcome)
        until = self._until(outcome.ready)
        if until is None or until <= self.now or change.state is State.SENT:
            return change
        return replace(change, next_at=min(change.next_at, until))

    def _until(self, ready: Ready) -> datetime | None:
        delivery = ready.delivery
        lane = Lane(delivery.lane)
        return self.policy.channel_until(lane, delivery.created_at, len(delivery.spent))

    def _by_answer(self, outcome: Outcome) -> Change:
        ready, answer = outcome.ready, outcome.answer
        if isinstance(answer, Sent):
            return Change(outcome, State.SENT, self.now)
        if isinstance(answer, Untried):
            state = State.FAILED_TEMPORARY if ready.delivery.tries > 0 else State.CREATED
            if answer.reason == reasons.STOPPED:
                return Change(outcome, state, self.now, free=True)
            return Change(outcome, state, self._soon(ready), free=True, passes=True)
        if answer.uncertain and self._until(ready) is None:
            # Whether it has left is not known: the sweeper looks into it.
            return Change(outcome, State.SENDING, self.now)
        if answer.uncertain:
            # A code that comes twice does no harm, one that comes late is of no use.
            return Change(outcome, State.FAILED_TEMPORARY, self._soon(ready), passes=True)
        if not answer.permanent and not answer.offered:
            at = self._soon(ready)
            return Change(outcome, State.FAILED_TEMPORARY, at, free=True, passes=True)
        again = self.policy.next_attempt(ready.delivery.tries + 1, self.now, random.random())  # noqa: S311 no secret hangs on it
        if answer.permanent or again is None:
            state = State.CREATED if ready.route.left else State.FAILED_PERMANENT
            return Change(outcome, state, self.now, spends=True)
        at = self.now if self._others(ready) else again
        return Change(outcome, State.FAILED_TEMPORARY, at, passes=True)

    def _soon(self, ready: Ready) -> datetime:
        """Now, if there is another provider to ask; else after a pause."""
        if self._others(ready):
            return self.now
        return self.now + self.policy.delay(1, random.random())  # noqa: S311 no secret hangs on it

    def _others(self, ready: Ready) -> bool:
        """Whether a provider of the channel has not been asked in this round."""
        return (ready.delivery.turn + 1) % len(self.carriers.of(ready.route.channel)) > 0


def _columns(changes: Sequence[Change]) -> dict[str, list[Any]]:
    return {
        "ids": [str(each.id) for each in changes],
        "attempts": [str(each.outcome.ready.attempt_id) for each in changes],
        "claims": [each.outcome.ready.delivery.sending_at for each in changes],
        "states": [each.state for each in changes],
        "reasons": [each.reason for each in changes],
        "details": [each.detail for each in changes],
        "nexts": [each.next_at for each in changes],
        "untried": [each.untried for each in changes],
        "free": [each.free for each in changes],
        "passes": [each.passes for each in changes],
        "spends": [each.spends for each in changes],
    }


def seen(outcomes: Sequence[Outcome], slow_s: float) -> dict[str, Seen]:
    """What the outcomes say of the providers."""
    found: dict[str, Seen] = defaultdict(Seen)
    for each in outcomes:
        if isinstance(each.answer, Untried):
            continue
        of = found[each.ready.provider]
        down = isinstance(each.answer, Failed) and each.answer.channel_down
        bad = down or (isinstance(each.answer, Failed) and each.answer.uncertain)
        of.bad += bad
        of.good += not bad
        of.slow += each.took_s > slow_s
        # Of one recipient alone others need not wait.
        if isinstance(each.answer, Failed) and down and each.answer.retry_after_s is not None:
            of.wait = timedelta(seconds=max(each.answer.retry_after_s, 0))
    return dict(found)
