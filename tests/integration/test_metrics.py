"""The metrics: their form, by promtool, on every kind of process; what is written of them."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import prometheus_client
import pytest
from prometheus_client.metrics import MetricWrapperBase
from prometheus_client.parser import text_string_to_metric_families

from palika import catalogue, metrics
from palika.local.city import web_names
from tests.support.backbone import Backbone
from tests.support.part import Part, wait_for

DECLARED = [each for each in vars(metrics).values() if isinstance(each, MetricWrapperBase)]
PARTS = [("run", name) for name in catalogue.service_names()]
PARTS += [("run", name) for name in web_names()]
PARTS += [("relay", name) for name in catalogue.database_names()]
ANY_PORT = {"PALIKA_PORTAL_HTTP_PORT": "0"}
_NAME = re.compile(r"\bpalika_[a-z0-9_]+")


@pytest.fixture(scope="module")
def parts(backbone: Backbone) -> dict[tuple[str, str], Part]:
    """A process of every kind: each service and each relay of the city."""
    backbone.migrate(*catalogue.database_names())
    started = {each: backbone.part(*each, **ANY_PORT).start(ready=False) for each in PARTS}
    for part in started.values():
        part.wait_ready(60)
    return started


def promtool() -> str:
    beside = Path(sys.executable).with_name("promtool")
    found = str(beside) if beside.exists() else shutil.which("promtool")
    assert found, "promtool is missing: scripts/setup --dev fetches it"
    return found


@pytest.mark.parametrize("kind", PARTS, ids=" ".join)
def test_promtool_has_no_complaint(
    parts: dict[tuple[str, str], Part], kind: tuple[str, str]
) -> None:
    status, text = parts[kind].get("/metrics")
    assert status == 200
    checked = subprocess.run(
        [promtool(), "check", "metrics"],
        input=text,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


def test_promtool_would_complain() -> None:
    bad = "# HELP palika_lag_milliseconds Lag.\n# TYPE palika_lag_milliseconds counter\n"
    checked = subprocess.run(
        [promtool(), "check", "metrics"],
        input=f"{bad}palika_lag_milliseconds 1\n",
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert checked.returncode != 0
    assert "_total" in checked.stderr


def test_a_heartbeat_is_measured_in_every_pipeline(
    parts: dict[tuple[str, str], Part],
) -> None:
    for listener in catalogue.all_listeners():
        for source in {kind.partition(".")[0] for kind in listener.types}:
            labels = {"subscription": listener.queue, "source": source}
            part = parts["run", listener.service]
            wait_for(
                lambda p=part, at=labels: p.metric("palika_heartbeat_lag_seconds", **at) > 0,
                what=f"a heartbeat of {source} in {listener.queue}",
            )
            assert part.metric("palika_heartbeat_lag_seconds", **labels) < 30


def test_every_series_of_ours_is_declared_in_the_one_place(
    parts: dict[tuple[str, str], Part],
) -> None:
    declared = {family for each in DECLARED for family in _families(each)}
    for part in parts.values():
        families = text_string_to_metric_families(part.get("/metrics")[1])
        ours = {each.name for each in families if each.name.startswith("palika_")}
        assert ours == declared, part.name


def test_labels_take_few_values(parts: dict[tuple[str, str], Part]) -> None:
    for part in parts.values():
        for family in text_string_to_metric_families(part.get("/metrics")[1]):
            series = {tuple(sorted(sample.labels.items())) for sample in family.samples}
            # Of each KPI a few, and of KPIs at most kpi_metrics_most.
            most = 2_000 if family.name.startswith("palika_kpi_") else 500
            assert len(series) < most, family.name


def test_whatever_is_written_of_a_metric_exists(root: Path) -> None:
    known = {name for each in DECLARED for name in _sample_names(each)}
    # The services' databases are called so too, that of the page on adding one with them.
    known |= {f"palika_{service}" for service in (*catalogue.database_names(), "parks")}
    # One of a city among several; the one beside, into which the KPIs' database is restored.
    known |= {"palika_pune_tax", "palika_kpi_restoring"}
    documents = [root / "README.md", *sorted((root / "docs").rglob("*.md"))]
    documents += sorted(root.glob("services/*/README.md"))
    written = {
        (path.name, name) for path in documents for name in _NAME.findall(path.read_text("utf-8"))
    }
    assert {name for _, name in written} & known
    assert {each for each in written if each[1] not in known} == set()


def test_every_metric_can_be_seen_before_anything_has_happened() -> None:
    shown = prometheus_client.generate_latest().decode()
    for each in DECLARED:
        for family in _families(each):
            assert re.search(rf"^# HELP {family}(_total)? \S.*\.$", shown, re.MULTILINE), family


def _families(metric: MetricWrapperBase) -> Iterator[str]:
    for family in metric.describe():
        yield family.name


def _sample_names(metric: MetricWrapperBase) -> set[str]:
    """The names under which its samples are asked for."""
    (family,) = metric.describe()
    suffixes = {"counter": ["_total"], "histogram": ["", "_bucket", "_sum", "_count"]}
    return {family.name + suffix for suffix in suffixes.get(family.type, [""])}
