"""Where a file is, for the citizen who has its number."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika.errors import NotFound
from palika.india import day_of
from palika.text import plain_digits
from services.eoffice.domain.movement import State
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.models import Department, File, Post


def track(session: Session, number: str, now: datetime) -> dict[str, Any]:
    """Where a public file is; persons are not named, and neither is what was written on it.

    Args:
        session: in a transaction.
        number: as it is printed, in capitals or not, its digits of either script.
        now: days are counted up to it.

    Returns:
        ``number``, ``subject``, ``department`` and ``with`` (each by language), ``status``
        (``open`` or ``closed``), ``opened_at``, ``since`` (when it came to that desk; of a closed
        file when it was closed), ``days`` since then, and ``due_on``.

    Raises:
        NotFound: there is no such file, it is not public, or it is of a grade of secrecy: nobody
            can tell which.
    """
    asked = plain_digits(number)
    found = session.execute(
        select(File, Post.mr, Post.en, Department.mr, Department.en)
        .outerjoin(Post, Post.code == File.held_by)
        .outerjoin(Department, Department.code == File.department)
        .where(
            File.number.in_({asked, asked.upper()}),
            File.public,
            File.secrecy == Secrecy.NORMAL,
        )
        # A scheme with small letters may have both.
        .order_by(File.number != asked)
        .limit(1)
    ).first()
    if found is None:
        raise NotFound(f"there is no public file {number}", {"number": number})
    file, *names = found
    post, department = ({"mr": mr, "en": en} for mr, en in (names[:2], names[2:]))
    since = file.held_since if file.closed_at is None else file.closed_at
    return {
        "number": file.number,
        "subject": file.subject,
        "department": department,
        "with": post,
        "status": str(State.CLOSED if file.state == State.CLOSED else State.OPEN),
        "opened_at": file.opened_at.isoformat(),
        "since": since.isoformat(),
        "days": max(0, (day_of(now) - day_of(since)).days),
        "due_on": None if file.due_on is None else file.due_on.isoformat(),
    }
