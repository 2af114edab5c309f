"""`palika kpi check`, `catalogue` and `explain`: what a department's officer sees."""

import json
import shutil
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.cells import cell_len

from palika import yaml_files
from palika.catalogue import service_class
from palika.errors import NotFound
from services.kpi import cli, files, reference, service
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


def test_a_target_that_is_reached_is_green(roads):
    roads.write_text(GOOD.replace("green: 110", "green: 111"), "utf-8")
    line = GOOD.splitlines().index("    thresholds: {green: 110, red: 90}") + 1
    outcome = run("check", roads)
    assert outcome.exit_code == 1
    assert outcome.stderr.splitlines()[-1] == (
        f"departments/roads.yaml, line {line}: kpis, 1, thresholds: "
        "a target, 110, would be reached and not green"
    )


PARTS = """\
  roads.of_roads:
    {of: grievance.resolved, where: {category: [pothole, footpath]},
    name: {mr: "रस्ते", en: "Of roads"}}
  roads.of_lights:
    {of: roads.of_roads, where: {category: [street-light]}, name: {mr: "दिवे", en: "Of lights"}}
"""


def test_a_part_of_a_part_has_something_of_it(roads):
    roads.write_text(GOOD.replace("kpis:\n", f"{PARTS}kpis:\n"), "utf-8")
    outcome = run("check", roads)
    assert outcome.exit_code == 1
    rule = "roads.of_roads, of which it is a part, has none of these: it counts nothing"
    assert f"measures, roads.of_lights, where, category: {rule}" in outcome.stderr
    roads.write_text(roads.read_text("utf-8").replace("[street-light]", "[footpath]"), "utf-8")
    assert rule not in run("check", roads).stderr


def test_the_kpis_of_a_department_are_listed():
    listed = json.loads(run("catalogue", "--department", "property-tax", "--json").stdout)
    assert [each["code"] for each in listed["kpis"]] == [
        each.code for each in city_catalogue().of("property-tax")
    ]
    assert run("catalogue", "--department", "property-tax").stdout.count("month") > 1
    misspelt = run("catalogue", "--department", "roadz")
    assert misspelt.exit_code == 2
    assert "did you mean roads?" in misspelt.stderr


def test_of_a_code_that_there_is_not_the_nearest_is_told():
    with pytest.raises(NotFound, match="'water-qualty'; did you mean water-quality"):
        city_catalogue().indicator("water-qualty")
    with pytest.raises(NotFound, match=r"'zzz'\.$"):
        city_catalogue().indicator("zzz")
    with pytest.raises(NotFound, match=r"'x+'\.$"):
        city_catalogue().indicator("x" * 100_000)


