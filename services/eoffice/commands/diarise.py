"""Diarise what came in: a letter, an e-mail, or what was handed over."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.auth import Identity
from palika.events import Event
from palika.india import day_of
from palika.outbox import record
from services.eoffice.commands.asked_again import check_same, check_unused, made_before
from services.eoffice.commands.correct_file import own_grade
from services.eoffice.commands.keep_paper import own_papers
from services.eoffice.commands.open_file import take_serials
from services.eoffice.domain.diary import check_days
from services.eoffice.domain.organisation import Actor
from services.eoffice.domain.receipts import State
from services.eoffice.domain.searching import Kind
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.models import Receipt, ReceiptPaper
from services.eoffice.organisation_store import actor, current_held
from services.eoffice.queries.corrections import first_said
from services.eoffice.reference import city_diary
from services.eoffice.schemas import RECEIPT_DIARISED
from services.eoffice.sealing import act
from services.eoffice.searching import index

_AS_GIVEN = (
    *("medium", "sender_kind", "sender_name", "sender_address", "sender_phone", "sender_email"),
    *("ref", "dated", "message_id", "subject", "body", "category", "language", "secrecy"),
    *("priority", "vip", "remark"),
)


def diarise(
    session: Session,
    caller: Identity,
    args: Mapping[str, Any],
    now: datetime,
    original: str | None = None,
) -> Receipt:
    """Give it a number of the acting post's section (the central registry is one) and keep it.

    Numbers of an office and a year have no gaps: the counter's row stays locked until the
    transaction ends. The receipt is with the post that diarises it.

    Args:
        session: the caller's transaction.
        caller: who diarises it.
        args: as ``schemas.receipts.Diarising`` has them.
        now: the moment, aware.
        original: of an e-mail, the SHA-256 of its bytes as they came: it stands in the act.

    Raises:
        Forbidden: the caller does not speak for the post.
        Invalid: no such category, kind of sender or paper; days that cannot be.
        Conflict: the id was used before for something else; a paper is of another receipt.
    """
    current_held(session)
    who = actor(session, caller, args["post"], now)
    city_diary().check(args["category"], args["sender_kind"])
    today = day_of(now)
    received_on = args["received_on"] or today
    check_days(received_on, args["dated"], args["due_on"], today)
    said = {name: args.get(name) for name in _AS_GIVEN}
    # A call may come again on another day: what it left to us is not compared.
    given = {each: args[each] for each in ("received_on", "due_on") if args[each] is not None}
    whose = {"diarised_by": who.post.code}
    asked = {**said, **given, **whose}
    # What was corrected since is no other content of the first call, nor is what its file made of
    # its grade.
    corrected = first_said(session, args["id"])
    for name in [each for each, was in corrected.items() if each in asked and asked[each] == was]:
        del asked[name]
    del asked["secrecy"]
    again = made_before(session, Receipt, args["id"], asked)
    if again is not None:
        kept = select(ReceiptPaper.paper_id).where(ReceiptPaper.receipt_id == again.id)
        papers_then = list(session.scalars(kept.order_by(ReceiptPaper.position)))
        then = {"papers": papers_then, "secrecy": own_grade(again)}
        check_same(again.id, [each for each, was in then.items() if args[each] != was])
        return again
    check_unused(session, args["id"])
    papers = own_papers(session, args["papers"], who.post.code)
    office = who.post.section or who.post.department
    prefix = city_diary().prefix(office, today.year)
    serial = take_serials(session, f"receipt:{prefix}", 1)
    receipt = Receipt(
        id=args["id"] or uuid7(),
        number=city_diary().number(prefix, serial),
        office=office,
        department=who.post.department,
        received_on=received_on,
        due_on=city_diary().due_on(args["category"], args["due_on"], received_on),
        state=State.OPEN,
        held_by=who.post.code,
        held_since=now,
        seen_at=now,
        sent_by=None,
        file_id=None,
        follow_up_on=None,
        end_remark=None,
        diarised_by=who.post.code,
        diarised_at=now,
        ended_at=None,
        moves=0,
        version=1,
        **said,
    )
    session.add(receipt)
    # Without a relationship between them the session does not know that receipts come first.
    session.flush()
    session.add_all(
        ReceiptPaper(receipt_id=receipt.id, position=position, paper_id=paper.id)
        for position, paper in enumerate(papers, 1)
    )
    index(session, Kind.RECEIPT, receipt.id)
    _write_down(session, receipt, who, now, original)
    return receipt


def known_mail(session: Session, message_id: str) -> Receipt | None:
    """The receipt of an e-mail that was diarised before."""
    return session.scalar(select(Receipt).where(Receipt.message_id == message_id))


def _write_down(
    session: Session, receipt: Receipt, who: Actor, now: datetime, original: str | None
) -> None:
    record(session, _told(receipt))
    said = {"number": receipt.number, **({} if original is None else {"original": original})}
    act(session, receipt.id, "receipt", "diarised", who, now, said)


def _told(receipt: Receipt) -> Event:
    return RECEIPT_DIARISED.new(
        subject=str(receipt.id),
        sequence=receipt.version,
        time=receipt.diarised_at,
        data={
            "receipt_id": receipt.id,
            # Who listens may not read what is secret. The sender is told by ``contacts``.
            "number": receipt.number if receipt.secrecy == Secrecy.NORMAL else "",
            "department": receipt.department,
            "kind": receipt.medium,
            "category": receipt.category,
            "language": receipt.language,
            "diarised_at": receipt.diarised_at,
            "due_on": receipt.due_on,
        },
    )
