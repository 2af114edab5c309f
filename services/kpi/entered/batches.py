"""Batches and readings, as the RPC answers with them."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, func, literal, select, tuple_
from sqlalchemy.orm import Session

from palika.errors import NotFound
from palika.paging import cursor_after, cursor_at, order_of, position_of, word_of
from palika.roles import Caller, post_of
from services.kpi.commands.readings import standing, standings
from services.kpi.domain.batch_steps import Standing, may
from services.kpi.domain.entry import shown
from services.kpi.entered.looking import Look, looked_at
from services.kpi.models import Batch, Reading
from services.kpi.moments import moment
from services.kpi.reference import city_catalogue, city_entry


def batch(session: Session, batch_id: UUID, caller: Caller) -> dict[str, Any]:
    """One batch with its lines, as `view`.

    Raises:
        NotFound: there is none.
    """
    found = session.get(Batch, batch_id)
    if found is None:
        raise NotFound(f"there is no batch {batch_id}", {"id": str(batch_id)})
    return view(session, found, caller)


def view(session: Session, found: Batch, caller: Caller) -> dict[str, Any]:
    """A batch with its lines. Of each that is not decided, `unusual` says why its maker and its
    checker should look twice, and `compared` with what it was compared or why it cannot be."""
    session.flush()
    query = select(Reading).where(Reading.batch_id == found.id).order_by(Reading.line)
    lines = session.scalars(query).all()
    looks = looked_at(session, found, lines)
    told = [line(each) | looks.get(each.line, Look())._asdict() for each in lines]
    return _headed(found, standing(session, found), caller) | {"lines": told}


def _headed(found: Batch, known: Standing, caller: Caller) -> dict[str, Any]:
    """A batch without its lines; `may` are the methods that the caller may call with it now."""
    return {
        "id": str(found.id),
        "department": found.department,
        "state": found.state,
        "via": found.via,
        "file_name": found.file_name,
        "note": found.note,
        "entered_by": found.entered_by,
        "entered_at": moment(found.entered_at),
        "submitted_at": moment(found.submitted_at),
        "may": may(city_entry(), known, caller),
    }


def batches(session: Session, args: Mapping[str, Any], caller: Caller) -> dict[str, Any]:
    """Batches of a department or of all, newest first: `items`, and `next`, the cursor of the next
    page, or None; `to_check`: only those that wait for the caller. Raises Invalid: the cursor is
    not one that this list gave."""
    order = order_of("batches", args)
    query = select(Batch).order_by(Batch.entered_at.desc(), Batch.id.desc())
    for name in ("department", "state", "entered_by"):
        if args[name] is not None:
            query = query.where(getattr(Batch, name) == args[name])
    if args["to_check"] is not None:
        query = query.where(*_waits_for(caller, everywhere=args["to_check"] == "all"))
    if args["cursor"] is not None:
        at = tuple_(*position_of(order, args["cursor"]))
        query = query.where(tuple_(Batch.entered_at, Batch.id) < at)
    found = session.scalars(query.limit(args["limit"] + 1)).all()
    kept = found[: args["limit"]]
    more = len(found) > len(kept)
    after = cursor_at(order, (kept[-1].entered_at, kept[-1].id)) if more else None
    known = standings(session, kept)
    return {"items": [_headed(each, known[each.id], caller) for each in kept], "next": after}


def _waits_for(caller: Caller, *, everywhere: bool) -> list[ColumnElement[bool]]:
    """That a batch is submitted and the caller may check it: `domain/batch_steps.py`, as SQL. Who
    sits at desks has those of their departments, unless it is asked `everywhere`."""
    rules = city_entry()
    own = rules.own(caller)
    among = rules.desks if everywhere or not own else own
    found = [
        Batch.state == "submitted",
        Batch.department.in_([code for code in among if rules.may_check(caller, code)]),
        # The post in a subject, as `roles.post_of` finds it.
        func.regexp_replace(Batch.entered_by, "^[^:]*:", "") != post_of(caller.subject),
    ]
    if caller.person:
        people = Batch.entered_by_person, Batch.submitted_by_person
        found += [each.is_distinct_from(caller.person) for each in people]
    return found


def entries(session: Session, args: Mapping[str, Any]) -> dict[str, Any]:
    """Every version of a department's values, by measure and time: `items`, and `next`, the cursor
    of the next page, or None. Raises Invalid: the cursor is not one that this list gave."""
    order = order_of("entries", args)
    query = select(Reading).where(Reading.department == args["department"])
    for name in ("period", "measure", "place", "state"):
        if args[name] is not None:
            query = query.where(getattr(Reading, name) == args[name])
    if args["cursor"] is not None:
        measure, key = word_of(order, args["cursor"])
        at = tuple_(literal(measure), literal(key, Uuid))
        query = query.where(tuple_(Reading.measure, Reading.id) > at)
    query = query.order_by(Reading.measure, Reading.id).limit(args["limit"] + 1)
    found = session.scalars(query).all()
    kept = found[: args["limit"]]
    more = len(found) > len(kept)
    return {
        "items": [line(each) | {"batch": str(each.batch_id)} for each in kept],
        "next": cursor_after(order, kept[-1].measure, kept[-1].id) if more else None,
    }


def line(each: Reading) -> dict[str, Any]:
    """One reading; `added` is what it has changed of the stored measure, in its whole numbers.

    Values are in the measure's `unit` (None: there is no such measure any more).
    """
    approved = each.state == "approved"
    info = city_catalogue().measures.get(each.measure)
    return {
        "id": str(each.id),
        "line": each.line,
        "measure": each.measure,
        "unit": None if info is None else info.unit,
        "period": each.period,
        "place": each.place,
        "day": each.day.isoformat(),
        "value": shown(each.value, each),
        "replaced": shown(each.replaced, each),
        "added": each.value - (each.replaced or 0) if approved else None,
        "state": each.state,
        "version": each.version,
        "in_force": each.in_force,
        "reason": each.reason,
        "after_sign_off": each.after_sign_off,
        "outlier": each.outlier,
        "submitted_at": moment(each.submitted_at),
        "decided_by": each.decided_by,
        "decided_at": moment(each.decided_at),
        "remark": each.remark,
    }
