"""The simulation of larger cities: stations held to closed forms, figures, loads, steps, page."""

import json
import math
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from benchmarks import costs, drawing, report
from benchmarks.simulation import calibration, document, formulas, loads, steps, validation
from benchmarks.simulation.calibration import NotMeasured
from benchmarks.simulation.document import WrongMarks, fill
from benchmarks.simulation.loads import WrongLoads
from benchmarks.simulation.queueing import Overloaded, Work, closed, demand, percentile, simulate

JOBS = 40_000
SEEDS = 4


@pytest.mark.parametrize(("servers", "busy"), [(1, 0.5), (1, 0.8), (2, 0.7), (8, 0.8)])
def test_a_station_waits_as_the_closed_form_says(servers: int, busy: float) -> None:
    took = 0.02
    rate = busy * servers / took
    work = [Work("call", rate, (("desk", took),))]
    found = [simulate({"desk": servers}, work, jobs=JOBS, seed=seed) for seed in range(SEEDS)]
    waits = sorted(wait for each in found for wait in each.waits["desk"])
    assert sum(each.busy["desk"] for each in found) / SEEDS == pytest.approx(busy, rel=0.03)
    waited = sum(wait > 0 for wait in waits) / len(waits)
    assert waited == pytest.approx(formulas.erlang_c(servers, busy * servers), rel=0.05)
    mean = sum(waits) / len(waits)
    assert mean == pytest.approx(formulas.mean_wait(servers, rate, took), rel=0.15)
    p99 = formulas.wait_of(0.99, servers, rate, took)
    assert percentile(waits, 0.99) == pytest.approx(p99, rel=0.15)


def test_closed_forms_are_those_of_the_books() -> None:
    """One server: the busy part waits, for busy / (1 - busy) times the work; two of one erlang: a
    third wait."""
    assert formulas.erlang_c(1, 0.6) == pytest.approx(0.6)
    assert formulas.mean_wait(1, 30, 0.02) == pytest.approx(0.02 * 0.6 / 0.4)
    assert formulas.erlang_c(2, 1.0) == pytest.approx(1 / 3)
    assert formulas.wait_of(0.99, 1, 30, 0.02) == pytest.approx(math.log(60) * 0.02 / 0.4)
    assert formulas.wait_of(0.3, 1, 30, 0.02) == 0


@pytest.mark.parametrize(("servers", "load"), [(2, 2.0), (2, 3.0), (0, 0.0), (1, -0.1)])
def test_a_station_that_is_too_busy_has_no_closed_form(servers: int, load: float) -> None:
    with pytest.raises(ValueError, match="is not less than the"):
        formulas.erlang_c(servers, load)


def test_too_much_work_is_refused_and_not_simulated() -> None:
    work = Work("call", 100, (("desk", 0.02),))
    with pytest.raises(Overloaded, match=r"desk: 2\.00 of 2 servers"):
        simulate({"desk": 2}, [work], jobs=100, seed=1)
    assert demand([work, work]) == {"desk": pytest.approx(4)}


def test_work_passes_its_stations_one_after_another() -> None:
    work = Work("page", 1, (("a", 0.1), ("b", 0.2)))
    took = simulate({"a": 50, "b": 50}, [work], jobs=20_000, seed=3).took["page"]
    assert sum(took) / len(took) == pytest.approx(0.3, rel=0.03)


def test_workers_that_wait_for_nothing_but_time_add_up() -> None:
    assert closed(4, (("wait", 0.1),), {}, 100) == pytest.approx(40, rel=0.05)


def test_workers_share_the_cores_that_there_are() -> None:
    """Four rounds of 0.1 s of waiting and 0.1 s of work go on two cores as fast as twenty a
    second; one goes five."""
    stages = (("wait", 0.1), ("core", 0.1))
    assert closed(1, stages, {"core": 2}, 100) == pytest.approx(5, rel=0.05)
    assert closed(4, stages, {"core": 2}, 100) == pytest.approx(20, rel=0.05)
    assert closed(8, stages, {"core": 2}, 100) == pytest.approx(20, rel=0.05)


# -- figures ---------------------------------------------------------------------------------------


def test_processor_times_are_read_as_they_were_said() -> None:
    spent = {"grievance": 30.3, "grievance relay": 3.5, "inet_gethost": 0.3, "kpi": 5.4}
    assert costs.read(f"near-empty, a life took {costs.said(spent)}; and more") == spent
    with pytest.raises(ValueError, match="no processor time by parts"):
        costs.read("a life took long")


