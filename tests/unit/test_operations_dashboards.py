"""The dashboards of operations: what is committed, and what they ask for."""

import json
import re
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from palika import metrics
from palika.cli.grafana import grafana
from palika.grafana.signals import Figure
from palika.local.city import service_names, web_names
from tests.support.grafana import expressions
from tests.support.prometheus import rules
from tests.support.promql import metrics_of

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "grafana" / "operations"
ASKED = list(expressions(FOLDER))
OTHERS = re.compile(r"(node|probe|process)_\w+")
"""Of exporters beside the city, and what the client library measures of every process; that they
are there is seen by tests/integration/test_prometheus.py."""


def made() -> dict[str, dict[str, Any]]:
    return {path.stem: json.loads(path.read_text("utf-8")) for path in FOLDER.glob("*.json")}


def test_what_is_committed_is_what_would_be_generated(tmp_path: Path) -> None:
    outcome = CliRunner().invoke(grafana, ["--check", "--out", str(FOLDER)])
    assert outcome.exit_code == 0, outcome.output
    assert CliRunner().invoke(grafana, ["--out", str(tmp_path)]).exit_code == 0
    (tmp_path / "parks.json").write_text('{"uid": "palika-ops-parks"}')
    (tmp_path / "tax.json").write_text("{}")
    checked = CliRunner().invoke(grafana, ["--check", "--out", str(tmp_path)])
    assert checked.exit_code == 1
    told = [line.partition(" ")[0].rpartition("/")[2] for line in checked.output.splitlines()]
    assert told == ["parks.json", "tax.json"]


def test_there_is_one_for_each_service_one_for_the_flow_and_one_for_the_city() -> None:
    assert set(made()) == {*service_names(), *web_names(), "city", "flow"}


def test_no_two_panels_lie_on_each_other_and_each_fits() -> None:
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
            assert panel["title"]
        numbers = [panel["id"] for panel in each["panels"]]
        assert numbers == list(range(1, len(numbers) + 1))


def test_every_query_of_a_panel_has_its_own_letter() -> None:
    for name, each in made().items():
        for panel in each["panels"]:
            refs = [target["refId"] for target in panel.get("targets", [])]
            assert len(set(refs)) == len(refs), (name, panel["title"])
            assert refs or panel["type"] == "row", (name, panel["title"])


def test_every_metric_that_is_asked_for_is_declared_or_recorded() -> None:
    declared = {
        name
        for each in vars(metrics).values()
        if hasattr(each, "_labelnames")
        for family in each.describe()
        for name in (
            family.name,
            *(f"{family.name}_{end}" for end in ("total", "bucket", "count", "sum")),
        )
    }
    recorded = {rule["record"] for _, rule in rules() if "record" in rule}
    for where, expression in ASKED:
        for name in metrics_of(expression):
            assert name in declared | recorded or OTHERS.fullmatch(name), (where, name)


def test_every_metric_of_ours_is_shown_somewhere() -> None:
    """But for those of single KPIs, which have dashboards of their own."""
    shown = " ".join(expression for _, expression in ASKED)
    for each in vars(metrics).values():
        name = getattr(each, "_name", "")
        if name and not re.match(
            r"palika_(kpi_(info|value|target|status|data|period|ind)|build)", name
        ):
            assert name in shown, name


@pytest.mark.parametrize(
    ("figure", "colors"),
    [
        (Figure("", "", amber=10, red=60), ["green", "orange", "red"]),
        (Figure("", "", red=1), ["green", "red"]),
        (Figure("", "", amber=0.5, red=0, falling=True), ["red", "orange", "green"]),
        (Figure("", "", amber=1, falling=True), ["orange", "green"]),
    ],
)
def test_colours_go_up_from_the_first(figure: Figure, colors: list[str]) -> None:
    steps = figure.steps
    assert [each["color"] for each in steps] == colors
    assert steps[0]["value"] is None
    values = [each["value"] for each in steps[1:]]
    assert values == sorted(values)


def test_what_grafana_is_provisioned_with_is_yaml_of_its_form() -> None:
    file = FOLDER.parent / "provisioning" / "dashboards" / "palika-operations.yaml"
    (provider,) = yaml.safe_load(file.read_text("utf-8"))["providers"]
    assert provider["type"] == "file"
    assert provider["options"]["path"]
