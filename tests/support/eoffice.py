"""What the tests of the e-office share."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlalchemy import text, update
from sqlalchemy.orm import Session, sessionmaker

from palika.auth import Identity
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.models import Base
from services.eoffice.models.organisation import (
    Delegation,
    Department,
    Holding,
    Leave,
    Person,
    Post,
    Section,
)
from services.eoffice.organisation_store import ORGANISATION, current, forget

NOW = datetime(2026, 7, 1, 4, 30, tzinfo=UTC)
CLERK = Identity.of("officer:roads-clerk", "officer")
JE = Identity.of("officer:roads-je", "officer")
DE = Identity.of("officer:roads-de", "officer")
CE = Identity.of("officer:roads-ce", "officer")
ACCOUNTS = Identity.of("officer:accounts", "officer")
PORTAL = Identity.of("service:portal", "service")
_STAYS = {
    each.__tablename__ for each in (Department, Section, Post, Person, Holding, Leave, Delegation)
} | {"act", "chain"}


def emptied(database: sessionmaker[Session]) -> sessionmaker[Session]:
    """The same database, with the shipped organisation and nothing else."""
    tables = [*sorted(Base.metadata.tables.keys() - _STAYS), "outbox"]
    with database.begin() as session:
        named = text("SELECT count(*) FROM act WHERE data ? 'after_root'")
        if session.scalar(named):
            # Its acts name roots that will not be there: it is installed anew.
            session.execute(text(f"TRUNCATE {', '.join(sorted(_STAYS))} CASCADE"))
        current(session)
        session.execute(text(f"TRUNCATE {', '.join(tables)} CASCADE"))
        session.execute(text("DELETE FROM act WHERE chain_id <> :id"), {"id": ORGANISATION})
        session.execute(text("DELETE FROM chain WHERE id <> :id"), {"id": ORGANISATION})
        session.execute(text("UPDATE chain SET rooted = 0"))
    return database


@contextmanager
def cleared(sessions: sessionmaker[Session], post: str, grade: Secrecy) -> Iterator[None]:
    """Let a post read up to a grade for a while: what it opens or gets then it has had for good."""
    with sessions() as session:
        before = current(session).posts[post].clearance
    _clear(sessions, post, grade)
    try:
        yield
    finally:
        _clear(sessions, post, before)


def _clear(sessions: sessionmaker[Session], post: str, grade: Secrecy) -> None:
    with sessions.begin() as session:
        session.execute(update(Post).where(Post.code == post).values(clearance=grade))
    forget()


__all__ = ["ACCOUNTS", "CE", "CLERK", "DE", "JE", "NOW", "PORTAL", "cleared", "emptied"]
