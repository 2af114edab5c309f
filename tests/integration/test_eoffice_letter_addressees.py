"""To whom a letter is, is of its versions as its text is: no address changes unseen."""

from pathlib import Path

import pytest
from alembic import command
from click.testing import CliRunner

from palika.local import Postgres
from palika.store import Folder
from services.eoffice.cli import notes as cli
from services.eoffice.commands import letter as steps
from services.eoffice.commands.root import begin_record
from services.eoffice.organisation_store import current
from services.eoffice.queries import letters
from services.eoffice.schemas.letters import Differing, OneLetter, RevisingLetter
from services.eoffice.sealing import city_keys_of_record
from services.eoffice.sealing.verify import Finding, verify
from tests.integration.test_eoffice_receipts_weeded_upgrade import migrated
from tests.support.databases import service_database
from tests.support.eoffice import JE, NOW, emptied
from tests.support.eoffice_databases import database, sessions
from tests.support.eoffice_keys import store_in
from tests.support.eoffice_letters import OFFICE, draft, opened

__all__ = ["database", "sessions"]
BODY = "Your claim is paid."


@pytest.fixture(autouse=True)
def office(tmp_path: Path) -> None:
    """Where papers and keys are."""
    OFFICE.papers, OFFICE.keys = Folder(tmp_path / "papers"), store_in(tmp_path)


def revise(sessions, letter, version=1, **args):
    with sessions.begin() as session:
        asked = {"id": str(letter.id), "body": BODY, "version": version, **args}
        return steps.revise_letter(session, JE, RevisingLetter().load(asked), NOW)


def told(sessions, query, **asked):
    with sessions.begin() as session:
        schema = Differing if "to_version" in asked else OneLetter
        return query(session, current(session).posts["roads-je"], schema().load(asked))


def difference(sessions, letter, old=1, new=2):
    asked = {"id": str(letter.id), "from_version": old, "to_version": new}
    return told(sessions, letters.difference, **asked)


def findings(sessions) -> list[Finding]:
    found: list[Finding] = []
    with sessions() as session:
        verify(session, city_keys_of_record(), found.append)
    return found


def test_another_addressee_is_a_difference_though_the_text_is_the_same(sessions, monkeypatch):
    letter = draft(sessions, opened(sessions), body=BODY, to_email="m@example.org")
    assert (
        revise(
            *(sessions, letter),
            to_name="R. Rao",
            to_address="A/c 001122, Some Bank",
            to_email="r@example.org",
        ).version
        == 2
    )
    found = difference(sessions, letter)
    assert found["to_name"]["plain"] == "[-M.-]{+R.+} [-Jadhav-]{+Rao+}"
    assert "{+A/c+}" in found["to_address"]["plain"]
    assert found["to_address"]["html"].startswith("<del>12</del><ins>A/c</ins>")
    assert found["to_email"]["plain"] == "[-m@example.org-]{+r@example.org+}"
    assert found["to_phone"]["plain"] == ""
    assert found["body"]["plain"] == BODY
    versions = told(sessions, letters.letter, id=str(letter.id))["versions"]
    assert [each["to_name"] for each in versions] == ["M. Jadhav", "R. Rao"]
    assert [each["to_email"] for each in versions] == ["m@example.org", "r@example.org"]

    monkeypatch.setattr(cli, "sessions", lambda _: sessions)
    asked = [str(letter.id), "1", "2", "--by", "a.jadhav2"]
    shown = CliRunner().invoke(cli.difference_command, [*asked, "--language", "en"]).output
    assert "to: [-M.-]{+R.+} [-Jadhav-]{+Rao+}\n" in shown
    assert "e-mail: [-m@example.org-]{+r@example.org+}\n" in shown
    assert "कोणास: " in CliRunner().invoke(cli.difference_command, asked).output


def test_a_version_whose_addressee_was_changed_behind_the_service_is_found(sessions):
    letter = draft(sessions, opened(sessions), body=BODY)
    assert findings(sessions) == []
    with sessions.begin() as session:
        session.connection().exec_driver_sql("UPDATE letter_version SET to_name = 'R. Rao'")
    assert [each.row for each in findings(sessions)] == [f"letter_version:{letter.id},1"]


def test_of_versions_from_before_it_is_said_that_nobody_kept_to_whom_they_were(postgres: Postgres):
    with service_database(postgres, "eoffice") as own:
        emptied(own)
        with own.begin() as session:
            begin_record(session, NOW)
        letter = draft(own, opened(own), body="One")
        revise(own, letter)
        migrated(own, command.downgrade, "eoffice_0022")
        migrated(own, command.upgrade, "head")
        assert difference(own, letter)["to_name"] is None
        versions = told(own, letters.letter, id=str(letter.id))["versions"]
        # The newest is to whom the letter is.
        assert [each["to_name"] for each in versions] == [None, "M. Jadhav"]
        revise(own, letter, 2, to_name="R. Rao")
        found = difference(own, letter, 2, 3)
        assert found["to_name"]["plain"] == "[-M.-]{+R.+} [-Jadhav-]{+Rao+}"
        versions = told(own, letters.letter, id=str(letter.id))["versions"]
        assert [each["to_name"] for each in versions] == [None, "M. Jadhav", "R. Rao"]
