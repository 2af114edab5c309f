"""Writing an act down, with every row that it touched; nothing is committed without one."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import event, func, insert, inspect, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapper, Session, SessionTransaction

from palika import calls
from palika.database import violates
from services.eoffice.domain.chaining import START, Deed, canonical, digest, guard
from services.eoffice.domain.organisation import Actor
from services.eoffice.models.base import Guarded, Sealed, as_written
from services.eoffice.models.root import Root
from services.eoffice.models.seal import CALL, ONCE, ONCE_A_CALL, Act, Chain
from services.eoffice.sealing import events
from services.eoffice.sealing.keys import city_keys_of_record

_TOUCHED = "eoffice.touched"
_BESIDE = "eoffice.beside"
RECORD = UUID("00000000-0000-7000-8000-000000000002")
"""The chain of what is done about the record itself."""

LIVE, GONE, WEEDED = "live", "gone", "weeded"
"""What stands in an act instead of a digest: a guarded row came; a row went; it was weeded, by a
list that was approved."""
_GOING = "eoffice.going"
AFTER_ROOT = "after_root"
"""Under this an act's data names the last root that was signed before it: who takes that root away
has to take all away that was done since."""
_LAST_ROOT = select(func.max(Root.position)).scalar_subquery()


def act(
    session: Session,
    chain: UUID,
    kind: str,
    verb: str,
    actor: Actor | None,
    at: datetime,
    data: Mapping[str, Any] | None = None,
) -> int:
    """Write down what was done, in the caller's transaction; it holds all rows touched since the
    act before. Acts on one chain wait for each other until their transactions end.

    Args:
        chain: what it is about: the id of a file, a receipt …
        kind: of what: ``file``, ``receipt`` …
        verb: what was done, in the past tense.
        actor: who did it; None: the service by itself.
        at: when, aware.
        data: what a reader of the record wants to know; no floats.

    Returns:
        The act's position in its chain.

    Raises:
        Conflict: the call that is carried out was carried out already; its answer was lost.
        ValueError: the chain is of another kind.
    """
    session.flush()
    keys = city_keys_of_record()
    session.execute(
        upsert(Chain)
        .values(id=chain, kind=kind, length=0, head=START, rooted=0)
        .on_conflict_do_nothing()
    )
    before = session.execute(
        select(Chain.kind, Chain.length, Chain.head, _LAST_ROOT.label("root"))
        .where(Chain.id == chain)
        .with_for_update()
    ).one()
    if before.kind != kind:
        raise ValueError(f"the chain {chain} is of a {before.kind}, not of a {kind}")
    beside_it = {**session.info.pop(_BESIDE, {}), **events.taken(session)}
    done = Done(verb, actor, at, {**(data or {}), **beside_it, **_after(before.root)})
    rows = session.info.pop(_TOUCHED, {})
    asked = calls.asked_once()
    if (call := calls.numbered_act()) is not None:
        said = {CALL: call, **({ONCE: asked} if asked is not None else {})}
        done = replace(done, data={**done.data, **said})
    deed = _deed(chain, kind, before.length + 1, done, rows)
    code = deed.code(keys.key, before.head)
    try:
        session.execute(insert(Act).values(_values(deed, keys.name, code)))
    except IntegrityError as error:
        if not violates(error, ONCE_A_CALL):
            raise
        raise calls.carried_out_already() from error
    session.execute(update(Chain).where(Chain.id == chain).values(length=deed.position, head=code))
    return deed.position


def beside(session: Session, said: Mapping[str, Any]) -> None:
    """Let the next act of the transaction say this too, beside what its command says."""
    session.info[_BESIDE] = dict(said)


def unsaid(session: Session) -> bool:
    """Whether what was to be said beside an act still waits for one."""
    return _BESIDE in session.info


@dataclass(frozen=True, slots=True)
class Done:
    """What was done, by whom and when; see ``act``."""

    verb: str
    actor: Actor | None
    at: datetime
    data: Mapping[str, Any]


def histories(session: Session, kind: str, done: Mapping[UUID, Sequence[Done]]) -> None:
    """Write down the whole past of things that are new here, in the caller's transaction.

    The rows that were touched stand in the last act of the chain whose id their key begins with;
    so do the events that were recorded, by their subject.

    Raises:
        ValueError: a touched row, or an event, belongs to none of the chains.
    """
    session.flush()
    keys = city_keys_of_record()
    rows: dict[str, dict[str, Any]] = defaultdict(dict)
    for name, state in session.info.pop(_TOUCHED, {}).items():
        rows[name.partition(":")[2].partition(",")[0]][name] = state
    if strange := rows.keys() - {str(chain) for chain in done}:
        raise ValueError(f"rows of no chain: {', '.join(sorted(strange))}")
    told = events.taken_by_subject(session)
    if strange := told.keys() - {str(chain) for chain in done}:
        raise ValueError(f"events of no chain: {', '.join(sorted(strange))}")
    root = session.scalar(select(_LAST_ROOT))
    chains, acts = [], []
    for chain, acts_done in done.items():
        code = START
        for position, each in enumerate(acts_done, 1):
            own: dict[str, Any] = {}
            if position == len(acts_done):
                own = rows[str(chain)]
                each = replace(each, data={**each.data, **told.get(str(chain), {}), **_after(root)})
            deed = _deed(chain, kind, position, each, own)
            code = deed.code(keys.key, code)
            acts.append(_values(deed, keys.name, code))
        chains.append(
            {"id": chain, "kind": kind, "length": len(acts_done), "head": code, "rooted": 0}
        )
    if not chains:
        return
    session.execute(insert(Chain), chains)
    session.execute(insert(Act), acts)


def adopted(session: Session, rows: Sequence[Any]) -> None:
    """Say of loaded rows that the next act, or ``histories``, is to hold them as they are."""
    touched = session.info.setdefault(_TOUCHED, {})
    for each in rows:
        touched[name_of(each)] = [each.rev, digest(row_of(each))]


@contextmanager
def weeding(session: Session) -> Iterator[None]:
    """Rows that are deleted in here are weeded: their acts say so."""
    session.flush()
    session.info[_GOING] = WEEDED
    try:
        yield
        session.flush()
    finally:
        del session.info[_GOING]


def _after(root: int | None) -> dict[str, Any]:
    return {} if root is None else {AFTER_ROOT: root}


def _deed(chain: UUID, kind: str, position: int, done: Done, rows: Mapping[str, Any]) -> Deed:
    by = done.actor
    return Deed(
        chain=chain,
        kind=kind,
        position=position,
        verb=done.verb,
        at=done.at,
        post=by.post.code if by else None,
        person=by.person if by else None,
        capacity=by.capacity if by else None,
        data=json.loads(canonical(done.data)),
        rows=rows,
    )


def _values(deed: Deed, key: str, code: bytes) -> dict[str, Any]:
    return {
        "chain_id": deed.chain,
        "position": deed.position,
        "verb": deed.verb,
        "at": deed.at,
        "post": deed.post,
        "person": deed.person,
        "capacity": deed.capacity,
        "data": deed.data,
        "rows": deed.rows,
        "key": key,
        "mac": code,
    }


def row_of(target: Any, *, without: str | None = None) -> dict[str, Any]:
    """The columns of a loaded row, by name; see ``as_written``."""
    mapper: Mapper[Any] = inspect(type(target))
    columns = {each.columns[0]: getattr(target, each.key) for each in mapper.column_attrs}
    said = {each.name: value for each, value in columns.items() if each.name != without}
    return as_written(list(columns), said)


def name_of(target: Any) -> str:
    """``file:0197…``: the table and the key, as an act names a row."""
    mapper: Mapper[Any] = inspect(type(target))
    key = ",".join(str(each) for each in mapper.primary_key_from_instance(target))
    return f"{mapper.local_table.name}:{key}"  # type: ignore[attr-defined]


def _touch(target: Any, state: list[Any]) -> None:
    session = inspect(target).session
    session.info.setdefault(_TOUCHED, {})[name_of(target)] = state


@event.listens_for(Sealed, "after_insert", propagate=True)
@event.listens_for(Sealed, "after_update", propagate=True)
def _sealed(mapper: Mapper[Any], connection: Any, target: Any) -> None:
    _touch(target, [target.rev, digest(row_of(target))])


@event.listens_for(Sealed, "after_delete", propagate=True)
def _deleted(mapper: Mapper[Any], connection: Any, target: Any) -> None:
    _touch(target, [target.rev + 1, _went(target)])


@event.listens_for(Guarded, "before_insert", propagate=True)
@event.listens_for(Guarded, "before_update", propagate=True)
def _guard(mapper: Mapper[Any], connection: Any, target: Any) -> None:
    table = mapper.local_table.name  # type: ignore[attr-defined]
    target.mac = guard(city_keys_of_record().key, table, row_of(target, without="mac"))


@event.listens_for(Guarded, "after_insert", propagate=True)
def _live(mapper: Mapper[Any], connection: Any, target: Any) -> None:
    _touch(target, [1, LIVE])


@event.listens_for(Guarded, "after_delete", propagate=True)
def _gone(mapper: Mapper[Any], connection: Any, target: Any) -> None:
    _touch(target, [2, _went(target)])


def _went(target: Any) -> str:
    went: str = inspect(target).session.info.get(_GOING, GONE)
    return went


@event.listens_for(Session, "before_commit")
def _all_written_down(session: Session) -> None:
    session.flush()
    if touched := session.info.get(_TOUCHED):
        session.info.pop(_TOUCHED)
        raise RuntimeError(f"changed without an act: {', '.join(sorted(touched))}")


@event.listens_for(Session, "after_transaction_create")
def _remember(session: Session, transaction: SessionTransaction) -> None:
    if transaction.nested:
        session.info[_TOUCHED, id(transaction)] = dict(session.info.get(_TOUCHED, {}))


@event.listens_for(Session, "after_soft_rollback")
def _forget(session: Session, previous: SessionTransaction) -> None:
    """What a savepoint, or the whole transaction, has taken back was not touched."""
    if previous.nested:
        session.info[_TOUCHED] = session.info.get((_TOUCHED, id(previous)), {})
    elif previous.parent is None:
        session.info.pop(_TOUCHED, None)
        session.info.pop(_BESIDE, None)


@event.listens_for(Session, "after_transaction_end")
def _tidy(session: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None:
        for key in [each for each in session.info if each[0] == _TOUCHED]:
            del session.info[key]
