"""`palika kpi check`, `catalogue` and `explain`: what a department's officer sees."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from palika.errors import NotFound
from services.kpi import cli
from services.kpi.files import SHIPPED
from services.kpi.reference import city_catalogue

GOOD = """\
department: roads
name: {mr: "पथ विभाग", en: "Roads"}
owner: roads-ce
measures:
  roads.resurfaced_km:
    name: {mr: "नूतनीकरण केलेले रस्ते", en: "Roads resurfaced"}
    unit: kilometres
    kind: sum
    decimals: 1
    every: month
    by: [ward]
    source: form
    due_days: 10
kpis:
  - code: roads-resurfaced
    name: {mr: "रस्त्यांचे नूतनीकरण", en: "Roads resurfaced against last year"}
    definition: {mr: "या वर्षीचे नूतनीकरण.", en: "Length resurfaced, over that of last year."}
    unit: percent
    decimals: 1
    formula: rate(year_to_date(roads.resurfaced_km), last_year(year_to_date(roads.resurfaced_km)))
    direction: higher
    frequency: month
    source: manual
    targets: {"2026": 110}
    thresholds: {green: 110, red: 90}
    illustrative: [targets, thresholds]
"""


@pytest.fixture
def roads(tmp_path: Path) -> Path:
    path = tmp_path / "departments" / "roads.yaml"
    path.parent.mkdir()
    path.write_text(GOOD, "utf-8")
    return path


def run(*arguments: str | Path):
    return CliRunner().invoke(cli.group, [str(each) for each in arguments])


def test_what_is_right_is_counted_and_departments_with_few_kpis_are_told_of(roads):
    outcome = run("check", roads)
    assert outcome.exit_code == 0
    assert outcome.stdout.startswith("All is right: ")
    assert "warning: roads has 1 KPIs, fewer than 10" in outcome.stderr


def test_the_counts_as_json(roads):
    before = json.loads(run("check", "--json").stdout)
    counts = json.loads(run("check", roads.parent.parent, "--json").stdout)
    assert counts["valid"] is True
    had = city_catalogue().of("roads")
    assert counts["kpis"] == before["kpis"] - len(had) + 1
    assert counts["few"]["roads"] == 1
    assert sum(counts["by_source"].values()) == counts["kpis"]
    assert counts["fed_by_events"] == counts["kpis"] - counts["by_source"]["manual"]


def test_a_mistake_is_told_with_file_line_place_and_rule(roads):
    roads.write_text(GOOD.replace("green: 110", "green: 80"), "utf-8")
    line = GOOD.splitlines().index("    thresholds: {green: 110, red: 90}") + 1
    outcome = run("check", roads)
    assert outcome.exit_code == 1
    assert outcome.stderr.splitlines()[-1] == (
        f"departments/roads.yaml, line {line}: kpis, 1, thresholds: "
        "where higher is better, green must be above red"
    )
    told = json.loads(run("check", roads, "--json").stdout)
    assert told["valid"] is False
    assert told["mistakes"][-1]["line"] == line
    assert run("check", roads.parent / "gone.yaml").exit_code == 2


def test_the_kpis_of_a_department_are_listed():
    listed = json.loads(run("catalogue", "--department", "property-tax", "--json").stdout)
    assert [each["code"] for each in listed["kpis"]] == [
        each.code for each in city_catalogue().of("property-tax")
    ]
    assert run("catalogue", "--department", "property-tax").stdout.count("month") > 1
    assert run("catalogue", "--department", "roadz").exit_code == 2


def test_every_kpi_is_explained_in_both_languages():
    for code, each in city_catalogue().indicators.items():
        outcome = run("explain", code)
        assert outcome.exit_code == 0, outcome.exception
        for part in (code, each.name.mr, each.name.en, each.definition.mr, each.formula.text):
            assert part in outcome.stdout
        told = json.loads(run("explain", code, "--json").stdout)
        assert told["name"] == {"mr": each.name.mr, "en": each.name.en}
        assert "“" in told["formula_in_words"]["mr"]
    assert isinstance(run("explain", "gone").exception, NotFound)


def test_who_enters_values_is_checked_too(tmp_path):
    own = (SHIPPED / "entry.yaml").read_text("utf-8").replace("  fire: {", "  fires: {")
    (tmp_path / "entry.yaml").write_text(own, "utf-8")
    for path in (tmp_path, tmp_path / "entry.yaml"):
        told = CliRunner().invoke(cli.group, ["check", str(path)])
        assert told.exit_code == 1
        line = own[: own.index("  fires: {")].count("\n") + 1
        assert f"entry.yaml, line {line}: desks, fires: there is no such department" in told.output
        assert "nobody enters the values of fire" in told.output
