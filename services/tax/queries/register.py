"""The register: what a property was and is, who owned it, and the orders that say so."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from palika.india import day_of
from services.tax.changes import states_of
from services.tax.domain.changing import check_changes, check_states
from services.tax.domain.mutations import owners_of_json
from services.tax.domain.register import Owner, State, Title, floors_as_json, holding
from services.tax.domain.register_words import (
    ORDERS,
    changes_in_words,
    owners_in_words,
    state_in_words,
)
from services.tax.masked import masked_name, masked_phone
from services.tax.models import Mutation, Property, PropertyState, RegisterOrder
from services.tax.models import Owner as OwnerRow
from services.tax.planning import plan
from services.tax.queries.properties import find, property_view
from services.tax.reference import rates
from services.tax.register_store import register_of, state_of, titles_of

_LANGUAGES = ("mr", "en")


def register(
    session: Session, args: Mapping[str, Any], now: datetime, *, staff: bool
) -> dict[str, Any]:
    """A property as of a day (``on``, None is today), as known at a moment (``known_at``, None is
    now), and its whole history.

    Args:
        session: on the service's database.
        args: which property, ``on``, ``known_at``.
        now: aware.
        staff: who may see names, telephone numbers and what orders rest on; to all others names
            and numbers are masked.

    Returns:
        ``state`` and ``owners`` of that day, None and [] before it was on the roll; ``orders``:
        all that were known by then, in the order in which they were written down, each with what
        it changed and who owned it by it, in words of both languages.

    Raises:
        NotFound: no such property.
    """
    owed = find(session, args)
    on = args["on"] or day_of(now)
    known_at = args["known_at"] or now
    found, titles = register_of(session, owed), titles_of(session, owed.id)
    state = found.at(on, known_at)
    title = holding(titles, on, known_at)
    return property_view(owed) | {
        "on": on.isoformat(),
        "known_at": known_at.isoformat(),
        "state": None if state is None else _state(state),
        "owners": [] if title is None else owners_shown(title.owners, staff=staff),
        "orders": _orders(session, owed, titles, known_at, staff=staff),
    }


def what_if(session: Session, args: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """What a reassessment would make of the tax of billed half-years. Nothing is written.

    Returns:
        The same figures that ``reassess`` gives for these states: ``half_years``, each with what
        was demanded and what is right, ``difference_paise``, and the balance before and after.

    Raises:
        NotFound, Invalid, Conflict: as ``reassess`` would.
    """
    owed = find(session, args)
    before = register_of(session, owed)
    states = states_of(before, args["states"])
    check_states(states, day_of(now))
    check_changes(before, states)
    found = plan(session, owed, before, states, now)
    return {"property_id": str(owed.id), "number": owed.number, **found.told()}


def mutations(session: Session, args: Mapping[str, Any], *, staff: bool) -> list[dict[str, Any]]:
    """A property's applications for a transfer of title, the newest first.

    Args:
        session: on the service's database.
        args: which property.
        staff: as in ``mutation_view``.

    Raises:
        NotFound: no such property.
    """
    owed = find(session, args)
    rows = session.scalars(
        select(Mutation)
        .where(Mutation.property_id == owed.id)
        .order_by(Mutation.applied_at.desc(), Mutation.id)
    )
    return [mutation_view(row, staff=staff) for row in rows]


def mutation_view(row: Mutation, *, staff: bool) -> dict[str, Any]:
    """An application as the staff see it; to all others names and numbers are masked, and what it
    rests on is not shown."""
    owners = owners_of_json(row.owners)
    shown = {
        "number": row.number,
        "property_id": str(row.property_id),
        "reason": row.reason,
        "state": row.state,
        "effective_from": row.effective_from.isoformat(),
        "owners": owners_shown(owners, staff=staff),
        "fee_paise": row.fee_paise,
        "objections_until": row.objections_until.isoformat() if row.objections_until else None,
        "applied_at": row.applied_at.isoformat(),
        "order_id": str(row.order_id) if row.order_id else None,
        "ended_at": row.ended_at.isoformat() if row.ended_at else None,
        "version": row.version,
    }
    if staff:
        shown |= {"transfers": row.transfers, "facts": row.facts, "remark": row.remark}
    return shown


def owners_shown(owners: Sequence[Owner], *, staff: bool) -> list[dict[str, Any]]:
    """Owners with their shares; for all but the staff their names and numbers are masked."""
    return [
        {
            "name": each.name if staff else masked_name(each.name),
            "kind": each.kind,
            "share": str(each.share),
            "phone": each.phone if staff else masked_phone(each.phone),
            **({"email": each.email, "language": each.language} if staff else {}),
        }
        for each in owners
    ]


def _state(state: State) -> dict[str, Any]:
    return {
        "status": state.status,
        "ward": state.ward,
        "zone": state.zone,
        "address": state.address,
        "floors": floors_as_json(state.floors),
        "claims": sorted(state.claims),
        "words": _in_both(lambda language: state_in_words(state, rates(), language)),
    }


def _orders(
    session: Session,
    owed: Property,
    titles: Sequence[Title],
    known_at: datetime,
    *,
    staff: bool,
) -> list[dict[str, Any]]:
    orders = session.scalars(
        select(RegisterOrder)
        .where(
            or_(
                RegisterOrder.id.in_(
                    select(PropertyState.order_id).where(PropertyState.property_id == owed.id)
                ),
                RegisterOrder.id.in_(
                    select(OwnerRow.order_id).where(OwnerRow.property_id == owed.id)
                ),
            ),
            RegisterOrder.recorded_at <= known_at,
        )
        .order_by(RegisterOrder.recorded_at, RegisterOrder.id)
    ).all()
    rows = session.scalars(
        select(PropertyState).where(PropertyState.property_id == owed.id).order_by(PropertyState.id)
    )
    by_order: dict[uuid.UUID, list[PropertyState]] = {}
    for row in rows:
        by_order.setdefault(row.order_id, []).append(row)
    owners = {title.order: title.owners for title in titles}
    said: list[PropertyState] = []
    found = []
    for order in orders:
        shown: dict[str, Any] = {
            "id": str(order.id),
            "kind": order.kind,
            "called": {each: ORDERS[order.kind].in_(each) for each in _LANGUAGES},
            "number": order.number,
            "dated": order.dated.isoformat(),
            "effective_from": order.effective_from.isoformat(),
            "recorded_at": order.recorded_at.isoformat(),
        }
        if staff:
            shown |= {"by": order.by, "details": order.details}
        own = by_order.get(order.id, [])
        if own:
            shown["states"] = [_change(said, row) for row in own]
            said += own
        if str(order.id) in owners:
            shown["owners"] = _owners(owners[str(order.id)], staff=staff)
        found.append(shown)
    return found


def _change(said: Sequence[PropertyState], row: PropertyState) -> dict[str, Any]:
    """What a state changed of what was known when it was written down."""
    known = holding(said, row.effective_from)
    before, after = state_of(known) if known is not None else None, state_of(row)
    return {
        "effective_from": row.effective_from.isoformat(),
        "words": _in_both(lambda language: changes_in_words(before, after, rates(), language)),
    }


def _owners(owners: Sequence[Owner], *, staff: bool) -> dict[str, Any]:
    shown = owners_shown(owners, staff=staff)
    names = [each["name"] for each in shown]
    return {
        "items": shown,
        "words": _in_both(lambda language: owners_in_words(owners, names, language)),
    }


def _in_both(words: Callable[[str], list[str]]) -> dict[str, list[str]]:
    return {language: words(language) for language in _LANGUAGES}
