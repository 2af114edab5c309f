"""Begin a run, or take up the one that is open: its moment, its chunks, their bills' serials."""

import hashlib
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select, text, update
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika import city_data
from palika.errors import Conflict, Invalid, NotFound
from palika.india import day_of
from services.tax.billrun.chunk import Job
from services.tax.commands.once import alone
from services.tax.domain.billing import check_begun, half_years_of
from services.tax.models import Bill, BillRun, BillRunChunk, BillRunProblem, Property
from services.tax.reference import COLLECTION, RATES, billing, check_ward, rates, rules

OPEN, FINISHED, ABANDONED = "open", "finished", "abandoned"

# The properties that are billed are those on the roll by the moment of the run. One that was being
# registered just then is found by the look at the end (``add_chunks`` again).
_ADD = text("""
    WITH planned AS (
        SELECT unnest(property_ids) AS id FROM bill_run_chunk WHERE run_id = :run_id
    ), placed AS (
        SELECT id, row_number() OVER (ORDER BY ward, number) - 1 AS place
        FROM property
        WHERE registered_at <= :now AND (CAST(:wards AS text[]) IS NULL OR ward = ANY(:wards))
            AND NOT EXISTS (SELECT FROM planned WHERE planned.id = property.id)
            AND NOT EXISTS (
                SELECT FROM bill WHERE bill.property_id = property.id AND bill.period = :period
            )
    )
    INSERT INTO bill_run_chunk (run_id, no, first_serial, property_ids, properties, bills,
        demanded_paise, entries, events, nothing, billed_before, problems)
    SELECT :run_id, :from_no + place / :size, min(place), array_agg(id ORDER BY place), count(*),
        0, 0, 0, 0, 0, 0, 0
    FROM placed GROUP BY place / :size
""")


def begin(
    session: Session, period: str, wards: Sequence[str] | None, size: int, now: datetime
) -> tuple[BillRun, bool]:
    """The period's open run, or a new one with its chunks; and whether it is new.

    Args:
        session: in a transaction of its own.
        period: as ``half_years_of`` has it.
        wards: to which it is limited; None is the whole city.
        size: properties in a chunk.
        now: the moment of a new run's bills, aware.

    Raises:
        Invalid: not a period, one whose year has not begun, no such ward, or the rate sheet does
            not cover it.
        Conflict: the open run is of other wards, or the rules have changed since it began.
    """
    half_years = half_years_of(period)
    for half_year in half_years:
        rates().check_covers(half_year, day_of(now))
    check_begun(half_years, day_of(now))
    for ward in wards or ():
        check_ward(ward)
    named = sorted(set(wards)) if wards else None
    alone(session, in_turn(period))
    known = session.scalar(select(BillRun).where(BillRun.period == period, BillRun.state == OPEN))
    if known is not None:
        _check_same(known, named)
        return known, False
    run = BillRun(
        id=uuid7(),
        period=period,
        wards=named,
        billed_at=now,
        known_on=day_of(now),
        rules=rules_hash(),
        state=OPEN,
        billed_before=_billed(session, period, named),
    )
    session.add(run)
    session.flush()
    add_chunks(session, run, size)
    return run, True


def in_turn(period: str) -> str:
    """The name under which runs of a period begin and end one after the other (``once.alone``)."""
    return f"bill_run {period}"


def add_chunks(session: Session, run: BillRun, size: int) -> int:
    """Make chunks of the properties on the roll that are in none and have no bill; how many."""
    last = session.scalar(select(func.max(BillRunChunk.no)).where(BillRunChunk.run_id == run.id))
    from_no = 0 if last is None else last + 1
    session.execute(
        _ADD,
        {
            "run_id": run.id,
            "now": run.billed_at,
            "wards": run.wards,
            "period": run.period,
            "from_no": from_no,
            "size": size,
        },
    )
    fresh = (BillRunChunk.run_id == run.id, BillRunChunk.no >= from_no)
    chunks, properties = session.execute(
        select(func.count(), func.sum(BillRunChunk.properties)).where(*fresh)
    ).one()
    if chunks:
        # Last of all: until the end of the transaction no other bill gets a serial.
        year = half_years_of(run.period)[0].year
        first = session.scalar(select(func.bill_serial_block(year, int(properties))))
        session.execute(
            update(BillRunChunk)
            .where(*fresh)
            .values(first_serial=BillRunChunk.first_serial + first)
        )
    return int(chunks)


