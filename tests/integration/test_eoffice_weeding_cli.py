"""Weeding at a terminal: proposed, shown, held back, decided by another."""

import json
from collections.abc import Callable
from typing import Any

import click
import pytest
from click.testing import CliRunner

from services.eoffice import cli as commands
from services.eoffice.cli import holds, records
from services.eoffice.cli import weeding as cli
from services.eoffice.models import Note, Paper
from tests.support.eoffice_databases import database, scene
from tests.support.eoffice_records import LATER

__all__ = ["database", "scene"]


@pytest.fixture
def run(scene, monkeypatch) -> Callable[..., Any]:
    for module in (cli, holds, records):
        monkeypatch.setattr(module, "sessions", lambda name: scene.sessions)
        monkeypatch.setattr(module, "datetime", Later)
    top = click.Group()
    commands.register(top)

    def run(*words: str):
        command = ["due"] if words[0] == "due" else ["weeding", words[0]]
        said = ["eoffice", *command, *words[1:]]
        return CliRunner().invoke(top, said, catch_exceptions=False)

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


def test_a_receipt_is_proposed_beside_a_file_and_destroyed_alone(scene, run):
    file, receipt = scene.whole(), scene.closed_receipt(subject="पथदिवे बंद")
    scene.recorded(file)
    for language, words in (("en", ("C-3", "01-07-2029")), ("mr", ("नष्टीकरणासाठी आवक पत्रे: 1",))):
        due = run("due", "--what", "receipts", "--by", "registry-clerk", "--language", language)
        assert all(each in due.output for each in (receipt.number, receipt.subject, *words))
    why = ("--remark", "its years are over")
    made = run("propose", file.number, receipt.number, *why, "--by", "registry-clerk", "--json")
    assert made.exit_code == 0, made.output
    found = json.loads(made.output)
    assert [each["number"] for each in found["receipts"]] == [receipt.number]
    decide = ("decide", found["id"], receipt.number, "--approve", *why, "--by", "roads-ce")
    assert run(*decide).exit_code == 1
    with scene.sessions() as session:
        assert session.query(Paper).count() > 0
    done = run(*decide, "--yes", "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.output)
    assert (told["files"][0]["state"], told["receipts"][0]["state"]) == ("proposed", "approved")
    for language, words in (("en", ("approved", "Complaint")), ("mr", ("मान्य", "तक्रार"))):
        shown = run("show", found["id"], "--by", "roads-ce", "--language", language).output
        assert all(each in shown for each in (receipt.number, "01-07-2026", "roads-ce", *words))
        assert receipt.subject not in shown
    listed = run("list", "--by", "roads-ce", "--language", "en").output
    assert ("proposed 1" in listed, "approved 1" in listed) == (True, True)
    again = run("due", "--what", "receipts", "--by", "registry-clerk", "--language", "en")
    assert receipt.number not in again.output


@pytest.mark.parametrize("what", ["file", "receipt"])
def test_what_is_held_back_is_told_and_let_go(scene, run, what):
    thing = scene.whole() if what == "file" else scene.closed_receipt()
    if what == "file":
        scene.recorded(thing)
    why = ("--remark", "Suit 12/2026", "--by", "law")
    held = run("hold", thing.number, "--kind", "court", *why, "--json")
    assert held.exit_code == 0, held.output
    (hold,) = json.loads(held.output)
    wrong = run("hold", thing.number, "--kind", "whim", *why)
    assert (wrong.exit_code, "must be one of: appeal, audit" in wrong.output) == (1, True)
    for language, kind in (("en", "Court case"), ("mr", "न्यायालयीन प्रकरण")):
        shown = run("holds", thing.number, "--by", "law", "--language", language).output
        assert all(each in shown for each in (hold["id"], kind, "Suit 12/2026"))
    propose = ("propose", thing.number, "--remark", "x", "--by", "registry-clerk")
    stopped = run(*propose)
    assert (stopped.exit_code, "it is held: court" in stopped.output) == (1, True)
    over = run("lift", hold["id"], "--remark", "decided", "--by", "law", "--json")
    assert json.loads(over.output)[0]["lifted_by"] == "law"
    assert run(*propose).exit_code == 0


def test_no_such_file_or_list_is_told(scene, run):
    none = run("propose", "NO/1", "--remark", "x", "--by", "registry-clerk")
    assert (none.exit_code, "there is no file or receipt NO/1" in none.output) == (1, True)
    nobody = "00000000-0000-7000-8000-000000000000"
    assert run("show", nobody, "--by", "roads-ce").exit_code == 1
    assert run("show", "x", "--by", "roads-ce").exit_code == 2
