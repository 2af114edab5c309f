"""Programmes, scorecards and ranks as they go out: marks and per cent as numbers."""

from datetime import date
from typing import Any

from services.kpi.describing import both
from services.kpi.domain.programme import Programme
from services.kpi.domain.scorecard import OTHER, OWN, Card, Line, Mark, Place, Total


def programme(of: Programme, day: date) -> dict[str, Any]:
    """A programme, and where it stands on a day."""
    counter = of.counter(day)
    return {
        "code": of.code,
        "name": both(of.name),
        "authority": both(of.authority),
        "assessor": both(of.assessor),
        "owner": of.owner,
        "subjects": list(of.subjects),
        "first": counter.first.isoformat(),
        "last": counter.last.isoformat(),
        "state": counter.state,
        "day": counter.number,
        "days": counter.days,
        "counter": both(counter.words),
        "closes": of.closes.isoformat(),
        "marks": of.total / 100,
        "illustrative": sorted(of.illustrative),
        "criteria": [
            {
                "code": each.code,
                "name": both(each.name),
                "marks": each.marks / 100,
                "weight": None if each.weight is None else float(each.weight),
                "evidence": [{"code": one.code, "name": both(one.name)} for one in each.exhibits],
                "kpis": [{"kpi": one.kpi, "rule": both(one.words)} for one in each.links],
            }
            for each in of.criteria
        ],
    }


def card(of: Card) -> dict[str, Any]:
    """A scorecard."""
    return {
        "programme": programme(of.programme, of.day),
        "subject": of.subject,
        "day": of.day.isoformat(),
        "since": None if of.since is None else of.since.isoformat(),
        "own": total(of.total(OWN)),
        "third_party": total(of.total(OTHER)),
        "criteria": [_line(each, of) for each in of.lines],
        "missing": [
            {"criterion": line.criterion.code, "what": both(words)} for line, words in of.missing()
        ],
        "changed": [line.criterion.code for line in of.changed] if of.since else [],
    }


def total(of: Total) -> dict[str, Any]:
    """One side's marks together."""
    return {
        "marks": of.marks / 100,
        "score": round(float(of.score), 2),
        "given": of.given,
        "open": of.open,
    }


def place(of: Place) -> dict[str, Any]:
    """A rank."""
    return {
        "rank": of.rank,
        "code": of.entry.code,
        "name": both(of.entry.name),
        "score": round(float(of.entry.score), 2),
        "complete": of.entry.complete,
        "marked": of.entry.marked,
        "criteria": of.entry.criteria,
        "source": of.entry.source,
        "own": of.entry.own,
    }


def _line(of: Line, card: Card) -> dict[str, Any]:
    difference = of.difference
    return {
        "code": of.criterion.code,
        "marks": of.criterion.marks / 100,
        "own": _mark(of.own),
        "third_party": _mark(of.other),
        "computed": _mark(of.computed),
        "own_before": _mark(of.own_before),
        "third_party_before": _mark(of.other_before),
        "difference": None if difference is None else difference / 100,
        "low": of.low(card.programme.low),
        "evidence": list(of.evidence),
        "lacking": [each.code for each in of.lacking],
        "why": None if of.why is None else both(of.why),
        "without_data": [
            {
                "kpi": each.kpi,
                "period": each.period,
                "status": each.status,
                "why": {"mr": each.why_mr or each.status, "en": each.why},
            }
            for each in of.read
            if each.share is None and each.why is not None
        ],
    }


def _mark(of: Mark | None) -> dict[str, Any] | None:
    if of is None:
        return None
    return {
        "marks": of.marks / 100,
        "kind": of.kind,
        "day": of.day.isoformat(),
        "given_at": of.at.isoformat(),
        "given_by": of.by,
        "assessor": of.assessor,
        "remark": of.remark,
        "kpis": [
            {
                "kpi": each.kpi,
                "period": each.period,
                "value": each.value,
                "status": each.status,
                "share": None if each.share is None else float(each.share),
                "why": each.why,
                "covers": None if each.covers is None else list(each.covers),
            }
            for each in of.readings
        ],
    }
