"""The frame of the benchmarks: rows and their limits, trials, the rate, the table, the files."""

import csv
import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from benchmarks import costs, lives, load, measures, report, watch
from benchmarks.callers import Driven
from benchmarks.measures import grievance_import, grievance_lists
from benchmarks.measures.latency import percentiles
from benchmarks.peers import bare_filing
from benchmarks.rows import Result, Row, Run, figure
from benchmarks.trials import Pairs, best, in_turn
from palika.events import Event
from palika.local import LocalError
from palika.local.processes import until
from services.grievance.domain.import_map import import_map
from services.grievance.domain.import_row import read_row
from services.grievance.domain.lifecycle import DONE, State
from services.grievance.reference import city
from services.grievance.schemas import Filing
from services.kpi.domain.projection import Projector

FAST = Row("relay", "a peer", 24_000.4, "events/s", 12, peer=2_000, ratio=12.0, setting="one")
SLOW = Row("relay", "a limit", 24_000, "events/s", 0.6, peer=60_000, ratio=0.4)
LATE = Row("latency", "a peer", 9.5, "ms", 3, peer=1.9, ratio=5.0, ceiling=True)
SMALL = Row("memory", "–", 668.6, "MB", 900, ceiling=True)
TOLD = Row("relay", "for interest", 24_000, "events/s", None, peer=3_000, ratio=8.0)


def test_a_floor_is_the_least_and_a_ceiling_the_most() -> None:
    assert [row.met for row in (FAST, SLOW, LATE, SMALL, TOLD)] == [True, False, False, True, True]
    assert [row.verdict for row in (FAST, SLOW, LATE, TOLD)] == [
        "met",
        "below floor",
        "above ceiling",
        "",
    ]


def test_a_limit_holds_for_the_ratio_and_for_the_value_where_there_is_none() -> None:
    assert (FAST.said, FAST.wanted) == ("12×", "≥ 12×")
    assert (LATE.said, LATE.wanted) == ("5×", "≤ 3×")
    assert (SMALL.said, SMALL.wanted) == ("669 MB", "≤ 900 MB")
    assert TOLD.wanted == "–"


@pytest.mark.parametrize(
    ("number", "text"), [(37_412.4, "37,412"), (668.6, "669"), (4.944, "4.94")]
)
def test_figures_are_written_for_people(number: float, text: str) -> None:
    assert figure(number) == text


def test_the_ratio_is_the_median_of_the_pairs_and_not_of_the_columns() -> None:
    pairs = Pairs.of([(10, 1), (20, 10), (60, 12)])
    assert (pairs.ours, pairs.peer, pairs.ratio) == (20, 10, 5)


def test_ours_and_the_peer_are_measured_in_turn() -> None:
    order: list[str] = []

    def ours() -> float:
        order.append("ours")
        return 4.0

    def peer() -> float:
        order.append("peer")
        return 2.0

    assert in_turn("peer", ours, peer, 3, lambda _: None).ratio == 2
    assert order == ["ours", "peer"] * 3


def test_the_quickest_setting_of_a_peer_is_taken_and_all_are_told() -> None:
    tried: list[str] = []
    name, trial = best("peer", {"a": lambda: 1.0, "b": lambda: 3.0}, tried, lambda _: None)
    assert (name, trial()) == ("b", 3.0)
    assert tried == ["peer: a 1/s; b 3/s"]


def looks(*seen: tuple[float, int]) -> watch.Look:
    """A look that gives these in their order."""
    coming: Iterator[tuple[float, int]] = iter(seen)
    return lambda: next(coming)


def test_a_rate_begins_after_the_warm_up() -> None:
    look = looks((0, 0), (5.0, 0), (5.5, 200), (5.6, 600), (5.75, 1_000))
    assert watch.rate(look, 1_000, lambda: None) == pytest.approx(800 / 0.25)


def test_more_events_than_there_are_is_an_error_and_not_a_rate() -> None:
    with pytest.raises(LocalError, match="1001 events were counted where there are 1000"):
        watch.rate(looks((0, 0), (1.0, 300), (1.5, 1_001)), 1_000, lambda: None)


def test_a_run_too_short_to_measure_is_an_error() -> None:
    with pytest.raises(LocalError, match="too few"):
        watch.rate(looks((0, 0), (1.0, 10)), 10, lambda: None)


def test_a_process_that_has_ended_ends_the_wait() -> None:
    def check() -> None:
        raise LocalError("it has ended")

    with pytest.raises(LocalError, match="it has ended"):
        watch.rate(looks((0, 0), (1.0, 0)), 10, check)


def test_percentiles_are_milliseconds() -> None:
    p50, p99 = percentiles([(n / 1_000, n / 2_000) for n in range(1, 101)])
    assert p50 == pytest.approx((50.5, 25.25))
    assert p99 == pytest.approx((99.99, 49.995))


