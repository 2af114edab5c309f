"""Send what is due: claim, ask for contacts, render, hand over, note what came of it.

Any number of processes may do this at once: each claims other rows (`FOR UPDATE SKIP LOCKED`).
The claim, `sending`, is committed before a message leaves; each outcome is committed right after.
A claim is of a whole batch, so it is renewed for each message before that one leaves: what the
sweeper has meanwhile given to another process is that one's to send.
"""

import logging
import random
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from palika import masking
from palika.errors import Invalid, PalikaError
from services.notify.channels import Channel
from services.notify.domain import sending
from services.notify.domain.addresses import mask
from services.notify.domain.messages import Failed, Message, Sent
from services.notify.domain.sending import Policy
from services.notify.domain.templates import EMAIL, LANGUAGES, Templates
from services.notify.domain.wording import UNNAMED
from services.notify.models import Delivery

_log = logging.getLogger(__name__)

_DETAIL_MAX = 300

Contact = Mapping[str, Any]
AskContacts = Callable[[str, Sequence[str]], Mapping[str, Contact]]
"""(service, ids) -> contact by id, without those that are not known. May raise PalikaError.

Of ``Invalid``, ``fields["ids"]`` names the ids that are refused, by their place in the list."""


@dataclass(frozen=True)
class Sender:
    """What sending needs; one for a run of it.

    Args:
        begin: opens a transaction on the service's database.
        contacts: asks a service for its contacts.
        now: the present moment, aware.
        stopping: whether to leave as soon as the message in hand is noted.
    """

    begin: Callable[[], AbstractContextManager[Session]]
    contacts: AskContacts
    channel: Channel
    templates: Templates
    policy: Policy
    now: Callable[[], datetime]
    stopping: Callable[[], bool] = lambda: False

    def run(self) -> int:
        """Claim one batch and send it; returns how many deliveries were claimed."""
        with self.begin() as session:
            claimed = claim(session, self.now(), self.policy.batch)
        by_audience: dict[str, list[Delivery]] = defaultdict(list)
        for delivery in claimed:
            if self.policy.is_stale(delivery.created_at, self.now()):
                self._note(delivery, state=sending.SKIPPED, reason=sending.TOO_LATE)
            else:
                by_audience[delivery.audience].append(delivery)
        with self.channel as channel:
            for audience, deliveries in by_audience.items():
                self._send_all(channel, audience, deliveries)
        return len(claimed)

    def _send_all(self, channel: Channel, audience: str, deliveries: list[Delivery]) -> None:
        try:
            contacts = self.contacts(audience, [each.recipient_ref for each in deliveries])
        except PalikaError as error:
            if refused := _refused(error, len(deliveries)):
                for place, rule in refused.items():
                    self._note(
                        deliveries[place],
                        state=sending.FAILED,
                        reason=sending.RECIPIENT_REFUSED,
                        detail=rule,
                    )
                left = [each for n, each in enumerate(deliveries) if n not in refused]
                if left:
                    self._send_all(channel, audience, left)
                return
            _log.warning("%s gives no contacts, trying again later: %s", audience, error)
            for delivery in deliveries:
                self._give_back(delivery, sending.CONTACTS_UNAVAILABLE, error.code)
            return
        down: Failed | None = None
        for delivery in deliveries:
            if self.stopping():
                self._give_back(delivery, sending.STOPPED, None)
            elif down is not None:
                self._give_back(delivery, down.reason, down.detail)
            else:
                down = self._send_one(channel, delivery, contacts.get(delivery.recipient_ref))

    def _send_one(
        self, channel: Channel, delivery: Delivery, contact: Contact | None
    ) -> Failed | None:
        """Send one and note it; returns the failure when the channel itself is down."""
        if contact is None:
            self._note(delivery, state=sending.SKIPPED, reason=sending.CONTACT_MISSING)
            return None
        address = next((contact[f] for f in channel.contact_fields if contact.get(f)), None)
        if address is None:
            self._note(
                delivery, state=sending.SKIPPED, reason=sending.NO_ADDRESS, channel=channel.name
            )
            return None
        known = {"channel": channel.name, "address": mask(address)}
        if not channel.accepts(address):
            self._note(delivery, state=sending.SKIPPED, reason=sending.INVALID_ADDRESS, **known)
            return None
        language = contact.get("language")
        if language not in LANGUAGES:
            language = self.policy.default_language
        known["language"] = language
        try:
            rendered = self.templates.named(delivery.template).render(
                EMAIL, language, values(delivery.fields, contact)
            )
        except PalikaError as error:
            detail = str(error)
            if isinstance(error, Invalid):
                # The rules alone: a value may be personal.
                detail = "missing or wrong: " + ", ".join(sorted(error.details or ()))
            _log.error("delivery %s cannot be written: %s", delivery.id, detail)
            self._note(
                delivery,
                state=sending.FAILED,
                reason=sending.TEMPLATE_ERROR,
                detail=detail,
                **known,
            )
            return None
        known["subject"] = rendered.subject
        if not self._still_mine(delivery):
            return None
        answer = channel.send(
            Message(
                delivery_id=delivery.id,
                attempt_id=delivery.id,
                address=address,
                language=language,
                subject=rendered.subject,
                body=rendered.body,
                template=delivery.template,
            )
        )
        if isinstance(answer, Sent):
            self._sent(delivery, answer, known)
            return None
        self._failed(delivery, answer, known)
        return answer if answer.channel_down else None

    def _still_mine(self, delivery: Delivery) -> bool:
        """Renew the claim on one delivery, unless the sweeper has given it to somebody else."""
        now = self.now()
        if not self._change(delivery, sending_at=now):
            return False
        delivery.sending_at = now
        return True

    def _sent(self, delivery: Delivery, answer: Sent, known: dict[str, Any]) -> None:
        # True whoever has taken the row meanwhile: what is sent is never sent again.
        with self.begin() as session:
            session.execute(
                update(Delivery)
                .where(Delivery.id == delivery.id)
                .values(
                    state=sending.SENT,
                    reason=None,
                    detail=None,
                    reference=answer.reference,
                    sent_at=self.now(),
                    **known,
                )
            )

    def _failed(self, delivery: Delivery, answer: Failed, known: dict[str, Any]) -> None:
        told = {"reason": answer.reason, "detail": answer.detail or None, **known}
        if not answer.permanent and not answer.offered:
            self._give_back(delivery, answer.reason, answer.detail)
            return
        again = self.policy.next_attempt(delivery.attempts, self.now(), random.random())
        if answer.permanent or again is None:
            _log.warning("delivery %s failed: %s", delivery.id, answer.reason)
            self._note(delivery, state=sending.FAILED, **told)
        else:
            self._note(delivery, state=sending.CREATED, next_attempt_at=again, **told)

    def _give_back(self, delivery: Delivery, reason: str, detail: str | None) -> None:
        """Later, without counting this as one of its tries."""
        wait = self.policy.delay(1, random.random())
        self._note(
            delivery,
            state=sending.CREATED,
            reason=reason,
            detail=detail or None,
            attempts=delivery.attempts - 1,
            next_attempt_at=self.now() if reason == sending.STOPPED else self.now() + wait,
        )

    def _note(self, delivery: Delivery, **changes: Any) -> None:
        """Write what came of a delivery, unless the sweeper has given it to somebody else."""
        if detail := changes.get("detail"):
            # Others' words: they may name the recipient, in whatever spelling. Masked, then cut.
            changes["detail"] = masking.mask(detail)[:_DETAIL_MAX]
        self._change(delivery, **changes)

    def _change(self, delivery: Delivery, **changes: Any) -> bool:
        with self.begin() as session:
            mine = session.execute(
                update(Delivery)
                .where(
                    Delivery.id == delivery.id,
                    Delivery.state == sending.SENDING,
                    Delivery.sending_at == delivery.sending_at,
                )
                .values(**changes)
                .returning(Delivery.id)
            ).scalar()
        if mine is None:
            _log.warning("delivery %s was taken over while it was being sent", delivery.id)
        return mine is not None


