"""Before a message leaves: what is not sent now is written down, and each attempt committed."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from palika.india import day_of
from services.notify.commands.details import kept
from services.notify.commands.sending.planning import Ended, Later, Ready
from services.notify.commands.tell import failed
from services.notify.domain.addresses import mask
from services.notify.domain.care import Care, Lane, Purpose
from services.notify.domain.messages import Message
from services.notify.domain.policy import Policy
from services.notify.domain.states import Handed, State
from services.notify.models import Attempt, DayCount

_REST = text("""
    UPDATE delivery SET
        state = CASE WHEN v.state <> '' THEN v.state
            WHEN delivery.tries > 0 THEN 'failed_temporary' ELSE 'created' END,
        reason = v.reason,
        detail = v.detail,
        next_attempt_at = v.next_attempt_at,
        skipped = delivery.skipped || CAST(v.skipped AS jsonb),
        language = coalesce(v.language, delivery.language),
        recipient_key = coalesce(delivery.recipient_key, v.key),
        address = coalesce(delivery.address, v.address),
        sealed = CASE WHEN v.state <> '' THEN NULL ELSE delivery.sealed END
    FROM unnest(
        CAST(:ids AS uuid[]), CAST(:claims AS timestamptz[]), CAST(:states AS text[]),
        CAST(:reasons AS text[]), CAST(:details AS text[]), CAST(:nexts AS timestamptz[]),
        CAST(:skipped AS text[]), CAST(:languages AS text[]), CAST(:keys AS text[]),
        CAST(:addresses AS text[])
    ) AS v (id, claimed, state, reason, detail, next_attempt_at, skipped, language, key, address)
    WHERE delivery.id = v.id AND delivery.state = 'sending' AND delivery.sending_at = v.claimed
    RETURNING delivery.id
""")
_BEGUN = text("""
    UPDATE delivery SET
        sending_at = :now,
        attempts = delivery.attempts + 1,
        tries = CASE WHEN v.leaves IS NULL THEN delivery.tries + 1 ELSE 1 END,
        spent = CASE WHEN v.leaves IS NULL THEN delivery.spent
            ELSE array_append(delivery.spent, v.leaves) END,
        channel = v.channel,
        language = v.language,
        address = v.address,
        recipient_key = v.key,
        subject = v.subject,
        template_version = v.version,
        fallback_at = v.fallback_at,
        skipped = delivery.skipped || CAST(v.skipped AS jsonb)
    FROM unnest(
        CAST(:ids AS uuid[]), CAST(:claims AS timestamptz[]), CAST(:channels AS text[]),
        CAST(:languages AS text[]), CAST(:addresses AS text[]), CAST(:keys AS text[]),
        CAST(:subjects AS text[]), CAST(:versions AS int[]), CAST(:fallbacks AS timestamptz[]),
        CAST(:skipped AS text[]), CAST(:leaves AS text[])
    ) AS v (id, claimed, channel, language, address, key, subject, version, fallback_at, skipped,
        leaves)
    WHERE delivery.id = v.id AND delivery.state = 'sending' AND delivery.sending_at = v.claimed
    RETURNING delivery.id
