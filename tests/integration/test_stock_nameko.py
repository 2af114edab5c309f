"""A stock Nameko ``event_handler`` hears our events: the exchange and routing keys are Nameko's."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from palika import topology
from palika.catalogue import service_class
from palika.events import Event, lookup
from tests.support.backbone import Backbone
from tests.support.commands import SUPPORT
from tests.support.part import wait_for
from tests.support.samples import golden_data

QUEUE = "evt-grievance-filed--stock.hear"


class Stock:
    """The stock service, in a process of its own."""

    def __init__(self, backbone: Backbone, directory: Path) -> None:
        self.heard_in = directory / "heard.jsonl"
        self.heard_in.touch()
        self._amqp_uri = backbone.amqp_uri
        self._log = directory / "stock.log"
        self._command = [sys.executable, str(SUPPORT / "stock_nameko.py")]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until its queue is there."""
        command = [*self._command, self._amqp_uri, str(self.heard_in)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, stderr=log, stdin=subprocess.DEVNULL)
        wait_for(
            lambda: topology.depths(self._amqp_uri, [QUEUE])[QUEUE] is not None,
            30,
            "the stock service's queue",
        )

    def kill(self) -> None:
        """kill -9."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def heard(self) -> dict[str, Any]:
        """What it has heard, by the id of the event; it may hear one twice."""
        lines = self.heard_in.read_text("utf-8").split("\n")
        return {each["id"]: each for each in map(json.loads, lines[:-1])}


@pytest.fixture
def stock(backbone: Backbone, tmp_path: Path) -> Iterator[Stock]:
    """The stock service, not started."""
    listener = Stock(backbone, tmp_path)
    yield listener
    listener.kill()


def filed(number: int) -> Event:
    """A grievance filed in Marathi."""
    service_class("grievance")
    data = golden_data("grievance.filed.v1") | {"number": f"त-{number}"}
    return lookup("grievance.filed.v1").new(subject=str(number), data=data, sequence=1)


def test_a_stock_event_handler_receives_what_the_relay_publishes(backbone: Backbone, stock: Stock):
    """Whichever of the two declares the exchange first."""
    stock.start()
    backbone.migrate("grievance")
    relay = backbone.relay("grievance")
    relay.wait_ready()
    first, second, third = map(filed, (1, 2, 3))
    backbone.record("grievance", first, second)
    wait_for(lambda: stock.heard().keys() == {first.id, second.id}, 30, "two events heard")

    stock.kill()
    backbone.record("grievance", third)
    wait_for(lambda: backbone.depth(QUEUE) > 0, 30, "an event waits for it")
    stock.start()
    wait_for(lambda: third.id in stock.heard(), 30, "the third event heard")
    sent = {event.id: json.loads(event.to_json()) for event in (first, second, third)}
    assert stock.heard() == sent
