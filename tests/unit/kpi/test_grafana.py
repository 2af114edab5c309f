"""The dashboards that are made from the catalogue: what is committed, and what they say."""

import json
import subprocess
import sys
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from palika import metrics
from palika.grafana.panels import AMBER, GREEN, RED
from palika.reading import Mistakes
from services.kpi import cli
from services.kpi.domain.indicators import Indicator
from services.kpi.domain.judging import judge
from services.kpi.domain.monitoring import exported, ranked_from, with_dashboard
from services.kpi.domain.period import period
from services.kpi.grafana.dashboards import dashboards
from services.kpi.grafana.panels import steps
from services.kpi.reference import city_catalogue, city_dashboards, city_ranked_from
from tests.support.grafana import expressions, selected

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "deploy" / "grafana" / "kpi"
KNOWN = city_catalogue()
STATUS = {RED: "red", AMBER: "amber", GREEN: "green"}


def made() -> dict[str, dict[str, Any]]:
    return {path.stem: json.loads(path.read_text("utf-8")) for path in FOLDER.glob("*.json")}


def color_of(of: list[dict[str, Any]], value: float) -> str:
    """The colour that Grafana gives a value: that of the last step that is not above it."""
    reached = [each["color"] for each in of if each["value"] is None or each["value"] <= value]
    return reached[-1]


def test_what_is_committed_is_what_would_be_generated() -> None:
    outcome = CliRunner().invoke(cli.group, ["grafana", "--check", "--out", str(FOLDER)])
    assert outcome.exit_code == 0, outcome.output


def test_where_there_is_no_such_folder_that_is_said(tmp_path: Path) -> None:
    checked = CliRunner().invoke(cli.group, ["grafana", "--check", "--out", str(tmp_path / "no")])
    assert checked.exit_code == 2
    assert "there is no folder" in checked.output
    assert "is not what would be generated" not in checked.output


def test_a_file_that_was_changed_by_hand_or_is_no_more_is_told_and_mended(tmp_path: Path) -> None:
    runner = CliRunner()
    assert runner.invoke(cli.group, ["grafana", "--out", str(tmp_path)]).exit_code == 0
    (tmp_path / "roads.json").write_text("{}")
    (tmp_path / "parks.json").write_text('{"uid": "palika-kpi-parks"}')
    (tmp_path / "own.json").write_text('{"uid": "of-the-city"}')
    checked = runner.invoke(cli.group, ["grafana", "--check", "--out", str(tmp_path)])
    assert checked.exit_code == 1
    told = [line.partition(" ")[0].rpartition("/")[2] for line in checked.output.splitlines()]
    assert told == ["parks.json", "roads.json"]
    assert runner.invoke(cli.group, ["grafana", "--out", str(tmp_path)]).exit_code == 0
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {path.name for path in FOLDER.iterdir()} | {"own.json"}
    assert (tmp_path / "roads.json").read_bytes() == (FOLDER / "roads.json").read_bytes()


