"""What would change so that the organisation is, from a day on, what five tables say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from services.eoffice.domain.organisation import Leave
from services.eoffice.domain.organisation_lines import (
    COLUMNS,
    LANGUAGES,
    MAY_LACK,
    UNITS,
    Line,
    Mistake,
)
from services.eoffice.domain.organisation_rules import check_whole

_DATED: Final = frozenset({"since", "until"})
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Entry:
    """A row that is added, changed or ended.

    Attributes:
        key: a code; of a holding the row that is known, None of a new one.
        values: all columns as they are to be; of a holding that is withdrawn, as they are.
        before: the columns that change, as they are now.
        line: in the file; None: the file has it not.
    """

    table: str
    key: Any
    values: Mapping[str, Any]
    before: Mapping[str, Any] = field(default_factory=dict)
    line: int | None = None


@dataclass
class Plan:
    """What changes.

    Attributes:
        ended: rows that are no more from the day on, by a line's ``until`` or without a line.
        withdrawn: holdings that had not begun by the day: they never were.
        unchanged: how many rows of each table stay as they are.
        met: of known holdings that the file has, the line.
    """

    day: date
    added: list[Entry] = field(default_factory=list)
    changed: list[Entry] = field(default_factory=list)
    ended: list[Entry] = field(default_factory=list)
    withdrawn: list[Entry] = field(default_factory=list)
    unchanged: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COLUMNS, 0))
    met: dict[Any, int] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether nothing changes."""
        return not (self.added or self.changed or self.ended or self.withdrawn)


@dataclass(frozen=True, slots=True)
class Known:
    """What is there.

    Attributes:
        units: by table and code, the rows by column.
        holdings: the same by their own key.
        leaves: that were not called off.
    """

    units: Mapping[str, Mapping[str, Mapping[str, Any]]]
    holdings: Mapping[Any, Mapping[str, Any]]
    leaves: Sequence[Leave] = ()


def draw(
    known: Known, found: Mapping[str, Sequence[Line]], day: date, today: date
) -> tuple[Plan, list[Mistake]]:
    """What is to change, and everything that speaks against it.

    What the tables have not ends on the day before ``day``; what has no ``since`` begins on it. A
    ``since`` before it is taken of what is new: such it has been. Names, ranks, lines and
    clearances have one state only: they change at once, so that from a later day they cannot.

    Args:
        found: the lines by table.
        day: from which on it is so; today or later.
        today: of India.
    """
    plan, wrong = Plan(day), []
    for table in UNITS:
        wrong += _units(plan, table, known.units[table], found[table], today)
    wrong += _holdings(plan, known.holdings, found["holdings"])
    wrong += check_whole(found, _target(plan, known, found), day)
    wrong += _standing_in(plan, known.leaves)
    return plan, wrong


def _units(
    plan: Plan,
    table: str,
    known: Mapping[str, Mapping[str, Any]],
    found: Sequence[Line],
    today: date,
) -> list[Mistake]:
    wrong = []
    met: set[str] = set()
    for line in found:
        code = line.values.get("code")
        if code is None or code in met:
            # Said of it elsewhere: it has none, or it is there twice.
            continue
        met.add(code)
        if code not in known:
            wrong += _add(plan, code, line)
        elif line.sound:
            wrong += _known_unit(plan, table, code, known[code], line, today)
    for code, now in known.items():
        if code in met:
            continue
        if now["until"] is not None and now["until"] < plan.day:
            continue
        if now["since"] >= plan.day:
            rule = (
                f"begins on {now['since']} only: leave it there, with until if it is to end, or "
                f"import from {now['since'] + _DAY} on"
            )
            wrong.append(Mistake(table, None, "code", rule, code))
            continue
        values = {**now, "until": plan.day - _DAY}
        plan.ended.append(Entry(table, code, values, {"until": now["until"]}))
    return wrong


def _known_unit(
    plan: Plan, table: str, code: str, now: Mapping[str, Any], line: Line, today: date
) -> list[Mistake]:
    wrong = []
    said = {name: value for name, value in line.values.items() if name != "since"}
    values = {**now, **said}
    since = line.values.get("since")
    if since not in (None, now["since"]):
        rule = f"is known since {now['since']}: leave it empty, or as it is"
        wrong.append(line.wrong("since", rule))
    before = {name: now[name] for name in values if values[name] != now[name]}
    until = values["until"]
    over = now["until"] is not None and now["until"] < plan.day and table != "people"
    if over and "until" not in before:
        rule = f"was there until {now['until']}: what was, is not changed"
        wrong += [line.wrong(name, rule) for name in before]
    elif "until" in before:
        if over:
            rule = f"was there until {now['until']}: a code is not given twice, take another"
            wrong.append(line.wrong("code", rule))
        elif until is not None and until < plan.day - _DAY:
            rule = f"must be {plan.day - _DAY} or later: what was, is not changed"
            wrong.append(line.wrong("until", rule))
        elif until is not None and until < now["since"]:
            wrong.append(line.wrong("until", f"must be {now['since']} or later"))
    if plan.day > today:
        for name in (each for each in before if each not in _DATED):
            rule = f"changes at once and cannot wait until {plan.day}: import it from today"
            wrong.append(line.wrong(name, rule))
    entry = Entry(table, code, values, before, line.number)
    if not before:
        plan.unchanged[table] += 1
    elif "until" in before and until is not None and until < plan.day:
        plan.ended.append(entry)
    else:
        plan.changed.append(entry)
    return wrong


