"""Scorecards from their tables, as they were known at the end of a day."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika.errors import NotFound
from palika.india import end_of
from palika.text import Name
from services.kpi.domain.programme import CORPORATION, DEPARTMENT, Programme
from services.kpi.domain.scorecard import (
    CITY,
    OTHER,
    OWN,
    Card,
    Entry,
    Line,
    Mark,
    Place,
    Reading,
    Review,
    Shown,
    card,
    check_subject,
    own_criteria,
    places,
)
from services.kpi.domain.unmarked import why_unmarked
from services.kpi.models import (
    ScorecardEvidence,
    ScorecardMark,
    ScorecardResult,
    ScorecardReview,
)
from services.kpi.reference import city_catalogue, city_programmes
from services.kpi.scorecards.values import readings

OWN_NAME = Name("ही महानगरपालिका", "This corporation")


def programme(code: str) -> Programme:
    """The programme of that code.

    Raises:
        NotFound: the city takes part in none.
    """
    found = city_programmes().get(code)
    if found is None:
        raise NotFound(f"There is no programme with the code {code!r}.", {"programme": code})
    return found


def scorecard(
    session: Session, of: Programme, subject: str, day: date, today: date | None = None
) -> Card:
    """The scorecard of a subject as of a day; of each criterion without an own mark it says why.

    Args:
        today: in Asia/Kolkata; the day, if left out.

    Raises:
        Invalid: the programme has no such subject.
    """
    check_subject(of, subject, city_catalogue().departments)
    marks = [mark(each) for each in mark_rows(session, of.code, subject)]
    found = card(
        of, subject, day, marks, _shown(session, of.code, subject), last_review(session, of, day)
    )
    names = {code: each.name for code, each in city_catalogue().indicators.items()}

    def told(line: Line) -> Line:
        if line.own is not None:
            return line
        read = readings(session, line.criterion, subject, day) if line.criterion.links else []
        why = why_unmarked(of, line.criterion, read, names, day, today or day)
        return replace(line, why=why, read=tuple(read))

    return replace(found, lines=tuple(map(told, found.lines)))


def last_review(session: Session, of: Programme, day: date) -> Review | None:
    """The last review before a day, of those that were recorded by its end."""
    held = select(ScorecardReview).where(
        ScorecardReview.programme == of.code,
        ScorecardReview.held_on < day,
        ScorecardReview.recorded_at < end_of(day),
    )
    row = session.scalar(held.order_by(ScorecardReview.held_on.desc()).limit(1))
    return None if row is None else Review(row.held_on, row.recorded_at)


def mark_rows(
    session: Session, code: str, subject: str | None = None, criterion: str | None = None
) -> Sequence[ScorecardMark]:
    """The marks that were given, the first first."""
    query = select(ScorecardMark).where(ScorecardMark.programme == code)
    if subject is not None:
        query = query.where(ScorecardMark.subject == subject)
    if criterion is not None:
        query = query.where(ScorecardMark.criterion == criterion)
    return session.scalars(query.order_by(ScorecardMark.given_at, ScorecardMark.id)).all()


def mark(row: ScorecardMark) -> Mark:
    """A row as the rules take it."""
    read = [_read(each) for each in row.readings]
    return Mark(
        row.criterion,
        row.kind,
        row.marks,
        row.day,
        row.given_at,
        row.given_by,
        row.assessor,
        row.remark,
        tuple(read),
    )


def _read(kept: Mapping[str, Any]) -> Reading:
    """A KPI's value as it was kept with a mark; those of before have no `covers`."""
    share, covers = kept["share"], kept.get("covers")
    return Reading(
        **{
            **kept,
            "share": None if share is None else Fraction(share),
            "covers": None if covers is None else tuple(covers),
        }
    )


def evidence_rows(
    session: Session, code: str, subject: str, known: datetime | None = None
) -> Sequence[ScorecardEvidence]:
    """All evidence, or what was shown before the moment `known`, the first first; what was taken
    away too."""
    query = select(ScorecardEvidence).where(
        ScorecardEvidence.programme == code, ScorecardEvidence.subject == subject
    )
    if known is not None:
        query = query.where(ScorecardEvidence.added_at < known)
    return session.scalars(query.order_by(ScorecardEvidence.added_at, ScorecardEvidence.id)).all()


