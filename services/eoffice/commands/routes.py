"""Save and remove a post's own routes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.auth import Identity
from palika.errors import Invalid, NotFound
from palika.india import day_of
from services.eoffice.commands.asked_again import made_before
from services.eoffice.commands.load import locked
from services.eoffice.domain.organisation import Organisation
from services.eoffice.domain.routes import Desk, check_desks
from services.eoffice.models import Route
from services.eoffice.organisation_store import actor, current
from services.eoffice.sealing import act


def save_route(session: Session, caller: Identity, args: Mapping[str, Any], now: datetime) -> Route:
    """Save a route for the caller's post. Asked again with the same ``id`` and content it gives the
    route that is there.

    Raises:
        Forbidden: the caller does not speak for the post.
        Invalid: a desk's post does not exist, or no file could follow the route.
        Conflict: the id was used before for something else; ``differs`` names what.
    """
    who = actor(session, caller, args["post"], now)
    desks = [Desk(each["post"], each["days"]) for each in args["desks"]]
    asked = {"post": who.post.code, "name": args["name"], "desks": tuple(desks)}
    if (known := made_before(session, Route, args["id"], asked)) is not None:
        return known
    check_desks(desks)
    _check_posts(current(session), desks, now)
    route = Route(
        id=args["id"] or uuid7(),
        post=who.post.code,
        name=args["name"],
        posts=[each.post for each in desks],
        days=[each.days for each in desks],
        made_by=who.person,
        made_at=now,
        removed_at=None,
    )
    session.add(route)
    act(session, route.id, "route", "saved", who, now, {"name": route.name})
    return route


def remove_route(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Route:
    """Remove a route of the caller's post; files that follow it go on. Twice is once.

    Raises:
        Forbidden: the caller does not speak for the post.
        NotFound: the post has saved no such route.
    """
    who = actor(session, caller, args["post"], now)
    route = locked(session, Route, args["id"])
    if route is None or route.post != who.post.code:
        raise NotFound(f"{who.post.code} has saved no route {args['id']}", {"id": str(args["id"])})
    if route.removed_at is None:
        route.removed_at = now
        act(session, route.id, "route", "removed", who, now)
    return route


def _check_posts(organisation: Organisation, desks: list[Desk], now: datetime) -> None:
    wrong = []
    for place, desk in enumerate(desks, 1):
        try:
            organisation.check_post(desk.post, "desks", day_of(now))
        except Invalid as error:
            wrong += [f"desk {place}: {each}" for each in error.fields["desks"]]
    if wrong:
        raise Invalid("a desk of the route is no post", {"desks": wrong})
