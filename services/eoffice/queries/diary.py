"""A post's day: what was done there, act by act, as the record has it."""

import uuid
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, tuple_
from sqlalchemy.orm import Session

from palika.errors import Invalid
from palika.india import day_of, end_of, start_of
from palika.moments import in_utc
from palika.paging import cursor_after, order_of, word_of
from services.eoffice.domain.reporting import Reader
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.models import Act, Chain, File, Receipt
from services.eoffice.queries.late import involved
from services.eoffice.queries.readable import has_had_receipt
from services.eoffice.queries.reports import graded_receipts
from services.eoffice.reference import city_reporting
from services.eoffice.schemas.moving import without_what_was_asked


def diary(
    session: Session, args: Mapping[str, Any], of: str, reader: Reader, now: datetime
) -> dict[str, Any]:
    """What a post did on a day of India, from morning to evening.

    Args:
        session: in a transaction.
        args: as loaded by ``schemas.reports.Diary``.
        of: the post.
        reader: of an act on a file or a receipt that it may not read only the time, the verb and
            who did it are told (``masked``).
        now: the day is today's if none is given.

    Returns:
        ``post``, ``day``, ``items`` and ``next``. An item has ``at``, ``kind``, ``verb``,
        ``words`` (by language), ``person``, ``capacity``, ``masked``, ``number`` and ``subject``
        (of files and receipts), and ``data`` (what the record says besides).

    Raises:
        Invalid: the cursor is not one that this list gave.
    """
    day = args["day"] or day_of(now)
    order = order_of(f"diary.{of}.{day}", {})
    visible = func.coalesce(
        or_(
            and_(File.id.is_not(None), *involved(reader)),
            and_(Receipt.id.is_not(None), *_receipts_of(reader)),
        ),
        False,
    )
    chosen = (
        select(
            *(Act, Chain.kind),
            func.coalesce(File.number, Receipt.number),
            func.coalesce(File.subject, Receipt.subject),
            visible,
        )
        .join(Chain, Chain.id == Act.chain_id)
        .outerjoin(File, File.id == Act.chain_id)
        .outerjoin(Receipt, Receipt.id == Act.chain_id)
        .where(Act.post == of, Act.at >= start_of(day), Act.at < end_of(day))
        .order_by(Act.at, Act.chain_id, Act.position)
        .limit(args["limit"] + 1)
    )
    if args["cursor"] is not None:
        place = tuple_(*_place(order, args["cursor"]))
        chosen = chosen.where(tuple_(Act.at, Act.chain_id, Act.position) > place)
    found = session.execute(chosen).all()
    shown = found[: args["limit"]]
    following = None
    if len(found) > args["limit"]:
        last = shown[-1][0]
        following = cursor_after(order, f"{last.at.isoformat()} {last.position}", last.chain_id)
    return {
        "post": of,
        "day": day.isoformat(),
        "items": [_item(*row, reader=reader, of=of) for row in shown],
        "next": following,
    }


def _receipts_of(reader: Reader) -> list[ColumnElement[bool]]:
    """Conditions on ``Receipt``: as those of files, by the rule of receipts."""
    return graded_receipts(reader, has_had_receipt(Receipt.id, reader.post or ""))


def _item(
    act: Act,
    kind: str,
    number: str | None,
    subject: str | None,
    visible: bool,
    *,
    reader: Reader,
    of: str,
) -> dict[str, Any]:
    # What the post itself did it may read again, whatever it is about; of others' work, and of that
    # of an officer for whom one is linked, only that on files and receipts is known to be readable.
    shown = (reader.post == of and reader.limit is Secrecy.TOP_SECRET) or visible
    return {
        "at": act.at.isoformat(),
        "kind": kind,
        "verb": act.verb,
        "words": asdict(city_reporting().words(kind, act.verb)),
        "person": act.person,
        "capacity": act.capacity,
        "masked": not shown,
        "number": (number or act.data.get("number")) if shown else None,
        "subject": subject if shown else None,
        "data": without_what_was_asked(act.data) if shown else {},
    }


def _place(order: str, cursor: str) -> tuple[datetime, uuid.UUID, int]:
    word, key = word_of(order, cursor)
    at, _, position = word.partition(" ")
    try:
        return in_utc(datetime.fromisoformat(at)), key, int(position)
    except ValueError as error:
        rule = "must be the `next` of a page asked with the same filters"
        raise Invalid("not a cursor of this list", {"cursor": [rule]}) from error
