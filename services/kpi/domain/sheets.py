"""Templates of a department's values as tables, and the filled ones read again.

A row is a value of one measure, place and period. The value in force is shown beside the column in
which the new one is written; a row without a new value enters nothing. Money is in rupees, and each
row says so: one that says paise, or nothing, is refused.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from palika.india import in_digits
from palika.text import Name
from services.kpi.domain.entry import Line, Problem
from services.kpi.domain.money import PAISE, SHOWN, to_write

COLUMNS: Mapping[str, Name] = {
    "department": Name("विभाग", "Department"),
    "measure": Name("परिमाण", "Measure"),
    "name": Name("नाव", "Name"),
    "unit": Name("एकक", "Unit"),
    "period": Name("कालावधी", "Period"),
    "place": Name("ठिकाण", "Place"),
    "place_name": Name("ठिकाणाचे नाव", "Place name"),
    "due_on": Name("अंतिम दिनांक", "Due on"),
    "previous": Name("मागील मूल्य", "Previous value"),
    "approved": Name("मंजूर मूल्य", "Approved value"),
    "value": Name("नवीन मूल्य", "New value"),
    "reason": Name("दुरुस्तीचे कारण", "Reason of a correction"),
}
_NEEDED = ("department", "measure", "period", "value")
MOST_COLUMNS = 30


@dataclass(frozen=True, slots=True)
class At:
    """Where a row is in the file; `sheet` None in CSV."""

    sheet: str | None
    row: int

    def told(self, column: str) -> str:
        """A cell for people: `Sheet1, row 7, New value`."""
        of = f"{self.sheet}, " if self.sheet else ""
        return f"{of}row {self.row}, {COLUMNS[column].en if column in COLUMNS else column}"


@dataclass(frozen=True, slots=True)
class Filled:
    """What a filled template says: lines, where each is, and what is wrong with its form; `days`
    are the periods that the spreadsheet has as days, by their lines."""

    department: str | None
    lines: Sequence[Line]
    where: Sequence[At]
    wrong: Mapping[str, Sequence[str]]
    days: Mapping[int, date] = field(default_factory=dict)


def header() -> list[str]:
    """The headings, in both languages."""
    return [f"{name.mr} / {name.en}" for name in COLUMNS.values()]


def template(form: Mapping[str, Any]) -> Iterator[list[Any]]:
    """The rows of a template for what a form asks (`entered/form.py`)."""
    for each in form["measures"]:
        for place in each["places"]:
            yield [
                form["department"],
                each["measure"],
                f"{each['name']['mr']} / {each['name']['en']}",
                _unit(each),
                each["period"],
                place["place"],
                f"{place['name']['mr']} / {place['name']['en']}",
                each["due_on"],
                to_write(place["previous"], each["unit"]),
                to_write(place["value"], each["unit"]),
                None,
                None,
            ]


def _unit(each: Mapping[str, Any]) -> str:
    if each["unit"] == PAISE:
        return f"{SHOWN.mr} / {SHOWN.en}"
    return f"{each['unit_name']['mr']} / {each['unit_name']['en']}"


def read(
    rows: Iterable[tuple[At, Sequence[Any]]],
    department: str | None,
    period: str | None,
) -> Filled:
    """What a filled template says.

    Args:
        rows: with where they are; the first of each sheet is its heading. A formula is its text,
            which begins with ``=``.
        department, period: what every row must be of, if given.
    """
    wrong: dict[str, list[str]] = {}
    lines: list[Line] = []
    where: list[At] = []
    columns: dict[str | None, dict[str, int]] = {}
    days: dict[int, date] = {}
    for at, cells in rows:
        if at.sheet not in columns:
            columns[at.sheet] = _columns(at, cells, wrong)
            continue
        place = columns[at.sheet]
        if any(name not in place for name in _NEEDED):
            continue
        said = {name: cells[n] if n < len(cells) else None for name, n in place.items()}
        if _text(said["value"]) == "" and _text(said.get("reason")) == "":
            continue
        of = _text(said["department"])
        department = department or of
        if of != department:
            rule = f"must be {department}: a file is of one department, not {of!r:.60}"
            wrong.setdefault(at.told("department"), []).append(rule)
            continue
        code, day = _text(said["period"]), said["period"]
        if period is not None and code != period:
            rule = (
                _day_rule(day) if isinstance(day, date) else f"must be {period}, not {code!r:.40}"
            )
            wrong.setdefault(at.told("period"), []).append(rule)
            continue
        value = said["value"]
        if isinstance(value, date):
            wrong.setdefault(at.told("value"), []).append("must be a number, not a date")
            continue
        reason = _text(said.get("reason")) or None
        measure, place_said = _text(said["measure"]), _text(said.get("place"))
        if isinstance(day, date):
            days[len(lines)] = day
        lines.append(Line(measure, code, place_said, value, reason, _text(said.get("unit"))))
        where.append(at)
    if not columns:
        wrong["file"] = ["is empty"]
    elif not lines and not wrong:
        wrong["file"] = ["has no new value: the column for it is empty"]
    return Filled(department, lines, where, wrong, days)


def _day_rule(day: date) -> str:
    return (
        f"is a date in the spreadsheet, {in_digits(day)}, which has made one of what was written: "
        "set the cell to Text and write the period again, as 2026-10, 2026-Q3 or 2026"
    )


def merged(filled: Filled, problems: Iterable[Problem]) -> dict[str, list[str]]:
    """All that is wrong with a file, each where it is."""
    told = {place: list(rules) for place, rules in filled.wrong.items()}
    for each in problems:
        rule = each.rule
        if each.first is not None:
            first = filled.where[each.first]
            rule = f"is there twice: also in {first.told('measure').rpartition(',')[0]}"
        elif each.field == "period" and each.line in filled.days:
            rule = _day_rule(filled.days[each.line])
        told.setdefault(filled.where[each.line].told(each.field), []).append(rule)
    return told


def _columns(at: At, cells: Sequence[Any], wrong: dict[str, list[str]]) -> dict[str, int]:
    """In which column what is, by the headings: in either language, or both."""
    known = {
        _plain(word): code
        for code, name in COLUMNS.items()
        for word in (code, name.mr, name.en, f"{name.mr} / {name.en}", f"{name.en} / {name.mr}")
    }
    found: dict[str, int] = {}
    for number, cell in enumerate(cells):
        code = known.get(_plain(_text(cell)))
        if code is None:
            continue
        if code in found:
            wrong.setdefault(at.told(code), []).append("the heading is there twice")
        found.setdefault(code, number)
    missing = [str(COLUMNS[name].en) for name in _NEEDED if name not in found]
    if missing:
        wrong.setdefault(at.told("headings"), []).append(f"there is no column {', '.join(missing)}")
    return found


def _text(cell: Any) -> str:
    """A cell as text; of a day and of a whole number as the template writes it."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
