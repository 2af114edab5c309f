"""Which alerts belong to a matter of several services (decision 0031).

An alert begins its matter and stays in it: it is tied when it begins, and by nobody else.
"""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika.auth import SYSTEM
from palika.correlation import MOST_TIES
from palika.errors import NotFound
from services.kpi.describing import both
from services.kpi.models import Alert
from services.kpi.moments import moment
from services.kpi.queries.alerts import begin_words, name_of
from services.kpi.schemas.correlating import ALERT

_TIE: Final = ("correlation_id", "kind", "id", "note", "tied_at", "tied_by")


def tied(session: Session, args: Mapping[str, Any]) -> dict[str, Any]:
    """The alerts of a matter, now or at ``args["as_of"]``; each as it is now."""
    asked = select(Alert).where(Alert.correlation_id == args["correlation_id"])
    if args["as_of"] is not None:
        asked = asked.where(Alert.began_at <= args["as_of"])
    asked = asked.order_by(Alert.began_at, Alert.id).limit(MOST_TIES)
    return {"items": [shown(each) for each in session.scalars(asked)]}


def matters_of(session: Session, key: UUID) -> dict[str, Any]:
    """The matter that an alert has begun.

    Raises:
        NotFound: there is no such alert.
    """
    alert = session.get(Alert, key)
    if alert is None:
        raise NotFound(f"there is no alert {key}", {"id": str(key)})
    here = shown(alert)
    tie = {name: here[name] for name in _TIE}
    return {"id": here["id"], "number": here["number"], "matters": [tie]}


def shown(alert: Alert) -> dict[str, Any]:
    """A tie with what the other services show of the alert; ``number`` is its KPI's code."""
    name, words = name_of(alert), begin_words(alert, short=True)
    return {
        "correlation_id": str(alert.correlation_id),
        "kind": ALERT,
        "id": str(alert.id),
        "note": None,
        "tied_at": moment(alert.began_at),
        "tied_by": SYSTEM("kpi").subject,
        "number": alert.code,
        "status": "open" if alert.ended_at is None else "ended",
        "about": {
            "kind": alert.kind,
            "department": alert.department,
            "owner": alert.owner,
            "name": both(name),
            "words": both(words),
        },
    }
