"""Rules, alerts, their tests and their runbooks, without a city: by promtool and amtool."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from palika import metrics
from tests.support.pages import must_all_exist, must_exist, must_lead_somewhere
from tests.support.prometheus import FOLDER, alerts, part, rules
from tests.support.promql import metrics_of

ROOT = FOLDER.parents[1]
RUNBOOKS = ROOT / "docs" / "runbooks"
CASES = sorted((FOLDER / "tests").glob("*.yml"))
ALERTS = alerts()


def run(program: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """A program of Prometheus, to its end."""
    return subprocess.run(
        [part(program), *arguments],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
        cwd=FOLDER,
    )


def test_promtool_has_no_complaint_of_the_configuration_and_the_rules() -> None:
    checked = run("promtool", "check", "config", "prometheus.yml")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    linted = run("promtool", "check", "rules", "--lint-fatal", *sorted(FOLDER.glob("rules/*.yml")))
    assert linted.returncode == 0, linted.stdout + linted.stderr


def test_amtool_has_no_complaint_of_the_alertmanagers_configuration() -> None:
    checked = run("amtool", "check-config", "alertmanager.yml")
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize(
    ("severity", "receiver"), [("page", "pages"), ("ticket", "tickets"), ("other", "tickets")]
)
def test_an_alert_goes_to_who_is_meant(severity: str, receiver: str) -> None:
    routed = run(
        "amtool",
        "config",
        "routes",
        "test",
        "--config.file=alertmanager.yml",
        "alertname=X",
        f"severity={severity}",
    )
    assert routed.stdout.split() == [receiver], routed.stderr


def test_what_keeps_others_quiet_and_what_is_kept_quiet_are_alerts() -> None:
    config = yaml.safe_load((FOLDER / "alertmanager.yml").read_text("utf-8"))
    named = {
        name
        for rule in config["inhibit_rules"]
        for matcher in (*rule["source_matchers"], *rule["target_matchers"])
        for name in re.fullmatch(r'alertname=~?"([\w|]+)"', matcher)[1].split("|")  # type: ignore[index]
    }
    assert named <= ALERTS.keys()
    assert {"ServiceDown", "ServiceNotReady"} <= named


def test_the_blackbox_exporter_takes_its_configuration() -> None:
    checked = run("prometheus-blackbox-exporter", "--config.file=blackbox.yml", "--config.check")
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_every_alert_fires_and_ends(case: Path) -> None:
    tested = run("promtool", "test", "rules", case)
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_promtool_would_complain_of_an_alert_that_does_not_fire(tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path, dirs_exist_ok=True)
    rule = tmp_path / "rules" / "flow.yml"
    rule.write_text(
        rule.read_text().replace("palika_outbox_oldest_seconds) > 60", "palika_x) > 60")
    )
    tested = run("promtool", "test", "rules", tmp_path / "tests" / "flow.yml")
    assert tested.returncode != 0
    assert "OutboxOld" in tested.stdout + tested.stderr


def _tried() -> dict[str, list[list[bool]]]:
    """Of each alert the tests it is in: at each moment, in order, whether it is to fire."""
    found: dict[str, list[list[bool]]] = {}
    for case in CASES:
        if case.stem == "at_rest":
            continue
        for test in yaml.safe_load(case.read_text("utf-8"))["tests"]:
            by_alert: dict[str, list[bool]] = {}
            for each in sorted(test["alert_rule_test"], key=lambda at: _minutes(at["eval_time"])):
                by_alert.setdefault(each["alertname"], []).append(bool(each["exp_alerts"]))
            for name, firing in by_alert.items():
                found.setdefault(name, []).append(firing)
    return found


def _minutes(duration: str) -> int:
    units = {"m": 1, "h": 60, "d": 1440}
    return sum(int(count) * units[unit] for count, unit in re.findall(r"(\d+)([mhd])", duration))


def test_each_alert_is_tested_firing_and_then_ending() -> None:
    tried = _tried()
    assert tried.keys() == ALERTS.keys()
    for name, tests in tried.items():
        assert any(True in firing and firing[-1] is False for firing in tests), name


def test_each_alert_is_tested_at_rest() -> None:
    """Without traffic nothing is divided by nothing, and nobody is woken."""
    (test,) = yaml.safe_load((FOLDER / "tests" / "at_rest.yml").read_text("utf-8"))["tests"]
    assert {each["alertname"] for each in test["alert_rule_test"]} == ALERTS.keys()
    assert not any(each["exp_alerts"] for each in test["alert_rule_test"])
    given = {each["series"].partition("{")[0] for each in test["input_series"]}
    assert given == {
        name for _, rule in rules() for name in metrics_of(rule["expr"]) if ":" not in name
    }


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_says_how_urgent_it_is_and_where_its_runbook_stands(name: str) -> None:
    alert = ALERTS[name]
    assert re.fullmatch(r"([A-Z][a-z]+){2,}", name)
    assert alert["labels"] == {"severity": alert["labels"]["severity"]}
    assert alert["labels"]["severity"] in ("page", "ticket")
    assert alert["annotations"].keys() == {"summary", "runbook"}
    assert alert["annotations"]["runbook"] == f"docs/runbooks/{name}.md"


WITHOUT_ALERT = {"Restore"}


def test_there_is_a_runbook_for_each_alert_and_no_other() -> None:
    pages = {path.stem for path in RUNBOOKS.glob("*.md")} - {"README"}
    assert pages == ALERTS.keys() | WITHOUT_ALERT
    index = (RUNBOOKS / "README.md").read_text("utf-8")
    told = dict(re.findall(r"\[(\w+)\]\(\1\.md\)(\s+\(page\))?", index))
    assert told.keys() == ALERTS.keys() | WITHOUT_ALERT
    for name, alert in ALERTS.items():
        assert bool(told[name]) == (alert["labels"]["severity"] == "page"), name


@pytest.mark.parametrize("name", ALERTS)
def test_a_runbook_begins_with_a_command_that_exists(name: str) -> None:
    page = (RUNBOOKS / f"{name}.md").read_text("utf-8")
    found = re.match(rf"# {name}\n\n```sh\n(.+?)\n```\n", page, re.DOTALL)
    assert found, "the command stands first"
    must_all_exist(found[1])
    for heading in ("It means", "Do", "It ends"):
        assert f"\n**{heading}.** " in page


def test_what_runbooks_tell_to_type_further_on_exists_too() -> None:
    for page in sorted(RUNBOOKS.glob("*.md")):
        for line in re.findall(r"`palika ([^`]+)`", page.read_text("utf-8").replace("\n", " ")):
            if line.split()[0] not in ("up",):
                must_exist(shlex.split(line))


def test_the_links_of_runbooks_lead_somewhere() -> None:
    for page in sorted(RUNBOOKS.glob("*.md")):
        must_lead_somewhere(page)


def test_a_command_that_does_not_exist_is_found_out() -> None:
    with pytest.raises(AssertionError, match="there is no lists"):
        must_exist(["dead-letters", "lists"])
    with pytest.raises(click.NoSuchOption):
        must_exist(["dead-letters", "list", "--ever"])


def test_the_promises_have_buckets_of_their_own() -> None:
    expressions = [rule["expr"] for _, rule in rules()]
    for name, limit, histogram in (
        ("palika_event_lag_seconds", "5.0", metrics.EVENT_LAG),
        ("palika_rpc_duration_seconds", "0.3", metrics.RPC_DURATION),
        ("palika_http_duration_seconds", "2.5", metrics.HTTP_DURATION),
    ):
        assert float(limit) in histogram._kwargs["buckets"]
        asked = f'{name}_bucket{{le="{limit}"}}'
        assert any(asked in expression for expression in expressions)


def test_the_windows_and_factors_are_those_of_the_workbook() -> None:
    for name, late, budget in (
        ("Events", "palika:events_late:", 0.001),
        ("Rpc", "palika:rpc_slow:", 0.005),
    ):
        pairs = [
            (window, float(factor or 1))
            for severity in ("Fast", "Slowly")
            for window, factor in re.findall(
                rf"{late}ratio(\w+) > (?:([\d.]+) \* )?{budget}",
                ALERTS[f"{name}BudgetBurns{severity}"]["expr"],
            )
        ]
        assert pairs == [("1h", 14.4), ("5m", 14.4), ("6h", 6), ("30m", 6), ("3d", 1), ("6h", 1)]


@pytest.mark.parametrize(
    ("expression", "named"),
    [
        ('max by (service) (palika_x{part="relay"}) > 60', {"palika_x"}),
        ("a / (b > 0) and on (c, d) e offset 1h", {"a", "b", "e"}),
        ("sum_over_time(palika:x:rate5m[3d]) unless ignoring (f) up", {"palika:x:rate5m", "up"}),
        ('label_replace(time() - x, "a", "$1", "b", "(.*)") * 1e9', {"x"}),
    ],
)
def test_what_an_expression_names_is_found(expression: str, named: set[str]) -> None:
    assert metrics_of(expression) == named


def test_every_rule_has_one_name() -> None:
    recorded: list[Any] = [rule["record"] for _, rule in rules() if "record" in rule]
    assert len(set(recorded)) == len(recorded)
    asked = {name for _, rule in rules() for name in metrics_of(rule["expr"]) if ":" in name}
    assert asked <= set(recorded)
