"""Reads: what was decided on a file, and up to how much a post may sanction."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.india import day_of
from services.eoffice.domain.movement import Step
from services.eoffice.domain.organisation import Organisation
from services.eoffice.models import Act, Approval, File, Movement, Note
from services.eoffice.organisation_store import actor, current
from services.eoffice.queries import view as file_view
from services.eoffice.queries.cancelling import cancelled_of
from services.eoffice.queries.sight import readable_file
from services.eoffice.queries.volumes import case, volumes
from services.eoffice.reference import city_letters, city_powers
from services.eoffice.schemas.approving import ApprovalView

_one, _many = ApprovalView(), ApprovalView(many=True)


def view(approval: Approval) -> dict[str, Any]:
    """One decision."""
    shown: dict[str, Any] = _one.dump(approval)
    return shown


def decided(file: File, approval: Approval | None, routed_to: str | None) -> dict[str, Any]:
    """What whoever decides is answered: the ``file``; the ``approval``, or None since the file was
    ``routed_to`` who may."""
    return {
        "file": file_view(file),
        "approval": None if approval is None else view(approval),
        "routed_to": routed_to,
    }


def routing(session: Session, file_id: UUID, decision: UUID | None) -> Act | None:
    """The act by which a file was sent to who may decide, when that was asked for under this id."""
    if decision is None:
        return None
    found: Act | None = session.scalar(
        select(Act).where(
            Act.chain_id == file_id,
            Act.verb == "routed",
            Act.data["decision"].astext == str(decision),
        )
    )
    return found


def is_own_proposal(
    session: Session,
    file: File,
    post: str,
    person: str,
    city: Organisation,
    *,
    money: bool,
    borrowed: bool,
) -> bool:
    """Whether an officer who now acts for a post has put the file up from another one: opened it
    there, wrote a green note in it, or sent it on or back. What they sent down the line they have
    not put up. A file's volumes are one file.

    Args:
        city: the organisation, as of this transaction.
        money: a sanction is asked for: then, as limits are, it is of the whole case, or what was
            proposed in a file would be sanctioned in a part of it.
        borrowed: the power by which they would approve is not that of a post of their own: then it
            counts at this very post too that they opened it, wrote its first note or put it up.
    """
    own = [each.id for each in volumes(session, file)]
    ids = case(session, file) if money else own
    noted = select(Note.id).where(Note.file_id.in_(ids), Note.person == person)
    opened = select(Act.position).where(
        Act.chain_id.in_(ids), Act.verb == "opened", Act.person == person
    )
    moved = Movement.kind.in_([Step.PUT_UP, Step.FORWARD, Step.FOLLOW, Step.SEND_BACK])
    if borrowed:
        first = and_(Note.number == 1, Note.file_id.in_(own))
        noted = noted.where(or_(Note.post != post, first))
        moved = and_(moved, or_(Movement.by_post != post, Movement.kind == Step.PUT_UP))
    else:
        noted, opened = noted.where(Note.post != post), opened.where(Act.post != post)
        moved = and_(moved, Movement.by_post != post)
    if session.scalar(select(or_(noted.exists(), opened.exists()))):
        return True
    sent = select(Movement.from_post, Movement.to_post).where(
        Movement.file_id.in_(ids), Movement.by_person == person, moved
    )
    return any(came_from not in city.above(to) for came_from, to in session.execute(sent))


def of_file(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """The decisions on a file in their order: ``items``, each with the id of what it was
    ``cancelled_by``, or None.

    Raises:
        NotFound: no such file that the post may read.
    """
    who = actor(session, caller, args["post"], now)
    file = readable_file(session, who.post, args["id"])
    asked = select(Approval).where(Approval.file_id == file.id)
    found = session.scalars(asked.order_by(Approval.decided_at, Approval.id)).all()
    cancelled = cancelled_of(session, [each.id for each in found])
    by = {str(each): str(cancellation) for each, cancellation in cancelled.items()}
    return {"items": [each | {"cancelled_by": by.get(each["id"])} for each in _many.dump(found)]}


def powers_of(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """Each head of sanctions with what the acting post may sanction under it today: ``items``; each
    kind of letters with whether it ``may`` approve such: ``letters``. ``delegated_by`` is the post
    whose power it is, if not its own.

    Raises:
        Forbidden, Invalid: as ``Organisation.acting``.
    """
    who = actor(session, caller, args["post"], now)
    city, day, powers = current(session), day_of(now), city_powers()
    items = []
    for power in powers.heads.values():
        found = powers.authority(city, who, power, day)
        items.append(
            {
                "power": power.code,
                "mr": power.mr,
                "en": power.en,
                "source": power.source,
                "most_paise": found.most_paise,
                "delegated_by": found.from_post,
            }
        )
    letters = []
    for kind in city_letters().powers.values():
        whose = kind.whose(city, who, day)
        letters.append(
            {
                "power": kind.code,
                **letter_names()[kind.code],
                "source": kind.source,
                "second_officer": kind.second_officer,
                "alone_below": kind.alone_below,
                "may": whose is not None,
                "delegated_by": None if whose is None or whose == who.post else whose.code,
            }
        )
    shown = {"items": items, "letters": letters}
    return {"post": who.post.code, "capacity": str(who.capacity), **shown}


def letter_names() -> dict[str, dict[str, str]]:
    """What each kind of letters is called (``mr``, ``en``), by the code of its power."""
    city = city_letters()
    return {
        kind.code: {name: city.wording(code, name).title for name in ("mr", "en")}
        for code, kind in city.powers.items()
    }