""")


def settle(session: Session, rest: Sequence[Ended | Later], now: datetime) -> list[Ended]:
    """Write down what is not handed over now, in the caller's transaction.

    Returns:
        What has ended by it.
    """
    if not rest:
        return []
    rest = sorted(rest, key=lambda each: str(each.delivery.id))
    columns: dict[str, list[Any]] = {
        "ids": [str(each.delivery.id) for each in rest],
        "claims": [each.delivery.sending_at for each in rest],
        "states": [each.state if isinstance(each, Ended) else "" for each in rest],
        "reasons": [each.reason for each in rest],
        "details": [kept(each.detail) for each in rest],
        "nexts": [each.at if isinstance(each, Later) else now for each in rest],
        "skipped": [_json(each.skipped if isinstance(each, Ended) else {}) for each in rest],
        "languages": [each.language if isinstance(each, Ended) else None for each in rest],
        "keys": [each.key for each in rest],
        "addresses": [each.address for each in rest],
    }
    ours = set(session.execute(_REST, columns).scalars())
    ended = [each for each in rest if isinstance(each, Ended) and each.delivery.id in ours]
    failed(
        session,
        [
            (each.delivery, each.reason)
            for each in ended
            if each.state in (State.FAILED_PERMANENT, State.EXPIRED)
        ],
        now,
    )
    return ended


def begin(session: Session, ready: Sequence[Ready], policy: Policy, now: datetime) -> list[Ready]:
    """Put down an attempt for each that is still ours, in the caller's transaction.

    Returns:
        Those; their deliveries carry the moment of the renewed claim.
    """
    ready = _within_caps(session, ready, policy.care, now)
    if not ready:
        return []
    ready = sorted(ready, key=lambda each: str(each.delivery.id))
    columns = {
        "ids": [str(each.delivery.id) for each in ready],
        "claims": [each.delivery.sending_at for each in ready],
        "channels": [each.route.channel for each in ready],
        "languages": [each.rendered.language for each in ready],
        "addresses": [mask(each.route.address) for each in ready],
        "keys": [each.key for each in ready],
        # What is in sealed fields may be in it.
        "subjects": [None if each.delivery.sealed else each.rendered.subject for each in ready],
        "versions": [each.rendered.version for each in ready],
        "fallbacks": [_fallback_at(each, policy, now) for each in ready],
        "skipped": [_json(each.route.skipped) for each in ready],
        "leaves": [each.leaves for each in ready],
    }
    ours = set(session.execute(_BEGUN, columns | {"now": now}).scalars())
    mine = [each for each in ready if each.delivery.id in ours]
    if not mine:
        return []
    session.execute(
        insert(Attempt),
        [
            {
                "id": each.attempt_id,
                "delivery_id": each.delivery.id,
                "channel": each.route.channel,
                "provider": each.provider,
                "units": max(each.rendered.segments, 1),
                "state": Handed.SENDING,
                "made_at": now,
            }
            for each in mine
        ],
    )
    for each in mine:
        each.delivery.sending_at = now
        each.delivery.channel = each.route.channel
        if each.leaves is not None:
            each.delivery.tries = 0
            each.delivery.spent = [*each.delivery.spent, each.leaves]
    return mine


def _within_caps(
    session: Session, ready: Sequence[Ready], care: Care, now: datetime
) -> list[Ready]:
    """Count the messages of the purposes that have a cap; those beyond it are put off.

    The planner has looked already: this is for what other processes send at the same moment.
    """
    new = [each for each in ready if _is_counted(each, care)]
    counts = Counter((each.key, Purpose(each.delivery.purpose)) for each in new)
    over = set()
    for key, purpose in sorted(counts):
        more = upsert(DayCount).values(
            recipient_key=key, purpose=purpose, day=day_of(now), sent=counts[key, purpose]
        )
        grown = more.on_conflict_do_update(
            index_elements=["recipient_key", "purpose", "day"],
            set_={"sent": DayCount.sent + more.excluded.sent},
            where=DayCount.sent + more.excluded.sent <= care.a_day[purpose],
        )
        if session.execute(grown.returning(DayCount.sent)).scalar() is None:
            over.add((key, purpose))
    put_off = [each for each in new if (each.key, Purpose(each.delivery.purpose)) in over]
    later = []
    for each in put_off:
        purpose = Purpose(each.delivery.purpose)
        if wait := care.later(purpose, care.a_day[purpose], now):
            later.append(Later(each.delivery, *wait))
    settle(session, later, now)
    return [each for each in ready if each not in put_off]


def give_back(session: Session, untried: Sequence[Ready], care: Care) -> None:
    """Take back that these were counted, in the caller's transaction: they did not leave."""
    counted = [each for each in untried if _is_counted(each, care)]
    counts = Counter(
        # When it was begun, the claim was renewed.
        (
            each.key,
            each.delivery.purpose,
            day_of(each.delivery.sending_at or each.delivery.created_at),
        )
        for each in counted
    )
    for key, purpose, day in sorted(counts):
        session.execute(
            update(DayCount)
            .where(DayCount.recipient_key == key, DayCount.purpose == purpose, DayCount.day == day)
            .values(sent=DayCount.sent - counts[key, purpose, day])
        )


def _is_counted(ready: Ready, care: Care) -> bool:
    """Whether it has a cap, and goes for the first time."""
    return Purpose(ready.delivery.purpose) in care.a_day and not ready.delivery.attempts


def _fallback_at(ready: Ready, policy: Policy, now: datetime) -> datetime | None:
    """When the next channel is taken if this one does not deliver; None where there is none that
    could be, or the message would be of no use then: it stays as it is, accepted."""
    wait = policy.fallback_after(Lane(ready.delivery.lane), ready.route.channel)
    if wait is None or not ready.route.onward or now + wait >= ready.delivery.of_use_until:
        return None
    return now + wait


def message(ready: Ready) -> Message:
    """What the provider is given."""
    said = ready.rendered
    return Message(
        delivery_id=ready.delivery.id,
        attempt_id=ready.attempt_id,
        address=ready.route.address,
        language=said.language,
        subject=said.subject,
        body=said.body,
        template=said.template,
        dlt=said.dlt,
        whatsapp=said.whatsapp,
        attachments=ready.attachments,
    )


def _json(skipped: Mapping[Any, str]) -> str:
    return json.dumps({str(channel): why for channel, why in skipped.items()})
