"""Keeps a grievance that somebody is about to file from page to page, sealed, for some hours."""

import base64
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session
from uuid6 import uuid7

from services.portal.commands.take import take
from services.portal.domain.limits import Limit
from services.portal.keeping import Keeping
from services.portal.models import GrievanceDraft

KEPT: Final = timedelta(hours=6)
"""So long after the last page what was typed is there."""


def begin_draft(
    session: Session, keeping: Keeping, typed: Mapping[str, Any], network: str, now: datetime
) -> str:
    """Keep a new one; the token by which its browser finds it again.

    Args:
        typed: words of the form, JSON values.
        network: the keyed digest of where the browser is.

    Raises:
        TooMany: too many from there.
    """
    take(session, Limit.GRIEVANCES_OF_CLIENT, network, now)
    token = secrets.token_urlsafe(24)
    session.add(
        GrievanceDraft(
            id=uuid7(), token=keeping.of_token(token), typed=keeping.seal(typed), until=now + KEPT
        )
    )
    return token


def draft_of(
    session: Session, keeping: Keeping, token: str, now: datetime, *, lock: bool = False
) -> GrievanceDraft | None:
    """That of a browser; None: there is none, or it is over. With ``lock`` who comes second waits
    for who came first."""
    if not token:
        return None
    found = select(GrievanceDraft).where(
        GrievanceDraft.token == keeping.of_token(token), GrievanceDraft.until > now
    )
    return session.scalar(found.with_for_update() if lock else found)


def retype(
    draft: GrievanceDraft, keeping: Keeping, typed: Mapping[str, Any], now: datetime
) -> None:
    """Keep other words in it; those that are not named stay."""
    draft.typed = keeping.seal(keeping.open(draft.typed) | dict(typed))
    draft.until = now + KEPT


def put_photo(draft: GrievanceDraft, keeping: Keeping, content: bytes | None) -> None:
    """Keep a photograph in it, or none."""
    draft.photo = content and keeping.seal({"photo": base64.b64encode(content).decode()})


def note_filed(draft: GrievanceDraft, keeping: Keeping, number: str, token: str | None) -> None:
    """Note what it has become: what was typed is the grievance service's now."""
    draft.number = number
    draft.followed_by = token and keeping.seal({"token": token})
    draft.typed = keeping.seal({})
