"""Record a closed file: of which category it is; and hold it while something stops its weeding."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.auth import Identity
from palika.errors import Conflict, Forbidden, NotFound
from palika.india import day_of
from services.eoffice.commands.asked_again import answer, answered_with, made_before
from services.eoffice.commands.kept import check_kept
from services.eoffice.commands.load import load_locked, load_readable, locked, one_at_a_time
from services.eoffice.domain.legal import Bar, barred
from services.eoffice.domain.movement import State
from services.eoffice.domain.organisation import Actor
from services.eoffice.domain.retention import check_recording
from services.eoffice.models import File, Hold, Recording
from services.eoffice.organisation_store import actor, current
from services.eoffice.queries.reading import known_of
from services.eoffice.queries.sight import check_sight
from services.eoffice.reference import city_retention
from services.eoffice.sealing import act


def record_file(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Recording:
    """Record a closed file, by the schedule or as ``args["category"]`` and ``years`` say; recorded
    again, it is of another category from then on.

    Raises:
        NotFound: no such file, or the post may not read it.
        Forbidden: the post neither has it nor is of the record room; or it may not lower.
        Invalid: no such category, or no reason is given why it is not the schedule's.
        Conflict: it is not closed, or was weeded; or another post has recorded it otherwise than
            the schedule says, and no category is given.
    """
    who = actor(session, caller, args["post"], now)
    file = load_readable(session, who.post, args["id"])
    city = city_retention()
    _check_at_hand(file, who, "record")
    if file.state != State.CLOSED:
        closed = Bar(f"it is {file.state}; close it first")
        raise barred(
            *(file.standing, "record", closed, known_of(session, file, who.post.code, day_of(now))),
        )
    check_kept(session, file, "record")
    found = session.get(Recording, file.id)
    fits = city.class_of(file.head, file.department)
    before = fits.keeping if found is None else found.keeping
    wanted = before
    if args["category"] is not None:
        wanted = city.keeping(args["category"], args["years"])
    check_recording(city, who.post, wanted, before, args["reason"])
    if found is not None and wanted == before:
        if (
            args["category"] is None
            and found.recorded_by != who.post.code
            and before != fits.keeping
        ):
            # The schedule's was asked for, and another post has recorded it as something else.
            raise Conflict(
                f"file {file.number} was recorded by {found.recorded_by} as {before}; "
                "say a category to change it",
                {
                    "recorded_by": found.recorded_by,
                    "is": str(before),
                    "schedule": str(fits.keeping),
                },
            )
        return found
    assert file.closed_at is not None  # a closed one has it: ck_file_closed
    told = {
        "record_class": fits.code,
        "category": str(wanted.category),
        "years": wanted.years,
        "reason": args["reason"],
        "due_on": city.due_on(wanted, day_of(file.closed_at)),
        "recorded_by": who.post.code,
        "recorded_person": who.person,
        "recorded_at": now,
    }
    if found is None:
        found = Recording(file_id=file.id, department=file.department, weeded_at=None, **told)
        session.add(found)
    else:
        for name, value in told.items():
            setattr(found, name, value)
    said = {"keeping": str(wanted), "class": fits.code, "reason": args["reason"]}
    act(session, file.id, "file", "recorded", who, now, said)
    return found


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
    who = actor(session, caller, args["post"], now)
    kind = city_retention().hold(args["kind"])
    one_at_a_time(session, args["id"])
    file = load_readable(session, who.post, args["file_id"])
    asked = {"file_id": file.id, "kind": kind.code, "remark": args["remark"]}
    if (known := made_before(session, Hold, args["id"], asked)) is not None:
        return known
    mine = ("hold", args["id"], file.id, who.post.code)
    if (known_id := answered_with(session, *mine, asked)) is not None:
        return session.get_one(Hold, known_id)
    if who.post.code not in (kind.lift | set(current(session).above(file.held_by))):
        _check_at_hand(file, who, "hold")
    check_kept(session, file, "hold")
    same = [getattr(Hold, name) == value for name, value in asked.items()]
    holding = select(Hold).where(*same, Hold.placed_by == who.post.code, Hold.lifted_at.is_(None))
    if (there := session.scalars(holding.order_by(Hold.placed_at).limit(1)).first()) is not None:
        if args["id"] is not None:
            said = answer("hold", args["id"], there.id, asked)
            act(session, file.id, "file", "held already", who, now, said)
        return there
    made = Hold(
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
    act(session, file.id, "file", "held", who, now, said)
    return made


def lift_hold(session: Session, caller: Identity, args: Mapping[str, Any], now: datetime) -> Hold:
    """Say that what stopped the weeding is over. Lifted before, it stays as it is.

    Raises:
        NotFound: no such hold, or the post may not read the file.
        Forbidden: the post is not one that lifts such, nor placed it or is above who did and weeds.
    """
    who = actor(session, caller, args["post"], now)
    found = locked(session, Hold, args["id"])
    if found is None:
        raise NotFound(f"there is no hold {args['id']}", {"id": str(args["id"])})
    file = load_locked(session, found.file_id)
    check_sight(session, who.post, file, "hold", str(found.id))
    if found.lifted_at is not None:
        return found
    may = _lifting(session, found)
    if who.post.code not in may:
        raise Forbidden(
            f"{who.post.code} cannot lift the hold: that is for {', '.join(sorted(may))}",
            {"post": who.post.code, "may": sorted(may)},
        )
    found.lifted_by, found.lifted_person, found.lifted_at = who.post.code, who.person, now
    found.lifted_remark = args["remark"]
    said = {"hold": found.id, "kind": found.kind, "remark": args["remark"]}
    act(session, file.id, "file", "released", who, now, said)
    return found


def _lifting(session: Session, hold: Hold) -> set[str]:
    """The posts that lift a hold: those that its kind names; and who placed it and those up the
    line, of them such as weed. What one clerk has stopped one clerk does not let go."""
    city, schedule = current(session), city_retention()
    line = (hold.placed_by, *city.above(hold.placed_by))
    weed = {each for each in line if schedule.may_weed.includes(city.posts[each])}
    return {*schedule.hold(hold.kind).lift, *weed}


def _check_at_hand(file: File, who: Actor, step: str) -> None:
    if who.post.code == file.held_by or city_retention().record_room.includes(who.post):
        return
    raise Forbidden(
        f"cannot {step} file {file.number}: that is for {file.held_by}, which has it, and for the "
        "record room",
        {"held_by": file.held_by, "post": who.post.code, "step": step},
    )
