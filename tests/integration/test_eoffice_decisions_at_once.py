"""Several who act on one file at one moment: each is done, or told what is legal now."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker
from uuid6 import uuid7

from palika.errors import Conflict, Forbidden, PalikaError
from services.eoffice.commands.approve import approve_file, refuse_file
from services.eoffice.commands.continue_file import next_volume, open_part
from services.eoffice.commands.delegate import delegate, revoke
from services.eoffice.commands.forward import forward_file
from services.eoffice.commands.hold import hold_file, lift_hold
from services.eoffice.commands.open_file import open_file
from services.eoffice.commands.read import read_file
from services.eoffice.commands.record_file import record_file
from services.eoffice.commands.submit import WAYS, submit
from services.eoffice.models import Approval, Delegation, File, Hold
from services.eoffice.schemas import Forwarding, Opening
from services.eoffice.schemas.approving import Approving, Refusing
from services.eoffice.schemas.delegating import Delegating, Revoking
from services.eoffice.schemas.filing import NextVolume, OpeningPart
from services.eoffice.schemas.moving import Reading
from services.eoffice.schemas.offline import Submitting
from services.eoffice.schemas.records import Holding, Lifting, RecordingFile
from tests.support.eoffice import CE, JE, NOW, emptied
from tests.support.eoffice_databases import database

__all__ = ["database"]

ARGS: dict[str, dict[str, Any]] = {
    "forward": {"to": "roads-de"},
    "follow_route": {"route": "no-such"},
    "mark": {"posts": ["law"], "question": "?"},
    "answer": {"answer": "!"},
    "park": {"wake_on": "2026-07-03", "reason": "x"},
    "reopen": {"remark": "x"},
    "set_priority": {"priority": "urgent"},
    "set_due": {"due_on": "2026-07-09"},
    "refuse": {"remark": "no"},
    "return_with_amount": {"power": "works", "amount_paise": 100, "remark": "x"},
}
STEPS: dict[str, tuple[Any, Any, str, dict[str, Any]]] = {
    name: (way.command, way.schema, way.about, ARGS.get(name, {}))
    for name, way in WAYS.items()
    if way.about == "id" and way.about_file
} | {
    "open": (read_file, Reading, "id", {}),
    "open_part": (open_part, OpeningPart, "file_id", {}),
    "next_volume": (next_volume, NextVolume, "file_id", {}),
    "record_file": (record_file, RecordingFile, "id", {}),
    "hold_file": (hold_file, Holding, "file_id", {"kind": "audit", "remark": "x"}),
}
"""Every command that is about a file which is there: with what it is asked."""


@pytest.fixture
def sessions(database: sessionmaker[Session]) -> sessionmaker[Session]:
    return emptied(database)


def opened(sessions) -> File:
    with sessions.begin() as session:
        return open_file(session, JE, Opening().load({"subject": "रस्ता"}), NOW)


def refuse(sessions, file) -> None:
    with sessions.begin() as session:
        refuse_file(session, JE, Refusing().load({"id": str(file.id), "remark": "no"}), NOW)


@pytest.mark.parametrize("name", sorted(STEPS))
def test_what_another_has_changed_since_the_file_was_read_is_read_again(sessions, name):
    command, schema, about, args = STEPS[name]
    file = opened(sessions)
    loaded = schema().load({about: str(file.id), **args})
    with sessions() as session:
        read = session.get(File, file.id)
        session.commit()
        # Read in this transaction, and changed by another before it is locked in this one.
        session.refresh(read)
        refuse(sessions, file)
        try:
            command(session, JE, loaded, NOW)
            session.commit()
        except PalikaError:
            session.rollback()
        assert read.version >= 2


@pytest.mark.parametrize(
    "name", sorted(each for each, (_, schema, *_) in STEPS.items() if "version" in schema().fields)
)
def test_who_had_read_the_file_before_another_decided_is_told_so(sessions, name):
    command, schema, about, args = STEPS[name]
    file = opened(sessions)
    loaded = schema().load({about: str(file.id), "version": 1, **args})
    with sessions.begin() as session:
        session.get(File, file.id)
        refuse(sessions, file)
        with pytest.raises((Conflict, Forbidden)):
            command(session, JE, loaded, NOW)


def at_once(sessions, *asked) -> list[Any]:
    """What each ``(command, schema, args)`` of the junior engineer gives, all begun together."""
    ready = Barrier(len(asked))

    def do(each):
        command, schema, args = each
        loaded = schema().load(args)
        ready.wait(20)
        try:
            with sessions.begin() as session:
                return command(session, JE, loaded, NOW)
        except PalikaError as error:
            return error

    with ThreadPoolExecutor(len(asked)) as pool:
        return list(pool.map(do, asked))


@pytest.mark.parametrize("round", range(3))
@pytest.mark.parametrize(
    ("command", "schema", "args"),
    [
        (approve_file, Approving, {"remark": "yes"}),
        (refuse_file, Refusing, {"remark": "no"}),
    ],
)
def test_of_three_who_decide_on_what_they_read_one_does(sessions, command, schema, args, round):
    file = opened(sessions)
    asked = (command, schema, {"id": str(file.id), "version": 1, **args})
    told = at_once(sessions, asked, asked, asked)
    lost = [each for each in told if isinstance(each, PalikaError)]
    assert len(lost) == 2, told
    assert {type(each) for each in lost} == {Conflict}
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(Approval)) == 1


@pytest.mark.parametrize("round", range(3))
def test_a_refusal_beside_a_forwarding_is_done_before_it_or_told_who_has_the_file(sessions, round):
    file = opened(sessions)
    refusing = (refuse_file, Refusing, {"id": str(file.id), "remark": "no"})
    forwarding = (forward_file, Forwarding, {"id": str(file.id), "to": "roads-de"})
    refused, forwarded = at_once(sessions, refusing, forwarding)
    assert not isinstance(forwarded, PalikaError)
    if isinstance(refused, PalikaError):
        assert isinstance(refused, Forbidden)
        assert refused.details["held_by"] == "roads-de"
        assert "pull_back" in refused.details["legal"]


@pytest.mark.parametrize("round", range(3))
def test_of_three_desks_that_submit_at_once_each_is_told_what_became_of_its_acts(sessions, round):
    file = opened(sessions)
    ready = Barrier(3)

    def do(_):
        args = {"remark": "no", "version": 1}
        acts = [{"id": str(uuid7()), "file_id": str(file.id), "method": "refuse", "args": args}]
        asked = Submitting().load({"acts": acts})
        ready.wait(20)
        return [each.shown() for each in submit(sessions.begin, JE, asked, NOW)]

    with ThreadPoolExecutor(3) as pool:
        told = list(pool.map(do, range(3)))
    assert sorted(each["status"] for (each,) in told) == ["conflict", "conflict", "done"]


def test_what_is_lifted_or_revoked_by_another_meanwhile_stays_so(sessions):
    file = opened(sessions)
    with sessions.begin() as session:
        asked = {"file_id": str(file.id), "kind": "audit", "remark": "x"}
        hold = hold_file(session, JE, Holding().load(asked), NOW)
        asked = {"to": "roads-de", "what": ["works"]}
        given = delegate(session, CE, Delegating().load(asked), NOW)
    lifting = Lifting().load({"id": str(hold.id), "remark": "over"})
    revoking = Revoking().load({"id": str(given.id)})
    with sessions.begin() as session:
        seen = session.get(Hold, hold.id), session.get(Delegation, given.id)
        with sessions.begin() as other:
            first = lift_hold(other, CE, lifting, NOW), revoke(other, CE, revoking, NOW)
        again = lift_hold(session, CE, lifting, NOW), revoke(session, CE, revoking, NOW)
    assert again == seen
    assert [each.rev for each in again] == [each.rev for each in first] == [2, 2]


def test_what_is_held_for_a_reason_is_not_held_for_it_again(sessions):
    file = opened(sessions)
    asked = {"file_id": str(file.id), "kind": "audit", "remark": "CAG"}
    first, second = at_once(sessions, *[(hold_file, Holding, asked)] * 2)
    assert first.id == second.id
    (other,) = at_once(sessions, (hold_file, Holding, {**asked, "remark": "Local fund"}))
    assert other.id != first.id
    with sessions.begin() as session:
        lift_hold(session, CE, Lifting().load({"id": str(first.id), "remark": "over"}), NOW)
    (again,) = at_once(sessions, (hold_file, Holding, asked))
    assert again.id not in (first.id, other.id)


def test_what_is_delegated_is_not_delegated_again_until_it_is_revoked(sessions):
    asked = {"to": "roads-de", "what": ["works"], "until": "2026-07-05"}

    def given(now=NOW, **more):
        with sessions.begin() as session:
            return delegate(session, CE, Delegating().load({**asked, **more}), now).id

    first = given()
    assert given() == first == given(NOW + timedelta(days=1)) == given(since="2026-07-01")
    assert given(until="2026-07-06") != first != given(most_paise=100)
    with sessions.begin() as session:
        revoke(session, CE, Revoking().load({"id": str(first)}), NOW)
    assert given() != first
