"""Words about consent that citizens write: once, in whatever order, answered while it is free."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import delete, text

from services.notify.commands.consent import prefer, say
from services.notify.domain.care import Purpose
from services.notify.domain.messages import Failed, InboundText, Receipt, Told, is_of_reply
from services.notify.domain.whatsapp_inbound import Chosen, Inbound, SaidOther, SaidText
from services.notify.inbound import Hearing, take_inbound, take_text
from services.notify.models.chat import ConversationRow
from services.notify.queries.consent import consent
from services.notify.reference import city_consent_words
from tests.support.notify import SECRETS

NUMBER = "+919812345610"
KEY = SECRETS.recipient(NUMBER)


@pytest.fixture
def hearing(desk):
    """The city's ear."""
    meta = desk.carrying.providers["meta"]
    return Hearing(desk.begin, city_consent_words(), SECRETS, meta.send, lambda: desk.now)


def wrote(desk, said="STOP", sender=NUMBER, at=None):
    words = SaidText(said) if isinstance(said, str) else said
    return Inbound("wamid.1", sender, at or desk.now, words)


def told(desk):
    with desk.begin() as session:
        found = consent(session, KEY)["purposes"]
    return {name for name, each in found.items() if each["told"]}


def rows(desk):
    with desk.begin() as session:
        return session.scalar(text("SELECT count(*) FROM consent"))


def test_the_same_message_at_the_same_time_is_taken_once(desk, hearing):
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: take_inbound(hearing, wrote(desk)), range(8)))
    assert taken == [True] * 8
    assert rows(desk) == 4
    assert len(desk.carrying.meta.sent) == 1
    assert [kind for kind, _ in desk.events()] == ["notify.opted_out.v1"] * 4


def test_what_was_said_later_counts_whatever_comes_first(desk, hearing):
    earlier = desk.now - timedelta(hours=2)
    with desk.begin() as session:
        say(session, KEY, [Purpose.TAX], True, "officer", desk.now - timedelta(hours=1))
    take_inbound(hearing, wrote(desk, at=earlier))
    assert told(desk) == {"tax"}
    take_inbound(hearing, wrote(desk))
    assert told(desk) == set()


@pytest.mark.parametrize(
    ("talks", "likes", "typed", "answer"),
    [
        ("en", None, "थांबा", "Write START"),
        ("mr", "en", "STOP", "लिहा"),
        ("", "en", "थांबा", "Write START"),
        ("", None, "थांबा", "लिहा"),
    ],
)
def test_the_answer_is_in_the_language_that_was_chosen(desk, hearing, talks, likes, typed, answer):
    with desk.begin() as session:
        session.execute(delete(ConversationRow))
        session.add(
            ConversationRow(recipient_key=KEY, language=talks, began_at=desk.now, heard_at=desk.now)
        )
        if likes:
            prefer(session, KEY, [], likes, desk.now)
    take_inbound(hearing, wrote(desk, typed))
    assert answer in desk.carrying.meta.sent[0].asked["text"]["body"]


def test_after_the_window_the_word_counts_and_nothing_is_answered(desk, hearing):
    assert take_inbound(hearing, wrote(desk, at=desk.now - timedelta(hours=24)))
    assert told(desk) == set()
    assert desk.carrying.meta.sent == []


def test_a_button_counts_like_its_word(desk, hearing):
    assert take_inbound(hearing, wrote(desk, Chosen("x", "थांबा")))
    assert told(desk) == set()


@pytest.mark.parametrize("said", ["Hi", SaidOther("sticker"), Chosen("menu.tax", "Tax")])
def test_all_else_is_left_to_others(desk, hearing, said):
    assert not take_inbound(hearing, wrote(desk, said))
    assert not take_inbound(hearing, wrote(desk, sender="+14155550100"))
    assert rows(desk) == 0


def test_an_answer_that_cannot_be_sent_takes_nothing_back(desk, hearing, caplog):
    desk.carrying.meta.open_for = set()
    try:
        assert take_inbound(hearing, wrote(desk))
    finally:
        desk.carrying.meta.open_for = None
    assert told(desk) == set()
    assert "could not be confirmed: meta_window_closed" in caplog.text
    assert NUMBER not in caplog.text


def test_the_receipts_of_an_answer_are_known_as_such(desk, hearing):
    take_inbound(hearing, wrote(desk, "START"))
    (kept,) = desk.carrying.meta.sent
    said = [
        receipt
        for hook in desk.carrying.meta.hooks(kept)
        for receipt in desk.carrying.providers["meta"].receipts(*hook.arrived())
    ]
    assert said
    assert all(is_of_reply(each) for each in said)
    desk.happen()
    desk.run()
    (attempt,) = desk.attempts()
    assert not is_of_reply(Receipt("x", attempt.id, Told.SENT, desk.now))
    assert not is_of_reply(Receipt("x", None, Told.SENT, desk.now))


@pytest.mark.parametrize("sender", [NUMBER, "919812345610", "9812345610"])
def test_a_text_message_is_known_by_its_number_however_it_is_written(desk, hearing, sender):
    def mute(message):
        return Failed(True, "unexpected")

    quiet = Hearing(desk.begin, hearing.words, SECRETS, mute, hearing.now)
    assert take_text(quiet, InboundText("1", sender, "STOP NEWS", desk.now))
    assert not take_text(quiet, InboundText("2", "PUNEMC", "STOP", desk.now))
    with desk.begin() as session:
        news = consent(session, KEY)["purposes"]["news"]
    assert (news["said"], news["source"]) == (False, "sms")
