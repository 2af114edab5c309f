"""Forward a file along a route."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.errors import Conflict, NotFound
from services.eoffice.commands.forward import checked_target
from services.eoffice.commands.step import Doing, begin
from services.eoffice.domain.movement import Step
from services.eoffice.domain.routes import Desk, next_place
from services.eoffice.models import Course, File, Route
from services.eoffice.reference import routes_of_city


def follow_route(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> File:
    """Send the file to the next desk of its route, where it has so many days.

    ``args["route"]`` lets it begin one: the code of a route of the city, or the id of one that the
    post has saved. The file keeps the route as it is now, whatever becomes of it.

    Raises:
        NotFound: no such file, or no such route.
        Forbidden: it is with another post, or the caller does not speak for its own.
        Invalid: the next desk does not exist today, or may not read the file.
        Conflict: it is not open, follows no route, its route ends here, or it is at another
            version.
    """
    doing = begin(session, caller, Step.FOLLOW, args, now)
    if doing.repeated:
        return doing.file
    file = doing.file
    course = session.get(Course, file.id)
    if args["route"] is not None:
        course = _set_out(doing, course, args["route"])
    if course is None:
        raise Conflict(
            f"file {file.number} follows no route; name one",
            {"step": Step.FOLLOW, "legal": doing.legal()},
        )
    place = next_place(course.desks, course.at, file.held_by, doing.legal)
    target = checked_target(doing, course.desks[place - 1].post)
    _, event = doing.relocate(target.code, place=place)
    said = {"to": target.code, "route": course.route, "desk": place, "due_on": file.desk_due_on}
    return doing.done("forwarded", said, event)


def _set_out(doing: Doing, course: Course | None, wanted: str) -> Course:
    name, desks = _route(doing, wanted)
    if course is None:
        course = Course(file_id=doing.file.id)
        doing.session.add(course)
    course.route = name
    course.posts = [each.post for each in desks]
    course.days = [each.days for each in desks]
    course.at = 0
    course.begun_at = doing.now
    doing.session.flush()
    return course


def _route(doing: Doing, wanted: str) -> tuple[str, tuple[Desk, ...]]:
    of_city = routes_of_city().get(wanted)
    if of_city is not None:
        return of_city.code, of_city.desks
    try:
        saved = doing.session.get(Route, UUID(wanted))
    except ValueError:
        saved = None
    if saved is None or saved.removed_at is not None or saved.post != doing.who.post.code:
        known = ", ".join(sorted(routes_of_city()))
        raise NotFound(
            f"{doing.who.post.code} has saved no route {wanted!r}; the city has: {known}",
            {"route": wanted},
        )
    return str(saved.id), saved.desks
