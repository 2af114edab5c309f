"""Two messages at once, messages that come twice, crashes, silence, WhatsApp's window."""

import threading
import time
import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from palika.auth import Identity
from palika.errors import Conflict, NotFound
from services.notify.chat import handovers, silence
from services.notify.chat.actions import ACTIONS
from services.notify.chat.turns import Bot
from services.notify.domain.chat.actions import ACTIONS as SPECIFIED
from services.notify.domain.whatsapp import TemplateContent
from tests.integration.notify.chat.conftest import ASHA, BALU, SECRETS

KEY = SECRETS.recipient(ASHA)
DESK = Identity.of("helpdesk:1", "helpdesk")


def test_there_is_a_function_for_every_action():
    assert set(ACTIONS) == set(SPECIFIED)


def test_a_message_that_comes_twice_is_answered_once(world):
    message = world.inbound("hi")
    assert world.receive(message) == [KEY]
    Bot(world.ports).run(KEY)
    assert world.receive(message, message) == []
    Bot(world.ports).run(KEY)
    assert len(world.said) == 1


def test_messages_of_one_webhook_are_answered_as_they_were_written(world):
    first = world.inbound("hi", at=world.now - timedelta(seconds=3))
    second = world.inbound("1", at=world.now - timedelta(seconds=2))
    third = world.inbound("takrar", at=world.now - timedelta(seconds=1))
    world.receive(third, first, second, first)
    Bot(world.ports).run(KEY)
    assert world.state() == "g-how"
    assert len(world.said) == 3


def test_two_messages_at_once_come_out_in_order_and_no_lock_is_held_meanwhile(world):
    world.link()
    begun, go_on = threading.Event(), threading.Event()

    def slow(service, method):
        if method == "dues":
            begun.set()
            assert go_on.wait(20)

    world.city.before = slow
    world.hear("tax", "1")
    world.receive(world.inbound("थकबाकी"))
    first = threading.Thread(target=lambda: Bot(world.ports).run(KEY))
    first.start()
    assert begun.wait(20)
    before = len(world.said)
    # While tax is thinking: the row is free, the next message is taken in, and nobody answers it.
    started = time.monotonic()
    world.receive(world.inbound("मागे"))
    assert Bot(world.new_ports()).run(KEY) is False
    assert time.monotonic() - started < 5
    assert len(world.said) == before
    go_on.set()
    first.join(20)
    assert world.state() == "property"
    texts = [each.content.text for each in world.said[before:]]
    assert "देय" in texts[0]
    assert texts[1].startswith("मिळकत P/1")


