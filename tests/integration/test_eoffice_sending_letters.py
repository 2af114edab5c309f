"""A letter has its number before notify is asked, and is sent once, whoever dies or is away."""

from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from palika.errors import Conflict, Invalid, Unavailable
from palika.rpc import CallContext
from palika.store import Folder
from services.eoffice import lettering
from services.eoffice.commands import letter as steps
from services.eoffice.commands.issue_letter import Outward
from services.eoffice.commands.send_letter import send_waiting
from services.eoffice.domain.letters import Channel, message_id
from services.eoffice.lettering import Lettering
from services.eoffice.models import Act, File
from tests.support.eoffice import JE, NOW, emptied
from tests.support.eoffice_databases import database
from tests.support.eoffice_keys import store_in
from tests.support.eoffice_letters import (
    OFFICE,
    approved,
    dispatch,
    nothing_is_sent,
    now_of,
    opened,
    step,
)
from tests.support.eoffice_moves import verbs

__all__ = ["database"]

MINUTE = timedelta(minutes=1)


@pytest.fixture
def sessions(database: sessionmaker[Session]) -> sessionmaker[Session]:
    return emptied(database)


@pytest.fixture(autouse=True)
def office(tmp_path: Path) -> None:
    """Where papers and keys are."""
    OFFICE.papers, OFFICE.keys = Folder(tmp_path / "papers"), store_in(tmp_path)


def send_those_that_wait(sessions, send):
    outward = Outward(send, OFFICE.papers, OFFICE.keys)
    return send_waiting(sessions.begin, outward, lambda: NOW, lambda: False)


def opened_of(sessions, letter):
    with sessions() as session:
        return session.get_one(File, letter.file_id)


def test_a_number_is_committed_before_notify_is_asked(sessions):
    letter = approved(sessions, opened(sessions), to_phone="9876543210")
    seen = []

    def send(**message):
        there = now_of(sessions, letter)
        seen.append((there.number, there.state))
        return {"id": "delivery-1"}

    gone, _ = dispatch(sessions, letter, channel="sms", send=send)
    assert seen == [("ROADS/OUT/2026/00001", "sending")]
    assert (gone.state, gone.tracking) == ("dispatched", "delivery-1")


def test_a_letter_that_notify_does_not_answer_for_keeps_its_number_and_is_sent_later(sessions):
    def away(**message):
        raise Unavailable("notify does not answer")

    letter = approved(sessions, opened(sessions), to_phone="9876543210")
    with pytest.raises(Unavailable):
        dispatch(sessions, letter, channel="sms", send=away)
    waiting = now_of(sessions, letter)
    assert (waiting.number, waiting.state) == ("ROADS/OUT/2026/00001", "sending")
    other = approved(sessions, opened(sessions))
    assert dispatch(sessions, other)[0].number == "ROADS/OUT/2026/00002"
    for refused in (steps.return_letter, steps.discard_letter):
        with pytest.raises(Conflict):
            step(sessions, refused, letter)
    with pytest.raises(Conflict, match="goes out by sms, as ROADS/OUT/2026/00001"):
        dispatch(sessions, letter, channel="post")
    with pytest.raises(Unavailable):
        send_those_that_wait(sessions, away)
    sent = []
    assert send_those_that_wait(sessions, lambda **message: sent.append(message) or {"id": "d"})
    assert (now_of(sessions, letter).state, len(sent)) == ("dispatched", 1)
    assert send_those_that_wait(sessions, nothing_is_sent) == 0


def test_a_message_whose_answer_was_lost_is_asked_for_again_as_it_was(sessions):
    sent = []

    def send(**message):
        sent.append(message)
        if len(sent) == 1:
            raise Unavailable("the answer was lost")
        return {"id": "delivery-1"}

    letter = approved(sessions, opened(sessions), to_email="m.jadhav@example.com")
    with pytest.raises(Unavailable):
        dispatch(sessions, letter, channel="email", send=send)
    gone, _ = dispatch(sessions, letter, channel="email", send=send)
    assert sent[0] == sent[1]
    assert (gone.number, gone.tracking) == ("ROADS/OUT/2026/00001", "delivery-1")
    assert verbs(sessions, opened_of(sessions, letter))[-2:] == [
        *("dispatched a letter", "sent a letter")
    ]


def test_a_letter_that_notify_refuses_goes_by_another_channel_under_its_number(sessions):
    def refuse(**message):
        raise Invalid("not an Indian mobile", {"phone": ["must be an Indian mobile number"]})

    letter = approved(sessions, opened(sessions), to_phone="+12025550123")
    with pytest.raises(Invalid, match="Indian mobile"):
        dispatch(sessions, letter, channel="sms", send=refuse)
    assert send_those_that_wait(sessions, nothing_is_sent) == 0
    gone, copy = dispatch(sessions, letter, channel="post", tracking="EM123456789IN")
    assert (gone.number, gone.state, gone.channel, gone.tracking) == (
        *("ROADS/OUT/2026/00001", "dispatched", "post", "EM123456789IN"),
    )
    assert dispatch(sessions, letter)[1].id == copy.id
    assert verbs(sessions, opened_of(sessions, letter))[-3:] == [
        *("dispatched a letter", "could not send a letter", "dispatched a letter otherwise")
    ]


