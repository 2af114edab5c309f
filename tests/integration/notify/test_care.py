"""Consent, preferences, quiet hours and caps, as they are kept and as they hold messages back."""

import threading
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from palika.errors import Invalid
from palika.india import INDIA
from services.notify.commands.consent import prefer, say
from services.notify.domain.care import Lane, Purpose
from services.notify.domain.messages import Message, Sent
from services.notify.domain.routes import Channel
from services.notify.queries.consent import consent
from services.notify.queries.deliveries import deliveries
from tests.support.notify import CONTACT, NOW, SECRETS
from tests.support.samples import golden_data

KEY = SECRETS.recipient(CONTACT["phone"])


def remind(desk, count=1):
    """Reminders are due to one citizen."""
    facts = golden_data("tax.reminder_due.v1")
    moment = (desk.now - timedelta(minutes=1)).isoformat()
    facts |= {name: moment for name in facts if name.endswith("_at")}
    desk.contact |= {"number": "PT-000123"}
    desk.happen(count, kind="tax.reminder_due.v1", **facts)


def say_it(desk, agreed, *purposes, source="whatsapp"):
    with desk.begin() as session:
        say(session, KEY, purposes, agreed, source, desk.now)


class Telephone:
    """A provider of calls."""

    name = channel = "voice"

    def __init__(self) -> None:
        self.called: list[Message] = []

    def send(self, message):
        self.called.append(message)
        return Sent(f"call {len(self.called)}")


def test_no_telephone_rings_at_night_whatever_the_message_is_for(desk):
    """It was not delivered over the other channels, hour after hour: by then it is night."""
    telephone = Telephone()
    desk.contact["email"] = None
    desk.channels = ("voice",)
    desk.now = datetime(2026, 4, 1, 22, 30, tzinfo=INDIA)
    moment = (desk.now - timedelta(hours=1)).isoformat()
    facts = golden_data("grievance.waiting.v1")
    desk.happen(kind="grievance.waiting.v1", **(facts | {"waiting_at": moment}))
    with desk.carrying.standing_in(telephone):
        desk.run()
        row = desk.row()
        assert telephone.called == []
        assert (row.state, row.reason) == ("created", "quiet_hours")
        desk.now = row.next_attempt_at
        assert desk.now == datetime(2026, 4, 2, 8, tzinfo=INDIA)
        desk.run()
    assert (desk.row().state, len(telephone.called)) == ("sent", 1)


def test_who_has_opted_out_of_a_purpose_gets_nothing_of_it(desk):
    say_it(desk, False, Purpose.SERVICE)
    desk.happen()
    desk.run()
    row = desk.row()
    assert (row.state, row.reason) == ("skipped", "opted_out")
    assert row.skipped == dict.fromkeys(("whatsapp", "sms", "email"), "opted_out")
    (kind, data) = desk.events()[0]
    assert (kind, data["purpose"], data["recipient_key"]) == (
        "notify.opted_out.v1", "service", KEY,
    )  # fmt: skip


def test_the_last_word_counts_and_every_word_is_kept(desk):
    for agreed in (False, True, False, True):
        say_it(desk, agreed, Purpose.SERVICE, Purpose.TAX)
    desk.happen()
    desk.run()
    assert desk.row().state == "sent"
    with desk.begin() as session:
        found = consent(session, KEY)
        words = session.connection().exec_driver_sql("SELECT count(*) FROM consent").scalar()
    assert found["purposes"]["service"]["said"] is True
    assert found["purposes"]["news"] == {
        "told": False, "said": None, "said_at": None, "source": None, "wording": None,
    }  # fmt: skip
    assert words == 8


def test_nobody_can_opt_out_of_the_codes_they_ask_for(desk):
    with desk.begin() as session, pytest.raises(Invalid) as error:
        say(session, KEY, [Purpose.CODE], False, "sms", NOW)
    assert error.value.fields == {"purposes": ["code: is always sent"]}


