"""What the lists of appeals and of checks have in common."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, tuple_
from sqlalchemy.orm import Session

from palika.paging import cursor_at, order_of, position_of
from services.grievance.models import Appeal, Grievance, SampleCheck


def page(
    session: Session,
    statement: Select[Any],
    order: str,
    model: type[Appeal] | type[SampleCheck],
    args: Mapping[str, Any],
) -> tuple[list[Any], str | None]:
    """One page of a list in the order of a moment, and the cursor of the next.

    Args:
        session: in a transaction.
        statement: whose rows begin with a ``model``, joined with its grievance.
        order: the name of the model's moment.
        model: what the list is of.
        args: the filters (``department`` is held to here), ``cursor`` and ``limit``.

    Raises:
        Invalid: the cursor is not one that this list gave.
    """
    moment = getattr(model, order)
    listed = order_of(order, args)
    if args["department"] is not None:
        place = SampleCheck.department if model is SampleCheck else Grievance.department
        statement = statement.where(place == args["department"])
    if args["cursor"] is not None:
        at = tuple_(*position_of(listed, args["cursor"]))
        statement = statement.where(tuple_(moment, model.id) > at)
    rows = session.execute(statement.order_by(moment, model.id).limit(args["limit"] + 1)).all()
    shown = list(rows[: args["limit"]])
    if len(rows) == len(shown):
        return shown, None
    last = shown[-1][0]
    return shown, cursor_at(listed, (getattr(last, order), last.id))


def about(grievance: Grievance) -> dict[str, Any]:
    """What a desk's line tells of the grievance."""
    return {
        "id": str(grievance.id),
        "number": grievance.number,
        "version": grievance.version,
        "status": grievance.state,
        "department": grievance.department,
        "category": grievance.category,
        "ward": grievance.ward,
        "officer": grievance.officer,
    }
