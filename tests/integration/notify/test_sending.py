"""Deliveries against a real database and a real SMTP server: once, in order, and honest."""

import logging
import threading
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from services.notify.channels import LogChannel, SmtpChannel
from services.notify.commands.send import claim, sweep
from services.notify.domain.messages import Message, Sent
from services.notify.queries import deliveries
from tests.support.notify import CONTACT, NOW, POLICY


def test_a_mail_arrives_in_marathi_with_its_own_message_id(desk, mail):
    desk.happen()
    assert desk.sender(mail.channel()).run() == 1
    (sent,) = mail.mails
    row = desk.row()
    assert sent["Subject"] == "आपली तक्रार क्र. GRV-2026-000123 नोंदवली आहे"
    assert sent["Message-ID"] == f"<{row.id}@city.example>" == row.reference
    assert (sent["To"], sent["From"]) == ("asha@example.in", "no-reply@city.example")
    assert sent["Content-Language"] == "mr"
    body = sent.get_content()
    assert "नमस्कार आशा कुलकर्णी," in body
    assert "“पथदिवे बंद”" in body
    assert "०८-०४-२०२६" in body
    assert (row.state, row.channel, row.language, row.attempts) == ("sent", "smtp", "mr", 1)
    assert row.address == "a•••@e•••.in"
    assert row.sent_at == NOW


def test_a_mail_is_in_english_for_whom_english_is_right(desk, mail):
    desk.contact |= {"language": "en", "name": None}
    desk.happen()
    desk.sender(mail.channel()).run()
    body = mail.mails[0].get_content()
    assert body.startswith("Dear Citizen,")
    assert "“Street lights not working”" in body
    assert "08-04-2026" in body


def test_a_tax_bill_tells_the_amount_in_the_indian_manner(desk, mail):
    desk.happen(
        kind="tax.billed.v1", property_id=str(uuid4()), bill_number="PT-1", period="2026-27",
        amount_paise=11_500_000, billed_at="2026-04-01T05:00:00Z", due_on="2026-06-30",
    )  # fmt: skip
    desk.sender(mail.channel()).run()
    assert "या कालावधीचा कर: ₹१,१५,०००.००" in mail.mails[0].get_content()


def test_nothing_personal_is_kept_or_logged(desk, mail, caplog):
    caplog.set_level(logging.DEBUG)
    desk.happen(2)
    desk.sender(mail.channel(), policy=replace(POLICY, batch=1)).run()
    desk.sender(LogChannel()).run()
    with desk.begin() as session:
        stored = str(session.execute(text("SELECT * FROM delivery")).all())
    logged = " ".join(
        str(vars(record)) for record in caplog.records if record.name.startswith("services.")
    )
    for personal in ("आशा", "asha@", "9812345610"):
        assert personal not in stored
        assert personal not in logged
    assert "message sent" in logged


def test_many_mails_go_over_one_connection(desk, mail):
    desk.happen(7)
    channel = mail.channel()
    desk.sender(channel).run()
    assert len(mail.mails) == 7
    assert len({row.reference for row in desk.rows()}) == 7
    assert desk.asked == 1


@pytest.mark.parametrize("where", ["answer_rcpt", "answer_data"])
def test_a_temporary_refusal_is_tried_again_later_and_given_up_at_last(desk, mail, where):
    setattr(mail, where, "451 4.7.1 asha@example.in is greylisted, try later")
    desk.happen()
    for attempt in (1, 2):
        desk.sender(mail.channel()).run()
        row = desk.row()
        assert (row.state, row.attempts) == ("created", attempt)
        assert row.next_attempt_at > desk.now
        assert row.detail == "451 4.7.1 the recipient is greylisted, try later"
        assert desk.sender(mail.channel()).run() == 0
        desk.now = row.next_attempt_at
    desk.sender(mail.channel()).run()
    assert (desk.row().state, desk.row().attempts) == ("failed", 3)
    assert mail.mails == []


def test_a_temporary_refusal_that_passes_is_sent(desk, mail):
    mail.answer_data = "451 not now"
    desk.happen()
    desk.sender(mail.channel()).run()
    mail.answer_data = None
    desk.now += timedelta(hours=1)
    desk.sender(mail.channel()).run()
    assert (desk.row().state, desk.row().reason) == ("sent", None)


def test_a_permanent_refusal_fails_at_once_with_the_reason(desk, mail):
    mail.answer_rcpt = "550 5.1.1 no such user"
    desk.happen()
    desk.sender(mail.channel()).run()
    row = desk.row()
    assert (row.state, row.reason) == ("failed", "smtp_recipient_refused")
    assert row.detail == "550 5.1.1 no such user"


