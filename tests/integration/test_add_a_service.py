"""docs/add-a-service.md, followed to the letter."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from palika import keystore
from palika.auth import Identity
from palika.local import Broker, Postgres
from tests.support.backbone import Backbone
from tests.support.fixtures import QUICK
from tests.support.part import ROOT, wait_for

PAGE = ROOT / "docs" / "add-a-service.md"
_FILE = re.compile(r"^`(services/[\w/]+\.py)`\n\n```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
GARDENER = Identity.of("officer:garden-1", "officer")


@pytest.fixture(scope="module")
def backbone(
    broker: Broker, postgres: Postgres, amqp_uri: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Backbone]:
    place = tmp_path_factory.mktemp("parks")
    for name, code in _FILE.findall(PAGE.read_text("utf-8")):
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(code, "utf-8")
    # As `palika secrets init` does, which finds the services by their folders.
    keystore.make(Path(os.environ["PALIKA_IDENTITY_KEYSTORE"]), {"parks"})
    options = QUICK | {"PYTHONPATH": f"{ROOT}{os.pathsep}{place}"}
    city = Backbone(broker, amqp_uri, postgres.url, place, options)
    options["PARKS_DATABASE_URL"] = city.database_url("parks")
    yield city
    city.close()


def the_example_call() -> dict[str, str]:
    """The arguments of ``city.grievance.file(…)`` on the page."""
    call = re.search(r"city\.grievance\.file\((.*?)\)\n", PAGE.read_text("utf-8"), re.DOTALL)
    assert call is not None
    return dict(re.findall(r'(\w+)="([^"]*)"', call[1]))


def test_the_page_has_every_file_of_the_service():
    named = [name for name, _ in _FILE.findall(PAGE.read_text("utf-8"))]
    rooms = {Path(name).relative_to("services/parks").as_posix() for name in named}
    assert rooms == {
        "__init__.py",
        "models.py",
        "migrations/0001_job.py",
        "schemas.py",
        "service.py",
    }


def test_the_service_of_the_page_receives_an_event_and_publishes_its_own(backbone):
    backbone.migrate("grievance")
    assert backbone.palika("migrate", "parks").returncode == 0
    parts = [
        backbone.service("grievance"),
        backbone.relay("grievance"),
        backbone.service("parks"),
        backbone.relay("parks"),
    ]
    for part in parts:
        part.wait_ready()
    with backbone.client(GARDENER) as city:
        filed = city.grievance.file(**the_example_call())
        city.grievance.file(category="pothole", description="not the gardeners'")
        wait_for(lambda: city.parks.jobs(), what="the job on the list")
        assert [job["number"] for job in city.parks.jobs()] == [filed["number"]]
        assert city.parks.jobs(ward="hadapsar-mundhwa") == []
    unsent = "SELECT count(*) FROM outbox WHERE type = 'parks.job_listed.v1' AND sent_at IS NULL"
    sent = "SELECT count(*) FROM outbox WHERE type = 'parks.job_listed.v1' AND sent_at IS NOT NULL"
    wait_for(lambda: backbone.value("parks", sent) == 1, what="its own event sent")
    assert backbone.value("parks", unsent) == 0


def test_the_service_is_taken_away_as_the_page_says(backbone: Backbone) -> None:
    """After the test above: its queues are there, and its folder is not on the path any more."""
    commands = re.findall(r"`palika (queues delete [^`]*)`", PAGE.read_text("utf-8"))
    assert commands == ["queues delete parks.jobs", "queues delete parks.log --purge"]
    backbone.close()
    gone = {"PYTHONPATH": str(ROOT)}
    backbone.publish("parks.jobs", ["came after it had stopped"])
    refused = backbone.palika(*commands[0].split(), **gone)
    assert refused.returncode == 1
    assert "parks.jobs has " in refused.stderr
    assert backbone.palika(*commands[0].split(), "--purge", "--yes", **gone).returncode == 0
    assert backbone.palika(*commands[1].split(), "--yes", **gone).returncode == 0
    left = backbone.palika("queues", "list", "parks.jobs", "parks.log", "--json", **gone)
    assert set(json.loads(left.stdout).values()) == {None}
