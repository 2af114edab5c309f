"""Which departments somebody enters and checks values of, and how far the last periods are."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from palika.errors import Forbidden
from palika.roles import Caller
from services.kpi.describing import both
from services.kpi.domain.desks import SENIOR, Desk
from services.kpi.domain.entry import Key
from services.kpi.domain.indicators import MeasureInfo
from services.kpi.domain.period import FREQUENCIES, Period
from services.kpi.entered.form import asked
from services.kpi.models import Batch, Reading, SignOff
from services.kpi.reference import city_catalogue, city_entry, city_places


@dataclass(slots=True)
class _Due:
    """What is entered for one period."""

    period: Period
    due_on: date
    wanted: set[Key] = field(default_factory=set)


def desks(session: Session, caller: Caller, today: date) -> dict[str, Any]:
    """The departments that the caller enters or checks values of, their own desks first: of each
    whether they ``enter``, ``check`` and ``sign``, how many batches wait, and the last period of
    each kind that is over with its day, how much is missing and whether it is signed off.

    Supervisors and administrators may for all; ``mine`` are the departments at whose desks the
    caller's post sits.
    """
    rules = city_entry()
    own = set(rules.own(caller))
    found = [
        (code not in own, code, desk)
        for code, desk in rules.desks.items()
        if code in own or caller.has_any(SENIOR)
    ]
    waiting = _waiting(session)
    wanted = {code: _due(code, today) for _, code, _ in found}
    done = _entered(session, wanted)
    signed = {tuple(row) for row in session.execute(select(SignOff.department, SignOff.period))}
    items = [
        _view(caller, code, desk, mine=not other)
        | {
            "waiting": waiting.get(code, 0),
            "periods": [
                {
                    "period": each.period.code,
                    "frequency": each.period.frequency,
                    "due_on": each.due_on.isoformat(),
                    "expected": len(each.wanted),
                    "missing": (missing := len(each.wanted - done[code])),
                    "overdue": bool(missing) and today > each.due_on,
                    "signed_off": (code, each.period.code) in signed,
                }
                for each in wanted[code]
            ],
        }
        for other, code, desk in sorted(found, key=lambda each: each[:2])
    ]
    return {"items": items}


def _view(caller: Caller, code: str, desk: Desk, *, mine: bool) -> dict[str, Any]:
    rules, department = city_entry(), city_catalogue().departments[code]
    return {
        "department": code,
        "name": both(department.name),
        "owner": desk.owner,
        "mine": mine,
        "enter": rules.may_enter(caller, code),
        "check": rules.may_check(caller, code),
        "sign": _may(rules.check_sign, caller, code),
    }


def _may(check: Any, *given: Any) -> bool:
    try:
        check(*given)
    except Forbidden:
        return False
    return True


def _due(department: str, today: date) -> list[_Due]:
    """By kind of period the last one that is over, with all values that it should have."""
    found: dict[Period, _Due] = {}
    for each in asked(department, None, today):
        info: MeasureInfo = each.info
        due = found.setdefault(each.period, _Due(each.period, info.due_on(each.period)))
        due.due_on = min(due.due_on, info.due_on(each.period))
        due.wanted |= {
            Key(info.code, place, each.period.last) for place in city_places().expected(info.by)
        }
    return sorted(found.values(), key=lambda each: FREQUENCIES.index(each.period.frequency))


def _entered(session: Session, wanted: Mapping[str, Iterable[_Due]]) -> dict[str, set[Key]]:
    """Of each department what is in force, or waits for a decision."""
    days = {each.period.last for dues in wanted.values() for each in dues}
    found: dict[str, set[Key]] = defaultdict(set)
    query = select(Reading.department, Reading.measure, Reading.place, Reading.day).where(
        Reading.department.in_(wanted.keys()),
        Reading.day.in_(days),
        or_(Reading.in_force, Reading.state == "submitted"),
    )
    for row in session.execute(query):
        found[row.department].add(Key(row.measure, row.place, row.day))
    return found


def _waiting(session: Session) -> dict[str, int]:
    """How many batches of each department wait for a decision."""
    query = select(Batch.department, func.count()).where(Batch.state == "submitted")
    return {row[0]: row[1] for row in session.execute(query.group_by(Batch.department))}
