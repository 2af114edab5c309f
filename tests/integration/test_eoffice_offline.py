"""What a desk did while it was away is done when it is back, once, and what cannot be is told."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from marshmallow import ValidationError
from sqlalchemy import func, select, text
from uuid6 import uuid7

from palika.local.processes import until
from services.eoffice.commands.approve import approve_file
from services.eoffice.commands.forward import forward_file
from services.eoffice.commands.note import save_draft
from services.eoffice.commands.open_file import open_file
from services.eoffice.commands.submit import WAYS, submit
from services.eoffice.models import Act, Approval, File, Movement, Note, NoteDraft
from services.eoffice.schemas import Forwarding, Opening
from services.eoffice.schemas.approving import Approving
from services.eoffice.schemas.noting import DraftSaving
from services.eoffice.schemas.offline import METHODS, MOST_ACTS, Submitting
from services.eoffice.sealing import city_keys_of_record
from services.eoffice.sealing.verify import verify
from tests.support.eoffice import CE, CLERK, DE, JE, NOW, PORTAL
from tests.support.eoffice_databases import database as database
from tests.support.eoffice_databases import sessions as sessions
from tests.support.receipts import Desk

BODY = "दुरुस्ती आवश्यक आहे."


def one(method: str, file: object, key: str | None = None, **args: Any) -> dict[str, Any]:
    """An act of the desk's."""
    return {"id": key or str(uuid7()), "file_id": str(file), "method": method, "args": args}


def sent(sessions, acts, by=JE, **more) -> list[dict[str, Any]]:
    asked = Submitting().load({"acts": acts, **more})
    return [each.shown() for each in submit(sessions.begin, by, asked, NOW)]


def statuses(told) -> list[str]:
    return [each["status"] for each in told]


def opened(sessions, by=JE, **args) -> File:
    with sessions.begin() as session:
        return open_file(session, by, Opening().load({"subject": "रस्ता", **args}), NOW)


def forward(sessions, file, to, by=JE) -> None:
    with sessions.begin() as session:
        forward_file(session, by, Forwarding().load({"id": str(file.id), "to": to}), NOW)


def whole(sessions) -> dict[str, Any]:
    """Everything there is, but for the acts: what a second sending must not change."""
    with sessions() as session:
        tables = ("file", "movement", "note", "note_draft", "outbox", "act", "chain", "counter")
        return {
            name: sorted(session.scalars(text(f"SELECT CAST(row AS text) FROM {name} AS row")))
            for name in tables
        }


def a_day(file: str) -> list[dict[str, Any]]:
    """A file opened, a note written, saved twice, made green, and the file put up."""
    draft = str(uuid7())
    return [
        one("open_file", file, subject="पदपथ"),
        one("save_draft", file, id=draft, markup="दुरुस्ती"),
        one("save_draft", file, id=draft, markup=BODY, version=1),
        one("confirm_note", file, id=draft),
        one("put_up", file, remark="मंजुरीसाठी"),
    ]


def test_a_day_away_is_done_in_its_order_when_the_desk_is_back(sessions):
    file = str(uuid7())
    told = sent(sessions, a_day(file))
    assert statuses(told) == ["done"] * 5
    assert not any(each["repeated"] for each in told)
    assert told[0]["result"]["number"].startswith("ROADS/EST/")
    assert (told[3]["result"]["number"], told[3]["result"]["markup"]) == (1, BODY)
    assert told[4]["result"]["held_by"] == "roads-de"
    findings: list[Any] = []
    with sessions() as session:
        verify(session, city_keys_of_record(), findings.append)
    assert findings == []


def test_asked_again_it_changes_nothing_and_tells_how_it_is_by_now(sessions):
    file = str(uuid7())
    acts = a_day(file)
    sent(sessions, acts)
    before = whole(sessions)
    told = sent(sessions, acts)
    assert whole(sessions) == before
    assert [(each["status"], each["repeated"]) for each in told] == [("done", True)] * 5
    # Of the draft there is the note that it became.
    assert [each["result"].get("number") for each in told[1:4]] == [1, 1, 1]
    # And when the file has gone on meanwhile.
    forward(sessions, File(id=file), "accounts", DE)
    told = sent(sessions, acts)
    assert (told[4]["status"], told[4]["result"]["held_by"]) == ("done", "accounts")


def test_sent_at_one_instant_from_two_windows_it_is_done_once(sessions):
    file = str(uuid7())
    acts = a_day(file)
    start = threading.Barrier(3)

    def send(_):
        start.wait()
        return sent(sessions, acts)

    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(send, range(3)))
    assert all(statuses(each) == ["done"] * 5 for each in answers)
    for at in range(5):
        assert sorted(each[at]["repeated"] for each in answers) == [False, True, True]
    with sessions() as session:
        counts = [
            session.scalar(select(func.count()).select_from(each))
            for each in (File, Movement, Note)
        ]
    assert counts == [1, 1, 1]


def test_what_was_cut_off_in_the_middle_goes_on_where_it_stopped(sessions):
    acts = a_day(str(uuid7()))
    sent(sessions, acts[:3])
    told = sent(sessions, acts)
    assert [each["repeated"] for each in told] == [True, True, True, False, False]


