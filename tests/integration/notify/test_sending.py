"""Deliveries on a real database, over providers that fail in every way: once, and honest."""

import logging
import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from services.notify.commands.sending.claims import claim
from services.notify.domain.care import Lane
from services.notify.domain.messages import Message, Sent
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
