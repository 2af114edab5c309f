"""Calls that the city makes: over real sockets, through a provider on this machine."""

import logging
import threading
from datetime import UTC, datetime, time, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text
from uuid6 import uuid7

from palika.errors import Conflict, Invalid, NotFound, Unavailable
from palika.local.loopback import Fault
from services.notify.calls.dialling import dial_due, sweep
from services.notify.channels.loopback.telephony import Script
from services.notify.commands.consent import say
from services.notify.domain.care import Care, Purpose, Quiet
from services.notify.models import Call, Consent, DayCount, Delivery, Promise
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


# -- care -------------------------------------------------------------------------------------


def _opt_out(calls: Calls) -> None:
    key = calls.secrets.recipient(PHONE)
    with calls.sessions.begin() as session:
        say(session, key, [Purpose.REMINDER], False, "officer", calls.now)


def test_who_has_opted_out_is_never_called(calls: Calls):
    _opt_out(calls)
    asked = calls.ask()
    calls.dial()
    assert calls.telephony.asked == []
    assert (calls.row(asked.id).state, calls.row(asked.id).reason) == ("skipped", "opted_out")


def test_who_opts_out_a_moment_before_the_dialling_is_not_called(calls: Calls):
    """The dues are being asked for, the call has been taken by a process: then they opt out."""
    asked = calls.ask()
    calls.city.before_answer = lambda: _opt_out(calls)
    calls.dial()
    assert calls.telephony.asked == []
    assert (calls.row(asked.id).state, calls.row(asked.id).tries) == ("skipped", 0)


def test_who_opts_out_in_a_call_is_not_called_again_whatever_is_asked(calls: Calls):
    row, played = calls.call("परत फोन करू नका")
    assert (row.deeds, played.problems) == (["opt_out"], [])
    assert {each.purpose for each in calls.all(Consent)} == {"reminder", "news"}
    assert set(calls.events()) == {"notify.opted_out.v1"}
    again = calls.ask()
    calls.dial()
    assert calls.row(again.id).reason == "opted_out"
    assert len(calls.telephony.asked) == 1


def test_nobody_is_called_in_quiet_hours(calls: Calls):
    calls.care = Care(quiet={Purpose.REMINDER: Quiet(time(21), time(9))}, a_day={})
    calls.now = datetime(2026, 6, 10, 16, 0, tzinfo=UTC)  # 21:30 in India
    asked = calls.ask()
    calls.dial()
    row = calls.row(asked.id)
    assert calls.telephony.asked == []
    assert (row.state, row.reason) == ("due", "quiet_hours")
    assert row.next_try_at == datetime(2026, 6, 11, 3, 30, tzinfo=UTC)
    calls.now = row.next_try_at
    calls.dial()
    assert len(calls.telephony.asked) == 1


def test_nobody_is_called_more_often_a_day_than_the_city_says(calls: Calls):
    calls.care = Care(quiet={}, a_day={Purpose.REMINDER: 1})
    calls.call(None)
    second, _ = calls.call(None)
    assert len(calls.telephony.asked) == 1
    assert (second.state, second.reason) == ("due", "daily_cap")
    assert [each.sent for each in _counts(calls)] == [1]


def _counts(calls: Calls) -> list[DayCount]:
    with calls.sessions.begin() as session:
        return list(session.query(DayCount))


def test_a_call_is_not_made_when_it_is_of_no_use_any_more(calls: Calls):
    asked = calls.ask()
    calls.later(hours=73)
    calls.dial()
    assert (calls.row(asked.id).state, calls.row(asked.id).reason) == ("skipped", "too_late")


def test_a_number_that_has_changed_hands_is_not_called(calls: Calls):
    asked = calls.ask()
    calls.city.phone = "+919812345611"
    calls.dial()
    assert calls.telephony.asked == []
    assert calls.row(asked.id).reason == "number_changed"


# -- asking for calls -------------------------------------------------------------------------


def test_a_call_that_is_asked_for_twice_is_made_once(calls: Calls):
    request = uuid7()
    assert calls.ask(id=request).id == calls.ask(id=request).id
    calls.dial()
    calls.dial()
    assert len(calls.telephony.asked) == 1


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"property_id": uuid4()}, NotFound),
        ({"flow": "inbound"}, Invalid),
        ({"flow": "survey"}, Invalid),
    ],
)
def test_what_cannot_be_a_call_is_refused(calls: Calls, changes: dict, error: type):
    with pytest.raises(error):
        calls.ask(**changes)


@pytest.mark.parametrize("phone", [None, "", "020-25501000", "+14155550100"])
def test_a_property_without_an_indian_mobile_is_refused(calls: Calls, phone: str | None):
    calls.city.phone = phone
    with pytest.raises(Invalid, match="has no Indian mobile number"):
        calls.ask()


def test_another_call_under_the_same_id_is_refused(calls: Calls, monkeypatch):
    request = uuid7()
    calls.ask(id=request)
    with calls.sessions.begin() as session:
        session.execute(text("UPDATE call SET property_id = gen_random_uuid()"))
    with pytest.raises(Conflict):
        calls.ask(id=request)


def test_when_tax_is_away_a_call_waits(calls: Calls):
    asked = calls.ask()
    calls.city.away = True
    with pytest.raises(Unavailable):
        calls.ask()
    calls.dial()
    row = calls.row(asked.id)
    assert (row.state, row.reason, row.tries) == ("due", "tax_away", 0)
    calls.city.away = False
    calls.later(minutes=5)
    calls.dial()
    assert len(calls.telephony.asked) == 1


