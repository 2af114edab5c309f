"""Put right what was diarised wrongly; take a receipt out of a wrong file into the right one."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.errors import Conflict
from palika.india import day_of
from services.eoffice.commands.correct_file import own_grade
from services.eoffice.commands.load import load_locked, locked
from services.eoffice.commands.of_record import FILES, RECEIPTS, OfRecord, Thing
from services.eoffice.commands.put_in_file import bring_forward, place_papers, urge
from services.eoffice.commands.receipt_step import load_receipt, written
from services.eoffice.domain.correcting import check_corrects_receipt, check_takes_out
from services.eoffice.domain.legal import check_step
from services.eoffice.domain.movement import State as FileState
from services.eoffice.domain.noting import check_version
from services.eoffice.domain.organisation import Actor
from services.eoffice.domain.receipts import State, check_file_is_as_secret
from services.eoffice.domain.retention import check_recording
from services.eoffice.domain.searching import Kind
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.models import (
    Correspondence,
    File,
    Hold,
    Receipt,
    ReceiptCorrection,
    Recording,
)
from services.eoffice.organisation_store import actor, current, current_held
from services.eoffice.queries.authority import check_linked
from services.eoffice.queries.reading import known_of
from services.eoffice.queries.receipts import check_not_weeded, find
from services.eoffice.queries.relied import rests_on_receipt
from services.eoffice.queries.sight import readable_file
from services.eoffice.reference import city_diary, city_retention
from services.eoffice.sealing import act
from services.eoffice.searching import index

CORRECTED = ("subject", "sender_name", "sender_phone", "sender_email", "category")
"""What of a receipt can be corrected."""


def correct_receipt(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Receipt:
    """Correct what is said of the receipt ``args["id"]``; what is None stays. ``args["reason"]``
    says why. What it was stands in ``receipt_correction``, and not in the act, until the receipt is
    weeded; but both categories stand in the act. The same again is no change.

    How long a receipt is kept that was closed without a file goes by its category: one that makes
    it less is given by who lowers it of files.

    Another category may want an answer earlier: that day counts then, in its file too. A later one
    does not: the sender has been told the first. How soon its file is done is changed by nothing
    else. Of a closed file nothing is changed: the receipt alone is corrected.

    Raises:
        NotFound: no such receipt, or the post may not read it.
        Forbidden: the post is neither the one that diarised it nor of that section; or it would be
            kept less long, and the post may not lower: ``may`` names who may.
        Invalid: no such category.
        Conflict: it was weeded, or is at another version; its closed file was recorded; or it, or
            its file, is on a list of what is to be weeded that is not decided.
    """
    who = actor(session, caller, args["post"], now)
    receipt = load_receipt(session, args["id"])
    find(session, who.post, {"id": receipt.id})
    file = load_locked(session, receipt.file_id) if receipt.file_id is not None else None
    wanted = {
        name: args[name]
        for name in CORRECTED
        if args[name] is not None and args[name] != getattr(receipt, name)
    }
    if not wanted:
        return receipt
    check_corrects_receipt(receipt.standing, receipt.diarised_by, receipt.office, who.post)
    check_not_weeded(session, receipt)
    _check_not_in_the_record_room(session, receipt, file)
    check_version(f"receipt {receipt.number}", receipt.version, args["version"])
    city_diary().check(wanted.get("category", receipt.category), receipt.sender_kind)
    said: dict[str, Any] = {"names": sorted(wanted), "reason": args["reason"]}
    if "category" in wanted:
        said["category"] = [receipt.category, wanted["category"]]
        _check_keeping(session, receipt, wanted["category"], args["reason"], who, now)
    last = select(func.max(ReceiptCorrection.position)).where(
        ReceiptCorrection.receipt_id == receipt.id
    )
    position = session.scalar(last) or 0
    changed, before = dict(wanted), receipt.due_on
    if "category" in wanted:
        given = city_diary().due_on(wanted["category"], None, receipt.received_on)
        due_on = min((each for each in (before, given) if each is not None), default=None)
        changed |= {"due_on": due_on} if due_on != before else {}
    for name, value in changed.items():
        position += 1
        was = getattr(receipt, name)
        session.add(
            ReceiptCorrection(
                receipt_id=receipt.id,
                position=position,
                name=name,
                was=None if was is None else str(was),
                became=None if value is None else str(value),
                reason=args["reason"],
                by_post=who.post.code,
                by_person=who.person,
                made_at=now,
            )
        )
        setattr(receipt, name, value)
    receipt.version += 1
    index(session, Kind.RECEIPT, receipt.id)
    written(session, receipt, "corrected", who, now, said)
    if file is not None and file.state != FileState.CLOSED:
        _follow(session, receipt, file)
        file.version += 1
        told_of = {"receipt": receipt.number, **said}
        act(session, file.id, "file", "receipt_corrected", who, now, told_of)
        if receipt.due_on != before:
            bring_forward(session, receipt, file, who, now)
    return receipt


def _check_not_in_the_record_room(session: Session, receipt: Receipt, file: File | None) -> None:
    """Refuse to correct what was recorded, or what somebody is to decide about: what an archive was
    made of, and what who decides has read, stays as it is. The file is not named: who corrects a
    receipt need not be one who may read its file.

    Raises:
        Conflict: ``legal`` names the way, if there is one.
    """
    wish = f"cannot correct receipt {receipt.number}"
    things: list[tuple[OfRecord, Thing]] = [(RECEIPTS, receipt)]
    if file is not None:
        things.append((FILES, file))
        recorded = locked(session, Recording, file.id, read=True) is not None
        if recorded and file.state == FileState.CLOSED:
            raise Conflict(
                f"{wish}: its file is closed and recorded; that is reopened first",
                {"number": receipt.number, "legal": ["reopen"]},
            )
    for what, thing in things:
        if what.on_list(session, thing) is not None:
            raise Conflict(
                f"{wish}: the weeding of {'it' if what is RECEIPTS else 'its file'} is proposed, "
                "and not decided",
                {"number": receipt.number, "legal": ["decide_weeding"]},
            )


def _check_keeping(
    session: Session, receipt: Receipt, category: str, reason: str, who: Actor, now: datetime
) -> None:
    """Refuse a category by which a closed receipt is kept less long to who may not lower that."""
    if receipt.state != State.CLOSED:
        return
    schedule, city, day = city_retention(), current(session), day_of(now)
    is_kept = schedule.class_of_receipt(receipt.category).keeping
    wanted = schedule.class_of_receipt(category).keeping
    above = [city.posts[each] for each in city.held_above(who.post.code, day)]
    check_recording(schedule, who.post, wanted, is_kept, reason, above)
    if wanted.lowers(is_kept):
        check_linked(who, schedule.may_lower.those(above), city, day, list)


def _follow(session: Session, receipt: Receipt, file: File) -> None:
    """The line of a receipt in its file's table of contents says what the receipt does."""
    for line in _lines(session, receipt, file):
        if line.kind == "receipt" and line.title != receipt.subject:
            line.title = receipt.subject
            index(session, Kind.PAPER, line.id)


