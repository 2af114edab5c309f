"""A city with traffic is backed up, destroyed and restored, and compared with the truth."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from palika.local import Broker
from tests.support.backbone import Backbone
from tests.support.backups import TrafficCity


@pytest.fixture(scope="module")
def town(
    backbone: Backbone, broker: Broker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TrafficCity]:
    yield TrafficCity(backbone, broker, tmp_path_factory.mktemp("town"))


@pytest.fixture(scope="module")
def first(town: TrafficCity) -> tuple[Path, set[str], set[str]]:
    """A backup amid traffic; what was committed before it, and all until it was there."""
    town.start()
    with town.traffic() as committed:
        before = set(committed)
        folder = town.backup("first")
        after = set(committed)
    town.settled_down()
    return folder, before, after


@pytest.fixture(scope="module")
def second(town: TrafficCity, first: object) -> tuple[Path, dict]:
    """A later one, while nothing happens; and what had been published by then."""
    town.happen(30)
    town.settled_down()
    return town.backup("second"), town.published()


def test_all_that_was_committed_before_the_backup_is_there_and_counted_once(
    town: TrafficCity, first: tuple[Path, set[str], set[str]], second: object
) -> None:
    folder, before, after = first
    town.happen(20)
    town.destroy()
    done = town.palika("restore", str(folder))
    assert json.loads((folder / "manifest.json").read_text())["one_moment"]
    restored = set(town.published())
    assert before <= restored <= after
    # Of one moment: nothing was seen that its publisher does not know.
    assert town.seen() <= restored
    assert done["settled"]["withdrawn"] == []
    town.start()
    assert town.is_counted_once()
    town.happen(10)
    assert town.is_counted_once()


def test_kpis_that_are_older_than_the_grievances_catch_up(
    town: TrafficCity, first: tuple[Path, set[str], set[str]], second: tuple[Path, dict]
) -> None:
    folder, published = second
    town.destroy()
    town.palika("restore", str(folder))
    town.palika("restore", str(first[0]), "--only", "kpi", "--over")
    assert town.published().keys() == published.keys()
    assert len(town.seen()) < len(published)
    town.start()
    assert town.is_counted_once()


def test_kpis_that_are_newer_than_the_grievances_forget_what_is_lost(
    town: TrafficCity, first: tuple[Path, set[str], set[str]], second: tuple[Path, dict]
) -> None:
    folder, published = second
    town.destroy()
    town.palika("restore", str(folder))
    done = town.palika("restore", str(first[0]), "--only", "grievance", "--over", status=1)
    lost = published.keys() - town.published().keys()
    assert len(lost) >= 30
    assert {event["id"] for event in done["settled"]["withdrawn"]} == lost
    assert done["settled"]["counted_anew"] == ["kpi.measures"]
    assert "has to act again" in done["settled"]["not_settled"][-1]
    town.start()
    assert town.is_counted_once()
    # For good: nothing is left in the log, and settling again finds nothing.
    town.stop()
    assert town.palika("settle")["settled"]["withdrawn"] == []
    town.start()
    town.happen(10)
    assert town.is_counted_once()


def test_a_log_that_the_broker_has_lost_is_sent_again(town: TrafficCity, second: object) -> None:
    town.settled_down()
    town.stop()
    town.lose_broker()
    found = town.palika("settle")["settled"]
    assert found["sent_again"]["grievance"] == len(town.published())
    town.start()
    assert town.is_counted_once()


def test_nothing_is_restored_over_data_or_beside_a_city_that_runs(
    town: TrafficCity, second: tuple[Path, dict]
) -> None:
    folder, _ = second
    town.start()
    refused = town.palika("restore", str(folder), "--over", status=1)["error"]
    assert "stop every process of the services first" in refused
    town.stop()
    before = town.published().keys()
    refused = town.palika("restore", str(folder), status=1)["error"]
    assert "there are data already" in refused
    assert "grievance" in refused
    assert town.published().keys() == before
