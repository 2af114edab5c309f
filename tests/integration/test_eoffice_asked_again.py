"""What is asked twice under an id of the caller's own is done once, also at one instant."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session, sessionmaker
from uuid6 import uuid7

from palika.errors import Conflict, Invalid
from services.eoffice.commands.approve import approve_file, refuse_file
from services.eoffice.commands.delegate import delegate, revoke
from services.eoffice.commands.hold import hold_file, lift_hold
from services.eoffice.commands.leave import end_leave, take_leave
from services.eoffice.commands.open_file import open_file
from services.eoffice.commands.return_with_amount import return_with_amount
from services.eoffice.commands.routes import save_route
from services.eoffice.models import Act, Approval, Delegation, File, Leave, Movement, Route
from services.eoffice.models.seal import ASKED
from services.eoffice.schemas import Opening
from services.eoffice.schemas.approving import Approving, Refusing, ReturningWithAmount
from services.eoffice.schemas.delegating import Delegating, EndingLeave, Revoking, TakingLeave
from services.eoffice.schemas.moving import SavingRoute
from services.eoffice.schemas.records import Holding, Lifting
from tests.support.eoffice import CE, DE, JE, NOW, emptied
from tests.support.eoffice_databases import database
from tests.support.eoffice_moves import take

__all__ = ["database"]

AT_ONCE = 6


@pytest.fixture
def sessions(database: sessionmaker[Session]) -> sessionmaker[Session]:
    return emptied(database)


def opened(sessions) -> File:
    with sessions.begin() as session:
        return open_file(session, DE, Opening().load({"subject": "पदपथ दुरुस्ती"}), NOW)


def _delegate(session, key, file, other):
    asked = {"id": key, "to": "roads-je", "what": ["works"], "until": "2026-07-20"}
    return delegate(
        session, CE, Delegating().load(asked | ({"most_paise": 5} if other else {})), NOW
    )


def _leave(session, key, file, other):
    asked = {"id": key, "linked": "a.jadhav2", "since": "2026-08-03", "until": "2026-08-07"}
    asked |= {"until": "2026-08-08"} if other else {}
    return take_leave(session, DE, TakingLeave().load(asked), NOW)


def _approve(session, key, file, other):
    asked = {"id": str(file.id), "decision_id": key, "power": "works", "amount_paise": 500}
    asked |= {"amount_paise": 501} if other else {}
    return approve_file(session, DE, Approving().load(asked), NOW).approval


def _refuse(session, key, file, other):
    asked = {"id": str(file.id), "decision_id": key, "remark": "नाही" if other else "no"}
    return refuse_file(session, DE, Refusing().load(asked), NOW).approval


def _open(session, key, file, other):
    asked = {"id": key, "subject": "Another" if other else "Estimate"}
    return open_file(session, JE, Opening().load(asked), NOW)


def _route(session, key, file, other):
    desks = [{"post": "roads-de", "days": 2 if other else 1}]
    return save_route(
        session, JE, SavingRoute().load({"id": key, "name": "x", "desks": desks}), NOW
    )


EVERY: dict[str, tuple[Callable[..., Any], type[Any], list[str]]] = {
    "delegate": (_delegate, Delegation, ["most_paise"]),
    "take_leave": (_leave, Leave, ["until"]),
    "approve": (_approve, Approval, ["amount_paise"]),
    "refuse": (_refuse, Approval, ["remark"]),
    "open_file": (_open, File, ["subject"]),
    "save_route": (_route, Route, ["desks"]),
}


@pytest.mark.parametrize("name", EVERY)
def test_many_calls_at_one_instant_with_the_same_new_id_make_one(sessions, name):
    call, model, differs = EVERY[name]
    key, file = str(uuid7()), opened(sessions)
    start = threading.Barrier(AT_ONCE)

    def ask(_):
        start.wait()
        with sessions.begin() as session:
            return call(session, key, file, other=False).id

    with ThreadPoolExecutor(AT_ONCE) as pool:
        made = list(pool.map(ask, range(AT_ONCE)))
    assert {str(each) for each in made} == {key}
    with sessions() as session:
        there = select(func.count()).select_from(model).where(model.id == key)
        acts = select(func.count()).where(
            func.jsonb_exists(Act.rows, f"{model.__tablename__}:{key}")
        )
        assert (session.scalar(there), session.scalar(acts)) == (1, 1)
    said = "was asked for before with other content"
    with pytest.raises(Conflict, match=said) as refused, sessions.begin() as session:
        call(session, key, file, other=True)
    assert refused.value.details == {"id": key, "differs": differs}


def test_one_decision_id_on_two_files_at_one_instant_is_of_one_of_them(sessions):
    key, files = str(uuid7()), [opened(sessions), opened(sessions)]
    start = threading.Barrier(2)

    def ask(file):
        start.wait()
        try:
            with sessions.begin() as session:
                return _approve(session, key, file, other=False).file_id
        except Conflict as error:
            return error.details["differs"]

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(ask, files))
    assert ["file_id"] in answers
    assert len([each for each in answers if each in [file.id for file in files]]) == 1


def test_an_approval_that_was_routed_is_routed_once(sessions):
    file, key = opened(sessions), str(uuid7())
    asked = {"id": str(file.id), "decision_id": key, "power": "works", "route": True}

    def ask(paise):
        args = Approving().load(asked | {"amount_paise": paise, "remark": "पहा"})
        with sessions.begin() as session:
            return approve_file(session, DE, args, NOW)

    first, again = ask(4_00_000_00), ask(4_00_000_00)
    assert (first.routed_to, again.routed_to, again.approval) == ("roads-ce", "roads-ce", None)
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(Movement)) == 1
    with pytest.raises(Conflict) as refused:
        ask(4_00_001_00)
    assert refused.value.details["differs"] == ["amount_paise"]


def test_a_delegation_from_today_is_the_same_tomorrow_and_a_leave_that_ended_early_too(sessions):
    key, leave = str(uuid7()), str(uuid7())
    asked = Delegating().load({"id": key, "to": "roads-je", "what": ["works"]})
    away = TakingLeave().load(
        {"id": leave, "linked": "a.jadhav2", "since": "2026-09-01", "until": "2026-09-09"}
    )
    for day in (0, 1):
        with sessions.begin() as session:
            assert str(delegate(session, CE, asked, NOW + timedelta(days=day)).id) == key
            take_leave(session, DE, away, NOW + timedelta(days=day))
    with sessions.begin() as session:
        end_leave(session, DE, EndingLeave().load({"id": leave}), NOW + timedelta(days=65))
    with sessions.begin() as session:
        found = take_leave(session, DE, away, NOW + timedelta(days=65))
        assert (str(found.id), found.until.isoformat()) == (leave, "2026-09-03")


@pytest.mark.parametrize("grade", ["confidential", "secret", "top_secret"])
def test_a_file_of_a_grade_of_secrecy_is_not_public(sessions, grade):
    asked = Opening().load({"subject": "x", "secrecy": grade, "public": True})
    with pytest.raises(Invalid) as refused, sessions.begin() as session:
        open_file(session, DE, asked, NOW)
    assert refused.value.fields == {"public": [f"a {grade} file is not public"]}


def test_the_id_of_one_step_is_not_taken_for_another_step_of_the_same_content(sessions):
    file, key = opened(sessions), str(uuid7())
    take(sessions, "park", file, DE, wake_on="2026-07-09", reason="x")
    take(sessions, "wake", file, DE, step=key)
    with pytest.raises(Conflict) as refused:
        take(sessions, "close", file, DE, step=key)
    assert refused.value.details["differs"] == ["step"]
    assert take(sessions, "wake", file, DE, step=key).state == "open"


def test_what_was_asked_is_compared_and_its_text_is_not_kept_in_the_record(sessions):
    file, key = opened(sessions), str(uuid7())
    asked = {"decision_id": key, "power": "works", "amount_paise": 50_000_000, "route": True}
    loaded = Approving().load({"id": str(file.id), "remark": "Of the raid", **asked})
    take(sessions, "mark", file, DE, posts=["law"], question="Of the raid?", step=str(uuid7()))
    with sessions.begin() as session:
        assert approve_file(session, DE, loaded, NOW).routed_to == "roads-ce"
    with sessions() as session:
        acts = session.scalars(select(Act).where(Act.chain_id == file.id)).all()
    assert [each.verb for each in acts] == ["opened", "marked", "forwarded", "routed"]
    # Acts outlive a file that is weeded.
    assert "raid" not in str([each.data for each in acts])
    with pytest.raises(Conflict) as refused, sessions.begin() as session:
        approve_file(session, DE, loaded | {"remark": "Of another"}, NOW)
    assert refused.value.details["differs"] == ["remark"]


def test_a_step_back_is_not_taken_for_a_decision(sessions):
    file, key = opened(sessions), str(uuid7())
    take(sessions, "forward", file, DE, to="roads-ce")
    take(sessions, "send_back", file, CE, step=key, to="roads-de", remark="x")
    take(sessions, "forward", file, DE, to="roads-ce")
    asked = {"id": str(file.id), "decision_id": key, "to": "roads-de", "remark": "x"}
    asked |= {"power": "works", "amount_paise": 5}
    with pytest.raises(Conflict) as refused, sessions.begin() as session:
        return_with_amount(session, CE, ReturningWithAmount().load(asked), NOW)
    assert refused.value.details["differs"] == ["decision"]
    with sessions() as session:
        assert session.get_one(File, file.id).held_by == "roads-ce"


def test_the_id_of_a_step_on_another_file_is_of_something_else(sessions):
    key, mine, other = str(uuid7()), opened(sessions), opened(sessions)
    take(sessions, "forward", mine, DE, to="accounts", step=key)
    for step, said in (("forward", {"to": "accounts"}), ("priority", {"priority": "urgent"})):
        with pytest.raises(Conflict) as refused:
            take(sessions, step, other, DE, step=key, **said)
        assert refused.value.details == {"id": key, "differs": ["file_id"]}
    assert take(sessions, "forward", mine, DE, to="accounts", step=key).held_by == "accounts"
    assert take(sessions, "forward", other, DE, to="accounts").held_by == "accounts"


def test_one_step_id_on_two_files_at_one_instant_is_of_one_of_them(sessions):
    key, files = str(uuid7()), [opened(sessions), opened(sessions)]
    start = threading.Barrier(2)

    def ask(file):
        start.wait()
        try:
            return [take(sessions, "forward", file, DE, to="accounts", step=key).number]
        except Conflict as error:
            return error.details["differs"]

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(ask, files))
    assert ["file_id"] in answers
    assert len([each for each in answers if each != ["file_id"]]) == 1


def test_the_id_of_a_routed_approval_on_another_file_is_of_something_else(sessions):
    key, mine, other = str(uuid7()), opened(sessions), opened(sessions)
    asked = {"decision_id": key, "power": "works", "amount_paise": 4 * 100_000_00, "route": True}
    for file in (mine, mine):
        with sessions.begin() as session:
            done = approve_file(session, DE, Approving().load(asked | {"id": str(file.id)}), NOW)
        assert done.routed_to == "roads-ce"
    with pytest.raises(Conflict) as refused, sessions.begin() as session:
        approve_file(session, DE, Approving().load(asked | {"id": str(other.id)}), NOW)
    assert refused.value.details == {"id": key, "differs": ["file_id"]}


def test_an_id_of_the_callers_is_looked_up_by_its_index(sessions):
    with sessions() as session:
        session.execute(text("SET LOCAL enable_seqscan = off"))
        for name, said in ASKED.items():
            wanted = f"EXPLAIN SELECT 1 FROM act WHERE {said.text} = 'x'"
            assert f"ix_act_{name}" in "".join(session.scalars(text(wanted)))


def test_a_hold_asked_again_by_its_id_is_what_it_was_answered_with_lifted_or_not(sessions):
    file, first, second = opened(sessions), str(uuid7()), str(uuid7())

    def hold(key, **more):
        asked = {"id": key, "file_id": str(file.id), "kind": "court", "remark": "Suit 1", **more}
        with sessions.begin() as session:
            return hold_file(session, DE, Holding().load(asked), NOW)

    def acts():
        with sessions() as session:
            return session.scalars(select(Act.verb).where(Act.chain_id == file.id)).all()

    # The second was held already when it was asked for; that answer was lost.
    assert [str(hold(key).id) for key in (first, second)] == [first, first]
    with sessions.begin() as session:
        lift_hold(session, CE, Lifting().load({"id": first, "remark": "Over"}), NOW)
    before = acts()
    for key in (first, second):
        again = hold(key)
        assert (str(again.id), again.lifted_by) == (first, "roads-ce")
        with pytest.raises(Conflict) as refused:
            hold(key, remark="Suit 2")
        assert refused.value.details == {"id": key, "differs": ["remark"]}
    assert acts() == before
    assert str(hold(str(uuid7())).id) not in (first, second)


def test_a_delegation_asked_again_by_its_id_is_what_it_was_answered_with_revoked_or_not(sessions):
    first, second = str(uuid7()), str(uuid7())

    def give(key, day=0, **more):
        asked = {"id": key, "to": "roads-je", "what": ["works"], "most_paise": 11, **more}
        with sessions.begin() as session:
            return delegate(session, CE, Delegating().load(asked), NOW + timedelta(days=day))

    assert [str(give(key).id) for key in (first, second)] == [first, first]
    with sessions.begin() as session:
        revoke(session, CE, Revoking().load({"id": first}), NOW)
    for key in (first, second):
        # "From today" is the same on another day.
        again = give(key, day=1)
        assert (str(again.id), again.revoked_at) == (first, NOW)
        with pytest.raises(Conflict) as refused:
            give(key, most_paise=12)
        assert refused.value.details == {"id": key, "differs": ["most_paise"]}
    # What is meant anew has a new id.
    assert str(give(str(uuid7())).id) not in (first, second)