@pytest.mark.parametrize(
    "address", ["Asha.Kulkarni@Example.in", "asha.kulkarni@example.in", "o'Brien@Example.in"]
)
@pytest.mark.parametrize("where", ["answer_rcpt", "answer_data"])
@pytest.mark.parametrize(
    "answer", ["550 5.1.1 <{}> no such user", "450 " + "x" * 279 + " {} is greylisted"]
)
def test_no_address_is_kept_of_what_a_server_says(desk, mail, where, answer, address):
    desk.contact["email"] = address
    setattr(mail, where, answer.format(address.lower()))
    desk.happen()
    desk.sender(mail.channel()).run()
    row = desk.row()
    assert row.detail.startswith(answer[:3])
    assert len(row.detail) <= 300
    for personal in ("@", "kulkarni", "brien"):
        assert personal not in row.detail.casefold()
    assert "the re" in row.detail


def test_no_address_is_kept_of_another_recipient_that_a_server_names(desk, mail):
    mail.answer_rcpt = "550 5.1.1 <asha@relay.example.in>: user unknown, call 98220 12345"
    desk.happen()
    desk.sender(mail.channel()).run()
    assert desk.row().detail == "550 5.1.1 <•••>: user unknown, call •••"


def test_no_address_is_kept_of_what_a_service_says(desk, mail):
    event = desk.happen()[0]
    desk.refuses = (event.data["grievance_id"],)
    desk.rule = "asha@example.in may not be asked for."
    desk.sender(mail.channel()).run()
    assert desk.row().detail == "••• may not be asked for."


def test_one_refused_mail_does_not_hold_up_the_next(desk, mail):
    mail.answer_rcpt = "550 5.1.1 no such user"
    desk.happen()
    desk.sender(mail.channel()).run()
    mail.answer_rcpt = None
    desk.happen(2)
    desk.sender(mail.channel()).run()
    assert sorted(row.state for row in desk.rows()) == ["failed", "sent", "sent"]


def test_a_stalling_server_is_given_up_and_the_repetition_has_the_same_message_id(desk, mail):
    mail.stall.set()
    desk.happen()
    desk.sender(mail.channel(timeout_s=0.3)).run()
    assert (desk.row().state, desk.row().reason) == ("created", "smtp_timeout")
    mail.stall.clear()
    desk.now += timedelta(hours=1)
    desk.sender(mail.channel()).run()
    assert desk.row().state == "sent"
    first, second = (sent["Message-ID"] for sent in mail.mails)
    assert first == second


def test_a_server_that_is_away_costs_no_attempt_and_the_others_wait_untried(desk):
    desk.happen(3)
    nobody = SmtpChannel("smtp://127.0.0.1:1", "no-reply@city.example", 1)
    desk.sender(nobody).run()
    for row in desk.rows():
        assert (row.state, row.reason, row.attempts) == ("created", "smtp_unreachable", 0)
        assert row.next_attempt_at > NOW


def test_what_could_not_be_sent_for_too_long_is_skipped(desk):
    desk.happen()
    desk.now += timedelta(hours=49)
    desk.sender(LogChannel()).run()
    assert (desk.row().state, desk.row().reason) == ("skipped", "too_late")


def test_a_service_that_gives_no_contacts_is_asked_again(desk, mail):
    desk.happen(2)
    desk.unavailable = True
    desk.sender(mail.channel()).run()
    assert {(row.state, row.reason, row.attempts) for row in desk.rows()} == {
        ("created", "contacts_unavailable", 0)
    }
    desk.unavailable = False
    desk.now += timedelta(hours=1)
    desk.sender(mail.channel()).run()
    assert {row.state for row in desk.rows()} == {"sent"}


def test_a_recipient_whose_id_is_refused_fails_alone(desk, mail):
    events = desk.happen(4)
    refused = {events[1].id, events[3].id}
    desk.refuses = tuple(each.data["grievance_id"] for each in events if each.id in refused)
    desk.sender(mail.channel()).run()
    for row in desk.rows():
        failed = str(row.event_id) in refused
        wanted = ("failed", "recipient_refused", "Not allowed.") if failed else ("sent", None, None)
        assert (row.state, row.reason, row.detail) == wanted
    assert (len(mail.mails), desk.asked) == (2, 2)


@pytest.mark.parametrize(
    ("contact", "reason"),
    [
        (None, "contact_missing"),
        ({**CONTACT, "email": None}, "no_address"),
        ({**CONTACT, "email": "asha at home"}, "invalid_address"),
        ({**CONTACT, "email": "a@b.in\r\nBcc: all@city.example"}, "invalid_address"),
    ],
)
def test_a_skip_is_honest_and_coded(desk, mail, contact, reason):
    desk.contact = contact
    desk.happen()
    desk.sender(mail.channel()).run()
    assert (desk.row().state, desk.row().reason) == ("skipped", reason)
    assert mail.mails == []


