"""The signed roots: each as it was signed, one after the other, with all of their chains."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from services.eoffice.domain.rooting import FIRST, Entries
from services.eoffice.models import Root, RootEntry
from services.eoffice.sealing.keys import Keys
from services.eoffice.sealing.roots import statement_of
from services.eoffice.sealing.verify.finding import (
    Finding,
    Groups,
    How,
    Progress,
    counted,
    streamed,
)

_NAMED = text(
    "SELECT told.root, min(told.act) AS act FROM ("
    "SELECT data ->> 'after_root' AS root, chain_id || ',' || position AS act FROM act "
    "WHERE jsonb_typeof(data -> 'after_root') = 'number' "
    "AND (CAST(:only AS uuid) IS NULL OR chain_id = :only)) told "
    "WHERE told.root ~ '^[0-9]{1,9}$' AND NOT EXISTS "
    "(SELECT FROM root WHERE CAST(position AS text) = told.root) "
    "GROUP BY told.root ORDER BY CAST(told.root AS numeric) LIMIT 100"
)


def without_root(session: Session, only: UUID | None = None) -> Iterator[Finding]:
    """Roots that are not there, though acts were made after they had been signed. So of the last
    roots none can be taken away unless all is taken away that was done since.

    Args:
        only: by the acts of this chain alone.
    """
    for root, act in session.execute(_NAMED, {"only": only}):
        why = "it is not there, and this act was made after it was signed"
        yield Finding(How.REMOVED, f"root:{root}", why, act)


def verify_roots(
    session: Session, keys: Keys, published: Mapping[int, Collection[str]], progress: Progress
) -> Iterator[Finding]:
    """What is not as it was signed.

    Args:
        published: by position, the signatures (hexadecimal) of roots that were kept elsewhere; of
            several under one position one is right at the most.
    """
    stored = streamed(session, select(Root).order_by(Root.position))
    roots = Groups((each[0] for each in stored), lambda each: each.position)
    entries = Groups(
        counted(
            streamed(
                session,
                select(*RootEntry.__table__.c).order_by(RootEntry.root, RootEntry.chain_id),
            ),
            "root_entry",
            progress,
        ),
        lambda each: each.root,
    )
    expected = 1
    before: str | None = FIRST
    seen: set[int] = set()
    while (position := _least(roots.peek, entries.peek)) is not None:
        root = next(roots.take(position), None)
        said = _entries(entries, position)
        if root is None:
            yield Finding(How.REMOVED, f"root:{position}", "its chains are there, it is not")
            continue
        seen.add(position)
        if position > expected:
            gone = f"{expected}" if position == expected + 1 else f"{expected} to {position - 1}"
            yield Finding(How.REMOVED, f"root:{expected}", f"there is no root {gone}")
        elif before is not None and root.before != before:
            yield Finding(How.CHANGED, f"root:{position}", "it does not follow the one before")
        # None: it cannot be told what the next one has to name.
        before = None
        try:
            yield from _signed(root, keys)
            before = statement_of(root).digest()
        except TypeError as error:
            why = f"it holds what was never signed: {error}"
            yield Finding(How.CHANGED, f"root:{position}", why)
        if (said.count, said.digest()) != (root.chains, root.entries):
            why = "its chains are not those that were signed"
            yield Finding(How.CHANGED, f"root:{position}", why)
        if set(published.get(position, ())) - {root.signature.hex()}:
            yield Finding(How.CHANGED, f"root:{position}", "another one was published")
        expected = position + 1
    for position in sorted(published.keys() - seen):
        yield Finding(How.REMOVED, f"root:{position}", "it was published and is not there")


def _entries(entries: Groups, position: int) -> Entries:
    said = Entries()
    for each in entries.take(position):
        said.add(each.chain_id, each.length, each.head)
    return said


def _signed(root: Root, keys: Keys) -> Iterator[Finding]:
    public = keys.public_key(root.key)
    if public is None:
        why = f"signed with a key ({root.key}) that is not known here"
        yield Finding(How.CHANGED, f"root:{root.position}", why)
        return
    try:
        public.verify(root.signature, statement_of(root).said())
    except InvalidSignature:
        yield Finding(How.CHANGED, f"root:{root.position}", "the signature is of something else")


def _least(*keys: Any) -> Any:
    """The least of the keys that are there."""
    return min((each for each in keys if each is not None), default=None)
