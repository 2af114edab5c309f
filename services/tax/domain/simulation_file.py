"""A rule to be simulated, as a city writes it: like the rate sheet's, with what is assumed.

::

    amnesty:                          # as in the rate sheet; or `early_payment`: rules and windows
      abhay_2026:
        mr: अभय योजना २०२६
        en: Amnesty scheme 2026
        arrears_to: 2025-26/2
        lump_sum: true
        steps: [{from: 2026-12-15, to: 2027-01-15, percent: 75, illustrative: true}]
    paid_on: 2026-12-31               # the day on which those who take it are assumed to pay
    year: 2026-27                     # of a rebate only
    take_up:
      name: half of 2025-26
      basis: half of what the scheme of 2025-26 brought; nobody knows
      takes: 20                       # percent, or one for each band of what is owed
      anyway: {up_to_10000: 6, up_to_50000: 5, up_to_2_lakh: 4, up_to_10_lakh: 2, above_10_lakh: 1}
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from palika.errors import Invalid
from palika.reading import MISSING, Mistakes, Reading
from services.tax.domain.amnesty import Scheme
from services.tax.domain.half_year import HalfYear
from services.tax.domain.rates import Sheet
from services.tax.domain.rates_file import sheet as sheet_of
from services.tax.domain.simulation import SIZES, TakeUp

_LISTS = ("rules", "windows")


@dataclass(frozen=True, slots=True)
class Proposal:
    """A rule that is not announced yet.

    Attributes:
        sheet: the city's, with the rule in it.
        scheme: of an amnesty; None of a rebate.
        year: of a rebate, in which its financial year begins.
        paid_on: the day on which those who take it pay.
        take_up: who is assumed to.
    """

    sheet: Sheet
    scheme: Scheme | None
    year: int | None
    paid_on: date
    take_up: TakeUp


def proposal(raw: Any, base: Mapping[str, Any]) -> Proposal:
    """Check what a city wrote.

    Args:
        raw: as YAML has it, with exact decimals.
        base: the city's rate sheet, as YAML has it.

    Raises:
        Mistakes: all that is missing or wrong, each with its place in what was written.
    """
    read = Reading()
    optional = ("amnesty", "early_payment", "sources", "year")
    top = read.mapping("file", raw, ("paid_on", "take_up"), optional)
    amnesty, early = top.get("amnesty"), top.get("early_payment")
    if (amnesty is None) == (early is None):
        read.wrong("file", "must have either amnesty or early_payment")
    if isinstance(amnesty, Mapping) and len(amnesty) != 1:
        read.wrong("amnesty", "must have one scheme: what is simulated is simulated by itself")
    read.stop_if_wrong()
    paid_on = read.day("paid_on", top["paid_on"])
    take_up = _take_up(read, top["take_up"])
    year = _year(read, top.get("year", MISSING)) if early is not None else None
    if early is None and "year" in top:
        read.wrong("year", "is of a rebate only")
    sheet = _with(read, base, amnesty, early, top.get("sources"))
    read.stop_if_wrong()
    assert sheet is not None
    scheme = sheet.amnesty[next(iter(amnesty))] if amnesty is not None else None
    return Proposal(sheet, scheme, year, paid_on, take_up)


def _year(read: Reading, raw: Any) -> int | None:
    try:
        return HalfYear.parse(f"{read.text('year', raw)}/1").year
    except Invalid:
        read.wrong("year", "must be a financial year like 2026-27")
        return None


def _with(
    read: Reading, base: Mapping[str, Any], amnesty: Any, early: Any, sources: Any
) -> Sheet | None:
    """The city's sheet with the rule in it."""
    merged = dict(base)
    offsets: dict[str, int] = {}
    if sources is not None:
        merged["sources"] = {**base["sources"], **read.mapping("sources", sources, optional=None)}
    if amnesty is not None:
        added = read.mapping("amnesty", amnesty, optional=None)
        merged["amnesty"] = {**(base.get("amnesty") or {}), **added}
    else:
        table = read.mapping("early_payment", early, (), _LISTS)
        joined = dict(base["early_payment"])
        for name in _LISTS:
            if isinstance(table.get(name, []), list):
                offsets[name] = len(joined[name])
                joined[name] = [*joined[name], *table.get(name, [])]
            else:
                read.wrong(f"early_payment, {name}", "must be a list")
        merged["early_payment"] = joined
    try:
        return sheet_of(merged)
    except Mistakes as error:
        for place, rule in error.found:
            read.wrong(_in_file(place, offsets), rule)
        return None


def _in_file(place: str, offsets: Mapping[str, int]) -> str:
    """A place of the whole sheet, as it is in what was written."""
    parts = place.split(", ")
    if len(parts) > 2 and parts[0] == "early_payment" and parts[2].isdecimal():
        at = int(parts[2]) - offsets.get(parts[1], 0)
        return ", ".join([*parts[:2], str(at), *parts[3:]]) if at > 0 else place
    return place


def _take_up(read: Reading, raw: Any) -> TakeUp:
    table = read.mapping("take_up", raw, ("name", "basis", "takes", "anyway"))
    takes = _parts(read, "take_up, takes", table["takes"])
    anyway = _parts(read, "take_up, anyway", table["anyway"])
    above = [code for code in takes if anyway[code] > takes[code]]
    if above:
        rule = "must not be above takes, whose part it is: who would pay anyway takes it too"
        read.wrong("take_up, anyway", f"{rule} ({', '.join(above)})")
    return TakeUp(
        read.text("take_up, name", table["name"]),
        read.text("take_up, basis", table["basis"]),
        takes,
        anyway,
    )


def _parts(read: Reading, place: str, raw: Any) -> dict[str, Fraction]:
    """A percentage of each band, or one of all."""
    codes = [code for code, _ in SIZES]
    if isinstance(raw, Mapping):
        table = read.mapping(place, raw, codes)
        return {code: read.percent(f"{place}, {code}", table[code]) / 100 for code in codes}
    return dict.fromkeys(codes, read.percent(place, raw) / 100)
