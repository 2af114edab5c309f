"""Sign a root over all that was done; and begin the record where rows are older than it."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import func, insert, literal, select, update
from sqlalchemy.orm import Session

from palika.events import Event
from palika.india import day_of
from palika.outbox import record
from palika.tables import outbox
from services.eoffice.domain.rooting import FIRST, Entries, Statement
from services.eoffice.models import Act, Chain, File, Movement, Root, RootEntry
from services.eoffice.schemas.sealing import ROOTED
from services.eoffice.sealing import Done, Keys, act, histories
from services.eoffice.sealing.events import NAMED, TAKEN_IN, digest_of
from services.eoffice.sealing.record import RECORD, adopted
from services.eoffice.sealing.roots import statement_of

_ROOTING, _BEGINNING = 0x656F7274, 0x656F6267
_BATCH = 500


def root_due(session: Session, now: datetime) -> bool:
    """Whether no root was signed on this day of India."""
    last = session.scalar(select(Root.day).order_by(Root.position.desc()).limit(1))
    return last is None or last < day_of(now)


def sign_root(session: Session, keys: Keys, now: datetime, *, once: bool = False) -> Root | None:
    """Sign how far each chain has gone, and publish it.

    A chain to which an act is being added just now is left for the next root: nobody waits long for
    anybody. Two at once sign two roots, one after the other; with ``once`` only the day's first is
    signed, and who was second gets None.
    """
    session.execute(select(func.pg_advisory_xact_lock(_ROOTING)))
    if once and not root_due(session, now):
        return None
    last = session.scalar(select(Root).order_by(Root.position.desc()).limit(1))
    position = 1 if last is None else last.position + 1
    gone_on = (
        select(Chain.id, Chain.length, Chain.head)
        .where(Chain.length > Chain.rooted)
        .order_by(Chain.id)
        .with_for_update(skip_locked=True)
        .cte("gone_on")
    )
    entries = select(literal(position), gone_on.c.id, gone_on.c.length, gone_on.c.head)
    session.execute(insert(RootEntry).from_select(["root", "chain_id", "length", "head"], entries))
    session.execute(
        update(Chain)
        .values(rooted=RootEntry.length)
        .where(RootEntry.root == position, RootEntry.chain_id == Chain.id)
        .execution_options(synchronize_session=False)
    )
    statement = _statement(session, last, position, keys.name, day_of(now), now)
    signature = keys.sign(statement.said())
    root = Root(
        position=position,
        day=statement.day,
        made_at=now,
        chains=statement.chains,
        entries=statement.entries,
        before=statement.before,
        key=statement.key,
        signature=signature,
    )
    session.add(root)
    record(session, rooted(root))
    return root


def rooted(root: Root) -> Event:
    """The event that tells of a root; of one that was signed before, another with the same data."""
    return ROOTED.new(
        subject=str(root.position),
        sequence=root.position,
        time=root.made_at,
        data={
            "position": root.position,
            "day": root.day,
            "made_at": root.made_at,
            "chains": root.chains,
            "entries_digest": root.entries,
            "before_digest": root.before or None,
            "key_digest": root.key,
            "signature": root.signature.hex(),
        },
    )


def _statement(
    session: Session, last: Root | None, position: int, key: str, day: date, now: datetime
) -> Statement:
    entries = Entries()
    found = session.execute(
        select(RootEntry.chain_id, RootEntry.length, RootEntry.head)
        .where(RootEntry.root == position)
        .order_by(RootEntry.chain_id)
        .execution_options(yield_per=10_000)
    )
    for chain, length, head in found:
        entries.add(chain, length, head)
    before = FIRST if last is None else statement_of(last).digest()
    return Statement(position, day, now, entries.count, entries.digest(), before, key)


def begun(session: Session) -> bool:
    """Whether the record was begun: from then on, a row that no act knows was not made by us."""
    return session.scalar(select(Chain.id).where(Chain.id == RECORD)) is not None


def begin_record(session: Session, now: datetime) -> int:
    """Once for a database: take the files that are older than the record into it, as they are.

    Returns:
        How many files were adopted.
    """
    session.execute(select(func.pg_advisory_xact_lock(_BEGINNING)))
    if begun(session):
        return 0
    adopted_files = 0
    while files := _chainless(session):
        _adopt(session, files, now)
        adopted_files += len(files)
    act(session, RECORD, "record", "begun", None, now, {"adopted": adopted_files})
    return adopted_files


def take_in_events(session: Session, now: datetime) -> int:
    """Once for a database: name the events that are in the outbox and were recorded before acts
    named theirs.

    Returns:
        How many there were.
    """
    session.execute(select(func.pg_advisory_xact_lock(_BEGINNING)))
    if _has_taken_events(session):
        return 0
    found = session.execute(select(outbox).order_by(outbox.c.position)).mappings()
    digests = {
        str(each["event_id"]): digest_of(each) for each in found if each["type"] != str(ROOTED.name)
    }
    act(session, RECORD, "record", TAKEN_IN, None, now, {NAMED: digests})
    return len(digests)


def _has_taken_events(session: Session) -> bool:
    taken = (Act.chain_id == RECORD) & (Act.verb == TAKEN_IN)
    return session.scalar(select(Act.position).where(taken)) is not None


def _chainless(session: Session) -> Sequence[File]:
    known = select(Chain.id).where(Chain.id == File.id).exists()
    return session.scalars(select(File).where(~known).order_by(File.id).limit(_BATCH)).all()


def _adopt(session: Session, files: Sequence[File], now: datetime) -> None:
    ids = [each.id for each in files]
    moves = session.scalars(select(Movement).where(Movement.file_id.in_(ids))).all()
    adopted(session, [*files, *moves])
    done = {each: [Done("adopted", None, now, {})] for each in ids}
    histories(session, "file", done)
    session.expunge_all()
