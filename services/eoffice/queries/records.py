"""What the record room looks at: what is due, what is held, what is on which list."""

import uuid
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, func, or_, select, tuple_
from sqlalchemy.orm import Session

from palika.errors import Conflict, Invalid, NotFound
from palika.india import day_of, in_digits
from palika.paging import cursor_after, cursor_at, order_of, position_of, word_of
from services.eoffice.domain.movement import State
from services.eoffice.domain.organisation import Post
from services.eoffice.domain.retention import Category
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.models import (
    File,
    Hold,
    Receipt,
    ReceiptHold,
    Recording,
    Weeding,
    WeedingFile,
    WeedingReceipt,
)
from services.eoffice.queries import receipts, receipts_due
from services.eoffice.queries.readable import readable
from services.eoffice.queries.sight import readable_file, sees
from services.eoffice.reference import city_retention
from services.eoffice.schemas.records import (
    HoldView,
    RecordingView,
    WeedingFileView,
    WeedingView,
)

_recording, _hold, _weeding, _line = RecordingView(), HoldView(), WeedingView(), WeedingFileView()
_ON_LIST = exists().where(WeedingFile.file_id == File.id, WeedingFile.state == "proposed")
_STANDING = or_(
    exists().where(Hold.file_id == File.id, Hold.lifted_at.is_(None)),
    # What holds a receipt of it holds it too.
    exists().where(
        ReceiptHold.receipt_id == Receipt.id,
        ReceiptHold.lifted_at.is_(None),
        Receipt.file_id == File.id,
    ),
)


def recording_view(found: Recording) -> dict[str, Any]:
    """Of which category a file is."""
    shown: dict[str, Any] = _recording.dump(found)
    return shown


def hold_view(found: Hold) -> dict[str, Any]:
    """What holds a file back."""
    shown: dict[str, Any] = _hold.dump(found)
    return shown


def check_not_weeded(session: Session, file: File) -> None:
    """Refuse to show what of a file is not there any more, as if it had never been.

    Raises:
        Conflict: it was weeded.
    """
    at = session.scalar(select(Recording.weeded_at).where(Recording.file_id == file.id))
    if at is not None:
        raise Conflict(
            f"file {file.number} was weeded on {in_digits(day_of(at))}: only its record is left",
            {"number": file.number, "weeded_at": at.isoformat()},
        )


def record_of(session: Session, post: Post, file_id: uuid.UUID) -> dict[str, Any]:
    """``recording`` (None: the file was not recorded), what the ``schedule`` says of such a file,
    ``holds``, those of its receipts that the post may read (``receipt_holds``; these hold the file
    too), and on which lists it was (``weedings``).

    Raises:
        NotFound: no such file, or the post may not read it.
    """
    file = readable_file(session, post, file_id)
    fits = city_retention().class_of(file.head, file.department)
    found = session.get(Recording, file.id)
    holds = select(Hold).where(Hold.file_id == file.id).order_by(Hold.placed_at, Hold.id)
    its = (
        select(ReceiptHold)
        .join(Receipt, Receipt.id == ReceiptHold.receipt_id)
        .where(Receipt.file_id == file.id, receipts.readable(post))
        .order_by(ReceiptHold.placed_at, ReceiptHold.id)
    )
    lists = (
        select(WeedingFile)
        .join(Weeding)
        .where(WeedingFile.file_id == file.id)
        .order_by(Weeding.proposed_at, Weeding.id)
    )
    return {
        "file_id": str(file.id),
        "number": file.number,
        "recording": None if found is None else recording_view(found),
        "schedule": {
            "class": fits.code,
            "mr": fits.name.mr,
            "en": fits.name.en,
            "category": str(fits.keeping.category),
            "years": fits.keeping.years,
            "source": fits.source,
        },
        "holds": [hold_view(each) for each in session.scalars(holds)],
        "receipt_holds": [receipts_due.hold_view(each) for each in session.scalars(its)],
        "weedings": [_line.dump(each) for each in session.scalars(lists)],
    }


