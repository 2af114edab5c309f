"""Receipts as a post may see them, and how many wait."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, tuple_
from sqlalchemy.orm import Session

from palika.errors import Conflict, NotFound
from palika.india import day_of
from palika.paging import cursor_at, order_of, position_of
from services.eoffice.domain.movement import State as FileState
from services.eoffice.domain.organisation import Post
from services.eoffice.domain.receipts import State, methods
from services.eoffice.models import (
    Act,
    File,
    Paper,
    Receipt,
    ReceiptMovement,
    ReceiptPaper,
    Recording,
)
from services.eoffice.organisation_store import current
from services.eoffice.queries.alike import alike
from services.eoffice.queries.corrections import corrections
from services.eoffice.queries.readable import readable as file_readable
from services.eoffice.queries.readable import receipt_readable
from services.eoffice.reference import city_diary
from services.eoffice.schemas.receipts import (
    PaperView,
    ReceiptMovementView,
    ReceiptView,
    ReceiptWhole,
)

AGES = ((0, 7), (8, 15), (16, 30), (31, None))
"""Days since the diarising, from and to."""
_one, _many = ReceiptWhole(), ReceiptView(many=True)
_movements, _papers = ReceiptMovementView(many=True), PaperView(many=True)
_NEWEST = "receipts.newest"


def readable(post: Post) -> ColumnElement[bool]:
    """Which receipts a post may read; see ``receipt_readable``."""
    return receipt_readable(Receipt.secrecy, Receipt.id, post)


def view(receipt: Receipt, post: Post, above: Collection[str] = ()) -> dict[str, Any]:
    """A receipt with all that it says, and what the post may do with it now (``legal``), as who
    reads all files sees it; for others see ``seen``. ``above`` is up the line from who has it."""
    shown: dict[str, Any] = _one.dump(receipt)
    return shown | {"legal": methods(receipt.standing, post, above)}


def seen(session: Session, receipt: Receipt, post: Post) -> dict[str, Any]:
    """As ``view``; ``file_id`` is None to who may not read that file."""
    shown = view(receipt, post, current(session).above(receipt.held_by))
    return shown | {"file_id": _readable_files(session, post, [shown])[shown["file_id"]]}


def _readable_files(
    session: Session, post: Post, shown: Sequence[Mapping[str, Any]]
) -> dict[str | None, str | None]:
    """Of the files of receipts as shown: each that the post may read as it is, else None."""
    known: dict[str | None, str | None] = {each["file_id"]: None for each in shown}
    ids = [UUID(each) for each in known if each is not None]
    if ids:
        wanted = select(File.id).where(File.id.in_(ids), file_readable(File.secrecy, File.id, post))
        known |= {str(each): str(each) for each in session.scalars(wanted)}
    return known


def get(session: Session, post: Post, args: Mapping[str, Any]) -> dict[str, Any]:
    """One receipt by ``id`` or ``number``, with its ``papers`` and ``movements``; of an e-mail,
    ``left_out`` says which attachments are no papers of it, and why; ``alike`` are those that may
    be the same letter, ``corrections`` what was said of it wrongly.

    Raises:
        NotFound: there is none, or it is not for this post.
    """
    receipt = find(session, post, args)
    papers = (
        select(Paper)
        .join(ReceiptPaper, ReceiptPaper.paper_id == Paper.id)
        .where(ReceiptPaper.receipt_id == receipt.id)
        .order_by(ReceiptPaper.position)
    )
    moves = (
        select(ReceiptMovement)
        .where(ReceiptMovement.receipt_id == receipt.id)
        .order_by(ReceiptMovement.position)
    )
    return seen(session, receipt, post) | {
        "papers": _papers.dump(session.scalars(papers).all()),
        "movements": _movements.dump(session.scalars(moves).all()),
        "left_out": left_out(session, receipt),
        "alike": alike(session, post, receipt),
        "corrections": corrections(session, receipt.id),
    }


def left_out(session: Session, receipt: Receipt) -> dict[str, str]:
    """The attachments of an e-mail that were no plain papers, by name, and why, as the record has
    it; of a receipt that was weeded, none."""
    acts = select(Act.verb, Act.data).where(
        Act.chain_id == receipt.id, Act.verb.in_(("left_out", "weeded"))
    )
    found = {each.verb: each.data for each in session.execute(acts)}
    if "weeded" in found or "left_out" not in found:
        return {}
    told: dict[str, str] = found["left_out"]["attachments"]
    return told


def find(session: Session, post: Post, args: Mapping[str, Any]) -> Receipt:
    """The receipt of ``args["id"]`` or ``args["number"]``.

    Raises:
        NotFound: there is none, or it is not for this post: the two are not told apart.
    """
    key = args["id"] if args["id"] is not None else args["number"]
    column = Receipt.id if args["id"] is not None else Receipt.number
    found = session.scalar(select(Receipt).where(column == key, readable(post)))
    if found is None:
        raise NotFound(f"there is no receipt {key}", {"id": str(key)})
    return found


def check_not_weeded(session: Session, receipt: Receipt) -> None:
    """Refuse to show what of a receipt is not there any more, as if it had never been.

    Raises:
        Conflict: it was weeded.
    """
    if is_weeded(session, receipt):
        raise Conflict(
            f"receipt {receipt.number} was weeded: only its record is left",
            {"number": receipt.number},
        )


def is_weeded(session: Session, receipt: Receipt) -> bool:
    """Whether only the record of a receipt is left: it was weeded, or the file that it is in."""
    if receipt.file_id is None:
        return receipt.state == State.WEEDED
    at = select(Recording.weeded_at).where(Recording.file_id == receipt.file_id)
    return session.scalar(at) is not None


def page(session: Session, post: Post, args: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """One page of the list: ``items``, and ``next`` (the cursor of the next page, or None).

    Raises:
        Invalid: the cursor is not one that this list gave.
    """
    limit: int = args["limit"]
    order = order_of(f"{_NEWEST}.{post.code}", args)
    found = select(Receipt).where(readable(post), *_filters(args, now, post))
    for column, value in (
        (Receipt.state, args["status"]),
        (Receipt.medium, args["medium"]),
        (Receipt.file_id, args["file_id"]),
    ):
        if value is not None:
            found = found.where(column == value)
    if args["file_id"] is not None:
        # In a file that one may not read one finds nothing.
        its = select(File.id).where(File.id == args["file_id"])
        found = found.where(its.where(file_readable(File.secrecy, File.id, post)).exists())
    if args["follow_up"]:
        found = found.where(Receipt.state == State.OPEN, Receipt.follow_up_on <= day_of(now))
    if args["cursor"] is not None:
        position = tuple_(*position_of(order, args["cursor"]))
        found = found.where(tuple_(Receipt.diarised_at, Receipt.id) < position)
    found = found.order_by(Receipt.diarised_at.desc(), Receipt.id.desc()).limit(limit + 1)
    rows = session.scalars(found).all()
    shown = rows[:limit]
    after = None
    if len(rows) > limit:
        after = cursor_at(order, (shown[-1].diarised_at, shown[-1].id))
    items = _many.dump(shown)
    known = _readable_files(session, post, items)
    items = [each | {"file_id": known[each["file_id"]]} for each in items]
    return {"items": items, "next": after}


def pending(
    session: Session, post: Post, args: Mapping[str, Any], now: datetime
) -> list[dict[str, Any]]:
    """Open receipts by post, office, department or category, the most first.

    Of those that the asking post may read: ``pending``, ``unseen`` (sent there and not received),
    ``overdue``, ``vip``, the ``oldest`` and how many of each age, in days since the diarising.
    """
    column = {
        "post": Receipt.held_by,
        "office": Receipt.office,
        "department": Receipt.department,
        "category": Receipt.category,
    }[args["by"]]
    today = day_of(now)
    ages = [
        func.count().filter(
            Receipt.diarised_at < now - timedelta(days=first) if first else True,
            *([Receipt.diarised_at >= now - timedelta(days=last + 1)] if last is not None else []),
        )
        for first, last in AGES
    ]
    found = (
        select(
            column,
            func.count(),
            func.count().filter(Receipt.seen_at.is_(None)),
            func.count().filter(Receipt.due_on < today),
            func.count().filter(Receipt.vip),
            func.min(Receipt.diarised_at),
            *ages,
        )
        .where(Receipt.state == State.OPEN, readable(post), *_filters(args, now, post))
        .group_by(column)
        .order_by(func.count().desc(), column)
    )
    return [
        {
            args["by"]: code,
            "pending": count,
            "unseen": unseen,
            "overdue": overdue,
            "vip": vip,
            "oldest": oldest.isoformat().replace("+00:00", "Z"),
            "ages": dict(zip(map(_age, AGES), counts, strict=True)),
        }
        for code, count, unseen, overdue, vip, oldest, *counts in session.execute(found)
    ]


def acknowledgement(session: Session, post: Post, args: Mapping[str, Any]) -> dict[str, Any]:
    """What the sender is told: ``text`` in a ``language``, with the ``number``. Raises as ``find``,
    and:

    Conflict: it was weeded.
    """
    receipt = find(session, post, args)
    check_not_weeded(session, receipt)
    language = args["language"] or receipt.language
    text = city_diary().acknowledge(language, receipt.number, receipt.received_on, receipt.subject)
    return {"number": receipt.number, "language": language, "text": text}


def contacts(session: Session, ids: Sequence[UUID]) -> list[dict[str, Any]]:
    """How to reach the senders of receipts: for the service that writes to them, and no other.

    Returns:
        One for each that has left a telephone number or an e-mail address: ``id``, ``name``,
        ``phone``, ``email``, ``language``, ``number``.
    """
    found = select(Receipt).where(
        Receipt.id.in_(ids),
        or_(Receipt.sender_phone.is_not(None), Receipt.sender_email.is_not(None)),
    )
    return [
        {
            "id": str(each.id),
            "name": each.sender_name,
            "phone": each.sender_phone,
            "email": each.sender_email,
            "language": each.language,
            "number": each.number,
        }
        for each in session.scalars(found)
    ]


def _age(bounds: tuple[int, int | None]) -> str:
    first, last = bounds
    return f"{first}-{last}" if last is not None else f"{first}+"


def _filters(args: Mapping[str, Any], now: datetime, post: Post) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = [
        column == args[name]
        for name, column in (
            ("office", Receipt.office),
            ("department", Receipt.department),
            ("category", Receipt.category),
            ("held_by", Receipt.held_by),
            ("vip", Receipt.vip),
        )
        if args[name] is not None
    ]
    if args["diarised_from"] is not None:
        wanted.append(Receipt.diarised_at >= args["diarised_from"])
    if args["diarised_before"] is not None:
        wanted.append(Receipt.diarised_at < args["diarised_before"])
    if args["overdue"] is not None:
        # One that is in a file waits for its answer until that is closed: whoever may read the file
        # is told so.
        waits = exists().where(
            File.id == Receipt.file_id,
            File.state != FileState.CLOSED,
            file_readable(File.secrecy, File.id, post),
        )
        late = and_(Receipt.due_on < day_of(now), or_(Receipt.state == State.OPEN, waits))
        wanted.append(late if args["overdue"] else late.isnot(True))
    return wanted
