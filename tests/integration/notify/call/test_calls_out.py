"""Calls that the city makes: over real sockets, through a provider on this machine."""

import logging
from datetime import timedelta

import pytest
from sqlalchemy import text

from services.notify.channels.loopback.telephony import Script
from services.notify.domain.care import Care
from services.notify.models import Delivery, Promise
from tests.support.calls import NOW, OWED, PHONE, PROPERTY, Calls
from tests.unit.notify.call.test_engine import table

SPOKEN = "बारा हजार तीनशे पंचेचाळीस रुपये"


def test_an_owner_promises_and_the_promise_is_kept_and_published(calls: Calls):
    row, played = calls.call("1", "1234", "1", "3006", "1", "2")
    assert played.problems == []
    assert set(played.answers) == {200}
    assert (row.state, row.outcome, row.deeds) == ("ended", "done", ["promise"])
    (promise,) = calls.all(Promise)
    assert (promise.property_id, promise.promised_on.isoformat()) == (PROPERTY, "2026-06-30")
    assert (promise.amount_paise, promise.call_id) == (OWED, row.id)
    assert calls.events() == ["notify.promised.v1"]


def test_an_owner_promises_with_words(calls: Calls):
    row, played = calls.call("हो", "एक दोन तीन चार", "मी भरतो", "पुढच्या सोमवारी", "ho", None)
    assert played.problems == []
    assert (row.outcome, row.deeds) == ("hung_up", ["promise"])
    assert calls.all(Promise)[0].promised_on.isoformat() == "2026-06-15"


def test_the_provider_is_asked_as_its_reference_says(calls: Calls):
    row, _ = calls.call(None)
    (asked,) = calls.telephony.asked
    assert asked["To"] == [PHONE]
    assert asked["StatusCallbackEvent"] == ["initiated", "ringing", "answered", "completed"]
    assert asked["MachineDetection"] == ["Enable"]
    assert (asked["Timeout"], asked["TimeLimit"]) == (["30"], ["360"])
    assert str(row.attempt_id) in asked["Url"][0]


def test_what_is_asked_for_is_dtmf_and_speech_in_the_language_of_the_call(calls: Calls):
    _, played = calls.call("*", "1", None)
    assert [each["language"] for each in played.asked] == ["mr-IN", "en-IN", "en-IN"]
    assert played.asked[0]["input"] == "dtmf speech"
    assert [each["numDigits"] for each in played.asked] == ["1", "1", "4"]


def test_a_stranger_hears_no_amount(calls: Calls):
    row, played = calls.call("1", "9999", "0000")
    assert row.outcome == "not_verified"
    assert "रुपये" not in played.words
    assert calls.all(Promise) == []


def test_dues_are_of_the_moment_of_the_call(calls: Calls):
    calls.telephony.scripts[PHONE] = Script(acts=("1", "1234", None))
    calls.ask()
    calls.city.owed = 99_00
    calls.dial()
    assert "नव्व्याण्णव रुपये" in calls.telephony.played[-1].words


def test_who_owes_nothing_any_more_is_not_called(calls: Calls):
    asked = calls.ask()
    calls.city.owed = 0
    calls.dial()
    assert calls.telephony.played == []
    assert calls.row(asked.id).reason == "nothing_owed"


# -- nobody is there --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("end", "sip", "reason", "state"),
    [
        ("busy", "", "busy", "due"),
        ("no-answer", "", "no_answer", "due"),
        ("canceled", "", "cancelled", "due"),
        ("failed", "503", "failed", "due"),
        ("failed", "404", "invalid_number", "not_reached"),
        ("machine", "", "machine", "due"),
    ],
)
def test_who_is_not_reached_is_called_again_later(calls: Calls, end, sip, reason, state):
    row, played = calls.call(end=end, sip=sip)
    assert (row.state, row.reason) == (state, reason)
    assert row.talk is row.contact is row.answer is None
    assert played.heard == []
    if state == "due":
        assert row.next_try_at == NOW + timedelta(hours=4)
        assert calls.dial() == 0
        calls.later(hours=4)
        assert calls.dial() == 1


def test_it_is_given_up_after_so_many_tries(calls: Calls):
    calls.care = Care(quiet={}, a_day={})
    row, _ = calls.call(end="busy")
    for _ in range(5):
        calls.later(hours=5)
        calls.dial()
    assert len(calls.telephony.played) == table().limits.tries
    row = calls.row(row.id)
    assert (row.state, row.reason, row.tries) == ("not_reached", "busy", 3)


def test_who_hangs_up_in_the_middle_is_not_called_again(calls: Calls):
    row, _ = calls.call("1", "1234", None)
    assert (row.state, row.outcome) == ("ended", "hung_up")
    calls.later(hours=5)
    assert calls.dial() == 0


def test_silence_ends_a_call(calls: Calls):
    row, played = calls.call("", "", "")
    assert (row.outcome, played.problems) == ("no_input", [])


def test_a_person_is_put_through(calls: Calls):
    row, played = calls.call("9", transfer="busy")
    assert played.dialled == ["+912025501001"]
    assert (row.outcome, played.problems) == ("nobody_free", [])


def test_without_a_number_for_people_nobody_is_free(calls: Calls):
    calls.person = ""
    row, played = calls.call("9")
    assert (row.outcome, played.dialled) == ("nobody_free", [])


# -- what is kept -----------------------------------------------------------------------------


def test_nothing_personal_is_kept_or_logged(calls: Calls, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    row, played = calls.call("हो", "एक दोन तीन चार", "काहीतरी बडबड", "1", "3006", "1", "2")
    assert "रुपये" in played.words
    kept = caplog.text
    with calls.sessions.begin() as session:
        for table_name in ("call", "call_turn", "promise", "delivery", "outbox"):
            kept += str(session.execute(text(f"SELECT t::text FROM {table_name} t")).all())
    for private in (PHONE, PHONE[3:], SPOKEN, "काहीतरी", "एक दोन", "P/09/001234", "001234"):
        assert private not in kept
    assert row.talk is row.contact is None
    assert calls.row(row.id).answer is None
    assert row.number == "•••••••••••10"


def test_turns_are_kept_by_codes(calls: Calls):
    row, _ = calls.call("हो", "9999", "1234", None)
    assert [(each.ear, each.understood, each.place) for each in calls.turns(row.id)] == [
        ("began", "began", "is_owner"),
        ("words", "owner", "verify"),
        ("keys", "wrong", "verify"),
        ("keys", "right", "menu"),
    ]
    assert calls.turns(row.id)[-1].said == ["dues", "menu"]


def test_a_link_is_a_delivery_for_the_sender(calls: Calls):
    row, _ = calls.call("1", "1234", "3")
    (delivery,) = calls.all(Delivery)
    assert (delivery.event_id, delivery.recipient_ref) == (row.id, str(PROPERTY))
    assert (delivery.template, delivery.audience, delivery.state) == (
        "tax.how_to_pay",
        "tax",
        "created",
    )
