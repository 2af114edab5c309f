"""A mistake in a file of the catalogue is told with the file and the line, and nothing starts."""

from pathlib import Path

import pytest
import yaml

from palika.catalogue import service_class
from services.kpi import files, reference
from services.kpi.domain import projection
from tests.support.mill import ATTRIBUTES, FILE, FILES, KINDS, PROJECTED


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The sample, as files that are the only ones."""
    for name, content in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), "utf-8")
    monkeypatch.setattr(files, "SHIPPED", tmp_path)
    monkeypatch.setattr(projection, "MEASURES", frozenset(PROJECTED))
    monkeypatch.setattr(projection, "ATTRIBUTES", ATTRIBUTES)
    monkeypatch.setattr(projection, "KINDS", KINDS)
    return tmp_path


def rewritten(path: Path, old: str, new: str) -> int:
    """Change a file's text; the line of what was changed."""
    text = path.read_text("utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), "utf-8")
    return text[: text.index(old)].count("\n") + 1


def test_a_mistake_in_a_file_is_told_with_its_line(folder):
    at = rewritten(folder / FILE, "rate(shop.sold, shop.filed)", "rate(shop.sold, shop.left)")
    with pytest.raises(files.WrongData) as error:
        files.read(files.paths())
    (mistake,) = error.value.mistakes
    assert (mistake.file, mistake.line, mistake.place) == (FILE, at, "kpis, 2, formula")
    assert str(mistake).startswith(f"{FILE}, line {at}: kpis, 2, formula: character 17 of ")


def test_mistakes_in_several_files_come_in_the_order_of_files_and_lines(folder):
    later = rewritten(folder / FILE, "code: mill-sold", "code: Sold")
    sooner = rewritten(folder / FILE, "owner: mill-head", "owner: Head!")
    rewritten(folder / "sources.yaml", "publisher: MoUD", "publisher: ''")
    with pytest.raises(files.WrongData) as error:
        files.read(files.paths())
    told = [(each.file, each.line) for each in error.value.mistakes]
    assert told == sorted(told)
    assert {(FILE, sooner), (FILE, later)} <= set(told)
    assert "sources.yaml" in {file for file, _ in told}


def test_what_is_no_yaml_and_a_key_that_is_there_twice_are_told_with_their_line(folder):
    (folder / FILE).write_text("department: mill\nowner: a\nowner: b\n", "utf-8")
    (folder / "units.yaml").write_text("units:\n  - [", "utf-8")
    with pytest.raises(files.WrongData) as error:
        files.read(files.paths())
    told = {each.file: (each.line, each.rule) for each in error.value.mistakes}
    assert told[FILE][0] == 3
    assert "owner is there twice" in told[FILE][1]
    assert "not YAML" in told["units.yaml"][1]


def test_a_folder_or_one_file_is_used_over_the_shipped_ones(folder, tmp_path_factory):
    own = tmp_path_factory.mktemp("own") / "departments"
    own.mkdir()
    text = (folder / FILE).read_text("utf-8").replace("mill-yield", "mill-own")
    (own / "mill.yaml").write_text(text, "utf-8")
    for path in (own.parent, own / "mill.yaml"):
        assert "mill-own" in files.read(files.paths(path)).indicators
    assert "mill-own" not in files.read(files.paths()).indicators


def test_a_service_with_a_mistake_in_its_catalogue_does_not_start(folder):
    for remembered in (reference.load, reference.city_catalogue):
        remembered.cache_clear()
    rewritten(folder / FILE, "code: mill-sold", "code: Sold")
    with pytest.raises(files.WrongData, match="line"):
        service_class("kpi")()
    for remembered in (reference.load, reference.city_catalogue):
        remembered.cache_clear()
