"""A letter that has its number goes to notify: once, whatever becomes of us meanwhile."""

import base64
import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika.errors import Conflict, PalikaError, Unavailable
from palika.store import Store
from services.eoffice.commands.issue_letter import Outward
from services.eoffice.commands.load import load_locked
from services.eoffice.domain.letters import Channel, State, message
from services.eoffice.domain.searching import Kind
from services.eoffice.models import File, Letter, Paper
from services.eoffice.queries.kept_papers import whole
from services.eoffice.queries.letters import issued_paper, letter_paper
from services.eoffice.sealing import act
from services.eoffice.searching import index

Begin = Callable[[], AbstractContextManager[Session]]
_log = logging.getLogger(__name__)
_SOME = 100


def send_letter(begin: Begin, outward: Outward, letter_id: UUID, now: datetime) -> None:
    """Ask notify to send a letter that waits for it, and write down that it has taken it.

    What is asked is made of what was committed with the number, under the letter's own id: asked
    again, by whomever, it is the same, and notify sends it once. Of a letter that does not wait
    (any more) nothing is asked.

    Raises:
        Unavailable: notify or the store does not answer: the letter waits.
        PalikaError: notify refused it, as it said; the letter keeps its number and may go out by
            another channel. Or (NotFound) the store has lost the letter's paper.
    """
    with begin() as session:
        letter = session.get_one(Letter, letter_id)
        if not _waits(letter):
            return
        channel = Channel(str(letter.channel))
        asked, paper = _message(session, letter, channel)
    if channel is Channel.EMAIL:
        asked = {**asked, "attachments": [_attachment(outward.store, paper)]}
    try:
        tracking = str(outward.send(id=str(letter_id), **asked)["id"])
    except Unavailable:
        raise
    except Conflict as error:
        # Only this letter is sent under its id: notify took it in other words (a post was renamed).
        _log.warning("letter %s: notify has taken it before: %s", letter_id, error)
        tracking = None
    except PalikaError as error:
        _log.warning("letter %s: notify refuses it: %s", letter_id, error.code)
        _refused(begin, letter_id, channel, error, now)
        raise
    _taken(begin, letter_id, channel, tracking, now)


def send_waiting(
    begin: Begin, outward: Outward, now: datetime, stopping: Callable[[], bool]
) -> int:
    """Send the letters that wait, ``_SOME`` at the most, the first numbered first; how many went.

    Any number of processes may do this at once.

    Raises:
        Unavailable: notify or the store does not answer.
    """
    waiting = (
        select(Letter.id)
        # A letter of a file that was weeded is to nobody any more.
        .where(Letter.state == State.SENDING, Letter.channel.is_not(None), Letter.to_name != "")
        .order_by(Letter.dispatched_at, Letter.id)
        .limit(_SOME)
    )
    with begin() as session:
        ids = session.scalars(waiting).all()
    went = 0
    for each in ids:
        if stopping():
            break
        try:
            send_letter(begin, outward, each, now)
            went += 1
        except Unavailable:
            raise
        except PalikaError as error:
            # One that cannot go stops no other; that notify refused it stands in the record.
            _log.error("letter %s does not go out: %s", each, error)
    return went


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
    begin: Begin, letter_id: UUID, channel: Channel, tracking: str | None, now: datetime
) -> None:
    with begin() as session:
        letter = _locked(session, letter_id)
        if not _waits(letter) or letter.channel != channel:
            return
        letter.state, letter.tracking = State.DISPATCHED, tracking
        index(session, Kind.LETTER, letter.id)
        said = {"letter": letter.id, "number": letter.number, "tracking": tracking}
        act(session, letter.file_id, "file", "sent a letter", None, now, said)


def _refused(
    begin: Begin, letter_id: UUID, channel: Channel, error: PalikaError, now: datetime
) -> None:
    with begin() as session:
        letter = _locked(session, letter_id)
        if not _waits(letter) or letter.channel != channel:
            return
        letter.channel = None
        said = {"letter": letter.id, "number": letter.number}
        said |= {"channel": str(channel), "code": error.code}
        act(session, letter.file_id, "file", "could not send a letter", None, now, said)


def _locked(session: Session, letter_id: UUID) -> Letter:
    """The letter, with its file locked."""
    letter = session.get_one(Letter, letter_id)
    load_locked(session, letter.file_id)
    session.refresh(letter)
    return letter
