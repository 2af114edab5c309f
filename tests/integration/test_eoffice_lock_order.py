"""Whoever locks several things does so in one order: nobody waits in a circle."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker
from uuid6 import uuid7

from palika.errors import Conflict
from palika.local import Postgres
from palika.store import Folder
from services.eoffice.commands import note as notes
from services.eoffice.commands.arrange_posts import abolish_post
from services.eoffice.commands.cancel_approval import cancel_approval
from services.eoffice.commands.delegate import delegate
from services.eoffice.commands.dispatch import dispatch_letter
from services.eoffice.commands.issue_letter import Outward
from services.eoffice.commands.leave import take_leave
from services.eoffice.commands.load import load_locked, one_at_a_time
from services.eoffice.commands.put_in_file import start_file
from services.eoffice.domain.reading import What
from services.eoffice.models import Correspondence, File, NoteDraft, Receipt
from services.eoffice.organisation_store import current_held
from services.eoffice.queries.references import Goal
from services.eoffice.schemas.approving import CancellingApproval
from services.eoffice.schemas.delegating import Delegating, TakingLeave
from services.eoffice.schemas.letters import Dispatching
from services.eoffice.schemas.noting import DraftSaving, DraftStep
from services.eoffice.schemas.organisation import Abolishing
from services.eoffice.schemas.receipts import StartingFile
from services.eoffice.sealing import act
from tests.integration.test_eoffice_contents import part
from tests.support.databases import service_database
from tests.support.eoffice import CE, JE, NOW, emptied
from tests.support.eoffice_keys import store_in
from tests.support.eoffice_letters import approved, nothing_is_sent
from tests.support.eoffice_moves import ADMIN, LAW, opened, take
from tests.support.part import wait_for
from tests.support.receipts import Desk

WAITING = (
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE wait_event_type = 'Lock' AND datname = current_database()"
)


@pytest.fixture
def sessions(postgres: Postgres) -> Iterator[sessionmaker[Session]]:
    with service_database(postgres, "eoffice") as found:
        yield emptied(found)


def wait_for_waiting(sessions, count):
    def waits():
        with sessions() as session:
            return session.connection().exec_driver_sql(WAITING).scalar() == count

    wait_for(waits, 20, f"{count} wait")


def doing(sessions, command, schema, by, asked):
    """A command of its own transaction, as a function."""
    loaded = schema().load(asked)

    def do():
        with sessions.begin() as session:
            return command(session, by, loaded, NOW)

    return do


@pytest.mark.parametrize(
    ("command", "schema", "by", "asked"),
    [
        (delegate, Delegating, CE, {"to": "roads-de", "what": ["works"]}),
        (
            *(take_leave, TakingLeave, JE),
            {"linked": "m.shinde3", "since": "2026-07-02", "until": "2026-07-05"},
        ),
    ],
)
def test_who_changes_the_organisation_waits_without_the_id_of_what_they_ask_for(
    sessions, command, schema, by, asked
):
    key = uuid7()
    changing = doing(sessions, command, schema, by, {**asked, "id": str(key)})
    with ThreadPoolExecutor(1) as pool:
        with sessions.begin() as session:
            current_held(session)
            changed = pool.submit(changing)
            wait_for_waiting(sessions, 1)
            one_at_a_time(session, key)
        assert changed.result(60).id == key


def test_who_starts_a_file_waits_without_the_receipt(sessions):
    desk = Desk(sessions)
    receipt = desk.diarise()
    desk.receive(desk.send(receipt, "roads-je"))
    asked = {"id": str(receipt.id), "file_id": str(uuid7()), "head": "tender"}
    starting = doing(sessions, start_file, StartingFile, JE, asked)
    ending = doing(sessions, abolish_post, Abolishing, ADMIN, {"code": "law"})
    with ThreadPoolExecutor(2) as pool:
        with sessions.begin() as session:
            current_held(session)
            ended = pool.submit(ending)
            wait_for_waiting(sessions, 1)
            started = pool.submit(starting)
            wait_for_waiting(sessions, 2)
            locked = select(Receipt.id).where(Receipt.id == receipt.id)
            assert session.scalar(locked.with_for_update(nowait=True)) == receipt.id
        assert ended.result(60)["code"] == "law"
        assert str(started.result(60)[1].id) == asked["file_id"]


def test_who_throws_a_draft_away_waits_for_its_file_without_the_draft(sessions):
    file = opened(sessions)
    asked = {"file_id": str(file.id), "markup": "x", "language": "en"}
    draft = doing(sessions, notes.save_draft, DraftSaving, JE, asked)()
    throwing = doing(sessions, notes.discard_draft, DraftStep, JE, {"id": str(draft.id)})
    with ThreadPoolExecutor(1) as pool:
        with sessions.begin() as session:
            load_locked(session, file.id)
            act(session, file.id, "file", "seen", None, NOW)
            thrown = pool.submit(throwing)
            wait_for_waiting(sessions, 1)
            locked = select(NoteDraft.id).where(NoteDraft.id == draft.id)
            assert session.scalar(locked.with_for_update(nowait=True)) == draft.id
        thrown.result(60)


def test_what_is_read_by_a_reference_is_told_by_the_files_ids():
    volumes = [uuid7() for _ in range(8)]
    papers = tuple(Correspondence(file_id=each) for each in (*volumes[4:], *volumes[:4], *volumes))
    assert Goal(File(), papers=papers).read == [(each, What.CONTENTS) for each in volumes]


@pytest.mark.parametrize("first", ["dispatch", "cancel"])
def test_an_approval_is_cancelled_before_a_letter_of_another_part_goes_out_or_not_at_all(
    sessions, tmp_path, first
):
    file = opened(sessions, CE)
    made = take(sessions, "approve", file, CE, now=NOW, power="works", amount_paise=5).approval
    letter = approved(sessions, part(sessions, file, LAW), LAW)
    outward = Outward(nothing_is_sent, Folder(tmp_path / "papers"), store_in(tmp_path))
    asked = {"id": str(letter.id), "version": 1, "channel": "post"}
    dispatching = (dispatch_letter, LAW, Dispatching().load(asked), NOW, outward)
    asked = {"id": str(file.id), "approval_id": str(made.id), "remark": "A slip"}
    cancelling = (cancel_approval, CE, CancellingApproval().load(asked), NOW)

    def done(command, *args):
        with sessions.begin() as session:
            return command(session, *args)

    now, then = (dispatching, cancelling) if first == "dispatch" else (cancelling, dispatching)
    with ThreadPoolExecutor(1) as pool:
        with sessions.begin() as session:
            now[0](session, *now[1:])
            waiting = pool.submit(done, *then)
            wait_for_waiting(sessions, 1)
        if first == "cancel":
            assert waiting.result(60)[0].number is not None
        else:
            with pytest.raises(Conflict, match="has gone out since"):
                waiting.result(60)
