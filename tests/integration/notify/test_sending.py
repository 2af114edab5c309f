"""Deliveries on a real database, over providers that fail in every way: once, and honest."""

import logging
import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from palika.local.loopback import Fault
from services.notify.channels.email import Email
from services.notify.channels.loopback.smtp import SmtpFault
from services.notify.commands.sending.claims import claim
from services.notify.domain.care import Lane
from services.notify.domain.messages import Message, Sent
from services.notify.reference import city_plan
from tests.support.notify import CONTACT, NOW

MAIL = ("email",)
SMS = ("sms",)


def test_a_message_goes_over_the_first_channel_in_the_citizens_language(desk):
    desk.happen()
    assert desk.run() == 1
    (kept,) = desk.carrying.meta.sent
    row = desk.row()
    assert kept.to == "+919812345610"
    assert kept.asked["template"]["name"] == "grievance_filed"
    assert kept.asked["template"]["language"]["code"] == "mr"
    (attempt,) = desk.attempts()
    assert kept.asked["biz_opaque_callback_data"] == str(attempt.id)
    assert (attempt.state, attempt.reference, attempt.provider) == ("sent", kept.reference, "meta")
    assert (row.state, row.channel, row.language, row.attempts) == ("sent", "whatsapp", "mr", 1)
    assert row.address == "•••••••••••10"
    assert row.sent_at == NOW
    assert row.fallback_at == NOW + timedelta(hours=4)


def test_a_mail_arrives_in_marathi_with_its_own_message_id(desk):
    desk.channels = MAIL
    desk.happen()
    desk.run()
    (sent,) = (each.message for each in desk.carrying.smtp.mails)
    row = desk.row()
    assert sent["Subject"] == "आपली तक्रार क्र. GRV-2026-000123 नोंदवली आहे"
    assert sent["Message-ID"] == f"<{row.id}@city.example>" == desk.attempts()[0].reference
    assert (sent["To"], sent["From"]) == ("asha@example.in", "no-reply@city.example")
    body = sent.get_content()
    assert "नमस्कार आशा कुलकर्णी," in body
    assert "“पथदिवे बंद”" in body
    assert "०८-०४-२०२६" in body
    assert row.fallback_at is None


def test_a_mail_is_in_english_for_whom_english_is_right(desk):
    desk.channels = MAIL
    desk.contact |= {"language": "en", "name": None}
    desk.happen()
    desk.run()
    body = desk.carrying.smtp.mails[0].message.get_content()
    assert body.startswith("Dear Citizen,")
    assert "08-04-2026" in body


def test_a_text_message_carries_what_the_operators_want_and_its_segments_are_counted(desk):
    desk.channels = SMS
    desk.happen()
    desk.run()
    (kept,) = desk.carrying.plivo.sent
    assert "GRV-2026-000123" in kept.asked["text"]
    assert kept.asked["dlt_template_id"] == "1107160000000000101"
    (attempt,) = desk.attempts()
    assert attempt.units == 2


def test_nothing_personal_is_kept_or_logged(desk, caplog):
    caplog.set_level(logging.DEBUG)
    desk.happen(2)
    desk.run()
    desk.channels = ("log",)
    desk.happen()
    desk.run()
    with desk.begin() as session:
        stored = str([session.execute(text(f"SELECT * FROM {name}")).all() for name in
                      ("delivery", "attempt", "outbox")])  # fmt: skip
    logged = " ".join(
        str(vars(record)) for record in caplog.records if record.name.startswith("services.")
    )
    for personal in ("आशा", "asha@", "9812345610"):
        assert personal not in stored
        assert personal not in logged
    assert "message sent" in logged


def test_one_call_asks_for_the_contacts_of_a_batch(desk):
    desk.happen(7)
    assert desk.run() == 7
    assert desk.asked == 1
    assert len(desk.carrying.meta.sent) == 7
    assert len({each.reference for each in desk.attempts()}) == 7


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


def test_a_lost_answer_is_looked_into_where_the_provider_can_say(desk):
    desk.channels = SMS
    desk.happen()
    desk.carrying.plivo.faults.append(Fault.ERROR_500)
    desk.run()
    desk.carrying.infobip.faults.append(Fault.DROP_AFTER)
    desk.run()
    row = desk.row()
    assert (row.state, desk.attempts()[1].state) == ("sending", "unknown")
    assert desk.run() == 0
    desk.now += timedelta(minutes=16)
    desk.sweep()
    row = desk.row()
    assert (row.state, row.attempts) == ("sent", 2)
    assert desk.attempts()[1].reference == desk.carrying.infobip.sent[0].reference
    assert len(desk.carrying.infobip.sent) == 1


def test_a_lost_answer_is_sent_again_where_nobody_can_say(desk):
    desk.happen()
    desk.carrying.meta.faults.append(Fault.DROP_AFTER)
    desk.run()
    assert desk.row().state == "sending"
    desk.now += timedelta(minutes=16)
    desk.sweep()
    assert (desk.row().state, desk.row().reason) == ("failed_temporary", "stuck_in_sending")
    desk.run()
    assert desk.row().state == "sent"
    assert len(desk.carrying.meta.sent) == 2


