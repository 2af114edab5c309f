"""The volumes of a file: one note sheet, one run of pages."""

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from services.eoffice.domain.movement import State
from services.eoffice.models import Correspondence, File, Note


def volumes(session: Session, file: File) -> list[File]:
    """A file's volumes in their order; a file without further ones is its own only volume."""
    first = file.part_of if file.volume > 1 else file.id
    wanted = or_(File.id == first, (File.part_of == first) & (File.volume > 1))
    return list(session.scalars(select(File).where(wanted).order_by(File.volume)))


def begun_with(session: Session, file: File) -> File:
    """The file that a case began with: the one whose volume or part a file is, and so on."""
    first = file
    while first.part_of is not None:
        first = session.get_one(File, first.part_of)
    return first


def case(session: Session, file: File) -> list[uuid.UUID]:
    """The ids of all that is of one case with a file: the file that all began with, first, its
    volumes and its parts, and those of these."""
    first = begun_with(session, file)
    below = select(File.id).where(File.id == first.id).cte(recursive=True)
    below = below.union(select(File.id).join(below, File.part_of == below.c.id))
    others = session.scalars(select(below.c.id).where(below.c.id != first.id))
    return [first.id, *others]


@dataclass(frozen=True, slots=True)
class Related:
    """A file of the same case, as it is now: where it is, and whether it is worked on."""

    id: uuid.UUID
    number: str
    held_by: str
    state: State

    def shown(self) -> dict[str, str]:
        """As a refusal names it."""
        said = {"id": self.id, "number": self.number, "held_by": self.held_by, "state": self.state}
        return {name: str(each) for name, each in said.items()}


_RELATED = (File.id, File.number, File.held_by, File.state)


def open_parts(session: Session, file: File) -> list[Related]:
    """What is not closed of a file's parts, their volumes and the parts of these."""
    first = file.part_of if file.volume > 1 else file.id
    below = select(File.id).where(File.part_of == first, File.volume == 1).cte(recursive=True)
    below = below.union(select(File.id).join(below, File.part_of == below.c.id))
    found = select(*_RELATED).where(File.id.in_(select(below.c.id)), File.state != State.CLOSED)
    return [_related(each) for each in session.execute(found.order_by(File.number))]


def main_of(session: Session, file: File) -> Related | None:
    """The file of which this is a part, in its newest volume; None: it is no part."""
    first = session.get_one(File, file.part_of) if file.volume > 1 else file
    return None if first.part_of is None else newest(session, first.part_of)


def newest(session: Session, first: uuid.UUID) -> Related:
    """The newest volume of a file, by the id of its first, as it is now."""
    wanted = or_(File.id == first, (File.part_of == first) & (File.volume > 1))
    found = select(*_RELATED).where(wanted).order_by(File.volume.desc()).limit(1)
    return _related(session.execute(found).one())


def newest_of(session: Session, file: File) -> Related:
    """The newest volume of a file, as it is now."""
    return newest(session, file.part_of if file.volume > 1 and file.part_of else file.id)


def _related(row: Any) -> Related:
    return Related(row.id, row.number, row.held_by, State(row.state))


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
