"""What a maker and a checker are told of lines that are not decided yet."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

from sqlalchemy.orm import Session

from palika.text import Name
from services.kpi.commands.readings import values_of
from services.kpi.describing import both
from services.kpi.domain.entry import Key
from services.kpi.domain.unusual import compared, unusual
from services.kpi.domain.wholes import Known, beside
from services.kpi.models import Batch, Reading
from services.kpi.reference import city_catalogue, city_places

OPEN = ("draft", "submitted")
"""States in which a line waits for somebody."""


class Look(NamedTuple):
    """Of a line: why it should be looked at twice (None: nothing says so), and with what it was
    compared, or why that cannot be told. Of a line that is decided, neither."""

    unusual: dict[str, str] | None = None
    compared: dict[str, str] | None = None


def looked_at(session: Session, batch: Batch, lines: Iterable[Reading]) -> Mapping[int, Look]:
    """What is told of each line of a batch, by its number.

    A value is compared with those of the same measure and place that were approved before (of a
    correction, with the one that it replaces, too), and with what it is a part of.
    """
    measures = city_catalogue().measures
    waiting = [each for each in lines if each.state in OPEN and each.measure in measures]
    if not waiting:
        return {}
    own = {each.measure for each in waiting}
    in_force = values_of(session, batch.department, own, waiting=False)
    before: dict[tuple[str, str], list[tuple[date, int]]] = defaultdict(list)
    for key, value in sorted(in_force.items(), key=lambda each: each[0].day):
        before[key.measure, key.place].append((key.day, value))
    since = min(each.day for each in waiting)
    values = values_of(session, batch.department, beside(own, measures), since)
    values |= {Key(each.measure, each.place, each.day): each.value for each in waiting}
    known = Known(values, measures, city_places())
    told = {}
    for each in waiting:
        info = measures[each.measure]
        earlier = [v for day, v in before[each.measure, each.place] if day <= each.day]
        said = [one.words for one in known.touched(Key(each.measure, each.place, each.day))]
        odd = unusual(each.value, earlier, info)
        told[each.line] = Look(
            _joined([*said, *([] if odd is None else [odd])]), both(compared(earlier, info))
        )
    return told


def _joined(said: Iterable[Name]) -> dict[str, str] | None:
    # The same is told once: a part and its whole may be lines of one batch.
    names = list(dict.fromkeys(said))
    if not names:
        return None
    return both(Name("; ".join(each.mr for each in names), "; ".join(each.en for each in names)))
