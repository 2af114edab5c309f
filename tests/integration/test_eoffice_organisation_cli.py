"""``palika eoffice org``."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select

from palika.india import day_of, in_digits
from palika.local import Postgres
from services.eoffice.cli import organisation, organisation_changes
from services.eoffice.models import Act
from services.eoffice.organisation_store import ORGANISATION, current, shipped
from tests.support.databases import service_database
from tests.support.eoffice import emptied
from tests.support.organisation_files import city, edited

TODAY = day_of(datetime.now(UTC))
LATER = TODAY + timedelta(days=31)


@pytest.fixture
def run(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    with service_database(postgres, "eoffice") as database:
        emptied(database)
        for module in (organisation, organisation_changes):
            monkeypatch.setattr(module, "sessions", lambda service: database)

        def run(*arguments: str) -> Result:
            env = {"COLUMNS": "200"}
            return CliRunner().invoke(
                organisation.group, [str(each) for each in arguments], env=env
            )

        run.database = database  # type: ignore[attr-defined]
        yield run


def done(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.output)
    return found


def acts(run) -> int:
    with run.database() as session:
        return session.scalar(select(func.count()).where(Act.chain_id == ORGANISATION)) or 0


def written(folder: Path, texts: dict[str, str]) -> Path:
    for table, text in texts.items():
        (folder / f"{table}.csv").write_text(text, encoding="utf-8")
    return folder


def test_what_is_exported_and_imported_again_changes_nothing(run, tmp_path):
    done(run("vacate", "law", "--since", LATER, "--json"))
    new = ("n.new1", "--mr", "न", "--en", "N", "--phone", "9812345610", "--language", "en")
    done(run("add-person", *new, "--json"))
    before = acts(run)
    counts = done(run("export", tmp_path / "out", "--json"))
    assert counts["posts"] == len(shipped("posts"))
    told = done(run("import", tmp_path / "out", "--json"))
    assert (told["added"], told["changed"], told["ended"], told["withdrawn"]) == ({}, {}, {}, {})
    assert acts(run) == before
    (line,) = [
        each
        for each in (tmp_path / "out" / "people.csv").read_text("utf-8").splitlines()
        if each.startswith("n.new1,")
    ]
    # The officer's language is what was said, whatever the outcome is told in.
    assert "'+919812345610" in line
    assert "en" in line.split(",")


def test_a_dry_run_tells_and_changes_nothing(run, tmp_path):
    folder = written(tmp_path, city())
    shown = run("import", folder, "--since", LATER, "--dry-run", "--language", "en")
    assert shown.exit_code == 0, shown.output
    assert "dry run" in shown.output
    assert "new, posts:\n  clerk  Clerk\n" in shown.output
    assert acts(run) == 1
    refused = run("import", folder, "--by", "cinema")
    assert (refused.exit_code, "--by: there is no post 'cinema'" in refused.output) == (2, True)
    shown = run("import", folder, "--since", LATER, "--by", "commissioner")
    assert "नवीन, पदे:\n  clerk  लिपिक\n" in shown.output
    assert acts(run) == 2


def test_every_mistake_is_told_by_file_line_and_column(run, tmp_path):
    texts = edited("posts", "Clerk,1,", "Clerk,one,")
    folder = written(tmp_path, edited("holdings", "engineer,b.kale2", "engineer,x", texts))
    refused = run("import", folder)
    assert refused.exit_code == 2
    assert "  posts.csv, line 2, level: must be a number from 1 (the lowest)" in refused.output
    assert (
        "  holdings.csv, line 3, person: there is no officer of this code in people.csv ('x')\n"
        in refused.output
    )
    refused = run("import", folder, "--json")
    assert refused.exit_code == 2
    details = json.loads(refused.output)["details"]
    assert {table: len(each) for table, each in details.items()} == {"posts": 1, "holdings": 1}
    (folder / "people.csv").unlink()
    assert "people.csv: is missing" in run("import", folder).output
    (folder / "people.csv").write_bytes(b"PK\x03\x04 and so on")
    assert "people.csv is a workbook" in run("import", folder).output
    assert (
        "'--since': 'tomorrow' is not a day" in run("import", folder, "--since", "tomorrow").output
    )
    past = run("import", written(tmp_path, city()), "--since", "2020-01-01")
    assert (past.exit_code, "--since: must be" in past.output) == (2, True)
    assert acts(run) == 1


def test_the_tree_has_departments_sections_posts_and_who_holds_them(run):
    done(run("vacate", "roads-de", "--json"))
    done(run("transfer", "a.jadhav2", "roads-de", "--additional", "--json"))
    done(run("vacate", "roads-clerk", "--json"))
    shown = run("show", "--department", "roads", "--language", "en").output
    assert "Roads (roads)" in shown
    assert "Estimates, Roads (est)" in shown
    assert "Deputy Engineer, Roads (roads-de): Abhay Jadhav (additional charge)" in shown
    assert "Clerk, Roads (roads-clerk): vacant" in shown
    line = run("show", "--by", "line").output
    assert line.index("(commissioner)") < line.index("(addl-commissioner)") < line.index("(law)")
    assert "लिपिक, पथ (roads-clerk): रिक्त" in line
    found = done(run("show", "--json"))["items"]
    assert len(found) == len(shipped("posts"))
    assert run("show", "--department", "cinema").exit_code == 2


def test_holders_and_posts_are_found_in_either_language(run):
    done(run("vacate", "law", "--since", LATER, "--json"))
    shown = run("holders", "law", "--language", "en").output
    assert "Minakshi Deshpande (m.deshpande18)" in shown
    assert in_digits(LATER - timedelta(days=1)) in shown
    assert run("holders", "cinema").exit_code == 2
    shown = run("find", "jadhav", "पथ").output
    assert [each in shown for each in ("roads-je", "कनिष्ठ अभियंता, पथ")] == [True, True]
    (item,) = done(run("find", "roads-je", "--json"))["items"]
    assert item["holder"]["en"] == "Abhay Jadhav"
    one = ("--limit", "1", "--language", "en")
    assert "more than 1" in run("find", "clerk", *one).output


def test_changes_are_made_told_and_can_be_tried(run):
    english = ("--language", "en")
    tried = run("vacate", "law", "--dry-run", *english)
    assert tried.output == (
        f"law from {in_digits(TODAY)} on: no more m.deshpande18; there are 0 files and 0 receipts "
        "(dry run: nothing was changed)\n"
    )
    marathi = run("vacate", "law", "--dry-run").output
    assert marathi == (
        f"law: {in_digits(TODAY)} पासून यापुढे नाही: m.deshpande18; तेथे 0 नस्त्या व 0 आवक पत्रे आहेत "
        "(चाचणी; काहीही बदलले नाही)\n"
    )
    assert acts(run) == 1
    assert run("transfer", "a.jadhav2", "law").exit_code == 1
    assert run("vacate", "law", "--order", "GAD/1", "--by", "commissioner").exit_code == 0
    told = run("transfer", "a.jadhav2", "law", *english).output
    assert told == f"a.jadhav2 holds law from {in_digits(TODAY)} on; no more: roads-je\n"
    charged = ("a.jadhav2", "roads-clerk", "--additional", "--until", LATER)
    charge = run("transfer", *charged, *english)
    assert f" until {in_digits(LATER)}" in charge.output
    new = ("--department", "roads", "--mr", "नवे", "--en", "New", "--level", "2")
    assert run("add-post", "roads-ae", *new, "--reports-to", "roads-de").exit_code == 0
    assert run("rename", "post", "roads-ae", "--en", "Newer").output == "roads-ae: नवे, Newer\n"
    assert run("rename", "post", "roads-ae").exit_code == 2
    assert run("rename", "post", "cinema", "--en", "x").exit_code == 1
    assert run("report-to", "roads-ae", "roads-ce", *english).output == (
        "roads-ae reports to roads-ce\n"
    )
    assert run("report-to", "roads-ae").exit_code == 2
    assert run("report-to", "roads-ae", "--none", *english).output == "roads-ae reports to none\n"
    refused = run("abolish", "roads-de")
    assert (refused.exit_code, "roads-je report to roads-de" in refused.output) == (1, True)
    assert done(run("abolish", "roads-ae", "--since", LATER, "--json"))["until"] == str(
        LATER - timedelta(days=1)
    )
    with run.database() as session:
        assert current(session).holder("law", TODAY) == "a.jadhav2"


@pytest.mark.parametrize("command", sorted(organisation.group.commands))
def test_every_command_explains_itself_with_its_exit_status(command):
    shown = CliRunner().invoke(organisation.group, [command, "--help"])
    assert shown.exit_code == 0
    assert "Exit status:" in shown.output
    assert "--json" in shown.output
