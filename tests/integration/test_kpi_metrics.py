"""The KPIs as Prometheus metrics: of running processes, by HTTP; one of several exports them."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from palika.india import day_of
from services.kpi.commands.project import add
from services.kpi.domain.judging import judge
from services.kpi.domain.period import containing
from services.kpi.leading import Lead
from services.kpi.reference import city_catalogue
from tests.support.backbone import Backbone
from tests.support.grafana import expressions, selected
from tests.support.part import Part, wait_for

TODAY = day_of(datetime.now(UTC))
LAST_MONTH = containing(TODAY, "month").previous()
EVERYTHING = city_catalogue().indicators
Start = Callable[..., Part]
Series = dict[tuple[str, ...], float]


def series(part: Part, name: str, *labels: str) -> Series:
    """The series of a metric, by the values of these labels."""
    families = text_string_to_metric_families(part.get("/metrics")[1])
    return {
        tuple(each.labels[label] for label in labels): each.value
        for family in families
        for each in family.samples
        if each.name == name
    }


def leads(part: Part) -> bool:
    return part.metric("palika_kpi_leads") == 1


@pytest.fixture(scope="module")
def database(backbone: Backbone) -> Backbone:
    """The KPI service's database: what was entered for the roads for the month that is over."""
    backbone.migrate("kpi")
    day = str(LAST_MONTH.last)
    with backbone.sessions("kpi").begin() as session:
        add(
            session,
            {
                ("roads.dlp_defects", "roads", "bibwewadi", day, 0): 50,
                ("roads.dlp_rectified", "roads", "bibwewadi", day, 0): 20,
                # Of the month that runs there are events, and of the one before.
                ("grievance.filed", "roads", "bibwewadi", str(TODAY), 0): 7_000,
                ("grievance.filed", "roads", "bibwewadi", day, 0): 3,
            },
        )
    return backbone


@pytest.fixture
def start(database: Backbone) -> Iterator[Start]:
    """Starts a process of the service that exports often; all of them end with the test."""
    parts: list[Part] = []

    def started(**options: str) -> Part:
        often = {"PALIKA_KPI_METRICS_S": "0.5"}
        parts.append(database.part("run", "kpi", **often, **options).start(timeout_s=90))
        return parts[-1]

    yield started
    for each in parts:
        each.kill()


def test_one_of_two_processes_exports_and_the_other_takes_over_when_it_dies(
    start: Start,
) -> None:
    parts = [start(), start()]
    wait_for(lambda: any(map(leads, parts)), 60)
    first, second = parts if leads(parts[0]) else reversed(parts)

    info = series(first, "palika_kpi_info", "code", "department")
    assert set(info) == {(each.code, each.department) for each in EVERYTHING.values()}
    assert not leads(second)
    assert series(second, "palika_kpi_info", "code") == {}

    first.kill()
    wait_for(lambda: leads(second), 60)
    assert series(second, "palika_kpi_info", "code", "department") == info
    # It goes on exporting.
    seen = second.metric("palika_kpi_worked_out_timestamp_seconds")
    wait_for(lambda: second.metric("palika_kpi_worked_out_timestamp_seconds") > seen, 60)


