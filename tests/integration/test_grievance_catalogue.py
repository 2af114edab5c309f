"""A running grievance service takes a change of the city's files, in every process."""

from pathlib import Path

import pytest

from palika.auth import Identity
from palika.errors import Invalid
from services.grievance.files.city import Folder
from tests.support.backbone import Backbone
from tests.support.part import Part, wait_for

OFFICER = Identity.of("officer:je-12", "officer")
ROADS = "catalogue/roads.yaml"
FERRY = """
  ferries:
    mr: "नौका"
    en: "Ferries"
    department: roads
    subcategories:
      ferry-late: {mr: "नौका उशिरा", en: "Ferry late", sla_hours: 8}
"""


@pytest.fixture(scope="module")
def roads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of the city's own folder, like the shipped one."""
    path = tmp_path_factory.mktemp("own") / ROADS
    path.parent.mkdir()
    stamp = Folder(None).stamp(ROADS)
    assert stamp is not None
    path.write_text(Path(stamp[0]).read_text("utf-8"), "utf-8")
    return path


@pytest.fixture(scope="module")
def parts(backbone: Backbone, roads: Path) -> list[Part]:
    """Two processes of the service."""
    backbone.migrate("grievance")
    own = {"PALIKA_GRIEVANCE_DATA": str(roads.parent.parent)}
    started = [backbone.service("grievance", **own) for _ in range(2)]
    for part in started:
        part.wait_ready()
    return started


def file(backbone, category):
    with backbone.client(OFFICER) as client:
        return client.grievance.file(category=category, description="Half an hour late")


def valid(part):
    return part.metric("palika_data_valid", file=ROADS)


def test_a_new_category_can_be_filed_without_a_restart(backbone, parts, roads):
    with pytest.raises(Invalid, match="ferry-late"):
        file(backbone, "ferry-late")
    good = roads.read_text("utf-8")
    roads.write_text(good + FERRY, "utf-8")

    def is_taken():
        try:
            return file(backbone, "ferry-late")["category"] == "ferry-late"
        except Invalid:
            return False

    # A call goes to either process: six in a row are taken when both know it.
    wait_for(lambda: all(is_taken() for _ in range(6)), 30, "both processes know it")

    roads.write_text(good + FERRY.replace("sla_hours: 8", "sla_hours: soon"), "utf-8")
    wait_for(
        lambda: is_taken() and [valid(part) for part in parts] == [0, 0], 30, "both show a mistake"
    )
    line = good.count("\n") + FERRY.count("\n")
    for part in parts:
        assert part.said.count(f"{ROADS}, line {line}: categories, ferries") == 1
    roads.write_text(good + FERRY, "utf-8")
    wait_for(
        lambda: is_taken() and [valid(part) for part in parts] == [1, 1], 30, "both are well again"
    )


def test_a_wrong_file_stops_a_service_at_its_first_start(backbone, tmp_path):
    (tmp_path / "catalogue").mkdir()
    (tmp_path / ROADS).write_text("categories:\n  roads: 7\n", "utf-8")
    part = backbone.service("grievance", PALIKA_GRIEVANCE_DATA=str(tmp_path))
    wait_for(lambda: part.exit_code is not None, 15, part.said)
    assert part.exit_code != 0
    assert f"{ROADS}, line 2: categories, roads: must be a mapping" in part.said
