"""Who has read a file from outside."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from palika.errors import NotFound
from palika.paging import cursor_at, order_of, position_of
from services.eoffice.domain.organisation import Actor
from services.eoffice.domain.reading import check_told
from services.eoffice.models import File, Imported, Reading
from services.eoffice.organisation_store import current
from services.eoffice.queries.archived import imported_file
from services.eoffice.queries.sight import readable_file
from services.eoffice.schemas.readings import ReadingView

_many = ReadingView(many=True)


def readings(session: Session, who: Actor, args: Mapping[str, Any]) -> dict[str, Any]:
    """A page of the readings that were kept of a file, the newest first: ``id``, ``number``,
    ``items`` and ``next``.

    Args:
        who: the post that has the file, or one up the line; of a file that was brought in, the one
            that brought it in.
        args: as loaded by ``schemas.readings.Readings``.

    Raises:
        NotFound: there is no such file, or the post may not read it.
        Forbidden: the post neither has it nor is above the one that has.
        Invalid: the cursor is not one that this list gave.
    """
    file = _file(session, who, args)
    held_by = file.held_by if isinstance(file, File) else file.imported_by
    check_told(file.number, who.post.code, held_by, current(session).above(held_by))
    order = order_of("readings", {"file": str(file.id)})
    place = (Reading.read_at, Reading.id)
    found = select(Reading).where(Reading.file_id == file.id)
    if args["cursor"] is not None:
        found = found.where(tuple_(*place) < tuple_(*position_of(order, args["cursor"])))
    newest = found.order_by(*(each.desc() for each in place)).limit(args["limit"] + 1)
    rows = session.scalars(newest).all()
    shown = rows[: args["limit"]]
    last = shown[-1] if len(rows) > len(shown) else None
    return {
        "id": str(file.id),
        "number": file.number,
        "items": _many.dump(shown),
        "next": None if last is None else cursor_at(order, (last.read_at, last.id)),
    }


def _file(session: Session, who: Actor, args: Mapping[str, Any]) -> File | Imported:
    try:
        return readable_file(session, who.post, args["id"], args["number"])
    except NotFound as absent:
        try:
            return imported_file(session, who.post, args)
        except NotFound:
            raise absent from None
