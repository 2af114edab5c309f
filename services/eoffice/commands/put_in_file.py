"""Put a receipt in a file, or start one from it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.india import day_of
from services.eoffice.commands.add_paper import place
from services.eoffice.commands.asked_again import check_same
from services.eoffice.commands.load import load_locked, one_at_a_time
from services.eoffice.commands.open_file import open_file
from services.eoffice.commands.receipt_step import begin_step, load_receipt, written
from services.eoffice.domain.legal import check_step
from services.eoffice.domain.movement import Priority
from services.eoffice.domain.organisation import Actor
from services.eoffice.domain.receipts import (
    MAIL,
    State,
    Step,
    Urgency,
    check_file_is_as_secret,
    with_receipt,
)
from services.eoffice.domain.searching import Kind
from services.eoffice.models import File, Paper, Receipt, ReceiptPaper
from services.eoffice.organisation_store import actor, current, current_held
from services.eoffice.queries.reading import known_of
from services.eoffice.queries.sight import readable_file
from services.eoffice.sealing import act
from services.eoffice.searching import index


def put_in_file(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Receipt:
    """Put it in the file ``args["file_id"]`` or ``args["file_number"]``, which the post must have.
    One that is less secret than the file becomes as secret; the file takes the receipt's due date
    if that is earlier, and its priority if that is higher.

    Raises as ``begin_step``, and:
        NotFound: there is no such file that the post may read.
        Forbidden: the file is with another post.
        Conflict: the file is closed or parked, or more people may read it than the receipt.
    """
    receipt, who = begin_step(session, caller, args, Step.PUT_IN_FILE, now)
    found = readable_file(session, who.post, args["file_id"], args["file_number"])
    file = load_locked(session, found.id)
    return _put(session, receipt, file, who, now)


def start_file(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> tuple[Receipt, File]:
    """Open a file for the receipt ``args["id"]`` and put it in there.

    What the call leaves open is the receipt's: subject, language, secrecy, priority, due day.

    Raises as ``begin_step`` and ``open_file``, and:
        Conflict: the file would be less secret than the receipt.
    """
    current_held(session)
    one_at_a_time(session, args["file_id"])
    if (started := _started_before(session, caller, args, now)) is not None:
        return started
    receipt, who = begin_step(session, caller, args, Step.PUT_IN_FILE, now, "start a file with")
    opening = {
        "id": args["file_id"],
        "public": False,
        "department": None,
        **{name: args[name] for name in ("section", "head", "post")},
        **{
            name: getattr(receipt, name) if args[name] is None else args[name]
            for name in ("subject", "language", "secrecy", "priority", "due_on")
        },
        # The receipt's day is by its category's charter, and nobody's own.
        **({"due_by": None} if args["due_on"] is None else {}),
    }
    # What the step has changed so far belongs to the receipt's acts, not to those of the file.
    written(session, receipt, "taken_up", who, now)
    file = open_file(session, caller, opening, now, overdue=args["due_on"] is None)
    return _put(session, receipt, file, who, now), file


def _started_before(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> tuple[Receipt, File] | None:
    """What an earlier call with the same ids has made.

    Raises:
        Conflict: it asked for another file; ``differs`` names what.
    """
    if args["file_id"] is None:
        return None
    who = actor(session, caller, args["post"], now)
    receipt = load_receipt(session, args["id"])
    if receipt.file_id != args["file_id"] or receipt.held_by != who.post.code:
        return None
    file = load_locked(session, args["file_id"])
    said = ("subject", "section", "head", "language", "secrecy")
    asked = {name: args[name] for name in said if args[name] is not None}
    check_same(file.id, (name for name, value in asked.items() if getattr(file, name) != value))
    return receipt, file


def _put(session: Session, receipt: Receipt, file: File, who: Actor, now: datetime) -> Receipt:
    check_step(
        file.standing,
        "put a receipt in",
        who.post.code,
        None,
        known_of(session, file, who, day_of(now)),
    )
    own = receipt.standing.secrecy
    check_file_is_as_secret(receipt.number, own, file.number, file.standing.secrecy)
    # From now on it is as secret as the file: who may not read that learns of it nowhere else.
    raised = receipt.secrecy < file.secrecy
    receipt.own_secrecy = receipt.secrecy if raised else None
    receipt.secrecy = file.secrecy
    receipt.state = State.FILED
    receipt.file_id = file.id
    receipt.ended_at = now
    receipt.follow_up_on = None
    # From now on its papers are found in the file.
    index(session, Kind.RECEIPT, receipt.id)
    said = {"file": file.number, **({"secrecy": file.standing.secrecy.code} if raised else {})}
    written(session, receipt, "put_in_file", who, now, said)
    place_papers(session, receipt, file, who, now)
    file.version += 1
    act(session, file.id, "file", "receipt_added", who, now, {"receipt": receipt.number})
    urge(session, receipt, file, who, now)
    return receipt


def urge(session: Session, receipt: Receipt, file: File, who: Actor, now: datetime) -> None:
    """Let the file be done by the day that the receipt's sender was told, and no less soon; acts
    say so, each with the receipt."""
    bring_forward(session, receipt, file, who, now)
    known = Urgency(file.due_on, Priority(file.priority))
    wanted = with_receipt(known, Urgency(receipt.due_on, Priority(receipt.priority)))
    if wanted.priority != known.priority:
        file.priority = wanted.priority
        grades = {"from": known.priority.code, "to": wanted.priority.code}
        act(session, file.id, "file", "prioritised", who, now, grades | {"receipt": receipt.number})


def bring_forward(
    session: Session, receipt: Receipt, file: File, who: Actor, now: datetime
) -> None:
    """Let the file be done by the day that the receipt's sender was told; an act says so. The day
    is a charter's, and not the desk's own to put off; one that a senior had set stays the
    senior's."""
    known = Urgency(file.due_on, Priority(file.priority))
    wanted = with_receipt(known, Urgency(receipt.due_on, known.priority))
    if wanted.due_on is None or wanted.due_on == known.due_on:
        return
    told = file.told_until
    # Reports count against the earliest day that was promised, however far it is put off.
    before = [each for each in (file.first_due_on, known.due_on) if each is not None]
    file.first_due_on = min(*before, wanted.due_on) if before else None
    file.due_on = wanted.due_on
    if file.due_by not in current(session).above(file.held_by):
        file.due_by = None
    file.watch(told=told)
    said = {"from": known.due_on, "to": wanted.due_on, "receipt": receipt.number}
    act(session, file.id, "file", "due", who, now, said)


def place_papers(session: Session, receipt: Receipt, file: File, who: Actor, now: datetime) -> None:
    """Its papers, one behind the other; of one that was not scanned, a page stands for it. An
    e-mail as it came stays with the receipt: it is no page of the file."""
    rows = (
        select(Paper)
        .join(ReceiptPaper, ReceiptPaper.paper_id == Paper.id)
        .where(ReceiptPaper.receipt_id == receipt.id, Paper.source != MAIL)
        .order_by(ReceiptPaper.position)
    )
    papers = session.scalars(rows).all()
    of_receipt = {"kind": "receipt", "title": receipt.subject, "receipt_id": receipt.id}
    if not papers:
        place(session, file, who, now, **of_receipt, pages=1)
    for number, paper in enumerate(papers):
        told = {"kind": "enclosure", "title": paper.name, "receipt_id": receipt.id}
        place(
            *(session, file, who, now),
            **(told if number else of_receipt),
            pages=paper.pages,
            paper_id=paper.id,
        )
