"""The catalogue as clients see it."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from palika.config import settings
from palika.errors import NotFound
from services.grievance.files.city import Kept
from services.grievance.queries import catalogue
from services.grievance.reference import catalogue_in, city


@pytest.mark.parametrize("language", ["mr", "en"])
def test_every_sub_category_is_a_service_of_open311(language):
    services = catalogue.open311_services(language)["services"]
    assert [each["service_code"] for each in services] == list(city().subcategories)
    for each in services:
        assert each.keys() == {
            "service_code", "service_name", "description", "metadata", "type", "keywords", "group",
        }  # fmt: skip
        service = catalogue.open311_service(each["service_code"], language)
        assert bool(service.pop("attributes")) is each["metadata"]
        assert service == each
        assert each["type"] == "realtime"


def test_the_description_of_a_service_says_what_is_promised():
    services = catalogue.open311_services("en")["services"]
    described = {each["service_code"]: each["description"] for each in services}
    assert described["pothole"] == "Pothole: put right within 24 working hours"
    assert described["tree-fall"] == "Tree fallen: put right within 8 hours, day and night"


def test_a_service_that_is_not_there_is_refused():
    with pytest.raises(NotFound):
        catalogue.open311_service("roads", "en")


def test_clients_learn_when_the_city_last_changed_what_it_offers(tmp_path, monkeypatch):
    own = tmp_path / "wards.yaml"
    shipped = Path(catalogue.__file__).parents[1] / "data" / "wards.yaml"
    own.write_text(shipped.read_text("utf-8"), "utf-8")
    later = datetime(2100, 1, 1, tzinfo=UTC)
    os.utime(own, (later.timestamp(), later.timestamp()))
    kept = Kept(catalogue_in)
    assert kept.written_at() < later
    monkeypatch.setenv("PALIKA_GRIEVANCE_DATA", str(tmp_path))
    settings.cache_clear()
    try:
        assert Kept(catalogue_in).written_at() == later
    finally:
        settings.cache_clear()