def test_figures_come_from_the_benchmarks_alone() -> None:
    figures, runs = calibration.read()
    assert figures.lives == runs["grievance"].result.rows[0].value
    assert figures.events == runs["kpi_projection"].result.rows[0].value
    assert sum(figures.life.values()) == pytest.approx(
        runs["grievance"].result.rows[2].peer, rel=0.01
    )
    assert figures.city_mb < runs["memory"].result.rows[0].value


@pytest.mark.parametrize(
    "measure", ["grievance", "portal_uncached", "eoffice_officers", "memory", "tax_billrun"]
)
def test_a_figure_that_is_missing_names_its_measure(measure: str, tmp_path: Path) -> None:
    known = json.loads(calibration.FILE.read_text("utf-8"))
    del known[measure]
    path = tmp_path / "benchmarks.json"
    path.write_text(json.dumps(known), "utf-8")
    with pytest.raises(NotMeasured, match=f"make bench ONLY={measure}"):
        calibration.read(path)


# -- loads -----------------------------------------------------------------------------------------


def shipped() -> dict[str, Any]:
    told: dict[str, Any] = yaml.safe_load(loads.FILE.read_text("utf-8"))
    return told


def test_twice_as_many_heads_bring_twice_as_much() -> None:
    known = loads.load()
    one, two = known.rates(1e6, 11), known.rates(2e6, 11)
    assert two.lives == pytest.approx(2 * one.lives)
    assert two.officers == pytest.approx(2 * one.officers)


def test_a_day_brings_what_the_busiest_has() -> None:
    known = loads.load()
    heads = known.reference["population"]
    a_day = sum(known.rates(heads, hour).lives * 3_600 for hour in loads.HOURS)
    assert a_day == pytest.approx(115_000 / 365 * known.habits["busiest_day"])


@pytest.mark.parametrize(
    ("keys", "value", "said"),
    [
        (("reference", "population"), 0, r"reference\.population: 0 is no number above 0"),
        (("habits", "busiest_day"), "3", r"habits\.busiest_day: '3' is no number above 0"),
        (("citizens",), [1, 2], "citizens: 24 numbers are wanted"),
        (("officers",), [0] * 24, "officers: nothing comes at any hour"),
        (("citizens",), [-1] * 24, r"citizens\[0\]: -1 is no number of 0 or more"),
        (("machines", "busy"), 1.5, r"machines\.busy: is to be between 0 and 1"),
        (("places",), {}, "places: at least one is wanted"),
        (("places", "city", "municipalities"), 0.5, r"places\.city\.municipalities: 0\.5 is no"),
        (("habits",), None, "habits: is missing"),
    ],
)
def test_wrong_loads_are_refused(keys: tuple[str, ...], value: object, said: str) -> None:
    told = shipped()
    inner = told
    for key in keys[:-1]:
        inner = inner[key]
    inner[keys[-1]] = value
    with pytest.raises(WrongLoads, match=said):
        loads.check(told)


# -- steps -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def grown() -> dict[str, steps.Growth]:
    figures, _ = calibration.read()
    known = loads.load()
    return {place.key: steps.grow(figures, known, place, jobs=2_000) for place in known.places}


def test_the_part_that_gives_out_first_is_the_busiest(grown: dict[str, steps.Growth]) -> None:
    for growth in grown.values():
        for step in growth.steps[:2]:
            assert step.first.busy == max(part.busy for part in step.parts)
        limit = loads.load().machines["busy"]
        for step in growth.steps:
            expected = growth.place.population * limit / step.first.busy
            assert step.carries == pytest.approx(expected)


def test_each_step_carries_more_than_the_one_before(grown: dict[str, steps.Growth]) -> None:
    for growth in grown.values():
        carried = [step.carries for step in growth.steps]
        assert carried == sorted(carried)


def test_the_last_step_carries_the_place(grown: dict[str, steps.Growth]) -> None:
    for growth in grown.values():
        last = growth.steps[-1]
        assert last.carries >= growth.place.population
        assert all(part.busy < 1 for part in last.parts)
        counted = ("queues", "connections")
        assert all(part.wait_ms is not None for part in last.parts if part.unit not in counted)


