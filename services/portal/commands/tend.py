"""Takes away what is over: every minute, in the portal's process."""

import logging
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Text, cast, delete, func, select
from sqlalchemy.orm import Session

from palika.errors import Unavailable
from services.portal.commands.hold_session import forget_over
from services.portal.domain.limits import LONGEST
from services.portal.domain.lockout import PATIENCE
from services.portal.models import (
    BulkAct,
    Failure,
    GrievanceDraft,
    Invitation,
    OneTimeCode,
    SiteDraft,
    SiteFile,
    SiteVersion,
    Taken,
)
from services.portal.store import Store

KEEP_SESSIONS: Final = timedelta(days=30)
"""So long it is still seen that somebody was signed in."""
_KEEP_CODES: Final = timedelta(days=1)
_KEEP_FILES: Final = timedelta(days=30)

_log = logging.getLogger(__name__)


def tend(store: Store, now: datetime) -> None:
    """Delete sessions, codes, invitations, drafts and counts that are of no use any more."""
    oldest_failure = now - max(each.forget + each.longest for each in PATIENCE.values())
    try:
        with store.begin() as session:
            forget_over(session, now - KEEP_SESSIONS)
            session.execute(delete(OneTimeCode).where(OneTimeCode.until < now - _KEEP_CODES))
            session.execute(delete(Invitation).where(Invitation.until < now - KEEP_SESSIONS))
            session.execute(delete(Failure).where(Failure.last_at < oldest_failure))
            session.execute(delete(GrievanceDraft).where(GrievanceDraft.until < now))
            session.execute(delete(BulkAct).where(BulkAct.until < now))
            session.execute(delete(Taken).where(Taken.since < now - LONGEST))
            _forget_files(session, now - _KEEP_FILES)
    except Unavailable as error:
        _log.warning("what is over is taken away later: %s", error)


def _forget_files(session: Session, before: datetime) -> None:
    """Delete files that were put in for pages of the site and that no version and no draft names:
    names have a part of the file's hash in them, so none stands within another text."""
    named = [
        select(SiteVersion.seq).where(func.strpos(SiteVersion.facts, SiteFile.name) > 0),
        select(SiteDraft.id).where(func.strpos(cast(SiteDraft.typed, Text), SiteFile.name) > 0),
    ]
    session.execute(
        delete(SiteFile)
        .where(SiteFile.at < before, *(~each.exists() for each in named))
        .execution_options(synchronize_session=False)
    )
