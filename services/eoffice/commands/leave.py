"""Go on leave, with a linked officer who acts for all of one's posts; come back."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.auth import Identity
from palika.errors import Forbidden, NotFound
from palika.india import day_of
from services.eoffice.commands.asked_again import check_same, made_before
from services.eoffice.commands.load import locked
from services.eoffice.domain.linking import check_linked
from services.eoffice.domain.organisation import Actor, Organisation
from services.eoffice.domain.standing_in import check_leave
from services.eoffice.models import Leave
from services.eoffice.organisation_store import ORGANISATION, actor, current, current_locked
from services.eoffice.reference import city_linking, city_longest_leave
from services.eoffice.sealing import act


def take_leave(session: Session, caller: Identity, args: Mapping[str, Any], now: datetime) -> Leave:
    """Note a leave: one's own, or that of an officer down the line; see ``check_leave``.

    Raises:
        Forbidden: the officer is neither the caller nor down the caller's line; or who stands in is
            of too low a level to be named by the caller, see ``check_linked``.
        Conflict: the id was used before for something else.
    """
    city = current_locked(session)
    who = actor(session, caller, args["post"], now)
    said = {
        "person": args["person"] or who.person or "",
        "linked": args["linked"],
        "since": args["since"],
        "until": args["until"],
    }
    # ``until`` is earlier once they have come back: see ``end_leave``.
    asked = {name: said[name] for name in ("person", "linked", "since")}
    if (known := made_before(session, Leave, args["id"], asked)) is not None:
        changed = known.rev == 1 and known.until != said["until"]
        check_same(known.id, ["until"] if changed else [])
        return known
    _check_may(city, who, said["person"], now)
    check_leave(city, **said, today=day_of(now), longest=city_longest_leave())
    lower = check_linked(city, who, **said, rule=city_linking())
    made = Leave(
        **said,
        id=args["id"] or uuid7(),
        made_by=caller.subject,
        made_at=now,
        ended_at=None,
    )
    session.add(made)
    told = {**said, **({"lower_approved_by": who.post.code} if lower else {})}
    act(session, ORGANISATION, "organisation", "leave_taken", who, now, told)
    return made


def end_leave(session: Session, caller: Identity, args: Mapping[str, Any], now: datetime) -> Leave:
    """Come back today: a leave that has begun was until yesterday, another is none. Twice is as
    once.

    Raises:
        NotFound: there is none of that id.
        Forbidden: as ``take_leave``.
    """
    who, city, today = actor(session, caller, args["post"], now), current(session), day_of(now)
    found = locked(session, Leave, args["id"])
    if found is None:
        raise NotFound(f"there is no leave {args['id']}", {"id": str(args["id"])})
    _check_may(city, who, found.person, now)
    if found.ended_at is not None or found.until < today:
        return found
    if found.since < today:
        found.until = today - timedelta(days=1)
    else:
        found.ended_at = now
    act(session, ORGANISATION, "organisation", "leave_ended", who, now, {"leave": found.id})
    return found


def _check_may(city: Organisation, who: Actor, person: str, now: datetime) -> None:
    if who.person in (None, person):
        return
    own = city.posts_of(person, day_of(now))
    if not any(who.post.code in city.above(post) for post in own):
        raise Forbidden(f"{person} is not down the line of {who.post.code}", {"person": person})
