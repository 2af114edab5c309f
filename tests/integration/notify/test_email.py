"""E-mail as a provider, against a mail server that fails in every way."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from palika.errors import Forbidden
from palika.local.processes import free_port
from services.notify.channels.email import Email
from services.notify.channels.loopback import SmtpServer
from services.notify.channels.loopback.smtp import SmtpFault
from services.notify.domain.magic import Fate, email_of
from services.notify.domain.messages import Attachment, Failed, Sent
from tests.support.providers import TEXT, sms


@pytest.fixture
def server():
    with SmtpServer() as running:
        yield running


@pytest.fixture
def mail(server):
    made = Email(server.url, "no-reply@city.example", timeout_s=2)
    yield made
    made.close()


def letter(address: str = "asha@example.in", **changes):
    """An e-mail."""
    return sms(address, subject="तक्रार निकाली", dlt=None, **changes)


def test_a_mail_arrives_as_it_was_written(server, mail):
    message = letter()
    assert mail.send(message) == Sent(f"<{message.delivery_id}@city.example>")
    ((to, found),) = [(each.to, each.message) for each in server.mails]
    assert to == ("asha@example.in",)
    assert found["Subject"] == "तक्रार निकाली"
    assert found["Message-ID"] == f"<{message.delivery_id}@city.example>"
    assert found["Auto-Submitted"] == "auto-generated"
    assert found["Content-Language"] == "mr"
    assert found.get_content().strip() == TEXT


@pytest.mark.parametrize("before", range(40))
def test_the_words_of_a_long_subject_stay_apart_wherever_its_lines_end(server, mail, before):
    subject = f"{'क' * before} निर्देशांकाकडे लक्ष द्यावे: पथ विभाग – खड्डे (Roads) वेळेत झालेली कामे"
    message = sms("asha@example.in", subject=subject, dlt=None)
    assert isinstance(mail.send(message), Sent)
    assert server.mails[0].message["Subject"] == subject.strip()


def test_attachments_arrive_whole_with_their_names(server, mail):
    files = (
        Attachment("मालमत्ता कर २०२६.pdf", "application/pdf", b"%PDF-1.7\r\n.\r\n\x00\xff" * 500),
        Attachment('../a\r\nX: "b".txt', "text/plain", "नमस्कार".encode()),
        Attachment("odd", "nothing", b"x"),
    )
    assert isinstance(mail.send(letter(attachments=files)), Sent)
    found = server.mails[0].message
    assert found.get_body().get_content().strip() == TEXT
    parts = list(found.iter_attachments())
    assert [each.get_payload(decode=True) for each in parts] == [each.content for each in files]
    assert parts[0].get_filename() == "मालमत्ता कर २०२६.pdf"
    assert parts[1].get_filename() == '.._a__X: "b".txt'
    assert "X" not in parts[1]
    assert parts[0].get_content_type() == "application/pdf"


@pytest.mark.parametrize(
    ("fault", "reason", "permanent", "down", "uncertain", "accepted"),
    [
        (SmtpFault.BUSY_421, "smtp_sender_refused", False, True, False, 0),
        (SmtpFault.SENDER_550, "smtp_sender_refused", False, False, False, 0),
        (SmtpFault.RECIPIENT_450, "smtp_recipient_refused", False, False, False, 0),
        (SmtpFault.RECIPIENT_550, "smtp_recipient_refused", True, False, False, 0),
        (SmtpFault.DATA_451, "smtp_message_refused", False, False, False, 0),
        (SmtpFault.DATA_554, "smtp_message_refused", True, False, False, 0),
        (SmtpFault.DROP_BEFORE, "smtp_connection_lost", False, True, False, 0),
        (SmtpFault.DROP_AFTER, "smtp_connection_lost", False, True, True, 1),
        (SmtpFault.STALL_AFTER, "smtp_timeout", False, True, True, 1),
    ],
)
def test_what_the_servers_answers_come_to(
    server, fault, reason, permanent, down, uncertain, accepted
):
    mail = Email(server.url, "no-reply@city.example", timeout_s=0.4)
    server.faults.append(fault)
    answer = mail.send(letter())
    assert isinstance(answer, Failed)
    assert (answer.reason, answer.permanent) == (reason, permanent)
    assert (answer.channel_down, answer.uncertain, answer.offered) == (down, uncertain, True)
    assert "asha@example.in" not in answer.detail
    assert len(server.mails) == accepted
    # The next message goes, over the same connection where it is still good.
    assert isinstance(mail.send(letter()), Sent)
    broken = {SmtpFault.BUSY_421, SmtpFault.DROP_BEFORE, SmtpFault.DROP_AFTER}
    assert server.connections == (2 if fault in broken | {SmtpFault.STALL_AFTER} else 1)


@pytest.mark.parametrize("fault", [SmtpFault.BUSY_421, SmtpFault.DROP_BEFORE])
def test_an_old_connection_that_the_server_ends_costs_nothing(server, mail, fault):
    mail.send(letter())
    server.faults.append(fault)
    assert isinstance(mail.send(letter()), Sent)
    assert (server.connections, len(server.mails)) == (2, 2)


def test_what_may_have_been_accepted_is_not_sent_again_by_itself(server, mail):
    mail.send(letter())
    server.faults.append(SmtpFault.DROP_AFTER)
    answer = mail.send(letter())
    assert isinstance(answer, Failed)
    assert answer.uncertain
    assert len(server.mails) == 2


def test_a_server_that_is_not_there_costs_no_try():
    answer = Email(f"smtp://127.0.0.1:{free_port()}", "a@b.example").send(letter())
    assert (answer.reason, answer.offered) == ("smtp_unreachable", False)


def test_many_threads_share_a_few_connections(server):
    mail = Email(server.url, "no-reply@city.example", connections=3)
    letters = [letter(f"citizen{number}@example.in") for number in range(120)]
    with ThreadPoolExecutor(12) as threads:
        answers = list(threads.map(mail.send, letters))
    assert [each.reference for each in answers] == [
        mail.message_id(each.delivery_id) for each in letters
    ]
    # Nobody's mail went to somebody else.
    assert {(each.to[0], each.message["To"]) for each in server.mails} == {
        (each.address, each.address) for each in letters
    }
    assert server.connections <= 3
    mail.close()


def test_who_waits_too_long_for_a_connection_is_told(server):
    mail = Email(server.url, "no-reply@city.example", timeout_s=0.5, connections=1)
    server.faults.append(SmtpFault.STALL_AFTER)
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(mail.send, letter())
        while not server.mails:
            time.sleep(0.01)
        mail._timeout_s = 0.05
        second = mail.send(letter())
        assert first.result().uncertain
    assert (second.reason, second.offered) == ("smtp_busy", False)


@pytest.mark.parametrize("address", ["", "asha", "asha@example.in\r\nRCPT TO:<b@c.in>", "a b@c.in"])
def test_what_is_no_address_is_not_offered(server, mail, address):
    answer = mail.send(letter(address))
    assert answer == Failed(True, "smtp_address_invalid", offered=False)
    assert server.connections == 0


def test_an_address_in_devanagari_needs_a_server_that_takes_it(mail, server):
    assert isinstance(mail.send(letter("आशा@उदाहरण.भारत")), Sent)
    assert server.mails[0].to == ("आशा@उदाहरण.भारत",)
    with SmtpServer(utf8=False) as old:
        answer = Email(old.url, "no-reply@city.example").send(letter("आशा@उदाहरण.भारत"))
    assert (answer.permanent, answer.reason) == (True, "smtp_address_not_supported")


def test_a_subject_of_several_lines_is_one(server, mail):
    answer = mail.send(sms("asha@example.in", subject="a\r\nBcc: b@c.in", dlt=None))
    assert isinstance(answer, Sent)
    assert server.mails[0].message["Bcc"] is None
    assert server.mails[0].message["Subject"] == "a Bcc: b@c.in"


@pytest.mark.parametrize("fate", list(Fate))
def test_a_magic_address_has_its_fate(mail, fate):
    answer = mail.send(letter(email_of(fate)))
    if fate in (Fate.FAILS_FOR_GOOD, Fate.REFUSED):
        assert answer.permanent
    elif fate in (Fate.FAILS_FOR_NOW, Fate.THROTTLED):
        assert not answer.permanent
    else:
        assert isinstance(answer, Sent)


def test_there_is_nothing_to_ask_and_nobody_to_believe(mail):
    assert mail.look_up(letter().attempt_id) is None
    with pytest.raises(Forbidden):
        mail.receipts({}, b"", {})


_GREEN = """
import eventlet
eventlet.monkey_patch()
import sys
from services.notify.channels.email import Email
from services.notify.domain.messages import Sent
from tests.integration.notify.test_email import letter
mail = Email(sys.argv[1], "no-reply@city.example", connections=4)
threads = [eventlet.spawn(mail.send, letter()) for _ in range(40)]
assert all(isinstance(each.wait(), Sent) for each in threads)
"""


def test_in_a_service_its_threads_are_green(server):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _GREEN, server.url],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert len(server.mails) == 40
    assert server.connections <= 4
