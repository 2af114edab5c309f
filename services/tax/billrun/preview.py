"""What a run would demand, computed and not written, beside what was demanded the year before."""

import gc
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session, sessionmaker

from palika.india import day_of, start_of
from services.tax.billrun import plan, work
from services.tax.billrun.chunk import Job, asked_of
from services.tax.billrun.comparison import Change, Comparison
from services.tax.billrun.reading import Owed, read
from services.tax.domain.billing import half_years_of
from services.tax.domain.half_year import HalfYear
from services.tax.ledger_store import code_of
from services.tax.reference import check_ward, rates

_HALVES_A_YEAR = 2
# A property is one worker's by its id: each has a cursor of its own, and the roll of one may have
# what the roll of another one has not yet.
_ROLL = """
    SELECT id::text FROM property
    WHERE registered_at <= %(now)s AND (%(wards)s::text[] IS NULL OR ward = ANY(%(wards)s))
        AND abs(hashtextextended(id::text, 0) %% %(workers)s) = %(worker)s
    ORDER BY ward, number
"""
_COUNT = """
    SELECT count(*) FROM property
    WHERE registered_at <= %(now)s AND (%(wards)s::text[] IS NULL OR ward = ANY(%(wards)s))
"""
_DEMANDED = """
    SELECT property_id::text, half_year,
        (SELECT sum(each)::bigint FROM unnest(paise) AS each WHERE each > 0)
    FROM ledger_entry
    WHERE property_id = ANY(%(ids)s::uuid[]) AND half_year = ANY(%(half_years)s)
"""


def preview(
    sessions: sessionmaker[Session],
    url: str,
    period: str,
    wards: Sequence[str] | None,
    workers: int,
    chunk: int,
    *,
    now: datetime | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    stopping: Callable[[], bool] = lambda: False,
) -> Comparison | None:
    """Compute the bills of a period as a run of this moment would, or before its year has begun as
    one of its first day; None when told to stop.

    Nothing is written and nothing locked. What is demanded for the period already counts with what
    was demanded.

    Args:
        sessions: on the service's database.
        url: of the same.
        period: a financial year or a half of one.
        wards: to which it is limited; None is the whole city.
        workers: processes.
        chunk: properties that are read at once.
        now: the moment of the bills; now, if not given.
        progress: told how many properties are through, of how many.
        stopping: asked now and then whether to end.

    Raises:
        Invalid: not a period, no such ward, or the rate sheet does not cover it.
        work.WorkerFailed: a worker has failed.
    """
    half_years = half_years_of(period)
    moment = max(now or datetime.now(UTC), start_of(HalfYear(half_years[0].year, 1).first_day))
    for half_year in half_years:
        rates().check_covers(half_year, day_of(moment))
    for ward in wards or ():
        check_ward(ward)
    job = plan.job("", period, moment)
    named = list(wards) if wards else None
    sessions.kw["bind"].dispose()
    crew = work.Crew(workers, _compare, url, job, named, chunk)
    found = Comparison()
    ended = False
    try:
        with closing(work.connect(url)) as connection, connection.cursor() as cursor:
            cursor.execute(_COUNT, {"now": moment, "wards": named})
            total = int(cursor.fetchone()[0])
        done = 0
        while not ended:
            sent, ended = crew.received(0.5)
            for each in sent:
                if isinstance(each, Comparison):
                    found.merge(each)
                else:
                    done += each
            progress(done, total)
            if stopping():
                crew.stop()
                return None
    except BaseException:
        crew.stop()
        raise
    return found


def _compare(
    number: int,
    crew: work.Crew,
    send: Callable[[Any], None],
    url: str,
    job: Job,
    wards: list[str] | None,
    size: int,
) -> None:
    """A worker's task: the properties that are its own, in order, so many at a time."""
    found = Comparison()
    with closing(work.connect(url)) as connection:
        connection.set_session(readonly=True)
        roll = connection.cursor("roll")
        roll.itersize = size
        mine = {"workers": crew.count, "worker": number}
        roll.execute(_ROLL, {"now": job.billed_at, "wards": wards} | mine)
        cursor = connection.cursor()
        while crew.is_wanted and (ids := [row[0] for row in roll.fetchmany(size)]):
            _add(cursor, job, ids, found)
            send(len(ids))
            gc.collect()
        send(found)


def _add(cursor: Any, job: Job, ids: Sequence[str], found: Comparison) -> None:
    many = read(cursor, ids, job.period, job.half_years, job.on, lock=None)
    before, standing = _demanded(cursor, job, ids)
    for each in asked_of(cursor, job, many):
        owed = each.owed
        now = standing.get(owed.id, 0)
        if each.asked is not None:
            now += each.asked.amount_paise
        found.billed_before += each.billed_before
        change = Change(owed.number, owed.ward, _use(owed), before.get(owed.id, 0), now)
        found.add(change, each.problem)


def _demanded(cursor: Any, job: Job, ids: Sequence[str]) -> tuple[dict[str, int], dict[str, int]]:
    """By property what was demanded for the same half-years a year before, and for these."""
    now = {code_of(each) for each in job.half_years}
    before = {code_of(each.plus(-_HALVES_A_YEAR)) for each in job.half_years}
    cursor.execute(_DEMANDED, {"ids": ids, "half_years": [*now, *before]})
    sums: tuple[dict[str, int], dict[str, int]] = ({}, {})
    for id_, code, paise in cursor:
        of = sums[code in now]
        of[id_] = of.get(id_, 0) + int(paise)
    return sums


def _use(owed: Owed) -> str:
    return owed.use or "-"
