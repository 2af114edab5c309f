"""Methods of the KPI service for what is entered by hand: who may call each, and arguments that
are taken."""

from tests.support.tax_calls import DESKS, NOBODY

RIGHTS = {
    "kpi.approve": DESKS,
    "kpi.batch": DESKS,
    "kpi.batches": DESKS,
    "kpi.correct": DESKS,
    "kpi.drop": DESKS,
    "kpi.enter": DESKS,
    "kpi.entries": DESKS,
    "kpi.form": DESKS,
    "kpi.import_file": DESKS,
    "kpi.quality": DESKS,
    "kpi.send_back": DESKS,
    "kpi.sign_off": DESKS,
    "kpi.submit": DESKS,
    "kpi.template": DESKS,
}
_LINE = {"measure": "roads.x", "period": "2026-10", "place": "", "value": "1,000", "reason": "x"}
RIGHT = {
    "kpi.approve": {"id": NOBODY, "lines": [1], "outliers": [1], "remark": "x"},
    "kpi.batch": {"id": NOBODY},
    "kpi.batches": {"department": "roads", "state": "draft", "entered_by": "x", "limit": 1},
    "kpi.correct": {"id": NOBODY, "department": "roads", **_LINE},
    "kpi.drop": {"id": NOBODY},
    "kpi.enter": {
        "id": NOBODY,
        "department": "roads",
        "lines": [_LINE],
        "via": "api",
        "note": "x",
        "submit": False,
    },
    "kpi.entries": {
        "department": "roads",
        "period": "2026-10",
        "measure": "x",
        "place": "",
        "state": "draft",
        "limit": 1,
    },
    "kpi.form": {"department": "roads", "period": "2026-10"},
    "kpi.import_file": {
        "id": NOBODY,
        "name": "x.csv",
        "content": "YSxi",
        "department": "roads",
        "period": "2026-10",
        "note": "x",
        "submit": False,
        "dry_run": True,
    },
    "kpi.quality": {"department": "roads", "period": "2026-10"},
    "kpi.send_back": {"id": NOBODY, "lines": [1], "remark": "x"},
    "kpi.sign_off": {"department": "roads", "period": "2026-10", "note": "x"},
    "kpi.submit": {"id": NOBODY},
    "kpi.template": {"department": "roads", "period": "2026-10", "format": "xlsx"},
}
