"""Takes one of a limit, in a transaction of the caller's."""

from datetime import datetime
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.portal.domain.limits import RULES, Limit, window
from services.portal.errors import TooMany
from services.portal.models import Taken


def take(session: Session, limit: Limit, digest: str, now: datetime) -> None:
    """Count one more for whom ``digest`` stands for.

    One statement; those who are over the limit are counted as well, so that it needs no look
    before. The count stays when the caller commits, whatever is refused after.

    Raises:
        TooMany: the limit is reached; ``after_s`` says when there is a new window.
    """
    since, until = window(limit, now)
    statement: Any = insert(Taken).values(limit=limit, digest=digest, since=since, count=1)
    statement = statement.on_conflict_do_update(
        index_elements=[Taken.limit, Taken.digest, Taken.since], set_={"count": Taken.count + 1}
    ).returning(Taken.count)
    if session.scalar(statement) > RULES[limit].most:
        raise TooMany(
            "too often; try again later", {"after_s": max(1, round((until - now).total_seconds()))}
        )
