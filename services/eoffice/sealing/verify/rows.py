"""The rows of every table against the acts that made and changed them."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sqlalchemy import Select, Text, cast, func, inspect, select, text
from sqlalchemy.orm import Mapper, Session

from services.eoffice.domain.chaining import digest, guard
from services.eoffice.models import Base, Chained, Derived, Guarded, Sealed
from services.eoffice.models.base import as_written
from services.eoffice.sealing.keys import Keys
from services.eoffice.sealing.record import GONE, WEEDED
from services.eoffice.sealing.verify.finding import (
    Finding,
    Groups,
    How,
    Progress,
    counted,
    streamed,
)

_KINDS = (Sealed, Guarded, Derived, Chained)
# A row's rows are an object always, unless somebody has been at them: then its act says so.
_KNOWN = text(
    "SELECT told.key AS name, act.chain_id, act.position, told.value AS state FROM act, "
    "LATERAL jsonb_each(CASE jsonb_typeof(rows) WHEN 'object' THEN rows ELSE '{}' END) told "
    'ORDER BY told.key COLLATE "C", act.chain_id, act.position'
)


def kinds() -> Mapping[str, type[Any]]:
    """Of each table, by name, how its rows are guarded.

    Raises:
        TypeError: a table is of none of the kinds, or of several.
    """
    found: dict[str, type[Any]] = {}
    for table, model in models().items():
        its = [each for each in _KINDS if issubclass(model, each)]
        if len(its) != 1:
            raise TypeError(f"the table {table} must be of one kind of {_KINDS}, and is of {its}")
        found[table] = its[0]
    if rest := Base.metadata.tables.keys() - found.keys():
        raise TypeError(f"tables without a model: {', '.join(sorted(rest))}")
    return found


def models() -> dict[str, type[Any]]:
    """The models by the names of their tables."""
    mappers = sorted(Base.registry.mappers, key=lambda each: each.local_table.name)  # type: ignore[attr-defined]
    return {each.local_table.name: each.class_ for each in mappers}  # type: ignore[attr-defined]


def verify_rows(session: Session, keys: Keys, progress: Progress) -> Iterator[Finding]:
    """What is not as the acts say."""
    known = Groups(streamed(session, _KNOWN), lambda each: each.name)
    kind_of = kinds()
    weeded = 0
    # As names are ordered: "note:…" comes before "note_draft:…".
    for table in sorted(kind_of, key=lambda each: f"{each}:"):
        if not issubclass(kind_of[table], Sealed | Guarded):
            continue
        yield from _strange(known, lambda name, upto=f"{table}:": name < upto)  # type: ignore[misc]
        check = Check(models()[table], keys)
        rows = Groups(
            counted(streamed(session, check.rows()), table, progress),
            lambda each, table=table: f"{table}:{each.key_}",  # type: ignore[misc]
        )
        ours = _ours(known, f"{table}:")
        while (name := _next(ours(), rows.peek)) is not None:
            states = list(known.take(name))
            yield from check.row(name, states, next(rows.take(name), None))
        weeded += check.weeded
    yield from _strange(known, lambda name: True)
    progress(WEEDED, weeded)


def _ours(known: Groups, prefix: str) -> Callable[[], str | None]:
    def peek() -> str | None:
        name = known.peek
        return name if name is not None and name.startswith(prefix) else None

    return peek


def _next(*names: str | None) -> str | None:
    return min((each for each in names if each is not None), default=None)


def _strange(known: Groups, belongs: Callable[[str], bool]) -> Iterator[Finding]:
    """Rows of tables that there are not (any more)."""
    while known.peek is not None and belongs(known.peek):
        name = known.peek
        if (last := latest(list(known.take(name)))) is not None and last[1] not in (GONE, WEEDED):
            yield Finding(How.REMOVED, name, "there is no such table", last[2])


def latest(told: list[Any]) -> tuple[int, str, str] | None:
    """The last state that acts tell of a row: rev, digest, the act. None: no act that can be read.

    In a chain the last act counts (a row may go and come again), of several chains the highest rev.
    """
    last: dict[Any, tuple[int, str, str]] = {}
    for each in told:
        match each.state:
            case [int(rev), str(state)]:
                last[each.chain_id] = (rev, state, f"{each.chain_id},{each.position}")
    return max(last.values(), default=None)


class Check:
    """The rows of one table; ``weeded``: so many are not there because an act has weeded them."""

    def __init__(self, model: type[Any], keys: Keys) -> None:
        self._mapper: Mapper[Any] = inspect(model)
        self._table = self._mapper.local_table
        self._name = self._table.name
        self._guarded = issubclass(model, Guarded)
        self._keys = keys
        self.weeded = 0

    def rows(self) -> Select[Any]:
        """All of them, in the order of ``key_``, which is as acts name them."""
        parts = [cast(each, Text) for each in self._mapper.primary_key]
        key = parts[0] if len(parts) == 1 else func.concat_ws(",", *parts)
        return select(*self._table.c, key.label("key_")).order_by(key.collate("C"))

    def row(self, name: str, told: list[Any], row: Any) -> Iterator[Finding]:
        """One row and what acts tell of it."""
        last = latest(told)
        if row is None:
            if last is not None and last[1] == WEEDED:
                self.weeded += 1
            elif last is not None and last[1] != GONE:
                yield Finding(How.REMOVED, name, "it was written down and is not there", last[2])
        elif last is None:
            yield Finding(How.INSERTED, name, "no act made it")
        elif last[1] in (GONE, WEEDED):
            did = "weeded" if last[1] == WEEDED else "removed"
            yield Finding(How.INSERTED, name, f"an act has {did} it", last[2])
        else:
            why = self._guarded_row(row) if self._guarded else self._sealed_row(row, last)
            if why:
                yield Finding(How.CHANGED, name, why, last[2])

    def _sealed_row(self, row: Any, last: tuple[int, str, str]) -> str | None:
        try:
            is_now = digest(self._values(row))
        except TypeError as error:
            return f"it holds what was never written: {error}"
        if row.rev != last[0]:
            return f"it says that it is in its state {row.rev}, its last act made state {last[0]}"
        return None if is_now == last[1] else "it is not what its last act has written"

    def _guarded_row(self, row: Any) -> str | None:
        values = self._values(row)
        mac = values.pop("mac")
        try:
            codes = [guard(each, self._name, values) for each in self._keys.all]
        except TypeError as error:
            return f"it holds what was never written: {error}"
        return None if mac in codes else "its code is not that of what it says"

    def _values(self, row: Any) -> dict[str, Any]:
        columns = self._table.c
        return as_written(columns, {each.name: getattr(row, each.name) for each in columns})
