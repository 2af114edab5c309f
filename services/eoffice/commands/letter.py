"""Letters: drafted, revised, approved, returned, discarded. Only the post that has the file may."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.auth import Identity
from palika.errors import Invalid, NotFound
from palika.india import day_of
from services.eoffice.commands.asked_again import check_same, made_before
from services.eoffice.commands.load import load_locked, load_readable, lock_case, one_at_a_time
from services.eoffice.commands.step import see
from services.eoffice.documents import unprintable
from services.eoffice.domain.letter_powers import check_approves, check_undoes
from services.eoffice.domain.letters import State, Step, after, check_text, filled
from services.eoffice.domain.noting import check_on_desk, check_version
from services.eoffice.domain.organisation import Actor, Post
from services.eoffice.domain.searching import Kind
from services.eoffice.models import File, Letter, LetterVersion
from services.eoffice.organisation_store import actor, current
from services.eoffice.queries.letters import TO
from services.eoffice.queries.reading import known_of, legal_now
from services.eoffice.queries.sight import check_sight
from services.eoffice.reference import city_letters, city_linking
from services.eoffice.sealing import act
from services.eoffice.searching import index


def draft_letter(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Letter:
    """Begin a letter out of a file; what the call leaves out is the template's.

    Raises:
        NotFound: no such file, or the post may not read it.
        Forbidden: the file is with another post.
        Conflict: it is not open, or something else was drafted under this id.
        Invalid: no such template.
    """
    who = actor(session, caller, args["post"], now)
    one_at_a_time(session, args["id"])
    file = load_readable(session, who.post, args["file_id"])
    asked = {name: args[name] for name in ("file_id", "template", "language")}
    if (done := made_before(session, Letter, args["id"], asked)) is not None:
        _check_same_draft(session, done, args)
        return done
    check_on_desk(
        file.standing,
        "draft a letter",
        who.post.code,
        known_of(session, file, who, day_of(now)),
    )
    wording = city_letters().wording(args["template"], args["language"])
    blanks = _blanks(file, args["to_name"])
    letter = Letter(
        **asked,
        **{name: args[name] for name in TO},
        id=args["id"] or uuid7(),
        state=State.DRAFT,
        version=1,
        begun_by=who.post.code,
        begun_at=now,
    )
    session.add(letter)
    session.flush()
    subject = args["subject"] or filled(wording.subject, blanks)
    body = args["body"] if args["body"] is not None else filled(wording.body, blanks)
    session.add(_version(letter, subject, body, who, now))
    _written(session, file, letter, "drafted a letter", who, now)
    return letter


def _blanks(file: File, to_name: str) -> dict[str, str]:
    return {"file": file.number, "subject": file.subject, "name": to_name}


def _begun(letter: Letter, file: File) -> str:
    """What its template begins a letter with."""
    wording = city_letters().wording(letter.template, letter.language)
    return filled(wording.body, _blanks(file, letter.to_name))


def _check_same_draft(session: Session, done: Letter, args: Mapping[str, Any]) -> None:
    """Text and address are compared with the first version; of one from before addresses were kept
    with versions, an address that was revised since is not known any more."""
    first = session.get_one(LetterVersion, (done.id, 1))
    rows: dict[str, Letter | LetterVersion] = {"subject": first, "body": first}
    if first.to_name is not None:
        rows |= dict.fromkeys(TO, first)
    elif done.version == 1:
        rows |= dict.fromkeys(TO, done)
    given = {name: args[name] for name in rows if name in TO or args[name] is not None}
    check_same(done.id, (name for name, said in given.items() if getattr(rows[name], name) != said))


def revise_letter(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Letter:
    """Save a draft's next version: its text, and to whom it is. Saved again as it is already, it
    stays.

    Raises:
        NotFound: no such letter.
        Forbidden: its file is with another post.
        Conflict: it is at another version than ``args["version"]``, is approved, or is gone out.
    """
    letter, file, who = _begin(session, caller, args, Step.REVISE, now)
    newest = session.get_one(LetterVersion, (letter.id, letter.version))
    subject = args["subject"] or newest.subject
    to = {name: args[name] for name in TO if args[name] is not None}
    same_text = (newest.subject, newest.body) == (subject, args["body"])
    if same_text and all(getattr(letter, name) == value for name, value in to.items()):
        return letter
    check_version("the letter", letter.version, args["version"])
    if newest.to_name is None:
        # From before: to whom it is would be nowhere any more.
        _address(newest, letter)
    for name, value in to.items():
        setattr(letter, name, value)
    letter.version += 1
    session.add(_version(letter, subject, args["body"], who, now))
    _written(session, file, letter, "revised a letter", who, now)
    return letter


def approve_letter(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Letter:
    """Approve a letter as it reads in ``args["version"]``, and in no other. Asked again by the post
    that did, it stays so.

    Raises:
        NotFound: no such letter.
        Forbidden: its file is with another post; or the post may not approve such letters, or the
            officer wrote it at one that may not: ``may`` names who may.
        Conflict: it is at another version, or no draft.
        Invalid: it cannot go out as it is.
    """
    letter, file, who = _begin(session, caller, args, Step.APPROVE, now, State.APPROVED)
    if letter.state == State.APPROVED:
        return letter
    check_version("the letter", letter.version, args["version"])
    whose = _by_whose_power(session, letter, file, who, now)
    text = session.get_one(LetterVersion, (letter.id, letter.version))
    check_text(text.body, _begun(letter, file))
    if none := unprintable(f"{text.subject}\n{text.body}\n{letter.to_name}\n{letter.to_address}"):
        raise Invalid("cannot be printed", {"body": [f"has {', '.join(none[:5])}"]})
    letter.state = State.APPROVED
    letter.approved_by, letter.approved_person = who.post.code, who.person
    letter.approved_at = now
    said = {"delegated_by": None if whose == who.post.code else whose}
    _written(session, file, letter, "approved a letter", who, now, said)
    return letter


def _by_whose_power(session: Session, letter: Letter, file: File, who: Actor, now: datetime) -> str:
    """The post by whose power an actor approves a letter. Raises as ``check_approves``."""
    city, day = current(session), day_of(now)
    wrote = select(LetterVersion.by_post).where(LetterVersion.letter_id == letter.id)
    if who.person is None:
        # A service names no officer: what it wrote is the post's.
        wrote = wrote.where(LetterVersion.by_post == who.post.code)
    else:
        wrote = wrote.where(LetterVersion.by_person == who.person)
    own = [who.post.code] if who.person is None else city.posts_of(who.person, day)
    power = city_letters().power(letter.template)
    at = session.scalars(wrote.distinct()).all()

    def left() -> list[str]:
        """What is done with the file of a draft that is not approved here, or with the draft."""
        return [*legal_now(session, file, who, day), Step.REVISE.method, Step.DISCARD.method]

    return check_approves(power, city, who, at, own, day, city_linking(), left).code


def return_letter(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Letter:
    """Take an approval back: the letter is a draft again, and can be revised.

    Raises:
        NotFound, Conflict: as ``approve_letter``.
        Forbidden: its file is with another post; or the post neither approved it nor is above that.
    """
    letter, file, who = _begin(session, caller, args, Step.RETURN, now)
    check_version("the letter", letter.version, args["version"])
    _check_undoes(session, letter, file, who, now)
    letter.state = State.DRAFT
    letter.approved_by = letter.approved_person = letter.approved_at = None
    _written(session, file, letter, "returned a letter", who, now)
    return letter


def discard_letter(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Letter:
    """Give a letter up; its versions stay on the record. Given up already, it stays so.

    Raises as ``return_letter``; a draft any post gives up that has the file.
    """
    letter, file, who = _begin(session, caller, args, Step.DISCARD, now, State.DISCARDED)
    if letter.state == State.DISCARDED:
        return letter
    check_version("the letter", letter.version, args["version"])
    _check_undoes(session, letter, file, who, now)
    letter.state = State.DISCARDED
    _written(session, file, letter, "discarded a letter", who, now)
    return letter


def _check_undoes(session: Session, letter: Letter, file: File, who: Actor, now: datetime) -> None:
    if (approved_by := letter.approved_by) is not None:
        above = current(session).above(approved_by)
        check_undoes(
            *(who, approved_by, above),
            lambda: [*legal_now(session, file, who, day_of(now)), Step.DISPATCH.method],
        )


def load_letter(
    session: Session, post: Post, letter_id: UUID, *, of_case: bool = False
) -> tuple[Letter, File]:
    """A letter and its file, both locked, the file first.

    Args:
        of_case: for what other files of the case depend on, before them the one that it began with
            (``lock_case``).

    Raises:
        NotFound: there is none, or the post may not read its file: the same either way.
    """
    found = session.get(Letter, letter_id)
    if found is None:
        raise NotFound(f"there is no letter {letter_id}", {"id": str(letter_id)})
    if of_case:
        lock_case(session, session.get_one(File, found.file_id))
    file = load_locked(session, found.file_id)
    check_sight(session, post, file, "letter", str(letter_id))
    session.refresh(found)
    return found, file


def _begin(
    session: Session,
    caller: Identity,
    args: Mapping[str, Any],
    step: Step,
    now: datetime,
    there: State | None = None,
) -> tuple[Letter, File, Actor]:
    """``there``: a letter that is in this state already, by this very step, is no mistake."""
    who = actor(session, caller, args["post"], now)
    letter, file = load_letter(session, who.post, args["id"])
    check_on_desk(
        file.standing,
        f"{step} a letter",
        who.post.code,
        known_of(session, file, who, day_of(now)),
    )
    own = there is not State.APPROVED or letter.approved_by == who.post.code
    if not (letter.state == there and letter.version == args["version"] and own):
        after(State(letter.state), step)
    return letter, file, who


def _version(letter: Letter, subject: str, body: str, who: Actor, now: datetime) -> LetterVersion:
    made = LetterVersion(
        letter_id=letter.id,
        version=letter.version,
        subject=subject,
        body=body,
        by_post=who.post.code,
        by_person=who.person,
        saved_at=now,
    )
    _address(made, letter)
    return made


def _address(version: LetterVersion, letter: Letter) -> None:
    """Put down to whom a letter is as it is in this version."""
    for name in TO:
        setattr(version, name, getattr(letter, name))


def _written(
    session: Session,
    file: File,
    letter: Letter,
    verb: str,
    who: Actor,
    now: datetime,
    said: Mapping[str, Any] | None = None,
) -> None:
    see(session, file, now)
    index(session, Kind.LETTER, letter.id)
    told = {"letter": letter.id, "version": letter.version, **(said or {})}
    act(session, file.id, "file", verb, who, now, told)
