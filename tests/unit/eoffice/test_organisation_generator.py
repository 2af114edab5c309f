"""The organisation of a corporation's size that the benchmarks write."""

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from benchmarks.eoffice_organisation import organisation, write
from services.eoffice.commands.import_organisation import read_tables
from services.eoffice.domain.organisation_lines import COLUMNS, UNITS
from services.eoffice.domain.organisation_plan import Known, draw
from services.eoffice.organisation_store import shipped

TODAY = date(2026, 7, 1)


def test_it_can_be_imported_without_a_mistake(tmp_path):
    write(tmp_path, organisation(2_500, 1))
    texts = {path.stem: path.read_text(encoding="utf-8") for path in tmp_path.glob("*.csv")}
    found, wrong = read_tables(texts)
    plan, against = draw(Known({table: {} for table in UNITS}, {}), found, TODAY, TODAY)
    assert [*wrong, *against] == []
    counted = {
        table: len([each for each in plan.added if each.table == table]) for table in COLUMNS
    }
    assert (counted["departments"], counted["posts"], counted["people"]) == (40, 2_500, 2_500)


def test_the_shipped_posts_are_among_its_posts():
    made = organisation(300, 1)
    for table in COLUMNS:
        own = shipped(table)
        assert made[table][: len(own)] == own


def test_the_same_seed_gives_the_same_and_another_another():
    assert organisation(300, 1) == organisation(300, 1)
    assert organisation(300, 1) != organisation(300, 2)


@pytest.mark.parametrize("posts", ["1", "150"])
def test_it_is_a_command_with_help_and_refusals(tmp_path, posts):
    command = [sys.executable, "-m", "benchmarks.eoffice_organisation"]
    told = subprocess.run([*command, "--help"], capture_output=True, text=True, check=True)
    assert "palika eoffice org import" in told.stdout
    asked = [*command, str(tmp_path / "city"), "--posts", posts]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    if posts == "1":
        assert done.returncode == 2
        assert "which the shipped one has" in done.stderr
        assert not (tmp_path / "city").exists()
    else:
        assert done.returncode == 0
        assert "150 posts, 150 people" in done.stdout
        assert len(list(Path(tmp_path / "city").glob("*.csv"))) == len(COLUMNS)
