"""The note sheet of a file, and the yellow notes of a desk."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import exists, or_, select, tuple_
from sqlalchemy.orm import Session

from palika.errors import NotFound
from palika.paging import cursor_at, order_of, position_of
from services.eoffice.domain.markup import blocks
from services.eoffice.domain.noting import check_draft
from services.eoffice.domain.organisation import Organisation, Post
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.domain.shown import html
from services.eoffice.models import File, Movement, Note, NoteDraft, Signature
from services.eoffice.organisation_store import current
from services.eoffice.queries.marks import marks_of
from services.eoffice.queries.readable import within
from services.eoffice.queries.records import check_not_weeded
from services.eoffice.queries.relied import rests_on
from services.eoffice.queries.sight import check_sight, readable_file
from services.eoffice.schemas import MovementView
from services.eoffice.schemas.noting import DraftView, NoteView
from services.eoffice.sealing import city_keys_of_record
from services.eoffice.sealing.record import name_of
from services.eoffice.sealing.verify.of_rows import altered

_note = NoteView()
_draft = DraftView()
_remarks = MovementView(many=True)
_SAVED = "saved"


def note_view(note: Note) -> dict[str, Any]:
    """A green note, with its text as HTML; ``id``s in it are ``n<number>-<paragraph>``."""
    shown: dict[str, Any] = _note.dump(note)
    return shown | {"html": html(blocks(note.markup), note.language, note.number)}


def draft_view(draft: NoteDraft) -> dict[str, Any]:
    """A yellow note, with its text as HTML."""
    shown: dict[str, Any] = _draft.dump(draft)
    return shown | {"html": html(blocks(draft.markup), draft.language)}


def note_sheet(session: Session, post: Post, args: Mapping[str, Any]) -> dict[str, Any]:
    """``notes`` of a file in their order, ``drafts``: those of the post that asks, ``opinions``:
    what was asked about it and answered, and ``remarks``: the moves that were made with one.

    Of a note, ``sent`` says that the file has moved since, ``final`` that it is not taken back any
    more by its author, and ``altered`` that it is not what was written down: somebody has been at
    it behind the service's back. ``post_name`` and ``person_name`` (``mr``, ``en``) are what they
    were called when it was written.

    Raises:
        NotFound: no such file, or the post may not read it.
        Conflict: it was weeded.
    """
    file = readable_file(session, post, args["id"], args["number"])
    check_not_weeded(session, file)
    notes, strange = green_notes(session, file)
    city = current(session)
    own = or_(NoteDraft.post == post.code, NoteDraft.by_post == post.code)
    drafts = (
        select(NoteDraft)
        .where(NoteDraft.file_id == file.id, own)
        .order_by(NoteDraft.begun_at, NoteDraft.id)
    )
    remarks = (
        select(Movement)
        .where(Movement.file_id == file.id, Movement.remark.is_not(None))
        .order_by(Movement.position)
    )
    return {
        "file_id": str(file.id),
        "number": file.number,
        "notes": [
            note_view(each)
            | {
                "sent": file.moves > each.moves,
                "final": is_final(session, file, each, last=each is notes[-1]),
                "altered": name_of(each) in strange,
            }
            | _names(city, each)
            for each in notes
        ],
        "drafts": [draft_view(each) for each in session.scalars(drafts)],
        "opinions": marks_of(session, file.id),
        "remarks": _remarks.dump(session.scalars(remarks).all()),
    }


def is_final(session: Session, file: File, note: Note, *, last: bool) -> bool:
    """Whether a green note of a file is not taken back any more; see ``noting.check_take_back``."""
    return (
        not last
        or file.moves > note.moves
        or is_signed(session, note)
        or rests_on(session, note) is not None
    )


def is_signed(session: Session, note: Note) -> bool:
    """Whether somebody has signed a note."""
    mine = exists().where(Signature.file_id == note.file_id, Signature.row == name_of(note))
    return bool(session.scalar(select(mine)))


def _names(city: Organisation, note: Note) -> dict[str, Any]:
    """What the post and the officer of a note were called when it was confirmed."""
    named = {"post_name": ("post", note.post), "person_name": ("person", note.person)}
    return {
        name: dict(zip(("mr", "en"), city.called(*what, note.confirmed_at), strict=True))
        for name, what in named.items()
    }


def green_notes(session: Session, file: File) -> tuple[Sequence[Note], frozenset[str]]:
    """The green notes of a file in their order, and the names of those that are not what was
    written down."""
    wanted = select(Note).where(Note.file_id == file.id).order_by(Note.number)
    notes = session.scalars(wanted).all()
    strange = altered(session, city_keys_of_record(), file.id, notes)
    if strange:
        # Or somebody has written between the two readings: the file is held while they are redone.
        session.execute(select(File.id).where(File.id == file.id).with_for_update(read=True))
        notes = session.scalars(wanted, execution_options={"populate_existing": True}).all()
        strange = altered(session, city_keys_of_record(), file.id, notes)
    return notes, strange


def draft(session: Session, post: Post, args: Mapping[str, Any]) -> dict[str, Any]:
    """One yellow note.

    Raises:
        NotFound: there is none, or it is in a file that the post may not read.
        Forbidden: it is another's.
    """
    found = session.get(NoteDraft, args["id"])
    if found is None:
        raise NotFound(f"there is no draft {args['id']}", {"id": str(args["id"])})
    check_note_sight(session, post, found, "draft")
    check_draft(found.post, found.by_post, post.code)
    return draft_view(found)


def check_note_sight(session: Session, post: Post, note: Note | NoteDraft, what: str) -> None:
    """Refuse to say anything of a note in a file that a post may not read; whose it is, and who
    wrote it, know of it.

    Raises:
        NotFound: as if there were no such ``what``.
    """
    if post.code not in (note.post, note.by_post) or post.limit < Secrecy.TOP_SECRET:
        check_sight(session, post, session.get_one(File, note.file_id), what, str(note.id))


def drafts(session: Session, post: Post, args: Mapping[str, Any]) -> dict[str, Any]:
    """A page of a desk's yellow notes: its own and those that it wrote for another, the last saved
    first. ``items``, and ``next``.

    Raises:
        Invalid: the cursor is not one that this list gave.
    """
    limit: int = args["limit"]
    order = order_of(_SAVED, {"post": post.code})
    statement = select(NoteDraft).where(
        or_(NoteDraft.post == post.code, NoteDraft.by_post == post.code)
    )
    if limited := within(post, File.secrecy):
        statement = statement.where(NoteDraft.file_id.in_(select(File.id).where(*limited)))
    if args["cursor"] is not None:
        position = tuple_(*position_of(order, args["cursor"]))
        statement = statement.where(tuple_(NoteDraft.saved_at, NoteDraft.id) < position)
    newest = statement.order_by(NoteDraft.saved_at.desc(), NoteDraft.id.desc()).limit(limit + 1)
    found = session.scalars(newest).all()
    shown = found[:limit]
    after = cursor_at(order, (shown[-1].saved_at, shown[-1].id)) if len(found) > limit else None
    return {"items": [_draft.dump(each) for each in shown], "next": after}
