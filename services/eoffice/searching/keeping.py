"""Writing the words of things, in the transaction that makes or changes these."""

import uuid

from sqlalchemy import delete, func, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.eoffice.domain.searching import Kind
from services.eoffice.models import File, SearchWords
from services.eoffice.searching.sources import FETCHED, SOURCES

_TABLE = SearchWords.__table__


def index(session: Session, kind: Kind, *things: uuid.UUID) -> int:
    """Let these be found as their rows say now, in the caller's transaction.

    What has no row any more, or fewer pages, is found no longer. Commands call it after they have
    changed a thing, with its id; asked twice it does nothing more.

    Returns:
        How many entries these have: one each, or one a page.
    """
    session.flush()
    stored: set[uuid.UUID] = set()
    batch = []
    for entry in SOURCES[kind](session, things):
        batch.append(entry.row)
        stored.add(batch[-1]["id"])
        if len(batch) == FETCHED:
            _store(session, batch)
            batch = []
    _store(session, batch)
    gone = delete(SearchWords).where(SearchWords.kind == kind, SearchWords.thing.in_(things))
    session.execute(
        gone.where(SearchWords.id.not_in(stored)), execution_options={"synchronize_session": False}
    )
    return len(stored)


def secrecy_changed(session: Session, file: File) -> None:
    """What is in a file is from now on as secret as the file, or as itself if that is more."""
    session.flush()
    session.execute(
        update(SearchWords)
        .where(SearchWords.file_id == file.id)
        .values(secrecy=func.greatest(SearchWords.grade, file.secrecy)),
        execution_options={"synchronize_session": False},
    )


def _store(session: Session, rows: list[dict[str, object]]) -> None:
    if not rows:
        return
    statement = insert(_TABLE)
    place = ["kind", "thing", "page"]
    changed = {each.name: statement.excluded[each.name] for each in _TABLE.c}
    session.execute(statement.on_conflict_do_update(index_elements=place, set_=changed), rows)
