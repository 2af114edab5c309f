"""A provider in trouble, and webhooks that come again, at once, and in any order."""

import threading
from datetime import timedelta

import pytest

from palika.local.loopback import Fault
from services.notify.calls.dialling import dial_due, sweep
from services.notify.channels.loopback.telephony import Script
from services.notify.domain.care import Care
from services.notify.models import Call, DayCount, Delivery, Promise
from tests.support.calls import NOW, PHONE, Calls
from tests.unit.notify.call.test_engine import table

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


def _counts(calls: Calls) -> list[DayCount]:
    with calls.sessions.begin() as session:
        return list(session.query(DayCount))


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
