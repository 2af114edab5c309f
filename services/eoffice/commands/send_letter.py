"""A letter that has its number goes to notify: once, whatever becomes of us meanwhile."""

import base64
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from palika import calls
from palika.errors import Conflict, Invalid, NotFound, PalikaError, Unavailable
from palika.store import Store
from services.eoffice.commands.issue_letter import Outward
from services.eoffice.commands.load import load_locked
from services.eoffice.domain.letters import NOT_SENT, Channel, State, message, message_id
from services.eoffice.domain.searching import Kind
from services.eoffice.models import File, Letter, Paper
from services.eoffice.queries.kept_papers import whole
from services.eoffice.queries.letters import issued_paper, letter_paper
from services.eoffice.sealing import act
from services.eoffice.searching import index

Begin = Callable[[], AbstractContextManager[Session]]
Clock = Callable[[], datetime]
_log = logging.getLogger(__name__)
_SOME = 100
_AWAY = 10
"""For so many letters in a row nobody answers before a round ends."""


def send_letter(begin: Begin, outward: Outward, letter_id: UUID, clock: Clock) -> bool:
    """Ask notify to send a letter that waits for it, and write down that it has taken it.

    What is asked is made of what was committed with the number, under an id of the letter and its
    channel: asked again, by whomever, it is the same, and notify sends it once. Of a letter that
    does not wait (any more) nothing is asked.

    Args:
        begin: a transaction on the service's database.
        outward: notify, and where papers are.
        letter_id: which.
        clock: the moment, aware. It is asked for when the answer is written down: notify may take
            its time, and other letters came before this one.

    Returns:
        Whether it has gone now. It waits still if notify answers with an error that says nothing
        of the letter (a template that it lacks, an error of its own): that is logged.

    Raises:
        Unavailable: notify or the store does not answer: the letter waits.
        Invalid: notify refused it, or could not send it; the letter keeps its number and may go
            out by another channel.
        NotFound: the store has lost the letter's paper; as above.
    """
    with begin() as session:
        letter = session.get_one(Letter, letter_id)
        if not _waits(letter):
            return False
        channel = Channel(str(letter.channel))
        asked, paper = _message(session, letter, channel)
    try:
        if channel is Channel.EMAIL:
            asked = {**asked, "attachments": [_attachment(outward.store, paper)]}
    except NotFound as error:
        _refused(begin, letter_id, channel, error.code, clock)
        raise
    try:
        taken = outward.send(id=str(message_id(letter_id, channel)), **asked)
    except (Unavailable, Invalid) as error:
        if isinstance(error, Invalid):
            _refused(begin, letter_id, channel, error.code, clock)
        raise
    except Conflict as error:
        # Only this message is sent under its id: notify took it in other words (a post was
        # renamed).
        _log.warning("letter %s: notify has taken it before: %s", letter_id, error)
        taken = {"id": None}
    except PalikaError as error:
        _log.error("letter %s waits: notify answers with %s: %s", letter_id, error.code, error)
        return False
    if taken.get("state") in NOT_SENT:
        _refused(begin, letter_id, channel, taken["state"], clock)
        rule = f"{channel} did not go: {taken.get('reason') or taken['state']}"
        raise Invalid("notify could not send the letter", {"channel": [rule]})
    _taken(begin, letter_id, channel, taken["id"], clock)
    return True


def send_waiting(begin: Begin, outward: Outward, clock: Clock, stopping: Callable[[], bool]) -> int:
    """Send all letters that wait, the first numbered first; how many went.

    One that cannot go stops no other. Any number of processes may do this at once. What is written
    down of each has its own moment, by ``clock``.

    Raises:
        Unavailable: when all was tried: notify or the store did not answer for one. When they have
            not answered for ``_AWAY`` in a row, the rest is left.
    """
    went, away = 0, 0
    unanswered: Unavailable | None = None
    for each in _waiting(begin):
        if stopping() or away == _AWAY:
            break
        try:
            went += send_letter(begin, outward, each, clock)
            away = 0
        except Unavailable as error:
            unanswered, away = error, away + 1
        except PalikaError as error:
            # That notify refused it stands in the record.
            _log.error("letter %s does not go out: %s", each, error)
            away = 0
    if unanswered is not None:
        raise unanswered
    return went


def _waiting(begin: Begin) -> Iterator[UUID]:
    """The letters that wait, ``_SOME`` a page; each is given once."""
    waiting = (
        select(Letter.dispatched_at, Letter.id)
        # A letter of a file that was weeded is to nobody any more.
        .where(Letter.state == State.SENDING, Letter.channel.is_not(None), Letter.to_name != "")
        .order_by(Letter.dispatched_at, Letter.id)
        .limit(_SOME)
    )
    page = waiting
    while True:
        with begin() as session:
            found = session.execute(page).all()
        for _, each in found:
            yield each
        if len(found) < _SOME:
            return
        page = waiting.where(tuple_(Letter.dispatched_at, Letter.id) > tuple_(*found[-1]))


def _waits(letter: Letter) -> bool:
    return letter.state == State.SENDING and letter.channel is not None


def _message(
    session: Session, letter: Letter, channel: Channel
) -> tuple[Mapping[str, Any], Paper | None]:
    paper = letter_paper(session, letter, session.get_one(File, letter.file_id))
    to = {name: getattr(letter, name) for name in ("to_name", "to_email", "to_phone")}
    signatory = paper.closing[-1] if paper.closing else paper.department
    told = message(channel, to, str(letter.number), paper.subject, signatory)
    assert told is not None  # on paper nothing waits to be sent
    contact = {**told["contact"], "language": letter.language}
    return {**told, "contact": contact}, issued_paper(session, letter)


def _attachment(store: Store, paper: Paper | None) -> dict[str, str]:
    assert paper is not None  # kept with the number
    return {
        "name": paper.name,
        "media_type": "application/pdf",
        "content_base64": base64.b64encode(whole(store, paper)).decode(),
    }


def _taken(
    begin: Begin, letter_id: UUID, channel: Channel, tracking: str | None, clock: Clock
) -> None:
    with begin() as session:
        letter = _locked(session, letter_id)
        if not _waits(letter) or letter.channel != channel:
            return
        letter.state, letter.tracking = State.DISPATCHED, tracking
        index(session, Kind.LETTER, letter.id)
        said = {"letter": letter.id, "number": letter.number, "tracking": tracking}
        _keep(session, letter, "sent a letter", clock(), said)


def _refused(begin: Begin, letter_id: UUID, channel: Channel, code: str, clock: Clock) -> None:
    with begin() as session:
        letter = _locked(session, letter_id)
        if not _waits(letter) or letter.channel != channel:
            return
        letter.channel = None
        said = {"letter": letter.id, "number": letter.number}
        said |= {"channel": str(channel), "code": code}
        _keep(session, letter, "could not send a letter", clock(), said)


def _keep(
    session: Session, letter: Letter, verb: str, at: datetime, said: Mapping[str, Any]
) -> None:
    # What makes it once is the letter's state, under its lock. Whether a call comes to it the first
    # time or the second the call's own acts, before it, do not tell.
    with calls.beside():
        act(session, letter.file_id, "file", verb, None, at, said)


def _locked(session: Session, letter_id: UUID) -> Letter:
    """The letter, with its file locked."""
    letter = session.get_one(Letter, letter_id)
    load_locked(session, letter.file_id)
    session.refresh(letter)
    return letter
