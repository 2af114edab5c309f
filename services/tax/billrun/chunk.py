"""Bill a chunk: one transaction, in which either all of it is done or nothing."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from palika.errors import Conflict, PalikaError
from services.tax.billrun.reading import Owed, read
from services.tax.billrun.rows import BILLS, ENTRIES, OUTBOX, Rows, joined
from services.tax.domain.billing import Asked, ask, bill_number
from services.tax.domain.half_year import HalfYear
from services.tax.domain.ledger.receiving import Rules
from services.tax.domain.rates import Sheet
from services.tax.domain.register import GIVEN_WAY
from services.tax.ledger_store import code_of
from services.tax.stays import stays_by_property

MALFORMED: Final = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)
"""What comes of a property whose stored state is not what it should be."""

# Who ends the run waits for the chunks in hand; none is begun after that.
_OPEN = "SELECT FROM bill_run WHERE id = %s AND state = 'open' FOR SHARE"
_CLAIM = """
    SELECT no, first_serial, property_ids::text[] FROM bill_run_chunk
    WHERE run_id = %s AND done_at IS NULL ORDER BY no LIMIT 1 FOR UPDATE SKIP LOCKED
"""
_MARK = """
    UPDATE bill_run_chunk
    SET done_at = now(), bills = %s, demanded_paise = %s, entries = %s, events = %s, nothing = %s,
        billed_before = %s, problems = %s
    WHERE run_id = %s AND no = %s
"""
_SHORTEN = """
    UPDATE bill_run_chunk SET property_ids = %s::uuid[], properties = %s
    WHERE run_id = %s AND no = %s
"""
# What gave way before the run was billed before its chunks, and carried on (``gone``).
_GIVEN_WAY: Final = "it is {status} since: bill it by itself, which carries its dues on"
_PROBLEMS = "bill_run_problem (run_id, property_id, reason)"
_READ = 1 << 20


@dataclass(frozen=True, slots=True)
class Job:
    """What a run bills, and by which rules.

    Attributes:
        run_id: as text; empty where nothing is written.
        billed_at: the moment of all bills, aware.
        on: that day.
        prefix: of the bills' numbers.
    """

    run_id: str
    period: str
    half_years: tuple[HalfYear, ...]
    billed_at: datetime
    on: date
    sheet: Sheet
    rules: Rules
    prefix: str


@dataclass(slots=True)
class Found:
    """What became of a property: ``asked`` with ``demands``; else why there is no bill.

    Attributes:
        problem: why it could not be billed; "" when it could.
        billed_before: it has its bill, or demands of all half-years.
    """

    owed: Owed
    asked: Asked | None = None
    problem: str = ""
    billed_before: bool = False


@dataclass(slots=True)
class _Counts:
    """What a chunk came to, beside its bills."""

    nothing: int = 0
    billed_before: int = 0
    problems: list[tuple[str, str]] = field(default_factory=list)


def asked_of(cursor: Any, job: Job, many: Sequence[Owed]) -> Iterator[Found]:
    """What the bill of each property asks for, by the rules of a single one."""
    stays = stays_by_property(cursor, [each.id for each in many])
    for each in many:
        if each.has_bill or len(each.demanded) == len(job.half_years):
            yield Found(each, billed_before=True)
            continue
        try:
            properties = each.assessable(job.half_years, job.billed_at)
            if each.demanded:
                if not any(properties[half] for half in _rest(job, each)):
                    yield Found(each, billed_before=True)
                    continue
                raise Conflict(f"a part of {job.period} is billed already: bill the rest by itself")
            asked = ask(
                properties,
                each.book(),
                job.sheet,
                job.rules,
                job.on,
                stays.get(each.id, ()),
                explain=False,
            )
        except PalikaError as error:
            yield Found(each, problem=str(error))
        except MALFORMED as error:
            yield Found(each, problem=f"malformed: {type(error).__name__}: {error}")
        else:
            yield Found(each, asked)


def _rest(job: Job, owed: Owed) -> list[HalfYear]:
    return [each for each in job.half_years if code_of(each) not in owed.demanded]


def bill_next(connection: Any, job: Job, rows: Rows, *, patient: bool = True) -> int | None:
    """Bill the next chunk that nobody works on; its number, or None when there is none, or the run
    has ended.

    The transaction is committed; it is left open when an error is raised.

    Args:
        connection: of psycopg2.
        job: the run.
        rows: to be filled.
        patient: wait for properties that somebody has locked; else they are left out of the chunk,
            and ``plan.add_chunks`` finds them again.

    Raises:
        psycopg2.Error: a lock was not to be had, two waited for each other, the database is away.
    """
    with connection.cursor() as cursor:
        cursor.execute(_OPEN, (job.run_id,))
        claimed = None
        if cursor.rowcount:
            cursor.execute(_CLAIM, (job.run_id,))
            claimed = cursor.fetchone()
        if claimed is None:
            connection.rollback()
            return None
        no, first_serial, ids = claimed
        lock = "wait" if patient else "skip"
        many = read(cursor, ids, job.period, job.half_years, job.on, lock=lock)
        if len(many) < len(ids):
            cursor.execute(_SHORTEN, ([each.id for each in many], len(many), job.run_id, no))
        serials = {id_: first_serial + place for place, id_ in enumerate(ids)}
        counts = _fill(cursor, job, many, serials, rows)
        bills = _copy(cursor, BILLS, joined(rows.bills))
        entries = _copy(cursor, ENTRIES, joined(rows.entries))
        events = _copy(cursor, OUTBOX, joined(rows.events))
        _keep(cursor, job, counts.problems)
        cursor.execute(
            _MARK,
            (
                bills,
                rows.demanded_paise,
                entries,
                events,
                counts.nothing,
                counts.billed_before,
                len(counts.problems),
                job.run_id,
                no,
            ),
        )
    connection.commit()
    return int(no)


def _fill(
    cursor: Any, job: Job, many: Sequence[Owed], serials: dict[str, int], rows: Rows
) -> _Counts:
    rows.clear()
    counts = _Counts()
    year = job.half_years[0].year
    for each in asked_of(cursor, job, many):
        owed = each.owed
        if each.billed_before:
            counts.billed_before += 1
        elif each.problem:
            counts.problems.append((owed.id, each.problem))
        elif each.asked is None:
            counts.nothing += 1
        elif owed.status in GIVEN_WAY:
            counts.problems.append((owed.id, _GIVEN_WAY.format(status=owed.status)))
        else:
            number = bill_number(job.prefix, year, serials[owed.id])
            rows.add(owed.id, owed.ward, number, each.asked)
    return counts


def _copy(cursor: Any, into: str, lines: bytes) -> int:
    """Load lines; how many rows the database says that it took."""
    if not lines:
        return 0
    cursor.copy_expert(f"COPY {into} FROM STDIN", io.BytesIO(lines), _READ)
    return int(cursor.rowcount)


def _keep(cursor: Any, job: Job, problems: Sequence[tuple[str, str]]) -> None:
    if problems:
        cursor.executemany(
            f"INSERT INTO {_PROBLEMS} VALUES (%s, %s, %s)",  # noqa: S608 constants of the code alone, values are bound
            [(job.run_id, id_, reason.replace("\0", "")) for id_, reason in problems],
        )
