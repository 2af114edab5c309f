"""`palika kpi`: what an operator sees."""

import json
import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import kombu
import pytest
from click.testing import CliRunner
from rich.cells import cell_len
from sqlalchemy import text

from palika import topology
from palika.errors import Conflict
from palika.event_log import NoLog
from palika.events import TypeName
from services.kpi import cli, queries
from services.kpi.cli.pages import origins, summed
from services.kpi.commands.project import add
from services.kpi.commands.rebuild import SOURCES, Rebuilt
from services.kpi.domain.projection import RULES
from services.kpi.queries.drill import drill
from services.kpi.reference import city_catalogue
from services.kpi.schemas.reading import DashboardArgs, DrillArgs, KpiArgs
from tests.support.kpi_entry import TABLES

WATER = ("water-supply", "W1", "2026-04-01", 0)
TAX = ("property-tax", "W1", "2026-04-01", 0)


@pytest.fixture
def database(kpi_sessions) -> Any:
    """The KPI service's database, with a few measures."""
    with kpi_sessions.begin() as session:
        session.execute(text(f"TRUNCATE {TABLES}, inbox"))
        add(
            session,
            {
                ("grievance.filed", *WATER): 200,
                ("grievance.resolved", *WATER): 150,
                ("grievance.resolved_on_time", *WATER): 140,
                ("tax.billed", *TAX): 3,
                ("tax.billed_paise", *TAX): 11_500_000_00,
            },
        )
    return kpi_sessions


@pytest.fixture
def run(monkeypatch, database):
    """Runs a command; RPC goes straight to the query behind it."""
    asked = {
        "dashboard": (DashboardArgs, queries.dashboard),
        "kpi": (KpiArgs, queries.kpi),
        "drill": (DrillArgs, drill),
    }

    class Client:
        def __init__(self, identity: Any) -> None:
            self.kpi = SimpleNamespace(**{name: self.method(name) for name in asked})

        def __enter__(self) -> "Client":
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def method(self, name: str) -> Callable[..., dict]:
            schema, query = asked[name]

            def call(**arguments: Any) -> dict:
                with database() as session:
                    return query(session, schema().load(arguments))

            return call

    monkeypatch.setattr("palika.rpc.Client", Client)
    monkeypatch.setenv("COLUMNS", "80")
    return lambda *arguments: CliRunner().invoke(cli.group, list(arguments))


APRIL = ("--period", "2026-04")


def test_the_table_shows_value_target_and_status_in_both_languages_in_80_columns(run):
    outcome = run("show", "--all", *APRIL)
    assert outcome.exit_code == 0, outcome.output
    shown = outcome.output
    assert "KPIs of the whole city, 2026-04" in shown
    for part in ("मालमत्ता", "93.3", "≥ 90", "red / लाल", "green / हिरवा"):
        assert part in shown
    assert "no data / माहिती नाही" in shown
    assert "illustrative" in shown
    assert max(map(cell_len, shown.splitlines())) <= 80


def test_a_code_is_broken_between_its_words_only(run):
    shown = run("show", "--all", *APRIL).output
    first = [each.split("│")[1].strip() for each in shown.splitlines() if each.startswith("│")]
    cells = "\n".join(first)
    for code in city_catalogue().indicators:
        words = re.escape(code).replace(r"\-", r"-\n?")
        assert re.search(rf"^{words}$", cells, re.MULTILINE), code


def test_the_city_is_shown_by_its_departments_and_what_is_red(run):
    shown = run("show", *APRIL).output
    assert "Departments, 2026-04" in shown
    assert "Property Tax" in shown
    assert re.search(r"\d % with data", shown)
    assert "without a rank where too few" in " ".join(shown.split())
    assert "tax-collection-rate" in shown, "it is red"
    assert "ga-grievance-on-time" not in shown, "it is green"
    assert max(map(cell_len, shown.splitlines())) <= 80
    green = run("show", "--status", "green", *APRIL).output
    assert "ga-grievance-on-time" in green
    assert "tax-collection-rate" not in green
    assert run("show", "--status", "blue").exit_code == 2


