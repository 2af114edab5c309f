"""Noting what came of attempts: those that came together in one transaction, two statements."""

import logging
import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from services.notify.commands.details import kept
from services.notify.commands.sending.carriers import Carriers, Seen
from services.notify.commands.sending.planning import Ready
from services.notify.commands.tell import failed
from services.notify.domain import reasons
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


# Of what has been sent nothing is taken back, whoever has taken the row meanwhile: it is never sent
# again. All else is noted only while the row is still ours. A receipt that came before the answer
# has raised the attempt already.
_ATTEMPTS = text("""
    UPDATE attempt SET
        state = CASE WHEN attempt.state IN ('sending', 'unknown') THEN v.state
            ELSE attempt.state END,
        reason = v.reason,
        detail = v.detail,
        reference = coalesce(attempt.reference, v.reference),
        answered_at = :now
    FROM unnest(
        CAST(:ids AS uuid[]), CAST(:states AS text[]), CAST(:reasons AS text[]),
        CAST(:details AS text[]), CAST(:references AS text[])
    ) AS v (id, state, reason, detail, reference)
    WHERE attempt.id = v.id
""")
_UNTRIED = text("DELETE FROM attempt WHERE id = ANY(CAST(:ids AS uuid[])) AND state = 'sending'")
_DELIVERIES = text(f"""
    UPDATE delivery SET
        state = v.state,
        reason = v.reason,
        detail = v.detail,
        next_attempt_at = v.next_attempt_at,
        sending_at = CASE WHEN v.state = 'sending' THEN CAST(:now AS timestamptz)
            ELSE delivery.sending_at END,
        attempts = delivery.attempts - v.untried,
        tries = CASE WHEN v.spends THEN 0 ELSE delivery.tries - v.free END,
        turn = CASE WHEN v.spends THEN 0 ELSE delivery.turn + v.passes END,
        spent = CASE WHEN v.spends THEN array_append(delivery.spent, delivery.channel)
            ELSE delivery.spent END,
        sent_at = CASE WHEN v.state = 'sent' THEN CAST(:now AS timestamptz)
            ELSE delivery.sent_at END,
        fallback_at = v.fallback_at,
        sealed = CASE WHEN v.ends THEN NULL ELSE delivery.sealed END
    FROM unnest(
        CAST(:ids AS uuid[]), CAST(:claims AS timestamptz[]), CAST(:states AS text[]),
        CAST(:reasons AS text[]), CAST(:details AS text[]), CAST(:nexts AS timestamptz[]),
        CAST(:untried AS int[]), CAST(:free AS int[]), CAST(:passes AS int[]),
        CAST(:spends AS bool[]),
        CAST(:fallbacks AS timestamptz[]), CAST(:ends AS bool[])
    ) AS v (id, claimed, state, reason, detail, next_attempt_at, untried, free, passes,
        spends, fallback_at, ends)
    WHERE delivery.id = v.id AND (
        delivery.state = 'sending' AND delivery.sending_at = v.claimed
        OR v.state = 'sent' AND delivery.state IN ('sending', {", ".join(f"'{s}'" for s in DUE)})
    )
    RETURNING delivery.id
""")


