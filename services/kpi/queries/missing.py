"""Since when places that have no value of a measure have had none."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

from sqlalchemy import Date, Text, and_, bindparam, cast, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from services.kpi.domain.indicators import MeasureInfo
from services.kpi.domain.period import Period, containing
from services.kpi.domain.sides import Missing
from services.kpi.models import Reading


class Lack(NamedTuple):
    """A measure of which a place has no value of a period."""

    measure: str
    place: str
    period: Period


def missing(
    session: Session, lacks: Iterable[Lack], measures: Mapping[str, MeasureInfo]
) -> dict[Lack, Missing]:
    """Since when each lacks, in one statement; none, if nothing does.

    Args:
        session: on the service's database.
        lacks: of measures that people enter.
        measures: those of the catalogue.
    """
    wanted = list(dict.fromkeys(lacks))
    if not wanted:
        return {}
    columns = {
        "department": [measures[each.measure].department for each in wanted],
        "measure": [each.measure for each in wanted],
        "place": [each.place for each in wanted],
        "day": [each.period.last for each in wanted],
    }
    asked = (
        func.unnest(
            *(
                cast(bindparam(name, values), ARRAY(Date if name == "day" else Text))
                for name, values in columns.items()
            )
        )
        .table_valued(*columns, with_ordinality="n")
        .render_derived()
    )
    same = [getattr(Reading, name) == asked.c[name] for name in ("department", "measure", "place")]
    query = (
        select(asked.c.n, func.max(Reading.day))
        .join(Reading, and_(*same, Reading.in_force, Reading.day <= asked.c.day))
        .group_by(asked.c.n)
    )
    last: dict[int, date] = {}
    for n, day in session.execute(query):
        last[n] = day
    found = {}
    for n, each in enumerate(wanted, 1):
        info, day = measures[each.measure], last.get(n)
        every = info.every or each.period.frequency
        since = None if day is None else containing(day, every).next()
        found[each] = Missing(each.place, since, info.kind == "level" and day is not None)
    return found