def test_a_departments_dashboard_has_its_own_kpis_only_and_its_place(run):
    answer = json.loads(
        run("show", "--department", "general-administration", *APRIL, "--json").output
    )
    codes = {each["code"]: each for each in answer["kpis"]}
    assert answer["department"] == "general-administration"
    assert "tax-demand" not in codes
    assert codes["ga-grievance-on-time"]["value"] == 93.3
    assert codes["ga-grievance-on-time"]["status"] == "green"
    assert answer["place"]["of"] == sum(each["rank"] is not None for each in answer["departments"])
    shown = run("show", "--department", "general-administration", *APRIL).output
    assert answer["place"]["words"]["mr"] in shown.replace("\n", " ")


def test_zero_and_no_data_are_told_apart(run):
    answer = json.loads(run("show", *APRIL, "--json").output)
    codes = {each["code"]: each for each in answer["kpis"]}
    assert (codes["tax-collection-rate"]["value"], codes["tax-collection-rate"]["why"]) == (0, None)
    assert codes["tax-average-payment"]["why"]["en"].startswith("division by zero: ")
    assert codes["ga-eoffice-disposal"]["why"]["en"].startswith("no data: ")
    assert codes["ga-eoffice-disposal"]["why"]["mr"].startswith("माहिती उपलब्ध नाही: ")


def test_one_kpi_is_shown_with_its_formula_in_both_languages_and_its_measures(run):
    shown = run("show", "tax-collection-rate", *APRIL).output
    for part in ("value         0.0", "formula", "year to date) = ₹1,15,00,000.00", "भरलेली"):
        assert part in shown, shown
    assert "series" in shown


def test_a_kpi_asked_of_another_department_says_of_whom_it_is_counted_or_is_refused(run):
    of_tax = ("--department", "property-tax", *APRIL)
    shown = run("show", "ga-grievance-on-time", *of_tax).output
    assert "counted of    property-tax, though it is a KPI of general-administration" in shown
    own = run("show", "ga-grievance-on-time", "--department", "general-administration", *APRIL)
    assert "counted of" not in own.output
    refused = run("show", "waste-collection", *of_tax)
    assert refused.exit_code != 0
    told = f"{refused.output} {getattr(refused.exception, 'fields', '')}"
    assert "waste-collection is entered by solid-waste: nothing of it is property-tax's" in told


def test_what_is_not_judged_says_so_and_why(run):
    shown = run("show", "--status", "not judged", *APRIL).output
    assert "not judged /" in shown
    assert max(map(cell_len, shown.splitlines())) <= 80
    one = run("show", "tax-collection-rate", "--period", "2026-Q1").output
    assert (
        "not judged (मूल्यमापन नाही): the target is for the whole of a month: this is not judged"
        in one
    )
    assert "लक्ष्य संपूर्ण महिन्यासाठी आहे" in one


def test_a_period_that_runs_says_how_much_of_it_is_over(run):
    assert re.search(
        r"still running, \d+ % of its days over", run("show", "tax-collection-rate").output
    )
    page = run("show", "--department", "property-tax").output
    assert re.search(r"\d+ % of its", page)
    assert max(cell_len(line) for line in page.splitlines() if line.startswith("│")) <= 80


def test_a_kpi_is_drilled_by_ward(run):
    asked = ("drill", "ga-grievance-on-time", "--by", "department", *APRIL)
    shown = run(*asked).output
    assert "Water Supply" in shown, shown
    assert max(map(cell_len, shown.splitlines())) <= 80
    answer = json.loads(run(*asked, "--json").output)
    assert [each["key"] for each in answer["parts"]] == ["water-supply"]
    assert answer["whole"]["value"] == answer["parts"][0]["value"] == 93.3


def test_money_is_drilled_in_rupees_and_in_json_stays_in_paise(run):
    asked = ("drill", "tax-collection-rate", "--by", "ward", "--period", "2026-04")
    shown = " ".join(run(*asked).output.split())
    assert "₹1,15,00,000.00" in shown, shown
    assert "1,15,00,00,000" not in shown
    answer = json.loads(run(*asked, "--json").output)
    billed = "tax.billed_paise (year to date)"
    assert answer["units"][billed] == "paise"
    assert answer["whole"]["measures"][billed] == 11_500_000_00


