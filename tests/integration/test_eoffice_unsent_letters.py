"""A letter that notify does not take, or cannot send, is not lost from sight."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session, sessionmaker

from palika.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable, Unexpected
from palika.store import Folder
from services.eoffice.commands import send_letter as sending
from services.eoffice.commands.issue_letter import Outward
from services.eoffice.models import File
from services.eoffice.organisation_store import current
from services.eoffice.queries import desk
from services.eoffice.queries import letters as letter_queries
from services.eoffice.schemas.moving import Paging
from tests.support.eoffice import NOW, emptied
from tests.support.eoffice_databases import database
from tests.support.eoffice_keys import store_in
from tests.support.eoffice_letters import (
    OFFICE,
    approved,
    dispatch,
    nothing_is_sent,
    now_of,
    opened,
)
from tests.support.eoffice_moves import take, verbs
from tests.support.eoffice_reports import asked, rows

__all__ = ["database"]


@pytest.fixture
def sessions(database: sessionmaker[Session], tmp_path: Path) -> sessionmaker[Session]:
    OFFICE.papers, OFFICE.keys = Folder(tmp_path / "papers"), store_in(tmp_path)
    return emptied(database)


def raising(error):
    def send(**message):
        raise error

    return send


def answering(**answer):
    return lambda **message: {"id": "delivery-1", **answer}


AWAY = raising(Unavailable("notify does not answer"))
REFUSES = raising(Invalid("not an Indian mobile", {"phone": ["must be an Indian mobile number"]}))


def waiting(sessions, file=None, channel="sms"):
    """A letter that has its number, and that notify has not taken."""
    to = {"to_phone": "9876543210", "to_email": "m.jadhav@example.com"}
    letter = approved(sessions, file or opened(sessions), **to)
    with pytest.raises(Unavailable):
        dispatch(sessions, letter, channel=channel, send=AWAY)
    return letter


def send_those_that_wait(sessions, send):
    outward = Outward(send, OFFICE.papers, OFFICE.keys)
    return sending.send_waiting(sessions.begin, outward, lambda: NOW, lambda: False)


def standing(sessions, letter):
    there = now_of(sessions, letter)
    return there.state, there.channel


@pytest.mark.parametrize("error", [Unexpected("?"), NotFound("no template"), Forbidden("no")])
def test_an_error_that_says_nothing_of_the_letter_is_no_refusal(sessions, error):
    letter = waiting(sessions)
    assert send_those_that_wait(sessions, raising(error)) == 0
    assert standing(sessions, letter) == ("sending", "sms")
    assert send_those_that_wait(sessions, answering()) == 1
    assert standing(sessions, letter) == ("dispatched", "sms")


def test_what_another_channel_has_taken_is_not_mistaken_for_this_one(sessions):
    letter, taken = waiting(sessions), []
    with pytest.raises(Invalid):
        dispatch(sessions, letter, channel="sms", send=raising_after(taken, Invalid("no", {})))
    with pytest.raises(Unavailable):
        dispatch(sessions, letter, channel="whatsapp", send=raising_after(taken, Unavailable("?")))
    assert len(set(taken)) == 2


def raising_after(taken, error):
    def send(**message):
        taken.append(message["id"])
        raise error

    return send


@pytest.mark.parametrize("state", ["failed_permanent", "expired", "skipped", "cancelled"])
def test_a_message_that_did_not_arrive_and_is_not_sent_any_more_is_refused(sessions, state):
    file = opened(sessions)
    letter = waiting(sessions, file)
    with pytest.raises(Invalid, match="no_channel"):
        dispatch(sessions, letter, channel="sms", send=answering(state=state, reason="no_channel"))
    assert standing(sessions, letter) == ("sending", None)
    assert verbs(sessions, file)[-1] == "could not send a letter"
    gone, _ = dispatch(sessions, letter, channel="post")
    assert (gone.state, gone.number) == ("dispatched", "ROADS/OUT/2026/00001")


def test_a_letter_whose_paper_is_lost_could_not_be_sent_and_is_not_asked_for_again(
    sessions, tmp_path
):
    letter = waiting(sessions, channel="email")
    OFFICE.papers = Folder(tmp_path / "elsewhere")
    assert send_those_that_wait(sessions, nothing_is_sent) == 0
    assert standing(sessions, letter) == ("sending", None)


def test_letters_that_cannot_go_hold_back_none_behind_them(sessions, monkeypatch):
    monkeypatch.setattr(sending, "_SOME", 2)
    letters = [waiting(sessions) for _ in range(5)]
    asked_for = []

    def send(**message):
        asked_for.append(message["id"])
        if len(asked_for) == 1:
            raise Unavailable("its answer is always lost")
        if len(asked_for) < 5:
            raise Unexpected("?")
        return {"id": "d"}

    with pytest.raises(Unavailable):
        send_those_that_wait(sessions, send)
    assert len(set(asked_for)) == 5
    assert sorted(standing(sessions, each)[0] for each in letters) == [
        *("dispatched", "sending", "sending", "sending", "sending"),
    ]


def test_a_round_ends_when_nobody_answers(sessions, monkeypatch):
    monkeypatch.setattr(sending, "_AWAY", 2)
    for _ in range(4):
        waiting(sessions)
    asked_for = []
    with pytest.raises(Unavailable):
        send_those_that_wait(sessions, raising_after(asked_for, Unavailable("away")))
    assert len(asked_for) == 2


def test_a_file_is_not_closed_over_a_letter_that_has_not_gone_out(sessions):
    file = opened(sessions)
    letter = waiting(sessions, file)
    with pytest.raises(Conflict, match="ROADS/OUT/2026/00001 has not gone out") as refused:
        take(sessions, "close", file)
    assert refused.value.details["letters"] == ["ROADS/OUT/2026/00001"]
    with pytest.raises(Invalid):
        dispatch(sessions, letter, channel="sms", send=REFUSES)
    with pytest.raises(Conflict, match="has not gone out"):
        take(sessions, "close", file)
    dispatch(sessions, letter, channel="post")
    assert take(sessions, "close", file).state == "closed"


def test_letters_that_notify_refused_are_on_the_desk_that_has_their_file(sessions):
    files = [opened(sessions) for _ in range(3)]
    refused = [waiting(sessions, each) for each in files]
    assert send_those_that_wait(sessions, REFUSES) == 0
    waiting(sessions)
    take(sessions, "forward", files[2], to="accounts")

    def unsent(post, **args):
        with sessions() as session:
            return letter_queries.unsent(session, current(session).posts[post], Paging().load(args))

    first = unsent("roads-je", limit=1)
    second = unsent("roads-je", limit=1, cursor=first["next"])
    found = first["items"] + second["items"]
    assert [each["id"] for each in found] == [str(each.id) for each in refused[:2]]
    assert found[0]["number"] == "ROADS/OUT/2026/00001"
    assert second["next"] is None
    with sessions() as session:
        assert found[0]["file_number"] == session.get_one(File, files[0].id).number
        today = (NOW + timedelta(hours=1)).date()
        posts = current(session).posts
        assert desk.counts(session, posts["roads-je"], today)["unsent"] == 2
        assert desk.counts(session, posts["accounts"], today)["unsent"] == 1


def test_a_letter_that_has_not_gone_is_not_counted_as_dispatched(sessions):
    letter = waiting(sessions)
    assert rows(asked(sessions, "flow"), "dispatched") == {"2026-07": (0,)}
    dispatch(sessions, letter, channel="sms", send=answering(state="sent"))
    assert rows(asked(sessions, "flow"), "dispatched") == {"2026-07": (1,)}