def test_the_channel_that_a_citizen_likes_best_comes_first(desk):
    with desk.begin() as session:
        prefer(session, KEY, [Channel.EMAIL, Channel.SMS], "en", NOW)
    desk.happen()
    desk.run()
    row = desk.row()
    assert (row.channel, row.language) == ("email", "en")
    with desk.begin() as session:
        prefer(session, KEY, [], None, NOW)
        assert consent(session, KEY)["channels"] == []
    desk.happen()
    desk.run()
    assert desk.rows()[1].channel == "whatsapp"


def test_no_reminder_comes_at_night(desk):
    desk.now = NOW.replace(hour=17)
    remind(desk)
    desk.lane = Lane(desk.row().lane)
    desk.run()
    row = desk.row()
    assert (row.state, row.reason, row.attempts) == ("created", "quiet_hours", 0)
    assert row.next_attempt_at.isoformat() == "2026-04-02T02:30:00+00:00"
    desk.now = row.next_attempt_at
    desk.run()
    assert desk.row().state == "sent"


def test_a_citizen_gets_so_many_reminders_a_day_and_the_rest_on_the_next(desk):
    remind(desk, 5)
    desk.lane = Lane(desk.rows()[0].lane)
    desk.run()
    assert [row.state for row in desk.rows()].count("sent") == 2
    waiting = [row for row in desk.rows() if row.state != "sent"]
    assert {row.reason for row in waiting} == {"daily_cap"}
    assert {row.next_attempt_at.isoformat() for row in waiting} == {"2026-04-02T02:30:00+00:00"}
    desk.now = waiting[0].next_attempt_at
    desk.run()
    assert [row.state for row in desk.rows()].count("sent") == 4


def test_the_cap_holds_when_many_processes_send_at_once(desk):
    remind(desk, 12)
    desk.lane = Lane(desk.rows()[0].lane)
    lanes = {lane: replace(each, batch=1) for lane, each in desk.policy.lanes.items()}
    desk.policy = replace(desk.policy, lanes=lanes)
    threads = [threading.Thread(target=lambda: [desk.run() for _ in range(4)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [row.state for row in desk.rows()].count("sent") == 2
    assert len(desk.carrying.meta.sent) == 2


def test_a_citizens_messages_are_found_by_their_number(desk):
    desk.happen(2)
    desk.run()
    desk.contact["phone"] = "+919812345699"
    desk.happen()
    desk.run()
    asked = dict.fromkeys(("event_id", "recipient_ref", "state", "template", "reason"))
    asked |= {"recipient": "98123 45610", "after": None, "limit": 10}
    with desk.begin() as session:
        found = deliveries(session, asked, SECRETS)["deliveries"]
        assert len(found) == 2
        assert {each["address"] for each in found} == {"•••••••••••10"}
        with pytest.raises(Invalid) as error:
            deliveries(session, asked | {"recipient": "12345"}, SECRETS)
    assert "recipient" in error.value.fields


def test_deliveries_are_paged_the_newest_first(desk):
    desk.happen(5)
    asked = dict.fromkeys(("event_id", "recipient_ref", "state", "template", "reason"))
    asked |= {"recipient": None, "after": None, "limit": 2}
    pages, seen = [], []
    with desk.begin() as session:
        while True:
            page = deliveries(session, asked, SECRETS)
            pages.append(page)
            seen += [row["id"] for row in page["deliveries"]]
            if page["next"] is None:
                break
            asked["after"] = page["next"]
    assert [len(page["deliveries"]) for page in pages] == [2, 2, 1]
    assert seen == [str(row.id) for row in reversed(desk.rows())]


def test_what_did_not_leave_uses_up_nobodys_day(desk):
    desk.lane = Lane.BULK
    for _ in range(3):
        remind(desk)
        desk.run(stopping=lambda: True)
        assert desk.rows()[-1].reason == "stopped"
        with desk.begin() as session:
            session.connection().exec_driver_sql("DELETE FROM delivery")
    remind(desk)
    desk.run()
    assert desk.row().state == "sent"
