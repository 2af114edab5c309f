"""Writes down that somebody of the office looks at a citizen's data; in a transaction of the
caller's, which is to end before the answer leaves."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from services.portal.domain.reads import checked
from services.portal.models import DataRead, DataReadOf


def note_read(
    session: Session,
    reader: str,
    post: str,
    whose: Iterable[str],
    what: str,
    why: str,
    now: datetime,
    *,
    note: str | None = None,
    session_id: UUID | None = None,
) -> None:
    """Write it down.

    Args:
        reader: the officer's code.
        post: for which they act.
        whose: subjects and matters, as ``domain/reads`` has them.
        what: the page, or the method that was called.
        why: a ``domain/reads.Reason``; ``note`` says more.

    Raises:
        Invalid: something of that is missing or of no such form.
    """
    found, said = checked(whose, why, note)
    row = DataRead(
        at=now, reader=reader, post=post, what=what, why=why, note=said, session_id=session_id
    )
    session.add(row)
    session.flush()
    session.add_all(DataReadOf(read_id=row.id, whose=each) for each in found)