def test_the_events_are_ones_that_the_kpi_service_counts(tmp_path: Path) -> None:
    messages = load.filings(500)
    events = [Event.from_json(message.body) for message in messages]
    assert len({event.id for event in events}) == 500
    totals, refused = Projector({}).aggregate(
        (event.id, event.type, event.data) for event in events
    )
    assert not refused
    assert sum(n for key, n in totals.items() if key[0] == "grievance.filed") == 500
    load.save(tmp_path / "events", messages)
    assert load.read(tmp_path / "events", 3) == messages[:3]


def run(name: str, rows: list[Row], **facts: str) -> Run:
    result = Result(name, rows, f"So {name} was measured.", ["a peer: one 2,000/s"])
    return Run(result, datetime(2026, 4, 1, 20, 0, tzinfo=UTC), facts)


def test_what_is_saved_is_read_again_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "bench.json"
    assert report.load(path) == {}
    runs = {"relay": run("relay", [FAST, SLOW]), "memory": run("memory", [SMALL], cores="2")}
    report.save(path, runs)
    assert report.load(path) == runs


def test_the_rows_alone_have_the_agreed_keys(tmp_path: Path) -> None:
    path = tmp_path / "bench.json"
    report.save_rows(path, [run("relay", [FAST]), run("memory", [SMALL])])
    fast, small = json.loads(path.read_text("utf-8"))
    assert {"measure", "against", "value", "unit", "ratio", "floor"} <= fast.keys()
    assert (fast["value"], fast["ratio"], fast["floor"], fast["ceiling"]) == (
        FAST.value,
        12,
        12,
        False,
    )
    assert small["ratio"] is None


def test_the_table_is_printed_with_its_verdicts(capsys: pytest.CaptureFixture[str]) -> None:
    report.show([FAST, LATE, SMALL])
    lines = capsys.readouterr().out
    for text in ("24,000 events/s", "12×", "≥ 12×", "above ceiling", "≤ 900 MB"):
        assert text in lines


def test_the_page_tells_machine_date_settings_and_how() -> None:
    page = report.page([run("relay", [FAST], RabbitMQ="3.10.8")])
    assert "Measured on 02 April 2026, 01:30 (IST)." in page
    row = "| relay | 24,000 events/s | a peer | 2,000 events/s | 12× | ≥ 12× | met | 02-04-2026 |"
    assert row in page
    for text in ("So relay was measured.", "| a peer | one |", "| RabbitMQ | 3.10.8 |", "2,000/s"):
        assert text in page


def test_the_page_tells_which_machine_when_there_were_two() -> None:
    page = report.page([run("relay", [FAST], cores="2"), run("memory", [SMALL], cores="4")])
    assert "(IST), on machine 2." in page
    assert "## Machine 2\n\n| part | what |\n|---|---|\n| cores | 4 |" in page


def test_every_measure_of_the_list_can_be_run() -> None:
    for name in measures.NAMES:
        assert callable(importlib.import_module(f"benchmarks.measures.{name}").run)
    with pytest.raises(KeyError):
        measures.load("nothing")


NOW = datetime(2026, 7, 1, 4, 30, tzinfo=UTC)


def test_a_life_is_four_calls_of_those_who_may_make_them() -> None:
    piece = next(lives.pieces("life", 1, seed=1, now=NOW))
    calls = [next(piece)]
    category = calls[0].arguments["category"]
    filed = {
        "id": "a",
        "department": city().subcategories[category].department,
        "ward": calls[0].arguments["ward"],
        "officer": None,
    }
    calls += [piece.send(filed) for _ in range(3)]
    with pytest.raises(StopIteration):
        piece.send(filed)
    assert [call.method for call in calls] == ["file", "assign", "resolve", "rate"]
    file, assign, resolve, rate = (call.identity.subject for call in calls)
    assert file == rate
    assert file.startswith("citizen:")
    assert resolve == f"officer:{calls[1].arguments['officer']}"
    assert assign.startswith("officer:")
    assert assign != resolve


def test_a_life_is_assigned_by_the_ward_officer_to_the_deputy() -> None:
    desks = lives.Desks()
    for department, ward in product(city().departments, ("aundh-baner", "hadapsar-mundhwa")):
        (junior, *_), (deputy, *_), (officer, *_) = (
            desks.of(department, ward, n) for n in range(3)
        )
        piece = lives.whole(1, {"language": "mr"}, desks)
        next(piece)
        answer = {"id": "a", "department": department, "ward": ward, "officer": junior}
        assigned = piece.send(answer)
        assert assigned.arguments["officer"] == deputy
        assert assigned.identity.subject == f"officer:{officer}"


