"""What may be entered by hand: numbers as people write them, periods, places, and each line."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple, Protocol

from palika.errors import Invalid
from palika.text import plain_digits
from services.kpi.domain.indicators import MeasureInfo
from services.kpi.domain.money import PAISE, PLACES, in_rupees, without_sign
from services.kpi.domain.period import Period, financial_year, period
from services.kpi.domain.places import Places

LARGEST = 10**15
"""Of a stored whole number: it is exact in every spreadsheet and in JSON."""
_NUMBER = re.compile(
    r"[+-]?(?:[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,2}(?:,[0-9]{2})*,[0-9]{3})(?:\.[0-9]+)?"
)
_SINCE = {"day": "a day", "week": "a week", "month": "a month", "quarter": "a quarter"}
_SINCE |= {"half_year": "half a year", "year": "a financial year"}
_EXAMPLE = {"day": "2026-11-28", "week": "2026-W48", "month": "2026-11", "quarter": "2026-Q3"}
_EXAMPLE |= {"half_year": "2026-H2", "year": "2026"}


class WrongUnit(ValueError):
    """A value is in another unit than it may be; its message is the rule."""


class Key(NamedTuple):
    """Of what a value is: the measure, the place ('' is the whole city), the period's last day."""

    measure: str
    place: str
    day: date


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it was given: nothing of it is checked. `unit` None: the measure's own."""

    measure: str
    period: str
    place: str
    value: Any
    reason: str | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A line (from 0) that may be entered; ``value`` is as it is stored."""

    line: int
    key: Key
    period: Period
    info: MeasureInfo
    value: int
    reason: str | None
    after_sign_off: bool = False

    @property
    def by(self) -> str:
        """The kind of its place: `ward`, `zone`, or '' for the whole city."""
        return self.info.by[0] if self.info.by else ""


class Problem(NamedTuple):
    """What is wrong with a line (from 0): the field, and the rule that it breaks; of one that is
    there twice, which is the `first`."""

    line: int
    field: str
    rule: str
    first: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands of a department before lines are entered.

    Attributes:
        in_force: the approved values.
        waiting: the batch in which a value waits for a decision.
        signed: the periods that are signed off.
        senior: whether the caller may correct what is signed off.
    """

    in_force: Mapping[Key, int]
    waiting: Mapping[Key, str]
    signed: Collection[str]
    senior: bool


def number_of(said: Any) -> Decimal:
    """The number that was given, exactly: ``1,15,000``, ``१२.५``, ``12.5``, 12.

    Raises:
        ValueError: its message is the rule.
    """
    if isinstance(said, bool) or said is None:
        raise ValueError("must be a number")
    if isinstance(said, int):
        return Decimal(said)
    if isinstance(said, float | Decimal):
        number = Decimal(str(said))
        if not number.is_finite():
            raise ValueError("must be a number")
        return number
    text = plain_digits(str(said)).strip().replace("−", "-")
    if text.startswith("="):
        raise ValueError("must be a value, not a formula")
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"must be a number, such as 1,15,000 or 12.5, not {str(said)!r:.40}")
    return Decimal(text.replace(",", ""))


def steps_of(said: Any, info: MeasureInfo, unit: str | None = None) -> int:
    """A value as it is stored: in whole numbers of 10^-decimals units.

    Args:
        said: the number that was given.
        info: the measure.
        unit: what the number is said to be in (`domain/money.py`); None: the measure's own.

    Raises:
        ValueError: no number, too many decimals, or out of bounds; its message is the rule.
    """
    shift = PLACES if in_rupees(unit, info.unit) else 0
    number = number_of(without_sign(said) if shift else said)
    if abs(number) > LARGEST:
        raise ValueError("must not be larger than 10^15")
    decimals = info.decimals + shift
    steps = number.scaleb(decimals)
    if steps != steps.to_integral_value():
        rule = f"at most {decimals} decimals" if decimals else "a whole number"
        raise ValueError(f"must have {rule}" if decimals else f"must be {rule}")
    if abs(steps) > LARGEST:
        raise ValueError("must not be larger than 10^15")
    for limit, words in ((info.least, "at least"), (info.most, "at most")):
        if limit is None:
            continue
        edge = limit.scaleb(-shift) if shift else limit
        beyond = number < edge if words == "at least" else number > edge
        if beyond:
            raise ValueError(f"must be {words} {edge}")
    return int(steps)


class Stored(Protocol):
    """What says in how many decimals a value is stored: a measure, or a reading of it."""

    @property
    def decimals(self) -> int:
        """It is in whole numbers of 10^-decimals units."""
        ...


def shown(steps: int | None, of: Stored) -> int | float | None:
    """A stored value in its unit, as a number for JSON and spreadsheets."""
    if steps is None or not of.decimals:
        return steps
    return float(Decimal(steps).scaleb(-of.decimals))


