"""What a desk's lists cost: nothing for what was done long ago; and to open one of its files."""

from datetime import date
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.orm import Session, sessionmaker

from palika.auth import Identity
from services.eoffice.organisation_store import current
from services.eoffice.queries import desk
from services.eoffice.schemas import moving as given
from tests.support.eoffice import DE, JE, NOW, emptied
from tests.support.eoffice_databases import database
from tests.support.eoffice_moves import DAY, opened, read, take

__all__ = ["database"]

TODAY = date(2026, 7, 1)
_FILES = text(
    """
    INSERT INTO file (id, number, department, head, subject, language, secrecy, priority, public,
                      part, volume, state, held_by, held_since, seen_at, sent_by, wake_on,
                      opened_by, opened_at, closed_at, moves, version, rev)
    SELECT gen_random_uuid(), :state || n || '/' || :first, 'roads', 'general', 'Estimate', 'mr',
           0, n % 3, false, 1, 1, :state, 'roads-je', at, at, 'roads-clerk',
           CASE :state WHEN 'parked' THEN DATE '2026-08-01' + n END,
           'roads-clerk', at, CASE :state WHEN 'closed' THEN at END, 1, 2, 1
    FROM (SELECT n, CAST(:now AS timestamptz) - n * INTERVAL '1 hour' AS at
          FROM generate_series(:first, :last) AS n) AS made
    """
)
_MOVES = text(
    """
    INSERT INTO movement (file_id, position, kind, from_post, to_post, moved_at, minutes_held, rev)
    SELECT id, 1, 'forward', 'roads-je', 'roads-de', opened_at, 5, 1 FROM file
    ON CONFLICT DO NOTHING
    """
)


def add(sessions: sessionmaker[Session], state: str, first: int, last: int) -> None:
    with sessions.begin() as session:
        asked = {"state": state, "first": first, "last": last, "now": NOW}
        session.execute(_FILES, asked)
        session.execute(_MOVES)
    with sessions() as session:
        session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
        session.execute(text("VACUUM ANALYZE file, movement, marking"))


def pages(sessions: sessionmaker[Session], which: Any, **args: Any) -> int:
    """How many pages of the database a list of 50 reads."""
    asked: list[tuple[str, Any]] = []
    with sessions() as session:
        connection, post = session.connection(), current(session).posts["roads-je"]

        def remember(_: Any, __: Any, statement: str, values: Any, ___: Any, ____: Any) -> None:
            asked.append((statement, values))

        event.listen(connection, "before_cursor_execute", remember)
        if which is desk.counts:
            which(session, post, TODAY)
        elif which is desk.sent:
            which(session, post, given.Paging().load(args))
        else:
            schema = given.Inbox if which is desk.inbox else given.Paging
            assert which(session, post, schema().load(args), TODAY)["items"]
        event.remove(connection, "before_cursor_execute", remember)
        read = 0
        for statement, values in asked:
            plan = connection.exec_driver_sql(
                f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", values
            ).scalar_one()[0]["Plan"]
            read += plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
    return read


def test_a_desk_costs_the_same_however_large_the_archive_is(
    database: sessionmaker[Session],
) -> None:
    sessions = emptied(database)
    add(sessions, "open", 1, 200)
    add(sessions, "parked", 1, 200)
    add(sessions, "closed", 1, 500)
    add(sessions, "closed", 501, 20_500)
    read = {
        each.__name__: pages(sessions, each)
        for each in (desk.inbox, desk.parked, desk.sent, desk.counts)
    }
    # Fifty files with what belongs to them; the archive alone has more pages than that.
    assert {name: count for name, count in read.items() if count > 300} == {}
    with sessions() as session:
        archive = session.scalar(text("SELECT pg_relation_size('file') / 8192"))
    assert archive > 300


def statements(sessions: sessionmaker[Session], file: Any, who: Identity) -> list[str]:
    """What is asked of the database when a file is opened."""
    asked: list[str] = []

    def remember(_: Any, __: Any, statement: str, *___: Any) -> None:
        asked.append(statement)

    engine = sessions.kw["bind"]
    event.listen(engine, "before_cursor_execute", remember)
    try:
        read(sessions, file, who, NOW + DAY)
    finally:
        event.remove(engine, "before_cursor_execute", remember)
    return asked


def test_to_open_a_file_asks_each_thing_once(database: sessionmaker[Session]) -> None:
    sessions = emptied(database)
    file = opened(sessions)
    take(sessions, "forward", file, to="roads-de")
    # The first time it is written down that it was seen. Five are of decisions: what stands, what
    # was sanctioned in the case, and whether it is the officer's own proposal.
    assert len(first := statements(sessions, file, DE)) <= 25, "\n".join(first)
    assert len(again := statements(sessions, file, DE)) <= 18, "\n".join(again)


def test_to_open_a_secret_file_asks_once_for_all_posts_of_the_line(
    database: sessionmaker[Session],
) -> None:
    sessions = emptied(database)
    file = opened(sessions)
    with sessions.begin() as session:
        session.execute(text("UPDATE file SET secrecy = 3"))
    statements(sessions, file, JE)
    # Two posts above are not cleared for it. It came from nobody: who had it is not asked.
    assert len(again := statements(sessions, file, JE)) <= 17, "\n".join(again)