def test_another_process_makes_the_same_bytes(tmp_path: Path) -> None:
    # Another order of hashing, too.
    subprocess.run(
        [sys.executable, "-m", "palika.cli", "kpi", "grafana", "--out", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=120,
    )
    for path in FOLDER.iterdir():
        assert (tmp_path / path.name).read_bytes() == path.read_bytes(), path.name


def test_there_are_twenty_departments_and_the_commissioner() -> None:
    assert set(made()) == {"commissioner", *city_dashboards()}
    assert len(city_dashboards()) == 20
    everyone = dashboards(KNOWN, set(KNOWN.indicators), tuple(KNOWN.departments))
    assert len(everyone) == 41


def test_ids_are_unique_stable_and_short_enough() -> None:
    uids = [each["uid"] for each in made().values()]
    assert len(set(uids)) == len(uids)
    assert all(len(uid) <= 40 for uid in (f"palika-kpi-{code}" for code in KNOWN.departments))
    for each in made().values():
        numbers = [panel["id"] for panel in each["panels"]]
        assert numbers == list(range(1, len(numbers) + 1))


def test_no_two_panels_lie_on_each_other_and_none_beside_the_grid() -> None:
    for name, each in made().items():
        taken: set[tuple[int, int]] = set()
        for panel in each["panels"]:
            at = panel["gridPos"]
            assert at["x"] + at["w"] <= 24, name
            cells = set(
                product(range(at["x"], at["x"] + at["w"]), range(at["y"], at["y"] + at["h"]))
            )
            assert not cells & taken, (name, panel["title"])
            taken |= cells


def test_every_kpi_of_a_department_has_its_value_and_its_past() -> None:
    for code in city_dashboards():
        asked = [expr for name, expr in expressions(FOLDER) if name.startswith(f"{code}.json")]
        for each in KNOWN.of(code):
            of = [expr for expr in asked if f'code="{each.code}"' in expr]
            assert sum("palika_kpi_value" in expr for expr in of) == 2, each.code


def test_every_metric_and_label_that_is_asked_for_is_one_that_is_exported() -> None:
    declared = {
        each._name: set(each._labelnames)
        for each in vars(metrics).values()
        if hasattr(each, "_labelnames")
    }
    of_kpis = {each.code: each.department for each in exported(KNOWN, 1000)[0]}
    known = {
        "code": set(of_kpis),
        "department": set(of_kpis.values()),
        "status": {"green", "amber", "red", "not judged", "no target", "no data"},
    }
    seen = 0
    for where, expression in expressions(FOLDER):
        for name, matchers in selected(expression):
            assert name in declared, (where, name)
            # The scraper says of which city it is (`palika targets`).
            assert dict(matchers)["city"] == ("$city",), where
            for label, values in matchers:
                if label == "city":
                    continue
                assert label in declared[name], (where, name, label)
                assert set(values) <= known[label], (where, label, values)
                seen += 1
            of = dict(matchers)
            if "code" in of:
                (code,), (department,) = of["code"], of["department"]
                assert of_kpis[code] == department, where
    assert seen > 1_000


def test_promtool_understands_every_expression(tmp_path: Path) -> None:
    rules = [
        {"record": f"of:panel{number}", "expr": expression}
        for number, expression in enumerate(dict(map(reversed, expressions(FOLDER))))
    ]
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    promtool = Path(sys.executable).with_name("promtool")
    assert promtool.exists(), "promtool is missing: scripts/setup --dev fetches it"
    checked = subprocess.run(
        [promtool, "check", "rules", file], capture_output=True, text=True, timeout=60, check=False
    )
    assert checked.returncode == 0, checked.stderr
    assert f"{len(rules)} rules found" in checked.stdout


def test_the_commissioners_links_lead_to_dashboards_that_exist() -> None:
    all_of_them = made()
    uids = {each["uid"] for each in all_of_them.values()}
    commissioner = all_of_them["commissioner"]
    led_to = {
        link["url"].removeprefix("/d/").partition("?")[0]
        for panel in commissioner["panels"]
        for link in panel.get("links", [])
    }
    assert led_to == uids - {commissioner["uid"]}
    for name, each in all_of_them.items():
        if name != "commissioner":
            urls = [link["url"] for link in each["links"]]
            assert f"/d/{commissioner['uid']}" in urls


def test_titles_are_in_both_languages() -> None:
    for each in made().values():
        titles = [each["title"], *(panel["title"] for panel in each["panels"] if panel["title"])]
        for title in titles:
            mr, _, en = title.partition(" / ")
            assert any("\u0900" <= letter <= "\u097f" for letter in mr), title
            assert en.isprintable(), title
            assert any(letter.isascii() and letter.isalpha() for letter in en), title


@pytest.mark.parametrize(
    "indicator",
    [each for each in KNOWN.indicators.values() if steps(each) is not None],
    ids=lambda each: each.code,
)
def test_the_colour_of_a_value_is_its_status(indicator: Indicator) -> None:
    of = steps(indicator)
    assert of is not None
    step = Fraction(1, 10**indicator.decimals)
    of_year = period(str(next(iter(indicator.targets), 2026)))
    edges = [Fraction(str(each["value"])) for each in of if each["value"] is not None]
    assert edges == sorted(set(edges))
    for edge in edges:
        # Quarters of a step: most are off the grid, and one is half way between two values.
        for away in range(-12, 13):
            value = (edge // step + Fraction(away, 4)) * step
            shown = float(indicator.rounded(value))
            assert STATUS[color_of(of, shown)] == judge(indicator, value, of_year).status, value


def test_of_which_no_limits_hold_in_every_year_the_status_is_shown() -> None:
    without = [
        each
        for code in city_dashboards()
        for each in KNOWN.of(code)
        if each.direction != "none" and steps(each) is None
    ]
    asked = {expression for _, expression in expressions(FOLDER)}
    assert without
    for each in without:
        where = f'code="{each.code}",department="{each.department}", city=~"$city"'
        assert f"max by (code) (palika_kpi_status{{{where}}})" in asked


def test_a_department_that_there_is_not_has_no_dashboard() -> None:
    with pytest.raises(Mistakes, match="parks"):
        with_dashboard({"ranked_from": 70, "dashboards": ["roads", "parks"]}, ["roads", "fire"])
    given = {"ranked_from": 70, "dashboards": ["fire", "roads"]}
    assert with_dashboard(given, ["roads", "fire"]) == ("roads", "fire")
    assert ranked_from(given) == (70, 5)
    # A file of before there was such a share has that of the shipped one.
    del given["ranked_from"]
    assert with_dashboard(given, ["roads", "fire"]) == ("roads", "fire")
    assert ranked_from(given) == city_ranked_from()
    with pytest.raises(Mistakes, match="ranked_from"):
        with_dashboard(given | {"ranked_from": 101}, ["roads", "fire"])
    assert ranked_from(given | {"ranked_judged": 3}) == (70, 3)
    with pytest.raises(Mistakes, match="ranked_judged"):
        ranked_from(given | {"ranked_judged": 0})


def test_kpis_that_are_not_public_are_not_exported() -> None:
    shown, left_out = exported(KNOWN, 10)
    assert (len(shown), left_out) == (10, len(KNOWN.indicators) - 10)
    assert all(each.public for each in exported(KNOWN, 10_000)[0])
    assert exported(KNOWN, 0) == ([], len(KNOWN.indicators))


def test_what_grafana_is_provisioned_with_is_yaml_of_its_form() -> None:
    folder = FOLDER.parent / "provisioning"
    (provider,) = yaml.safe_load((folder / "dashboards/palika-kpi.yaml").read_text("utf-8"))[
        "providers"
    ]
    assert provider["type"] == "file"
    assert provider["options"]["path"]
    (source,) = yaml.safe_load((folder / "datasources/palika-prometheus.yaml").read_text("utf-8"))[
        "datasources"
    ]
    assert source["type"] == "prometheus"