def test_a_receipt_resolves_a_lost_answer_before_the_sweeper_does(desk):
    desk.happen()
    desk.carrying.meta.faults.append(Fault.DROP_AFTER)
    desk.run()
    (kept,) = desk.carrying.meta.sent
    desk.told("meta", *desk.carrying.meta.hooks(kept))
    row = desk.row()
    assert (row.state, desk.attempts()[0].reference) == ("delivered", kept.reference)
    desk.now += timedelta(minutes=16)
    desk.sweep()
    assert desk.row().state == "delivered"
    assert len(desk.carrying.meta.sent) == 1


def test_a_delivery_that_kills_its_sender_every_time_fails_in_the_end(desk):
    class Deadly:
        name, channel = "meta", "whatsapp"

        def send(self, message: Message):
            raise SystemExit("killed")

        def look_up(self, attempt_id):
            return None

    desk.carrying.providers["meta"], well = Deadly(), desk.carrying.providers["meta"]
    desk.happen()
    try:
        for _ in range(3):
            with pytest.raises(SystemExit):
                desk.run()
            desk.now += timedelta(minutes=16)
            desk.sweep()
    finally:
        desk.carrying.providers["meta"] = well
    assert (desk.row().state, desk.row().reason) == ("failed_permanent", "stuck_in_sending")
    assert [kind for kind, _ in desk.events()] == ["notify.failed.v1"]


def test_what_a_dead_sender_had_claimed_and_not_begun_is_sent_by_another(desk):
    desk.happen(2)
    with desk.begin() as session:
        claim(session, Lane.TRANSACTIONAL, NOW, 10)
    desk.now += timedelta(minutes=14)
    desk.sweep()
    assert desk.run() == 0
    desk.now += timedelta(minutes=2)
    desk.sweep()
    assert desk.run() == 2
    assert {(row.state, row.attempts) for row in desk.rows()} == {("sent", 1)}


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


def test_what_could_not_be_sent_while_it_was_of_use_is_skipped(desk):
    desk.happen()
    desk.now += timedelta(hours=49)
    desk.run()
    assert (desk.row().state, desk.row().reason) == ("skipped", "too_late")


def test_a_service_that_gives_no_contacts_is_asked_again(desk):
    desk.happen(2)
    desk.unavailable = True
    desk.run()
    assert {(row.state, row.reason, row.attempts) for row in desk.rows()} == {
        ("created", "contacts_unavailable", 0)
    }
    desk.unavailable = False
    desk.now += timedelta(hours=1)
    desk.run()
    assert {row.state for row in desk.rows()} == {"sent"}


def test_a_recipient_whose_id_is_refused_fails_alone(desk):
    events = desk.happen(4)
    refused = {events[1].id, events[3].id}
    desk.refuses = tuple(each.data["grievance_id"] for each in events if each.id in refused)
    desk.run()
    for row in desk.rows():
        failed = str(row.event_id) in refused
        wanted = (
            ("failed_permanent", "recipient_refused", "Not allowed.")
            if failed
            else ("sent", None, None)
        )
        assert (row.state, row.reason, row.detail) == wanted
    assert (len(desk.carrying.meta.sent), desk.asked) == (2, 2)


def test_no_address_is_kept_of_what_others_say(desk):
    event = desk.happen()[0]
    desk.refuses = (event.data["grievance_id"],)
    desk.rule = "asha@example.in may not be asked for."
    desk.run()
    assert desk.row().detail == "••• may not be asked for."


@pytest.mark.parametrize(
    ("contact", "reason", "skipped"),
    [
        (None, "contact_missing", {}),
        ({**CONTACT, "phone": None, "email": None}, "no_address",
         {"whatsapp": "no_address", "sms": "no_address", "email": "no_address"}),
        ({**CONTACT, "phone": "020 25501000", "email": None}, "no_channel",
         {"whatsapp": "invalid_address", "sms": "invalid_address", "email": "no_address"}),
        ({**CONTACT, "phone": None, "email": "a@b.in\r\nBcc: all@city.example"}, "no_channel",
         {"whatsapp": "no_address", "sms": "no_address", "email": "invalid_address"}),
    ],
)  # fmt: skip
def test_a_skip_is_honest_and_coded(desk, contact, reason, skipped):
    desk.contact = contact
    desk.happen()
    desk.run()
    row = desk.row()
    assert (row.state, row.reason, row.skipped) == ("skipped", reason, skipped)
    assert desk.attempts() == []


def test_a_channel_that_is_left_out_is_told_with_its_reason(desk):
    desk.contact["phone"] = "12345"
    desk.happen()
    desk.run()
    row = desk.row()
    assert (row.state, row.channel) == ("sent", "email")
    assert row.skipped == {"whatsapp": "invalid_address", "sms": "invalid_address"}