def test_a_conflict_shows_both_versions_and_stops_that_file_only(sessions):
    mine, other = opened(sessions), opened(sessions)
    with sessions.begin() as session:
        asked = {"file_id": str(mine.id), "id": str(uuid7()), "markup": "एक"}
        draft = save_draft(session, JE, DraftSaving().load(asked), NOW)
    with sessions.begin() as session:
        # At the office, in another window.
        again = asked | {"markup": "दोन", "version": 1}
        save_draft(session, JE, DraftSaving().load(again), NOW)
    acts = [
        one("save_draft", mine.id, id=str(draft.id), markup="तीन", version=1),
        one("forward", mine.id, to="accounts"),
        one("forward", other.id, to="accounts"),
        one("put_up", mine.id),
    ]
    told = sent(sessions, acts)
    assert statuses(told) == ["conflict", "waiting", "done", "waiting"]
    assert {name: told[0]["error"]["details"][name] for name in ("version", "expected")} == {
        "version": 2,
        "expected": 1,
    }
    assert told[0]["now"]["markup"] == "दोन"
    assert told[1]["because"] == told[3]["because"] == acts[0]["id"]
    with sessions() as session:
        assert session.get_one(File, mine.id).held_by == "roads-je"
        assert session.get_one(NoteDraft, draft.id).markup == "दोन"
    # The officer has decided: the same text upon the version that is there, under a new act.
    acts[0] = one("save_draft", mine.id, id=str(draft.id), markup="तीन", version=2)
    told = sent(sessions, acts)
    assert statuses(told)[:3] == ["done", "done", "done"]
    assert (told[2]["repeated"], told[3]["status"]) == (True, "refused")


def test_a_file_that_has_gone_on_meanwhile_is_a_conflict_or_refused_with_the_reason(sessions):
    stale, gone = opened(sessions), opened(sessions)
    forward(sessions, gone, "accounts")
    told = sent(
        sessions,
        [
            one("forward", stale.id, to="law", version=9),
            one("forward", gone.id, to="law"),
        ],
    )
    assert statuses(told) == ["conflict", "refused"]
    assert told[0]["error"]["details"] == {"version": 1, "expected": 9}
    assert told[0]["now"]["version"] == 1
    assert told[1]["error"]["code"] == "forbidden"
    assert told[1]["error"]["details"]["held_by"] == "accounts"


def test_one_id_for_something_else_is_a_conflict_that_names_what(sessions):
    file, key = opened(sessions), str(uuid7())
    assert statuses(sent(sessions, [one("set_priority", file.id, key, priority="urgent")])) == [
        "done"
    ]
    for differs, act in (
        (["args"], one("set_priority", file.id, key, priority="ordinary")),
        (["args", "method"], one("put_up", file.id, key)),
    ):
        (told,) = sent(sessions, [act])
        assert (told["status"], told["error"]["details"]["differs"]) == ("conflict", differs)
    again = [one("set_priority", file.id, key, priority="urgent")]
    (told,) = sent(sessions, again, PORTAL, post="roads-de")
    assert (told["status"], told["error"]["details"]["differs"]) == ("conflict", ["post"])


def test_a_step_that_had_arrived_after_all_is_not_taken_again(sessions):
    file, key = opened(sessions), str(uuid7())
    with sessions.begin() as session:
        asked = Forwarding().load({"id": str(file.id), "to": "accounts", "step": key})
        forward_file(session, JE, asked, NOW)
    (told,) = sent(sessions, [one("forward", file.id, key, to="accounts")])
    assert told["status"] == "done"
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(Movement)) == 1


@pytest.mark.parametrize(
    ("method", "args", "field"),
    [
        ("forward", {"to": "accounts", "more": 1}, "more"),
        ("forward", {}, "to"),
        ("forward", {"to": "accounts", "step": str(uuid7())}, "step"),
        ("forward", {"to": "accounts", "id": str(uuid7())}, "id"),
        ("forward", {"to": "accounts", "post": "roads-de"}, "post"),
        ("forward", {"to": "moon"}, "to"),
        ("save_draft", {"markup": "x"}, "id"),
        ("draft_letter", {"to_name": "x"}, "id"),
        ("take_back_note", {"id": str(uuid7())}, "draft_id"),
        ("open_file", {"subject": "x", "public": True, "secrecy": "secret"}, "public"),
    ],
)
def test_what_breaks_a_rule_is_refused_and_says_which(sessions, method, args, field):
    file = uuid7() if method == "open_file" else opened(sessions).id
    (told,) = sent(sessions, [one(method, file, **args)], post="roads-je")
    assert (told["status"], told["error"]["code"]) == ("refused", "invalid")
    assert list(told["error"]["details"]) == [field]


def test_a_draft_of_another_file_is_not_made_green_by_an_act_on_this_one(sessions):
    mine, other = opened(sessions), opened(sessions)
    draft = str(uuid7())
    told = sent(
        sessions,
        [
            one("save_draft", other.id, id=draft, markup=BODY),
            one("confirm_note", mine.id, id=draft),
        ],
    )
    assert statuses(told) == ["done", "refused"]
    assert list(told[1]["error"]["details"]) == ["file_id"]