# -- the provider -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [Fault.ERROR_503, Fault.REFUSED_401, Fault.THROTTLED, Fault.ERROR_500],
)
def test_a_provider_in_trouble_costs_no_try(calls: Calls, fault: Fault):
    calls.telephony.faults.append(fault)
    row, _ = _asked(calls)
    if fault is Fault.THROTTLED:
        assert row.next_try_at == NOW + timedelta(seconds=7)
    assert (row.state, row.tries) == ("due", 0)
    assert [each.sent for each in _counts(calls)] == [0]
    calls.later(minutes=5)
    calls.dial()
    assert len(calls.telephony.asked) == 1


def test_a_provider_in_trouble_is_left_alone_by_the_calls_behind(calls: Calls):
    for _ in range(3):
        calls.ask()
    calls.telephony.faults.append(Fault.ERROR_503)
    assert calls.dial() == 1
    assert len(calls.telephony.requests) == 1
    calls.telephony.requests.clear()
    calls.city.away = True
    assert calls.dial() == 1
    assert calls.telephony.requests == []


def _asked(calls: Calls) -> tuple[Call, None]:
    asked = calls.ask()
    calls.dial()
    return calls.row(asked.id), None


@pytest.mark.parametrize("fault", [Fault.DROP_AFTER, Fault.STALL_AFTER, Fault.NO_JSON])
def test_a_call_whose_answer_is_lost_is_found_by_its_webhooks_and_not_made_twice(calls, fault):
    calls.telephony.scripts[PHONE] = Script(acts=("1", "1234", "1", "3006", "1", None))
    calls.telephony.faults.append(fault)
    asked = calls.ask()
    calls.dial()
    row = calls.row(asked.id)
    assert (row.state, row.outcome, row.deeds) == ("ended", "hung_up", ["promise"])
    assert row.reference == calls.telephony.played[0].sid
    calls.later(hours=5)
    assert calls.dial() == 0
    assert len(calls.telephony.asked) == 1


def test_a_call_of_which_nothing_is_heard_is_tried_again_in_the_end(calls: Calls):
    calls.telephony.rings = False
    row, _ = _asked(calls)
    assert row.state == "dialling"
    calls.later(minutes=34)
    with calls.sessions.begin() as session:
        assert sweep(session, table().limits, calls.now) == 0
    calls.later(minutes=2)
    with calls.sessions.begin() as session:
        assert sweep(session, table().limits, calls.now) == 1
    row = calls.row(row.id)
    assert (row.state, row.reason) == ("due", "lost")


def test_a_number_that_the_provider_refuses_is_given_up(calls: Calls, monkeypatch):
    monkeypatch.setattr(type(calls.telephony), "answer", _refusing(21217))
    row, _ = _asked(calls)
    assert (row.state, row.reason) == ("not_reached", "voice_invalid_number")


def test_a_sender_that_is_not_ours_is_no_fault_of_the_owner(calls: Calls, monkeypatch):
    monkeypatch.setattr(type(calls.telephony), "answer", _refusing(21210))
    row, _ = _asked(calls)
    assert (row.state, row.reason, row.tries) == ("due", "voice_sender_not_ours", 0)


def _refusing(code: int):
    from palika.local.loopback import Reply

    said = f"The number {PHONE} is not good"
    return lambda self, request: Reply(400, {"code": code, "message": said, "status": 400})


# -- webhooks that come again, and at once ----------------------------------------------------


def test_webhooks_that_come_again_change_nothing(calls: Calls):
    row, played = calls.call("1", "1234", "1", "3006", "1", "3", times=3)
    assert played.problems == []
    assert (row.outcome, row.deeds) == ("link", ["promise", "send_link"])
    assert len(calls.all(Promise)) == len(calls.all(Delivery)) == 1
    assert calls.events() == ["notify.promised.v1"]
    turns = calls.turns(row.id)
    assert [each.turn for each in turns] == list(range(1, len(turns) + 1))


def test_the_same_webhook_many_times_at_once_is_one_turn(calls: Calls):
    calls.telephony.rings = False
    row, _ = _asked(calls)
    played = calls.telephony.played[0]
    answer = calls.telephony.asked[0]["Url"][0]
    base = f"{calls.portal.url}/webhooks/voice/turn?call={row.id}&turn="
    calls.telephony.post(played, answer, {"AnsweredBy": "human"})
    for turn, keys in enumerate(["1", "1234", "1", "3006"], 1):
        calls.telephony.post(played, f"{base}{turn}", {"Digits": keys})
    found: list[bytes | None] = []

    def press() -> None:
        found.append(calls.telephony.post(played, f"{base}5", {"Digits": "1"}))

    threads = [threading.Thread(target=press) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(set(found)) == 1
    assert found[0] is not None
    assert len(calls.all(Promise)) == 1
    assert calls.row(row.id).turn == 6


def test_two_processes_make_a_call_once(calls: Calls):
    for _ in range(6):
        calls.ask()
    calls.care = Care(quiet={}, a_day={})
    desk = calls.desk
    calls.portal.line = calls.line
    threads = [threading.Thread(target=dial_due, args=(desk, lambda: False)) for _ in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    calls.telephony.wait()
    urls = {each["Url"][0] for each in calls.telephony.asked}
    assert len(urls) == len(calls.telephony.asked) == 6


def test_statuses_in_the_wrong_order_do_no_harm(calls: Calls):
    row, played = calls.call("1", "1234", None)
    status = calls.telephony.asked[0]["StatusCallback"][0]
    for each in ("ringing", "in-progress", "busy", "completed", "initiated"):
        calls.telephony.post(played, status, {"CallStatus": each})
    assert set(played.answers) == {200}
    after = calls.row(row.id)
    assert (after.state, after.outcome, after.tries) == ("ended", "hung_up", 1)


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