def period_of(said: str, info: MeasureInfo, today: date, years_back: int) -> Period:
    """The period of a line, checked.

    Raises:
        ValueError: no period, another frequency, not over, or of another year: the rule.
    """
    every = info.every or "month"
    try:
        found = period(plain_digits(str(said)).strip())
    except Invalid:
        rule = f"must be {_SINCE[every]}, as {_EXAMPLE[every]}"
        raise ValueError(f"{rule}; {str(said)!r:.40} is no period") from None
    if found.frequency != every:
        raise ValueError(f"must be {_SINCE[every]}, as {_EXAMPLE[every]}, for this measure")
    if found.last >= today:
        raise ValueError(f"{found.code} is not over yet")
    last = financial_year(today)
    if not last - years_back <= found.year <= last:
        raise ValueError(
            f"{found.code} is of another year: values of {last - years_back} to {last} are entered "
            "(financial years, by the year in which they begin)"
        )
    return found


def check_lines(
    lines: Sequence[Line],
    department: str,
    measures: Mapping[str, MeasureInfo],
    places: Places,
    standing: Standing,
    today: date,
    years_back: int,
) -> tuple[list[Entry], list[Problem]]:
    """What of the lines may be entered, and everything that is wrong with the others.

    Args:
        lines: as they were given.
        department: whose values they are.
        measures: those of the catalogue.
        places: of the city.
        standing: what stands already.
        today: the day in India.
        years_back: how many financial years before the present one may be entered.
    """
    entries: list[Entry] = []
    problems: list[Problem] = []
    seen: dict[Key, int] = {}
    for at, line in enumerate(lines):
        wrong: list[Problem] = []
        entry = _entry(at, line, department, measures, places, today, years_back, wrong)
        if entry is not None:
            if entry.key in seen:
                first = seen[entry.key]
                rule = f"is there twice: line {first + 1}"
                wrong.append(Problem(at, "measure", rule, first))
            seen.setdefault(entry.key, at)
            entry = _standing(at, entry, standing, wrong)
        problems += wrong
        if entry is not None and not wrong:
            entries.append(entry)
    return entries, problems


def _entry(
    at: int,
    line: Line,
    department: str,
    measures: Mapping[str, MeasureInfo],
    places: Places,
    today: date,
    years_back: int,
    wrong: list[Problem],
) -> Entry | None:
    info = measures.get(line.measure.strip())
    if info is None or not info.manual:
        known = "is fed by events, not by hand" if info is not None else "there is no such measure"
        wrong.append(Problem(at, "measure", f"{known}: {line.measure!r:.60}"))
        return None
    if info.department != department:
        rule = f"is a measure of {info.department}, not of {department}"
        wrong.append(Problem(at, "measure", rule))
        return None
    found: dict[str, Any] = {}
    for field, read in (
        ("period", lambda: period_of(line.period, info, today, years_back)),
        ("place", lambda: _place(line.place, info, places)),
        ("value", lambda: _value(line, info)),
    ):
        try:
            found[field] = read()
        except WrongUnit as error:
            wrong.append(Problem(at, "unit", str(error)))
        except ValueError as error:
            wrong.append(Problem(at, field, str(error)))
    if len(found) < 3:
        return None
    key = Key(info.code, found["place"], found["period"].last)
    reason = (line.reason or "").strip() or None
    return Entry(at, key, found["period"], info, found["value"], reason)


def _value(line: Line, info: MeasureInfo) -> int:
    try:
        in_rupees(line.unit, info.unit)
    except ValueError as error:
        raise WrongUnit(str(error)) from error
    check_unit(line.unit, info)
    return steps_of(line.value, info, line.unit)


def check_unit(said: str | None, info: MeasureInfo) -> None:
    """Refuse a line that says another unit than the measure has; one that says none has its own.

    Raises:
        WrongUnit: 500 ML are not 500 kilolitres.
    """
    name = info.unit_name
    if not said or name is None or info.unit == PAISE:
        return
    called = {info.unit, name.mr, name.en, f"{name.mr} / {name.en}", f"{name.en} / {name.mr}"}
    if " ".join(said.split()).casefold() not in {each.casefold() for each in called}:
        raise WrongUnit(f"must be {name.mr} / {name.en}, not {said!r:.40}")


def _place(said: str, info: MeasureInfo, places: Places) -> str:
    if not info.by:
        if said.strip() and places.find((), said) is None:
            raise ValueError("must be empty: this measure is entered for the whole city")
        return ""
    found = places.find(info.by, said)
    if found is None:
        raise ValueError(f"is no {info.by[0]} of the city: {said!r:.60}")
    return found


def _standing(at: int, entry: Entry, standing: Standing, wrong: list[Problem]) -> Entry:
    key = entry.key
    signed = entry.period.code in standing.signed
    if key in standing.waiting:
        batch = standing.waiting[key]
        wrong.append(Problem(at, "measure", f"waits for a decision in batch {batch}"))
    if key in standing.in_force:
        if standing.in_force[key] == entry.value:
            wrong.append(Problem(at, "value", "is the one that is approved already"))
        if entry.reason is None:
            wrong.append(Problem(at, "reason", "is needed to correct an approved value"))
    elif signed and entry.reason is None:
        wrong.append(Problem(at, "reason", "is needed once the period is signed off"))
    if signed and not standing.senior:
        rule = f"{entry.period.code} is signed off: a supervisor or administrator corrects it"
        wrong.append(Problem(at, "period", rule))
    if not signed:
        return entry
    return replace(entry, after_sign_off=True)
