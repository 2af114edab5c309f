"""Approve a file, or refuse it, within one's powers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.auth import Identity
from palika.errors import Forbidden
from palika.events import Event
from palika.india import day_of
from palika.outbox import record
from services.eoffice.commands.asked_again import act_asked, check_same, digests, made_before
from services.eoffice.commands.forward import forward_file
from services.eoffice.commands.load import load_of_case, one_at_a_time
from services.eoffice.commands.step import see
from services.eoffice.domain.legal import check_step
from services.eoffice.domain.movement import Step
from services.eoffice.domain.organisation import Actor
from services.eoffice.domain.powers import Authority
from services.eoffice.models import Act, Approval, File, Movement
from services.eoffice.organisation_store import actor, current, current_held
from services.eoffice.queries.authority import approving
from services.eoffice.queries.cancelling import cancelled_of
from services.eoffice.queries.custody import may_have
from services.eoffice.queries.reading import known_of, legal_now
from services.eoffice.reference import city_powers
from services.eoffice.schemas import FILE_APPROVED
from services.eoffice.sealing import act

_SAID = ("power", "amount_paise", "remark")


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of it: a decision; or none, since the file went to ``routed_to``."""

    file: File
    approval: Approval | None
    routed_to: str | None = None


def approve_file(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Decided:
    """Approve; with an amount under a head of sanctions, or without money.

    Outside one's powers it is refused; with ``args["route"]`` the file is sent to the nearest post
    up the line that has them and may read it.

    Raises:
        NotFound: no such file, or the post may not read it.
        Forbidden: the file is with another post; or the amount is more than the post may sanction,
            or the post only puts up, or the officer has put the file up themselves, or is a linked
            officer of too low a level: ``may`` names who may.
        Invalid: no such power.
        Conflict: the file is closed, or at another version than the caller had read; or the
            decision's id was used before for something else.
    """
    who = actor(session, caller, args["post"], now)
    file = load_to_decide(session, who, args)
    if (known := decided_before(session, args, who, "approved")) is not None:
        return Decided(file, known)
    if (routed := _routed_before(session, args, who)) is not None:
        return Decided(file, None, routed)
    check_step(
        file.standing,
        Step.APPROVE,
        who.post.code,
        args["version"],
        known_of(session, file, who, day_of(now)),
    )
    see(session, file, now)
    if (again := _just_done(session, file, args, who, "approved")) is not None:
        return Decided(file, again)
    try:
        authority = approving(
            *(session, who, file, args["power"], args["amount_paise"]),
            *(current(session), day_of(now)),
            _left(session, who, file, now),
        )
    except Forbidden as refused:
        posts = current(session).posts
        may = [each for each in refused.details["may"] if may_have(session, file, posts[each])]
        if not args["route"] or not may:
            raise
        return _routed(session, caller, args, who, may[0], now)
    approval = decide(session, file, args, who, "approved", authority, now, _told)
    return Decided(file, approval)


def _told(file: File, approval: Approval) -> Event:
    return FILE_APPROVED.new(
        subject=str(file.id),
        sequence=file.version,
        time=approval.decided_at,
        data={
            "file_id": file.id,
            "approval_id": approval.id,
            "department": file.department,
            "post": approval.post,
            "power": approval.power,
            "amount_paise": approval.amount_paise,
            "approved_at": approval.decided_at,
        },
    )


def refuse_file(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Decided:
    """Refuse; whoever has the file may, whatever the amount. The file stays where it is.

    Raises:
        NotFound, Forbidden, Invalid, Conflict: as ``approve_file``, but for the powers.
    """
    who = actor(session, caller, args["post"], now)
    file = load_to_decide(session, who, args)
    if (known := decided_before(session, args, who, "refused")) is not None:
        return Decided(file, known)
    check_step(
        file.standing,
        Step.REFUSE,
        who.post.code,
        args["version"],
        known_of(session, file, who, day_of(now)),
    )
    see(session, file, now)
    if (again := _just_done(session, file, args, who, "refused")) is not None:
        return Decided(file, again)
    if args["power"] is not None:
        city_powers().head(args["power"])
    return Decided(file, decide(session, file, args, who, "refused", None, now))


def load_to_decide(session: Session, who: Actor, args: Mapping[str, Any]) -> File:
    """The file, locked until the end of the transaction; before it the one that its case began
    with, so that what is sanctioned in two parts at once is seen by who comes second.

    Who asks twice waits before that, for what was sent later (``submit``) does so too: the other
    way round the two would wait for each other.

    Raises:
        NotFound: there is none, or the post may not read it.
    """
    # The file may be sent on, to who may decide or back.
    current_held(session)
    one_at_a_time(session, args["decision_id"])
    return load_of_case(session, who.post, args["id"])


def _left(session: Session, who: Actor, file: File, now: datetime) -> Callable[[], list[str]]:
    """What is done with the file that is not approved, for a refusal."""
    return partial(legal_now, session, file, who, day_of(now))


def decide(
    session: Session,
    file: File,
    args: Mapping[str, Any],
    who: Actor,
    decision: str,
    authority: Authority | None,
    now: datetime,
    told: Callable[[File, Approval], Event] | None = None,
    *,
    cancels: UUID | None = None,
) -> Approval:
    """Write a decision down; whether it may be made has been seen to.

    Args:
        told: the event that tells of it, if one does.
        cancels: of a cancellation: the approval.
    """
    file.version += 1
    approval = Approval(
        id=args["decision_id"] or uuid7(),
        file_id=file.id,
        decision=decision,
        power=args["power"],
        amount_paise=args["amount_paise"],
        post=who.post.code,
        person=who.person,
        capacity=who.capacity,
        delegated_by=authority.from_post if authority else None,
        most_paise=authority.most_paise if authority else None,
        remark=args["remark"],
        decided_at=now,
        cancels=cancels,
    )
    session.add(approval)
    said = {
        "approval": approval.id,
        "power": approval.power,
        "amount_paise": approval.amount_paise,
        "delegated_by": approval.delegated_by,
    } | ({} if cancels is None else {"cancels": cancels})
    if told is not None:
        record(session, told(file, approval))
    act(session, file.id, "file", decision, who, now, said)
    return approval


def _routed(
    session: Session,
    caller: Identity,
    args: Mapping[str, Any],
    who: Actor,
    to: str,
    now: datetime,
) -> Decided:
    asked = {name: args[name] for name in ("id", "post", "version", "remark")}
    file = forward_file(session, caller, {**asked, "to": to, "step": None}, now)
    said = {"to": to, "decision": args["decision_id"], "power": args["power"]}
    said |= {"amount_paise": args["amount_paise"], "asked": _asked(args)}
    act(session, file.id, "file", "routed", who, now, said)
    return Decided(file, None, to)


def _asked(args: Mapping[str, Any]) -> dict[str, str]:
    return digests({name: args[name] for name in _SAID})


def decided_before(
    session: Session, args: Mapping[str, Any], who: Actor, decision: str
) -> Approval | None:
    """The decision that was asked for before under the same id.

    Raises:
        Conflict: it says something else.
    """
    asked = {"file_id": args["id"], "decision": decision, "post": who.post.code}
    asked |= {name: args[name] for name in _SAID}
    return made_before(session, Approval, args["decision_id"], asked)


def _just_done(
    session: Session, file: File, args: Mapping[str, Any], who: Actor, decision: str
) -> Approval | None:
    """The decision that the officer has made on the file last, at this post, if it is the same and
    they have done nothing else with the file since: asked without an id of its own it is a second
    click, and no second sanction."""
    if args["decision_id"] is not None:
        return None
    own = select(Act).where(Act.chain_id == file.id, Act.post == who.post.code)
    last = session.scalar(own.order_by(Act.position.desc()).limit(1))
    if last is None or last.verb != decision or last.person != who.person:
        return None
    found = session.get(Approval, UUID(last.data["approval"]))
    if found is None or cancelled_of(session, [found.id]):
        return None
    moved = select(Movement.position).where(
        Movement.file_id == file.id, Movement.moved_at > found.decided_at
    )
    same = all(getattr(found, name) == args[name] for name in _SAID)
    return found if same and session.scalar(moved.limit(1)) is None else None


def _routed_before(session: Session, args: Mapping[str, Any], who: Actor) -> str | None:
    """The post that the file was sent to when this was asked for before under the same id.

    Raises:
        Conflict: something else was asked for then.
    """
    if args["decision_id"] is None:
        return None
    before = act_asked(session, "decision", args["decision_id"], args["id"])
    if before is None:
        return None
    now = {"post": who.post.code} | _asked(args)
    then = {"post": before.post} | before.data["asked"]
    check_same(args["decision_id"], [name for name in now if now[name] != then[name]])
    to: str = before.data["to"]
    return to
