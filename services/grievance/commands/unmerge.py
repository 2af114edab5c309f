"""Let a grievance that was merged into another one go on by itself again."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from palika.auth import SYSTEM, Identity
from palika.errors import Conflict
from services.grievance.commands.assign import find_somebody
from services.grievance.commands.merge import lock_both, told_too
from services.grievance.commands.move import Actor, Taken, about, advance, beside
from services.grievance.commands.step import Act
from services.grievance.commands.wait import ended_or_none, stood_still
from services.grievance.domain.lifecycle import State, Step
from services.grievance.domain.merging import Original, check_unmerge
from services.grievance.models import Grievance
from services.grievance.queries.find import find
from services.grievance.reference import policy
from services.grievance.schemas import UNMERGED

_ITSELF = SYSTEM("grievance")


def unmerge_grievance(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Grievance:
    """Take the merging back, for ``args["reason"]``.

    The office may while the original is open; its citizen when the original is said to be put
    right and for them it is not, within the days in which a resolution may be taken back.

    Raises as ``step.take``, and:
        Conflict: the original is not (or no more) as it must be; the appeal is left.
    """
    act, original = load_both(session, caller, args, now)
    if original is None:
        raise Conflict(
            f"{act.grievance.number} is {act.grievance.state}, and not merged into another one",
            {"status": act.grievance.state, "step": str(Step.UNMERGE)},
        )
    found = original.grievance
    stands = Original(found.number, State(found.state), found.resolved_at)
    check_unmerge(stands, act.by.roles, now, policy().reopen_days)
    part(act, original, args["reason"])
    return act.save()


def load_both(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> tuple[Act, Act | None]:
    """The grievance, and the original that it was merged into, if it was; both are locked.

    Both are locked in one order, as ``merge`` does it.

    Raises:
        NotFound: there is none, or it is another citizen's.
        Forbidden: it is private, and no business of this officer's.
        Conflict: it is at another version, or was merged elsewhere meanwhile.
    """
    found = find(session, caller, args)
    into = found.merged_into
    if into is not None:
        lock_both(session, found.id, into)
    original = None if into is None else Act.locked(session, _ITSELF, into, now)
    act = Act.load(session, caller, args, now)
    if act.grievance.merged_into != into:
        raise Conflict(
            f"{act.grievance.number} was merged elsewhere while this was decided: read it again", {}
        )
    return act, original


def part(act: Act, original: Act, reason: str | None, *, ordered: bool = False) -> None:
    """Let the grievance go on by itself; the original is written down, the grievance not yet.

    ``ordered`` as ``Act.take`` has it.

    Raises:
        Forbidden: it is not for the caller.
        Conflict: it is not merged.
    """
    others = told_too(act.session, act.grievance)
    move = partial(unmerge, original=original.grievance, reason=reason, others=others)
    act.take(move, ordered=ordered)
    find_somebody(act)
    number = act.grievance.number
    original.note(beside(original.grievance, Step.RELEASE, act.by, act.now, number=number))
    original.grievance.duplicates -= 1
    original.save()


def unmerge(
    grievance: Grievance,
    by: Actor,
    now: datetime,
    *,
    original: Grievance,
    reason: str | None,
    others: Mapping[str, list[Any]],
) -> Taken:
    """The move: back to its officer, or to be assigned; ``others`` are told too. Nothing is stored.

    Its clock has run on while it was merged, so that merging gains the office no time; it stood
    while the original was said to be done, or was refused.
    """
    step = advance(grievance, Step.UNMERGE, by, now)
    ended = ended_or_none(original)
    if ended is not None:
        stood_still(grievance, ended, now)
    merged_at = grievance.closed_at
    grievance.merged_into = None
    grievance.closed_at = None
    grievance.closed_by = None
    grievance.started_at = None
    grievance.reopened_at = now
    told = about(
        grievance,
        now,
        unmerged_at=now,
        original=original.id,
        by=by.kind,
        due_at=grievance.due_at,
        merged_at=merged_at,
        breached_at=grievance.breached_at,
    )
    told["data"] |= others
    return step.taken(UNMERGED.new(**told), note=reason, original=original.number)