def test_a_city_is_never_divided(grown: dict[str, steps.Growth]) -> None:
    assert grown["city"].partitions == 1
    assert grown["country"].partitions > 1


def test_connections_count_once_a_soak_has_told_them(tmp_path: Path) -> None:
    soak = tmp_path / "soak.json"
    figures, _ = calibration.read(soak=soak)
    assert figures.connections is None
    soak.write_text(json.dumps({"series": [{"name": "connections: PostgreSQL", "last": 800.0}]}))
    figures, _ = calibration.read(soak=soak)
    known = loads.load()
    country = known.places[-1]
    growth = steps.grow(figures, known, country, jobs=1_000)
    databases = len(steps.database_names())
    # 800 of each of 4,000 cities, a server for each database of a city, 70 % of 5,000 on each.
    wanted = 800 * 4_000 / databases / (0.7 * 5_000)
    assert growth.partitions == math.ceil(wanted) > 22
    assert growth.steps[-1].first.name == steps.CONNECTIONS


def test_a_part_that_is_too_busy_is_waited_for_without_end(grown: dict[str, steps.Growth]) -> None:
    machine = grown["country"].steps[0].parts
    assert [part.wait_ms for part in machine if part.name == steps.MACHINE] == [None]


def test_the_model_foretells_what_was_measured() -> None:
    """Within a third: the machine's own rounds differ by a tenth."""
    figures, runs = calibration.read()
    foretold, _ = validation.predictions(figures, runs, jobs=10_000)
    assert len(foretold) >= 3
    for each in foretold:
        assert abs(each.error) < 33, each


# -- the page --------------------------------------------------------------------------------------


def test_a_block_is_written_between_its_marks() -> None:
    page = "a\n<!-- figures: one -->\nold\n<!-- /figures -->\nb\n"
    assert fill(page, {"one": "new"}) == (
        "a\n<!-- figures: one -->\n\nnew\n\n<!-- /figures -->\nb\n"
    )
    assert fill(fill(page, {"one": "x"}), {"one": "new"}) == fill(page, {"one": "new"})


@pytest.mark.parametrize("blocks", [{}, {"two": "x"}, {"one": "x", "two": "y"}])
def test_marks_and_blocks_have_to_agree(blocks: dict[str, str]) -> None:
    with pytest.raises(WrongMarks, match="has marks for"):
        fill("<!-- figures: one -->\n<!-- /figures -->\n", blocks)


def test_the_page_says_what_the_figures_say() -> None:
    """`python -m benchmarks.simulation --write` writes it anew."""
    figures, runs = calibration.read()
    known = loads.load()
    page = document.PAGE.read_text("utf-8")
    found = {
        name: text.strip()
        for name, text in re.findall(
            r"<!-- figures: (\w+) -->\n(.*?)<!-- /figures -->", page, re.DOTALL
        )
    }
    made = document.still_blocks_of(figures, runs, known)
    assert {name: found.get(name) for name in made} == made


def test_pictures_are_whole_and_name_what_they_show() -> None:
    curve = drawing.lines("<A & B>", "processes", "times", {"one": [(1, 1), (4, 3.2)]})
    assert curve.startswith("<svg")
    assert "&lt;A &amp; B&gt;" in curve
    assert curve.rstrip().endswith("</svg>")
    bars = drawing.bars("Heads", "heads", [("city", 2e6, "2 million")], {"Pune": 3e6})
    assert "2 million" in bars
    assert "Pune" in bars
    with pytest.raises(ValueError, match="no point"):
        drawing.lines("A", "b", "c", {})
    with pytest.raises(ValueError, match="above 0"):
        drawing.bars("A", "b", [("x", 0, "")], {})


# -- the command -----------------------------------------------------------------------------------


def simulation(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.simulation", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=250)


def test_the_command_tells_all_of_it_as_json() -> None:
    done = simulation("--json", "--jobs", "1000")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert [each["place"]["key"] for each in told["places"]] == ["city", "state", "country"]
    assert all(each["steps"][0]["parts"][0]["busy"] > 0 for each in told["places"])
    assert (
        told["predictions"][0]["measured"]
        == report.load(calibration.FILE)["grievance"].result.rows[0].value
    )


def test_the_command_refuses_a_simulation_of_nothing() -> None:
    done = simulation("--jobs", "5")
    assert done.returncode == 2
    assert "--jobs: 5 is less than 1,000" in done.stderr
