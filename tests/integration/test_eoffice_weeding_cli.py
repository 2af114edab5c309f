"""Weeding at a terminal: proposed, shown, decided by another."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy.orm import Session, sessionmaker

from palika.local import Postgres
from palika.store import Folder
from services.eoffice.cli import weeding as cli
from services.eoffice.models import Note
from tests.support.databases import service_database
from tests.support.eoffice_records import LATER, Scene


@pytest.fixture(scope="module")
def database(postgres: Postgres) -> Iterator[sessionmaker[Session]]:
    with service_database(postgres, "eoffice") as found:
        yield found


@pytest.fixture
def scene(database: sessionmaker[Session], tmp_path: Path) -> Scene:
    return Scene.begun(database, Folder(tmp_path / "papers"))


@pytest.fixture
def run(scene, monkeypatch) -> Callable[..., Any]:
    monkeypatch.setattr(cli, "sessions", lambda name: scene.sessions)
    monkeypatch.setattr(cli, "datetime", Later)

    def run(*words: str):
        return CliRunner().invoke(cli.group, list(words), catch_exceptions=False)

    return run


class Later:
    """A clock that is years ahead."""

    @staticmethod
    def now(_zone):
        return LATER


def test_what_is_due_is_proposed_and_destroyed_only_by_another_who_says_so(scene, run):
    file = scene.whole()
    scene.recorded(file)
    why = ("--remark", "its years are over")
    refused = run("propose", file.number, *why, "--by", "roads-je")
    assert refused.exit_code == 1, refused.output
    made = run("propose", file.number, *why, "--by", "registry-clerk", "--json")
    assert made.exit_code == 0, made.output
    found = json.loads(made.output)
    assert [(each["number"], each["state"]) for each in found["files"]] == [
        (file.number, "proposed")
    ]
    for language, state in (("en", "proposed 1"), ("mr", "प्रस्तावित 1")):
        listed = run("list", "--by", "registry-clerk", "--language", language)
        assert found["id"] in listed.output
        assert state in listed.output
    decide = ("decide", found["id"], file.number, "--approve", *why)
    assert run(*decide, "--by", "registry-clerk", "--yes").exit_code == 1
    # Who does not say yes has destroyed nothing.
    assert run(*decide, "--by", "roads-ce").exit_code == 1
    with scene.sessions() as session:
        assert session.query(Note).filter_by(file_id=file.id).count() > 0
    done = run(*decide, "--by", "roads-ce", "--yes", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.output)["files"][0]["state"] == "approved"
    with scene.sessions() as session:
        assert session.query(Note).filter_by(file_id=file.id).count() == 0
    for language, state in (("en", "approved"), ("mr", "मान्य")):
        shown = run("show", found["id"], "--by", "roads-ce", "--language", language)
        assert state in shown.output
    assert found["id"] not in run("list", "--by", "roads-ce").output
    assert found["id"] in run("list", "--all", "--by", "roads-ce").output


def test_no_such_file_or_list_is_told(scene, run):
    none = run("propose", "NO/1", "--remark", "x", "--by", "registry-clerk")
    assert (none.exit_code, "there is no file NO/1" in none.output) == (1, True)
    nobody = "00000000-0000-7000-8000-000000000000"
    assert run("show", nobody, "--by", "roads-ce").exit_code == 1
    assert run("show", "x", "--by", "roads-ce").exit_code == 2
