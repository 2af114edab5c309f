"""What people do about an alert: say that they have seen it, mute it, let it be told again."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, or_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.errors import Conflict, Forbidden, Invalid, NotFound
from palika.india import day_of
from palika.roles import post_of
from services.kpi.domain.desks import SENIOR
from services.kpi.models import Alert, AlertMute

LONGEST_MUTE = timedelta(days=366)


def find(session: Session, key: UUID, *, lock: bool = False) -> Alert:
    """The alert of that id. Raises NotFound."""
    found = session.get(Alert, key, with_for_update=lock)
    if found is None:
        raise NotFound("There is no such alert.", {"id": str(key)})
    return found


def acknowledge(session: Session, who: Identity, args: dict[str, Any], now: datetime) -> Alert:
    """Note that the owner has seen an alert, and what is done about it.

    The same said twice by the same person is said once.

    Raises:
        NotFound: there is no such alert.
        Forbidden: the caller is neither the owner post nor a supervisor or administrator.
        Conflict: it was acknowledged, with another note or by somebody else.
    """
    alert = _own(session, who, args["id"], lock=True)
    if alert.acknowledged_at is None:
        alert.acknowledged_by, alert.acknowledged_at = who.subject, now
        alert.note = args["note"]
    elif (alert.acknowledged_by, alert.note) != (who.subject, args["note"]):
        raise Conflict(
            "the alert is acknowledged already",
            {"id": str(alert.id), "acknowledged_by": alert.acknowledged_by},
        )
    return alert


def mute(session: Session, who: Identity, args: dict[str, Any], now: datetime) -> Alert:
    """Keep this alert, and later ones of the same kind and KPI, from being told up to a day.

    What is still so when the muting ends is told then. A muting is of the KPI and the kind, so what
    is said last holds, be it for longer or for shorter. Raises as `acknowledge`, and:

    Raises:
        Invalid: the day has passed, or is more than a year away.
    """
    alert = _own(session, who, args["id"])
    _check(args["until"], day_of(now))
    said = {"until": args["until"], "reason": args["reason"], "muted_by": who.subject}
    row = insert(AlertMute).values(code=alert.code, kind=alert.kind, muted_at=now, **said)
    # Said twice, it was said when it was said first.
    differs = or_(*(getattr(AlertMute, name) != value for name, value in said.items()))
    key = [AlertMute.code, AlertMute.kind]
    session.execute(
        row.on_conflict_do_update(index_elements=key, set_=said | {"muted_at": now}, where=differs)
    )
    session.expire(alert, ["mute"])
    return alert


def unmute(session: Session, who: Identity, args: dict[str, Any], now: datetime) -> Alert:
    """End the muting of a KPI's alerts of this kind; nothing happens if there is none.

    Raises:
        NotFound: there is no such alert.
        Forbidden: the caller is neither the owner post nor a supervisor or administrator.
    """
    alert = _own(session, who, args["id"])
    of_kind = (AlertMute.code == alert.code, AlertMute.kind == alert.kind)
    session.execute(delete(AlertMute).where(*of_kind))
    session.expire(alert, ["mute"])
    return alert


def _own(session: Session, who: Identity, key: UUID, *, lock: bool = False) -> Alert:
    alert = find(session, key, lock=lock)
    if not who.has_any(SENIOR) and post_of(who.subject) != alert.owner:
        raise Forbidden(f"{who.subject} does not answer for {alert.code}", {"owner": alert.owner})
    return alert


def _check(until: date, today: date) -> None:
    if until < today:
        raise Invalid("the day has passed", {"until": ["must not be before today"]})
    if until > today + LONGEST_MUTE:
        raise Invalid("too long", {"until": [f"must be within {LONGEST_MUTE.days} days"]})
