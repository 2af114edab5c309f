"""What the tests of the e-office share."""

from datetime import UTC, datetime

from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from palika.auth import Identity
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
from services.eoffice.organisation_store import ORGANISATION, current

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


__all__ = ["ACCOUNTS", "CE", "CLERK", "DE", "JE", "NOW", "PORTAL", "emptied"]
