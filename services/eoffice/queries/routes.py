"""Which routes a post can let a file follow."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.eoffice.models import Route
from services.eoffice.reference import routes_of_city
from services.eoffice.schemas.moving import CityRouteView, RouteView

_own, _city = RouteView(many=True), CityRouteView(many=True)
_one = RouteView()


def route_view(route: Route) -> dict[str, Any]:
    """A saved route as the desks see it."""
    shown: dict[str, Any] = _one.dump(route)
    return shown


def routes(session: Session, post: str) -> dict[str, Any]:
    """Those of the ``city``, and the post's ``own`` by name."""
    found = select(Route).where(Route.post == post, Route.removed_at.is_(None))
    own = session.scalars(found.order_by(Route.name, Route.id)).all()
    return {"city": _city.dump(routes_of_city().values()), "own": _own.dump(own)}
