"""The city's files: read with the place of each mistake, and anew when they change."""

import logging
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from palika.config import settings
from services.grievance.files import city as files
from services.grievance.files.city import Folder, Kept, WrongData
from services.grievance.reference import calendar, catalogue_in, city
from tests.support.part import wait_for

ROADS = "catalogue/roads.yaml"
A_LITTLE_EARLIER_S = 60


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The city's own folder, empty, as the settings name it."""
    folder = tmp_path / "own"
    (folder / "catalogue").mkdir(parents=True)
    monkeypatch.setenv("PALIKA_GRIEVANCE_DATA", str(folder))
    settings.cache_clear()
    yield folder
    settings.cache_clear()


@pytest.fixture
def kept() -> Kept:
    """The catalogue, as a process that has just started keeps it."""
    return Kept(catalogue_in)


def copy_of(name: str, own: Path) -> Path:
    """A file of the city's own, like the shipped one; it was written some time ago."""
    path = own / name
    shutil.copy(files.SHIPPED / name, path)
    then = time.time() - A_LITTLE_EARLIER_S
    os.utime(path, (then, then))
    return path


def edit(path: Path, old: str, new: str) -> None:
    """Replace a piece of text that is there once."""
    text = path.read_text("utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), "utf-8")


def hours(kept: Kept) -> int:
    """What is promised for a pothole."""
    return kept().subcategories["pothole"].sla_hours


def valid(file: str) -> float | None:
    """What the metrics say of a file."""
    return REGISTRY.get_sample_value("palika_data_valid", {"file": file})


def mistakes(read: Callable[[], object]) -> list[tuple[str, int, str]]:
    """What is wrong: file, line, rule."""
    with pytest.raises(WrongData) as refused:
        read()
    return [(each.file, each.line, each.rule) for each in refused.value.mistakes]


POTHOLE = 'en: "Pothole", sla_hours: 24,'


# ---- the city's own folder


def test_without_a_folder_of_its_own_a_city_has_what_is_shipped():
    assert city().subcategories["pothole"].sla_hours == 24
    assert calendar() is calendar()


def test_a_file_of_the_citys_own_is_used_instead_of_the_shipped_one(own, kept):
    edit(copy_of(ROADS, own), POTHOLE, 'en: "Pothole", sla_hours: 8,')
    assert hours(kept) == 8
    assert "no-water" in kept().subcategories


def test_a_city_may_have_files_that_are_not_shipped(own, kept):
    (own / "catalogue" / "ferries.yaml").write_text(
        "categories:\n"
        "  ferries:\n"
        "    {mr: नौका, en: Ferries, department: roads,\n"
        "     subcategories: {ferry-late: {mr: नौका उशिरा, en: Ferry late, sla_hours: 8}}}\n",
        "utf-8",
    )
    head = copy_of("catalogue.yaml", own)
    edit(head, "  - catalogue/water.yaml\n", "  - catalogue/ferries.yaml\n")
    assert kept().subcategories["ferry-late"].department == "roads"
    assert "no-water" not in kept().subcategories
    assert valid("catalogue/ferries.yaml") == 1
    edit(head, "  - catalogue/ferries.yaml\n", "  - catalogue/water.yaml\n")
    wait_for(lambda: "no-water" in kept().subcategories, what="the list of files is read anew")
    assert valid("catalogue/ferries.yaml") is None


# ---- a change


def test_a_change_is_seen_within_a_second(own, kept):
    path = copy_of(ROADS, own)
    assert hours(kept) == 24
    before = time.monotonic()
    edit(path, POTHOLE, 'en: "Pothole", sla_hours: 8,')
    wait_for(lambda: hours(kept) == 8, what="the change is seen")
    # A second of its own making; the rest is for a machine that is busy.
    assert time.monotonic() - before < 5
    assert files.LOOK_EVERY_S + files._SETTLED_S < 0.75


def test_a_folder_that_gets_a_file_is_seen_too(own, kept):
    assert hours(kept) == 24
    edit(copy_of(ROADS, own), POTHOLE, 'en: "Pothole", sla_hours: 8,')
    wait_for(lambda: hours(kept) == 8, what="the new file is used")


def test_what_is_unchanged_is_not_read_again(own, kept):
    copy_of(ROADS, own)
    first = kept()
    for _ in range(3):
        kept._look_at = 0
        assert kept() is first


def test_a_wrong_file_keeps_the_last_good_one_and_is_told_once(own, kept, caplog):
    path = copy_of(ROADS, own)
    good = kept()
    assert valid(ROADS) == 1
    with caplog.at_level(logging.ERROR):
        edit(path, POTHOLE, 'en: "Pothole", sla_hours: soon,')
        wait_for(lambda: kept() is good and caplog.records, what="the mistake is told")
        for _ in range(3):
            kept._look_at = 0
            assert kept() is good
    (record,) = caplog.records
    line = 1 + path.read_text("utf-8").split("sla_hours: soon")[0].count("\n")
    assert (
        f"{ROADS}, line {line}: categories, roads, subcategories, pothole, sla_hours: must be"
        in (record.getMessage())
    )
    assert valid(ROADS) == 0
    assert valid("catalogue.yaml") == 1
    edit(path, "sla_hours: soon", "sla_hours: 9")
    wait_for(lambda: hours(kept) == 9, what="the mended file is used")
    assert valid(ROADS) == 1


def test_a_file_that_vanishes_does_not_bring_the_shipped_one_back_unseen(own, kept):
    path = copy_of(ROADS, own)
    edit(path, POTHOLE, 'en: "Pothole", sla_hours: 8,')
    assert hours(kept) == 8
    path.unlink()
    wait_for(lambda: kept() and valid(ROADS) == 0, what="it is missed")
    assert hours(kept) == 8
    edit(copy_of(ROADS, own), POTHOLE, 'en: "Pothole", sla_hours: 7,')
    wait_for(lambda: hours(kept) == 7, what="the file is back")


def test_a_folder_that_vanishes_changes_nothing(own, kept):
    edit(copy_of(ROADS, own), POTHOLE, 'en: "Pothole", sla_hours: 8,')
    good = kept()
    own.rename(own.with_name("elsewhere"))
    wait_for(lambda: kept() is good and valid("catalogue.yaml") == 0, what="the folder is missed")
    own.with_name("elsewhere").rename(own)
    wait_for(lambda: kept() and valid("catalogue.yaml") == 1, what="the folder is back")
    assert hours(kept) == 8


def test_a_file_that_is_being_written_is_not_read_in_its_middle(own, kept, monkeypatch):
    path = copy_of(ROADS, own)
    whole = kept()
    text = path.read_text("utf-8")
    with monkeypatch.context() as patched:
        patched.setattr(files, "_SETTLED_S", 1_000)
        # Half of it is a good file too, of fewer sub-categories.
        path.write_text(text[: text.index("  footpaths:")], "utf-8")
        kept._look_at = 0
        assert kept() is whole
        path.write_text(text + "\n# whole again\n", "utf-8")
    wait_for(lambda: kept() is not whole, what="the whole file is read")
    assert kept().subcategories.keys() == whole.subcategories.keys()


# ---- where a mistake is


def test_at_the_first_start_a_wrong_file_is_an_error_with_its_line(own, kept):
    edit(copy_of(ROADS, own), POTHOLE, 'en: "Pothole", sla_hours: 0,')
    ((file, line, rule),) = mistakes(kept)
    assert (file, line) == (ROADS, 11)
    assert rule.endswith("pothole, sla_hours: must be a whole number from 1 to 8784, not 0")
    with pytest.raises(ValueError, match="line 11"):
        kept()


@pytest.mark.parametrize(
    ("text", "line", "rule"),
    [
        ("categories:\n  a: {\n", 3, "not YAML: "),
        ("categories:\n\ta: 1\n", 2, "not YAML: "),
        ("fields: {}\nfields: {}\n", 2, "not YAML: fields is there twice"),
        ("categories:\n  a: &a {mr: अ, en: A}\n  a: *a\n", 3, "not YAML: a is there twice"),
        ("fields: [1]\n", 1, "fields: must be a mapping"),
        ("", 1, "file: must be a mapping"),
        ("fields: {}\n\ncolour: red\n", 1, "file: colour not known"),
    ],
)
def test_a_mistake_has_the_line_where_it_is(own, kept, text, line, rule):
    (own / ROADS).write_text(text, "utf-8")
    ((file, at, told),) = mistakes(kept)
    assert (file, at) == (ROADS, line)
    assert told.startswith(rule)


def test_what_is_not_utf_8_is_told(own, kept):
    (own / ROADS).write_bytes("categories: {रस्ते: 1}".encode("utf-16"))
    ((file, _, rule),) = mistakes(kept)
    assert file == ROADS
    assert "UTF-8" in rule


def test_a_listed_file_that_is_not_there_is_told(own, kept):
    edit(copy_of("catalogue.yaml", own), "catalogue/water.yaml", "catalogue/watr.yaml")
    assert mistakes(kept) == [
        ("catalogue/watr.yaml", 1, "cannot be read: No such file or directory")
    ]


def test_a_place_in_a_list_is_found_by_its_number(own):
    (own / "list.yaml").write_text("days:\n  2026:\n    - a\n    - b\n", "utf-8")

    def parse(raw):
        raise ValueError("days 2026, 2: is wrong")

    assert mistakes(lambda: Folder(own).parsed("list.yaml", parse)) == [
        ("list.yaml", 4, "days 2026, 2: is wrong")
    ]
