"""Deliveries over providers that fail: the next provider, the next channel, or an honest end."""

from datetime import timedelta

import pytest

from palika.local.loopback import Fault
from services.notify.channels.email import Email
from services.notify.channels.loopback.smtp import SmtpFault
from services.notify.domain.magic import Fate, number_of
from services.notify.reference import city_plan
from tests.support.notify import NOW

MAIL = ("email",)
SMS = ("sms",)


@pytest.mark.parametrize("fault", [Fault.ERROR_500, Fault.THROTTLED])
def test_the_second_provider_of_a_channel_takes_over_at_once(desk, fault):
    desk.channels = SMS
    desk.happen()
    desk.carrying.plivo.faults.append(fault)
    desk.run()
    assert desk.row().state == "failed_temporary"
    assert desk.row().next_attempt_at == desk.now
    desk.run()
    assert desk.row().state == "sent"
    assert [each.provider for each in desk.attempts()] == ["plivo", "infobip"]
    assert len(desk.carrying.infobip.sent) == 1
    assert desk.carrying.plivo.sent == []


def test_when_all_providers_have_failed_it_waits_and_then_begins_with_the_first(desk):
    desk.channels = SMS
    desk.happen()
    for server in (desk.carrying.plivo, desk.carrying.infobip):
        server.faults.append(Fault.ERROR_500)
    desk.run()
    desk.run()
    row = desk.row()
    assert row.state == "failed_temporary"
    assert row.next_attempt_at > desk.now
    assert desk.run() == 0
    desk.now = row.next_attempt_at
    desk.run()
    assert [each.provider for each in desk.attempts()] == ["plivo", "infobip", "plivo"]
    assert desk.row().state == "sent"


def test_a_provider_that_keeps_failing_is_left_alone_and_tried_again_later(desk):
    desk.channels = SMS
    desk.carrying.plivo.faults.extend([Fault.ERROR_500] * 100)
    for _ in range(12):
        desk.happen()
        desk.run()
        desk.run()
    assert {row.state for row in desk.rows()} == {"sent"}
    assert len(desk.carrying.infobip.sent) == 12
    assert len(desk.carrying.plivo.requests) == city_plan().breaker.least == 10
    desk.carrying.plivo.faults.clear()
    desk.now += timedelta(minutes=11)
    desk.happen()
    desk.run()
    assert len(desk.carrying.plivo.sent) == 1


def test_a_number_that_is_refused_for_good_goes_over_the_next_channel(desk):
    desk.happen()
    desk.carrying.meta.faults.append(Fault.REFUSED_400)
    desk.run()
    row = desk.row()
    assert (row.state, row.spent, row.tries) == ("created", ["whatsapp"], 0)
    desk.run()
    row = desk.row()
    assert (row.state, row.channel, row.attempts) == ("sent", "sms", 2)


def test_when_no_channel_is_left_it_has_failed_and_that_is_told(desk):
    desk.channels = MAIL
    desk.happen()
    desk.carrying.smtp.faults.append(SmtpFault.RECIPIENT_550)
    desk.run()
    row = desk.row()
    assert (row.state, row.reason, row.spent) == (
        "failed_permanent", "smtp_recipient_refused", ["email"],
    )  # fmt: skip
    (kind, data) = desk.events()[0]
    assert kind == "notify.failed.v1"
    assert data["reason"] == "smtp_recipient_refused"
    assert data["recipient_ref"] == row.recipient_ref
    assert desk.run() == 0


def test_what_is_refused_for_now_is_tried_so_often_and_then_the_channel_is_given_up(desk):
    desk.channels = MAIL
    desk.happen()
    desk.carrying.smtp.faults.extend([SmtpFault.RECIPIENT_450] * 3)
    for tries in (1, 2):
        desk.run()
        row = desk.row()
        assert (row.state, row.tries) == ("failed_temporary", tries)
        assert desk.run() == 0
        desk.now = row.next_attempt_at
    desk.run()
    assert (desk.row().state, desk.row().attempts) == ("failed_permanent", 3)
    assert desk.carrying.smtp.mails == []


def test_a_server_that_is_away_costs_no_try_and_the_others_wait_untried(desk):
    desk.channels = MAIL
    desk.happen(3)
    desk.pool._max_workers = 1
    well = desk.carrying.providers["smtp"]
    desk.carrying.providers["smtp"] = Email("smtp://127.0.0.1:1", "no-reply@city.example", 1)
    try:
        desk.run()
    finally:
        desk.carrying.providers["smtp"] = well
    for row in desk.rows():
        assert (row.state in ("created", "failed_temporary"), row.tries) == (True, 0)
        assert row.next_attempt_at > NOW
    assert len(desk.attempts()) == 1


def test_what_was_not_delivered_in_time_goes_over_the_next_channel(desk):
    desk.happen()
    desk.run()
    desk.now += timedelta(hours=4)
    desk.sweep()
    row = desk.row()
    assert (row.state, row.reason, row.spent) == (
        "created", "not_delivered_in_time", ["whatsapp"],
    )  # fmt: skip
    desk.run()
    assert (desk.row().state, desk.row().channel) == ("sent", "sms")
    assert len(desk.carrying.plivo.sent) == 1


def test_what_was_accepted_stays_so_where_no_other_channel_could_be_taken(desk):
    """Nothing has failed: nobody has said that it was not delivered."""
    desk.channels = ("sms", "email")
    desk.contact["email"] = None
    desk.happen()
    desk.run()
    assert desk.row().fallback_at is None
    desk.now += timedelta(hours=40)
    desk.sweep()
    desk.run()
    assert (desk.row().state, desk.events()) == ("sent", [])


def test_what_was_accepted_stays_so_where_the_next_channel_would_come_too_late(desk):
    desk.happen()
    desk.now += timedelta(hours=45)
    desk.run()
    assert (desk.row().state, desk.row().fallback_at) == ("sent", None)


def test_what_fails_for_now_after_it_was_accepted_goes_by_the_next_provider(desk):
    desk.channels = SMS
    desk.contact["phone"] = number_of(Fate.FAILS_FOR_NOW)
    desk.happen()
    desk.run()
    desk.told("plivo", *desk.carrying.plivo.hooks(desk.carrying.plivo.sent[0]))
    desk.now = desk.row().next_attempt_at
    desk.run()
    assert [each.provider for each in desk.attempts()] == ["plivo", "infobip"]


def test_a_provider_that_was_left_alone_is_tried_with_one_message(desk):
    desk.channels = SMS
    desk.carrying.plivo.faults.extend([Fault.ERROR_500] * 100)
    for _ in range(12):
        desk.happen()
        desk.run()
        desk.run()
    asked = len(desk.carrying.plivo.requests)
    assert asked == city_plan().breaker.least
    desk.now += timedelta(minutes=11)
    desk.happen(10)
    desk.run()
    assert len(desk.carrying.plivo.requests) == asked + 1


def test_why_it_waited_is_not_why_it_has_failed(desk):
    desk.channels = ("whatsapp", "sms")
    desk.happen()
    desk.carrying.meta.faults.append(Fault.REFUSED_400)
    desk.run()
    desk.unavailable = True
    desk.run()
    assert desk.row().reason == "contacts_unavailable"
    desk.unavailable = False
    desk.contact["phone"] = None
    desk.now += timedelta(hours=1)
    desk.run()
    row = desk.row()
    assert (row.state, row.reason, row.skipped) == (
        "failed_permanent", "no_channel", {"sms": "no_address"},
    )  # fmt: skip