def due(session: Session, post: Post, args: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """What is due, the longest first: ``items`` and ``next``; only what the post may read. Files,
    or with ``what`` ``receipts`` those receipts that were closed without one.

    An item is ``held`` while something stops its weeding, and ``listed`` while it is on a list that
    is not decided.

    Raises:
        Invalid: the cursor is not one that this list gave.
    """
    order = order_of("records", {**args, "post": post.code})
    shown = readable(File.secrecy, File.id, post)
    if args["what"] == "recording":
        return _to_record(session, args, order, shown)
    if args["what"] == "receipts":
        return receipts_due.due(session, post, args, order, now)
    until = args["by_day"] or day_of(now)
    kinds = [Category.C] if args["what"] == "weeding" else [Category.A, Category.B]
    found = (
        select(Recording, File, _STANDING.label("held"), _ON_LIST.label("listed"))
        .join(File, File.id == Recording.file_id)
        .where(Recording.due_on <= until, Recording.weeded_at.is_(None), shown)
        .where(Recording.category.in_(kinds))
        .order_by(Recording.due_on, Recording.file_id)
        .limit(args["limit"] + 1)
    )
    if args["department"] is not None:
        found = found.where(Recording.department == args["department"])
    if args["cursor"] is not None:
        after, key = _day(order, args["cursor"])
        found = found.where(tuple_(Recording.due_on, Recording.file_id) > tuple_(after, key))
    rows = session.execute(found).all()
    items = [
        _item(each.File, each.Recording) | {"held": each.held, "listed": each.listed}
        for each in rows[: args["limit"]]
    ]
    last = rows[args["limit"] - 1].Recording if len(rows) > args["limit"] else None
    return {
        "items": items,
        "next": None if last is None else cursor_after(order, f"{last.due_on}", last.file_id),
    }


def _to_record(
    session: Session, args: Mapping[str, Any], order: str, shown: ColumnElement[bool]
) -> dict[str, Any]:
    """What is closed and not recorded, the longest first."""
    recorded = exists().where(Recording.file_id == File.id)
    found = (
        select(File)
        .where(File.closed_at.is_not(None), File.state == State.CLOSED, ~recorded, shown)
        .order_by(File.closed_at, File.id)
        .limit(args["limit"] + 1)
    )
    if args["department"] is not None:
        found = found.where(File.department == args["department"])
    if args["cursor"] is not None:
        place = tuple_(*position_of(order, args["cursor"]))
        found = found.where(tuple_(File.closed_at, File.id) > place)
    rows = session.scalars(found).all()
    last = rows[args["limit"] - 1] if len(rows) > args["limit"] else None
    after = None
    if last is not None and last.closed_at is not None:
        after = cursor_at(order, (last.closed_at, last.id))
    return {"items": [_item(each, None) for each in rows[: args["limit"]]], "next": after}


def _item(file: File, recording: Recording | None) -> dict[str, Any]:
    city = city_retention()
    keeping = city.class_of(file.head, file.department).keeping
    return {
        "id": str(file.id),
        "number": file.number,
        "subject": file.subject,
        "department": file.department,
        "head": file.head,
        "secrecy": Secrecy(file.secrecy).code,
        "opened_at": file.opened_at.isoformat(),
        "closed_at": None if file.closed_at is None else file.closed_at.isoformat(),
        "keeping": str(keeping if recording is None else recording.keeping),
        "due_on": None if recording is None or not recording.due_on else f"{recording.due_on}",
    }


def weeding(session: Session, post: Post, weeding_id: uuid.UUID) -> dict[str, Any]:
    """A list with its ``files`` and its ``receipts``, in their order; those that the post may not
    read are left out.

    Raises:
        NotFound: there is no such list.
    """
    found = session.get(Weeding, weeding_id)
    if found is None:
        raise NotFound(f"there is no list {weeding_id}", {"id": str(weeding_id)})
    rows = session.execute(
        select(WeedingFile, File)
        .join(File, File.id == WeedingFile.file_id)
        .where(WeedingFile.weeding_id == found.id)
        .order_by(WeedingFile.position)
    )
    files = [
        _line.dump(line) | {"number": file.number, "subject": file.subject}
        for line, file in rows
        if sees(session, post, file)
    ]
    return {
        **_weeding.dump(found),
        "files": files,
        "receipts": receipts_due.listed(session, post, found.id),
    }


def weedings(session: Session, post: Post, args: Mapping[str, Any]) -> dict[str, Any]:
    """The lists, the newest first, with how many ``files`` and ``receipts`` of each are in which
    state, of those that the post may read: ``items`` and ``next``.

    Raises:
        Invalid: the cursor is not one that this list gave.
    """
    order = order_of("weedings", {**args, "post": post.code})
    found = (
        select(Weeding)
        .order_by(Weeding.proposed_at.desc(), Weeding.id.desc())
        .limit(args["limit"] + 1)
    )
    sight = {
        "files": (
            WeedingFile,
            (File.id == WeedingFile.file_id, readable(File.secrecy, File.id, post)),
        ),
        "receipts": (
            WeedingReceipt,
            (Receipt.id == WeedingReceipt.receipt_id, receipts.readable(post)),
        ),
    }
    if args["open"] is not None:
        left = or_(
            *(
                exists().where(line.weeding_id == Weeding.id, line.state == "proposed", *seen)
                for line, seen in sight.values()
            )
        )
        found = found.where(left if args["open"] else ~left)
    if args["cursor"] is not None:
        place = tuple_(*position_of(order, args["cursor"]))
        found = found.where(tuple_(Weeding.proposed_at, Weeding.id) < place)
    rows = session.scalars(found).all()
    shown = rows[: args["limit"]]
    counts: dict[uuid.UUID, dict[str, dict[str, int]]] = {
        each.id: {name: {} for name in sight} for each in shown
    }
    for name, (line, seen) in sight.items():
        counting = (
            select(line.weeding_id, line.state, func.count())
            .where(line.weeding_id.in_(counts), *seen)
            .group_by(line.weeding_id, line.state)
        )
        for key, state, count in session.execute(counting):
            counts[key][name][state] = count
    after = None
    if len(rows) > len(shown):
        after = cursor_at(order, (shown[-1].proposed_at, shown[-1].id))
    return {
        "items": [{**_weeding.dump(each), **counts[each.id]} for each in shown],
        "next": after,
    }


def _day(order: str, cursor: str) -> tuple[date, uuid.UUID]:
    word, key = word_of(order, cursor)
    try:
        return date.fromisoformat(word), key
    except ValueError as error:
        rule = "must be the `next` of a page asked with the same filters"
        raise Invalid("not a cursor of this list", {"cursor": [rule]}) from error
