"""What waits for a citizen on the city's own pages."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.notify.models import InboxMessage
from services.notify.secrets import Secrets


def inbox(
    session: Session, recipient_key: str, args: dict[str, Any], secrets: Secrets
) -> dict[str, Any]:
    """A citizen's messages, the newest first.

    A message whose key is not there any more is shown without its words.

    Returns:
        ``messages``: of each ``id``, ``subject``, ``body``, ``template``, ``language``, ``at``,
        ``read_at``; ``unread``: how many are; ``next``: what to give as ``after``, or None.
    """
    mine = InboxMessage.recipient_key == recipient_key
    query = select(InboxMessage).where(mine).order_by(InboxMessage.id.desc())
    if args["unread"]:
        query = query.where(InboxMessage.read_at.is_(None))
    if args["after"] is not None:
        query = query.where(InboxMessage.id < args["after"])
    found = session.scalars(query.limit(args["limit"] + 1)).all()
    page = found[: args["limit"]]
    unread = select(func.count()).where(mine, InboxMessage.read_at.is_(None))
    return {
        "messages": [_shown(each, secrets) for each in page],
        "unread": session.scalar(unread),
        "next": str(page[-1].id) if len(found) > len(page) else None,
    }


def _shown(row: InboxMessage, secrets: Secrets) -> dict[str, Any]:
    try:
        said = secrets.open(row.sealed)
    except ValueError:
        said = {"subject": None, "body": None}
    return {
        "id": str(row.id),
        "subject": said["subject"],
        "body": said["body"],
        "template": row.template,
        "language": row.language,
        "at": row.created_at.isoformat(),
        "read_at": row.read_at.isoformat() if row.read_at else None,
    }
