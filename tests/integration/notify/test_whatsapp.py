"""WhatsApp through Meta's Cloud API, against a server that speaks its form."""

import json
import time

import pytest

from palika.errors import Forbidden, Invalid
from palika.local.loopback import Fault, LoopbackServer, Reply, Request
from services.notify.channels import whatsapp_media
from services.notify.channels.loopback import MetaServer
from services.notify.channels.loopback.meta import error
from services.notify.channels.whatsapp_errors import VERDICTS
from services.notify.channels.whatsapp_media import Media
from services.notify.domain.messages import Attachment, Failed, Sent, Told
from services.notify.domain.whatsapp import (
    AskLocation,
    ButtonsContent,
    Choice,
    DocumentContent,
    ListContent,
    TemplateContent,
    TextContent,
)
from services.notify.domain.whatsapp_inbound import (
    Chosen,
    MediaKind,
    SaidMedia,
    SaidOther,
    SaidPlace,
    SaidText,
)
from tests.support.providers import PHONE, TEXT, meta_of, sms, told, whatsapp

PLACE = {"type": "location"}
JPEG = b"\xff\xd8\xff\xe0" + b"photo" * 100


@pytest.fixture
def server():
    with MetaServer() as running:
        yield running


@pytest.fixture
def meta(server):
    return meta_of(server)


def sent(server) -> dict:
    """The last request for a message, without whom and what it is for."""
    asked = dict(server.sent[-1].asked)
    assert asked.pop("messaging_product") == "whatsapp"
    assert asked.pop("recipient_type") == "individual"
    assert asked.pop("to") == PHONE.removeprefix("+")
    assert asked.pop("biz_opaque_callback_data")
    return asked


def test_a_template_with_a_document_parameters_and_a_button(server, meta):
    content = TemplateContent(
        "tax_bill_v2",
        "mr",
        ["आशा", "₹१,१५,०००.००\nपर्यंत  \t ३०-०६-२०२६"],
        ("https://city.example/bill.pdf", "मालमत्ता कर.pdf"),
        "PO-2026-27-000001",
    )
    assert isinstance(meta.send(whatsapp(content)), Sent)
    assert sent(server) == {
        "type": "template",
        "template": {
            "name": "tax_bill_v2",
            "language": {"code": "mr"},
            "components": [
                {
                    "type": "header",
                    "parameters": [
                        {
                            "type": "document",
                            "document": {
                                "link": "https://city.example/bill.pdf",
                                "filename": "मालमत्ता कर.pdf",
                            },
                        }
                    ],
                },
                {
                    "type": "body",
                    "parameters": [
                        {"type": "text", "text": "आशा"},
                        # Meta takes no line breaks and no tabs.
                        {"type": "text", "text": "₹१,१५,०००.०० पर्यंत ३०-०६-२०२६"},
                    ],
                },
                {
                    "type": "button",
                    "sub_type": "url",
                    "index": "0",
                    "parameters": [{"type": "text", "text": "PO-2026-27-000001"}],
                },
            ],
        },
    }


def test_a_template_without_anything_has_no_components(server, meta):
    meta.send(whatsapp(TemplateContent("hello_world", "en")))
    assert sent(server)["template"] == {"name": "hello_world", "language": {"code": "en"}}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (TextContent(TEXT), {"type": "text", "text": {"preview_url": False, "body": TEXT}}),
        (
            ButtonsContent("भाषा?", [Choice("mr", "मराठी"), Choice("en", "English")]),
            {
                "type": "interactive",
                "interactive": {
                    "type": "button",
                    "body": {"text": "भाषा?"},
                    "action": {
                        "buttons": [
                            {"type": "reply", "reply": {"id": "mr", "title": "मराठी"}},
                            {"type": "reply", "reply": {"id": "en", "title": "English"}},
                        ]
                    },
                },
            },
        ),
        (
            ListContent("Menu", "Choose", [Choice("dues", "Dues", "What I owe"), Choice("x", "X")]),
            {
                "type": "interactive",
                "interactive": {
                    "type": "list",
                    "body": {"text": "Menu"},
                    "action": {
                        "button": "Choose",
                        "sections": [
                            {
                                "rows": [
                                    {"id": "dues", "title": "Dues", "description": "What I owe"},
                                    {"id": "x", "title": "X"},
                                ]
                            }
                        ],
                    },
                },
            },
        ),
        (
            AskLocation("कुठे?"),
            {
                "type": "interactive",
                "interactive": {
                    "type": "location_request_message",
                    "body": {"text": "कुठे?"},
                    "action": {"name": "send_location"},
                },
            },
        ),
    ],
)
def test_every_kind_of_a_conversation(server, meta, content, expected):
    assert isinstance(meta.send(whatsapp(content)), Sent)
    assert sent(server) == expected


