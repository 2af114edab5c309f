"""What Plivo and Infobip tell later, by servers that speak their forms."""

import json
from datetime import UTC, datetime
from urllib.parse import urlencode
from uuid import UUID

import pytest

from palika.errors import Forbidden, Invalid
from services.notify.channels.loopback import InfobipServer, PlivoServer
from services.notify.channels.loopback.carrier import Hook
from services.notify.domain.magic import Fate, Step, number_of
from services.notify.domain.messages import Told
from tests.support.providers import PHONE, SECRETS, infobip_of, plivo_of, sms, told


@pytest.fixture
def plivo():
    with PlivoServer() as running:
        yield running


@pytest.fixture
def infobip():
    with InfobipServer() as running:
        yield running


def test_a_receipt_of_plivos_needs_its_signature_and_the_key_in_its_address(plivo):
    client, first, second = plivo_of(plivo), sms(), sms()
    client.send(first)
    client.send(second)
    hook, other = (plivo.hooks(each)[1] for each in plivo.sent)
    headers, body, query = hook.arrived()
    (receipt,) = client.receipts(headers, body, query)
    assert (receipt.attempt_id, receipt.told) == (first.attempt_id, Told.DELIVERED)
    assert client.receipts(*other.arrived())[0].attempt_id == second.attempt_id
    signature, nonce = "x-plivo-signature-v2", "x-plivo-signature-v2-nonce"
    for wrong in (
        {},
        {signature: headers[signature]},
        headers | {nonce: "1"},
        headers | {nonce: ""},
        headers | {signature: "गुपित"},
        headers | {signature: ""},
    ):
        with pytest.raises(Forbidden, match="signed"):
            client.receipts(wrong, body, query)
    # The signature is good for any query: the key binds the attempt.
    for changed in (
        {},
        {"attempt": query["attempt"]},
        query | {"attempt": str(second.attempt_id)},
        query | {"key": other.arrived()[2]["key"]},
        query | {"key": "कळ"},
    ):
        with pytest.raises(Forbidden, match="key"):
            client.receipts(headers, body, changed)


def test_a_signature_for_another_address_is_none(plivo):
    client = plivo_of(plivo)
    client.send(sms())
    hook = plivo.hooks(plivo.sent[0])[0]
    moved = plivo_of(plivo, webhook_url="https://other.example/webhooks/plivo")
    with pytest.raises(Forbidden):
        moved.receipts(*hook.arrived())


def test_tokens_and_secrets_may_change_while_receipts_are_on_their_way(plivo, infobip):
    plivo_of(plivo).send(sms())
    infobip_of(infobip).send(sms())
    later = {"callback_secrets": ("newest", *SECRETS)}
    renewed = plivo_of(plivo, auth_tokens=("new", plivo.auth_token), **later)
    assert len(renewed.receipts(*plivo.hooks(plivo.sent[0])[0].arrived())) == 1
    hook = infobip.hooks(infobip.sent[0])[0]
    assert len(infobip_of(infobip, **later).receipts(*hook.arrived())) == 1
    with pytest.raises(Forbidden):
        infobip_of(infobip, callback_secrets=("newest",)).receipts(*hook.arrived())
    with pytest.raises(Forbidden):
        infobip_of(infobip, callback_secrets=()).receipts(*hook.arrived())


@pytest.mark.parametrize(
    ("status", "code", "reason", "permanent"),
    [
        ("undelivered", "80", "plivo_phone_unreachable", False),
        ("undelivered", "70", "plivo_number_gone", True),
        ("undelivered", "200", "plivo_opted_out", True),
        ("failed", "420", "plivo_expired", False),
        ("failed", "900", "plivo_no_credit", False),
        ("failed", "7777", "plivo_error_7777", False),
        ("rejected", "", "plivo_failed", False),
        ("rejected", "१०", "plivo_failed", False),
        ("undelivered", "600", "dlt_entity_not_found", True),
        ("undelivered", "606", "dlt_entity_606", True),
        ("undelivered", "632", "dlt_template_blacklisted", True),
        ("undelivered", "699", "dlt_699", True),
    ],
)
def test_what_plivos_codes_come_to(plivo, status, code, reason, permanent):
    client = plivo_of(plivo)
    client.send(sms())
    hook = plivo.told(plivo.sent[0], status, code)
    assert told(client.receipts(*hook.arrived())) == [("failed", reason, permanent)]


