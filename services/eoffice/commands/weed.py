"""Weed files and receipts: the record room proposes a list, another officer decides one by one."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.auth import Identity
from palika.errors import Conflict, Forbidden, Invalid, NotFound
from palika.india import day_of
from services.eoffice.commands.asked_again import check_same, check_unused, made_before
from services.eoffice.commands.of_record import (
    APPROVED,
    FILES,
    PROPOSED,
    RECEIPTS,
    REFUSED,
    Line,
    OfRecord,
    Thing,
)
from services.eoffice.domain.organisation import Actor
from services.eoffice.domain.retention import check_decides
from services.eoffice.models import Weeding
from services.eoffice.organisation_store import actor, current
from services.eoffice.queries.authority import check_linked
from services.eoffice.reference import city_retention
from services.eoffice.sealing import act, city_keys_of_record
from services.eoffice.sealing.verify.of_thing import check_stands

_KINDS = (RECEIPTS, FILES)
"""In the order in which they are locked (``load``)."""


def propose_weeding(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Weeding:
    """Propose to weed ``args["files"]`` and ``args["receipts"]``; asked again with the same id it
    gives what is there.

    Raises:
        Forbidden: the post is not of the record room.
        Invalid: a file or a receipt is named twice.
        NotFound: there is no such file or receipt that the post may read.
        Conflict: one is not to be weeded now, or is on another list that is not decided.
    """
    who = actor(session, caller, args["post"], now)
    if not city_retention().record_room.includes(who.post):
        raise Forbidden(
            f"{who.post.code} is not of the record room", {"post": who.post.code, "legal": []}
        )
    for what in _KINDS:
        if len(set(args[what.many])) != len(args[what.many]):
            raise Invalid(f"a {what.name} is on the list once", {what.many: ["one is named twice"]})
    if (known := _asked_before(session, args, who)) is not None:
        return known
    check_unused(session, args["id"])
    weeding = Weeding(
        id=args["id"] or uuid7(),
        remark=args["remark"],
        proposed_by=who.post.code,
        proposed_person=who.person,
        proposed_at=now,
    )
    session.add(weeding)
    counted = {each.many: len(args[each.many]) for each in _KINDS if args[each.many]}
    act(session, weeding.id, "weeding", "proposed", who, now, counted)
    # In the order of the call, files before receipts.
    listed = [*args[FILES.many], *args[RECEIPTS.many]]
    positions = {each: at for at, each in enumerate(listed, 1)}
    for what in _KINDS:
        # By their ids: two lists with the same things wait for each other, and do not lock.
        for key in sorted(args[what.many]):
            _list(session, weeding, what, what.load(session, who.post, key), positions[key], who)
    return weeding


def decide_weeding(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Line:
    """Approve or refuse the weeding of one file or receipt of a list (``args["file_id"]`` or
    ``args["receipt_id"]``). What is approved is destroyed in this transaction, but for the bytes of
    papers: ``remove_weeded`` takes these from the store after it.

    Decided before in the same way, it stays as it is.

    Raises:
        NotFound: it is on no such list, or the post may not read it.
        Forbidden: the post may not decide, or it, or the person, has proposed it; or the officer is
            a linked one of too low a level.
        Conflict: it was decided otherwise; it is not to be weeded now; or it is not as it was
            written down (``findings``).
    """
    who = actor(session, caller, args["post"], now)
    what = FILES if args[FILES.key] is not None else RECEIPTS
    key = args[what.key]
    missing = NotFound(
        f"{what.name} {key} is not on the list {args['id']}",
        {"id": str(args["id"]), what.key: str(key)},
    )
    if session.get(what.line, (args["id"], key)) is None:
        raise missing
    try:
        thing = what.to_decide(session, who.post, key)
    except NotFound as hidden:
        raise missing from hidden
    line = what.line_of(session, args["id"], key)
    if line is None:
        raise missing
    _check_may_decide(session, session.get_one(Weeding, line.weeding_id), who, now)
    wanted = APPROVED if args["approve"] else REFUSED
    if line.state == wanted:
        return line
    if line.state != PROPOSED:
        raise Conflict(
            f"the weeding of {what.name} {thing.number} was {line.state} by {line.decided_by}",
            {"state": line.state, "decided_by": line.decided_by},
        )
    if wanted == APPROVED:
        # What was falsified is evidence: it is not destroyed.
        check_stands(session, city_keys_of_record(), thing)
    line.state, line.remark = wanted, args["remark"]
    line.decided_by, line.decided_person, line.decided_at = who.post.code, who.person, now
    said = {"weeding": line.weeding_id, "remark": args["remark"]}
    if wanted == REFUSED:
        act(session, thing.id, what.name, "weeding refused", who, now, said)
        return line
    what.check(session, thing, now)
    said |= what.approved(session, thing, line, now)
    act(session, thing.id, what.name, "weeding approved", who, now, said)
    what.destroy(session, thing, who, now, line.weeding_id)
    return line


def _list(
    session: Session, weeding: Weeding, what: OfRecord, thing: Thing, position: int, who: Actor
) -> None:
    now = weeding.proposed_at
    what.check(session, thing, now)
    _check_on_no_list(session, what, thing)
    undecided = dict.fromkeys(("decided_by", "decided_person", "decided_at", "remark"))
    of = {"weeding_id": weeding.id, what.key: thing.id}
    session.add(what.line(**of, position=position, state=PROPOSED, **undecided))
    said = {"weeding": weeding.id, "remark": weeding.remark}
    act(session, thing.id, what.name, "proposed for weeding", who, now, said)


def _asked_before(session: Session, args: Mapping[str, Any], who: Actor) -> Weeding | None:
    asked = {"remark": args["remark"], "proposed_by": who.post.code}
    known = made_before(session, Weeding, args["id"], asked)
    if known is None:
        return None
    listed = {
        each.many: select(getattr(each.line, each.key)).where(each.line.weeding_id == known.id)
        for each in _KINDS
    }
    differs = [
        many for many, keys in listed.items() if set(session.scalars(keys)) != set(args[many])
    ]
    check_same(known.id, differs)
    return known


def _check_on_no_list(session: Session, what: OfRecord, thing: Thing) -> None:
    if (found := what.on_list(session, thing)) is not None:
        raise Conflict(
            f"the weeding of {what.name} {thing.number} is proposed already",
            {"number": thing.number, "weeding": str(found)},
        )


def _check_may_decide(session: Session, weeding: Weeding, who: Actor, now: datetime) -> None:
    city, day = current(session), day_of(now)
    above = [city.posts[each] for each in city.held_above(who.post.code, day)]
    check_decides(city_retention(), who.post, above)
    check_linked(who, city_retention().may_weed.those(above), city, day)
    own = who.person is not None and who.person == weeding.proposed_person
    if who.post.code == weeding.proposed_by or own:
        raise Forbidden(
            "who has proposed a weeding does not decide about it",
            {"post": who.post.code, "proposed_by": weeding.proposed_by},
        )