@dataclass(frozen=True)
class Notes:
    """Writes down outcomes.

    Attributes:
        now: aware.
    """

    carriers: Carriers
    policy: Policy
    now: datetime

    def write(
        self, session: Session, outcomes: Sequence[Outcome]
    ) -> list[tuple[Outcome, dict[str, Any]]]:
        """In the caller's transaction. Events about what failed for good are recorded with it.

        Returns:
            What became of those deliveries that were still ours, or were sent.
        """
        tried = [each for each in outcomes if not isinstance(each.answer, Untried)]
        untried = [each for each in outcomes if isinstance(each.answer, Untried)]
        if tried:
            session.execute(_ATTEMPTS, self._attempts(tried))
        if untried:
            session.execute(_UNTRIED, {"ids": [str(each.ready.attempt_id) for each in untried]})
        changes = [self._change(each) for each in outcomes]
        ours = set(session.execute(_DELIVERIES, _columns(changes) | {"now": self.now}).scalars())
        # What was sent and is not ours any more has arrived already: its receipt was quicker.
        lost = [
            change
            for change in changes
            if change["id"] not in ours and change["state"] != State.SENT
        ]
        for change in lost:
            _log.warning("delivery %s was taken over while it was being sent", change["id"])
        failed(
            session,
            [
                (each.ready.delivery, str(change["reason"]))
                for each, change in zip(outcomes, changes, strict=True)
                if change["state"] == State.FAILED_PERMANENT and change["id"] in ours
            ],
            self.now,
        )
        return [
            (outcome, change)
            for outcome, change in zip(outcomes, changes, strict=True)
            if change["id"] in ours or change["state"] == State.SENT
        ]

    def _attempts(self, outcomes: Sequence[Outcome]) -> dict[str, Any]:
        rows = defaultdict(list)
        references: set[tuple[str, str]] = set()
        for each in outcomes:
            answer = each.answer
            sent = isinstance(answer, Sent)
            reference = answer.reference if isinstance(answer, Sent) else None
            if reference is not None:
                # A provider that names two messages alike cannot be asked about the second.
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

    def _change(self, outcome: Outcome) -> dict[str, Any]:
        """What becomes of the delivery."""
        ready, answer = outcome.ready, outcome.answer
        change: dict[str, Any] = {
            "id": ready.delivery.id,
            "claim": ready.delivery.sending_at,
            "state": State.SENT,
            "reason": None,
            "detail": None,
            "next": self.now,
            "untried": 0,
            "free": 0,
            "passes": 0,
            "spends": False,
            "fallback": None,
            "ends": False,
        }
        if isinstance(answer, Sent):
            wait = self.policy.fallback.get(ready.route.channel)
            if wait is not None and ready.route.left:
                return change | {"fallback": self.now + wait}
            return change
        change["reason"] = answer.reason
        if isinstance(answer, Untried):
            waits = ready.delivery.tries > 0
            change |= {"state": State.FAILED_TEMPORARY if waits else State.CREATED}
            change |= {"untried": 1, "free": 1}
            if answer.reason == reasons.STOPPED:
                return change
            return change | {"next": self._soon(ready), "passes": 1}
        change["detail"] = kept(answer.detail)
        if answer.uncertain:
            # Whether it has left is not known: the sweeper looks into it.
            return change | {"state": State.SENDING}
        if answer.permanent:
            return change | self._next_channel(ready)
        if not answer.offered:
            return change | {
                "state": State.FAILED_TEMPORARY,
                "next": self._soon(ready),
                "free": 1,
                "passes": 1,
            }
        tries = ready.delivery.tries + 1
        again = self.policy.next_attempt(tries, self.now, random.random())
        if again is None:
            return change | self._next_channel(ready)
        at = self.now if self._others(ready) else again
        return change | {"state": State.FAILED_TEMPORARY, "next": at, "passes": 1}

    def _soon(self, ready: Ready) -> datetime:
        """Now, if there is another provider to ask; else after a pause."""
        if self._others(ready):
            return self.now
        return self.now + self.policy.delay(1, random.random())

    def _others(self, ready: Ready) -> bool:
        """Whether a provider of the channel has not been asked in this round."""
        return (ready.delivery.turn + 1) % len(self.carriers.of(ready.route.channel)) > 0

    @staticmethod
    def _next_channel(ready: Ready) -> dict[str, Any]:
        if ready.route.left:
            return {"state": State.CREATED, "spends": True}
        return {"state": State.FAILED_PERMANENT, "spends": True, "ends": True}


def _columns(changes: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    # One order of locks, whoever else is at work.
    changes = sorted(changes, key=lambda change: str(change["id"]))
    return {
        "ids": [str(each["id"]) for each in changes],
        "claims": [each["claim"] for each in changes],
        "states": [each["state"] for each in changes],
        "reasons": [each["reason"] for each in changes],
        "details": [each["detail"] for each in changes],
        "nexts": [each["next"] for each in changes],
        "untried": [each["untried"] for each in changes],
        "free": [each["free"] for each in changes],
        "passes": [each["passes"] for each in changes],
        "spends": [each["spends"] for each in changes],
        "fallbacks": [each["fallback"] for each in changes],
        "ends": [each["ends"] for each in changes],
    }


def seen(outcomes: Sequence[Outcome], slow_s: float) -> dict[str, Seen]:
    """What the outcomes say of the providers."""
    found: dict[str, Seen] = defaultdict(Seen)
    for each in outcomes:
        if isinstance(each.answer, Untried):
            continue
        of = found[each.ready.provider]
        bad = isinstance(each.answer, Failed) and (
            each.answer.channel_down or each.answer.uncertain
        )
        of.bad += bad
        of.good += not bad
        of.slow += each.took_s > slow_s
        if isinstance(each.answer, Failed) and each.answer.retry_after_s is not None:
            of.wait = timedelta(seconds=max(each.answer.retry_after_s, 0))
    return dict(found)
