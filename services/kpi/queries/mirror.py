"""`measure_year` as it is in the database, kept in the process and brought up to date by reading
what has changed.

PostgreSQL tells of each row which transaction wrote it (`xmin`). A row that a snapshot sees and an
earlier one did not was written by a transaction that had not ended when the earlier one was taken,
so by none before the earlier one's own `xmin` (`pg_snapshot_xmin`). One statement a question reads
those rows, and nothing is forgotten by time or told by messages: whatever another process has
committed before, the answer has.

All is read anew when another table is in its place (a rebuild, a TRUNCATE), and when there are not
as many rows as there should be. A transaction that has written something itself, or does not read
what is committed meanwhile, gets a mirror of its own, which nobody else sees.
"""

import threading
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import orjson
from sqlalchemy.orm import Session, SessionTransaction

from services.kpi.domain.formula import Value
from services.kpi.models import MONTHS
from services.kpi.queries.by_month import Months, Pair, Row
from services.kpi.queries.sketched import Sketch, Sketched

_FAR = 2**30
"""So many transactions apart the numbers of 32 bits in the rows are not compared any more."""
_RECORD = f"json_build_array(measure, department, year, cell, {', '.join(MONTHS)})"
_SINCE = "coalesce((SELECT age(%s::text::xid8::xid)), 2147483647)"
# The scan of the rows without cells is of all of them: there are few, however much was counted.
_READ = f"""
    WITH plain AS (
        SELECT count(*) AS rows, json_agg({_RECORD}) FILTER (WHERE age(xmin) <= {_SINCE}) AS moved
        FROM measure_year WHERE cell <= 0
    ), cells AS (
        SELECT json_agg({_RECORD}) AS moved FROM {{cells}}
    )
    SELECT plain.rows, plain.moved::text, cells.moved::text,
        'measure_year'::regclass::oid::text || ' ' || pg_relation_filenode('measure_year'),
        pg_current_snapshot()::text,
        pg_current_xact_id_if_assigned() IS NULL
            AND current_setting('transaction_isolation') = 'read committed'
    FROM plain, cells
"""  # noqa: S608 constants of the code alone, values are bound
_ALL = _READ.format(cells="measure_year WHERE cell > 0 AND measure = ANY(%s::text[])")
_MOVED = _READ.format(
    cells=f"""(
        SELECT measure, department, year FROM measure_year
        WHERE cell = -1 AND measure = ANY(%s::text[]) AND age(xmin) <= {_SINCE}
    ) AS sketch JOIN measure_year USING (measure, department, year)
    WHERE cell > 0 AND age(measure_year.xmin) <= {_SINCE}"""  # noqa: S608 constants of the code alone, values are bound
)

_Key = tuple[int, int]
"""year, cell"""
_Values = tuple[int | None, ...]


class _Snapshot(NamedTuple):
    """Which transactions a statement sees: those before `first`, and those before `end` that had
    not been `running`."""

    first: int
    end: int
    running: frozenset[int]

    @classmethod
    def of(cls, text: str) -> "_Snapshot":
        """As PostgreSQL writes it: `10:20:10,14`."""
        first, end, running = text.split(":")
        return cls(int(first), int(end), frozenset(map(int, filter(None, running.split(",")))))

    def has(self, other: "_Snapshot") -> bool:
        """Whether it sees all that the other one sees."""
        return self.end >= other.end and all(
            each >= other.end or each in other.running for each in self.running
        )


class _Read(NamedTuple):
    """What the statement has found."""

    rows: int
    plain: list[list[Any]]
    cells: list[list[Any]]
    table: str
    snapshot: _Snapshot
    shared: bool


