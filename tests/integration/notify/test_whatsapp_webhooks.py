"""What Meta's webhooks tell, against a server that speaks their form."""

import threading
import time

import pytest

from palika.errors import Forbidden, Invalid
from palika.local.loopback import LoopbackServer, Reply, Request
from services.notify.channels.loopback import MetaServer, posting
from services.notify.domain.messages import Told
from services.notify.domain.whatsapp_inbound import (
    Chosen,
    MediaKind,
    SaidMedia,
    SaidOther,
    SaidPlace,
    SaidText,
)
from tests.support.providers import PHONE, meta_of, told, whatsapp

PLACE = {"type": "location"}
JPEG = b"\xff\xd8\xff\xe0" + b"photo" * 100


@pytest.fixture
def server():
    with MetaServer() as running:
        yield running


@pytest.fixture
def meta(server):
    return meta_of(server)


def test_only_what_meta_has_signed_is_believed(server, meta):
    hook = server.said(PHONE, {"type": "text", "text": {"body": "Hi"}})
    headers, body, query = hook.arrived()
    assert len(meta.webhook(headers, body).messages) == 1
    for wrong in (
        {},
        {"x-hub-signature-256": ""},
        {"x-hub-signature-256": "sha256="},
        {"x-hub-signature-256": "sha256=" + "0" * 64},
        {"x-hub-signature-256": "गुपित"},
        {"x-hub-signature": headers["x-hub-signature-256"]},
    ):
        with pytest.raises(Forbidden):
            meta.receipts(wrong, body, query)
    with pytest.raises(Forbidden):
        meta.webhook(headers, body + b" ")
    with pytest.raises(Forbidden):
        meta_of(server, app_secrets=()).webhook(headers, body)


def test_while_a_secret_changes_both_are_good(server):
    hook = server.said(PHONE, {"type": "text", "text": {"body": "Hi"}})
    headers, body, _ = hook.arrived()
    meta = meta_of(server, app_secrets=("the new one", server.app_secret))
    assert len(meta.webhook(headers, body).messages) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"whatsapp_business_account"',
        b'{"object": "page"}',
        b"[" * 100_000,
        b"\xff\xfe",
        b" " * 5_000_000,
    ],
)
def test_what_is_no_notification_is_invalid(server, meta, body):
    headers, content, _ = server.signed(body).arrived()
    with pytest.raises(Invalid):
        meta.webhook(headers, content)


def test_what_cannot_be_read_does_not_stop_the_rest(server, meta, caplog):
    good = {"id": "wamid.1", "status": "delivered", "timestamp": "1774000000"}
    whole = server.notification({"statuses": [{}, 7, {"status": "sent"}, good, None]})
    whole["entry"].insert(0, "?")
    whole["entry"][1]["changes"] += [None, {"field": "account_alerts", "value": {}}]
    found = meta.webhook(*server.signed(whole).arrived()[:2])
    assert [each.told for each in found.receipts] == [Told.DELIVERED]
    assert found.unreadable == 4
    assert "4 things not readable" in caplog.text


def test_trouble_with_the_account_is_told_in_the_log(server, meta, caplog):
    whole = server.notification({"errors": [{"code": 131031, "title": "Locked"}, {}, None]})
    found = meta.webhook(*server.signed(whole).arrived()[:2])
    assert found.troubles == [131031]
    assert "131031" in caplog.text


def test_a_status_that_is_new_is_passed_over(server, meta):
    statuses = [{"id": "wamid.1", "status": word, "timestamp": "1"} for word in ("played", "warn")]
    found = meta.webhook(*server.signed(server.notification({"statuses": statuses})).arrived()[:2])
    assert (found.receipts, found.unreadable) == ([], 0)


@pytest.mark.parametrize("moment", ["", "x", "-1", "99999999999", "१७७४", None, 1e300])
def test_a_moment_that_cannot_be_is_the_moment_of_receiving(server, moment):
    meta = meta_of(server)
    status = {"id": "wamid.1", "status": "read", "timestamp": moment}
    before = meta.now()
    (receipt,) = meta.receipts(
        *server.signed(server.notification({"statuses": [status]})).arrived()
    )
    assert before <= receipt.at <= meta.now()