def test_of_a_file_that_may_not_be_read_nothing_is_told(sessions):
    secret = opened(sessions, CE, secrecy="secret")
    acts = [
        one("save_draft", secret.id, id=str(uuid7()), markup="x"),
        one("open_file", secret.id, subject="guessed"),
    ]
    for act in acts:
        (told,) = sent(sessions, [act], CLERK)
        assert told["status"] in ("refused", "conflict")
        assert told.get("now") is None
        assert "roads-ce" not in str(told["error"])


def test_an_id_that_is_of_something_else_is_a_conflict_and_stops_nothing_but_that(sessions):
    receipt = Desk(sessions).diarise()
    other = str(uuid7())
    told = sent(
        sessions,
        [one("open_file", receipt.id, subject="x"), one("open_file", other, subject="y")],
    )
    assert statuses(told) == ["conflict", "done"]
    assert told[0]["error"]["details"]["kind"] == "receipt"
    assert told[0]["now"] is None


def test_letters_and_decisions_are_done_away_too(sessions):
    file, letter = opened(sessions, DE), str(uuid7())
    acts = [
        one("draft_letter", file.id, id=letter, to_name="A", body="एक"),
        one("revise_letter", file.id, id=letter, body="दोन", version=1),
        one("approve", file.id, power="works", amount_paise=500),
    ]
    told = sent(sessions, acts, DE)
    assert statuses(told) == ["done"] * 3
    assert (told[1]["result"]["version"], told[1]["result"]["body"]) == (2, "दोन")
    before = whole(sessions)
    assert all(each["repeated"] for each in sent(sessions, acts, DE))
    assert whole(sessions) == before


def test_a_decision_away_is_answered_as_the_method_answers(sessions):
    mine, above = opened(sessions, DE), opened(sessions, DE)
    acts = [
        one("approve", mine.id, power="works", amount_paise=500),
        one("approve", above.id, power="works", amount_paise=50_000_000, route=True),
    ]
    for repeated in (False, True):
        approved, routed = (each["result"] for each in sent(sessions, acts, DE))
        assert approved["approval"]["amount_paise"] == 500, repeated
        assert (approved["file"]["id"], approved["routed_to"]) == (str(mine.id), None)
        # Nothing was approved: who may has the file.
        assert (routed["approval"], routed["routed_to"]) == (None, "roads-ce")


def test_a_conflict_shows_nothing_of_another_file_or_desk(sessions):
    file = opened(sessions)
    secret, draft, letter = opened(sessions, CE, secrecy="secret"), str(uuid7()), str(uuid7())
    sent(
        sessions,
        [
            one("save_draft", secret.id, id=draft, markup="Of the raid"),
            one("draft_letter", secret.id, id=letter, to_name="A", body="Of the raid"),
        ],
        CE,
    )
    for act in (
        one("save_draft", file.id, id=draft, markup="x"),
        one("draft_letter", file.id, id=letter, to_name="A", body="x"),
    ):
        (told,) = sent(sessions, [act])
        assert (told["status"], told["now"]) == ("conflict", None)


def test_a_decision_that_is_asked_for_again_meanwhile_waits_and_is_made_once(sessions):
    file, key = opened(sessions, DE), str(uuid7())
    asked = Approving().load({"id": str(file.id), "decision_id": key})

    def at_the_office() -> Approval | None:
        with sessions.begin() as session:
            return approve_file(session, DE, asked, NOW).approval

    with ThreadPoolExecutor(2) as pool:
        with sessions.begin() as holding:
            holding.get(File, file.id, with_for_update=True)
            first = pool.submit(at_the_office)
            assert until(lambda: waiting(sessions) == 1, 20)
            second = pool.submit(sent, sessions, [one("approve", file.id, key)], DE)
            assert until(lambda: waiting(sessions) == 2, 20)
        made, (told,) = first.result(), second.result()
    assert (str(made.id), told["status"]) == (key, "done")
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(Approval)) == 1


def waiting(sessions) -> int:
    """How many wait for a lock."""
    with sessions() as session:
        asked = (
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        return session.scalar(text(asked))


def test_the_record_says_when_it_was_done_away(sessions):
    file = opened(sessions)
    act = one("put_up", file.id) | {"made_at": "2026-06-30T12:00:00Z"}
    sent(sessions, [act])
    with sessions() as session:
        last = select(Act).where(Act.chain_id == file.id).order_by(Act.position.desc()).limit(1)
        away = session.scalars(last).one().data["away"]
    assert (away["id"], away["method"], away["made_at"][:16]) == (
        *(act["id"], "put_up", "2026-06-30T12:00"),
    )


def test_the_contract_names_what_there_is():
    assert set(WAYS) == set(METHODS)
    key = str(uuid7())
    for acts in (
        [],
        [one("verify", key)],
        [one("wake", key, key), one("wake", key, key)],
        [one("wake", key) for _ in range(MOST_ACTS + 1)],
    ):
        with pytest.raises(ValidationError):
            Submitting().load({"acts": acts})
