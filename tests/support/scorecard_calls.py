"""The calls of scorecards: who may make each, and arguments that pass its schema."""

from tests.support.tax_calls import DESKS, NOBODY

_OFFICE = "officer supervisor admin"
_HEAD = "supervisor admin"
RIGHTS = {
    "kpi.add_evidence": _OFFICE,
    "kpi.compute_marks": _OFFICE,
    "kpi.enter_results": _HEAD,
    "kpi.evidence": DESKS,
    "kpi.give_own_mark": _OFFICE,
    "kpi.give_third_party_mark": _HEAD,
    "kpi.hold_score_review": _HEAD,
    "kpi.programmes": DESKS,
    "kpi.remove_evidence": _OFFICE,
    "kpi.scorecard": DESKS,
    "kpi.scorecard_export": DESKS,
    "kpi.scorecard_history": DESKS,
    "kpi.scorecard_ranking": DESKS,
}
_CARD = {"programme": "150-days", "subject": "roads", "day": "2026-04-01"}
_CRITERION = {"programme": "150-days", "subject": "roads", "criterion": "gis"}
RIGHT = {
    "kpi.add_evidence": {
        **_CRITERION,
        "exhibit": "map",
        "title": "the map",
        "url": "https://city.example/map",
    },
    "kpi.compute_marks": {"programme": "100-days", "subject": "roads", "day": "2026-04-01"},
    "kpi.enter_results": {
        "programme": "150-days",
        "results": [
            {
                "corporation": "panvel",
                "name_mr": "पनवेल",
                "name_en": "Panvel",
                "marks": 190,
                "out_of": 200,
                "day": "2026-01-26",
                "source": "x",
            }
        ],
    },
    "kpi.evidence": {"id": NOBODY},
    "kpi.give_own_mark": {**_CRITERION, "marks": 1, "day": "2026-04-01", "remark": "x"},
    "kpi.give_third_party_mark": {**_CRITERION, "marks": 1, "assessor": "x", "id": NOBODY},
    "kpi.hold_score_review": {"programme": "150-days", "held_on": "2026-04-01", "note": "x"},
    "kpi.programmes": {"day": "2026-04-01"},
    "kpi.remove_evidence": {"id": NOBODY, "reason": "x"},
    "kpi.scorecard": _CARD,
    "kpi.scorecard_export": {**_CARD, "language": "en", "format": "pptx"},
    "kpi.scorecard_history": _CRITERION,
    "kpi.scorecard_ranking": {"programme": "150-days", "side": "own", "day": "2026-04-01"},
}