class Mirror:
    """The months of every measure, and the cells of some.

    `version` grows with every change that was read; another mirror has another `name`. Whoever
    reads it holds its `lock`, and never while waiting for the database.
    """

    def __init__(self, sketched: Iterable[str], feeds: Mapping[str, str]) -> None:
        """Of nothing yet; `sketched` are the measures whose cells are read, `feeds` by measure the
        feed of events that it comes of."""
        self._sketched = sorted(sketched)
        self._feeds = feeds
        self.lock = threading.Lock()
        self._own: WeakKeyDictionary[SessionTransaction, Mirror] = WeakKeyDictionary()
        """Those of transactions that see what others do not."""
        self._clear()

    def _clear(self) -> None:
        self.name = object()
        self.version = 0
        self._upto: int | None = None
        self._snapshot: _Snapshot | None = None
        self._table = ""
        self._count = 0
        self._rows: dict[str, dict[str, dict[_Key, _Values]]] = {}
        self._sums: dict[str, dict[_Key, _Values]] = {}
        """Of all departments, of the measures that were asked so; kept up with each row."""
        self._cells: dict[str, dict[str, dict[_Key, _Values]]] = {}
        self._heard: dict[str, Counter[int]] = defaultdict(Counter)
        """Of each feed how many rows have something, by month."""
        self._moved: dict[Pair, int] = {}
        self._months: dict[Pair, Months] = {}
        self._stale: set[Pair] = set()
        """Those whose months have to be looked at again."""
        self._sketches: dict[Pair, Sketch] = {}

    def refreshed(self, session: Session) -> "Mirror":
        """This one, brought up to date; or one for this transaction alone, up to date likewise.

        No lock is held while the database is asked: who waits there may wait for another question.
        """
        own = self.of(session)
        if own is self:
            read = self._read(session, self._upto)
            if read.shared:
                if not self._put(read):
                    self._put(self._read(session, None), everything=True)
                return self
            own = Mirror(self._sketched, self._feeds)
            transaction = session.get_nested_transaction() or session.get_transaction()
            assert transaction is not None
            self._own[transaction] = own
        if not own._put(own._read(session, own._upto)):
            own._put(own._read(session, None), everything=True)
        return own

    def of(self, session: Session) -> "Mirror":
        """The one that answers a session, as far as it has come: this, or that of its transaction
        alone."""
        # Of a savepoint the innermost: what is rolled back to there, those around it never saw.
        transaction = session.get_nested_transaction() or session.get_transaction()
        return self if transaction is None else self._own.get(transaction, self)

    def _put(self, read: _Read, everything: bool = False) -> bool:
        """Bring it up to date with what was read; False: that does not fit, all has to be read.

        What was read before that which is here already is left alone: of two snapshots one always
        has all that the other has.
        """
        with self.lock:
            if self._snapshot is not None and not read.snapshot.has(self._snapshot):
                return True
            if everything:
                self._clear()
            elif self._upto is not None and not self._fits(read):
                return False
            self._take(read)
            return True

    def moved(self, pair: Pair) -> int:
        """The version with which something of a measure has changed last."""
        return self._moved.get(pair, 0)

    def since(self, version: int) -> list[Pair]:
        """The measures of which something has changed after a version."""
        found = []
        # The last to have changed is the last there.
        for pair, moved in reversed(self._moved.items()):
            if moved <= version:
                break
            found.append(pair)
        return found

    def heard(self, until: int) -> dict[str, int]:
        """Of each feed the newest month, not after one (`by_month.month_of`), in which it has told
        anything at all."""
        newest = {
            feed: max(
                (each for each, rows in months.items() if rows and each <= until), default=None
            )
            for feed, months in self._heard.items()
        }
        return {feed: month for feed, month in newest.items() if month is not None}

    def months(self, pair: Pair) -> Months:
        """The months of a measure: the same object as long as nothing has changed."""
        kept = self._months.get(pair)
        if kept is None or pair in self._stale:
            rows = sorted((*key, *months) for key, months in self._rows_of(pair).items())
            if kept is None or kept.rows != tuple(rows):
                kept = self._months[pair] = Months(rows, kept)
            self._stale.discard(pair)
        return kept

    def value(self, one: Sketched) -> Value | None:
        """What a sketch says of some months."""
        sketch = self._sketches.get(one.pair)
        if sketch is None:
            sketch = self._sketches[one.pair] = Sketch()
        return sketch.value(one, lambda years: self._cells_of(one.pair, years))

    # -- reading ------------------------------------------------------------------------------

    def _read(self, session: Session, upto: int | None) -> _Read:
        measures = "{" + ",".join(f'"{each}"' for each in self._sketched) + "}"
        since = None if upto is None else str(upto)
        connection = session.connection()
        if since is None:
            result = connection.exec_driver_sql(_ALL, (since, measures))
        else:
            result = connection.exec_driver_sql(_MOVED, (since, measures, since, since))
        rows, plain, cells, table, snapshot, shared = result.one()
        return _Read(
            int(rows),
            orjson.loads(plain) if plain else [],
            orjson.loads(cells) if cells else [],
            table,
            _Snapshot.of(snapshot),
            bool(shared),
        )

    def _fits(self, read: _Read) -> bool:
        """Whether what was read can be put upon what is known."""
        assert self._upto is not None
        new = sum(
            (year, cell) not in self._rows.get(measure, {}).get(department, {})
            for measure, department, year, cell, *_ in read.plain
        )
        return (
            read.table == self._table
            and read.rows == self._count + new
            and read.snapshot.first - self._upto < _FAR
        )

    def _take(self, read: _Read) -> None:
        self._table, self._count = read.table, read.rows
        self._snapshot, self._upto = read.snapshot, read.snapshot.first
        if not read.plain:
            return
        self.version += 1
        for measure, department, year, cell, *months in read.plain:
            of = self._rows.setdefault(measure, {}).setdefault(department, {})
            before, now = of.get((year, cell)), tuple(months)
            of[year, cell] = now
            self._hear(measure, year, before, now)
            self._sum_up(measure, (year, cell), before, now)
            for pair in (Pair(measure, department), Pair(measure, None)):
                self._moved.pop(pair, None)
                self._moved[pair] = self.version
                self._stale.add(pair)
            if cell == 0 and measure in self._sketched:
                self._take_cell(measure, department, year, cell, months)
        for measure, department, year, cell, *months in read.cells:
            self._take_cell(measure, department, year, cell, months)

    def _hear(self, measure: str, year: int, before: _Values | None, now: _Values) -> None:
        """A row has changed: the months in which its feed has told something."""
        feed = self._feeds.get(measure)
        if feed is None:
            return
        months = self._heard[feed]
        for at, each in enumerate(now):
            had = before is not None and before[at] is not None
            months[year * 12 + 3 + at] += (each is not None) - had

    def _sum_up(self, measure: str, key: _Key, before: _Values | None, now: _Values) -> None:
        """A row has changed: its sum over all departments, if that is kept."""
        sums = self._sums.get(measure)
        if sums is None:
            return
        was = sums.get(key)
        if was is None:
            sums[key] = now
        elif before is None:
            sums[key] = tuple(map(_plus, was, now))
        elif any(month is None and had is not None for had, month in zip(before, now, strict=True)):
            # Whether another department has data of that month, the rows tell: when asked next.
            del self._sums[measure]
        else:
            sums[key] = tuple(map(_instead, was, before, now))

    def _take_cell(
        self, measure: str, department: str, year: int, cell: int, months: list[int | None]
    ) -> None:
        of = self._cells.setdefault(measure, {}).setdefault(department, {})
        before, now = of.get((year, cell)), tuple(months)
        of[year, cell] = now
        for pair in (Pair(measure, department), Pair(measure, None)):
            sketch = self._sketches.get(pair)
            if sketch is not None:
                sketch.move(year, cell, before, now)

    def _rows_of(self, pair: Pair) -> Mapping[_Key, _Values]:
        """The months of a pair by year and cell; those of all departments added up."""
        rows = self._rows.get(pair.measure, {})
        if pair.department is not None:
            return rows.get(pair.department, {})
        sums = self._sums.get(pair.measure)
        if sums is None:
            sums = self._sums[pair.measure] = _added_up(rows.values())
        return sums

    def _cells_of(self, pair: Pair, years: range) -> list[Row]:
        """The cells of a pair in some years: year, cell, and the months; those of all departments
        added up."""
        cells = self._cells.get(pair.measure, {})
        of = cells.values() if pair.department is None else [cells.get(pair.department, {})]
        found = _added_up(
            {key: months for key, months in each.items() if key[0] in years} for each in of
        )
        return [(*key, *months) for key, months in found.items()]


def _added_up(of: Iterable[Mapping[_Key, _Values]]) -> dict[_Key, _Values]:
    found: dict[_Key, _Values] = {}
    for rows in of:
        for key, months in rows.items():
            also = found.get(key)
            found[key] = months if also is None else tuple(map(_plus, also, months))
    return found


def _plus(one: int | None, other: int | None) -> int | None:
    if one is None or other is None:
        return other if one is None else one
    return one + other


def _instead(whole: int | None, before: int | None, now: int | None) -> int | None:
    """A sum, of which one part is another now; what had data has some still."""
    if before is None:
        return _plus(whole, now)
    assert whole is not None
    assert now is not None
    return whole - before + now
