"""``palika grievance catalogue check``: what a city hears before it puts its files in place."""

import json
from pathlib import Path

import pytest

from palika import cli
from services.grievance.files import city as files
from services.grievance.reference import city

CHECK = ["grievance", "catalogue", "check"]
ROADS = "catalogue/roads.yaml"


@pytest.fixture(autouse=True)
def own_var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No city runs."""
    monkeypatch.setenv("PALIKA_VAR", str(tmp_path / "var"))


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A folder of the city's own, with a file like the shipped one."""
    folder = tmp_path / "own"
    (folder / "catalogue").mkdir(parents=True)
    shipped = (files.SHIPPED / ROADS).read_text("utf-8")
    (folder / ROADS).write_text(shipped, "utf-8")
    return folder


def break_(own: Path) -> None:
    path = own / ROADS
    path.write_text(path.read_text("utf-8").replace("sla_hours: 24,", "sla_hours: 0,", 1), "utf-8")


def test_what_is_right_is_counted(capsys):
    assert cli.main(CHECK) == 0
    told = capsys.readouterr().out
    assert f"{len(city().categories)} categories" in told
    assert f"{len(city().subcategories)} subcategories" in told


def test_the_counts_are_told_to_scripts_too(own, capsys):
    assert cli.main([*CHECK, str(own), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["valid"]
    assert told["mistakes"] == []
    assert told["subcategories"] == len(city().subcategories)
    assert told["fields"] == sum(len(each.fields) for each in city().subcategories.values())


def test_mistakes_are_told_with_file_line_and_rule(own, capsys):
    break_(own)
    assert cli.main([*CHECK, str(own)]) == 1
    shown = capsys.readouterr()
    assert shown.err.startswith(
        f"{ROADS}, line 11: categories, roads, subcategories, pothole, sla_"
    )
    assert shown.out == ""


def test_mistakes_of_several_files_are_told_to_scripts(own, capsys):
    break_(own)
    (own / "calendar.yaml").write_text("hours: {}\n", "utf-8")
    assert cli.main([*CHECK, str(own), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert not told["valid"]
    assert [each["file"] for each in told["mistakes"]] == [ROADS, "calendar.yaml"]
    assert told["mistakes"][0]["line"] == 11


@pytest.mark.parametrize("name", ["catalouge.yaml", "catalogue/raods.yaml", "policy.yml"])
def test_a_file_that_nothing_would_read_is_a_mistake(own, capsys, name):
    (own / name).write_text("categories: {}\n", "utf-8")
    assert cli.main([*CHECK, str(own)]) == 1
    assert f"{name}, line 1: nothing reads a file of this name" in capsys.readouterr().err


def test_a_folder_that_is_not_there_is_wrong_usage(tmp_path, capsys):
    assert cli.main([*CHECK, str(tmp_path / "nowhere")]) == 2
    assert "does not exist" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "text", "rule"),
    [
        ("wards.yaml", "wards: [a]\n", "wards: must be a mapping, not ['a']"),
        ("wards.yaml", "ward: {}\n", "file: wards missing"),
        ("wards.yaml", "[]\n", "file: must be a mapping, not []"),
        ("catalogue.yaml", "[]\n", "file: must be a mapping, not []"),
    ],
)
def test_what_two_readings_need_is_told_once(own, capsys, name, text, rule):
    (own / name).write_text(text, "utf-8")
    assert cli.main([*CHECK, str(own)]) == 1
    told = [line for line in capsys.readouterr().err.splitlines() if line.startswith(name)]
    assert told == [f"{name}, line 1: {rule}"]