def test_a_missing_field_is_a_failure_and_never_a_hole(desk, mail):
    del desk.contact["category_name"]
    desk.happen()
    desk.sender(mail.channel()).run()
    row = desk.row()
    assert (row.state, row.reason) == ("failed", "template_error")
    assert row.detail == "missing or wrong: category_name"
    assert mail.mails == []


def test_two_senders_never_take_the_same_delivery(desk):
    desk.happen(20)
    with desk.begin() as one, desk.begin() as other:
        first = {row.id for row in claim(one, NOW, 10)}
        second = {row.id for row in claim(other, NOW, 10)}
    assert len(first | second) == 20


def test_many_senders_at_once_send_everything_once(desk, mail):
    desk.happen(40)

    def work() -> None:
        channel = mail.channel()
        sender = desk.sender(channel, policy=replace(POLICY, batch=3))
        while sender.run():
            pass

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(mail.mails) == 40
    assert len({sent["Message-ID"] for sent in mail.mails}) == 40
    assert {row.state for row in desk.rows()} == {"sent"}


def test_sending_is_committed_before_the_message_leaves(desk):
    seen = []

    class Spy(LogChannel):
        def send(self, message: Message):
            seen.append(desk.row().state)
            return Sent("spy")

    desk.happen()
    desk.sender(Spy()).run()
    assert seen == ["sending"]


def test_what_a_dead_sender_left_is_swept_up_and_sent(desk, mail):
    desk.happen(2)
    with desk.begin() as session:
        claim(session, NOW, 10)
    with desk.begin() as session:
        assert sweep(session, NOW + timedelta(minutes=14), POLICY) == []
    desk.now += timedelta(minutes=16)
    with desk.begin() as session:
        assert len(sweep(session, desk.now, POLICY)) == 2
    assert {row.reason for row in desk.rows()} == {"stuck_in_sending"}
    desk.sender(mail.channel()).run()
    assert {(row.state, row.attempts) for row in desk.rows()} == {("sent", 2)}


def test_a_delivery_that_kills_its_sender_every_time_fails_in_the_end(desk):
    desk.happen()
    for _ in range(3):
        with desk.begin() as session:
            claim(session, desk.now, 10)
        desk.now += timedelta(minutes=16)
        with desk.begin() as session:
            sweep(session, desk.now, POLICY)
    assert (desk.row().state, desk.row().reason) == ("failed", "stuck_in_sending")


def test_a_slow_sender_whose_mail_left_marks_it_sent_though_it_was_swept(desk):
    class Slow(LogChannel):
        def send(self, message: Message):
            with desk.begin() as session:
                sweep(session, NOW + timedelta(hours=1), POLICY)
            return Sent("slow")

    desk.happen()
    desk.sender(Slow()).run()
    assert desk.row().state == "sent"
    assert desk.sender(LogChannel()).run() == 0


def test_two_senders_and_a_slow_server_send_everything_once(desk, mail):
    """Each message takes ten minutes, a claim holds for fifteen, and it is of three messages."""

    class Slow(SmtpChannel):
        def send(self, message: Message):
            answer = super().send(message)
            desk.now += timedelta(minutes=10)
            with desk.begin() as session:
                sweep(session, desk.now, POLICY)
            swept.append(desk.sender(mail.channel()).run())
            return answer

    swept: list[int] = []
    desk.happen(3)
    slow = Slow(f"smtp://127.0.0.1:{mail.port}", "no-reply@city.example")
    assert desk.sender(slow).run() == 3
    assert swept == [0, 1]
    assert len({sent["Message-ID"] for sent in mail.mails}) == len(mail.mails) == 3
    assert sorted((row.state, row.attempts) for row in desk.rows()) == [
        ("sent", 1), ("sent", 1), ("sent", 2),
    ]  # fmt: skip


def test_a_sender_that_is_stopped_gives_the_rest_back_untried(desk):
    desk.happen(4)
    asked = iter([False, True, True, True])
    desk.sender(LogChannel(), stopping=lambda: next(asked)).run()
    states = sorted((row.state, row.attempts, row.reason) for row in desk.rows() if row.reason)
    assert states == [("created", 0, "stopped")] * 3
    assert desk.sender(LogChannel()).run() == 3


def test_deliveries_are_paged_the_newest_first(desk):
    desk.happen(5)
    asked = {"event_id": None, "recipient_ref": None, "state": None, "after": None, "limit": 2}
    pages, seen = [], []
    with desk.begin() as session:
        while True:
            page = deliveries(session, asked)
            pages.append(page)
            seen += [row["id"] for row in page["deliveries"]]
            if page["next"] is None:
                break
            asked["after"] = page["next"]
    assert [len(page["deliveries"]) for page in pages] == [2, 2, 1]
    assert seen == [str(row.id) for row in reversed(desk.rows())]
