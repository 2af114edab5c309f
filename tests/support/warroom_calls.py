"""The war room's methods: who may call each, and arguments that pass its schema."""

from typing import Any

from tests.support.tax_calls import DESKS, EVERYBODY, MATTER, NOBODY
from tests.support.warroom import MILESTONE, PROJECT

WRITERS = "officer supervisor admin"
"""Of these it is who answers for the project that may change it."""

RIGHTS = {
    "warroom.activity": DESKS,
    "warroom.add_milestone": WRITERS,
    "warroom.add_photo": WRITERS,
    "warroom.add_project": WRITERS,
    "warroom.add_risk": WRITERS,
    "warroom.changes": DESKS,
    "warroom.complete_milestone": WRITERS,
    "warroom.decide": WRITERS,
    "warroom.forecast_milestone": WRITERS,
    "warroom.forecasts": DESKS,
    "warroom.get": DESKS,
    "warroom.history": DESKS,
    "warroom.import_projects": "admin",
    "warroom.link": WRITERS,
    "warroom.list": DESKS,
    "warroom.matter": DESKS,
    "warroom.matter_of": DESKS,
    "warroom.matters_of": DESKS,
    "warroom.optimism": DESKS,
    "warroom.photo": EVERYBODY,
    "warroom.public_project": EVERYBODY,
    "warroom.public_projects": EVERYBODY,
    "warroom.raise_issue": WRITERS,
    "warroom.record_money": WRITERS,
    "warroom.report_progress": WRITERS,
    "warroom.resolve_issue": WRITERS,
    "warroom.revise_issue": WRITERS,
    "warroom.revise_milestone": WRITERS,
    "warroom.revise_project": WRITERS,
    "warroom.revise_risk": WRITERS,
    "warroom.schedule": DESKS,
    "warroom.tie": WRITERS,
    "warroom.tied": DESKS,
    "warroom.untie": WRITERS,
    "warroom.withdraw": WRITERS,
}
_ON: dict[str, Any] = {"id": NOBODY, "version": 1, "reason": "x", "valid_on": "2026-04-01"}
_READ: dict[str, Any] = {"id": NOBODY, "as_of": "2026-04-01T00:00:00Z"}
_PAGE: dict[str, Any] = {"department": "roads", "ward": "x", "cursor": "x", "limit": 1}
_RISK: dict[str, Any] = {"likelihood": 1, "impact": 5, "owner": "roads-je", "mitigation": "x"}
_ISSUE: dict[str, Any] = {
    "title": "trees",
    "detail": "x",
    "severity": "high",
    "post": "garden-ce",
    "due_on": "2026-05-01",
    "correlation_id": NOBODY,
}
RIGHT: dict[str, dict[str, Any]] = {
    "warroom.activity": {**_READ, "from_day": "2026-03-01", "to_day": "2026-03-31"},
    "warroom.matter": {"correlation_id": MATTER, "as_of": "2026-04-01T00:00:00Z", "post": "law"},
    "warroom.matter_of": {"kind": "file", "number": "R/1", "post": "law"},
    "warroom.matters_of": {"id": NOBODY},
    "warroom.tie": {"id": NOBODY, "correlation_id": MATTER, "note": "x"},
    "warroom.tied": {"correlation_id": MATTER, "as_of": "2026-04-01T00:00:00Z"},
    "warroom.untie": {"id": NOBODY, "correlation_id": MATTER, "reason": "x"},
    "warroom.add_milestone": {**_ON, **MILESTONE, "days": 9, "after": [NOBODY]},
    "warroom.add_photo": {
        **_ON,
        "content_base64": "/9j/",
        "caption": "x",
        "taken_on": "2026-04-01",
        "lat": 18.5,
        "lon": 73.8,
        "public": True,
    },
    "warroom.add_project": {**PROJECT, "summary": {"mr": "x", "en": "x"}, "lat": 18.5, "lon": 73.8},
    "warroom.add_risk": {**_ON, **_RISK, "title": "rain"},
    "warroom.changes": {
        "id": NOBODY,
        "since": "2026-04-01T00:00:00Z",
        "until": "2026-05-01T00:00:00Z",
    },
    "warroom.complete_milestone": {**_ON, "milestone_id": NOBODY, "done_on": "2026-04-01"},
    "warroom.decide": {
        **_ON,
        "text": "go on",
        "by": "commissioner",
        "decided_on": "2026-04-01",
        "file_number": "x",
    },
    "warroom.forecast_milestone": {**_ON, "milestone_id": NOBODY, "forecast_on": "2026-04-01"},
    "warroom.forecasts": {"code": "RD-01"},
    "warroom.get": _READ,
    "warroom.history": {"id": NOBODY, "before": 9, "limit": 1},
    "warroom.import_projects": {"projects": "code", "milestones": "key", "dry_run": True},
    "warroom.link": {**_ON, "kind": "area", "ward": "x", "category": "pothole"},
    "warroom.list": {**_PAGE, "owner": "x", "light": "red", "standing": "active"},
    "warroom.optimism": {"by": "project", "department": "roads", "months": [1, 3]},
    "warroom.photo": {"photo_id": NOBODY, "thumbnail": True},
    "warroom.public_project": {"code": "RD-01"},
    "warroom.public_projects": _PAGE,
    "warroom.raise_issue": {**_ON, **_ISSUE, "raised_on": "2026-04-01"},
    "warroom.record_money": {
        **_ON,
        "kind": "spent",
        "amount_paise": 1,
        "on": "2026-04-01",
        "reference": "x",
        "note": "x",
    },
    "warroom.report_progress": {**_ON, "promised": "kerb", "done": False, "on": "2026-04-01"},
    "warroom.resolve_issue": {
        **_ON,
        "issue_id": NOBODY,
        "resolution": "x",
        "resolved_on": "2026-04-01",
    },
    "warroom.revise_issue": {**_ON, **_ISSUE, "issue_id": NOBODY},
    "warroom.revise_milestone": {
        **_ON,
        "milestone_id": NOBODY,
        "weight": 1,
        "planned_on": "2026-04-01",
        "days": 9,
        "after": [NOBODY],
    },
    "warroom.revise_project": {
        **_ON,
        "owner": "x",
        "wards": ["x"],
        "standing": "on_hold",
        "stages": [{"code": "a", "mr": "x", "en": "x"}],
    },
    "warroom.revise_risk": {**_ON, **_RISK, "risk_id": NOBODY, "open": False},
    "warroom.schedule": {**_READ, "milestone_id": NOBODY, "slip_days": 9},
    "warroom.withdraw": {**_ON, "kind": "risk", "fact_id": NOBODY},
}
