"""Letters of a file, their versions and how these differ."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select, tuple_
from sqlalchemy.orm import Session

from palika.errors import NotFound
from palika.india import day_of, in_digits
from palika.paging import cursor_at, order_of, position_of
from services.eoffice.documents import LetterPaper
from services.eoffice.domain.differences import changes, html, plain
from services.eoffice.domain.letters import State, legal_methods
from services.eoffice.domain.movement import State as FileState
from services.eoffice.domain.organisation import Post
from services.eoffice.models import Correspondence, File, Letter, LetterVersion, Paper
from services.eoffice.organisation_store import current
from services.eoffice.queries.papers import department_name, person_name, post_name
from services.eoffice.queries.readable import within
from services.eoffice.queries.records import check_not_weeded
from services.eoffice.queries.sight import check_sight, readable_file
from services.eoffice.reference import city_letters
from services.eoffice.schemas.letters import LetterView, VersionView

_letter = LetterView()
_version = VersionView()
TO = ("to_name", "to_address", "to_email", "to_phone")
"""What says to whom a letter is."""
# A letter of a file that was weeded is to nobody any more.
_NOT_OUT = (Letter.state == State.SENDING, Letter.to_name != "")


def letter_view(session: Session, letter: Letter) -> dict[str, Any]:
    """A letter, with the text of its newest version."""
    newest = session.get_one(LetterVersion, (letter.id, letter.version))
    shown: dict[str, Any] = _letter.dump(letter)
    return shown | {"subject": newest.subject, "body": newest.body}


def letters(session: Session, post: Post, args: Mapping[str, Any]) -> dict[str, Any]:
    """``items``: the letters of a file, the first begun first, each with what is ``legal`` for the
    post now; and its ``file_id``.

    Raises:
        NotFound: no such file, or the post may not read it.
    """
    file = readable_file(session, post, args["id"], args["number"])
    wanted = select(Letter).where(Letter.file_id == file.id).order_by(Letter.begun_at, Letter.id)
    items = [
        letter_view(session, each) | {"legal": _legal(each, file, post)}
        for each in session.scalars(wanted)
    ]
    return {"file_id": str(file.id), "items": items}


def numbers_not_out(session: Session, file_id: UUID) -> list[str]:
    """The numbers of the letters of a file that have one and have not gone out."""
    wanted = select(Letter.number).where(Letter.file_id == file_id, *_NOT_OUT)
    return [str(each) for each in session.scalars(wanted.order_by(Letter.number))]


def approved_not_out(session: Session, file_id: UUID) -> dict[UUID, str]:
    """To whom those letters of a file are, by their ids, that are approved and have not gone out;
    the first approved first."""
    wanted = select(Letter.id, Letter.to_name).where(
        Letter.file_id == file_id, Letter.state == State.APPROVED
    )
    found = session.execute(wanted.order_by(Letter.approved_at, Letter.id))
    return {each.id: each.to_name for each in found}


def refused(post: Post) -> tuple[ColumnElement[bool], ...]:
    """The rule, of ``Letter`` and its ``File``, for letters that notify could not send and that
    wait for who has the file: ``post``."""
    has = (File.held_by == post.code, *within(post, File.secrecy))
    return (*has, *_NOT_OUT, Letter.channel.is_(None))


def unsent(session: Session, post: Post, args: Mapping[str, Any]) -> dict[str, Any]:
    """The letters of a post's files that notify could not send, the first numbered first, a page at
    a time; each is to go by another channel.

    Args:
        post: whose desk.
        args: as ``schemas.moving.Paging`` loads them.

    Raises:
        Invalid: the cursor is not one that this list gave.
    """
    order = order_of("unsent", {**args, "post": post.code})
    found = select(Letter, File.number).join(File, File.id == Letter.file_id).where(*refused(post))
    place = (Letter.dispatched_at, Letter.id)
    if args["cursor"] is not None:
        found = found.where(tuple_(*place) > tuple_(*position_of(order, args["cursor"])))
    rows = session.execute(found.order_by(*place).limit(args["limit"] + 1)).all()
    shown = rows[: args["limit"]]
    last = shown[-1][0] if len(rows) > len(shown) else None
    return {
        "items": [_letter.dump(each) | {"file_number": number} for each, number in shown],
        "next": None if last is None else cursor_at(order, (last.dispatched_at, last.id)),
    }


def letter(session: Session, post: Post, args: Mapping[str, Any]) -> dict[str, Any]:
    """One letter with its ``versions``, what is ``legal`` for the post now, and ``paper_id``, the
    paper as it went out (None: it has not, or is of before papers were kept).

    Raises:
        NotFound: there is none, or the post may not read its file.
    """
    found, file = readable_letter(session, post, args)
    wanted = select(LetterVersion).where(LetterVersion.letter_id == found.id)
    versions = session.scalars(wanted.order_by(LetterVersion.version))
    paper = issued_paper(session, found)
    return letter_view(session, found) | {
        "versions": [_version.dump(each) | _addressed(found, each) for each in versions],
        "paper_id": None if paper is None else str(paper.id),
        "legal": _legal(found, file, post),
    }


def _legal(letter: Letter, file: File, post: Post) -> list[str]:
    on_desk = file.held_by == post.code and file.state == FileState.OPEN
    return legal_methods(State(letter.state), on_desk=on_desk)


def readable_letter(session: Session, post: Post, args: Mapping[str, Any]) -> tuple[Letter, File]:
    """A letter and its file.

    Raises:
        NotFound: there is none, or the post may not read its file.
    """
    found = session.get(Letter, args["id"])
    if found is None:
        raise NotFound(f"there is no letter {args['id']}", {"id": str(args["id"])})
    file = session.get_one(File, found.file_id)
    check_sight(session, post, file, "letter", str(found.id))
    return found, file


def difference(session: Session, post: Post, args: Mapping[str, Any]) -> dict[str, Any]:
    """What changed from one version of a letter to another: ``subject``, ``body``, ``to_name``,
    ``to_address``, ``to_email`` and ``to_phone``, each as ``html`` and as ``plain`` text. Of a
    version from before addressees were kept each of ``to_…`` is None.

    Raises:
        NotFound: there is no such letter or version, or the post may not read it.
    """
    found, _ = readable_letter(session, post, args)
    old, new = (_at(session, found, args[name]) for name in ("from_version", "to_version"))

    to = [_addressed(found, each) for each in (old, new)]

    kept = all(each["to_name"] is not None for each in to)

    def told(before: str, after: str) -> dict[str, str]:
        pieces = changes(before, after)
        return {"html": html(pieces), "plain": plain(pieces)}

    return {
        "id": str(found.id),
        "from_version": old.version,
        "to_version": new.version,
        "subject": told(old.subject, new.subject),
        "body": told(old.body, new.body),
        **{name: told(to[0][name] or "", to[1][name] or "") if kept else None for name in TO},
    }


def _addressed(letter: Letter, version: LetterVersion) -> dict[str, str | None]:
    """To whom a version is; of the newest, if it is from before that was kept, the letter is."""
    newest = version.version == letter.version and version.to_name is None
    row = letter if newest else version
    return {name: getattr(row, name) for name in TO}


def _at(session: Session, letter: Letter, version: int) -> LetterVersion:
    found = session.get(LetterVersion, (letter.id, version))
    if found is None:
        raise NotFound(f"letter {letter.id} has no version {version}", {"newest": letter.version})
    return found


def issued_paper(session: Session, letter: Letter) -> Paper | None:
    """The paper as it went out; None: it has not, or is of before papers were kept."""
    copy = select(Correspondence.paper_id).where(
        Correspondence.file_id == letter.file_id, Correspondence.letter_id == letter.id
    )
    return session.scalar(select(Paper).where(Paper.id.in_(copy)))


def letter_paper(session: Session, letter: Letter, file: File) -> LetterPaper:
    """What stands on a letter: as it went out, or its newest version as a draft.

    Raises:
        Conflict: the file was weeded.
    """
    check_not_weeded(session, file)
    organisation = current(session)
    text = session.get_one(LetterVersion, (letter.id, letter.version))
    language = letter.language
    wording = city_letters().wording(letter.template, language)
    signatory = (
        []
        if letter.approved_by is None
        else [
            person_name(organisation, letter.approved_person, language),
            post_name(organisation, letter.approved_by, language),
        ]
    )
    sent = letter.dispatched_at
    return LetterPaper(
        title=wording.title,
        department=department_name(organisation, file.department, language),
        number=letter.number or "",
        day="" if sent is None else in_digits(day_of(sent)),
        to=[letter.to_name, *(letter.to_address or "").splitlines()],
        subject=text.subject,
        salutation=wording.salutation,
        body=text.body,
        closing=[each for each in (wording.closing, *signatory) if each],
        approved=letter.approved_by is not None,
    )
