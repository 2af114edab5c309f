"""WhatsApp through Meta's Cloud API, against a server that speaks its form."""

import json

import pytest

from palika.local.loopback import Fault
from services.notify.channels.loopback import MetaServer
from services.notify.channels.loopback.meta import error
from services.notify.channels.whatsapp_errors import VERDICTS
from services.notify.domain.messages import Attachment, Failed, Sent
from services.notify.domain.whatsapp import (
    AskLocation,
    ButtonsContent,
    Choice,
    DocumentContent,
    ListContent,
    TemplateContent,
    TextContent,
)
from tests.support.providers import PHONE, TEXT, meta_of, sms, whatsapp

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


def test_the_body_is_json_that_anybody_can_read(server, meta):
    meta.send(whatsapp(TextContent('आशा "x" \\ \u2028 👍')))
    assert json.loads(server.requests[-1].body)["text"]["body"] == 'आशा "x" \\ \u2028 👍'
