"""The sample: what is to be checked, how it was drawn, and what the checks found."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.errors import Invalid, NotFound
from palika.roles import post_of
from services.grievance.domain.sampling import LOTS, Outcome, lot
from services.grievance.models import Grievance, SampleCheck, SampleDraw
from services.grievance.queries.codes import check_codes
from services.grievance.queries.reviewed import about, page
from services.grievance.queries.sight import unseen
from services.grievance.schemas import CheckView

_check = CheckView()
_masked = CheckView(exclude=("note",))
_CHECKS = "picked_at"


def open_checks(session: Session, caller: Identity, args: Mapping[str, Any]) -> dict[str, Any]:
    """A page of the resolutions that are to be checked, the oldest first.

    ``mine``: the caller's own work or grievance, which others check.

    Raises:
        Invalid: the cursor is not one that this list gave, or there is no such department.
    """
    check_codes(session, args)
    statement = (
        select(SampleCheck, Grievance)
        .join(Grievance, _stands())
        .where(SampleCheck.checked_at.is_(None))
    )
    rows, more = page(session, statement, _CHECKS, SampleCheck, args)
    own = post_of(caller.subject)
    items = [
        _check.dump(each)
        | about(grievance)
        | {"mine": own in (each.resolved_by, grievance.officer, post_of(grievance.filed_by))}
        for each, grievance in rows
    ]
    return {"items": items, "next": more}


def the_draw(session: Session, caller: Identity, day: date) -> dict[str, Any]:
    """The draw of one day with all that repeats it: the seed, the share, and each lot. What was
    found at a private one is ``masked`` for whom it is no business.

    Raises:
        NotFound: that day was not drawn.
    """
    found = session.get(SampleDraw, day)
    if found is None:
        raise NotFound(f"no draw was made for {day}", {"day": str(day)})
    picked = session.execute(
        select(SampleCheck, Grievance)
        .join(Grievance, SampleCheck.grievance_id == Grievance.id)
        .where(SampleCheck.day == day)
        .order_by(SampleCheck.grievance_id)
    ).all()
    hidden = unseen(session, caller, [grievance for _, grievance in picked])
    return {
        "day": day.isoformat(),
        "seed": found.seed,
        "percent": float(found.percent),
        "drawn_at": found.drawn_at.isoformat(),
        "drawn_from": found.drawn_from,
        "picked": found.picked,
        "items": [
            {
                **_shown(each, masked=grievance.id in hidden),
                "id": str(each.grievance_id),
                "lot": lot(found.seed, each.grievance_id, each.resolved_at) / LOTS,
            }
            for each, grievance in picked
        ],
    }


def check_results(session: Session, from_day: date, to_day: date) -> list[dict[str, Any]]:
    """What came of the draws of these days, by department.

    Returns:
        For each ``department``: ``picked``, ``confirmed``, ``not_done``, ``open`` (still to be
        checked) and ``taken_back`` (before anybody looked).

    Raises:
        Invalid: the days are in the wrong order.
    """
    if to_day < from_day:
        raise Invalid("no such days", {"to_day": ["must not be before from_day"]})
    unchecked = SampleCheck.checked_at.is_(None)
    stands = Grievance.id.is_not(None)
    counts = {
        "confirmed": SampleCheck.outcome == Outcome.CONFIRMED,
        "not_done": SampleCheck.outcome == Outcome.NOT_DONE,
        "open": and_(unchecked, stands),
        "taken_back": and_(unchecked, ~stands),
    }
    found = session.execute(
        select(
            SampleCheck.department,
            func.count().label("picked"),
            *(func.count().filter(rule).label(name) for name, rule in counts.items()),
        )
        .outerjoin(Grievance, _stands())
        .where(SampleCheck.day.between(from_day, to_day))
        .group_by(SampleCheck.department)
        .order_by(SampleCheck.department)
    )
    return [dict(row) for row in found.mappings()]


def _shown(check: SampleCheck, *, masked: bool) -> dict[str, Any]:
    if masked:
        return {**_masked.dump(check), "masked": True}
    return dict(_check.dump(check))


def _stands() -> ColumnElement[bool]:
    """Whether the resolution that was picked is the one that the grievance has now."""
    return and_(
        SampleCheck.grievance_id == Grievance.id, SampleCheck.resolved_at == Grievance.resolved_at
    )