def test_a_document_is_uploaded_and_sent_by_its_id(server, meta):
    bill = Attachment('कर "बिल"\r\n२०२६.pdf', "application/pdf", b"%PDF-1.7 \x00\xff" * 1000)
    answer = meta.send(whatsapp(DocumentContent("आपले बिल"), attachments=(bill,)))
    assert isinstance(answer, Sent)
    document = sent(server)["document"]
    assert server.media[document["id"]] == ("application/pdf", bill.content)
    assert (document["caption"], document["filename"]) == ("आपले बिल", bill.name)


@pytest.mark.parametrize("fault", [Fault.DROP_AFTER, Fault.STALL_AFTER, Fault.NO_JSON])
def test_a_document_that_may_have_been_uploaded_has_not_been_sent(server, fault):
    bill = Attachment("bill.pdf", "application/pdf", b"%PDF-")
    server.faults.append(fault)
    meta = meta_of(server, media_timeout_s=0.4)
    answer = meta.send(whatsapp(DocumentContent("bill"), attachments=(bill,)))
    assert isinstance(answer, Failed)
    assert not answer.uncertain
    assert server.sent == []


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (whatsapp(DocumentContent("bill")), "meta_no_document"),
        (whatsapp(TemplateContent("t", "mr", ["आशा", " \n"])), "meta_parameter_empty"),
    ],
)
def test_what_cannot_be_said_is_not_offered(server, meta, message, reason):
    answer = meta.send(message)
    assert answer == Failed(True, reason, offered=False)
    assert server.requests == []


def test_a_message_without_content_is_not_offered(meta):
    assert meta.send(sms()) == Failed(True, "meta_no_content", offered=False)


def test_outside_the_window_only_a_template_goes(server, meta):
    server.open_for = set()
    answer = meta.send(whatsapp())
    assert (answer.permanent, answer.reason) == (True, "meta_window_closed")
    assert isinstance(meta.send(whatsapp(TemplateContent("t", "mr"))), Sent)
    server.templates = {"another"}
    answer = meta.send(whatsapp(TemplateContent("t", "mr")))
    assert (answer.permanent, answer.reason) == (True, "meta_template_missing")


@pytest.mark.parametrize("code", [*VERDICTS, 200, 299, 999_999])
def test_every_code_of_metas_has_a_meaning_in_an_answer_and_in_a_receipt(server, meta, code):
    class Refuses(MetaServer):
        def answer(self, request):
            reply = super().answer(request)
            return type(reply)(400, error(code, "no", "for +91 98123 45610"))

    with Refuses() as refusing:
        answer = meta_of(refusing).send(whatsapp())
    assert isinstance(answer, Failed)
    assert not answer.uncertain
    # What is the account's trouble is not this message's end.
    assert not (answer.permanent and answer.channel_down)
    assert answer.offered is not answer.channel_down
    status = {
        "id": "wamid.1",
        "status": "failed",
        "timestamp": "1774000000",
        "errors": [{"code": code, "title": "no"}],
    }
    hook = server.signed(server.notification({"statuses": [status]}))
    (receipt,) = meta.receipts(*hook.arrived())
    assert (receipt.reason, receipt.permanent) == (answer.reason, answer.permanent)


