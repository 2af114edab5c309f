"""Calls that are asked for: whether one is made, and once."""

from datetime import UTC, datetime, time
from uuid import uuid4

import pytest
from sqlalchemy import text
from uuid6 import uuid7

from palika.errors import Conflict, Invalid, NotFound, Unavailable
from services.notify.commands.consent import say
from services.notify.domain.care import Care, Purpose, Quiet
from services.notify.models import Consent, DayCount
from tests.support.calls import PHONE, Calls

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
