"""Give posts to people and take them: work stays with the post, so that nothing moves."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.auth import Identity
from palika.errors import Conflict, Invalid
from palika.india import day_of
from services.eoffice.commands.asked_again import act_asked, made_before
from services.eoffice.domain.arranging import (
    check_days,
    check_free,
    check_person,
    check_since,
    day_before,
)
from services.eoffice.domain.organisation import Actor
from services.eoffice.models import Holding
from services.eoffice.organisation_store import ORGANISATION, actor, current_locked
from services.eoffice.queries.work import work_of
from services.eoffice.sealing import act

_SAID = ("post", "person", "kind", "since", "until", "order_ref")


def ordered_by(session: Session, caller: Identity, post: str | None, now: datetime) -> Actor | None:
    """The post by whose order an administrator changes the organisation, if one is named.

    Raises:
        Invalid: there is none of that code.
    """
    return None if post is None else actor(session, caller, post, now)


def transfer_person(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """Let ``args["person"]`` hold the post ``args["to"]`` from a day on; what they hold as their
    own ends the day before, and from today on at once. Who holds none is given their first. With
    ``additional`` it is beside what they have, and nothing ends.

    Returns:
        ``holding``; ``ended``: the holdings that end for it.

    Raises:
        Invalid: no such officer, post or days.
        Conflict: somebody has the post as their own, or the officer has it already; or the id is
            known and says something else, or what it made was withdrawn.
    """
    city, today = current_locked(session), day_of(now)
    who = ordered_by(session, caller, args["post"], now)
    since: date = args["since"] or today
    asked = {
        "post": args["to"],
        "person": args["person"],
        "kind": "additional" if args["additional"] else "regular",
        "order_ref": args["order_ref"],
        # Where no day is said, asking again on another one is the same.
        **{name: args[name] for name in ("since", "until") if args[name] is not None},
    }
    known = made_before(session, Holding, args["id"], asked)
    if known is not None:
        return {"holding": known, "ended": []}
    _check_not_withdrawn(session, args["id"])
    check_since(since, today)
    check_days(city, args["to"], since, args["until"])
    check_person(city, args["person"], since, args["until"])
    made = Holding(id=args["id"] or uuid7(), **{"since": since, "until": None, **asked})
    others = _holdings(session, since, or_(*_concerned(args)))
    going = [] if args["additional"] else [each for each in others if _gives_way(each, made)]
    kept = [_values(each) for each in others if each not in going]
    check_free(kept, _values(made))
    ended = _end(session, going, since, now)
    session.add(made)
    data = {"by": caller.subject, **_values(made), "ended": [each["post"] for each in ended]}
    if args["id"] is not None:
        data["step"] = args["id"]
    verb = "charge_given" if args["additional"] else "person_transferred"
    act(session, ORGANISATION, "organisation", verb, who, now, data)
    return {"holding": made, "ended": ended}


def vacate_post(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """Let nobody, or ``args["person"]`` no more, hold a post from a day on. Its work stays with it.

    Asked again there is nothing left to end, and nothing happens.

    Returns:
        ``code``, ``since``; ``ended``: the holdings; ``files`` and ``receipts``: how many the post
        has now.

    Raises:
        Invalid: there was never such a post, or the day is past.
    """
    city, today = current_locked(session), day_of(now)
    who = ordered_by(session, caller, args["post"], now)
    since: date = args["since"] or today
    if args["code"] not in city.posts:
        rule = f"there was never a post {args['code']!r}"
        raise Invalid("no such post", {"code": [rule]})
    check_since(since, today)
    own = [Holding.post == args["code"]]
    if args["person"] is not None:
        own.append(Holding.person == args["person"])
    ended = _end(session, _holdings(session, since, *own), since, now)
    if ended:
        data = {"by": caller.subject, "post": args["code"], "since": since}
        told = {"order_ref": args["order_ref"], "people": [each["person"] for each in ended]}
        act(session, ORGANISATION, "organisation", "post_vacated", who, now, data | told)
    work = work_of(session, [args["code"]]).get(args["code"], {})
    counts = {"files": work.get("files", 0), "receipts": work.get("receipts", 0)}
    return {"code": args["code"], "since": since, "ended": ended, **counts}


def end_all(session: Session, post: str, since: date, now: datetime) -> list[dict[str, Any]]:
    """End every holding of a post that goes; the caller writes the act."""
    return _end(session, _holdings(session, since, Holding.post == post), since, now)


def _check_not_withdrawn(session: Session, key: UUID | None) -> None:
    """Refuse a transfer that was carried out, and whose holding was taken back before it began: who
    asks again because an answer was lost does not mean it anew.

    Raises:
        Conflict: it was.
    """
    if key is not None and act_asked(session, "step", key, ORGANISATION) is not None:
        raise Conflict(
            f"{key} was carried out, and was withdrawn since; transfer under another id",
            {"id": str(key)},
        )


def _concerned(args: Mapping[str, Any]) -> tuple[Any, Any]:
    return Holding.post == args["to"], Holding.person == args["person"]


def _holdings(session: Session, since: date, *which: Any) -> Sequence[Holding]:
    """Those that are not over by that day; what was ended in the course of it, is."""
    lasting = Holding.ended_at.is_(None) & or_(Holding.until.is_(None), Holding.until >= since)
    return session.scalars(
        select(Holding)
        .where(lasting, *which)
        .order_by(Holding.post, Holding.since, Holding.id)
        .execution_options(populate_existing=True)
    ).all()


def _gives_way(known: Holding, made: Holding) -> bool:
    """Of the same officer: what they have as their own, and the same post as additional charge."""
    if known.person != made.person:
        return False
    if known.kind == "regular":
        return known.post != made.post
    return known.post == made.post


def _end(
    session: Session, rows: Sequence[Holding], since: date, now: datetime
) -> list[dict[str, Any]]:
    """End holdings the day before or, today, at once: under them work was done this morning. Those
    that had not begun are no more."""
    told, today = [], day_of(now)
    for each in rows:
        values = _values(each)
        if each.since >= since and each.since > today:
            session.delete(each)
            told.append({**values, "until": None, "ended_at": None, "withdrawn": True})
            continue
        each.until, each.ended_at = (today, now) if since <= today else (day_before(since), None)
        ended = {"until": each.until, "ended_at": each.ended_at, "withdrawn": False}
        told.append({**values, **ended})
    return told


def _values(row: Holding) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _SAID}