def test_one_letter_that_cannot_go_stops_no_other(sessions):
    letters_ = [
        approved(sessions, opened(sessions), to_phone=phone)
        for phone in ("9876543210", "9876543211")
    ]

    def away(**message):
        raise Unavailable("notify does not answer")

    for each in letters_:
        with pytest.raises(Unavailable):
            dispatch(sessions, each, channel="sms", send=away)

    def send(**message):
        if message["id"] == str(message_id(letters_[0].id, Channel.SMS)):
            raise Invalid("refused", {})
        return {"id": "d"}

    assert send_those_that_wait(sessions, send) == 1
    found = [now_of(sessions, each) for each in letters_]
    assert [(each.state, each.channel) for each in found] == [
        *(("sending", None), ("dispatched", "sms"))
    ]


def test_each_letter_of_a_round_is_written_down_with_its_own_moment(sessions):
    letters_ = [
        approved(sessions, opened(sessions), to_phone=phone)
        for phone in ("9876543210", "9876543211", "9876543212")
    ]

    def away(**message):
        raise Unavailable("notify does not answer")

    for each in letters_:
        with pytest.raises(Unavailable):
            dispatch(sessions, each, channel="sms", send=away)
    clock = SimpleNamespace(now=NOW)

    def slow(**message):
        clock.now += MINUTE
        if message["id"] == str(message_id(letters_[1].id, Channel.SMS)):
            raise Invalid("refused", {})
        return {"id": "d"}

    outward = Outward(slow, OFFICE.papers, OFFICE.keys)
    assert send_waiting(sessions.begin, outward, lambda: clock.now, lambda: False) == 2
    said = Act.verb.in_(["sent a letter", "could not send a letter"])
    with sessions() as session:
        moments = session.scalars(select(Act.at).where(said).order_by(Act.at)).all()
    assert moments == [NOW + MINUTE, NOW + 2 * MINUTE, NOW + 3 * MINUTE]


@pytest.fixture
def desk(sessions, monkeypatch) -> Lettering:
    """The service's methods, in this process; notify is away at first."""
    monkeypatch.setattr(lettering, "store", lambda: OFFICE.papers)
    monkeypatch.setattr(lettering, "city_store", lambda: OFFICE.keys)
    found = Lettering()
    found.name, found.db = "eoffice", sessions
    found.caller = CallContext.within("eoffice", JE)
    found.rpc = SimpleNamespace(notify=Notify())
    return found


class Notify:
    """Notify, as a letter sees it."""

    def __init__(self) -> None:
        self.away, self.sent = True, []

    def send(self, **message):
        if self.away:
            raise Unavailable("notify does not answer")
        self.sent.append(message["id"])
        return {"id": "delivery-1"}


def test_the_service_answers_with_the_number_and_its_clock_sends_when_notify_is_back(
    sessions, desk
):
    letter = approved(sessions, opened(sessions), to_phone="9876543210")
    asked = {"id": str(letter.id), "version": 1, "channel": "sms"}
    told = desk.dispatch_letter(**asked)
    assert (told["number"], told["status"], told["tracking"]) == (
        *("ROADS/OUT/2026/00001", "sending", None),
    )
    desk.send_letters(lambda: False)
    assert now_of(sessions, letter).state == "sending"
    desk.rpc.notify.away = False
    desk.send_letters(lambda: False)
    desk.send_letters(lambda: False)
    told = desk.dispatch_letter(**asked)
    assert (told["status"], told["tracking"]) == ("dispatched", "delivery-1")
    assert desk.rpc.notify.sent == [str(message_id(letter.id, Channel.SMS))]


class Killed(BaseException):
    """The process has died."""


def killed(**message):
    raise Killed


def refuse(**message):
    raise Invalid("not an address", {"email": ["is not an e-mail address"]})


def killed_in_notify(sessions, desk):
    """What an e-mail was asked for with, in a call that had its number and died then; the desk
    carries out the same call next."""
    letter = approved(sessions, opened(sessions), to_email="a@example.org")
    asked = {"id": str(letter.id), "version": 1, "channel": "email"}
    desk.caller.call = str(uuid4())
    desk.rpc.notify.send = killed
    with pytest.raises(Killed):
        desk.dispatch_letter(**asked)
    return letter, asked


def test_a_letter_whose_call_died_in_notify_is_sent_when_the_call_comes_again(sessions, desk):
    letter, asked = killed_in_notify(sessions, desk)
    desk.rpc.notify.send = lambda **message: {"id": "delivery-1"}
    told = desk.dispatch_letter(**asked)
    assert (told["status"], told["tracking"]) == ("dispatched", "delivery-1")
    assert desk.dispatch_letter(**asked) == told
    assert verbs(sessions, opened_of(sessions, letter)).count("sent a letter") == 1


def test_a_letter_whose_call_died_in_notify_is_refused_in_its_words_when_the_call_comes_again(
    sessions, desk
):
    letter, asked = killed_in_notify(sessions, desk)
    desk.rpc.notify.send = refuse
    with pytest.raises(Invalid, match="not an address"):
        desk.dispatch_letter(**asked)
    assert now_of(sessions, letter).channel is None
