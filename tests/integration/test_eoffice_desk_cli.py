"""``palika eoffice inbox, custody, transfer``."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from palika.india import day_of
from services.eoffice.cli import moving
from services.eoffice.commands.forward import forward_file
from services.eoffice.commands.open_file import open_file
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.models import Holding
from services.eoffice.organisation_store import ORGANISATION
from services.eoffice.schemas import Forwarding, Opening
from services.eoffice.sealing import act
from tests.support.eoffice import JE, cleared, emptied
from tests.support.eoffice_databases import database

__all__ = ["database"]

BEFORE = datetime.now(UTC) - timedelta(hours=3)


@pytest.fixture
def run(database, monkeypatch) -> Any:
    emptied(database)
    monkeypatch.setattr(moving, "sessions", lambda service: database)

    def run(command: Any, *arguments: str) -> Result:
        return CliRunner().invoke(command, arguments, env={"COLUMNS": "200"})

    run.sessions = database  # type: ignore[attr-defined]
    return run


def sent(run, to: str = "roads-ce", **args: Any) -> str:
    with cleared(run.sessions, "roads-je", Secrecy.SECRET), run.sessions.begin() as session:
        file = open_file(session, JE, Opening().load({"subject": "Estimate", **args}), BEFORE)
        asked = Forwarding().load({"id": str(file.id), "to": to})
        forward_file(session, JE, asked, BEFORE + timedelta(hours=1))
        return file.number


def test_an_inbox_shows_no_secret_subject(run):
    number = sent(run, priority="urgent")
    sent(run, secrecy="secret")
    for language, grade in (("en", "(secret)"), ("mr", "(गुप्त)")):
        shown = run(moving.inbox_command, "roads-ce", "--language", language)
        assert shown.exit_code == 0
        assert number in shown.output
        assert grade in shown.output
    assert shown.output.count("Estimate") == 1
    found = json.loads(run(moving.inbox_command, "roads-ce", "--json").output)
    assert [each["subject"] for each in found["items"]] == ["Estimate", None]
    assert found["counts"]["urgent"] == 1
    assert (
        json.loads(run(moving.inbox_command, "roads-ce", "--overdue", "--json").output)["items"]
        == []
    )


def test_the_inbox_of_no_post_is_refused(run):
    refused = run(moving.inbox_command, "cinema")
    assert (refused.exit_code, refused.output) == (
        2,
        "Error: no such post: there is no post 'cinema'\n",
    )


def test_custody_is_shown_from_the_opening_on(run):
    number = sent(run)
    found = json.loads(run(moving.custody_command, number, "--json").output)
    first, last = found["custody"]
    assert (first["post"], first["minutes"], first["until"]) == ("roads-je", 60, last["since"])
    # The stay goes on.
    assert (last["post"], last["until"]) == ("roads-ce", None)
    assert last["minutes"] >= 120
    assert "forwarded" in run(moving.custody_command, number, "--language", "en").output
    assert "पुढे पाठवली" in run(moving.custody_command, number).output
    assert run(moving.custody_command, "N/1").exit_code == 1
    assert run(moving.custody_command, "").exit_code == 2


def test_what_a_vacant_post_has_goes_in_parts_until_none_is_left(run, monkeypatch):
    for _ in range(5):
        sent(run, to="roads-de")
    sent(run, to="roads-de", secrecy="confidential")
    ask = ("roads-de", "roads-je", "--remark", "Order 12", "--json")
    held = run(moving.transfer_command, *ask)
    assert (held.exit_code, "held by m.shinde3" in held.output) == (1, True)
    _until(run, day_of(BEFORE) - timedelta(days=1))
    try:
        monkeypatch.setattr(moving, "Transferring", _Small)
        done = run(moving.transfer_command, *ask)
        assert json.loads(done.output) == {"transferred": 5, "left": 0, "withheld": 1}
        assert done.exit_code == 1
        rest = run(moving.transfer_command, "roads-de", "roads-ce", "--remark", "Order 12")
        assert rest.output == (
            "Files and receipts given to roads-ce: 1; left: 0; more secret than it may read: 0.\n"
        )
        assert rest.exit_code == 0
    finally:
        _until(run, None)
    assert run(moving.transfer_command, "cinema", "law", "--remark", "x").exit_code == 2


class _Small(moving.Transferring):
    def load(self, data: Any, **options: Any) -> Any:
        return {**super().load(data, **options), "limit": 2}


def _until(run, day) -> None:
    with run.sessions.begin() as session:
        for each in session.scalars(select(Holding).where(Holding.post == "roads-de")):
            each.until = day
        act(session, ORGANISATION, "organisation", "changed", None, datetime.now(UTC))
