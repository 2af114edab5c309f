"""Whether rows that are about to be shown are those that were written down: for a page that people
read, where a verification of the whole file would be too much."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Text, select
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import Session

from services.eoffice.domain.chaining import START, Deed, digest
from services.eoffice.models import Act, Chain
from services.eoffice.sealing.keys import Keys
from services.eoffice.sealing.record import name_of, row_of


def altered(session: Session, keys: Keys, chain: UUID, rows: Sequence[Any]) -> frozenset[str]:
    """Which of these rows are not as the last act that tells of them has written them.

    A row is compared with the digest in that act, and the act with its own code, so that who
    changes both is found too. The other acts, and whether any is missing, are `verify`'s to tell.

    Args:
        chain: the chain whose acts tell of the rows: that of their file.
        rows: sealed rows, as they were loaded.

    Returns:
        Their names (``note:0197…``).
    """
    named = {name_of(each): each for each in rows}
    if not named:
        return frozenset()
    acts = _last_acts(session, chain, named)
    sound = _sound(session, keys, chain, {each.position: each for each in acts.values()})
    return frozenset(
        name
        for name, row in named.items()
        if name not in acts
        or acts[name].position not in sound
        or acts[name].rows[name] != [row.rev, _digest(row)]
    )


def _last_acts(session: Session, chain: UUID, named: Iterable[str]) -> dict[str, Any]:
    told = (
        select(*Act.__table__.c)
        .where(Act.chain_id == chain, Act.rows.has_any(array(named, type_=Text)))
        .order_by(Act.position)
    )
    found = {}
    for each in session.execute(told):
        # Somebody may have put a list in the place of the rows.
        rows = each.rows if isinstance(each.rows, dict) else {}
        found.update({name: each for name in named if name in rows})
    return found


def _sound(session: Session, keys: Keys, chain: UUID, acts: Mapping[int, Any]) -> set[int]:
    """The positions of those acts whose code is that of what they say."""
    before = select(Act.position, Act.mac).where(
        Act.chain_id == chain, Act.position.in_([each - 1 for each in acts])
    )
    codes = {0: START} | {each.position: each.mac for each in session.execute(before)}
    kind = session.scalar(select(Chain.kind).where(Chain.id == chain))
    return {
        position
        for position, each in acts.items()
        if position - 1 in codes and _is_sound(keys, kind or "", each, codes[position - 1])
    }


def _is_sound(keys: Keys, kind: str, act: Any, before: bytes) -> bool:
    key = keys.named(act.key)
    if key is None:
        return False
    deed = Deed.stored(act.chain_id, kind, act)
    try:
        return deed.code(key, before) == bytes(act.mac)
    except TypeError:
        # A value is of a kind that was never written.
        return False


def _digest(row: Any) -> str | None:
    try:
        return digest(row_of(row))
    except TypeError:
        return None
