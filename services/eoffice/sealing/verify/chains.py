"""The chains: each act after the one before, none missing, none more, up to every signed root."""

from collections.abc import Collection, Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from services.eoffice.domain.chaining import START, Deed
from services.eoffice.models import Act, Chain, RootEntry
from services.eoffice.sealing.keys import Keys
from services.eoffice.sealing.verify.finding import (
    Finding,
    Groups,
    How,
    Progress,
    counted,
    streamed,
)

_MANY = 100
"""So many acts that are missing are named each by itself."""


def verify_chains(
    session: Session,
    keys: Keys,
    doubtful: Collection[int],
    progress: Progress,
    only: UUID | None = None,
) -> Iterator[Finding]:
    """What is not as it was written down.

    Args:
        doubtful: roots that are not as they were signed: what they say is no proof.
        only: look at this chain alone.
    """

    def of(column: InstrumentedAttribute[UUID], *order: ColumnElement[Any] | Any) -> Select[Any]:
        columns = column.class_.__table__.c
        found = select(*columns).order_by(column, *order)
        return found if only is None else found.where(column == only)

    acts = Groups(
        counted(streamed(session, of(Act.chain_id, Act.position)), "act", progress),
        lambda each: each.chain_id,
    )
    chains = Groups(streamed(session, of(Chain.id)), lambda each: each.id)
    entries = Groups(
        streamed(session, of(RootEntry.chain_id, RootEntry.root)), lambda each: each.chain_id
    )
    while ids := [each.peek for each in (acts, chains, entries) if each.peek is not None]:
        chain = min(ids)
        row = next(chains.take(chain), None)
        walk = _Walk(chain, row, list(entries.take(chain)), keys, doubtful)
        for each in acts.take(chain):
            yield from walk.step(each)
        yield from walk.end()


class _Walk:
    """Along one chain, from its first act to its last."""

    def __init__(
        self, chain: UUID, row: Any, entries: list[Any], keys: Keys, doubtful: Collection[int]
    ) -> None:
        self._chain, self._row, self._keys, self._doubtful = chain, row, keys, doubtful
        self._rooted = entries
        self._at: dict[int, list[Any]] = {}
        for each in entries:
            self._at.setdefault(each.length, []).append(each)
        self._last = 0
        # The codes that the next act may follow: the one that is stored, the one that is right.
        self._before: set[bytes] | None = {START}
        self._head = START

    def step(self, act: Any) -> Iterator[Finding]:
        """The next act."""
        name = f"act:{self._chain},{act.position}"
        if self._row is None:
            yield Finding(How.INSERTED, name, "its chain is not there")
            return
        if act.position > self._row.length:
            yield Finding(How.INSERTED, name, f"its chain ends with act {self._row.length}")
            return
        if act.position < 1:
            yield Finding(How.INSERTED, name, "acts are counted from 1")
            return
        if act.position > self._last + 1:
            yield from self._missing(act.position)
            self._before = None
        yield from self._code(name, act)
        yield from self._rooted_there(name, act)
        self._last, self._head = act.position, act.mac

    def end(self) -> Iterator[Finding]:
        """After the last act."""
        name = f"chain:{self._chain}"
        if self._row is None:
            yield Finding(How.REMOVED, name, "acts or roots speak of it")
            return
        if self._last == 0:
            how = How.CHANGED if self._rooted else How.INSERTED
            yield Finding(how, name, "it has no acts")
        elif self._last < self._row.length:
            yield from self._missing(self._row.length + 1)
        elif self._head != self._row.head:
            yield Finding(How.CHANGED, name, "its head is not the code of its last act")
        for length, each in self._at.items():
            if length > self._row.length and not self._doubtful_all(each):
                why = (
                    f"it has {self._row.length} acts; root {each[0].root} was signed over {length}"
                )
                yield Finding(How.CHANGED, name, why)
        rooted = max((each.length for each in self._rooted), default=0)
        if self._row.rooted != rooted:
            why = f"it says that {self._row.rooted} acts are under signed roots; they say {rooted}"
            yield Finding(How.CHANGED, name, why)

    def _missing(self, until: int) -> Iterator[Finding]:
        first, last = self._last + 1, until - 1
        if last - first >= _MANY:
            # The length may say anything.
            why = f"acts {first} to {last} of {self._row.length} are not there"
            yield Finding(How.REMOVED, f"act:{self._chain},{first}", why)
            return
        for position in range(first, until):
            why = f"act {position} of {self._row.length} is not there"
            yield Finding(How.REMOVED, f"act:{self._chain},{position}", why)

    def _code(self, name: str, act: Any) -> Iterator[Finding]:
        key = self._keys.named(act.key)
        if key is None:
            why = f"written with a key ({act.key}) that is not known here"
            yield Finding(How.CHANGED, name, why)
            self._before = {act.mac}
            return
        deed = Deed.stored(self._chain, self._row.kind, act)
        try:
            right = {deed.code(key, each) for each in self._before or ()}
        except TypeError as error:
            yield Finding(How.CHANGED, name, f"it holds what was never written: {error}")
            self._before = {act.mac}
            return
        # After a gap the code before is not known: this one cannot be checked.
        if self._before is not None and act.mac not in right:
            why = "its code is not that of what it says, after the act before it"
            if act.position == 1:
                why = f"its code is not that of what it says, as the first of a {self._row.kind}"
            yield Finding(How.CHANGED, name, why)
        self._before = right | {act.mac}

    def _rooted_there(self, name: str, act: Any) -> Iterator[Finding]:
        for each in self._at.get(act.position, ()):
            if each.head == act.mac:
                continue
            if each.root in self._doubtful:
                row = f"root_entry:{each.root},{each.chain_id}"
                yield Finding(How.CHANGED, row, "it does not say what the chain says", name)
            else:
                yield Finding(How.CHANGED, name, f"root {each.root} was signed over another one")

    def _doubtful_all(self, entries: list[Any]) -> bool:
        return all(each.root in self._doubtful for each in entries)
