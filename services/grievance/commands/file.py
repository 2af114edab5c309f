"""File a grievance; file many at once (import, demo)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.auth import Identity
from palika.errors import Conflict
from palika.events import Event
from palika.outbox import record
from services.grievance.domain import lifecycle
from services.grievance.domain.access import may_touch
from services.grievance.domain.catalogue import Routing
from services.grievance.domain.numbering import number, year_of
from services.grievance.models import Grievance
from services.grievance.reference import city
from services.grievance.schemas import FILED, IMPORT

_COLUMNS = [column.key for column in Grievance.__table__.columns]


@dataclass(frozen=True, slots=True)
class Draft:
    """A grievance to be filed.

    Attributes:
        args: as loaded by ``schemas.Filing`` or ``schemas.ImportedFiling``.
        filed_at: when; in the past for what is taken over from other records.
        then: the steps that had followed already, in their order.
    """

    args: Mapping[str, Any]
    filed_at: datetime
    then: Sequence[Callable[[Grievance], Event]] = ()


def file_grievance(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Grievance:
    """File a grievance; filing the same ``source`` and ``source_id`` again gives the first one.

    Args:
        session: in a transaction.
        caller: whose grievance it becomes.
        args: as loaded by ``schemas.Filing``.
        now: the time of filing.

    Raises:
        Invalid: no such category or ward.
        Conflict: the source's key is taken by somebody else's grievance.
    """
    filed = file_many(session, caller, [Draft(args, now)])
    if filed:
        return filed[0]
    first = session.scalars(
        select(Grievance).where(
            Grievance.source == args["source"], Grievance.source_id == args["source_id"]
        )
    ).one()
    if not may_touch(first.filed_by, caller.subject, caller.roles):
        raise Conflict(
            f"source_id {args['source_id']!r} of source {args['source']!r} is taken",
            {"source": args["source"], "source_id": args["source_id"]},
        )
    return first


def file_many(session: Session, caller: Identity, drafts: Sequence[Draft]) -> list[Grievance]:
    """File many grievances in few round trips, with the steps that had followed.

    Returns:
        Those that were filed, in their order; those whose ``source`` and ``source_id`` were known
        already are left out. The objects are not attached to the session.

    Raises:
        Invalid, Conflict: from a draft that breaks a rule; nothing is filed then.
    """
    known = _known(session, drafts)
    fresh = [draft for draft in drafts if _key(draft.args) not in known]
    if not fresh:
        return []
    numbers = _numbers(session, fresh)
    made: list[tuple[Grievance, list[Event]]] = []
    for draft, given in zip(fresh, numbers, strict=True):
        grievance, filed = _make(caller, draft, given)
        made.append((grievance, [filed, *(step(grievance) for step in draft.then)]))
    rows = [{key: getattr(grievance, key) for key in _COLUMNS} for grievance, _ in made]
    # Another process may be filing the same source's records at this moment: the first one wins.
    # The table, not the class: the session would split the rows by which columns are None.
    statement = insert(Grievance.__table__).on_conflict_do_nothing(
        index_elements=[Grievance.source, Grievance.source_id]
    )
    inserted = set(session.scalars(statement.returning(Grievance.id), rows))
    new = [(grievance, events) for grievance, events in made if grievance.id in inserted]
    record(session, *(event for _, events in new for event in events))
    return [grievance for grievance, _ in new]


def _key(args: Mapping[str, Any]) -> tuple[str, str] | None:
    return None if args["source_id"] is None else (args["source"], args["source_id"])


def _known(session: Session, drafts: Sequence[Draft]) -> set[tuple[str, str] | None]:
    """The keys of the drafts that are in the database."""
    by_source: dict[str, list[str]] = {}
    for draft in drafts:
        key = _key(draft.args)
        if key is not None:
            by_source.setdefault(key[0], []).append(key[1])
    known: set[tuple[str, str] | None] = set()
    for source, ids in by_source.items():
        found = select(Grievance.source_id).where(
            Grievance.source == source, Grievance.source_id.in_(ids)
        )
        known.update((source, str(each)) for each in session.scalars(found))
    return known


def _numbers(session: Session, drafts: Sequence[Draft]) -> list[str]:
    """A number for each draft, of its own year."""
    years = [year_of(draft.filed_at) for draft in drafts]
    prefix = city().number_prefix
    serials = {
        year: iter(session.scalars(select(func.grievance_serials(year, years.count(year)))).all())
        for year in dict.fromkeys(years)
    }
    return [number(prefix, year, next(serials[year])) for year in years]


def _make(caller: Identity, draft: Draft, given: str) -> tuple[Grievance, Event]:
    args = draft.args
    routing = route(args)
    grievance = Grievance(
        id=uuid7(),
        number=given,
        category=args["category"],
        department=routing.department,
        ward=args["ward"],
        description=args["description"],
        address=args["address"],
        citizen_name=args["citizen_name"],
        citizen_phone=args["citizen_phone"],
        citizen_email=args["citizen_email"],
        language=args["language"],
        channel=args["channel"],
        source=args["source"],
        source_id=args["source_id"],
        source_status=args.get("source_status"),
        filed_by=caller.subject,
        state=lifecycle.State.FILED,
        version=1,
        filed_at=draft.filed_at,
        due_at=lifecycle.due(draft.filed_at, routing.sla_hours),
        times_reopened=0,
    )
    return grievance, FILED.new(
        subject=str(grievance.id),
        sequence=grievance.version,
        time=draft.filed_at,
        data={
            "grievance_id": grievance.id,
            "number": grievance.number,
            "department": grievance.department,
            "category": grievance.category,
            "ward": grievance.ward,
            "channel": grievance.channel,
            "filed_at": grievance.filed_at,
            "due_at": grievance.due_at,
        },
    )


def route(args: Mapping[str, Any]) -> Routing:
    """The department and the hours that the arguments of a filing come to.

    Raises:
        Invalid: no such category, department or ward.
    """
    imported = args["channel"] == IMPORT
    city().check_ward(args["ward"], imported=imported)
    if imported:
        return city().route_imported(args["category"], args["department"])
    return city().route(args["category"])
