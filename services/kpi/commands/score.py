"""Marks in a programme: given by hand, by the office or a third party, or computed from KPIs."""

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from fractions import Fraction
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.auth import SYSTEM, Identity
from palika.errors import Conflict, Invalid
from palika.india import day_of, end_of
from services.kpi.domain.marking import (
    check_beside_computed,
    check_day,
    check_mark,
    check_may_mark,
    check_open,
    check_other_person,
)
from services.kpi.domain.programme import CORPORATION, DEPARTMENT, Programme
from services.kpi.domain.scorecard import (
    CITY,
    COMPUTED,
    OWN,
    SELF,
    check_subject,
    computed,
    standing,
)
from services.kpi.models import ScorecardMark
from services.kpi.reference import city_catalogue, city_entry
from services.kpi.scorecards.reading import mark, mark_rows, programme
from services.kpi.scorecards.values import readings

_SYSTEM = SYSTEM("kpi").subject


def give_mark(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> ScorecardMark:
    """Give a mark of a criterion by hand, from a day on.

    ``args``: `programme`, `subject`, `criterion`, `kind` (`self` or `third_party`), `marks`, `day`
    (None: today), `assessor` (whose third-party mark it is), `remark`, and `id` (the caller's, or
    None): the same asked twice is given once.

    Raises:
        NotFound: no such programme or criterion.
        Invalid: no such subject; the marks or the day; the own marks follow from KPIs, or differ
            from those that did and no `remark` says why.
        Forbidden: own marks are not the caller's to give (`domain/marking.py`); or the caller has
            given marks of the other side.
        Conflict: the id was used for something else; or the programme takes no marks any more.
    """
    of = programme(args["programme"])
    criterion = of.criterion(args["criterion"])
    subject, kind, today = args["subject"], args["kind"], day_of(now)
    check_subject(of, subject, city_catalogue().departments)
    if kind == SELF:
        check_may_mark(caller, of, subject, city_entry())
    day = args["day"] or today
    marks = check_mark(of, criterion, Fraction(str(args["marks"])), day, today)
    one_at_a_time(session, of.code, subject, criterion.code)
    asked = {
        "programme": of.code,
        "subject": subject,
        "criterion": criterion.code,
        "kind": kind,
        "marks": marks,
        "day": day,
        "given_by": caller.subject,
        "assessor": args["assessor"],
        "remark": args["remark"],
    }
    before = asked_before(session, ScorecardMark, args["id"], asked)
    if before is not None:
        return before
    check_open(of, today)
    given = [mark(each) for each in mark_rows(session, of.code, subject, criterion.code)]
    check_other_person(kind, caller.subject, given)
    if kind == SELF:
        if computed(criterion, readings(session, criterion, subject, day)) is not None:
            rule = "follows from KPIs that have data: it is computed, not given"
            if day < today:
                rule += ", of a past day without marks by compute_marks with that day"
            raise Invalid(f"the own marks of {criterion.code} are computed", {"criterion": [rule]})
        followed = standing((each for each in given if each.kind == COMPUTED), day, now)
        check_beside_computed(marks, followed.get((criterion.code, OWN)), args["remark"])
    row = ScorecardMark(id=args["id"] or uuid7(), given_at=now, readings=[], **asked)
    session.add(row)
    session.flush()
    return row


def subjects(of: Programme) -> list[str]:
    """All who are given marks in a programme: the corporation first."""
    found = [CITY] if CORPORATION in of.subjects else []
    return found + (list(city_catalogue().departments) if DEPARTMENT in of.subjects else [])


def compute_marks(
    session: Session, of: Programme, subject: str, now: datetime, day: date | None = None
) -> list[ScorecardMark]:
    """Record the marks that follow from KPIs today, of each criterion of which they are others than
    those before, or from other values.

    Where no KPI has data any more, what was computed before stays: no data is not zero.

    Args:
        day: a past day, of which the criteria are filled that had no own mark then, from what the
            KPIs of then come to by now; seen, as every mark of a past day, from today on. None:
            today.

    Raises:
        Invalid: the programme has no such subject; or the day is to come, or before it begins.
        Conflict: it takes no marks any more.
    """
    check_subject(of, subject, city_catalogue().departments)
    today = day_of(now)
    check_open(of, today)
    if day is not None:
        check_day(of, day, today)
    day = day or today
    found: list[ScorecardMark] = []
    for criterion in of.criteria if day >= of.first else ():
        if not criterion.links:
            continue
        read = readings(session, criterion, subject, day)
        marks = computed(criterion, read)
        if marks is None:
            continue
        one_at_a_time(session, of.code, subject, criterion.code)
        rows = mark_rows(session, of.code, subject, criterion.code)
        given = [mark(each) for each in rows]
        last = standing(given, day, end_of(today)).get((criterion.code, OWN))
        if day < today and last is not None:
            continue
        same = last is not None and (last.kind, last.marks) == (COMPUTED, marks)
        if same and last is not None and last.readings == tuple(read):
            continue
        row = ScorecardMark(
            id=uuid7(),
            programme=of.code,
            subject=subject,
            criterion=criterion.code,
            kind=COMPUTED,
            marks=marks,
            day=day,
            given_at=now,
            given_by=_SYSTEM,
            readings=[
                {
                    "kpi": each.kpi,
                    "period": each.period,
                    "value": each.value,
                    "status": each.status,
                    "share": None if each.share is None else str(each.share),
                    "why": each.why,
                    "covers": None if each.covers is None else list(each.covers),
                }
                for each in read
            ],
        )
        session.add(row)
        session.flush()
        found.append(row)
    return found


def one_at_a_time(session: Session, *what: str) -> None:
    """Those who write about the same wait for each other until the end of the transaction."""
    digest = hashlib.sha256("\0".join(what).encode()).digest()
    number = int.from_bytes(digest[:8], signed=True)
    session.execute(select(func.pg_advisory_xact_lock(number)))


def asked_before(session: Session, model: Any, key: UUID | None, asked: Mapping[str, Any]) -> Any:
    """The row that an earlier call with this id has made; None: there is none yet.

    Raises:
        Conflict: it says something else; ``differs`` names what.
    """
    if key is None:
        return None
    one_at_a_time(session, str(key))
    found = session.get(model, key)
    if found is None:
        return None
    differs = sorted(name for name, value in asked.items() if getattr(found, name) != value)
    if differs:
        raise Conflict(
            f"{key} was asked for before with other content: {', '.join(differs)}",
            {"id": str(key), "differs": differs},
        )
    return found
