"""``palika queues``: what waits where; taking a queue away."""

import json

import pytest

from tests.support.backbone import Backbone


@pytest.fixture(scope="module")
def declared(backbone: Backbone) -> Backbone:
    """The probe has run once, and runs no more; its queues are there."""
    backbone.migrate("probe")
    part = backbone.part("run", "probe").start()
    part.stop()
    return backbone


def test_every_queue_is_listed_with_what_waits_in_it(declared: Backbone) -> None:
    declared.publish("probe.pings.dead", ["one", "two"])
    found = json.loads(declared.palika("queues", "list", "--json").stdout)
    assert found["probe.pings.dead"] == 2
    assert found["probe.pings.retry.100"] == 0
    assert found["kpi.measures"] is None, "kpi has never run here"
    said = declared.palika("queues", "list").stdout
    assert "kpi.measures" in said
    assert "–" in said


def test_a_queue_that_is_not_empty_or_not_there_is_not_deleted(declared: Backbone) -> None:
    declared.publish("probe.pings.dead", ["one"])
    refused = declared.palika("queues", "delete", "probe.pings.dead")
    assert refused.returncode == 1
    assert "messages" in refused.stderr
    assert declared.depth("probe.pings.dead") >= 1
    missing = declared.palika("queues", "delete", "no.such")
    assert (missing.returncode, missing.stderr) == (1, "palika: there is no queue 'no.such'\n")


def test_an_empty_queue_is_deleted(declared: Backbone) -> None:
    assert declared.depth("probe.pings.retry.300") == 0
    deleted = declared.palika("queues", "delete", "probe.pings.retry.300", "--json")
    assert json.loads(deleted.stdout) == {"deleted": "probe.pings.retry.300"}
    with pytest.raises(AssertionError, match="there is no queue"):
        declared.depth("probe.pings.retry.300")
