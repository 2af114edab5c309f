"""A message that a service asks for by a call: a login code, a note to one citizen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika import tracing
from palika.errors import Conflict, Invalid
from services.notify.commands.sending.planning import values
from services.notify.domain import addresses
from services.notify.domain.messages import Attachment
from services.notify.domain.policy import Policy
from services.notify.domain.routes import Channel
from services.notify.domain.states import State
from services.notify.domain.templates import Template
from services.notify.models import Delivery
from services.notify.secrets import Secrets

REQUEST = "request"
"""The ``event_type`` of what no event has called for."""


@dataclass(frozen=True)
class Request:
    """What is asked for.

    Attributes:
        id: the caller's own: asked for again under it, nothing more is sent.
        contact: ``phone``, ``email`` (one of them), ``name``, ``language``.
        fields: for the template.
        attachments: what goes with it, by e-mail. Asked for again they are not compared: what was
            signed anew is not another letter.
    """

    id: UUID
    contact: Mapping[str, Any]
    fields: Mapping[str, Any]
    attachments: Sequence[Attachment] = ()


def request(
    session: Session,
    asked: Request,
    template: Template,
    policy: Policy,
    secrets: Secrets,
    now: datetime,
) -> tuple[Delivery, bool]:
    """Put it down in the caller's transaction, as claimed by this process, which is to send it now.

    Address, fields and attachments lie sealed until the message has arrived or is of no use any
    more.

    Returns:
        The delivery, and whether it is new.

    Raises:
        Invalid: ``contact`` has no address that can be one, or a field of the template is missing
            or wrong, or the template's channels carry no attachments; nothing is written.
        Conflict: something else, or for somebody else, was asked for under this id; the caller
            ends the transaction.
    """
    recipient = _recipient(asked.contact, secrets)
    if asked.attachments and set(template.channels) != {Channel.EMAIL}:
        rule = f"{template.name} goes by {', '.join(template.channels)}; e-mail alone carries any"
        raise Invalid("nothing can be attached", {"attachments": [rule]})
    contact = {key: value for key, value in asked.contact.items() if value is not None}
    for channel in template.channels:
        template.render(channel, policy.default_language, values(asked.fields, asked.contact))
    row = {
        "id": uuid7(),
        "event_id": asked.id,
        "event_type": REQUEST,
        "template": template.name,
        "purpose": template.purpose,
        "lane": template.lane,
        "audience": None,
        "recipient_ref": recipient,
        # A code that somebody logs in with is nobody else's: the fields lie sealed as well.
        "sealed": secrets.seal(
            {"contact": contact, "fields": dict(asked.fields)} | _attached(asked.attachments)
        ),
        "fields": {},
        "state": State.SENDING,
        "next_attempt_at": now,
        "of_use_until": policy.of_use_until(template.lane, now),
        "sending_at": now,
        "traceparent": tracing.to_keep(),
        "created_at": now,
    }
    made = session.scalars(
        insert(Delivery)
        .values(row)
        .on_conflict_do_nothing(constraint="uq_delivery_message")
        .returning(Delivery)
    ).one_or_none()
    if made is not None:
        others = select(Delivery.id).where(
            Delivery.event_id == asked.id, Delivery.event_type == REQUEST, Delivery.id != made.id
        )
        if session.scalars(others.limit(1)).first() is not None:
            raise _other(asked)
        return made, True
    return _same(session, asked, recipient, template, secrets), False


def _attached(attachments: Sequence[Attachment]) -> dict[str, Any]:
    """As they lie sealed: see ``Attachment.of``."""
    return {"attachments": [each.said() for each in attachments]} if attachments else {}


def _same(
    session: Session, asked: Request, recipient: str, template: Template, secrets: Secrets
) -> Delivery:
    """What was asked for under the same id; Raises Conflict: that was something else."""
    there = session.scalars(
        select(Delivery).where(
            Delivery.event_id == asked.id,
            Delivery.recipient_ref == recipient,
            Delivery.template == template.name,
        )
    ).one()
    if there.sealed and secrets.open(there.sealed)["fields"] != dict(asked.fields):
        raise _other(asked)
    return there


def _other(asked: Request) -> Conflict:
    return Conflict("Something else was asked for under this id.", {"id": str(asked.id)})


def _recipient(contact: Mapping[str, Any], secrets: Secrets) -> str:
    """The key of the first address.

    Raises:
        Invalid: there is none, or one can be none.
    """
    phone, email = contact.get("phone"), contact.get("email")
    found = []
    if phone:
        number = addresses.mobile(phone)
        if number is None:
            raise Invalid("not an Indian mobile", {"phone": ["must be an Indian mobile number"]})
        found.append(number)
    if email:
        address = addresses.email(email)
        if address is None:
            raise Invalid("not an e-mail address", {"email": ["must be an e-mail address"]})
        found.append(address)
    if not found:
        raise Invalid("no address", {"contact": ["phone or email is needed"]})
    return secrets.recipient(found[0])
