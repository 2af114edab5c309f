"""Whether what was entered still means what it meant: the catalogue may be edited at any time.

How often a measure is entered and for which places may change: a reading says its period and its
places, so nothing counts twice (`overlaps`; `commands/project.py` for levels). How it is stored
must not change under what is stored.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from services.kpi.domain.indicators import MeasureInfo
from services.kpi.domain.period import Period


class Stored(NamedTuple):
    """How readings of a measure are stored, and how many are stored so."""

    measure: str
    kind: str
    decimals: int
    readings: int


class Changed(NamedTuple):
    """What the catalogue has changed under stored readings: `decimals` or `kind`."""

    measure: str
    what: str
    was: str | int
    now: str | int
    readings: int

    def __str__(self) -> str:
        stored = f"{self.measure}: {self.readings} values are stored"
        if self.what == "decimals":
            return (
                f"{stored} with {self.was} decimals, and the catalogue says {self.now}: run "
                "`palika kpi adapt`, which stores them anew, or put it back"
            )
        return (
            f"{stored} as {self.was}, and the catalogue says {self.now}: put it back, and give "
            f"what is a {self.now} from now on a measure of its own"
        )


def changed(stored: Iterable[Stored], measures: Mapping[str, MeasureInfo]) -> list[Changed]:
    """What would be read as something else than it was entered as.

    What is in the catalogue no more is read by nobody.
    """
    found = []
    for each in sorted(stored):
        info = measures.get(each.measure)
        if info is None:
            continue
        for what in ("kind", "decimals"):
            was, now = getattr(each, what), getattr(info, what)
            if was != now:
                found.append(Changed(each.measure, what, was, now, each.readings))
    return found


def overlaps(one: Period, by: str, others: Collection[tuple[Period, str]]) -> str | None:
    """Why a value of a period, entered for places of a kind (`by`), would count twice beside others
    of its measure: the rule; None if it would not.

    One of the same period and kind of places is the same value, or that of another place.
    """
    for other, places in others:
        if other.last < one.first or other.first > one.last:
            continue
        if other == one:
            if places != by:
                return f"is entered {_FOR[places]} already, and not {_FOR[by]}"
        elif one.first <= other.first and other.last <= one.last:
            return f"is entered as {other.code} already, which is within {one.code}"
        elif other.first <= one.first and one.last <= other.last:
            return f"is entered as {other.code} already, of which {one.code} is a part"
        else:
            return f"is entered as {other.code} already, which shares days with {one.code}"
    return None


_FOR = {"": "for the whole city", "ward": "by ward", "zone": "by zone"}