def test_a_missing_field_is_a_failure_and_never_a_hole(desk):
    del desk.contact["number"]
    desk.happen(number=None)
    desk.run()
    row = desk.row()
    assert (row.state, row.reason) == ("failed_permanent", "template_error")
    assert row.detail == "missing or wrong: number"
    assert desk.attempts() == []


def test_what_one_channel_cannot_say_another_does(desk):
    # No word of it in the text message, and too long for a parameter of WhatsApp? Then by e-mail.
    desk.contact["category_name"] = {"mr": "", "en": "Street lights"}
    desk.happen()
    desk.run()
    row = desk.row()
    assert row.skipped == {"whatsapp": "template_error"}
    assert (row.state, row.channel) == ("sent", "sms")


def test_two_senders_never_take_the_same_delivery(desk):
    desk.happen(20)
    with desk.begin() as one, desk.begin() as other:
        first = {row.id for row in claim(one, Lane.TRANSACTIONAL, NOW, 10)}
        second = {row.id for row in claim(other, Lane.TRANSACTIONAL, NOW, 10)}
    assert len(first | second) == 20


def test_a_lane_takes_only_what_is_its_own(desk):
    desk.happen(2)
    desk.lane = Lane.BULK
    assert desk.run() == 0
    desk.lane = Lane.URGENT
    assert desk.run() == 0


def test_many_senders_at_once_send_everything_once(desk):
    desk.happen(60)

    def work() -> None:
        while desk.run():
            pass

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told = [each.asked["biz_opaque_callback_data"] for each in desk.carrying.meta.sent]
    assert len(told) == len(set(told)) == 60
    assert {row.state for row in desk.rows()} == {"sent"}


def test_the_attempt_is_committed_before_the_message_leaves(desk):
    seen = []

    class Spy:
        name, channel = "meta", "whatsapp"

        def send(self, message: Message):
            (attempt,) = desk.attempts()
            seen.append((desk.row().state, attempt.state, attempt.id == message.attempt_id))
            return Sent("spy")

    well = desk.carrying.providers["meta"]
    desk.carrying.providers["meta"] = Spy()
    try:
        desk.happen()
        desk.run()
    finally:
        desk.carrying.providers["meta"] = well
    assert seen == [("sending", "sending", True)]


def test_a_slow_sender_whose_message_left_marks_it_sent_though_it_was_swept(desk):
    class Slow:
        name, channel = "meta", "whatsapp"

        def send(self, message: Message):
            desk.now += timedelta(hours=1)
            desk.sweep()
            return Sent("slow")

        def look_up(self, attempt_id):
            return None

    well = desk.carrying.providers["meta"]
    desk.carrying.providers["meta"] = Slow()
    try:
        desk.happen()
        desk.run()
    finally:
        desk.carrying.providers["meta"] = well
    assert desk.row().state == "sent"
    assert desk.run() == 0


def test_a_sender_that_is_stopped_gives_the_rest_back_untried(desk):
    desk.happen(4)
    asked = iter([False, True, True, True])
    desk.pool._max_workers = 1
    desk.run(stopping=lambda: next(asked))
    left = [row for row in desk.rows() if row.reason == "stopped"]
    assert {(row.state, row.attempts, row.tries) for row in left} == {("created", 0, 0)}
    assert len(left) == 3
    assert len(desk.attempts()) == 1
    assert desk.run() == 3


def test_a_delivery_keeps_the_id_of_the_template_and_its_version(desk):
    desk.happen(grievance_id=str(uuid4()))
    desk.run()
    assert (desk.row().template, desk.row().template_version) == ("grievance.filed", 0)


def test_what_has_left_is_noted_when_the_database_is_back(desk):
    """It goes away after the messages have left: they wait for it, and do not leave again."""
    desk.happen(6)
    away = iter(range(4))

    def begin():
        if len(desk.carrying.meta.sent) and next(away, None) is not None:
            raise OperationalError("", {}, Exception("gone"), connection_invalidated=True)
        return desk.begin()

    desk.run(begin=begin)
    assert next(away, None) is None
    assert {(row.state, row.attempts) for row in desk.rows()} == {("sent", 1)}
    assert len(desk.carrying.meta.sent) == 6


def test_a_message_over_which_an_adapter_breaks_takes_no_other_with_it(desk):
    class Breaking:
        name, channel = "meta", "whatsapp"

        def send(self, message: Message):
            if message.delivery_id == desk.rows()[0].id:
                raise ZeroDivisionError
            return Sent(str(message.attempt_id))

    well = desk.carrying.providers["meta"]
    desk.carrying.providers["meta"] = Breaking()
    try:
        desk.happen(5)
        with pytest.raises(ZeroDivisionError):
            desk.run()
    finally:
        desk.carrying.providers["meta"] = well
    assert [row.state for row in desk.rows()] == ["sending", *["sent"] * 4]