def test_money_is_traced_in_rupees():
    answer = {
        "measure": "tax.paid_paise",
        "name": {"mr": "भरणा", "en": "Paid"},
        "unit": "paise",
        "day": "2026-04-01",
        "source": "events",
        "stored": 11_500_000_50,
        "found": 11_500_000_50,
        "exact": True,
        "read_to_end": True,
        "count": 1,
        "truncated": False,
        "from": [
            {
                "type": "tax.paid.v1",
                "event": "0196f3a0",
                "amount": 11_500_000_50,
                "department": "property-tax",
                "ward": "W1",
                "at": "2026-04-01T05:00:00+00:00",
            }
        ],
    }
    assert "add up to ₹1,15,00,000.50, as stored" in summed(answer)
    assert next(iter(origins(answer).columns[0].cells)) == "₹1,15,00,000.50"
    assert "1,15,00,00,050 is stored" not in summed(answer | {"exact": False, "stored": 5})
    assert "₹0.05 is stored" in summed(answer | {"exact": False, "stored": 5})
    count = answer | {"unit": "count", "stored": 1_150, "found": 1_150}
    assert "add up to 1,150, as stored" in summed(count)


def test_a_period_that_runs_backwards_is_wrong_usage(run):
    outcome = run("show", "--from", "2026-04-30", "--to", "2026-04-01")
    assert outcome.exit_code == 2
    assert "--to 2026-04-01 is before --from 2026-04-30" in outcome.output


def test_half_a_range_of_days_is_wrong_usage(run):
    assert "--from and --to go together" in run("show", "--from", "2026-04-30").output
    both = run("show", "--from", "2026-04-01", "--to", "2026-04-02", *APRIL)
    assert "either --period or --from and --to" in both.output


def test_a_day_that_is_none_is_wrong_usage(run):
    assert run("show", "--from", "30-04-2026").exit_code == 2


@pytest.fixture
def logs(city) -> None:
    """The three event logs, empty."""
    names = [TypeName.parse(kind) for kind in RULES]
    for source in SOURCES:
        keys = tuple((kind.exchange, kind.routing_key) for kind in names if kind.service == source)
        log = topology.Queue(topology.log_of(source), {"x-queue-type": "stream"}, keys)
        topology.declare(
            city["AMQP_URI"], topology.Topology((topology.exchange_of(source),), (log,))
        )


def test_rebuild_does_not_lose_the_first_days_unless_it_is_told_to(run, logs, database):
    outcome = run("rebuild")
    assert isinstance(outcome.exception, Conflict)
    assert "begin on 2026-04-01" in str(outcome.exception)
    assert "--force" in str(outcome.exception)
    with database() as session:
        assert session.execute(text("SELECT count(*) FROM measure")).scalar_one() == 5


def test_rebuild_tells_what_it_has_done(run, logs):
    outcome = run("rebuild", "--force", "--json")
    assert json.loads(outcome.stdout) == {
        "events": 0,
        "counted": 0,
        "ahead": 0,
        "forgotten": 0,
        "rows": 0,
        "rows_changed": 5,
        "months_changed": 5,
        "failed": 0,
        "refused": [],
    }


def test_rebuild_from_a_day_keeps_what_was_before(run, logs, database):
    outcome = json.loads(run("rebuild", "--from", "2026-04-02", "--json").stdout)
    assert (outcome["rows"], outcome["rows_changed"], outcome["months_changed"]) == (5, 0, 0)
    outcome = run("rebuild", "--from", "2026-04-01")
    assert "begin on 2026-04-01" in str(outcome.exception)
    with database() as session:
        assert session.execute(text("SELECT count(*) FROM measure")).scalar_one() == 5


def test_rebuild_says_what_it_knows_of_events_that_are_not_in_the_inbox():
    assert cli._summary(Rebuilt(counted=9, rows=4)).count("\n") == 0
    changed = cli._summary(Rebuilt(counted=9, rows=4, rows_changed=2))
    assert "2 differ from what was live shortly before the switch: by events that came" in changed
    assert "differ" not in cli._summary(Rebuilt(counted=9, rows=4))
    _, ahead, forgotten = cli._summary(Rebuilt(counted=9, ahead=2, forgotten=3)).split("\n")
    assert ahead.startswith("2 of the events had not been delivered yet")
    assert forgotten.startswith("3 of the events are older than what the inbox remembers")


def test_rebuild_without_a_log_names_the_service(run, logs, city):
    with kombu.Connection(city["AMQP_URI"]) as connection:
        connection.default_channel.queue_delete(topology.log_of("tax"))
    outcome = run("rebuild")
    assert isinstance(outcome.exception, NoLog)
    assert "tax has no event log" in str(outcome.exception)
