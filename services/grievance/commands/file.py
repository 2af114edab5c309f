"""File a grievance; file many at once (import, demo)."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, bindparam, func, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.auth import Identity
from palika.errors import Conflict, Forbidden
from palika.outbox import record
from palika.roles import NOBODY
from palika.words import month_token, search_tokens
from services.grievance import promises
from services.grievance.commands.assign import routed
from services.grievance.commands.move import Actor, Advance, Taken, about
from services.grievance.commands.step import COLUMNS
from services.grievance.domain import lifecycle
from services.grievance.domain.access import has_login, is_staff, may_touch, token_hash
from services.grievance.domain.catalogue import Routing
from services.grievance.domain.numbering import number, year_of
from services.grievance.domain.place import cell
from services.grievance.domain.routing import Place
from services.grievance.models import Grievance, SearchWords, Timeline
from services.grievance.promises import next_clock
from services.grievance.reference import city
from services.grievance.schemas import FILED, IMPORT
from services.grievance.where import placed

_SAID = (
    "description", "address", "attributes", "media_url", "citizen_name", "citizen_phone",
    "citizen_email", "language", "channel",
)  # fmt: skip
"""What is filed and never changes, whatever becomes of it."""
_WHERE = ("ward", "lat", "lon")
"""What is filed and does not change once it is known."""

_SERIALS = select(
    func.grievance_serials(bindparam("year", type_=Integer), bindparam("count", type_=Integer))
)
_FIRST_CATEGORY = (
    select(Timeline.data["from_category"].astext)
    .where(Timeline.grievance_id == bindparam("key"), Timeline.step == lifecycle.Step.TRANSFER)
    .order_by(Timeline.id)
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Draft:
    """A grievance to be filed.

    Attributes:
        args: as loaded by ``schemas.Filing`` or ``schemas.ImportedFiling``.
        filed_at: when; in the past for what is taken over from other records.
        then: the moves that had followed already, in their order, with their actor and moment.
        token: by which it is followed without a login, if it is.
        by: whose it becomes, if that is somebody else than who files it.
    """

    args: Mapping[str, Any]
    filed_at: datetime
    then: Sequence[Callable[[Grievance], Taken]] = ()
    token: str | None = None
    by: Identity | None = None


@dataclass(frozen=True, slots=True)
class Filed:
    """What a filing came to; ``token`` is told this once, and is not kept.

    It is None for what had been filed before.
    """

    grievance: Grievance
    token: str | None


def file_grievance(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Filed:
    """File a grievance; filing the same ``source`` and ``source_id`` again gives the first one, if
    it says the same.

    It is given to an officer at once, if the policy has that and one is there.

    Args:
        session: in a transaction.
        caller: whose grievance it becomes.
        args: as loaded by ``schemas.Filing``.
        now: the time of filing.

    Raises:
        Invalid: no such category or ward, an attribute that does not fit, a position outside the
            city, or the category does not take anonymous grievances.
        Conflict: the source's key is taken: by somebody else's grievance, or by one that says
            something else.
        Forbidden: ``source`` is another system than the caller.
    """
    _check_source(caller, args["source"])
    args = promises.checked(args, anonymous=_is_anonymous(caller, args))
    token = secrets.token_urlsafe(16)
    leads = route(args)
    _, ward = placed(args)
    place = Place(leads.department, ward, args["category"], leads.parent)
    given = routed(session, place, now)
    draft = Draft(args, now, () if given is None else (given,), token)
    filed = file_many(session, caller, [draft])
    if filed:
        return Filed(filed[0], token)
    first = session.scalars(
        select(Grievance).where(
            Grievance.source == args["source"], Grievance.source_id == args["source_id"]
        )
    ).one()
    if not (_is_theirs(first, caller, args) and _says_the_same(session, first, args)):
        raise Conflict(
            f"source_id {args['source_id']!r} of source {args['source']!r} is taken "
            "by another grievance",
            {"source": args["source"], "source_id": args["source_id"]},
        )
    return Filed(first, None)


def _is_theirs(first: Grievance, caller: Identity, args: Mapping[str, Any]) -> bool:
    """Whether who files a known key again may have filed it: of nobody's, anybody."""
    is_nobodys = first.filed_by == NOBODY and _is_anonymous(caller, args)
    return is_nobodys or may_touch(first.filed_by, caller.subject, caller.roles)


def _says_the_same(session: Session, first: Grievance, args: Mapping[str, Any]) -> bool:
    """Whether the first filing had these words: a key that is used twice must swallow none."""
    was = session.scalar(_FIRST_CATEGORY, {"key": first.id}) or first.category
    return (
        was == args["category"]
        and all(getattr(first, name) == args[name] for name in _SAID)
        and all(args[name] in (None, getattr(first, name)) for name in _WHERE)
    )