def _lines(session: Session, receipt: Receipt, file: File) -> Sequence[Correspondence]:
    return session.scalars(
        select(Correspondence)
        .where(Correspondence.file_id == file.id, Correspondence.receipt_id == receipt.id)
        .order_by(Correspondence.position)
    ).all()


def refile_receipt(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Receipt:
    """Take a receipt out of a wrong file into the right one, ``args["file_id"]`` or
    ``args["file_number"]``; the post has both. In the wrong file its pages stay taken, with a line
    that says its number and where it went, and not what it is about; its papers are behind the
    others of the right one. Asked again when it is there already, nothing happens.

    A due date that the wrong file took from it stays there until it is put off: others may have
    been told it.

    Raises:
        NotFound: no such receipt or file, or the post may not read it.
        Forbidden: one of the files is with another post; or something rests on it in the wrong file
            and the post is not above the one that put it in: ``may`` names whose it is.
        Conflict: it is in no file, one of the files is closed or parked, the receipt is at another
            version, or is of itself more secret than the right file; or something holds the wrong
            file back from weeding (``holds``), and so the receipt in it.
    """
    current_held(session)
    who = actor(session, caller, args["post"], now)
    receipt = load_receipt(session, args["id"])
    find(session, who.post, {"id": receipt.id})
    right = readable_file(session, who.post, args["file_id"], args["file_number"])
    if receipt.state != State.FILED or receipt.file_id is None:
        raise Conflict(
            f"receipt {receipt.number} is in no file: put it in one",
            {"state": receipt.state, "legal": ["put_in_file"]},
        )
    if receipt.file_id == right.id:
        return receipt
    check_not_weeded(session, receipt)
    check_version(f"receipt {receipt.number}", receipt.version, args["version"])
    files = {each: load_locked(session, each) for each in sorted((receipt.file_id, right.id))}
    wrong, right = files[receipt.file_id], files[right.id]
    _check_on_desk(session, who, now, wrong, "take a receipt out of")
    _check_on_desk(session, who, now, right, "put a receipt in")
    _check_not_held(session, receipt, wrong)
    lines = _lines(session, receipt, wrong)
    above = current(session).above(lines[0].added_by if lines else wrong.held_by)
    rests = rests_on_receipt(session, receipt, wrong.id)
    check_takes_out(wrong.number, receipt.number, rests, who.post.code, above)
    own = Secrecy(own_grade(receipt))
    check_file_is_as_secret(receipt.number, own, right.number, right.standing.secrecy)
    receipt.own_secrecy = own if right.secrecy > own else None
    receipt.secrecy = max(int(own), right.secrecy)
    receipt.file_id = right.id
    receipt.version += 1
    # Where it went is told to who may read that.
    to = {"to": right.number} if right.secrecy == Secrecy.NORMAL else {}
    said = {"from": wrong.number, "to": right.number, "reason": args["reason"]}
    said |= {"secrecy": Secrecy(receipt.secrecy).code}
    index(session, Kind.RECEIPT, receipt.id)
    written(session, receipt, "refiled", who, now, said)
    for line in lines:
        line.struck_at, line.struck_by, line.struck_why = now, who.post.code, args["reason"]
        line.moved_to = right.id
        line.paper_id = line.receipt_id = None
        # What it is about is read where it is now, by who may read it there.
        line.title = receipt.number
        index(session, Kind.PAPER, line.id)
    wrong.version += 1
    told = {"receipt": receipt.number, "reason": args["reason"], **to}
    act(session, wrong.id, "file", "receipt_taken_out", who, now, told)
    place_papers(session, receipt, right, who, now)
    right.version += 1
    act(session, right.id, "file", "receipt_added", who, now, {"receipt": receipt.number})
    urge(session, receipt, right, who, now)
    return receipt


def _check_not_held(session: Session, receipt: Receipt, wrong: File) -> None:
    """Refuse to let a receipt out of a file that is held back: in another it could be weeded."""
    standing = select(Hold).where(Hold.file_id == wrong.id, Hold.lifted_at.is_(None))
    if holds := session.scalars(standing.order_by(Hold.placed_at, Hold.id)).all():
        named = ", ".join(f"{each.kind} ({each.remark}, by {each.placed_by})" for each in holds)
        raise Conflict(
            f"cannot take receipt {receipt.number} out of file {wrong.number}: the file is held "
            f"back: {named}; that is lifted first",
            {"holds": [str(each.id) for each in holds], "legal": ["lift_hold"]},
        )


def _check_on_desk(session: Session, who: Actor, now: datetime, file: File, wish: str) -> None:
    known = known_of(session, file, who, day_of(now))
    check_step(file.standing, wish, who.post.code, None, known)
