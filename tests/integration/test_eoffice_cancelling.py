"""A sanction given by mistake is cancelled, and frees the power; a second click is none."""

import json
from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import select
from uuid6 import uuid7

from palika.errors import Conflict, Forbidden, NotFound
from palika.store import Folder
from services.eoffice.cli import approvals as cli
from services.eoffice.commands import letter as steps
from services.eoffice.commands.approve import approve_file, refuse_file
from services.eoffice.commands.cancel_approval import cancel_approval
from services.eoffice.commands.continue_file import next_volume
from services.eoffice.documents import sheet_content
from services.eoffice.models import Approval, Letter
from services.eoffice.queries import approvals
from services.eoffice.queries.papers import sheet_paper
from services.eoffice.schemas.approving import (
    Approving,
    CancellingApproval,
    FileOf,
    Refusing,
)
from services.eoffice.schemas.filing import NextVolume
from services.eoffice.sealing import city_keys_of_record
from services.eoffice.sealing.verify import Finding, verify
from tests.integration.test_eoffice_contents import add
from tests.integration.test_eoffice_legal import check_every_step
from tests.support.eoffice import CE, CLERK, DE, JE, NOW
from tests.support.eoffice_databases import database, sessions
from tests.support.eoffice_keys import store_in
from tests.support.eoffice_letters import OFFICE, approved, dispatch, step
from tests.support.eoffice_moves import HOUR, file_of, opened, read, take, told, verbs

__all__ = ["database", "sessions"]
LAKH = 100_000_00


def approve(sessions, file, lakh, caller=CE, now=NOW, **args):
    with sessions.begin() as session:
        asked = {"id": str(file.id), "power": "works", "amount_paise": lakh * LAKH, **args}
        return approve_file(session, caller, Approving().load(asked), now).approval


def cancel(sessions, file, approval, caller=CE, now=NOW + HOUR, **args):
    with sessions.begin() as session:
        asked = {"id": str(file.id), "approval_id": str(approval.id), "remark": "A slip", **args}
        return cancel_approval(session, caller, CancellingApproval().load(asked), now).approval


def findings(sessions) -> list[Finding]:
    found: list[Finding] = []
    with sessions() as session:
        verify(session, city_keys_of_record(), found.append)
    return found


def test_a_cancelled_sanction_frees_the_power_and_stays_on_the_record(sessions):
    file = opened(sessions, CE)
    wrong = approve(sessions, file, 9)
    with pytest.raises(Forbidden, match="sanctioned in this case before") as refused:
        approve(sessions, file, 2)
    assert "cancel_approval" in refused.value.details["legal"]
    assert "cancel_approval" in read(sessions, file, CE)["legal"]
    made = cancel(sessions, file, wrong)
    assert (made.decision, made.cancels, made.amount_paise) == ("cancelled", wrong.id, 9 * LAKH)
    assert "cancel_approval" not in read(sessions, file, CE)["legal"]
    right = approve(sessions, file, 2)
    assert verbs(sessions, file)[-1] == "approved"
    with sessions() as session:
        found = approvals.of_file(session, JE, FileOf().load({"id": str(file.id)}), NOW)["items"]
        paper = sheet_content(sheet_paper(session, file_of(sessions, file), "en"), "en")
    assert {each["id"]: each["cancelled_by"] for each in found} == {
        str(wrong.id): str(made.id),
        str(made.id): None,
        str(right.id): None,
    }
    (event,) = told(sessions, "approval_cancelled")
    assert (event["approval_id"], event["amount_paise"]) == (str(wrong.id), 9 * LAKH)
    parts = paper["sections"][1]["parts"]
    assert {part["heading"] for part in parts} == {"Approved", "Approval cancelled"}
    marked = [dict(map(tuple, part["facts"])).get("This approval was cancelled") for part in parts]
    assert sorted(filter(None, marked)) == ["01-07-2026 11:00"]
    assert findings(sessions) == []


def test_it_is_cancelled_by_who_gave_it_or_is_above_and_by_nobody_else(sessions):
    file = opened(sessions, DE)
    made = approve(sessions, file, 1, DE)
    take(sessions, "forward", file, DE, to="roads-je")
    with pytest.raises(Forbidden, match="roads-je may not cancel") as refused:
        cancel(sessions, file, made, JE)
    assert refused.value.details["may"][:2] == ["roads-de", "roads-ce"]
    assert "cancel_approval" not in read(sessions, file, JE)["legal"]
    # The file may be with another by then.
    assert cancel(sessions, file, made, CE).post == "roads-ce"


def test_asked_twice_it_is_cancelled_once_and_another_time_it_is_a_conflict(sessions):
    file = opened(sessions, CE)
    made, key = approve(sessions, file, 1), str(uuid7())
    first = cancel(sessions, file, made, decision_id=key)
    assert cancel(sessions, file, made, decision_id=key).id == first.id
    with pytest.raises(Conflict, match="with other content: remark"):
        cancel(sessions, file, made, decision_id=key, remark="Another")
    with pytest.raises(Conflict, match="was cancelled already"):
        cancel(sessions, file, made)
    with pytest.raises(Conflict, match="only an approval is cancelled"):
        cancel(sessions, file, first)


def test_a_decision_of_another_file_is_not_there(sessions):
    file, other = opened(sessions, CE), opened(sessions, CE)
    made = approve(sessions, other, 1)
    with pytest.raises(NotFound, match="no decision"):
        cancel(sessions, file, made)


