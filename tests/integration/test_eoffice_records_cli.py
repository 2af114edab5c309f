"""The record room at a terminal: what is due, archives made and brought in."""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from palika.local import Postgres
from services.eoffice.cli import archives
from services.eoffice.cli import records as cli
from services.eoffice.models import File
from services.eoffice.records.signature import check_signature
from services.eoffice.sealing import Keys
from tests.support.eoffice_databases import database, scene
from tests.support.eoffice_records import another_office, resealed

__all__ = ["database", "scene"]

AGREES = ("--remark", "Asked by letter", "--by", "commissioner")


@pytest.fixture(scope="module")
def came(postgres: Postgres, tmp_path_factory) -> Iterator[tuple[File, Path]]:
    with another_office(postgres, tmp_path_factory.mktemp("other")) as found:
        yield found


@pytest.fixture
def terminal(scene, monkeypatch) -> Callable[..., Any]:
    monkeypatch.setattr(cli, "sessions", lambda name: scene.sessions)
    monkeypatch.setattr(archives, "sessions", lambda name: scene.sessions)
    monkeypatch.setattr(cli, "store", lambda: scene.store)

    def run(*words: str):
        others = {"due": cli.due_command, "agree": archives.agree_command}
        group = others.get(words[0], cli.archive_group)
        return CliRunner().invoke(group, list(words[1:]), catch_exceptions=False)

    return run


def test_at_a_terminal_it_is_made_and_brought_in(scene, came, terminal, tmp_path):
    file = scene.whole()
    to = str(tmp_path / "mine")
    done = terminal("archive", file.number, "--to", to, "--by", "roads-de", "--json")
    assert done.exit_code == 0, done.output
    manifest = (tmp_path / "mine" / "manifest-sha256.txt").read_bytes()
    told = json.loads(done.output)
    assert told["manifest_sha256"] == hashlib.sha256(manifest).hexdigest()
    assert told["certificate_sha256"] == check_signature(tmp_path / "mine").fingerprint
    again = terminal("archive", file.number, "--to", to, "--by", "roads-de")
    assert (again.exit_code, "not empty" in again.output) == (1, True)
    none = terminal("archive", "NO/1", "--to", str(tmp_path / "x"), "--by", "roads-de")
    assert (none.exit_code, "NO/1" in none.output) == (1, True)
    refused = terminal("archive", "import", str(came[1]), "--by", "registry-clerk")
    assert refused.exit_code == 1
    assert "here already" in refused.output


def test_a_page_of_what_is_due_does_not_pass_for_all(scene, terminal):
    for _ in range(2):
        scene.whole()
    asked = ("due", "--by", "registry-clerk", "--what", "recording", "--language", "en")
    assert "due for recording: 1+" in terminal(*asked, "--limit", "1").output
    assert "due for recording: 2\n" in terminal(*asked).output


def test_at_a_terminal_it_is_checked_and_brought_in_once(scene, came, terminal, tmp_path):
    words = ("archive", "import", str(came[1]), "--by", "registry-clerk", "--json")
    dry = json.loads(terminal(*words, "--dry-run").output)
    assert (dry["outcome"], dry["codes"]) == ("checked", "checked")
    assert json.loads(terminal(*words).output)["outcome"] == "brought in"
    assert json.loads(terminal(*words).output)["outcome"] == "here already"
    to = ("--to", str(tmp_path / "again"), "--by", "registry-clerk")
    assert terminal("archive", came[0].number, *to).exit_code == 0
    assert (tmp_path / "again" / "data" / "file.json").is_file()


def test_one_of_an_office_that_is_not_known_is_not_checked_until_it_is_trusted(
    scene, came, terminal, tmp_path
):
    folder = resealed(
        Path(shutil.copytree(came[1], tmp_path / "came")),
        Keys([b"another office's key" * 2]),
        "municipal-corporation",
    )
    signer = check_signature(folder)
    words = ("archive", "import", str(folder), "--by", "registry-clerk")
    for more in ((), ("--dry-run",), ("--unsigned",), ("--trust", "0" * 64)):
        done = terminal(*words, *more)
        assert done.exit_code == 1
        assert "not checked and not taken: this city does not know who signed it" in done.output
        manifest = (folder / "manifest-sha256.txt").read_bytes()
        for each in (signer.subject, signer.fingerprint, hashlib.sha256(manifest).hexdigest()):
            assert each in done.output
    assert terminal(*words, "--trust", "mine").exit_code == 1
    trusted = (*words, "--trust", signer.fingerprint)
    dry = terminal(*trusted, "--dry-run").output
    assert "whole, but not proved" in dry
    assert "checked" not in dry
    alone = terminal(*trusted)
    assert (alone.exit_code, "another officer agrees to it first" in alone.output) == (1, True)
    agreed = terminal("agree", str(folder), *trusted[5:], *AGREES, "--language", "en")
    assert agreed.exit_code == 0, agreed.output
    assert "commissioner (v.gaikwad20) agrees; another officer brings it in now" in agreed.output
    done = json.loads(terminal(*trusted, "--json").output)
    assert (done["outcome"], done["signature"]["how"]) == ("brought in", "trusted by hand")


def test_one_without_a_signature_is_taken_when_that_is_said(scene, came, terminal, tmp_path):
    folder = Path(shutil.copytree(came[1], tmp_path / "came"))
    (folder / "archive-signature.p7s").unlink()
    words = ("archive", "import", str(folder), "--by", "registry-clerk")
    refused = terminal(*words)
    assert (refused.exit_code, "archive-signature.p7s: is not there" in refused.output) == (1, True)
    dry = terminal(*words, "--unsigned", "--dry-run").output
    assert "whole, but not proved" in dry
    assert "note: it is not signed" in dry
    said = terminal("agree", str(folder), "--unsigned", *AGREES)
    assert "यांची सहमती नोंदवली" in said.output
    done = json.loads(terminal(*words, "--unsigned", "--json").output)
    assert done["signature"] == {"how": "unsigned"}
    signed = ("archive", "import", str(came[1]), "--by", "registry-clerk", "--json")
    dry = json.loads(terminal(*signed, "--dry-run").output)
    assert dry["outcome"] == "here already, would be proved now"
    done = json.loads(terminal(*signed).output)
    assert (done["outcome"], done["signature"]["how"]) == (
        "here already, proved now",
        "own",
    )
    assert json.loads(terminal(*signed).output)["outcome"] == "here already"


def test_what_is_wrong_is_told_a_line_each(terminal, came, tmp_path):
    folder = Path(shutil.copytree(came[1], tmp_path / "came"))
    (folder / "data" / "index.html").write_text("x")
    done = terminal("archive", "import", str(folder), "--by", "registry-clerk")
    assert done.exit_code == 1
    assert "data/index.html: is not what it was" in done.output


def test_what_is_due_is_shown(scene, terminal):
    file = scene.whole()
    scene.recorded(file)
    shown = terminal("due", "--by", "registry-clerk", "--by-day", "2040-01-01", "--json")
    assert [each["number"] for each in json.loads(shown.output)["items"]] == [file.number]
    assert file.number in terminal("due", "--by", "law", "--by-day", "2040-01-01").output
    assert terminal("due", "--by", "law", "--by-day", "soon").exit_code == 2
