"""Calls, how each went, and what was promised in them."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from palika.errors import NotFound
from services.notify.calls.schemas import CallOut, PromiseOut, TurnOut
from services.notify.models import Call, CallTurn, Promise

_call, _turn, _promise = CallOut(), TurnOut(), PromiseOut()


def call_view(call: Call) -> dict[str, Any]:
    """A call as it goes out."""
    shown: dict[str, Any] = _call.dump(call)
    return shown


def call(session: Session, args: Mapping[str, Any]) -> dict[str, Any]:
    """One call with its turns.

    Raises:
        NotFound: there is none of that id.
    """
    found = session.get(Call, args["id"])
    if found is None:
        raise NotFound(f"There is no call {args['id']}.", {"id": str(args["id"])})
    turns = select(CallTurn).where(CallTurn.call_id == found.id).order_by(CallTurn.turn)
    return call_view(found) | {"turns": [_turn.dump(each) for each in session.scalars(turns)]}


def calls(session: Session, args: Mapping[str, Any]) -> dict[str, Any]:
    """Calls, the newest first, and ``next``: what to give as ``after`` for the page behind."""
    query = select(Call)
    if args["property_id"] is not None:
        query = query.where(Call.property_id == args["property_id"])
    if args["state"] is not None:
        query = query.where(Call.state == args["state"])
    if args["deed"] is not None:
        query = query.where(Call.deeds.contains([args["deed"]]))
    return _page(session, query, Call, args, "calls", _call)


def promises(session: Session, args: Mapping[str, Any]) -> dict[str, Any]:
    """Promises, the newest first, and ``next``."""
    query = select(Promise)
    if args["property_id"] is not None:
        query = query.where(Promise.property_id == args["property_id"])
    if args["from_day"] is not None:
        query = query.where(Promise.promised_on >= args["from_day"])
    if args["to_day"] is not None:
        query = query.where(Promise.promised_on <= args["to_day"])
    return _page(session, query, Promise, args, "promises", _promise)


def _page(
    session: Session,
    query: Select[Any],
    kind: type[Call] | type[Promise],
    args: Mapping[str, Any],
    name: str,
    schema: Any,
) -> dict[str, Any]:
    if args["after"] is not None:
        query = query.where(kind.id < args["after"])
    found = session.scalars(query.order_by(kind.id.desc()).limit(args["limit"] + 1)).all()
    page = found[: args["limit"]]
    more = len(found) > len(page)
    return {
        name: [schema.dump(each) for each in page],
        "next": str(page[-1].id) if more else None,
    }