def test_what_was_told_outside_stands(sessions, tmp_path):
    OFFICE.papers, OFFICE.keys = Folder(tmp_path / "papers"), store_in(tmp_path)
    file = opened(sessions, CE)
    made = approve(sessions, file, 1)
    letter, _ = dispatch(sessions, approved(sessions, file, CE), CE)
    with pytest.raises(Conflict, match=f"{letter.number} has gone out since") as refused:
        cancel(sessions, file, made)
    assert refused.value.details["letters"] == [letter.number]
    assert "cancel_approval" not in read(sessions, file, CE)["legal"]


def test_a_letter_approved_before_the_cancellation_does_not_go_out_until_it_is_read_again(
    sessions, tmp_path
):
    OFFICE.papers, OFFICE.keys = Folder(tmp_path / "papers"), store_in(tmp_path)
    file = opened(sessions, CE)
    made = approve(sessions, file, 1)
    letter = approved(sessions, file, CE)
    cancel(sessions, file, made)
    with pytest.raises(Conflict, match="return_letter") as refused:
        dispatch(sessions, letter, CE)
    assert refused.value.details["cancelled_on"] == file.number
    step(sessions, steps.return_letter, letter, caller=CE)
    with sessions.begin() as session:
        again = session.get_one(Letter, letter.id)
        assert again.state == "draft"


def test_on_a_closed_file_nothing_is_cancelled_before_it_is_reopened(sessions):
    file = opened(sessions, CE)
    made = approve(sessions, file, 1)
    take(sessions, "close", file, CE)
    with pytest.raises(Conflict, match="it is closed") as refused:
        cancel(sessions, file, made)
    assert refused.value.details["legal"] == ["reopen"]


def test_in_an_earlier_volume_it_is_cancelled_while_the_newest_is_not_closed(sessions):
    file = opened(sessions, CE)
    made = approve(sessions, file, 9)
    add(sessions, file, 501, CE)
    with sessions.begin() as session:
        newest = next_volume(session, CE, NextVolume().load({"file_id": str(file.id)}), NOW)
    check_every_step(sessions, file)
    take(sessions, "close", newest, CE)
    check_every_step(sessions, file)
    with pytest.raises(Conflict, match=f"{newest.number} is closed; reopen it first") as refused:
        cancel(sessions, file, made)
    assert refused.value.details["newest"] == newest.number
    take(sessions, "reopen", newest, CE, remark="Audit")
    with pytest.raises(Forbidden, match="sanctioned in this case before"):
        approve(sessions, newest, 9)
    cancel(sessions, file, made)
    # It counts no more in the limit of the case.
    assert approve(sessions, newest, 9).amount_paise == 9 * LAKH
    assert findings(sessions) == []


def test_a_second_click_is_no_second_sanction(sessions):
    file = opened(sessions, CE)
    first = approve(sessions, file, 1)
    assert approve(sessions, file, 1, now=NOW + timedelta(seconds=1)).id == first.id
    # With an id of its own, or after something else was done, it is meant.
    assert approve(sessions, file, 1, decision_id=str(uuid7())).id != first.id
    take(sessions, "priority", file, CE, priority="urgent")
    approve(sessions, file, 1)
    with sessions() as session:
        found = session.scalars(select(Approval.id).where(Approval.file_id == file.id)).all()
    assert len(found) == 3
    assert len(told(sessions, "file_approved")) == 3


def test_a_second_click_is_no_second_refusal_and_after_a_cancellation_it_is_approved_anew(sessions):
    file = opened(sessions, CE)
    with sessions.begin() as session:
        asked = Refusing().load({"id": str(file.id), "remark": "No"})
        first = refuse_file(session, CE, asked, NOW).approval
    with sessions.begin() as session:
        assert refuse_file(session, CE, asked, NOW).approval.id == first.id
    made = approve(sessions, file, 1)
    cancel(sessions, file, made)
    assert approve(sessions, file, 1).id != made.id


def test_at_a_terminal_approvals_are_shown_and_cancelled(sessions, monkeypatch):
    monkeypatch.setattr(cli, "sessions", lambda _: sessions)
    file = opened(sessions, CE)
    made = approve(sessions, file, 9)
    run = CliRunner().invoke
    english = ["--by", "roads-ce", "--language", "en"]
    shown = run(cli.approvals_command, [file.number, *english]).output
    assert str(made.id) in shown
    assert "9,00,000.00" in shown
    asked = [file.number, str(made.id), "--remark", "A slip", "--by"]
    refused = run(cli.cancel_command, [*asked, "roads-je"])
    assert (refused.exit_code, "roads-je may not cancel" in refused.output) == (1, True)
    done = run(cli.cancel_command, [*asked, "roads-ce", "--json"])
    assert done.exit_code == 0, done.output
    first, second = json.loads(done.output)
    assert (first["cancelled_by"], second["cancels"]) == (second["id"], str(made.id))
    assert "रद्द झाली" in run(cli.approvals_command, [file.number, "--by", "roads-ce"]).output
    assert run(cli.approvals_command, ["NO/1", *english]).exit_code == 1


def test_the_clerk_below_cancels_nothing(sessions):
    file = opened(sessions, DE)
    made = approve(sessions, file, 1, DE)
    with pytest.raises(Forbidden):
        cancel(sessions, file, made, CLERK)
