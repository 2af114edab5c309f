"""The cover of a file, and the table of contents of its correspondence."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.eoffice.domain.organisation import Post
from services.eoffice.models import Correspondence, File, Note
from services.eoffice.organisation_store import current
from services.eoffice.queries import view
from services.eoffice.queries.readable import readable
from services.eoffice.queries.records import check_not_weeded
from services.eoffice.queries.sight import readable_file, sees
from services.eoffice.queries.volumes import last_page, volumes
from services.eoffice.reference import city_numbering
from services.eoffice.schemas.filing import ContentView

_content = ContentView()


def contents(session: Session, post: Post, args: Mapping[str, Any]) -> dict[str, Any]:
    """``items`` of a file's table of contents, in their order, and ``pages``: the last page. Of
    what was taken to another file, ``moved_to`` is the number of that, if the post may read it.

    Raises:
        NotFound: no such file, or the post may not read it.
        Conflict: it was weeded.
    """
    file = readable_file(session, post, args["id"], args["number"])
    check_not_weeded(session, file)
    wanted = select(Correspondence).where(Correspondence.file_id == file.id)
    rows = session.scalars(wanted.order_by(Correspondence.position)).all()
    known = _numbers(session, post, rows)
    return {
        "file_id": str(file.id),
        "number": file.number,
        "items": [content_view(each) | {"moved_to": known.get(each.moved_to)} for each in rows],
        "pages": last_page(session, [file.id]),
    }


def _numbers(
    session: Session, post: Post, rows: Sequence[Correspondence]
) -> dict[UUID | None, str]:
    ids = {each.moved_to for each in rows if each.moved_to is not None}
    if not ids:
        return {}
    wanted = select(File.id, File.number).where(
        File.id.in_(ids), readable(File.secrecy, File.id, post)
    )
    return {each.id: each.number for each in session.execute(wanted)}


def content_view(paper: Correspondence) -> dict[str, Any]:
    """One paper of a table of contents."""
    shown: dict[str, Any] = _content.dump(paper)
    return shown


def cover(session: Session, post: Post, args: Mapping[str, Any]) -> dict[str, Any]:
    """What stands on a file's cover: the file, the names of its department and its subject head in
    both languages, those of its parts and volumes that the post may read, how many notes and pages
    it has.

    Raises:
        NotFound: no such file, or the post may not read it.
    """
    file = readable_file(session, post, args["id"], args["number"])
    mr, en = current(session).departments[file.department]
    head_mr, head_en = city_numbering().heads[file.head]
    known = volumes(session, file)
    parts = select(File).where(File.part_of == known[0].id, File.volume == 1).order_by(File.part)
    notes = select(Note.id).where(Note.file_id == file.id)
    return {
        "file": view(file),
        "department": {"mr": mr, "en": en},
        "head": {"mr": head_mr, "en": head_en},
        "volumes": [each.number for each in known if sees(session, post, each)],
        "parts": [each.number for each in session.scalars(parts) if sees(session, post, each)],
        "notes": len(session.scalars(notes).all()),
        "pages": last_page(session, [file.id]),
    }