def test_many_at_once_are_each_answered_once(world):
    world.hear("hi", "1")
    before = len(world.said)

    def one():
        for key in world.receive(world.inbound("takrar"), world.inbound("menu")):
            Bot(world.new_ports()).run(key)

    threads = [threading.Thread(target=one) for _ in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    world.later(seconds=20)
    assert len(world.said) - before == 12
    assert len({each.id for each in world.said}) == len(world.said)
    states = {row[0] for row in world.query("SELECT state FROM conversation_message")}
    assert states == {"done"}


def test_a_flood_is_cut_off(world):
    world.receive(*(world.inbound(f"{n} खड्डा") for n in range(40)))
    Bot(world.ports).run(KEY)
    rows = dict(world.query("SELECT state, count(*) FROM conversation_message GROUP BY 1"))
    assert rows == {"done": 20, "dropped": 20}


class Killed(BaseException):
    """The process is gone."""


def test_who_is_killed_in_an_action_is_followed_by_another_who_does_it_once(world):
    world.hear("hi", "1", "takrar", "khadda", "1", "मोठा खड्डा", "कर्वे रस्ता", "नाही")
    filed = world.city.file

    def dies(identity, **args):
        filed(identity, **args)
        world.city.file = filed
        raise Killed

    world.city.file = dies
    world.receive(world.inbound("हो"))
    with pytest.raises(Killed):
        Bot(world.ports).run(KEY)
    assert world.later(seconds=10) == [], "the turn is not lost yet"
    assert "PMC-1" in world.later(minutes=2)[0]
    assert len(world.city.filed) == 1


def test_who_comes_back_after_losing_the_turn_changes_nothing(world):
    world.link()
    world.hear("tax", "1")
    other = []

    def slow(service, method):
        if method == "dues" and not other:
            other.append(True)
            world.now += timedelta(minutes=2)
            Bot(world.new_ports()).run(KEY)

    world.city.before = slow
    before = len(world.said)
    world.hear("थकबाकी")
    assert len(world.said) == before + 1
    assert world.state() == "dues-owed"


def test_a_message_that_kills_is_given_up_and_the_next_one_is_answered(world):
    world.link()
    world.hear("tax", "1")

    def dies(service, method):
        raise Killed

    world.city.before = dies
    world.receive(world.inbound("थकबाकी"), world.inbound("menu"))
    for _ in range(3):
        with pytest.raises(Killed):
            Bot(world.ports).run(KEY)
        world.now += timedelta(minutes=2)
    Bot(world.ports).run(KEY)
    assert "मिळत नाही" in world.said[-2].content.text
    assert world.state() == "menu"


def test_replies_wait_for_a_channel_that_is_away(world):
    world.down = True
    world.hear("hi", "1")
    assert world.said == []
    world.down = False
    assert len(world.later(seconds=20)) == 2
    assert world.state() == "menu"


@pytest.mark.parametrize("lost", ["conversation SET contact", "conversation_message SET replies"])
def test_an_answer_whose_key_is_gone_holds_up_nobody(world, lost):
    world.down = True
    world.hear("hi")
    with world.factory.begin() as session:
        session.execute(text(f"UPDATE {lost} = 'sealed with another key'"))
    world.hear("hi", phone=BALU)
    world.down = False
    assert len(world.later(seconds=20)) == 1
    assert world.said[-1].address == BALU
    assert world.later(seconds=20) == []
    assert world.hear("hi")


def test_silence_is_reminded_of_then_ends_and_the_number_is_forgotten(world):
    world.hear("hi", "1", "takrar")
    assert world.later(minutes=14) == []
    assert "वाट पाहत" in world.later(minutes=2)[0]
    assert world.later(minutes=20) == []
    assert "थांबवत" in world.later(minutes=30)[0]
    row = world.row()
    assert (row.state, row.contact, row.memory, row.language) == ("", None, None, "mr")
    assert world.later(minutes=90) == []
    world.hear("Hi")
    assert world.state() == "menu"


def test_who_writes_just_before_the_end_is_not_cut_off(world):
    world.hear("hi", "1", "takrar")
    world.now += timedelta(minutes=61)
    world.receive(world.inbound("khadda"))
    world.later(seconds=1)
    assert world.state() == "g-kinds"


def test_an_officer_answers_and_outside_the_window_a_template_asks_to_write(world):
    world.hear("hi", "1", "person", "दाखला कुठे मिळेल?", "लवकर सांगा")
    with world.factory.begin() as session:
        page = handovers.handovers(session, _page(), SECRETS)
    asked = page["items"][0]
    assert [each["text"] for each in asked["words"]] == ["दाखला कुठे मिळेल?", "लवकर सांगा"]
    assert asked["number"].endswith("10")
    assert ASHA not in str(page)
    world.now += timedelta(hours=30)
    before = len(world.said)
    answer_id = uuid.uuid4()
    for _ in range(2):
        assert _answer(world, asked["id"], answer_id, "कोथरूड कार्यालयात")["state"] == "answered"
    nudges = [each.content for each in world.said[before:]]
    assert nudges == [TemplateContent("chat_answer", "mr")]
    assert world.later(minutes=5) == []
    told = world.hear("hi")
    assert "कोथरूड कार्यालयात" in told[0]
    assert len(told) == 2


def test_a_closed_question_leads_back_to_the_menu_and_is_forgotten(world):
    world.hear("hi", "1", "person", "दाखला?")
    key = world.query("SELECT id FROM handover")[0][0]
    assert _answer(world, key, uuid.uuid4(), "ऑनलाइन", close=True)["state"] == "closed"
    assert world.state() == "menu"
    assert world.query("SELECT contact, words FROM handover") == [(None, None)]
    with pytest.raises(Conflict):
        _answer(world, key, uuid.uuid4(), "again", by=Identity.of("helpdesk:2", "helpdesk"))
    with pytest.raises(NotFound):
        _answer(world, uuid.uuid4(), uuid.uuid4(), "whom?")


@pytest.mark.parametrize("hours", [20, 71])
def test_a_question_that_nobody_answers_ends_with_an_apology(world, hours):
    world.hear("hi", "1", "person", "दाखला?")
    world.later(hours=hours)
    assert world.state() == "with-person"
    world.hear("menu")
    world.later(hours=2)
    assert world.row().contact is None
    world.later(hours=72 - hours)
    assert world.query("SELECT state, contact, words FROM handover") == [("expired", None, None)]
    told = [_words(each) for each in world.said] + world.hear("hi")
    assert any("वेळेत उत्तर देता आले नाही" in each for each in told)


def test_a_question_ends_with_what_is_told_of_it_or_not_at_all(world, monkeypatch):
    world.hear("hi", "1", "person", "दाखला?")

    def dies(*args, **given):
        raise Killed

    with monkeypatch.context() as killed:
        killed.setattr(silence, "put", dies)
        with pytest.raises(Killed):
            world.later(hours=73)
    assert world.query("SELECT state FROM handover") == [("open",)]
    world.later(seconds=1)
    assert world.query("SELECT state FROM handover") == [("expired",)]
    assert any("वेळेत उत्तर देता आले नाही" in each for each in world.hear("hi"))


def test_while_a_reply_is_being_sent_nobody_says_it_again(world):
    """The action has taken most of a minute, and the file takes as long to go up."""
    world.link()
    world.hear("tax", "1")
    say, rounds = world.ports.say, []

    def slow(service, method):
        world.now += timedelta(seconds=25)

    def uploads(saying):
        world.now += timedelta(seconds=20)
        rounds.append(Bot(world.new_ports()).run(KEY))
        say(saying)

    world.city.before = slow
    world.ports = replace(world.ports, say=uploads)
    before = len(world.said)
    world.hear("थकबाकी")
    assert rounds == [False]
    assert len(world.said) == before + 1


def test_what_is_not_needed_is_deleted(world):
    world.link()
    world.later(days=9)
    kept = world.query("SELECT id FROM conversation_message")
    assert [each.id.startswith("tick:") for each in kept] == [True]
    assert world.query("SELECT 1 FROM link_code") == []
    assert world.row().contact is None


def _words(saying):
    return getattr(saying.content, "text", "")


def _page():
    return {"state": None, "limit": 10, "cursor": None}


def _answer(world, key, answer_id, text, close=False, by=DESK):
    args = {"id": key, "answer_id": answer_id, "text": text, "close": close}
    with world.factory.begin() as session:
        shown, recipient = handovers.answer(session, by, args, SECRETS, world.now)
    Bot(world.ports).run(recipient)
    return shown