def _check_source(caller: Identity, source: str | None) -> None:
    """A key is its system's own: nobody takes another's before it comes."""
    if source is None or source == caller.subject or is_staff(caller.roles):
        return
    raise Forbidden(
        f"source is the caller's own subject, {caller.subject!r}, or said by the city's services "
        "and offices",
        {"source": source},
    )


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
    made: list[tuple[Grievance, list[Taken]]] = []
    for draft, given in zip(fresh, numbers, strict=True):
        grievance, filed = _make(draft.by or caller, draft, given)
        made.append((grievance, [filed, *(move(grievance) for move in draft.then)]))
        grievance.next_clock_at = next_clock(grievance)
    rows = [{key: getattr(grievance, key) for key in COLUMNS} for grievance, _ in made]
    # Another process may be filing the same source's records at this moment: the first one wins.
    # The table, not the class: the session would split the rows by which columns are None.
    statement = upsert(Grievance.__table__).on_conflict_do_nothing(
        index_elements=[Grievance.source, Grievance.source_id]
    )
    inserted = set(session.scalars(statement.returning(Grievance.id), rows))
    new = [(grievance, taken) for grievance, taken in made if grievance.id in inserted]
    if not new:
        return []
    taken = [each for _, steps in new for each in steps]
    session.execute(insert(Timeline.__table__), [each.entry for each in taken])
    session.execute(
        insert(SearchWords.__table__),
        [
            {
                "grievance_id": each.id,
                "filed_at": each.filed_at,
                "tokens": [
                    month_token(each.filed_at),
                    *search_tokens(each.description, each.address),
                ],
            }
            for each, _ in new
        ],
    )
    record(session, *(each.event for each in taken if each.event is not None))
    return [grievance for grievance, _ in new]


def _is_anonymous(caller: Identity, args: Mapping[str, Any]) -> bool:
    return bool(args.get("anonymous")) or not has_login(caller.roles)


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
        year: iter(session.scalars(_SERIALS, {"year": year, "count": years.count(year)}).all())
        for year in dict.fromkeys(years)
    }
    return [number(prefix, year, next(serials[year])) for year in years]


def _make(caller: Identity, draft: Draft, given: str) -> tuple[Grievance, Taken]:
    args = draft.args
    routing = route(args)
    promised = promises.promised(draft.filed_at, routing)
    place, ward = placed(args)
    anonymous = _is_anonymous(caller, args)
    grievance = Grievance(
        id=uuid7(),
        number=given,
        category=args["category"],
        parent_category=routing.parent,
        department=routing.department,
        priority=routing.priority,
        private=routing.private,
        ward=ward,
        description=args["description"],
        attributes=args.get("attributes", {}),
        media_url=args.get("media_url"),
        address=args["address"],
        lat=None if place is None else place.lat,
        lon=None if place is None else place.lon,
        cell=None if place is None else cell(place.lat, place.lon),
        citizen_name=args["citizen_name"],
        citizen_phone=args["citizen_phone"],
        citizen_email=args["citizen_email"],
        anonymous=anonymous,
        token_hash=None if draft.token is None else token_hash(draft.token),
        language=args["language"],
        channel=args["channel"],
        source=args["source"],
        source_id=args["source_id"],
        source_status=args.get("source_status"),
        filed_by=NOBODY if anonymous else caller.subject,
        state=lifecycle.State.FILED,
        version=1,
        filed_at=draft.filed_at,
        changed_at=draft.filed_at,
        promised_minutes=promised.minutes,
        due_at=promised.due_at,
        times_reopened=0,
        duplicates=0,
        paused_minutes=0,
        paused_otherwise=0,
        escalation_level=0,
    )
    told = about(
        grievance,
        draft.filed_at,
        number=grievance.number,
        channel=grievance.channel,
        filed_at=grievance.filed_at,
        due_at=grievance.due_at,
        priority=grievance.priority,
    )
    # Who wants not to be known is not in the timeline either.
    by = Actor(NOBODY, frozenset({NOBODY})) if anonymous else Actor.of(caller)
    begun = Advance(grievance, lifecycle.Step.FILE, by, draft.filed_at, None)
    return grievance, begun.taken(FILED.new(**told))


def route(args: Mapping[str, Any]) -> Routing:
    """Where the arguments of a filing lead.

    Raises:
        Invalid: no such category, department or ward.
    """
    imported = args["channel"] == IMPORT
    city().check_ward(args["ward"], imported=imported)
    if imported:
        return city().route_imported(args["category"], args["department"])
    return city().route(args["category"])
