"""Hold a file or a receipt back while something stops its weeding."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.auth import Identity
from palika.errors import Forbidden
from palika.india import day_of
from services.eoffice.commands.asked_again import answer, answered_with, made_before
from services.eoffice.commands.load import locked, one_at_a_time
from services.eoffice.commands.of_record import (
    FILES,
    RECEIPTS,
    OfRecord,
    check_at_hand,
    no_hold,
)
from services.eoffice.models import Hold, ReceiptHold
from services.eoffice.organisation_store import actor, current
from services.eoffice.queries.authority import check_linked
from services.eoffice.reference import city_retention
from services.eoffice.sealing import act


def hold_file(session: Session, caller: Identity, args: Mapping[str, Any], now: datetime) -> Hold:
    """Stop the weeding of a file, for a reason of the city's (``data/retention.yaml``).

    Held by the post for the same reason with the same remark already, it is that hold; with another
    remark (of another case in court) it is a further one, and each is lifted by itself. Asked again
    with the same id it is what it was answered with then, lifted or not.

    Raises:
        NotFound: no such file, or the post may not read it.
        Forbidden: the post has nothing to do with it.
        Invalid: no such reason.
        Conflict: it was weeded; or the id is known and says something else.
    """
    made: Hold = _hold(session, caller, FILES, args, now)
    return made


def hold_receipt(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> ReceiptHold:
    """Stop the weeding of a receipt, and of the file that it is in, if it is. As ``hold_file``."""
    made: ReceiptHold = _hold(session, caller, RECEIPTS, args, now)
    return made


def lift_hold(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Hold | ReceiptHold:
    """Say that what stopped the weeding is over. Lifted before, it stays as it is.

    Raises:
        NotFound: no such hold, or the post may not read what it holds back.
        Forbidden: the post is not one that lifts such, nor placed it or is above who did and weeds;
            or the officer is a linked one of too low a level.
    """
    who = actor(session, caller, args["post"], now)
    for what in (FILES, RECEIPTS):
        if (found := locked(session, what.hold, args["id"])) is not None:
            break
    else:
        raise no_hold(args["id"])
    thing = what.of_hold(session, who.post, found)
    if found.lifted_at is not None:
        return found
    may = _lifting(session, found)
    if who.post.code not in may:
        raise Forbidden(
            f"{who.post.code} cannot lift the hold: that is for {', '.join(sorted(may))}",
            {"post": who.post.code, "may": sorted(may)},
        )
    city, day = current(session), day_of(now)
    others = [each for each in sorted(may - {who.post.code}) if city.is_held(each, day)]
    check_linked(who, others, city, day)
    found.lifted_by, found.lifted_person, found.lifted_at = who.post.code, who.person, now
    found.lifted_remark = args["remark"]
    said = {"hold": found.id, "kind": found.kind, "remark": args["remark"]}
    act(session, thing.id, what.name, "released", who, now, said)
    return found


def _hold(
    session: Session, caller: Identity, what: OfRecord, args: Mapping[str, Any], now: datetime
) -> Any:
    who = actor(session, caller, args["post"], now)
    kind = city_retention().hold(args["kind"])
    one_at_a_time(session, args["id"])
    thing = what.load(session, who.post, args[what.key])
    asked = {what.key: thing.id, "kind": kind.code, "remark": args["remark"]}
    if (known := made_before(session, what.hold, args["id"], asked)) is not None:
        return known
    mine = ("hold", args["id"], thing.id, who.post.code)
    if (known_id := answered_with(session, *mine, asked)) is not None:
        return session.get_one(what.hold, known_id)
    if who.post.code not in (kind.lift | set(current(session).above(thing.held_by))):
        check_at_hand(what, thing, who, "hold")
    what.check_kept(session, thing, "hold")
    same = [getattr(what.hold, name) == value for name, value in asked.items()]
    standing = what.hold.placed_by == who.post.code, what.hold.lifted_at.is_(None)
    holding = select(what.hold).where(*same, *standing).order_by(what.hold.placed_at).limit(1)
    if (there := session.scalars(holding).first()) is not None:
        if args["id"] is not None:
            said = answer("hold", args["id"], there.id, asked)
            act(session, thing.id, what.name, "held already", who, now, said)
        return there
    made = what.hold(
        id=args["id"] or uuid7(),
        **asked,
        placed_by=who.post.code,
        placed_person=who.person,
        placed_at=now,
        lifted_by=None,
        lifted_person=None,
        lifted_at=None,
        lifted_remark=None,
    )
    session.add(made)
    said = {"hold": made.id, "kind": kind.code, "remark": args["remark"]}
    act(session, thing.id, what.name, "held", who, now, said)
    return made


def _lifting(session: Session, hold: Hold | ReceiptHold) -> set[str]:
    """The posts that lift a hold: those that its kind names; and who placed it and those up the
    line, of them such as weed. What one clerk has stopped one clerk does not let go."""
    city, schedule = current(session), city_retention()
    line = (hold.placed_by, *city.above(hold.placed_by))
    weed = {each for each in line if schedule.may_weed.includes(city.posts[each])}
    return {*schedule.hold(hold.kind).lift, *weed}
