"""Where the references of a note go."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika.errors import Invalid, NotFound
from services.eoffice.domain.access import check_readable
from services.eoffice.domain.markup import Reference, blocks, parse, references
from services.eoffice.domain.organisation import Post
from services.eoffice.domain.reading import What
from services.eoffice.domain.shown import html
from services.eoffice.models import Correspondence, File, Imported, Note
from services.eoffice.queries.records import check_not_weeded
from services.eoffice.queries.sight import readable_file, sees, sees_imported
from services.eoffice.queries.volumes import last_page, volumes


@dataclass(frozen=True, slots=True)
class Goal:
    """What a reference goes to: one of the three; the file may be one that was brought in."""

    file: File | Imported
    note: Note | None = None
    papers: tuple[Correspondence, ...] = ()

    @property
    def read(self) -> list[tuple[UUID, What]]:
        """Of which volumes something is read by it, and what, by their ids (see
        ``commands/load.py``). Of another file only its cover is."""
        if self.note is not None:
            return [(self.note.file_id, What.NOTE_SHEET)]
        return [(each, What.CONTENTS) for each in sorted({one.file_id for one in self.papers})]


def goal(session: Session, post: Post, file: File, reference: Reference) -> Goal:
    """What a reference in a text of ``file`` goes to.

    Notes and pages are numbered on from volume to volume: those of a volume that the post may not
    read are, for it, not there.

    Raises:
        NotFound: it goes nowhere, or to a file or a volume that the post may not read.
    """
    if reference.kind == "f":
        return Goal(_file(session, post, None, reference.file))
    known = volumes(session, file)
    ids = [each.id for each in known]
    seen = [each.id for each in known if sees(session, post, each)]
    if reference.kind == "n":
        wanted = select(Note).where(Note.file_id.in_(seen), Note.number == reference.number)
        note = session.scalar(wanted)
        if note is None:
            raise _nowhere(reference, f"file {file.number} has no note {reference.number}")
        if reference.to is not None and reference.to > len(blocks(note.markup)):
            raise _nowhere(
                reference, f"note {reference.number} has {len(blocks(note.markup))} paragraphs"
            )
        return Goal(file, note)
    last = reference.number if reference.to is None else reference.to
    pages = last_page(session, seen)
    if last > pages:
        raise _nowhere(reference, f"the correspondence of file {file.number} has {pages} pages")
    papers = session.scalars(
        select(Correspondence)
        .where(
            Correspondence.file_id.in_(ids),
            Correspondence.last_page >= reference.number,
            Correspondence.first_page <= last,
        )
        .order_by(Correspondence.first_page)
    ).all()
    if any(each.file_id not in seen for each in papers):
        raise _nowhere(reference, f"file {file.number} has no page {reference.number} to be read")
    return Goal(file, papers=tuple(papers))


def check_references(session: Session, post: Post, file: File, text: str) -> None:
    """Refuse a text one of whose references goes nowhere.

    Raises:
        Invalid: names each of them.
    """
    wrong = []
    for each in references(text):
        try:
            goal(session, post, file, each)
        except NotFound as error:
            wrong.append(f"{{{each.code}}}: {error.message}")
    if wrong:
        raise Invalid("references that go nowhere", {"markup": wrong})


def resolve(session: Session, post: Post, args: dict[str, Any]) -> dict[str, Any]:
    """As ``resolved``, without what is read by it."""
    return resolved(session, post, args)[0]


def resolved(
    session: Session, post: Post, args: dict[str, Any]
) -> tuple[dict[str, Any], list[tuple[UUID, What]]]:
    """``{"ref", "file", "note", "papers"}``: where a reference in a file's text goes; and what is
    read so (``Goal.read``).

    ``file`` is id, number, subject and status (``archived``: it was brought in, and is among the
    archived files); ``note`` id, number, ``paragraph`` and what stands there;
    ``papers`` those that the pages are in, with ``from_page`` and ``to_page`` within each.

    Raises:
        Invalid: it is no reference.
        NotFound: it goes nowhere, or to what the post may not read.
        Conflict: the file that the text stands in was weeded.
    """
    file = _file(session, post, args["id"], args["number"])
    reference = parse(args["ref"])
    if reference is None:
        raise Invalid("no reference", {"ref": ["must be like n:3, n:3/2, c:12, c:12-14 or f:…"]})
    if isinstance(file, File):
        check_not_weeded(session, file)
        found = goal(session, post, file, reference)
    elif reference.kind == "f":
        found = Goal(_file(session, post, None, reference.file))
    else:
        raise _nowhere(
            reference, f"file {file.number} was brought in: its notes are in its archive"
        )
    shown = {
        "ref": reference.code,
        "file": {
            "id": str(found.file.id),
            "number": found.file.number,
            "subject": found.file.subject,
            "status": found.file.state if isinstance(found.file, File) else "archived",
        },
        "note": None if found.note is None else _note(found.note, reference.to),
        "papers": [_paper(each, reference) for each in found.papers],
    }
    return shown, found.read


def _file(
    session: Session, post: Post, file_id: UUID | None, number: str | None
) -> File | Imported:
    """A file of this office or one that was brought in, by its id or its number.

    Raises:
        NotFound: there is none, or the post may not read it: the same either way.
    """
    wanted = Imported.id == file_id if file_id is not None else Imported.number == number
    imported = session.scalar(select(Imported).where(wanted))
    if imported is None:
        return readable_file(session, post, file_id, number)
    key = str(file_id if file_id is not None else number)
    check_readable("file", key, sees_imported(session, post, imported))
    return imported


def _note(note: Note, paragraph: int | None) -> dict[str, Any]:
    read = blocks(note.markup)
    shown = read if paragraph is None else read[paragraph - 1 : paragraph]
    return {
        "id": str(note.id),
        "number": note.number,
        "paragraph": paragraph,
        "html": html(shown, note.language),
    }


def _paper(paper: Correspondence, reference: Reference) -> dict[str, Any]:
    last = reference.number if reference.to is None else reference.to
    return {
        "id": str(paper.id),
        "position": paper.position,
        "title": paper.title,
        "paper_id": None if paper.paper_id is None else str(paper.paper_id),
        "from_page": max(reference.number, paper.first_page) - paper.first_page + 1,
        "to_page": min(last, paper.last_page) - paper.first_page + 1,
    }


def _nowhere(reference: Reference, why: str) -> NotFound:
    return NotFound(why, {"ref": reference.code})
