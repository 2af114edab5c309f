"""Readings and the measures: what is approved counts, in the same transaction.

A value counts on the last day of its period, under the place for which it was entered. A reading
that comes into force adds its difference to what was in force before; a level is set.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select, text
from sqlalchemy.orm import Session

from palika.errors import Conflict, Invalid, NotFound
from services.kpi.commands.project import Level, add, set_level
from services.kpi.domain.batch_steps import Standing
from services.kpi.domain.entry import Key
from services.kpi.domain.indicators import MeasureInfo
from services.kpi.domain.meaning import Changed, Stored, changed
from services.kpi.domain.nearest import did_you_mean
from services.kpi.domain.projection import Key as MeasureKey
from services.kpi.models import Batch, Reading, SignOff
from services.kpi.reference import city_catalogue

_AT_ONCE = 20_000
# Before any other lock: a rebuild that is switching over holds these, and asks for others then.
_MEASURES = text("LOCK TABLE measure, measure_year IN ROW EXCLUSIVE MODE")

_PLACE = (Reading.measure, Reading.department, Reading.place, Reading.day)
IN_FORCE = select(*_PLACE, Reading.kind, Reading.value).where(Reading.in_force).order_by(*_PLACE)
"""What counts of all that was entered: measure, department, place, day, kind, value."""


def check_department(department: str) -> None:
    """Refuse what is no department of the catalogue. Raises Invalid on `department`."""
    known = city_catalogue().departments
    if department not in known:
        rule = f"there is no department {department!r:.60}{did_you_mean(department, known)}"
        raise Invalid("unknown department", {"department": [rule]})


def hold(session: Session, department: str) -> None:
    """Let one at a time change what is entered for a department, until the transaction ends."""
    session.execute(_MEASURES)
    key = func.hashtextextended(f"reading {department}", 0)
    session.execute(select(func.pg_advisory_xact_lock(key)))


def locked(session: Session, batch_id: UUID) -> Batch:
    """A batch, its department held as by `hold`. Raises NotFound: there is none."""
    department = session.scalar(select(Batch.department).where(Batch.id == batch_id))
    if department is not None:
        hold(session, department)
        batch = session.get(Batch, batch_id, populate_existing=True)
        if batch is not None:
            return batch
    raise NotFound(f"there is no batch {batch_id}", {"id": str(batch_id)})


def lines_of(session: Session, batch: Batch) -> Sequence[Reading]:
    """The readings of a batch, in its order, as they are now."""
    query = select(Reading).where(Reading.batch_id == batch.id).order_by(Reading.line)
    return session.scalars(query.execution_options(populate_existing=True)).all()


def standing(session: Session, batch: Batch) -> Standing:
    """A batch as its steps see it."""
    return standings(session, [batch])[batch.id]


def standings(session: Session, batches: Collection[Batch]) -> dict[UUID, Standing]:
    """The same of many, by their ids."""
    query = select(Reading.batch_id).where(
        Reading.batch_id.in_([each.id for each in batches]),
        Reading.state.not_in(("draft", "submitted", "dropped")),
    )
    decided = set(session.scalars(query.distinct()))
    return {
        each.id: Standing(
            each.department,
            each.state,
            each.entered_by,
            each.entered_by_person,
            each.submitted_by_person,
            each.id in decided,
        )
        for each in batches
    }


def standing_of(
    session: Session, department: str, since: date
) -> tuple[dict[Key, int], dict[Key, str]]:
    """What is in force of a department, and what waits in which batch, from a day on."""
    query = select(
        *(Reading.measure, Reading.place, Reading.day, Reading.value),
        *(Reading.in_force, Reading.batch_id),
    ).where(
        Reading.department == department,
        Reading.day >= since,
        or_(Reading.in_force, Reading.state == "submitted"),
    )
    in_force: dict[Key, int] = {}
    waiting: dict[Key, str] = {}
    for row in session.execute(query):
        key = Key(row.measure, row.place, row.day)
        if row.in_force:
            in_force[key] = row.value
        else:
            waiting[key] = str(row.batch_id)
    return in_force, waiting


def values_of(
    session: Session,
    department: str,
    measures: Collection[str],
    since: date | None = None,
    *,
    waiting: bool = True,
) -> dict[Key, int]:
    """The values of some measures of a department that are in force; `waiting`: or, where another
    waits for a decision, that one.

    Args:
        session: on the service's database.
        department: whose.
        measures: of these alone.
        since: those from this day on, and of each level and place the last before, which stands
            then; None: all.
        waiting: as above.
    """
    counts = Reading.in_force | (Reading.state == "submitted") if waiting else Reading.in_force
    columns = (Reading.measure, Reading.place, Reading.day, Reading.value)
    query = select(*columns).where(
        Reading.department == department, Reading.measure.in_(measures), counts
    )
    # What waits comes last: it is told in the place of what is in force.
    queries = [query.order_by(Reading.in_force.desc())]
    if since is not None:
        newest = (Reading.measure, Reading.place, Reading.day.desc(), Reading.in_force)
        before = query.where(Reading.day < since, Reading.kind == "level")
        queries = [
            before.distinct(Reading.measure, Reading.place).order_by(*newest),
            queries[0].where(Reading.day >= since),
        ]
    return {
        Key(row.measure, row.place, row.day): row.value
        for each in queries
        for row in session.execute(each)
    }


def signed_off(session: Session, department: str) -> set[str]:
    """The periods of a department that are signed off."""
    query = select(SignOff.period).where(SignOff.department == department)
    return set(session.scalars(query))


def changes(session: Session, measures: Mapping[str, MeasureInfo] | None = None) -> list[Changed]:
    """What a catalogue's measures (None: the city's) have changed under the stored readings that
    count or may yet; what was dropped, sent back or replaced is history."""
    columns = (Reading.measure, Reading.kind, Reading.decimals)
    rows = session.execute(select(*columns, func.count()).where(counting()).group_by(*columns))
    known = city_catalogue().measures if measures is None else measures
    return changed((Stored(*row) for row in rows), known)


def counting() -> ColumnElement[bool]:
    """Of a reading: that it counts, or may yet."""
    return Reading.in_force | Reading.state.in_(("draft", "submitted"))


def check_meaning(session: Session) -> None:
    """Refuse to go on with a catalogue that would read stored values as something else.

    Raises:
        Conflict: names each measure, what has changed, and what is to be done.
    """
    found = changes(session)
    if found:
        told = [str(each) for each in found]
        raise Conflict("; ".join(told), {"changed": told})


def count(session: Session, came: Iterable[Reading]) -> None:
    """Let readings count that have just come into force.

    Raises:
        Conflict: the catalogue has changed the measure since, or has it no more.
    """
    totals: dict[MeasureKey, int] = {}
    levels: dict[Level, int] = {}
    for each in came:
        _check_meant(each)
        place = (each.measure, each.department, each.place, each.day.isoformat())
        if each.kind == "level":
            levels[place] = each.value
        else:
            totals[(*place, 0)] = each.value - (each.replaced or 0)
    add(session, totals)
    if levels:
        set_level(session, levels)


def _check_meant(reading: Reading) -> None:
    info = city_catalogue().measures.get(reading.measure)
    if info is None:
        raise Conflict(
            f"{reading.measure} is not in the catalogue any more: send the value back",
            {"line": reading.line, "measure": reading.measure},
        )
    if (info.kind, info.decimals) != (reading.kind, reading.decimals):
        raise Conflict(
            f"{reading.measure} was entered as {reading.kind} with {reading.decimals} decimals, "
            f"and the catalogue says {info.kind} with {info.decimals}: send the value back",
            {"line": reading.line, "measure": reading.measure},
        )


def write_readings(
    session: Session,
    measures: Collection[str] | None = None,
    *,
    rows: Iterable[Sequence[Any]] | None = None,
    alone: bool = False,
) -> None:
    """Write the measures of readings into tables that do not have them yet: what no event tells.

    Args:
        session: in a transaction.
        measures: of these alone; None: of all.
        rows: these, sorted as `IN_FORCE` gives them, instead of all that are in force; whoever has
            read them has seen to what they mean (`check_meaning`).
        alone: nobody else writes the tables.

    Raises:
        Conflict: the catalogue would read stored values as something else than they are.
    """
    if rows is None:
        check_meaning(session)
        query = IN_FORCE if measures is None else IN_FORCE.where(Reading.measure.in_(measures))
        rows = session.execute(query, execution_options={"yield_per": _AT_ONCE})
    found = iter(rows)
    while part := list(islice(found, _AT_ONCE)):
        totals: dict[MeasureKey, int] = {}
        levels: dict[Level, int] = {}
        for measure, department, place, day, kind, value in part:
            key = measure, department, place, day.isoformat()
            if kind == "level":
                levels[key] = value
            else:
                totals[(*key, 0)] = value
        add(session, totals)
        if levels:
            set_level(session, levels, alone=alone)


def digest(asked: Mapping[str, Any]) -> str:
    """Of what was asked for, to tell asking twice from asking for something else."""
    said = json.dumps(asked, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()


def check_same(batch: Batch, asked: str, who: str) -> None:
    """Refuse an id under which something else was entered. Raises Conflict."""
    if batch.asked != asked or batch.entered_by != who:
        raise Conflict(
            f"{batch.id} was used before for another batch", {"id": str(batch.id), "differs": True}
        )