@pytest.mark.parametrize("status", ["queued", "sending", "whatever is new"])
def test_a_status_of_plivos_that_says_nothing_is_passed_over(plivo, status):
    client = plivo_of(plivo)
    client.send(sms())
    assert client.receipts(*plivo.told(plivo.sent[0], status).arrived()) == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"MessageUUID=1",
        b"Status=sent",
        b"\xff\xfe",
        b"a=1&" * 1_000,
        b"MessageUUID=1&Status=sent&x=" + b"y" * 30_000,
        b"MessageUUID=%00&Status=sent",
    ],
)
def test_what_is_no_receipt_of_plivos_is_invalid(plivo, body):
    client = plivo_of(plivo)
    client.send(sms())
    with pytest.raises(Invalid):
        client.receipts(*plivo.signed(plivo.sent[0].asked["url"], body).arrived())


def test_times_of_plivos_are_believed_unless_they_are_ahead(plivo):
    client = plivo_of(plivo)
    client.send(sms())
    for shown, at in (
        ("2026-04-01 06:00:00.000000", datetime(2026, 4, 1, 6, tzinfo=UTC)),
        ("2999-04-01 06:00:00.000000", None),
        ("yesterday", None),
    ):
        form = {"MessageUUID": "1", "Status": "delivered", "DeliveryReportTime": shown}
        hook = plivo.signed(plivo.sent[0].asked["url"], urlencode(form).encode())
        before = client.now()
        (receipt,) = client.receipts(*hook.arrived())
        assert receipt.at == at or (at is None and before <= receipt.at <= client.now())


def test_one_body_of_infobips_tells_of_many(infobip):
    client = infobip_of(infobip)
    messages = [sms(number_of(Fate.DELIVERED)) for _ in range(3)]
    for each in messages:
        client.send(each)
    steps = [Step.DELIVERED, Step.FAILED_FOR_NOW, Step.EXPIRED]
    hook = infobip.bundle(list(zip(infobip.sent, steps, strict=True)))
    receipts = client.receipts(*hook.arrived())
    assert [each.attempt_id for each in receipts] == [each.attempt_id for each in messages]
    assert told(receipts) == [
        ("delivered", "", False),
        ("failed", "infobip_absent_subscriber", False),
        ("failed", "infobip_expired", False),
    ]


@pytest.mark.parametrize(
    ("status", "error", "expected"),
    [
        ((3, "DELIVERED", 2, "DELIVERED_TO_OPERATOR"), (0, "NO_ERROR", False), ("sent", "", False)),
        (
            (5, "REJECTED", 13, "REJECTED_SENDER"),
            (633, "EC_WHATEVER", False),
            ("failed", "dlt_template_633", True),
        ),
        (
            (2, "UNDELIVERABLE", 4, "UNDELIVERABLE_REJECTED_OPERATOR"),
            (7000, "EC_DLT_TEMPLATE_MISMATCH", False),
            ("failed", "dlt_refused", True),
        ),
        (
            (2, "UNDELIVERABLE", 4, "UNDELIVERABLE_REJECTED_OPERATOR"),
            (9, "EC_ILLEGAL_SUBSCRIBER", True),
            ("failed", "infobip_illegal_subscriber", True),
        ),
    ],
)
def test_what_infobips_receipts_come_to(infobip, status, error, expected):
    client = infobip_of(infobip)
    client.send(sms())
    kept = infobip.sent[0]
    hook = infobip.to(kept, {"results": [infobip.result(kept, status, error)]})
    assert told(client.receipts(*hook.arrived())) == [expected]


def test_what_cannot_be_read_in_a_body_of_infobips_does_not_stop_the_rest(infobip):
    client = infobip_of(infobip)
    client.send(sms())
    kept = infobip.sent[0]
    good = infobip.result(kept, (3, "DELIVERED", 5, "DELIVERED_TO_HANDSET"))
    odd = [None, 7, {}, {"messageId": "1"}, {"messageId": "1", "status": {"groupName": "NEW"}}]
    found = client.receipts(*infobip.to(kept, {"results": [*odd, good]}).arrived())
    assert [each.attempt_id for each in found] == [UUID(kept.reference)]


@pytest.mark.parametrize("body", [b"", b"[]", b'{"results": 7}', b"[" * 100_000, b" " * 3_000_000])
def test_what_is_no_body_of_infobips_is_invalid(infobip, body):
    client = infobip_of(infobip)
    client.send(sms())
    hook = infobip.hooks(infobip.sent[0])[0]
    with pytest.raises(Invalid):
        client.receipts(*Hook(hook.url, hook.headers, body).arrived())


def test_a_receipt_with_another_key_is_not_believed(infobip):
    client = infobip_of(infobip)
    client.send(sms())
    headers, body, query = infobip.hooks(infobip.sent[0])[0].arrived()
    for wrong in ({}, {"key": ""}, {"key": "0" * 64}, {"key": SECRETS[0]}):
        with pytest.raises(Forbidden):
            client.receipts(headers, body, wrong)
    assert json.loads(body)["results"][0]["to"] == PHONE.removeprefix("+")
    assert query["key"] != SECRETS[0]