def test_in_80_columns_each_code_is_in_one_piece(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    shown = run("catalogue").stdout
    for code in city_catalogue().indicators:
        assert code in shown
    assert max(map(cell_len, shown.splitlines())) <= 80


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


def test_a_target_that_is_shared_out_over_the_year_is_told_as_one():
    words = "of the year; before its end the share of it that is over"
    assert words in run("explain", "welfare-disabled-aided").stdout
    assert words not in run("explain", "welfare-disability-fund").stdout


def test_who_enters_values_is_checked_too(tmp_path):
    own = (SHIPPED / "entry.yaml").read_text("utf-8").replace("  fire: {", "  fires: {")
    (tmp_path / "entry.yaml").write_text(own, "utf-8")
    for path in (tmp_path, tmp_path / "entry.yaml"):
        told = CliRunner().invoke(cli.group, ["check", str(path)])
        assert told.exit_code == 1
        line = own[: own.index("  fires: {")].count("\n") + 1
        assert f"entry.yaml, line {line}: desks, fires: there is no such department" in told.output
        assert "nobody enters the values of fire" in told.output


@pytest.mark.parametrize(
    ("said", "place", "line"),
    [("owner: roads-ce\n", "owner", 3), ("direction: higher\n", "kpis, 1, owner", 22)],
)
def test_an_owner_that_is_no_post_of_the_city_is_told_with_the_nearest(roads, said, place, line):
    new = "owner: raods-ce\n" if place == "owner" else f"{said}    owner: raods-ce\n"
    roads.write_text(GOOD.replace(said, new), "utf-8")
    told = run("check", roads)
    rule = "entry.yaml knows no post raods-ce; did you mean roads-ce?"
    assert (told.exit_code, told.output) == (
        1,
        f"departments/roads.yaml, line {line}: {place}: {rule}\n",
    )


@pytest.mark.parametrize(
    ("formula", "rule"),
    [
        ("rate(roads.resurfaced_km, 0 * roads.resurfaced_km)", "which is always 0"),
        ("rate(roads.resurfaced_km, roads.resurfaced_km)", "the same number"),
    ],
)
def test_a_formula_that_means_nothing_is_told_with_its_line(roads, formula, rule):
    right = "rate(year_to_date(roads.resurfaced_km), last_year(year_to_date(roads.resurfaced_km)))"
    roads.write_text(GOOD.replace(right, formula), "utf-8")
    told = run("check", roads)
    assert told.exit_code == 1
    assert told.output.startswith("departments/roads.yaml, line 20: kpis, 1, formula: ")
    assert rule in told.output


def data_files() -> set[str]:
    every = {str(each.relative_to(SHIPPED)) for each in SHIPPED.rglob("*") if each.is_file()}
    # How pages are laid out is no data: the tests of the papers set it.
    return {each for each in every if not each.endswith(".typ")}


@pytest.fixture
def nothing_remembered(monkeypatch) -> None:
    """Whatever was read before is read again, and remembered for this test only."""
    for name, each in list(vars(reference).items()):
        if hasattr(each, "cache_clear"):
            monkeypatch.setattr(reference, name, cache(each.__wrapped__))
    monkeypatch.setattr(service, "load", reference.load)


@pytest.fixture
def files_read(nothing_remembered, monkeypatch) -> set[str]:
    """The shipped files that are read."""
    found: set[str] = set()

    def text_of(path: Path) -> str:
        found.add(str(path.relative_to(SHIPPED)))
        return yaml_files.text_of(path)

    monkeypatch.setattr(files, "text_of", text_of)
    return found


def test_every_file_that_a_city_edits_is_checked(files_read):
    assert run("check").exit_code == 0
    assert files_read == data_files()


def test_every_file_that_a_city_edits_is_read_when_the_service_starts(files_read):
    service_class("kpi")()
    assert files_read == data_files()


CITY = city_catalogue()
ONE_OF_EACH_KIND = (
    *("places.yaml", "entry.yaml", "alerts.yaml", "monitoring.yaml", "documents/city.yaml"),
    *("departments/fire.yaml", "programmes/slb.yaml"),
)


@pytest.mark.parametrize("name", ONE_OF_EACH_KIND)
def test_a_wrong_file_stops_the_start_and_the_check_with_its_line(
    nothing_remembered, tmp_path, monkeypatch, name
):
    if not name.startswith("departments/"):
        # It takes two seconds, and is not what is wrong here.
        monkeypatch.setattr(files, "read", lambda *_: CITY)
    own = tmp_path / "own" / name
    own.parent.mkdir(parents=True)
    text = (SHIPPED / name).read_text("utf-8")
    own.write_text(text + "no_such_key: 1\nno_such_key: 2\n", "utf-8")
    line = text.count("\n") + 2
    told = f"{name}, line {line}: file: not YAML: no_such_key is there twice"
    for path in (own, tmp_path / "own"):
        outcome = run("check", path)
        assert outcome.exit_code == 1
        assert told in outcome.stderr
    data = tmp_path / "data"
    shutil.copytree(SHIPPED, data)
    shutil.copy(own, data / name)
    monkeypatch.setattr(files, "SHIPPED", data)
    with pytest.raises(files.WrongData) as caught:
        service_class("kpi")()
    assert told in str(caught.value)


def test_mistakes_of_several_files_are_told_at_once(tmp_path):
    wrong = (SHIPPED / "monitoring.yaml").read_text("utf-8").replace("- drainage", "- drains")
    (tmp_path / "monitoring.yaml").write_text(wrong, "utf-8")
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents/city.yaml").write_text("corporation: {mr: नाव}\n", "utf-8")
    told = run("check", tmp_path).stderr
    line = wrong[: wrong.index("- drains")].count("\n") + 1
    assert f"monitoring.yaml, line {line}: dashboards, 3: must be one of" in told
    assert "documents/city.yaml, line 1: corporation: en missing" in told


@pytest.mark.parametrize(
    "name", ["alert.yaml", "entry.yml", "programmes/x.yml", "documents/x.yaml", "roads.yaml"]
)
def test_a_file_that_nobody_reads_is_told(nothing_remembered, tmp_path, monkeypatch, name):
    monkeypatch.setattr(files, "read", lambda *_: CITY)
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("a: 1\n", "utf-8")
    for each in (tmp_path, path):
        assert f"{name}, line 1: file: nobody reads it" in run("check", each).stderr
    data = tmp_path / "data"
    shutil.copytree(SHIPPED, data)
    shutil.copy(path, data / name)
    monkeypatch.setattr(files, "SHIPPED", data)
    with pytest.raises(files.WrongData, match="nobody reads it"):
        service_class("kpi")()


def test_a_folder_of_departments_is_checked_as_what_it_is(roads):
    roads.write_text(GOOD.replace("green: 110", "green: 80"), "utf-8")
    assert run("check", roads.parent).exit_code == 1


def test_what_an_editor_leaves_beside_is_none_and_a_running_service_looks_once(
    nothing_remembered, tmp_path, monkeypatch
):
    data = tmp_path / "data"
    shutil.copytree(SHIPPED, data)
    monkeypatch.setattr(files, "SHIPPED", data)
    (data / "departments" / ".roads.yaml.swp").write_bytes(b"x")
    (data / "departments" / "roads.yaml~").write_text("x", "utf-8")
    service_class("kpi")()
    # Nameko makes the class anew for each call.
    (data / "departments" / "roads.txt").write_text("x", "utf-8")
    service_class("kpi")()
