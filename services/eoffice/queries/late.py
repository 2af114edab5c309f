"""Files that wait: beyond their due date, or with others than who opened them."""

import uuid
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, select, tuple_
from sqlalchemy.orm import Session

from palika.errors import Invalid
from palika.india import day_of
from palika.paging import cursor_after, cursor_at, order_of, position_of, word_of
from services.eoffice.domain.access import may_read
from services.eoffice.domain.movement import Priority
from services.eoffice.domain.reporting import Reader
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.models import File, Post
from services.eoffice.queries.readable import has_to_do_with
from services.eoffice.queries.reports import PENDING, check_places, graded, limited, promised_on


def overdue(
    session: Session, args: Mapping[str, Any], reader: Reader, now: datetime
) -> dict[str, Any]:
    """Files beyond their due date, the longest first: ``items`` and ``next``. What was put off
    counts against the first date (``first_due_on``).

    Args:
        session: in a transaction.
        args: as loaded by ``schemas.reports.Overdue``; departments and sections are those of the
            post that has the file.
        reader: only what it may read is there; the operator, who is no post, finds all, and what
            is not of the lowest grade without its subject.
        now: today's day of India is not beyond a due date of today.

    Raises:
        Invalid: the cursor is not one that this list gave; or there is no such department, section
            or post.
    """
    check_places(session, args)
    today = day_of(now)
    order = order_of("overdue", args)
    chosen = select(File).where(PENDING, promised_on() < today, *involved(reader))
    if args["department"] or args["section"]:
        chosen = chosen.join(Post, Post.code == File.held_by)
    for key, column in (
        ("department", Post.department),
        ("section", Post.section),
        ("desk", File.held_by),
    ):
        if args[key]:
            chosen = chosen.where(column.in_(args[key]))
    if args["cursor"] is not None:
        after, key_after = _day_of_cursor(order, args["cursor"])
        chosen = chosen.where(tuple_(promised_on(), File.id) > tuple_(after, key_after))
    chosen = chosen.order_by(promised_on(), File.id).limit(args["limit"] + 1)
    found = session.scalars(chosen).all()
    shown = found[: args["limit"]]
    following = None
    if len(found) > args["limit"]:
        following = cursor_after(order, f"{shown[-1].promised_on}", shown[-1].id)
    return {"items": [item(each, reader, now) for each in shown], "next": following}


def with_others(
    session: Session, args: Mapping[str, Any], reader: Reader, now: datetime
) -> dict[str, Any]:
    """Files that the reader has opened and that wait with others, the longest there first.

    Args:
        session: in a transaction.
        args: as loaded by ``schemas.reports.WithOthers``.
        reader: a post: whose files.
        now: how many days a file has been there is measured by it.

    Returns:
        ``items`` and ``next``.

    Raises:
        Invalid: the cursor is not one that this list gave.
    """
    order = order_of("with-others", {**args, "post": reader.post})
    chosen = select(File).where(
        PENDING,
        File.opened_by == reader.post,
        File.held_by != File.opened_by,
        *limited(reader, File),
    )
    if args["cursor"] is not None:
        place = tuple_(*position_of(order, args["cursor"]))
        chosen = chosen.where(tuple_(File.held_since, File.id) > place)
    chosen = chosen.order_by(File.held_since, File.id).limit(args["limit"] + 1)
    found = session.scalars(chosen).all()
    shown = found[: args["limit"]]
    following = None
    if len(found) > args["limit"]:
        following = cursor_at(order, (shown[-1].held_since, shown[-1].id))
    return {"items": [item(each, reader, now) for each in shown], "next": following}


def item(file: File, reader: Reader, now: datetime) -> dict[str, Any]:
    """A file in a list of what waits; ``subject`` is None for an operator who may not see it."""
    today = day_of(now)
    seen = reader.post is not None or may_read(Secrecy.NORMAL, file.secrecy)
    due = file.promised_on
    over = None if due is None else max(0, (today - due).days)
    return {
        "id": str(file.id),
        "number": file.number,
        "subject": file.subject if seen else None,
        "department": file.department,
        "secrecy": Secrecy(file.secrecy).code,
        "priority": Priority(file.priority).code,
        "status": file.state,
        "held_by": file.held_by,
        "held_since": file.held_since.isoformat(),
        "days_there": max(0, (today - day_of(file.held_since)).days),
        "due_on": None if file.due_on is None else file.due_on.isoformat(),
        "first_due_on": None if file.first_due_on is None else file.first_due_on.isoformat(),
        "days_over": over,
    }


def involved(reader: Reader) -> list[ColumnElement[bool]]:
    """Conditions on ``File``: ``domain.access.may_read`` in SQL."""
    return graded(reader, has_to_do_with(File.id, reader.post or ""))


def _day_of_cursor(order: str, cursor: str) -> tuple[date, uuid.UUID]:
    word, key = word_of(order, cursor)
    try:
        return date.fromisoformat(word), key
    except ValueError as error:
        rule = "must be the `next` of a page asked with the same filters"
        raise Invalid("not a cursor of this list", {"cursor": [rule]}) from error
