"""Which city is the one of sample work: made by `palika up` on servers of its own, and no other."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from palika.config import Settings, settings
from palika.demo import is_demo, started_here
from palika.local.processes import ProcessId
from tests.support.demo import demo_city

BROKER = "amqp://palika:secret@127.0.0.1:40001//"
SERVER = "postgresql://palika:secret@127.0.0.1:40002/"


@pytest.fixture
def config() -> Settings:
    """The portal's settings, in that city."""
    return replace(settings("portal"), amqp_uri=BROKER, database_url=f"{SERVER}palika_portal")


@pytest.fixture
def var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the city is."""
    monkeypatch.setenv("PALIKA_VAR", str(tmp_path))
    return tmp_path


def test_a_city_on_its_own_servers_with_sample_work_is_one(var: Path, config: Settings) -> None:
    demo_city(var, amqp_uri=BROKER, database_url=SERVER)
    assert is_demo(config)


def test_where_palika_up_has_made_nothing_there_is_none(var: Path, config: Settings) -> None:
    assert not is_demo(config)


@pytest.mark.parametrize(
    "changes",
    [
        {"production": "yes"},
        {"database_url": "postgresql://palika@db.city.example/palika_portal"},
        {"database_url": "postgresql://palika:secret@127.0.0.1:5432/palika_portal"},
        {"amqp_uri": "amqp://palika@broker.city.example//"},
    ],
    ids=lambda each: "-".join(each),
)
def test_a_portal_of_a_real_city_is_none_beside_it(
    var: Path, config: Settings, changes: dict[str, Any]
) -> None:
    demo_city(var, amqp_uri=BROKER, database_url=SERVER)
    assert not started_here(replace(config, **changes))
    assert not is_demo(replace(config, **changes))


@pytest.mark.parametrize(
    "of_the_city",
    [{"own_servers": False}, {"seeded": False}, {"supervisor": ProcessId(1, 1.0)}],
    ids=["named servers", "no sample work", "not up"],
)
def test_without_any_part_of_it_there_is_none(
    var: Path, config: Settings, of_the_city: dict[str, Any]
) -> None:
    demo_city(var, amqp_uri=BROKER, database_url=SERVER, **of_the_city)
    assert not is_demo(config)


def test_a_city_whose_state_cannot_be_read_is_none(var: Path, config: Settings) -> None:
    city = demo_city(var, amqp_uri=BROKER, database_url=SERVER)
    city.state_file.write_text("{")
    assert not is_demo(config)
