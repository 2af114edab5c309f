"""Add, rename and abolish posts, change whom they report to; take people in."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.errors import Conflict, NotFound
from palika.india import day_of
from services.eoffice.commands.hold_post import end_all, ordered_by
from services.eoffice.domain.arranging import (
    check_end,
    check_new_code,
    check_place,
    check_reporting,
    check_since,
    day_before,
)
from services.eoffice.models import Department, Person, Post, Section
from services.eoffice.organisation_store import ORGANISATION, current_locked
from services.eoffice.queries.work import said, way_out, work_of
from services.eoffice.sealing import act

RENAMED: Mapping[str, type[Any]] = {
    "department": Department,
    "section": Section,
    "post": Post,
    "person": Person,
}
"""What has names in both languages."""

_OF_POST = (
    *("code", "department", "section", "mr", "en", "level", "reports_to", "clearance"),
    "since",
)
_OF_PERSON = ("code", "mr", "en", "phone", "email", "language", "since")


def add_post(session: Session, caller: Identity, args: Mapping[str, Any], now: datetime) -> Post:
    """Add a post, from a day on; nobody holds it yet. Asked again with the same content it gives
    what is there.

    Raises:
        Invalid: its code, department, section, post above it or day cannot be.
        Conflict: there is, or was, a post of that code that says something else.
    """
    city, today = current_locked(session), day_of(now)
    who = ordered_by(session, caller, args["post"], now)
    known = session.get(Post, args["code"])
    if known is not None:
        return _same(known, _OF_POST, args)
    since = args["since"] or today
    check_since(since, today)
    check_new_code(city, args["code"], person=False)
    check_place(city, args["department"], args["section"], args["reports_to"], since)
    values = {name: args[name] for name in _OF_POST} | {"since": since}
    made = Post(**values, until=None)
    session.add(made)
    data = {"by": caller.subject, **values}
    act(session, ORGANISATION, "organisation", "post_added", who, now, data)
    return made


def add_person(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Person:
    """Take an officer in, who holds no post yet. Asked again as ``add_post``.

    Raises:
        Invalid: the code or the day cannot be.
        Conflict: there is, or was, an officer of that code of whom something else is said.
    """
    city, today = current_locked(session), day_of(now)
    who = ordered_by(session, caller, args["post"], now)
    known = session.get(Person, args["code"])
    if known is not None:
        return _same(known, _OF_PERSON, args)
    since = args["since"] or today
    check_since(since, today)
    check_new_code(city, args["code"], person=True)
    made = Person(**{name: args[name] for name in _OF_PERSON} | {"since": since}, until=None)
    session.add(made)
    data = {"by": caller.subject, "person": made.code, "since": since}
    act(session, ORGANISATION, "organisation", "person_added", who, now, data)
    return made


def abolish_post(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """End a post from a day on, and with it whoever holds it. Twice is as once. What it is given
    until a later day, goes up the line when it has ended (``transfer.hand_over_ended``).

    Returns:
        ``code``; ``until``: its last day; ``ended``: the holdings that ended with it.

    Raises:
        NotFound: there was never such a post.
        Invalid: the day is past, or before it began.
        Conflict: it has files, receipts or unanswered questions, with how many and the way out;
            posts report to it; it has delegated powers.
    """
    city, today = current_locked(session), day_of(now)
    who = ordered_by(session, caller, args["post"], now)
    row = session.get(Post, args["code"], populate_existing=True)
    if row is None:
        raise NotFound(f"there was never a post {args['code']}", {"code": args["code"]})
    since = args["since"] or today
    if row.until is not None and row.until < since:
        return {"code": row.code, "until": row.until, "ended": []}
    check_since(since, today)
    check_end(city, row.code, since)
    if work := work_of(session, [row.code]).get(row.code):
        raise Conflict(f"{row.code} has {said(work)}: {way_out(work)}", {"post": row.code, **work})
    row.until = day_before(since)
    ended = end_all(session, row.code, since, now)
    people = [each["person"] for each in ended]
    data = {"by": caller.subject, "post": row.code, "since": since, "people": people}
    told = {"order_ref": args["order_ref"]}
    act(session, ORGANISATION, "organisation", "post_abolished", who, now, data | told)
    return {"code": row.code, "until": row.until, "ended": ended}


def rename(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """Give a department, section, post or officer other names, at once: a row has one name only,
    and what it was called before stands in the record. The same names again are no change.

    Returns:
        ``kind``, ``code``, ``mr``, ``en``; ``before``: the names until now.

    Raises:
        NotFound: there is none of that code.
    """
    current_locked(session)
    who = ordered_by(session, caller, args["post"], now)
    row = session.get(RENAMED[args["kind"]], args["code"], populate_existing=True)
    if row is None:
        raise NotFound(f"there is no {args['kind']} {args['code']}", {"code": args["code"]})
    before = {"mr": row.mr, "en": row.en}
    after = {name: args[name] or before[name] for name in before}
    named = {"kind": args["kind"], "code": row.code, **after, "before": before}
    if after != before:
        row.mr, row.en = after["mr"], after["en"]
        data = {"by": caller.subject, **named}
        act(session, ORGANISATION, "organisation", "renamed", who, now, data)
    return named


def change_reporting(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Post:
    """Let a post report to another, or to none, at once. The same again is no change.

    Raises:
        Invalid: there is no such post today, or it would be a circle, which is told.
    """
    city = current_locked(session)
    who = ordered_by(session, caller, args["post"], now)
    check_reporting(city, args["code"], args["reports_to"], day_of(now))
    row = session.get_one(Post, args["code"], populate_existing=True)
    if row.reports_to != args["reports_to"]:
        line = {"reported_to": row.reports_to, "reports_to": args["reports_to"]}
        row.reports_to = args["reports_to"]
        data = {"by": caller.subject, "post": row.code, **line}
        act(session, ORGANISATION, "organisation", "line_changed", who, now, data)
    return row


def _same(known: Any, columns: tuple[str, ...], args: Mapping[str, Any]) -> Any:
    """What is there, if it says what was asked; a day that was not said is any."""
    said = {name: args[name] for name in columns if (name, args[name]) != ("since", None)}
    if differs := sorted(name for name in said if getattr(known, name) != said[name]):
        raise Conflict(
            f"{known.code} is there already, with another {', '.join(differs)}",
            {"code": known.code, "differs": differs},
        )
    if known.until is not None:
        rule = f"{known.code} was there until {known.until}: a code is not given twice"
        raise Conflict(rule, {"code": known.code, "until": str(known.until)})
    return known