@pytest.mark.parametrize(
    ("code", "reason", "permanent", "down"),
    [
        (130429, "throttled", False, True),
        (80007, "throttled", False, True),
        (131056, "too_many_to_recipient", False, False),
        (131047, "window_closed", True, False),
        (131026, "not_on_whatsapp", True, False),
        (132001, "template_missing", True, False),
        (132015, "template_paused", True, False),
        (190, "token_expired", False, True),
        (999_999, "error_999999", False, False),
    ],
)
def test_what_the_codes_come_to(code, reason, permanent, down):
    class Refuses(MetaServer):
        def answer(self, request):
            reply = super().answer(request)
            return type(reply)(400, error(code, "no"), headers={"Retry-After": "9"})

    with Refuses() as refusing:
        answer = meta_of(refusing).send(whatsapp())
    assert (answer.reason, answer.permanent, answer.channel_down) == (
        f"meta_{reason}",
        permanent,
        down,
    )
    assert answer.retry_after_s == 9


# -- webhooks ---------------------------------------------------------------------------------


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


# -- files ------------------------------------------------------------------------------------


def test_a_photo_is_fetched_and_known_by_its_content(server, meta):
    server.media["77"] = ("text/html", JPEG)
    assert whatsapp_media.fetch(meta, "77") == Media("image/jpeg", JPEG)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<html>", "meta_media_kind_not_taken"),
        (b"%PDF-1.7", "meta_media_kind_not_taken"),
        (b"", "meta_media_kind_not_taken"),
        (b"RIFF....WAVEfmt ", "meta_media_kind_not_taken"),
        (JPEG + b"x" * 5_000_000, "meta_media_too_large"),
    ],
)
def test_what_is_no_photo_or_too_large_is_not_taken(server, meta, content, reason):
    server.media["77"] = ("image/jpeg", content)
    answer = whatsapp_media.fetch(meta, "77")
    assert isinstance(answer, Failed)
    assert (answer.permanent, answer.reason) == (True, reason)


def test_a_size_that_lies_does_not_help(server):
    class Lies(MetaServer):
        def _media(self, key):
            reply = super()._media(key)
            reply.content["file_size"] = 10
            return reply

    with Lies() as lying:
        lying.media["77"] = ("image/jpeg", JPEG + b"x" * 5_000_000)
        answer = whatsapp_media.fetch(meta_of(lying), "77")
    assert isinstance(answer, Failed)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/download/77",
        "https://evil.example/x",
        "https://fbsbx.com.evil.example/x",
        "https://evilfbsbx.com/x",
        "http://lookaside.fbsbx.com/x",
        "file:///etc/passwd",
        "https://[",
    ],
)
def test_our_token_goes_to_meta_alone(server, url):
    class Elsewhere(MetaServer):
        def _media(self, key):
            reply = super()._media(key)
            reply.content["url"] = url
            return reply

    with Elsewhere() as other:
        other.media["77"] = ("image/jpeg", JPEG)
        answer = whatsapp_media.fetch(meta_of(other), "77")
        assert (answer.permanent, answer.reason) == (True, "meta_media_elsewhere")
        assert len(other.requests) == 1


@pytest.mark.parametrize("key", ["", "../messages", "7?x=", "७७"])
def test_what_is_no_id_of_media_does_not_reach_the_wire(server, meta, key):
    assert isinstance(whatsapp_media.fetch(meta, key), Failed)
    assert server.requests == []


def test_media_that_are_gone_or_damaged(server, meta):
    assert whatsapp_media.fetch(meta, "404").permanent

    class Damages(MetaServer):
        def answer(self, request):
            reply = super().answer(request)
            if "/download/" in request.path:
                return type(reply)(200, reply.content[:-1] + b"?", reply.kind)
            return reply

    with Damages() as damaging:
        damaging.media["77"] = ("image/jpeg", JPEG)
        answer = whatsapp_media.fetch(meta_of(damaging), "77")
    assert (answer.permanent, answer.reason) == (False, "meta_media_damaged")


def test_the_body_is_json_that_anybody_can_read(server, meta):
    meta.send(whatsapp(TextContent('आशा "x" \\ \u2028 👍')))
    assert json.loads(server.requests[-1].body)["text"]["body"] == 'आशा "x" \\ \u2028 👍'
