"""What people do about an alert: say that they have seen it, mute it, let it be told again."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.errors import Conflict, Forbidden, Invalid, NotFound
from palika.india import day_of
from palika.roles import post_of
from services.kpi.models import Alert

LONGEST_MUTE = timedelta(days=366)
_SENIOR = frozenset({"supervisor", "admin"})


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
    alert = _own(session, who, args["id"])
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

    What is still so when the muting ends is told then. Raises as `acknowledge`, and:

    Raises:
        Invalid: the day has passed, or is more than a year away.
    """
    alert = _own(session, who, args["id"])
    _check(args["until"], day_of(now))
    said = (args["until"], args["reason"], who.subject)
    if said != (alert.muted_until, alert.mute_reason, alert.muted_by):
        alert.muted_until, alert.mute_reason, alert.muted_by = said
        alert.muted_at = now
    return alert


def unmute(session: Session, who: Identity, args: dict[str, Any], now: datetime) -> Alert:
    """End the muting of a KPI's alerts of this kind; nothing happens if there is none.

    Raises:
        NotFound: there is no such alert.
        Forbidden: the caller is neither the owner post nor a supervisor or administrator.
    """
    alert = _own(session, who, args["id"])
    of_kind = (Alert.code == alert.code, Alert.kind == alert.kind)
    muted = update(Alert).where(*of_kind, Alert.muted_until.is_not(None))
    session.execute(muted.values(muted_until=None))
    return alert


def _own(session: Session, who: Identity, key: UUID) -> Alert:
    alert = find(session, key, lock=True)
    if not who.has_any(_SENIOR) and post_of(who.subject) != alert.owner:
        raise Forbidden(f"{who.subject} does not answer for {alert.code}", {"owner": alert.owner})
    return alert


def _check(until: date, today: date) -> None:
    if until < today:
        raise Invalid("the day has passed", {"until": ["must not be before today"]})
    if until > today + LONGEST_MUTE:
        raise Invalid("too long", {"until": [f"must be within {LONGEST_MUTE.days} days"]})
