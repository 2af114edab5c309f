"""What has given way to others since the period began, first of all in a run.

Its half-years of before are billed, each property by itself, and carried on at once to what is in
its place, whose bill of the same run shows them as arrears.
"""

from datetime import datetime, timedelta

from sqlalchemy import ARRAY, Text, bindparam, text
from sqlalchemy.orm import Session, sessionmaker

from palika.auth import SYSTEM
from palika.errors import PalikaError
from palika.india import day_of
from services.tax.billrun.chunk import MALFORMED
from services.tax.commands.raise_bill import raise_bill
from services.tax.domain.billing import half_years_of
from services.tax.domain.register import GIVEN_WAY
from services.tax.ledger_store import code_of
from services.tax.models import BillRun

# What was gone when the period began is not assessed in it.
_GONE = text("""
    SELECT id FROM property
    WHERE status = ANY(:given_way) AND registered_at <= :now
        AND (CAST(:wards AS text[]) IS NULL OR ward = ANY(:wards))
        AND EXISTS (
            SELECT FROM property_state AS state
            WHERE state.property_id = property.id AND state.status = ANY(:given_way)
                AND state.effective_from > :begins AND state.recorded_at <= :now
        )
        AND NOT EXISTS (
            SELECT FROM ledger_entry AS entry
            WHERE entry.property_id = property.id AND entry.half_year = :first
        )
        AND NOT EXISTS (
            SELECT FROM bill WHERE bill.property_id = property.id AND bill.period = :period
        )
    ORDER BY id
""").bindparams(bindparam("given_way", type_=ARRAY(Text)), bindparam("wards", type_=ARRAY(Text)))
_BEFORE = timedelta(microseconds=2)


def bill_gone(sessions: sessionmaker[Session], run: BillRun, now: datetime) -> int:
    """Bill what has given way, and carry its dues on: each in a transaction of its own; how many.

    What cannot be billed is left to its chunk, which keeps it among the run's problems.

    Args:
        sessions: on the service's database.
        run: that is open.
        now: aware. On the run's day the bills are just before its own, which know what was carried;
            a run that is taken up on a later day bills them on that.
    """
    first = half_years_of(run.period)[0]
    same_day = day_of(now) == day_of(run.billed_at)
    moment = run.billed_at - _BEFORE if same_day else now
    values = {
        "given_way": list(GIVEN_WAY),
        "now": run.billed_at,
        "wards": run.wards,
        "begins": first.first_day,
        "first": code_of(first),
        "period": run.period,
    }
    with sessions() as session:
        ids = session.scalars(_GONE, values).all()
    billed = 0
    for id_ in ids:
        args = {"property_id": id_, "period": run.period}
        try:
            with sessions.begin() as session:
                raise_bill(session, SYSTEM("bill-run"), args, moment)
        except (PalikaError, *MALFORMED):
            continue
        billed += 1
    return billed