def test_what_is_of_another_number_of_the_account_is_not_ours(server, meta):
    hook = server.said(PHONE, {"type": "text", "text": {"body": "Hi"}})
    other = meta_of(server, phone_number_id="1")
    assert other.webhook(*hook.arrived()[:2]).messages == []
    assert len(meta.webhook(*hook.arrived()[:2]).messages) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"type": "text", "text": {"body": "नमस्कार"}}, SaidText("नमस्कार")),
        ({"type": "text", "text": {"body": "a\x00b\ud800c"}}, SaidText("abc")),
        (
            {
                "type": "interactive",
                "interactive": {"type": "button_reply", "button_reply": {"id": "mr", "title": "म"}},
            },
            Chosen("mr", "म"),
        ),
        (
            {
                "type": "interactive",
                "interactive": {"type": "list_reply", "list_reply": {"id": "dues", "title": "D"}},
            },
            Chosen("dues", "D"),
        ),
        ({"type": "button", "button": {"payload": "stop", "text": "थांबा"}}, Chosen("stop", "थांबा")),
        (
            {"type": "location", "location": {"latitude": 18.52, "longitude": 73.85, "name": "घर"}},
            SaidPlace(18.52, 73.85, "घर"),
        ),
        (
            {"type": "image", "image": {"id": "77", "mime_type": "image/jpeg", "caption": "खड्डा"}},
            SaidMedia(MediaKind.IMAGE, "77", "image/jpeg", "खड्डा"),
        ),
        (
            {"type": "document", "document": {"id": "78", "mime_type": "x/y", "filename": "a.pdf"}},
            SaidMedia(MediaKind.DOCUMENT, "78", "x/y", "", "a.pdf"),
        ),
        (
            {"type": "audio", "audio": {"id": "79", "mime_type": "audio/ogg", "voice": True}},
            SaidMedia(MediaKind.AUDIO, "79", "audio/ogg"),
        ),
        ({"type": "unsupported", "errors": [{"code": 131051}]}, SaidOther("unsupported")),
        ({"type": "reaction", "reaction": {"emoji": "👍"}}, SaidOther("reaction")),
        ({"type": "interactive", "interactive": {"type": "nfm_reply"}}, SaidOther("nfm_reply")),
        ({"type": "location", "location": {"latitude": 91, "longitude": 0}}, SaidOther("location")),
        (
            {"type": "location", "location": {"latitude": "1", "longitude": 0}},
            SaidOther("location"),
        ),
        ({"type": "image"}, SaidOther("image")),
        ({}, SaidOther("unknown")),
    ],
)
def test_what_citizens_write(server, meta, content, said):
    hook = server.said(PHONE, content, name="आशा", context={"id": "wamid.ours"})
    (message,) = meta.webhook(*hook.arrived()[:2]).messages
    assert (message.said, message.sender, message.name) == (said, PHONE, "आशा")
    assert message.reply_to == "wamid.ours"
    assert message.at <= meta.now()
    assert PHONE not in repr(message)
    assert "नमस्कार" not in repr(message)


@pytest.mark.parametrize("number", ["", "98123", "+919812345610", "९१९८१२३४५६१०", "9" * 16])
def test_a_sender_that_is_no_number_is_not_read(server, meta, number):
    hook = server.said(PHONE, {"type": "text", "text": {"body": "Hi"}}, **{"from": number})
    found = meta.webhook(*hook.arrived()[:2])
    assert (found.messages, found.unreadable) == ([], 1)


def test_a_decision_about_a_template_is_told(server, meta):
    hook = server.template_changed("tax_bill_v2", "mr", "REJECTED", "INVALID_FORMAT")
    (change,) = meta.webhook(*hook.arrived()[:2]).templates
    assert (change.name, change.language) == ("tax_bill_v2", "mr")
    assert (change.event, change.reason) == ("REJECTED", "INVALID_FORMAT")
    hook = server.template_changed("tax_bill_v2", "mr", "APPROVED")
    assert meta.webhook(*hook.arrived()[:2]).templates[0].reason == ""


def test_the_webhook_is_set_up_by_who_knows_our_word(meta):
    query = {"hub.mode": "subscribe", "hub.verify_token": "our word", "hub.challenge": "1158201444"}
    assert meta.challenge(query) == "1158201444"
    for wrong in (
        {"hub.verify_token": "another"},
        {"hub.verify_token": ""},
        {"hub.mode": "unsubscribe"},
        {"hub.challenge": "<script>"},
        {"hub.challenge": ""},
    ):
        with pytest.raises(Forbidden):
            meta.challenge(query | wrong)
    wordless = type(meta)(meta.url, "v1.0", "1", "t", (), "")
    with pytest.raises(Forbidden):
        wordless.challenge(query | {"hub.verify_token": ""})


class Portal(LoopbackServer):
    """Takes whatever it is sent."""

    def answer(self, request: Request) -> Reply:
        return Reply(200, {})


def test_receipts_come_by_themselves_to_where_the_webhook_is(server, meta):
    with Portal() as portal:
        server.webhook_url, server.tells = portal.url + "/webhooks/whatsapp", True
        meta.send(whatsapp())
        until = time.monotonic() + 10
        while len(portal.requests) < 2 and time.monotonic() < until:
            time.sleep(0.01)
        found = [meta.receipts(each.headers, each.body, {}) for each in portal.requests]
    assert [told(each)[0][0] for each in found] == ["sent", "delivered"]


class Troubled(Portal):
    """Fails so often first, and takes a while each time."""

    def __init__(self, failures: int) -> None:
        super().__init__()
        self.failures = failures
        self.delay_s = 0.01

    def answer(self, request: Request) -> Reply:
        self.failures -= 1
        return Reply(500 if self.failures >= 0 else 200, {})


def test_receipts_are_posted_by_few_threads_and_again_for_long(server, monkeypatch):
    monkeypatch.setattr(posting, "FIRST_PAUSE_S", 0.001)
    monkeypatch.setattr(posting, "LONGEST_PAUSE_S", 0.01)
    with Troubled(failures=200) as portal:
        server.webhook_url, server.tells = portal.url + "/webhooks/whatsapp", True
        before = {each.ident for each in threading.enumerate()}
        for number in range(20):
            server.accept("+919812345610", {}, f"wamid.{number}")
        mine = [
            each
            for each in threading.enumerate()
            if each.ident not in before and "process_request" not in each.name
        ]
        assert len(mine) <= posting.WORKERS
        until = time.monotonic() + 20
        good = 0
        while good < 40 and time.monotonic() < until:
            good = sum(each.status == 200 for each in list(server.posted))
            time.sleep(0.01)
    assert good == 40
    assert sum(each.status == 500 for each in server.posted) == 200


def test_pauses_grow_to_minutes_and_the_trying_lasts_for_hours():
    assert [posting.pause_s(tries) for tries in (1, 2, 3, 50)] == [0.5, 1.0, 2.0, 300.0]
    assert posting.FOR_S >= 3_600 * 10
