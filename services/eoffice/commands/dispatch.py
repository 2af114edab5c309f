"""A letter goes out: numbered, and its office copy put into the correspondence of its file."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.errors import Conflict
from palika.india import day_of
from services.eoffice.commands.add_paper import place
from services.eoffice.commands.issue_letter import Outward, issue
from services.eoffice.commands.letter import load_letter
from services.eoffice.commands.open_file import take_serials
from services.eoffice.domain.letters import Channel, State, Step, after, check_channel, check_stands
from services.eoffice.domain.noting import check_on_desk, check_version
from services.eoffice.domain.organisation import Actor
from services.eoffice.domain.searching import Kind
from services.eoffice.domain.serials import before, numbered
from services.eoffice.models import Correspondence, File, Letter
from services.eoffice.organisation_store import actor
from services.eoffice.queries.cancelling import cancelled_since
from services.eoffice.queries.letters import letter_paper
from services.eoffice.queries.reading import known_of
from services.eoffice.reference import city_letters
from services.eoffice.sealing import act
from services.eoffice.sealing.record import adopted
from services.eoffice.searching import index


def dispatch_letter(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime, outward: Outward
) -> tuple[Letter, Correspondence]:
    """Let an approved letter go out: it gets its number, and returns to the table of contents of
    its file as ``issued``, with the bytes that go out. Asked again it gives what was done.

    On paper it has gone then. By e-mail, WhatsApp or SMS it waits (``sending``), to be sent when
    this has been committed (``send_letter``): so no number is given twice, and none that was told
    is taken back. One that notify has refused may go by another channel, under its number.

    Raises:
        Unavailable: the store does not answer; nothing is changed.
        NotFound: no such letter; or its signatory has a certificate and no key.
        Forbidden: its file is with another post.
        Conflict: it is not approved, at another version, or goes out by another channel; an
            approval of its case was cancelled after it was approved; or the signatory's
            certificate does not count now.
        Invalid: it has no address for the channel.
    """
    who = actor(session, caller, args["post"], now)
    # Who cancels an approval of the case at this moment waits, and then finds the letter.
    letter, file = load_letter(session, who.post, args["id"], of_case=True)
    if letter.state in (State.SENDING, State.DISPATCHED) and letter.channel is not None:
        _check_channel_then(letter, args["channel"])
        return letter, _copy(session, letter)
    check_on_desk(
        file.standing,
        "dispatch a letter",
        who.post.code,
        known_of(session, file, who, day_of(now)),
    )
    letter_state = after(State(letter.state), Step.DISPATCH)
    check_version("the letter", letter.version, args["version"])
    channel: Channel = args["channel"]
    addresses = {name: getattr(letter, name) for name in ("to_address", "to_email", "to_phone")}
    check_channel(channel, addresses)
    is_new = letter.number is None
    if is_new and letter.approved_at is not None:
        check_stands(cancelled_since(session, file, letter.approved_at))
    letter.number = letter.number or _number(session, file, now)
    letter.state = letter_state if channel.is_paper else State.SENDING
    letter.channel = channel
    letter.tracking = args["tracking"] if channel.is_paper else None
    letter.dispatched_by = who.post.code
    if is_new:
        copy = _issued(session, letter, file, who, now, outward)
    else:
        copy = _copy(session, letter)
        said = {"letter": letter.id, "number": letter.number, "channel": str(channel)}
        act(session, file.id, "file", "dispatched a letter otherwise", who, now, said)
    index(session, Kind.LETTER, letter.id)
    return letter, copy


def _issued(
    session: Session, letter: Letter, file: File, who: Actor, now: datetime, outward: Outward
) -> Correspondence:
    """Put the paper of a letter that has its number into the correspondence."""
    letter.dispatched_at = now
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
    act(
        *(session, file.id, "file", "dispatched a letter", who, now),
        {
            "letter": letter.id,
            "number": letter.number,
            "channel": str(letter.channel),
            "paper": issued.paper.id,
            "certificate": issued.certificate,
        },
    )
    # The paper has a chain of its own, as all have: it may go into another file, whose archive then
    # tells where it comes from.
    adopted(session, [issued.paper])
    kept = {"pages": issued.paper.pages}
    act(session, issued.paper.id, "paper", "kept", who, now, kept)
    return copy


def _number(session: Session, file: File, now: datetime) -> str:
    scheme = city_letters().scheme
    prefix = before(scheme, department=file.department, year=str(day_of(now).year))
    return numbered(scheme, prefix, take_serials(session, f"letter:{prefix}", 1))


def _check_channel_then(letter: Letter, wanted: Channel) -> None:
    if Channel(str(letter.channel)) is not wanted:
        verb = "has gone" if letter.state == State.DISPATCHED else "goes"
        raise Conflict(
            f"the letter {verb} out by {letter.channel}, as {letter.number}",
            {"number": letter.number, "channel": letter.channel, "legal": []},
        )


def _copy(session: Session, letter: Letter) -> Correspondence:
    wanted = select(Correspondence).where(
        Correspondence.file_id == letter.file_id, Correspondence.letter_id == letter.id
    )
    return session.scalars(wanted).one()
