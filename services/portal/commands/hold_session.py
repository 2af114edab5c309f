"""Begins, renews and ends sessions, in a transaction of the caller's."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, delete, update
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.errors import Conflict
from services.portal.domain.clients import Client
from services.portal.domain.sessions import Ended, Stage, Way, is_over, length_of
from services.portal.keeping import Keeping
from services.portal.models import Account, Citizen, WebSession


@dataclass(frozen=True, slots=True)
class Begun:
    """A session that has begun, or got another key; ``token`` is for the device's cookie alone."""

    token: str
    row: WebSession


def begin_session(
    session: Session,
    keeping: Keeping,
    whose: Account | Citizen,
    client: Client,
    stage: Stage,
    way: Way,
    now: datetime,
) -> Begun:
    """Let somebody be signed in on a device; whatever session that device had is another's."""
    token = secrets.token_urlsafe(32)
    officer = isinstance(whose, Account)
    row = WebSession(
        id=uuid7(),
        digest=keeping.of_token(token),
        before=None,
        rotated_at=now,
        account_id=whose.id if officer else None,
        citizen_id=None if officer else whose.id,
        stage=stage,
        way=way,
        rights="",
        post=None,
        language=whose.language,
        device=client.device,
        place=client.place,
        created_at=now,
        seen_at=now,
        until=now + length_of(officer=officer).whole,
        ended_at=None,
        ended_by=None,
    )
    session.add(row)
    return Begun(token, row)


def half_session(session: Session, row_id: UUID, now: datetime) -> WebSession:
    """A session that still waits for its second factor, locked: it becomes whole once.

    Raises:
        Conflict: it is over, or whole by now.
    """
    row = session.get(WebSession, row_id, with_for_update=True, populate_existing=True)
    if row is None or row.stage == Stage.WHOLE or is_over(row.kept(), now):
        raise Conflict("this sign-in is over, or has come to its end already")
    return row


def rotate(session: Session, keeping: Keeping, row: WebSession, now: datetime) -> Begun:
    """Give a session another key; the present one is taken for a moment longer."""
    token = secrets.token_urlsafe(32)
    row.before, row.digest, row.rotated_at = row.digest, keeping.of_token(token), now
    session.add(row)
    return Begun(token, row)


def end_sessions(
    session: Session,
    whose: UUID,
    why: Ended,
    now: datetime,
    *,
    only: Iterable[UUID] | None = None,
    but: UUID | None = None,
) -> int:
    """End sessions of an account or a citizen; how many were still there.

    Args:
        only: of these alone; by default all of them.
        but: not this one.
    """
    chosen: list[ColumnElement[bool]] = [
        (WebSession.account_id == whose) | (WebSession.citizen_id == whose),
        WebSession.ended_at.is_(None),
    ]
    if only is not None:
        chosen.append(WebSession.id.in_(list(only)))
    if but is not None:
        chosen.append(WebSession.id != but)
    ended = session.execute(
        update(WebSession)
        .where(*chosen)
        .values(ended_at=now, ended_by=why)
        .returning(WebSession.id)
    )
    return len(ended.all())


def choose_post(session: Session, row_id: UUID, post: str) -> None:
    """Remember for which post somebody acts in a session."""
    session.execute(update(WebSession).where(WebSession.id == row_id).values(post=post))


def remember_language(session: Session, row: WebSession, language: str) -> None:
    """Remember which language somebody reads, for this session and the next ones."""
    session.execute(update(WebSession).where(WebSession.id == row.id).values(language=language))
    whose = Account if row.account_id is not None else Citizen
    known = row.account_id or row.citizen_id
    session.execute(update(whose).where(whose.id == known).values(language=language))


def forget_over(session: Session, before: datetime) -> int:
    """Delete sessions that are over since before that moment; how many."""
    gone = session.execute(
        delete(WebSession)
        .where((WebSession.until < before) | (WebSession.ended_at < before))
        .returning(WebSession.id)
    )
    return len(gone.all())
