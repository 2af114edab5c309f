"""Which open grievances may be what somebody is about to file: offered, never forced.

The candidates come by index: the cells of the grid around the place (``ix_grievance_open_cell``)
and the ward's without a position; the newest ones, so many at most. ``domain/duplicates.py``
judges them by what was written.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CompoundSelect,
    Row,
    Text,
    and_,
    any_,
    bindparam,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.database import UtcDateTime
from services.grievance.domain.access import is_staff
from services.grievance.domain.duplicates import MAX_AGE_DAYS, Report, rank
from services.grievance.domain.place import WIDEST_RADIUS_M, Point, cells_around
from services.grievance.models import IS_OPEN, Grievance
from services.grievance.queries.sight import unseen
from services.grievance.reference import city
from services.grievance.where import placed

MOST_CANDIDATES = 200
"""Of each of the two ways; a city's ward has as many open ones of a category in bad times only."""

# What was written never changes: whoever is asked about often is read once.
_report = lru_cache(5_000)(Report.of)


def offers(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> list[dict[str, Any]]:
    """What may be the same, likeliest first, at most ``domain.duplicates.MAX_OFFERED``.

    The office is shown private ones too that are its business, and looks a kilometre around;
    citizens, and the office ``on_behalf`` of one, as far as the sub-category says. Nothing that
    somebody wrote is told.

    Args:
        session: in a transaction.
        caller: who asks.
        args: as loaded by ``schemas.SimilarTo`` or ``schemas.Filing``.
        now: the moment of filing.

    Raises:
        Invalid: no such category or ward, half a place, or one outside the city.
    """
    kind = city().subcategory(args["category"])
    place, ward = placed(args)
    new = Report.of(
        id="",
        subcategory=kind.code,
        category=kind.parent,
        ward=ward,
        filed_at=now,
        place=place,
        description=args["description"],
        address=args["address"],
    )
    wide = is_staff(caller.roles) and not args.get("on_behalf", False)
    radius_m = WIDEST_RADIUS_M if wide else kind.duplicate_radius_m
    ways = _ways(new)
    if not ways:
        return []
    asked = {
        "most": MOST_CANDIDATES,
        "categories": list(city().categories[kind.parent].subcategories),
        "since": now - timedelta(days=MAX_AGE_DAYS),
        "ward": new.ward,
        "cells": [] if place is None else cells_around(place.lat, place.lon, radius_m),
    }
    found = session.execute(_candidates(ways, private=wide), asked)
    rows = {str(row.id): row for row in found}
    for hidden in unseen(session, caller, rows.values()):
        del rows[str(hidden)]
    matches = rank(new, [_as_report(row, kind.parent) for row in rows.values()], radius_m)
    return [
        _offer(rows[match.id], now, args["language"])
        | {"distance_m": match.distance_m, "reasons": list(match.reasons)}
        for match in matches
    ]


_IN_WARD = Grievance.ward == bindparam("ward", type_=Text)
_WAYS = {
    "near": Grievance.cell == any_(bindparam("cells", type_=ARRAY(BigInteger))),
    "ward": _IN_WARD,
    "ward without a place": and_(Grievance.cell.is_(None), _IN_WARD),
}


def _ways(new: Report) -> tuple[str, ...]:
    """Where to look. Without a position it takes names or numbers to tell one from another."""
    if new.place is not None:
        return ("near",) if new.ward is None else ("near", "ward without a place")
    if new.ward is None or not (new.names or new.numbers):
        return ()
    return ("ward",)


@cache
def _candidates(ways: tuple[str, ...], *, private: bool) -> CompoundSelect[Any]:
    """The newest of each of these ways. Made once: to build it takes longer than to run it."""
    wanted = (
        select(
            Grievance.id,
            Grievance.number,
            Grievance.state,
            Grievance.category,
            Grievance.department,
            Grievance.ward,
            Grievance.officer,
            Grievance.private,
            Grievance.filed_by,
            Grievance.filed_at,
            Grievance.lat,
            Grievance.lon,
            Grievance.description,
            Grievance.address,
        )
        .where(
            IS_OPEN,
            Grievance.category == any_(bindparam("categories", type_=ARRAY(Text))),
            Grievance.filed_at >= bindparam("since", type_=UtcDateTime),
        )
        .order_by(Grievance.filed_at.desc(), Grievance.id.desc())
    )
    if not private:
        wanted = wanted.where(Grievance.private.is_(False))
    return union_all(*(wanted.where(_WAYS[way]).limit(bindparam("most")) for way in ways))


def _as_report(row: Row[Any], parent: str) -> Report:
    return _report(
        id=str(row.id),
        subcategory=row.category,
        category=parent,
        ward=row.ward,
        filed_at=row.filed_at,
        place=None if row.lat is None else Point(row.lat, row.lon),
        description=row.description,
        address=row.address,
    )


def _offer(row: Row[Any], now: datetime, language: str) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "number": row.number,
        "category_name": getattr(city().category_name(row.category), language),
        "status": row.state,
        "age_days": max((now - row.filed_at).days, 0),
    }
