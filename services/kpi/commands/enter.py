"""Enter values by hand, submit them to be checked, or drop them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, insert, or_, select
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.auth import Identity
from palika.errors import Invalid
from palika.india import day_of
from services.kpi.commands.readings import (
    check_department,
    check_same,
    digest,
    hold,
    lines_of,
    locked,
    signed_off,
    standing,
    standing_of,
    values_of,
)
from services.kpi.domain.batch_steps import Step, check_state, check_who
from services.kpi.domain.desks import SENIOR
from services.kpi.domain.entry import Entry, Line, Problem, Standing, check_lines
from services.kpi.domain.meaning import overlaps
from services.kpi.domain.period import Period, financial_year, period
from services.kpi.domain.wholes import Known, beside, too_much
from services.kpi.models import Batch, Reading
from services.kpi.reference import city_catalogue, city_entry, city_places

MOST_TOLD = 1_000
"""Mistakes that are told at once; how many there are is told always."""


def enter(session: Session, caller: Identity, args: Mapping[str, Any], now: datetime) -> Batch:
    """Enter a batch of values: all of it, or nothing.

    Args:
        session: in a transaction.
        caller: the maker.
        args: `id` (the caller's own, or None), `department`, `lines` (each a `Line`), `via`,
            `file_name`, `note`, and `submit`: whether it is submitted at once.
        now: aware.

    Raises:
        Forbidden: the caller does not enter values of this department.
        Invalid: names each line that breaks a rule, as `lines.3.value`, counted from 1.
        Conflict: the id was used before for something else.
    """
    batch, problems = try_to_enter(session, caller, args, now)
    if batch is None:
        raise wrong_lines(problems, lambda each: f"lines.{each.line + 1}.{each.field}")
    return batch


def try_to_enter(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> tuple[Batch | None, list[Problem]]:
    """As `enter`; but what is wrong with the lines comes back, and nothing is entered then."""
    department = args["department"]
    check_department(department)
    city_entry().check_enter(caller, department)
    hold(session, department)
    asked = digest(
        {name: args[name] for name in ("department", "via", "file_name", "note")}
        | {"lines": [_told(each) for each in args["lines"]]}
    )
    known = None if args["id"] is None else session.get(Batch, args["id"])
    if known is not None:
        check_same(known, asked, caller.subject)
        return known, []
    entries, problems = _checked(session, caller, department, args["lines"], now)
    if problems or not entries:
        return None, problems
    batch = Batch(
        id=args["id"] or uuid7(),
        department=department,
        state="draft",
        via=args["via"],
        file_name=args["file_name"],
        note=args["note"],
        asked=asked,
        entered_by=caller.subject,
        entered_by_person=caller.person or None,
        entered_at=now,
        submitted_at=None,
        submitted_by_person=None,
    )
    session.add(batch)
    session.flush()
    rows = [_row(batch, at, each) for at, each in enumerate(entries, 1)]
    session.execute(insert(Reading), rows)
    if args["submit"]:
        _submit(session, batch, caller, now)
    return batch, []


def wrong_lines(problems: Sequence[Problem], where: Callable[[Problem], str]) -> Invalid:
    """The error that tells all problems, each where it is."""
    told: dict[str, list[str]] = {}
    for each in problems[:MOST_TOLD]:
        told.setdefault(where(each), []).append(each.rule)
    if len(problems) > MOST_TOLD:
        told["more"] = [f"there are {len(problems)} mistakes in all; the first are told"]
    return Invalid("nothing was entered", told)


def submit(session: Session, caller: Identity, args: Mapping[str, Any], now: datetime) -> Batch:
    """Submit a draft to be checked; asked twice it is submitted once.

    Raises:
        NotFound: there is no such batch.
        Forbidden: another has entered it.
        Conflict: it was dropped.
        Invalid: what was approved, submitted or signed off since makes a line wrong.
    """
    batch = _own(session, caller, args, Step.SUBMIT)
    if batch.state in ("submitted", "decided"):
        return batch
    check_state(Step.SUBMIT, standing(session, batch))
    lines = [_line(each) for each in lines_of(session, batch)]
    entries, problems = _checked(session, caller, batch.department, lines, now)
    if problems:
        raise wrong_lines(problems, lambda each: f"lines.{each.line + 1}.{each.field}")
    signed = {each.key for each in entries if each.after_sign_off}
    for row in lines_of(session, batch):
        row.after_sign_off = (row.measure, row.place, row.day) in signed
    _submit(session, batch, caller, now)
    return batch


def drop(session: Session, caller: Identity, args: Mapping[str, Any], now: datetime) -> Batch:
    """Take back a batch of one's own of which nothing is decided; it stays on record.

    Raises:
        NotFound: there is no such batch.
        Forbidden: another has entered it.
        Conflict: something of it is decided.
    """
    batch = _own(session, caller, args, Step.DROP)
    if batch.state == "dropped":
        return batch
    check_state(Step.DROP, standing(session, batch))
    for each in lines_of(session, batch):
        each.state = "dropped"
    batch.state = "dropped"
    return batch


def _own(session: Session, caller: Identity, args: Mapping[str, Any], step: Step) -> Batch:
    batch = locked(session, args["id"])
    check_who(city_entry(), step, standing(session, batch), caller)
    return batch


def _checked(
    session: Session, caller: Identity, department: str, lines: Sequence[Line], now: datetime
) -> tuple[list[Entry], list[Problem]]:
    today, rules = day_of(now), city_entry()
    since = date(financial_year(today) - rules.years_back, 4, 1)
    in_force, waiting = standing_of(session, department, since)
    signed = signed_off(session, department)
    standing = Standing(in_force, waiting, signed, caller.has_any(SENIOR))
    entries, problems = check_lines(
        lines,
        department,
        city_catalogue().measures,
        city_places(),
        standing,
        today,
        rules.years_back,
    )
    problems += _overlapping(session, department, entries)
    return entries, problems + _too_much(session, department, entries)


def _too_much(session: Session, department: str, entries: Sequence[Entry]) -> list[Problem]:
    """Parts above their wholes, among what is entered and with what stands or waits already."""
    measures = city_catalogue().measures
    compared = beside({each.key.measure for each in entries}, measures)
    since = min((each.key.day for each in entries), default=None)
    values = values_of(session, department, compared, since) if entries else {}
    values |= {each.key: each.value for each in entries}
    lines = {each.line: each.key for each in entries}
    return too_much(lines, Known(values, measures, city_places()))


def _overlapping(session: Session, department: str, entries: Sequence[Entry]) -> list[Problem]:
    """Values of a month would count twice beside that of its quarter, and those of wards beside
    that of the city: a catalogue may have changed how often and for which places they are entered.
    """
    if not entries:
        return []
    measures = sorted({each.key.measure for each in entries})
    others: dict[str, list[tuple[Period, str]]] = {}
    query = (
        select(Reading.measure, Reading.period, Reading.by)
        .where(
            Reading.department == department,
            Reading.measure.in_(measures),
            or_(Reading.in_force, Reading.state == "submitted"),
        )
        .distinct()
        .order_by(Reading.measure, Reading.period, Reading.by)
    )
    for measure, code, by in session.execute(query):
        others.setdefault(measure, []).append((period(code), by))
    found = []
    # The wards of a measure and period share the answer.
    rules: dict[tuple[str, Period], str | None] = {}
    for entry in entries:
        of = entry.key.measure, entry.period
        if of not in rules:
            rules[of] = overlaps(entry.period, entry.by, others.get(entry.key.measure, []))
        rule = rules[of]
        if rule is not None:
            found.append(Problem(entry.line, "period", rule))
    return found


def _row(batch: Batch, line: int, entry: Entry) -> dict[str, Any]:
    return {
        "id": uuid7(),
        "batch_id": batch.id,
        "line": line,
        "measure": entry.key.measure,
        "department": batch.department,
        "place": entry.key.place,
        "period": entry.period.code,
        "day": entry.key.day,
        "kind": entry.info.kind,
        "decimals": entry.info.decimals,
        "by": entry.by,
        "value": entry.value,
        "reason": entry.reason,
        "after_sign_off": entry.after_sign_off,
        "state": "draft",
        "in_force": False,
        "outlier": False,
    }


def _told(line: Line) -> list[str | None]:
    """A line as the caller gave it; a unit only where one was said: lines of before had none."""
    said = [line.measure, line.period, line.place, str(line.value), line.reason]
    return said if line.unit is None else [*said, line.unit]


def _line(row: Reading) -> Line:
    value = Decimal(row.value).scaleb(-row.decimals)
    return Line(row.measure, row.period, row.place, value, row.reason)


def _submit(session: Session, batch: Batch, caller: Identity, now: datetime) -> None:
    batch.state, batch.submitted_at = "submitted", now
    # Another may hold the maker's post by now.
    batch.submitted_by_person = caller.person or None
    for each in lines_of(session, batch):
        each.state, each.submitted_at = "submitted", now
    session.flush()


def count_waiting(session: Session, department: str, period: str) -> int:
    """How many values of a period wait for a decision."""
    query = select(func.count()).where(
        Reading.department == department, Reading.period == period, Reading.state == "submitted"
    )
    return session.scalar(query) or 0
