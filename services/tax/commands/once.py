"""What comes twice in the same moment waits for itself."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session


def alone(session: Session, what: str) -> None:
    """Do what has a name one after the other: it is held until the transaction ends.

    Args:
        session: in the caller's transaction.
        what: the name, with its kind: ``refund k1``.
    """
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(what, 0))))