def ranking(session: Session, of: Programme, side: str, day: date) -> dict[str, list[Place]]:
    """The ranks as of a day by one side's score: among `departments`, and among `corporations`,
    with what was entered of the others. Who has no marks of that side has no rank; the others are
    ranked by the share of the marks that their own criteria have."""
    found: dict[str, list[Place]] = {}
    by_subject: dict[str, list[Mark]] = {}
    for row in mark_rows(session, of.code):
        by_subject.setdefault(row.subject, []).append(mark(row))
    if DEPARTMENT in of.subjects:
        departments = city_catalogue().departments
        entries = [
            _entry(of, code, departments[code].name, marks, side, day)
            for code, marks in by_subject.items()
            if code in departments
        ]
        found["departments"] = places(each for each in entries if each is not None)
    if CORPORATION in of.subjects:
        own = _entry(of, CITY, OWN_NAME, by_subject.get(CITY, []), side, day)
        others = _others(session, of, day) if side == OTHER else []
        found["corporations"] = places([*others, *([own] if own else [])])
    return found


def _entry(
    of: Programme, code: str, name: Name, marks: Sequence[Mark], side: str, day: date
) -> Entry | None:
    lines = card(of, code, day, marks, (), None).lines
    sides = {line.criterion.code: line.own if side == OWN else line.other for line in lines}
    given = {criterion: each.marks for criterion, each in sides.items() if each is not None}
    if not given:
        return None
    known = city_catalogue().indicators
    owned = {kpi: each.department for kpi, each in known.items()}
    by_events = [kpi for kpi, each in known.items() if each.source == "events"]
    # What has marks is its own, whoever says otherwise.
    own = own_criteria(of, code, owned, by_events) | given.keys()
    score, marked = of.score(given, own), len(given)
    return Entry(code, name, score, marked == len(own), marked=marked, criteria=len(own))


def _others(session: Session, of: Programme, day: date) -> list[Entry]:
    query = select(ScorecardResult).where(
        ScorecardResult.programme == of.code,
        ScorecardResult.day <= day,
        ScorecardResult.entered_at < end_of(day),
    )
    # Of each corporation the last one stays.
    latest = {
        row.corporation: row
        for row in session.scalars(
            query.order_by(ScorecardResult.day, ScorecardResult.entered_at, ScorecardResult.id)
        )
    }
    return [
        Entry(
            row.corporation,
            Name(row.name_mr, row.name_en),
            Fraction(row.marks * 100, row.out_of),
            source=row.source,
            own=False,
        )
        for row in latest.values()
    ]


def _shown(session: Session, code: str, subject: str) -> list[Shown]:
    return [
        Shown(row.criterion, row.exhibit, row.title, row.added_at, row.removed_at)
        for row in evidence_rows(session, code, subject)
    ]


def mark_view(row: ScorecardMark) -> dict[str, Any]:
    """A mark as it goes out: marks as a number with two decimals at most."""
    return {
        "id": str(row.id),
        "programme": row.programme,
        "subject": row.subject,
        "criterion": row.criterion,
        "kind": row.kind,
        "marks": row.marks / 100,
        "day": row.day.isoformat(),
        "given_at": row.given_at.isoformat(),
        "given_by": row.given_by,
        "assessor": row.assessor,
        "remark": row.remark,
        "readings": [
            {"covers": None}
            | each
            | {"share": None if each["share"] is None else float(Fraction(each["share"]))}
            for each in row.readings
        ],
    }


def evidence_view(row: ScorecardEvidence, known: datetime | None = None) -> dict[str, Any]:
    """Evidence as it goes out, without its content; what was taken away from the moment `known` on
    is not taken away yet."""
    removed = row.removed_at if known is None or (row.removed_at or known) < known else None
    return {
        "id": str(row.id),
        "programme": row.programme,
        "subject": row.subject,
        "criterion": row.criterion,
        "exhibit": row.exhibit,
        "title": row.title,
        "url": row.url,
        "content_type": row.content_type,
        "bytes": row.bytes,
        "sha256": row.sha256,
        "added_at": row.added_at.isoformat(),
        "added_by": row.added_by,
        "removed_at": None if removed is None else removed.isoformat(),
        "removed_by": None if removed is None else row.removed_by,
        "removed_reason": None if removed is None else row.removed_reason,
    }
