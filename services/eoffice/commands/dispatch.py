"""A letter goes out: numbered, and its office copy put into the correspondence of its file."""

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.errors import Conflict
from palika.india import day_of
from services.eoffice.commands.add_paper import place
from services.eoffice.commands.issue_letter import Issued, Outward, issue
from services.eoffice.commands.letter import load_letter
from services.eoffice.commands.open_file import take_serials
from services.eoffice.domain.letters import Channel, State, Step, after, check_channel, message
from services.eoffice.domain.noting import check_on_desk, check_version
from services.eoffice.domain.searching import Kind
from services.eoffice.domain.serials import before, numbered
from services.eoffice.models import Correspondence, File, Letter
from services.eoffice.organisation_store import actor
from services.eoffice.queries.letters import letter_paper
from services.eoffice.reference import city_letters
from services.eoffice.sealing import act
from services.eoffice.sealing.record import adopted
from services.eoffice.searching import index


def dispatch_letter(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime, outward: Outward
) -> tuple[Letter, Correspondence]:
    """Send an approved letter out: it gets its number, and returns to the table of contents of its
    file as ``issued``, with the bytes that went out. Asked again it gives what was done.

    By e-mail, WhatsApp or SMS it has gone when notify has taken the message, so that none is said
    to be sent that is not: meanwhile the number stays locked. The mail carries the letter. Were we
    to fail behind that, and be asked again, a signature would be made anew, over the same words.

    Raises:
        Unavailable: notify or the store does not answer; nothing is changed.
        NotFound: no such letter; or its signatory has a certificate and no key.
        Forbidden: its file is with another post.
        Conflict: it is not approved, at another version, or has gone out by another channel; or
            the signatory's certificate does not count now.
        Invalid: it has no address for the channel.
    """
    who = actor(session, caller, args["post"], now)
    letter, file = load_letter(session, who.post, args["id"])
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
    issued = issue(session, outward, letter, paper, who, now)
    copy = place(
        *(session, file, who, now),
        kind="issued",
        title=paper.subject,
        pages=issued.paper.pages,
        paper_id=issued.paper.id,
        letter_id=letter.id,
    )
    to = addresses | {"to_name": letter.to_name}
    signatory = paper.closing[-1] if paper.closing else paper.department
    told = message(args["channel"], to, letter.number, paper.subject, signatory)
    if told is not None:
        contact = {**told["contact"], "language": letter.language}
        if args["channel"] is Channel.EMAIL:
            told = {**told, "attachments": [_attachment(issued)]}
        sent = outward.send(id=str(letter.id), **{**told, "contact": contact})
        letter.tracking = sent["id"]
    index(session, Kind.LETTER, letter.id)
    act(
        *(session, file.id, "file", "dispatched a letter", who, now),
        {
            "letter": letter.id,
            "number": letter.number,
            "channel": str(args["channel"]),
            "paper": issued.paper.id,
            "certificate": issued.certificate,
        },
    )
    # The paper has a chain of its own, as all have: it may go into another file, whose archive then
    # tells where it comes from.
    adopted(session, [issued.paper])
    kept = {"pages": issued.paper.pages}
    act(session, issued.paper.id, "paper", "kept", who, now, kept)
    return letter, copy


def _attachment(issued: Issued) -> dict[str, str]:
    return {
        "name": issued.paper.name,
        "media_type": "application/pdf",
        "content_base64": base64.b64encode(issued.pdf).decode(),
    }


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
