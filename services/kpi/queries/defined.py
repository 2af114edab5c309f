"""Since when a KPI means what it means, and what it meant before."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika.india import day_of, in_digits
from palika.text import Name
from services.kpi.defining import FIELDS, differing
from services.kpi.describing import both
from services.kpi.models import Definition


def defined(session: Session, code: str) -> dict[str, Any] | None:
    """Since when the present definition of a KPI holds; None: it was never recorded.

    Returns:
        `since` (a day of India), whether that is known `exactly` (else it holds for longer), which
        fields have `changed` then, what those were `before`, and all of it in `words`.
    """
    query = select(Definition).where(Definition.code == code)
    rows = session.scalars(query.order_by(Definition.since.desc()).limit(2)).all()
    if not rows:
        return None
    now, before = rows[0], rows[1] if len(rows) > 1 else None
    changed = [] if before is None else differing(before.content, now.content)
    return {
        "since": day_of(now.since).isoformat(),
        "exactly": now.exactly,
        "changed": changed,
        "before": None if before is None else {name: before.content[name] for name in changed},
        "words": both(_words(now, changed)),
    }


def _words(now: Definition, changed: list[str]) -> Name:
    day = in_digits(day_of(now.since))
    if not now.exactly:
        return Name(
            f"{day} पासून किंवा त्यापूर्वीपासून लागू (व्याख्यांच्या नोंदी त्या दिवशी सुरू झाल्या)",
            f"holds since {day} or longer (definitions are recorded from that day on)",
        )
    if not changed:
        return Name(f"{day} पासून लागू", f"holds since {day}")
    mr, en = (", ".join(getattr(FIELDS[each], of) for each in changed) for of in ("mr", "en"))
    return Name(f"{day} पासून लागू; तेव्हा बदलले: {mr}", f"holds since {day}; changed then: {en}")