def test_what_is_filed_can_be_resolved_without_a_photograph_and_asks_for_nothing() -> None:
    filed = list(lives.filings(200, seed=1, now=NOW))
    kinds = [city().subcategories[each["category"]] for each in filed]
    assert not any(kind.evidence for kind in kinds)
    assert not any(field.required for kind in kinds for field in kind.fields)
    assert sum("lat" in each for each in filed) == 100
    assert not Filing(many=True).validate(filed)


def driven(kind: str, errors: dict[str, int] | None = None) -> Driven:
    """Ten pieces of work of two processes, one done every tenth of a second."""
    told: list[dict[str, Any]] = [
        {"started": 10.0, "ended": [10 + n / 10 for n in part], "took": [], "given": 4}
        | {"errors": errors or {}}
        for part in ((1, 3, 5, 7, 9), (2, 4, 6, 8, 10))
    ]
    return Driven.of(kind, told)


def test_the_rate_of_calls_begins_after_the_warm_up_and_ends_when_all_is_counted() -> None:
    assert driven("life").rate() == pytest.approx(8 / 0.8)
    assert driven("life").rate(until=11.8) == pytest.approx(8 / 1.6)
    # Counted before the last answer was there: the answer counts.
    assert driven("life").rate(until=10.5) == pytest.approx(8 / 0.8)


def test_what_kpi_is_to_count_follows_from_what_was_done() -> None:
    assert driven("filing").measures() == {"grievance.filed": 10, "grievance.assigned": 8}
    assert driven("life").measures() == {
        "grievance.filed": 10,
        "grievance.assigned": 18,
        "grievance.resolved": 10,
    }


def test_a_call_that_failed_ends_a_measurement() -> None:
    driven("life").check()
    with pytest.raises(LocalError, match="Conflict"):
        driven("life", {"Conflict: no": 1}).check()


def test_the_bare_transaction_writes_the_same_rows_again_as_of_another_grievance() -> None:
    rows: bare_filing.Rows = {
        "grievance": [{"id": "old", "number": "PMC-1", "ward": None, "token_hash": b"t"}],
        "timeline": [{"grievance_id": "old", "step": "file"}, {"grievance_id": "old", "step": "x"}],
        "outbox": [{"event_id": "e", "body": '{"subject": "old"}', "call": "c:0"}],
    }
    again = bare_filing.renewed(rows, 3)
    key = again["grievance"][0]["id"]
    assert key != "old"
    assert again["grievance"][0]["number"] == "PMC-1-3"
    assert again["grievance"][0]["token_hash"] != b"t"
    assert again["timeline"] == [
        {"grievance_id": key, "step": "file"},
        {"grievance_id": key, "step": "x"},
    ]
    assert again["outbox"][0]["body"] == f'{{"subject": "{key}"}}'
    assert again["outbox"][0]["event_id"] != "e"
    statement, values = bare_filing.statements(again)[1]
    assert statement == "INSERT INTO timeline (grievance_id, step) VALUES (%s, %s), (%s, %s)"
    assert values == (key, "file", key, "x")


def test_the_file_of_the_import_has_the_lives_that_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "import.csv"
    wanted = grievance_import.write(path, 300, NOW)
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    rules = import_map(grievance_import.city_map())
    read = [read_row(rules, row, NOW) for row in rows]
    assert wanted["grievance.filed"] == len({row.args["source_id"] for row in read}) == 300
    assert wanted["grievance.resolved"] == sum(row.state in DONE for row in read)
    assert {row.state for row in read} >= {State.CLOSED, State.FILED, State.RESOLVED}


def test_the_99th_percentile_is_of_either_column() -> None:
    pairs = [(float(n), n / 2) for n in range(1, 101)]
    assert grievance_lists.p99(pairs) == pytest.approx((99.99, 49.995))


def test_what_a_piece_costs_is_the_difference_by_part_the_most_first() -> None:
    before = {"kpi": 1.0, "postgres": 5.0, "broker": 2.0}
    after = {"kpi": 1.5, "postgres": 7.0, "broker": 2.0, "grievance": 4.0}
    costs_of_one = costs.between(before, after, 100)
    assert list(costs_of_one.items()) == [("grievance", 40.0), ("postgres", 20.0), ("kpi", 5.0)]
    assert costs.said(costs_of_one) == (
        "65.0 ms of processor time: grievance 40.0, postgres 20.0, kpi 5.0"
    )
    assert costs.middle([{"a": 3.0}, {"a": 1.0, "b": 1.0}, {"a": 1.0}]) == {"a": 1.0, "b": 1.0}


def test_what_processes_have_spent_is_found_by_part() -> None:
    command = [sys.executable, "-c", "import sys; sum(range(3_000_000)); sys.stdin.read()", "run"]
    with subprocess.Popen([*command, "kpi"], stdin=subprocess.PIPE) as process:
        assert until(lambda: costs.spent().get("kpi", 0.0) > 0.0, 20)
        process.communicate(b"")
