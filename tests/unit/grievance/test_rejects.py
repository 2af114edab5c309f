"""Where refused rows are written: never over what is read, and whole or not at all."""

import os
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from services.grievance import cli as plugin
from services.grievance.files.records import CsvFile, Record, Rejects

ROWS = "Case,Opened\n1,01/02/2018\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A CSV file of one row."""
    path = tmp_path / "cases.csv"
    path.write_text(ROWS, "utf-8")
    return path


def as_itself(path: Path, of: Path) -> None:
    """The name that the file has already."""


def as_link(path: Path, of: Path) -> None:
    """A symbolic link to it."""
    path.symlink_to(of)


def as_second_name(path: Path, of: Path) -> None:
    """A hard link to it."""
    path.hardlink_to(of)


@pytest.mark.parametrize("name", [as_itself, as_link, as_second_name])
@pytest.mark.parametrize("which", ["cases.csv", "map.yaml"])
def test_rejects_never_replace_what_is_read(
    file: Path, name: Callable[[Path, Path], None], which: str
) -> None:
    rules = file.with_name("map.yaml")
    rules.write_text("source: riverton", "utf-8")
    of = file.with_name(which)
    rejected = of if name is as_itself else file.with_name("other.csv")
    name(rejected, of)
    before = of.read_text("utf-8")
    result = run(str(file), "--map", str(rules), "--rejected", str(rejected))
    assert result.exit_code == 2
    assert f"--rejected names {of} itself" in result.output
    assert of.read_text("utf-8") == before


def test_rejects_never_replace_what_is_no_file(file: Path) -> None:
    rules = file.with_name("map.yaml")
    rules.write_text("source: riverton", "utf-8")
    pipe = file.with_name("pipe")
    os.mkfifo(pipe)
    result = run(str(file), "--map", str(rules), "--rejected", str(pipe))
    assert result.exit_code == 2
    assert "no ordinary file" in result.output


def test_a_run_that_is_stopped_leaves_the_rejects_of_the_one_before(file: Path) -> None:
    kept = file.with_name("cases.rejected.csv")
    with CsvFile(file, "utf-8", ",") as rows:
        with Rejects(kept, rows) as rejects:
            rejects.add(Record(2, ["1", "never"]), "first")
        before = kept.read_text("utf-8")
        with pytest.raises(KeyboardInterrupt):
            stopped_after_one(Rejects(kept, rows))
        assert kept.read_text("utf-8") == before
        assert sorted(each.name for each in file.parent.iterdir()) == [file.name, kept.name]
        with Rejects(kept, rows):
            pass
    assert not kept.exists()


def stopped_after_one(rejects: Rejects) -> None:
    """One row is refused, and then comes a Ctrl-C."""
    with rejects:
        rejects.add(Record(2, ["1", "never"]), "second")
        raise KeyboardInterrupt


def run(*arguments: str) -> Result:
    """`palika import grievances`, which must stop before it looks for a database."""
    cli = click.Group()
    plugin.register(cli)
    return CliRunner().invoke(cli, ["import", "grievances", *arguments])