def _holdings(
    plan: Plan, known: Mapping[Any, Mapping[str, Any]], found: Sequence[Line]
) -> list[Mistake]:
    by: dict[tuple[str, str, str], list[Any]] = {}
    for key, now in known.items():
        by.setdefault((now["post"], now["person"], now["kind"]), []).append(key)
    wrong, met = [], plan.met
    for line in found:
        who = tuple(line.values.get(name) for name in ("post", "person", "kind"))
        keys = by.get(who, [])  # type: ignore[arg-type]
        key = _meant({each: known[each] for each in keys}, line, plan.day)
        if key is None:
            wrong += _add(plan, None, line)
            continue
        if key in met:
            wrong.append(line.wrong(None, f"is in line {met[key]} already"))
            continue
        met[key] = line.number
        if line.sound:
            wrong += _known_holding(plan, key, known[key], line)
    for key, now in known.items():
        if key in met:
            continue
        if now["since"] >= plan.day:
            plan.withdrawn.append(Entry("holdings", key, now))
        elif now["until"] is None or now["until"] >= plan.day:
            values = {**now, "until": plan.day - _DAY}
            plan.ended.append(Entry("holdings", key, values, {"until": now["until"]}))
    return wrong


def _meant(known: Mapping[Any, Mapping[str, Any]], line: Line, day: date) -> Any:
    """Which of the holdings of one post by one officer a line is about; None: a new one."""
    since, until = line.values.get("since"), line.values.get("until")
    if since is not None:
        return next((key for key, now in known.items() if now["since"] == since), None)
    for key, now in known.items():
        if now["until"] == until:
            return key
    lasting = (key for key, now in known.items() if now["until"] is None or now["until"] >= day)
    return next(lasting, None)


def _add(plan: Plan, key: str | None, line: Line) -> list[Mistake]:
    """Take a new row, if it is one."""
    if not line.sound:
        return []
    values = {
        name: line.values.get(name) if name in MAY_LACK else line.values[name]
        for name in COLUMNS[line.table]
    }
    if "language" in values and values["language"] is None:
        values["language"] = LANGUAGES[0]
    if values["since"] is None:
        if values["until"] is not None and values["until"] < plan.day:
            return [line.wrong("since", f"is needed of what is over before {plan.day}")]
        values["since"] = plan.day
    plan.added.append(Entry(line.table, key, values, line=line.number))
    return []


def _known_holding(plan: Plan, key: Any, now: Mapping[str, Any], line: Line) -> list[Mistake]:
    said = {name: value for name, value in line.values.items() if name != "since"}
    values = {**now, **said}
    before = {name: now[name] for name in values if values[name] != now[name]}
    entry = Entry("holdings", key, values, before, line.number)
    until = values["until"]
    if not before:
        plan.unchanged["holdings"] += 1
        return []
    if "until" in before:
        if until is not None and until < now["since"]:
            return [line.wrong("until", f"must be {now['since']} or later, when it begins")]
        past = now["until"] is not None and now["until"] < plan.day - _DAY
        if past or (until is not None and until < plan.day - _DAY):
            rule = f"must be {plan.day - _DAY} or later: what was, is not changed"
            return [line.wrong("until", rule)]
        if until is not None and until < plan.day:
            plan.ended.append(entry)
            return []
    plan.changed.append(entry)
    return []


def _target(
    plan: Plan, known: Known, found: Mapping[str, Sequence[Line]]
) -> dict[str, list[tuple[Mapping[str, Any], int | None]]]:
    """All rows as they would be, with the line of each that has one."""
    units = {table: dict(known.units[table]) for table in UNITS}
    holdings = dict(known.holdings)
    numbers: dict[tuple[str, Any], int | None] = {}
    for line in (each for table in UNITS for each in found[table]):
        numbers.setdefault((line.table, line.values.get("code")), line.number)
    fresh = []
    for each in (*plan.added, *plan.changed, *plan.ended):
        if each.key is None:
            fresh.append((each.values, each.line))
        elif each.table == "holdings":
            holdings[each.key] = each.values
        else:
            units[each.table][each.key] = each.values
    for each in plan.withdrawn:
        del holdings[each.key]
    target: dict[str, list[tuple[Mapping[str, Any], int | None]]] = {
        table: [(values, numbers.get((table, code))) for code, values in units[table].items()]
        for table in UNITS
    }
    kept = [(values, plan.met.get(key)) for key, values in holdings.items()]
    return {**target, "holdings": kept + fresh}


def _standing_in(plan: Plan, leaves: Sequence[Leave]) -> list[Mistake]:
    """Who is to go, at once or on a later day, must not be needed for a colleague on leave."""
    going = (each for each in (*plan.ended, *plan.changed) if each.table == "people")
    gone = {each.key: each for each in going if each.values["until"] is not None}
    return [
        Mistake(
            "people",
            gone[each.linked].line,
            "code",
            f"stands in for {each.person} until {each.until}: end that leave first",
            each.linked,
        )
        for each in leaves
        if each.linked in gone
        and each.until >= plan.day
        and each.until > gone[each.linked].values["until"]
    ]