def _refused(error: PalikaError, count: int) -> dict[int, str]:
    """Which ids of a list of ``count`` a service has refused, by their places, and why."""
    ids = error.fields.get("ids") if isinstance(error, Invalid) else None
    if not isinstance(ids, Mapping):
        return {}
    return {n: " ".join(map(str, ids[str(n)])) for n in range(count) if str(n) in ids}


def values(fields: Mapping[str, Any], contact: Contact) -> dict[str, Any]:
    """What a template may use: the event's data, and over it what the contact says."""
    told = {key: value for key, value in contact.items() if value is not None and value != ""}
    return {"name": UNNAMED, **fields, **told}


def claim(session: Session, now: datetime, most: int) -> list[Delivery]:
    """Take up to `most` due deliveries for this process: `sending`, one attempt more."""
    due = (
        select(Delivery.id)
        .where(Delivery.state == sending.CREATED, Delivery.next_attempt_at <= now)
        .order_by(Delivery.next_attempt_at, Delivery.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    taken = (
        update(Delivery)
        .where(Delivery.id.in_(due.scalar_subquery()))
        .values(state=sending.SENDING, sending_at=now, attempts=Delivery.attempts + 1)
        .returning(Delivery)
        .execution_options(synchronize_session=False)
    )
    found = session.scalars(taken).all()
    return sorted(found, key=lambda each: (each.next_attempt_at, each.id))


def sweep(session: Session, now: datetime, policy: Policy) -> list[UUID]:
    """Take up again what was left in `sending`; returns the ids.

    Whether such a message has left is not known: it may be sent a second time, under the same
    Message-ID. The try that was not reported on counts, so this ends too.
    """
    stuck = (
        select(Delivery)
        .where(Delivery.state == sending.SENDING, Delivery.sending_at < policy.stuck_since(now))
        .order_by(Delivery.id)
        .limit(1_000)
        .with_for_update(skip_locked=True)
    )
    found = session.scalars(stuck).all()
    for delivery in found:
        delivery.reason = sending.STUCK
        if delivery.attempts >= policy.max_attempts:
            delivery.state = sending.FAILED
        else:
            delivery.state, delivery.next_attempt_at = sending.CREATED, now
    return [delivery.id for delivery in found]