def test_values_targets_status_and_age_are_those_of_the_catalogue(
    start: Start,
) -> None:
    part = start()
    wait_for(lambda: leads(part), 60)
    values = series(part, "palika_kpi_value", "code", "department")
    # Entered for the last month, and of what runs nothing is told.
    assert values["roads-dlp-rectified", "roads"] == 40
    ends = series(part, "palika_kpi_period_end_timestamp_seconds", "code")
    assert datetime.fromtimestamp(ends["roads-dlp-rectified",], UTC) <= datetime.now(UTC)
    ages = series(part, "palika_kpi_data_age_seconds", "code")
    assert 0 < ages["roads-dlp-rectified",] <= 31 * 86_400
    kpi = EVERYTHING["roads-dlp-rectified"]
    statuses = series(part, "palika_kpi_status", "code")
    number = {"red": 0, "amber": 1, "green": 2}
    judged = judge(kpi, Fraction(40), LAST_MONTH)
    assert statuses["roads-dlp-rectified",] == number[judged.status]
    # Nothing is zero that nobody has counted.
    assert "water-nrw" not in {code for code, _ in values}
    assert set(statuses) <= {(code,) for code, _ in values}
    counts = series(part, "palika_kpi_indicators", "department", "status")
    of_roads = sum(value for (code, _), value in counts.items() if code == "roads")
    assert of_roads == len(city_catalogue().of("roads"))
    targets = series(part, "palika_kpi_target", "code", "end")
    aim = kpi.aim(LAST_MONTH.year)
    assert aim is not None
    assert targets["roads-dlp-rectified", "only"] == float(aim.low)


def test_nothing_is_exported_of_a_period_that_runs(start: Start) -> None:
    part = start()
    wait_for(lambda: leads(part), 60)
    ends = series(part, "palika_kpi_period_end_timestamp_seconds", "code")
    assert ends
    assert all(datetime.fromtimestamp(end, UTC) <= datetime.now(UTC) for end in ends.values())
    # All that is open: without the 7,000 of the month that runs.
    assert series(part, "palika_kpi_value", "code")["ga-grievance-pending",] == 3


def test_more_kpis_than_the_limit_are_left_out_and_told(start: Start) -> None:
    part = start(PALIKA_KPI_METRICS_MOST="25")
    wait_for(lambda: leads(part), 60)
    everything = len(EVERYTHING)
    assert len(series(part, "palika_kpi_info", "code")) == 25
    assert part.metric("palika_kpi_left_out") == everything - 25
    assert f"{everything - 25} KPIs are not exported" in part.said


def test_whatever_the_dashboards_ask_for_is_exported(start: Start, root: Path) -> None:
    part = start()
    wait_for(lambda: leads(part), 60)
    families = list(text_string_to_metric_families(part.get("/metrics")[1]))
    names = {family.name for family in families}
    kpis = set(series(part, "palika_kpi_info", "code", "department"))
    asked = list(expressions(root / "deploy" / "grafana" / "kpi"))
    assert len(asked) > 1_000
    for where, expression in asked:
        for name, matchers in selected(expression):
            assert name in names, (where, name)
            of = dict(matchers)
            if "code" in of:
                assert (of["code"][0], of["department"][0]) in kpis, where


def test_promtool_has_no_complaint_of_a_process_that_exports(start: Start) -> None:
    part = start()
    wait_for(lambda: leads(part), 60)
    promtool = Path(sys.executable).with_name("promtool")
    assert promtool.exists(), "promtool is missing: scripts/setup --dev fetches it"
    checked = subprocess.run(
        [promtool, "check", "metrics"],
        input=part.get("/metrics")[1],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


def test_no_series_names_a_ward(start: Start) -> None:
    part = start()
    wait_for(lambda: leads(part), 60)
    families = text_string_to_metric_families(part.get("/metrics")[1])
    ours = [each for family in families for each in family.samples if "_kpi_" in each.name]
    labels = {label for each in ours for label in each.labels} - {"le"}
    known = {"code", "department", "end", "name_en", "name_mr", "status"}
    assert labels == known
    assert len(ours) <= 8 * len(EVERYTHING)


def test_who_has_lost_the_connection_leads_no_more(database: Backbone) -> None:
    engine = database.sessions("kpi").kw["bind"]
    one, other = Lead("a test's"), Lead("a test's")
    assert one.held(engine)
    assert one.held(engine)
    assert not other.held(engine)
    database.query(
        "kpi",
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' "
        "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
    )
    wait_for(lambda: other.held(engine))
    assert not one.held(engine)
    other.leave()
    assert one.held(engine)
    one.leave()
