"""The volumes of a file: one note sheet, one run of pages."""

import uuid

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from services.eoffice.domain.movement import State
from services.eoffice.models import Correspondence, File, Note


def volumes(session: Session, file: File) -> list[File]:
    """A file's volumes in their order; a file without further ones is its own only volume."""
    first = file.part_of if file.volume > 1 else file.id
    wanted = or_(File.id == first, (File.part_of == first) & (File.volume > 1))
    return list(session.scalars(select(File).where(wanted).order_by(File.volume)))


def case(session: Session, file: File) -> list[uuid.UUID]:
    """The ids of all that is of one case with a file: the file that all began with, first, its
    volumes and its parts, and those of these."""
    first = file
    while first.part_of is not None:
        first = session.get_one(File, first.part_of)
    below = select(File.id).where(File.id == first.id).cte(recursive=True)
    below = below.union(select(File.id).join(below, File.part_of == below.c.id))
    others = session.scalars(select(below.c.id).where(below.c.id != first.id))
    return [first.id, *others]


def open_parts(session: Session, file: File) -> list[str]:
    """The numbers of what is not closed of a file's parts, their volumes and the parts of these."""
    first = file.part_of if file.volume > 1 else file.id
    below = select(File.id).where(File.part_of == first, File.volume == 1).cte(recursive=True)
    below = below.union(select(File.id).join(below, File.part_of == below.c.id))
    found = select(File.number).where(File.id.in_(select(below.c.id)), File.state != State.CLOSED)
    return list(session.scalars(found.order_by(File.number)))


def newer(session: Session, file: File) -> str | None:
    """The number of the newest volume, if it is another than this."""
    newest = volumes(session, file)[-1]
    return None if newest.id == file.id else newest.number


def last_page(session: Session, ids: list[uuid.UUID]) -> int:
    """How many pages the correspondence of these volumes has."""
    found = select(func.max(Correspondence.last_page)).where(Correspondence.file_id.in_(ids))
    return session.scalar(found) or 0


def last_note(session: Session, ids: list[uuid.UUID]) -> int:
    """The number of the last note of these volumes."""
    return session.scalar(select(func.max(Note.number)).where(Note.file_id.in_(ids))) or 0
