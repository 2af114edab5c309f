"""What is stored and what the catalogue says: compare, and store anew what can be."""

from typing import NamedTuple

from sqlalchemy import Numeric, cast, delete, func, select, text, update
from sqlalchemy.orm import Session

from palika.errors import Conflict
from services.kpi.commands.readings import changes, counting, write_readings
from services.kpi.domain.entry import LARGEST
from services.kpi.models import Measure, MeasureYear, Reading
from services.kpi.reference import city_catalogue

# In the order of all that write: first the measures, then the readings.
_LOCK = text("LOCK TABLE measure, measure_year, reading IN SHARE ROW EXCLUSIVE MODE")


class Adapted(NamedTuple):
    """A measure whose readings were stored anew: with so many decimals, how many of those that
    count or may yet (as `meaning.Changed` has them), and how many `older`: that were replaced, sent
    back or dropped."""

    measure: str
    decimals: int
    readings: int
    older: int


def adapt(session: Session) -> list[Adapted]:
    """Store the readings with the decimals that the catalogue says now, and their measures anew.

    A value stays what it is: 12 with no decimals is 12.00 with two. Nobody writes meanwhile.

    Raises:
        Conflict: a value has more decimals than the catalogue allows now, or would be too large to
            be exact, or a measure has become another kind; nothing is changed then.
    """
    session.execute(_LOCK)
    found = changes(session)
    refused = [str(each) for each in found if each.what != "decimals"]
    done = []
    for code in sorted({each.measure for each in found if each.what == "decimals"}):
        decimals = city_catalogue().measures[code].decimals
        if finer := session.scalar(_FINER, {"code": code, "decimals": decimals}):
            refused.append(
                f"{code}: {finer} values have more than {decimals} decimals: put it back"
            )
            continue
        if large := session.scalar(
            _LARGE, {"code": code, "decimals": decimals, "largest": LARGEST}
        ):
            refused.append(f"{code}: {large} values are too large for {decimals} decimals")
            continue
        other = (Reading.measure == code, Reading.decimals != decimals)
        counts = func.count().filter(counting())
        live, all_of_them = session.execute(select(counts, func.count()).where(*other)).one()
        # Of exact numbers: floating-point ones of this size are not.
        step = func.power(cast(10, Numeric), decimals - Reading.decimals)
        anew = {"value": Reading.value * step, "replaced": Reading.replaced * step}
        session.execute(
            update(Reading).where(*other).values(**anew, decimals=decimals),
            execution_options={"synchronize_session": False},
        )
        done.append(Adapted(code, decimals, live, all_of_them - live))
    if refused:
        raise Conflict("; ".join(refused), {"refused": refused})
    if done:
        codes = [each.measure for each in done]
        for table in (Measure, MeasureYear):
            session.execute(delete(table).where(table.measure.in_(codes)))
        write_readings(session, codes)
    return done


_FINER = text("""
    SELECT count(*) FROM reading WHERE measure = :code AND decimals > :decimals
    AND (mod(value, power(10, decimals - :decimals)::bigint) <> 0
        OR mod(coalesce(replaced, 0), power(10, decimals - :decimals)::bigint) <> 0)
""")
_LARGE = text("""
    SELECT count(*) FROM reading WHERE measure = :code AND decimals < :decimals
    AND greatest(abs(value), abs(coalesce(replaced, 0)))
        * power(CAST(10 AS numeric), :decimals - decimals) > :largest
""")
