"""Record what KPIs mean, when that has changed."""

from datetime import UTC, datetime

from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from services.kpi.defining import definition
from services.kpi.models import Definition
from services.kpi.reference import city_catalogue

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('palika kpi definitions', 0))")


def record_definitions(session: Session, now: datetime | None = None) -> list[str]:
    """Record the definitions of the catalogue that are others than those recorded last.

    It is done when a process starts, for the catalogue is read then; a KPI that has left it keeps
    its record.

    Args:
        now: aware, UTC; the clock's, if left out.

    Returns:
        The codes of those that are new, or have changed.
    """
    session.execute(_LOCK)
    moment, known = now or datetime.now(UTC), city_catalogue()
    # Of each the newest stays.
    rows = session.scalars(select(Definition).order_by(Definition.since))
    last = {each.code: each.content for each in rows}
    found = {code: definition(each, known) for code, each in known.indicators.items()}
    changed = [code for code, content in found.items() if last.get(code) != content]
    if changed:
        new = [
            {"code": code, "since": moment, "exactly": bool(last), "content": found[code]}
            for code in changed
        ]
        session.execute(insert(Definition), new)
    return changed
