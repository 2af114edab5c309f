"""Delegate powers to another post, to sanction and to approve letters, and take them back."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.auth import Identity
from palika.errors import Forbidden, NotFound
from palika.india import day_of
from services.eoffice.commands.asked_again import answer, answered_with, made_before
from services.eoffice.commands.load import locked
from services.eoffice.domain.standing_in import check_delegation
from services.eoffice.models import Delegation
from services.eoffice.organisation_store import ORGANISATION, actor, current_locked
from services.eoffice.reference import city_letters, city_powers
from services.eoffice.sealing import act


def delegate(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Delegation:
    """Let ``args["to"]`` sanction under the heads, and approve letters of the kinds
    (``letter:order``), in ``what``; see ``check_delegation``.

    Delegated so already and not revoked, it is that delegation. Asked again with the same id it is
    what it was answered with then, revoked or not.

    Raises:
        Conflict: the id was used before for something else.
    """
    city = current_locked(session)
    who = actor(session, caller, args["post"], now)
    said = {
        "from_post": who.post.code,
        "to_post": args["to"],
        "what": sorted(set(args["what"])),
        "most_paise": args["most_paise"],
        "since": args["since"] or day_of(now),
        "until": args["until"],
    }
    # Asked again on another day, "from today" is not another content.
    asked = said if args["since"] else {k: each for k, each in said.items() if k != "since"}
    given = {**said, "since": args["since"]}
    if (known := made_before(session, Delegation, args["id"], asked)) is not None:
        return known
    mine = ("delegate", args["id"], ORGANISATION, who.post.code)
    if (known_id := answered_with(session, *mine, given)) is not None:
        return session.get_one(Delegation, known_id)
    made = Delegation(
        **said,
        id=args["id"] or uuid7(),
        made_by=caller.subject,
        made_at=now,
        revoked_at=None,
    )
    check_delegation(
        *(city, city_powers(), city_letters(), who, args["to"], made.what, made.most_paise),
        *(made.since, made.until, day_of(now)),
    )
    if (there := _there(session, asked, day_of(now))) is not None:
        if args["id"] is not None:
            again = answer("delegate", args["id"], there.id, given)
            act(session, ORGANISATION, "organisation", "delegated already", who, now, again)
        return there
    session.add(made)
    act(session, ORGANISATION, "organisation", "delegated", who, now, said)
    return made


def _there(session: Session, asked: Mapping[str, Any], today: date) -> Delegation | None:
    """A delegation that says the same and counts; "from today" is one that counts today."""
    found = select(Delegation).where(
        *(getattr(Delegation, name) == value for name, value in asked.items()),
        Delegation.revoked_at.is_(None),
    )
    if "since" not in asked:
        over = Delegation.until < today
        found = found.where(Delegation.since <= today, ~func.coalesce(over, False))
    return session.scalars(found.order_by(Delegation.made_at).limit(1)).first()


def revoke(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Delegation:
    """Take a delegation back; it counts no more from now on. Twice is as once.

    Raises:
        NotFound: there is none of that id.
        Forbidden: another post has given it.
    """
    who = actor(session, caller, args["post"], now)
    found = locked(session, Delegation, args["id"])
    if found is None:
        raise NotFound(f"there is no delegation {args['id']}", {"id": str(args["id"])})
    if found.from_post != who.post.code:
        raise Forbidden(
            f"only {found.from_post} takes it back, not {who.post.code}", {"post": who.post.code}
        )
    if found.revoked_at is None:
        found.revoked_at = now
        said = {"delegation": found.id}
        act(session, ORGANISATION, "organisation", "revoked", who, now, said)
    return found
