"""Diarise an e-mail as it came; what is attached becomes its papers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from palika.auth import Identity
from palika.blocking import off_hub
from palika.errors import Conflict, Invalid
from palika.india import day_of
from palika.store import Store
from services.eoffice.commands.diarise import diarise, known_mail
from services.eoffice.commands.keep_paper import Begin, add_paper
from services.eoffice.domain.diary import can_be_dated
from services.eoffice.domain.receipts import Medium
from services.eoffice.models import Receipt
from services.eoffice.organisation_store import actor
from services.eoffice.papers import (
    Mail,
    Stored,
    content_in,
    from_base64,
    keep,
    keep_mail,
    read_mail,
)
from services.eoffice.queries.corrections import first_said
from services.eoffice.sealing import act

ORIGINAL = "original.eml"
"""What the e-mail itself is called among its papers."""


@dataclass(frozen=True, slots=True)
class Diarised:
    """The receipt, and what could not be taken with it: name → why; also what was too long."""

    receipt: Receipt
    left_out: Mapping[str, str]


def diarise_mail(
    begin: Begin, store: Store, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Diarised:
    """Diarise ``args["content_base64"]``; who, what and when is the mail's own word.

    The mail as it came is kept as the last of its papers, under the name ``ORIGINAL``; its digest
    stands in the act.

    An attachment that is no plain paper does not hold up the mail: it is named in the answer and in
    the record. The same mail again gives the receipt that there is.

    Raises as ``diarise``, and:
        Invalid: it is no e-mail.
        Conflict: another post has diarised it, or another mail has the same Message-ID; ``number``
            says as what.
        Unavailable: the store does not answer.
    """
    with begin() as session:
        actor(session, caller, args["post"], now)
    with content_in("content_base64"):
        content = off_hub(from_base64, args["content_base64"])
        mail = off_hub(read_mail, content)
    kept, left_out = _papers(store, mail, now)
    original = _original(store, content, kept, left_out, now)
    with begin() as session:
        who = actor(session, caller, args["post"], now)
        lock = func.pg_advisory_xact_lock(func.hashtextextended(mail.message_id, 0))
        session.execute(select(lock))
        before = known_mail(session, mail.message_id)
        if before is not None:
            if before.diarised_by != who.post.code:
                raise Conflict(
                    f"{before.diarised_by} has diarised this e-mail as {before.number}",
                    {"number": before.number, "diarised_by": before.diarised_by},
                )
            _check_same_mail(before, mail, first_said(session, before.id))
            return Diarised(before, left_out)
        papers = [add_paper(session, each, None, name, who, now) for name, each in kept]
        asked = _asked(mail, args, now) | {"papers": [each.id for each in papers]}
        receipt = diarise(session, caller, asked, now, original)
        if left_out:
            data = {"attachments": dict(left_out)}
            act(session, receipt.id, "receipt", "left_out", who, now, data)
    return Diarised(receipt, left_out)


def _check_same_mail(before: Receipt, mail: Mail, first: Mapping[str, Any]) -> None:
    """A Message-ID is the sender's word: another mail that has it is not taken for the same.

    Args:
        first: what of the receipt was corrected since, as it came.
    """
    said = ("sender_name", "sender_email", "subject", "body")
    came = {each: getattr(before, each) for each in said} | first
    differs = [each for each in said if came[each] != getattr(mail, each)]
    if differs:
        raise Conflict(
            f"another e-mail with this Message-ID was diarised as {before.number}; it differs in "
            f"{', '.join(differs)}; diarise this one by hand",
            {"number": before.number, "differs": differs},
        )


def _papers(
    store: Store, mail: Mail, now: datetime
) -> tuple[list[tuple[str, Stored]], dict[str, str]]:
    kept: list[tuple[str, Stored]] = []
    left_out = dict(mail.cut)
    for each in mail.attached:
        name = each.name
        if each.inline:
            left_out[name] = "is a picture within the text"
        elif not each.content:
            left_out[name] = "is empty, or another e-mail"
        else:
            try:
                kept.append((name, keep(store, each.content, now)))
            except Invalid as error:
                left_out[name] = "; ".join(error.fields["content"])
    return kept, left_out


def _original(
    store: Store,
    content: bytes,
    kept: list[tuple[str, Stored]],
    left_out: dict[str, str],
    now: datetime,
) -> str | None:
    """Keep the e-mail as it came, behind what was taken out of it; its SHA-256, None if it cannot
    be kept."""
    try:
        stored = keep_mail(store, content, now)
    except Invalid as error:
        left_out[ORIGINAL] = "; ".join(error.fields["content"])
        return None
    kept.append((ORIGINAL, stored))
    return stored.sha256


def _asked(mail: Mail, args: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    today, sent_on = day_of(now), mail.sent_on
    return {
        **{
            name: args[name]
            for name in (
                *("id", "category", "language", "secrecy", "priority", "vip", "due_on"),
                *("remark", "sender_kind", "post"),
            )
        },
        "medium": Medium.EMAIL,
        "sender_name": mail.sender_name,
        "sender_email": mail.sender_email,
        "sender_address": None,
        "sender_phone": None,
        "ref": None,
        # A clock of somebody's may go wrong.
        "dated": sent_on if sent_on is not None and can_be_dated(sent_on, today) else None,
        "received_on": None,
        "message_id": mail.message_id,
        "subject": mail.subject,
        "body": mail.body,
    }
