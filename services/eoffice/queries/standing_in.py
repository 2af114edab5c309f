"""Who is away, and who may do what for whom: lists of leaves and of delegations."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, tuple_
from sqlalchemy.orm import Session

from palika.errors import Invalid
from palika.india import day_of
from palika.paging import cursor_at, order_of, position_of
from services.eoffice.domain.organisation import Organisation, on
from services.eoffice.domain.standing_in import Standing
from services.eoffice.models import Delegation, Leave
from services.eoffice.organisation_store import current
from services.eoffice.queries.approvals import letter_names
from services.eoffice.queries.directory import person
from services.eoffice.reference import city_powers
from services.eoffice.schemas.delegating import DelegationView, LeaveView

_leave, _delegation = LeaveView(), DelegationView()


def leaves(session: Session, args: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Leaves, the last noted first: ``items`` with who is away, who stands in, for which ``posts``
    (all that who is away holds at any time of the leave), and the ``state``; and ``next``.

    Args:
        args: as loaded by ``schemas.delegating.Leaves``.

    Raises:
        Invalid: no such officer or post; a cursor of another list.
    """
    city, day = current(session), args["day"] or day_of(now)
    found = select(Leave)
    if args["person"] is not None:
        _check_person(city, args["person"])
        found = found.where(or_(Leave.person == args["person"], Leave.linked == args["person"]))
    if args["of"] is not None:
        _check_post(city, args["of"])
        # Whoever held the post at any time of the leave.
        held = [each for each in city.holdings if each.post == args["of"]]
        during = [_while_held(each.person, each.since, each.until) for each in held]
        found = found.where(or_(*during)) if during else found.where(False)
    over = Leave.ended_at.is_not(None)
    rows, after = _page(session, _in_state(found, Leave, over, args["state"], day), "leaves", args)
    items = [
        {
            **_leave.dump(each),
            "person": person(city, each.person),
            "linked": person(city, each.linked),
            "posts": _posts_during(city, each),
            "state": str(Standing.of(each.since, each.until, each.ended_at is not None, day)),
        }
        for each in rows
    ]
    return {"day": day.isoformat(), "items": items, "next": after}


def delegations(session: Session, args: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Delegations, the last made first: ``items`` with both posts, the heads of sanctions
    and the kinds of letters (``powers``) and the ``state``; and ``next``.

    Args:
        args: as loaded by ``schemas.delegating.Delegations``; of a person, those that are of a post
            which the person holds on the day.

    Raises:
        Invalid: no such officer or post; a cursor of another list.
    """
    city, day = current(session), args["day"] or day_of(now)
    found = select(Delegation)
    if args["of"] is not None:
        _check_post(city, args["of"])
        found = found.where(_between([args["of"]]))
    if args["person"] is not None:
        _check_person(city, args["person"])
        held = [each for each in city.holdings if each.person == args["person"] and on(each, day)]
        found = found.where(_between([each.post for each in held]))
    over = Delegation.revoked_at.is_not(None)
    chosen = _in_state(found, Delegation, over, args["state"], day)
    rows, after = _page(session, chosen, "delegations", args)
    known = city_powers().heads
    names = {code: {"mr": each.mr, "en": each.en} for code, each in known.items()}
    names |= letter_names()
    items = [
        {
            **_delegation.dump(each),
            "from_post": _post(city, each.from_post),
            "to_post": _post(city, each.to_post),
            "powers": [{"code": code, **names[code]} for code in each.what if code in names],
            "state": str(Standing.of(each.since, each.until, each.revoked_at is not None, day)),
        }
        for each in rows
    ]
    return {"day": day.isoformat(), "items": items, "next": after}


def _in_state(
    found: Select[Any], model: Any, over: ColumnElement[bool], state: Standing | None, day: date
) -> Select[Any]:
    """``over``: it was called off, or revoked: whatever its days, it is past."""
    past = or_(over, model.until < day)
    match state:
        case Standing.PAST:
            return found.where(past)
        case Standing.COMING:
            return found.where(~over, model.since > day)
        case Standing.CURRENT:
            until = func.coalesce(model.until, day)
            return found.where(~over, model.since <= day, until >= day)
    return found


def _page(
    session: Session, found: Select[Any], name: str, args: Mapping[str, Any]
) -> tuple[list[Any], str | None]:
    order = order_of(name, args)
    model = found.column_descriptions[0]["entity"]
    if args["cursor"] is not None:
        place = tuple_(*position_of(order, args["cursor"]))
        found = found.where(tuple_(model.made_at, model.id) < place)
    ordered = found.order_by(model.made_at.desc(), model.id.desc()).limit(args["limit"] + 1)
    rows = list(session.scalars(ordered))
    shown = rows[: args["limit"]]
    more = len(rows) > len(shown)
    return shown, cursor_at(order, (shown[-1].made_at, shown[-1].id)) if more else None


def _posts_during(city: Organisation, leave: Leave) -> list[str]:
    held = (each for each in city.holdings if each.person == leave.person)
    return sorted(
        {
            each.post
            for each in held
            if each.since <= leave.until and (each.until is None or each.until >= leave.since)
        }
    )


def _while_held(holder: str, since: date, until: date | None) -> ColumnElement[bool]:
    within = Leave.until >= since
    if until is not None:
        within = and_(within, Leave.since <= until)
    return and_(Leave.person == holder, within)


def _between(posts: list[str]) -> ColumnElement[bool]:
    return or_(Delegation.from_post.in_(posts), Delegation.to_post.in_(posts))


def _post(city: Organisation, code: str) -> dict[str, str]:
    known = city.posts[code]
    return {"code": code, "mr": known.mr, "en": known.en}


def _check_person(city: Organisation, code: str) -> None:
    if code not in city.people:
        raise Invalid("no such officer", {"person": [f"there is no officer {code!r}"]})


def _check_post(city: Organisation, code: str) -> None:
    if code not in city.posts:
        raise Invalid("no such post", {"of": [f"there was never a post {code!r}"]})
