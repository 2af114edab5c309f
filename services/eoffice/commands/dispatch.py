"""A letter goes out: numbered, and its office copy put into the correspondence of its file."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.blocking import off_hub
from palika.errors import Conflict
from palika.india import day_of
from services.eoffice.commands.add_paper import place
from services.eoffice.commands.letter import load_letter
from services.eoffice.commands.open_file import take_serials
from services.eoffice.documents import letter_pdf, page_count
from services.eoffice.domain.letters import Channel, State, Step, after, check_channel, message
from services.eoffice.domain.noting import check_on_desk, check_version
from services.eoffice.domain.searching import Kind
from services.eoffice.domain.serials import before, numbered
from services.eoffice.models import Correspondence, File, Letter
from services.eoffice.organisation_store import actor
from services.eoffice.queries.letters import letter_paper
from services.eoffice.reference import city_letters
from services.eoffice.sealing import act
from services.eoffice.searching import index

Send = Callable[..., Any]
"""``notify.send``: sends a message once, whatever becomes of our transaction, by its ``id``."""


def dispatch_letter(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime, send: Send
) -> tuple[Letter, Correspondence]:
    """Send an approved letter out: it gets its number, and returns to the table of contents of its
    file as ``issued``. Asked again it gives what was done.

    By e-mail, WhatsApp or SMS it has gone when notify has taken the message, so that none is said
    to be sent that is not: meanwhile the number stays locked.

    Raises:
        Unavailable: notify does not answer; nothing is changed.
        NotFound: no such letter.
        Forbidden: its file is with another post.
        Conflict: it is not approved, at another version, or has gone out by another channel.
        Invalid: it has no address for the channel.
    """
    who = actor(session, caller, args["post"], now)
    letter, file = load_letter(session, args["id"])
    if letter.state == State.DISPATCHED:
        return letter, _sent_before(session, letter, args)
    check_on_desk(file.standing, "dispatch a letter", who.post.code)
    letter_state = after(State(letter.state), Step.DISPATCH)
    check_version("the letter", letter.version, args["version"])
    addresses = {name: getattr(letter, name) for name in ("to_address", "to_email", "to_phone")}
    check_channel(args["channel"], addresses)
    letter.number = _number(session, file, now)
    letter.state = letter_state
    letter.channel, letter.tracking = args["channel"], args["tracking"]
    letter.dispatched_by, letter.dispatched_at = who.post.code, now
    paper = letter_paper(session, letter, file)
    copy = place(
        *(session, file, who, now),
        kind="issued",
        title=paper.subject,
        pages=page_count(off_hub(letter_pdf, paper, letter.language, day_of(now))),
        letter_id=letter.id,
    )
    to = addresses | {"to_name": letter.to_name}
    signatory = paper.closing[-1] if paper.closing else paper.department
    told = message(args["channel"], to, letter.number, paper.subject, signatory)
    if told is not None:
        contact = {**told["contact"], "language": letter.language}
        sent = send(id=str(letter.id), **{**told, "contact": contact})
        letter.tracking = sent["id"]
    index(session, Kind.LETTER, letter.id)
    act(
        *(session, file.id, "file", "dispatched a letter", who, now),
        {"letter": letter.id, "number": letter.number, "channel": str(args["channel"])},
    )
    return letter, copy


def _number(session: Session, file: File, now: datetime) -> str:
    scheme = city_letters().scheme
    prefix = before(scheme, department=file.department, year=str(day_of(now).year))
    return numbered(scheme, prefix, take_serials(session, f"letter:{prefix}", 1))


def _sent_before(session: Session, letter: Letter, args: Mapping[str, Any]) -> Correspondence:
    if Channel(letter.channel) is not args["channel"]:
        raise Conflict(
            f"the letter has gone out by {letter.channel}, as {letter.number}",
            {"number": letter.number, "channel": letter.channel, "legal": []},
        )
    wanted = select(Correspondence).where(
        Correspondence.file_id == letter.file_id, Correspondence.letter_id == letter.id
    )
    return session.scalars(wanted).one()
