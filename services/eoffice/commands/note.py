"""Notes: saved as yellow drafts, confirmed, taken back while they have not been sent."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.auth import Identity
from palika.errors import Conflict, Forbidden, Invalid, NotFound
from palika.india import day_of
from services.eoffice.commands.asked_again import check_same, made_before
from services.eoffice.commands.kept import check_kept
from services.eoffice.commands.load import load_locked, locked
from services.eoffice.commands.step import see
from services.eoffice.documents import unprintable
from services.eoffice.domain.contents import check_newest
from services.eoffice.domain.markup import mistakes
from services.eoffice.domain.noting import (
    Confirmed,
    check_confirm,
    check_draft,
    check_take_back,
    check_version,
    check_write_for,
)
from services.eoffice.domain.organisation import Actor
from services.eoffice.domain.searching import Kind
from services.eoffice.models import Act, File, Note, NoteDraft
from services.eoffice.organisation_store import actor
from services.eoffice.queries.notes import check_note_sight, is_signed
from services.eoffice.queries.reading import known_of
from services.eoffice.queries.references import check_references
from services.eoffice.queries.relied import rests_on
from services.eoffice.queries.sight import readable_file
from services.eoffice.queries.volumes import last_note, newer, volumes
from services.eoffice.sealing import act
from services.eoffice.searching import index


def save_draft(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> NoteDraft:
    """Save a yellow note as it is at this moment, half-written or not; whoever may read a file may.

    A draft is new when there is none of ``args["id"]``. Saved again with the text that it has
    already, it stays as it is: an answer that was lost does no harm. A closed file takes drafts
    too, so that nothing is lost of what was written while the services were away.

    Raises:
        NotFound: no such file.
        Forbidden: the note would be of a post that the caller cannot write for, or it is another's.
        Conflict: it is at another version than ``args["version"]``, is of another file, or has been
            confirmed; or the file was weeded.
    """
    who = actor(session, caller, args["post"], now)
    file = readable_file(session, who.post, args["file_id"])
    owner = args["for_post"] or who.post.code
    draft = made_before(session, NoteDraft, args["id"], {"file_id": file.id})
    if draft is not None:
        return _save_again(session, draft, args, who, now)
    if args["id"] is not None and (note := session.get(Note, args["id"])) is not None:
        # Of a note that is elsewhere no more is said than of a draft that is.
        check_same(note.id, ["file_id"] if note.file_id != file.id else [])
        raise _not_yellow(session, note.id, file, who, now)
    if args["id"] is not None and _was_there(session, file, args["id"]):
        raise _not_yellow(session, args["id"], file, who, now)
    check_write_for(who.post.code, who.post.reports_to, owner)
    check_kept(session, file, "write in")
    draft = NoteDraft(
        id=args["id"] or uuid7(),
        file_id=file.id,
        post=owner,
        by_post=who.post.code,
        by_person=who.person,
        language=args["language"],
        markup=args["markup"],
        begun_at=now,
        saved_at=now,
        version=1,
    )
    session.add(draft)
    act(session, file.id, "file", "drafted", who, now, {"draft": draft.id, "for": owner})
    return draft


def _save_again(
    session: Session, draft: NoteDraft, args: Mapping[str, Any], who: Actor, now: datetime
) -> NoteDraft:
    file = load_locked(session, draft.file_id)
    # Meanwhile it may have been confirmed, or thrown away.
    if locked(session, NoteDraft, draft.id) is None:
        check_kept(session, file, "write in")
        raise _not_yellow(session, args["id"], file, who, now)
    check_draft(draft.post, draft.by_post, who.post.code)
    if (draft.markup, draft.language) == (args["markup"], args["language"]):
        return draft
    if args["version"] is None or args["version"] != draft.version:
        raise Conflict(
            f"the draft was saved by {draft.by_post} since it was read: it is at version "
            f"{draft.version}, {_not_that(args['version'])}; read it again",
            {
                "version": draft.version,
                "expected": args["version"],
                "by_post": draft.by_post,
                "saved_at": draft.saved_at.isoformat(),
            },
        )
    draft.markup, draft.language = args["markup"], args["language"]
    draft.by_post, draft.by_person = who.post.code, who.person
    draft.saved_at = now
    draft.version += 1
    return draft


def _was_there(session: Session, file: File, draft_id: UUID) -> bool:
    """Whether a draft of this id was in the file: one that was thrown away does not come back when
    the desk, whose answer was lost, saves it once more."""
    said = Act.data["draft"].astext == str(draft_id)
    return bool(session.scalar(select(exists().where(Act.chain_id == file.id, said))))


def _not_yellow(
    session: Session, draft_id: UUID, file: File, who: Actor, now: datetime
) -> Conflict:
    note = session.get(Note, draft_id)
    if note is None:
        return Conflict(
            "the draft was thrown away meanwhile; save it as another",
            {"id": str(draft_id), "legal": ["save_draft"]},
        )
    legal = ["save_draft"]
    try:
        _check_take_back(session, note, file, who, now)
    except (Conflict, Forbidden):
        pass
    else:
        legal.insert(0, "take_back_note")
    return Conflict(
        f"it has been confirmed as note {note.number}",
        {"id": str(note.id), "number": note.number, "legal": legal},
    )


def discard_draft(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> None:
    """Throw a yellow note away.

    Raises:
        NotFound: there is no such draft, or it is another's in a file that the post may not read.
        Forbidden: it is another's.
        Conflict: it is at another version than ``args["version"]``.
    """
    who = actor(session, caller, args["post"], now)
    found = session.get(NoteDraft, args["id"])
    if found is not None:
        load_locked(session, found.file_id)
    draft = _draft(session, args["id"])
    check_note_sight(session, who.post, draft, "draft")
    check_draft(draft.post, draft.by_post, who.post.code)
    check_version("the draft", draft.version, args["version"])
    session.delete(draft)
    act(session, draft.file_id, "file", "discarded a draft", who, now, {"draft": draft.id})


def confirm_note(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Note:
    """Make a yellow note green: it gets the next number of its file. Asked again it gives the note.

    Raises:
        NotFound: there is no such draft, or it is another's in a file that the post may not read.
        Forbidden: the note is another post's, or the file is with another.
        Conflict: the draft is at another version than ``args["version"]``, or the file is not open.
        Invalid: its text cannot be a note, or a reference in it goes nowhere.
    """
    who = actor(session, caller, args["post"], now)
    done = session.get(Note, args["id"])
    if done is not None:
        if done.post != who.post.code:
            check_note_sight(session, who.post, done, "draft")
            raise Forbidden(f"the note is of {done.post}", {"owner": done.post})
        return done
    found = session.get(NoteDraft, args["id"])
    if found is None:
        raise NotFound(f"there is no draft {args['id']}", {"id": str(args["id"])})
    check_note_sight(session, who.post, found, "draft")
    file = load_locked(session, found.file_id)
    done = session.get(Note, args["id"])
    if done is not None:
        return done
    draft = _draft(session, args["id"])
    check_newest(file.number, newer(session, file), "confirm a note")
    known = known_of(session, file, who, day_of(now))
    check_confirm(file.standing, draft.post, who.post.code, known)
    see(session, file, now)
    check_version("the draft", draft.version, args["version"])
    wrong = mistakes(draft.markup)
    if none := unprintable(draft.markup):
        wrong.append(f"has what cannot be printed: {', '.join(none[:5])}")
    if wrong:
        raise Invalid("cannot be a note", {"markup": wrong})
    check_references(session, who.post, file, draft.markup)
    note = Note(
        id=draft.id,
        file_id=file.id,
        number=_last(session, file) + 1,
        post=who.post.code,
        person=who.person,
        capacity=str(who.capacity),
        by_post=draft.by_post,
        by_person=draft.by_person,
        language=draft.language,
        markup=draft.markup,
        confirmed_at=now,
        moves=file.moves,
    )
    session.delete(draft)
    session.add(note)
    index(session, Kind.NOTE, note.id)
    act(session, file.id, "file", "noted", who, now, {"note": note.id, "number": note.number})
    return note


def take_back_note(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> NoteDraft:
    """Make a green note yellow again, under the new id ``args["draft_id"]``; its number is free.

    Raises:
        NotFound: there is no such note, or it is another's in a file that the post may not read.
        Forbidden: it is another's, or the file is with another post.
        Conflict: the file has moved since, another note follows, something rests on it (a decision,
            a question or its answer, a letter, a closing, who has read it), it is signed, or the
            file is not open.
    """
    who = actor(session, caller, args["post"], now)
    note = session.get(Note, args["id"])
    if note is not None:
        check_note_sight(session, who.post, note, "note")
        file = load_locked(session, note.file_id)
        # Whoever had the file before may have taken it back.
        note = session.get(Note, args["id"], populate_existing=True)
    again = session.get(NoteDraft, args["draft_id"]) if args["draft_id"] is not None else None
    if note is None and again is not None and again.post == who.post.code:
        return again
    if note is None:
        raise NotFound(f"there is no note {args['id']}", {"id": str(args["id"])})
    if again is not None:
        raise Conflict(f"there is a draft {again.id} already", {"id": str(again.id)})
    _check_take_back(session, note, file, who, now)
    draft = NoteDraft(
        id=args["draft_id"] or uuid7(),
        file_id=file.id,
        post=note.post,
        by_post=note.by_post,
        by_person=note.by_person,
        language=note.language,
        markup=note.markup,
        begun_at=now,
        saved_at=now,
        version=1,
    )
    session.add(draft)
    session.delete(note)
    index(session, Kind.NOTE, note.id)
    act(
        *(session, file.id, "file", "took a note back", who, now),
        {"note": note.id, "number": note.number, "draft": draft.id},
    )
    return draft


def _check_take_back(session: Session, note: Note, file: File, who: Actor, now: datetime) -> None:
    last = note.number == _last(session, file)
    moved = file.moves > note.moves
    standing = Confirmed(note.number, note.post, last, moved, rests_on(session, note))
    known = known_of(session, file, who, day_of(now))
    check_take_back(standing, file.standing, who.post.code, known)
    if is_signed(session, note):
        raise Conflict(f"note {note.number} is signed: write another", {"note": str(note.id)})


def _draft(session: Session, draft_id: UUID) -> NoteDraft:
    found = locked(session, NoteDraft, draft_id)
    if found is None:
        raise NotFound(f"there is no draft {draft_id}", {"id": str(draft_id)})
    return found


def _last(session: Session, file: File) -> int:
    return last_note(session, [each.id for each in volumes(session, file)])


def _not_that(version: int | None) -> str:
    return "and none was said" if version is None else f"not {version}"
