"""One mistake in the catalogue is told once: nothing follows from it that nobody wrote."""

import copy
from typing import Any

import pytest

from palika.yaml_files import loaded, text_of
from services.kpi import files
from services.kpi.domain import projection
from services.kpi.domain.catalogue_file import catalogue
from services.kpi.domain.catalogue_reading import Wrong

MARKETS, GRIEVANCE = "departments/markets.yaml", "measures/grievance.yaml"
GONE = object()
CONTENT = {
    name: loaded(text_of(path))
    for name, path in files.paths().items()
    if name.partition("/")[0] in ("units.yaml", "sources.yaml", "measures") or name == MARKETS
}
POSTS = files.read_posts()


def told(content: dict[str, Any]) -> list[tuple[str, str, str]]:
    made = (projection.MEASURES, projection.ATTRIBUTES, projection.KINDS)
    try:
        catalogue(content, *made, POSTS)
    except Wrong as error:
        return list(error.found)
    return []


def changed(name: str, *path: Any, to: Any = GONE, key: str | None = None) -> dict[str, Any]:
    """The files, with another value in one place of one; or without it, or under another key."""
    made = dict(CONTENT) | {name: copy.deepcopy(CONTENT[name])}
    at = made[name]
    for each in path[:-1]:
        at = at[each]
    if key is not None:
        at[key] = at.pop(path[-1])
    elif to is GONE:
        del at[path[-1]]
    else:
        at[path[-1]] = to
    return made


RENT, DECIDED = "markets.rent_due_paise", "markets.transfers_decided"
PART, WHOLE = "markets.weekly_reopened", "grievance.resolved"
CHANGES = [
    ((MARKETS, "measures", RENT), {"to": []}, f"measures, {RENT}"),
    ((MARKETS, "measures", RENT, "unit"), {"to": "paisa"}, f"measures, {RENT}, unit"),
    ((MARKETS, "measures", RENT, "unit"), {}, f"measures, {RENT}"),
    ((MARKETS, "measures", RENT, "unit"), {"key": "units"}, f"measures, {RENT}"),
    ((MARKETS, "measures", RENT, "by"), {"to": "ward"}, f"measures, {RENT}, by"),
    ((MARKETS, "measures", DECIDED, "every"), {"to": "monthly"}, f"measures, {DECIDED}, every"),
    ((MARKETS, "measures", PART, "of"), {"key": "off"}, f"measures, {PART}"),
    ((MARKETS, "measures", PART, "of"), {"to": "grievance.gone"}, f"measures, {PART}, of"),
    ((MARKETS, "kpis", 0), {"to": "x"}, "kpis, 1"),
    ((MARKETS, "kpis", 0, "code"), {"to": "bazaar-clean"}, "kpis, 1, code"),
    ((MARKETS, "kpis", 3, "code"), {"key": "kode"}, "kpis, 4"),
    ((MARKETS, "kpis", 6, "formula"), {"to": "zzz"}, "kpis, 7, formula"),
    ((MARKETS, "kpis", 6, "formula"), {"key": "formulas"}, "kpis, 7"),
    ((MARKETS, "kpis", 4, "unit"), {"to": ["count"]}, "kpis, 5, unit"),
    ((MARKETS, "kpis", 4, "illustrative"), {}, "kpis, 5, targets"),
    ((MARKETS, "kpis", 4, "illustrative"), {"to": "targets"}, "kpis, 5, illustrative"),
    ((MARKETS, "kpis", 4, "illustrative"), {"key": "ilustrative"}, "kpis, 5"),
    ((MARKETS, "kpis", 1, "thresholds", "red"), {"to": -7}, "kpis, 2, thresholds"),
    ((MARKETS, "kpis", 1, "name"), {"to": {"x": 1}}, "kpis, 2, name"),
    ((MARKETS, "kpis"), {"to": None}, "kpis"),
    ((GRIEVANCE, "measures", WHOLE), {"key": "grievance.resolvd"}, "measures, grievance.resolvd"),
    ((GRIEVANCE, "measures", WHOLE), {}, "file"),
    ((GRIEVANCE, "measures", WHOLE, "unit"), {"to": "counts"}, f"measures, {WHOLE}, unit"),
    ((GRIEVANCE, "measures", WHOLE, "kind"), {"to": "level"}, f"measures, {WHOLE}, kind"),
    (
        (GRIEVANCE, "measures", "grievance.resolved_on_time", "zero_with"),
        {"to": "grievance.gone"},
        "measures, grievance.resolved_on_time, zero_with",
    ),
    ((GRIEVANCE, "measures"), {}, "file"),
    ((GRIEVANCE, "measures"), {"to": []}, "measures"),
]


def test_the_files_are_right():
    assert told(CONTENT) == []


@pytest.mark.parametrize(("where", "how", "place"), CHANGES)
def test_one_mistake_is_one_message(where, how, place):
    found = told(changed(*where, **how))
    assert [at for _, at, _ in found] == [place], found


def test_a_file_that_was_copied_is_told_once():
    found = told(CONTENT | {"departments/bazaars.yaml": CONTENT[MARKETS]})
    assert [(file, at) for file, at, _ in found] == [("departments/bazaars.yaml", "department")]


def test_a_measure_that_is_misspelt_in_its_own_place_is_told_where_it_is_used_and_not_as_unused():
    found = told(changed(MARKETS, "measures", RENT, key=f"{RENT}s"))
    assert found
    assert all(rule.endswith(f"unknown measure {RENT}") for _, _, rule in found)


def test_two_mistakes_are_two_messages():
    content = changed(MARKETS, "measures", RENT, "unit", to="paisa")
    content[MARKETS]["kpis"][1]["decimals"] = 9
    assert len(told(content)) == 2