def abandon(session: Session, run_id: uuid.UUID, now: datetime) -> BillRun:
    """End an open run as it is: its bills stand, and the next run has its own day.

    Raises:
        NotFound: no such run.
        Conflict: it is not open.
    """
    run = session.get(BillRun, run_id, with_for_update=True)
    if run is None:
        raise NotFound(f"there is no bill run {run_id}", {"id": str(run_id)})
    if run.state != OPEN:
        raise Conflict(f"bill run {run_id} is {run.state} already", {"id": str(run_id)})
    run.state, run.ended_at = ABANDONED, now
    return run


def find(session: Session, run_id: uuid.UUID | None) -> BillRun:
    """A run; without an id the latest one.

    Raises:
        NotFound: there is none.
    """
    query = select(BillRun).order_by(BillRun.billed_at.desc(), BillRun.id.desc()).limit(1)
    run = session.scalar(query.where(BillRun.id == run_id) if run_id else query)
    if run is None:
        raise NotFound("there is no such bill run", {"id": str(run_id)})
    return run


def problems_of(session: Session, run: BillRun, limit: int) -> Sequence[Row[Any]]:
    """Number, ward, reason and whether it has its bill by now, of what a run could not bill."""
    has_bill = (
        select(Bill.id)
        .where(Bill.property_id == Property.id, Bill.period == run.period)
        .exists()
        .label("mended")
    )
    return session.execute(
        select(Property.number, Property.ward, BillRunProblem.reason, has_bill)
        .join(Property, Property.id == BillRunProblem.property_id)
        .where(BillRunProblem.run_id == run.id)
        .order_by(Property.ward, Property.number)
        .limit(limit)
    ).all()


def job_of(run: BillRun) -> Job:
    """What a run's processes go by.

    Raises:
        Conflict: the rules have changed since it began.
    """
    if run.rules != rules_hash():
        raise Conflict(
            "the rate sheet or the rules of collection have changed since this run began, and half "
            "of the city has its bills by the old ones: put them back, or end this run with "
            "--abandon and begin another",
            {"id": str(run.id)},
        )
    return job(str(run.id), run.period, run.billed_at)


def job(run_id: str, period: str, billed_at: datetime) -> Job:
    """What to bill at a moment, by the rules that are known on that day."""
    on = day_of(billed_at)
    return Job(
        run_id,
        period,
        half_years_of(period),
        billed_at,
        on,
        rates(),
        rules(on),
        billing().bill_prefix,
    )


def rules_hash() -> str:
    """Of the files by which bills are computed."""
    found = hashlib.sha256()
    for path in map(city_data.own, (RATES, COLLECTION)):
        found.update(path.read_bytes())
    return found.hexdigest()


def _billed(session: Session, period: str, wards: Sequence[str] | None) -> int:
    query = select(func.count()).select_from(Bill).where(Bill.period == period)
    if wards:
        query = query.join(Property).where(Property.ward.in_(wards))
    return session.scalar(query) or 0


def _check_same(known: BillRun, wards: Sequence[str] | None) -> None:
    if known.wards == wards:
        return
    of = ", ".join(known.wards) if known.wards else "the whole city"
    raise Conflict(
        f"there is an open run of {known.period} for {of}: end that one first",
        {"id": str(known.id), "wards": known.wards},
    )


def read_id(text_: str) -> uuid.UUID | None:
    """The id of a run; None of ``last``.

    Raises:
        Invalid: neither.
    """
    if text_ == "last":
        return None
    try:
        return uuid.UUID(text_)
    except ValueError as error:
        raise Invalid(
            "not a bill run", {"id": [f"must be an id, or last, not {text_!r:.40}"]}
        ) from error
