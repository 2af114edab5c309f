"""Formulas that can be worked out and mean nothing: units, what is always 0, what was due."""

import pytest

from palika.text import Name
from services.kpi.domain.catalogue_formulas import wrong_formula
from services.kpi.domain.formula import formula
from services.kpi.domain.indicators import MeasureInfo
from services.kpi.reference import city_catalogue

UNITS = {
    "some.people": "count",
    "some.homes": "count",
    "some.paid_paise": "paise",
    "some.spent_paise": "paise",
    "some.kl": "kilolitres",
    "some.minutes": "minutes",
    "some.hours": "hours",
    "some.dust": "ug_per_m3",
    "some.own": "drums",
}
MEASURES = {
    code: MeasureInfo(code, Name("क", code), unit, every="month") for code, unit in UNITS.items()
}
MEASURES |= {
    code: MeasureInfo(code, Name("क", code), "count", of=of, where={"category": ("x",)})
    for code, of in {
        "some.on_time": "grievance.resolved_on_time",
        "some.resolved": "grievance.resolved",
        "some.overdue": "grievance.overdue_open",
    }.items()
}
MEASURES |= {
    code: MeasureInfo(code, Name("क", code), "count")
    for code in ("grievance.resolved", "grievance.overdue_open")
}
ON_TIME = MeasureInfo(
    "grievance.resolved_on_time", Name("क", "x"), "count", due_with="grievance.overdue_open"
)
MEASURES[ON_TIME.code] = ON_TIME
MEASURES |= {
    code: MeasureInfo(code, Name("क", code), "count", kind, every="month", due_with=due)
    for code, kind, due in (
        ("permit.in_time", "sum", "permit.overdue"),
        ("permit.late", "sum", None),
        ("permit.overdue", "level", None),
        ("permit.filed", "sum", None),
    )
}
MEASURES["some.who"] = MeasureInfo("some.who", Name("क", "x"), "count", "distinct", every="month")
MEASURES["permit.days"] = MeasureInfo("permit.days", Name("क", "x"), "days", every="month")
LEVEL = MeasureInfo("some.level", Name("क", "x"), "count", "level", every="month")
MEASURES["some.level"] = LEVEL


def wrong(text: str, unit: str) -> list[str]:
    return wrong_formula(formula(text, MEASURES).root, MEASURES, unit)


@pytest.mark.parametrize(
    ("text", "unit", "rule"),
    [
        ("some.people / 0", "ratio", "division by 0, which is always 0"),
        ("rate(some.people, some.homes - some.homes)", "percent", "which is always 0"),
        ("some.people / (some.homes / 0)", "ratio", "division by 0, which is always 0"),
        ("rate(some.people, some.people)", "percent", "the same number"),
        ("some.people - some.people", "count", "the same number"),
        ("2 * 21", "count", "the same number"),
        ("some.people + some.paid_paise", "count", "count and paise do not go together"),
        ("max(some.people, some.paid_paise)", "count", "count and paise do not go together"),
        ("some.minutes + some.hours", "minutes", "minutes and hours do not go together"),
        ("100 - rate(distinct(some.who), some.people)", "percent", "is an estimate: it is multi"),
        ("some.people - distinct(some.who)", "count", "what is left of it may be off by anything"),
        ("some.own + some.people", "count", "drums and count do not go together"),
        ("some.paid_paise + 5", "rupees", "a bare number beside paise"),
        ("rate(some.paid_paise, some.homes)", "percent", "not of paise and count"),
        ("rate(some.minutes, some.hours)", "percent", "not of minutes and hours"),
        ("some.paid_paise / some.homes * 100", "percent", "it comes to money"),
        ("some.paid_paise", "rupees", "it is 0.01 rupees for each 1 that is shown"),
        ("some.paid_paise / 100", "count", "it comes to money, and is shown as count"),
        ("some.people", "rupees", "it comes to a bare number, and is shown as rupees"),
        ("some.paid_paise / some.kl / 1000", "rupees_per_kl", "it is 10 rupees_per_kl"),
        ("some.paid_paise / 100", "rupees_per_kl", "it comes to money"),
        ("some.minutes / some.people", "hours", "for each 1 that is shown"),
        ("some.people / some.homes", "percent", "write rate(a, b)"),
        ("rate(some.people, some.homes)", "ratio", "write ratio(a, b)"),
        ("per(some.paid_paise, some.homes, 1000)", "per_1000", "of things that are counted"),
        ("rate(some.on_time, some.resolved)", "percent", "of all that was due: the part of"),
        ("100 - rate(some.on_time, some.resolved)", "percent", "grievance.overdue_open has to be"),
        ("some.on_time / some.resolved * 100", "percent", "as stock(…) if it adds up what is open"),
        ("rate(some.resolved - some.on_time, some.resolved)", "percent", "of all that was due"),
        ("rate(permit.in_time, permit.in_time + permit.late)", "percent", "permit.overdue has to"),
        ("rate(permit.late, permit.in_time + permit.late)", "percent", "permit.overdue has to be"),
        ("rate(permit.in_time + permit.overdue, permit.filed)", "percent", "below the line"),
    ],
)
def test_what_means_nothing_is_refused(text, unit, rule):
    (said,) = wrong(text, unit)
    assert rule in said


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("rate(some.people, some.homes)", "percent"),
        ("100 - rate(some.people, some.homes)", "percent"),
        ("(some.paid_paise - some.spent_paise) / some.spent_paise * 100", "percent"),
        ("some.paid_paise / 100", "rupees"),
        ("some.paid_paise / 10000000", "rupees_lakh"),
        ("some.paid_paise / some.kl / 100", "rupees_per_kl"),
        ("some.minutes / some.people / 60", "hours"),
        ("some.minutes / 60 + some.hours", "hours"),
        ("per(some.people, some.kl, 1000)", "per_1000"),
        ("ratio(some.level, some.people)", "months"),
        ("some.dust / some.people", "ug_per_m3"),
        ("some.own / 2", "drums"),
        ("some.kl", "score"),
        ("0.5 * some.people + 2 * some.homes", "count"),
        ("rate(some.on_time, some.resolved + stock(some.overdue))", "percent"),
        ("rate(permit.in_time, permit.in_time + permit.late + permit.overdue)", "percent"),
        ("rate(permit.late, permit.in_time + permit.late + permit.overdue)", "percent"),
        # How many there were, and how long they took, is no share of what was in time.
        ("permit.in_time + permit.late", "count"),
        ("permit.days / (permit.in_time + permit.late)", "days"),
        ("per(permit.filed, permit.in_time + permit.late, 1000)", "per_1000"),
    ],
)
def test_what_means_something_is_not(text, unit):
    assert wrong(text, unit) == []


def test_the_shipped_measures_say_what_was_due_of_events_and_of_what_is_entered():
    measures = city_catalogue().measures
    pairs = {code: each.due_with for code, each in measures.items() if each.due_with is not None}
    assert pairs["grievance.resolved_on_time"] == "grievance.overdue_open"
    assert pairs["grievance.appeals_in_time"] == "grievance.appeals_overdue"
    assert pairs["permission.permits_in_time"] == "permission.permits_overdue"
    # Whatever is counted in time and overdue says so.
    for code in measures:
        overdue = f"{code.removesuffix('_in_time')}_overdue"
        if code.endswith("_in_time") and overdue in measures:
            assert pairs[code] == overdue


def test_every_shipped_formula_means_something():
    known = city_catalogue()
    for each in known.indicators.values():
        assert wrong_formula(each.formula.root, known.measures, each.unit) == [], each.code
