"""Text messages through Plivo and Infobip, against servers that speak their forms."""

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import UUID, uuid4

import pytest
from uuid6 import uuid7

from palika.errors import Forbidden, Invalid
from palika.local.loopback import Fault
from services.notify.channels.loopback import InfobipServer, PlivoServer
from services.notify.channels.loopback.carrier import Hook
from services.notify.domain.magic import Fate, Step, number_of
from services.notify.domain.messages import Failed, Sent, Told
from tests.support.providers import DLT, PHONE, SECRETS, TEXT, infobip_of, plivo_of, sms, told


@pytest.fixture
def plivo():
    with PlivoServer() as running:
        yield running


@pytest.fixture
def infobip():
    with InfobipServer() as running:
        yield running


# -- what is sent -----------------------------------------------------------------------------


def test_plivo_is_given_the_text_the_registered_ids_and_where_to_tell(plivo):
    message = sms()
    plivo_of(plivo).send(message)
    asked = dict(plivo.sent[0].asked)
    url = urlsplit(asked.pop("url"))
    assert asked == {
        "src": "PUNEMC",
        "dst": "919812345610",
        "text": TEXT,
        "type": "sms",
        "log": "false",
        "dlt_entity_id": DLT.entity_id,
        "dlt_template_id": DLT.template_id,
        "method": "POST",
    }
    assert url.geturl().startswith("https://city.example/webhooks/plivo?")
    assert parse_qs(url.query)["attempt"] == [str(message.attempt_id)]
    assert SECRETS[0] not in url.query


def test_infobip_is_given_our_own_id_and_the_registered_ones(infobip):
    message = sms()
    assert infobip_of(infobip).send(message) == Sent(str(message.attempt_id))
    asked = infobip.sent[0].asked
    assert asked["sender"] == "PUNEMC"
    assert asked["destinations"] == [{"to": "919812345610", "messageId": str(message.attempt_id)}]
    assert asked["content"] == {"text": TEXT}
    assert asked["options"]["regional"]["indiaDlt"] == {
        "principalEntityId": DLT.entity_id,
        "contentTemplateId": DLT.template_id,
    }
    assert asked["webhooks"]["callbackData"] == str(message.attempt_id)
    assert asked["webhooks"]["delivery"]["url"].startswith("https://city.example/webhooks/infobip?")


def test_without_an_address_of_ours_no_receipts_are_asked_for(plivo, infobip):
    assert isinstance(plivo_of(plivo, webhook_url="").send(sms()), Sent)
    assert isinstance(infobip_of(infobip, callback_secrets=()).send(sms()), Sent)
    assert "url" not in plivo.sent[0].asked
    assert "webhooks" not in infobip.sent[0].asked


def test_what_is_not_registered_is_not_offered(plivo, infobip):
    message = sms(dlt=None)
    for client, server in ((plivo_of(plivo), plivo), (infobip_of(infobip), infobip)):
        answer = client.send(message)
        assert answer == Failed(True, f"{client.name}_not_registered", offered=False)
        assert server.requests == []


def test_a_text_that_is_too_long_is_refused_for_good(plivo, infobip):
    answer = plivo_of(plivo).send(sms(body="अ" * 2_000))
    assert (answer.permanent, answer.reason) == (True, "plivo_refused")
    answer = infobip_of(infobip).send(sms(body="अ" * 5_000))
    assert (answer.permanent, answer.reason) == (True, "infobip_too_long")


def test_without_credit_the_provider_is_down_and_the_message_is_not_lost(plivo):
    class Broke(PlivoServer):
        def failure(self, status):
            return {"api_id": "x", "error": "Insufficient Credit"}

    with Broke() as broke:
        broke.faults.append(Fault.REFUSED_400)
        answer = plivo_of(broke).send(sms())
    assert (answer.reason, answer.channel_down) == ("plivo_no_credit", True)
    assert (answer.permanent, answer.offered) == (False, False)


@pytest.mark.parametrize(
    ("name", "reason", "permanent", "down"),
    [
        ("REJECTED_NOT_ENOUGH_CREDITS", "no_credit", False, True),
        ("REJECTED_DND", "do_not_disturb", True, False),
        ("REJECTED_SENDER", "invalid_sender", True, False),
        ("REJECTED_SYSTEM_ERROR", "system_error", False, False),
        ("REJECTED_WHATEVER_IS_NEW", "rejected_whatever_is_new", False, False),
    ],
)
def test_infobips_refusals(name, reason, permanent, down):
    class Refuses(InfobipServer):
        def _status(self, to, message, key):
            return {"groupId": 5, "groupName": "REJECTED", "id": 99, "name": name}

    with Refuses() as server:
        answer = infobip_of(server).send(sms())
    assert (answer.reason, answer.permanent) == (f"infobip_{reason}", permanent)
    assert (answer.channel_down, answer.offered) == (down, not down)


@pytest.mark.parametrize("status", [{}, {"groupName": "NEW"}, None, "PENDING", 7])
def test_an_answer_of_infobips_without_a_status_that_we_know_is_uncertain(status):
    class Odd(InfobipServer):
        def _status(self, to, message, key):
            return {"groupName": "", **status} if isinstance(status, dict) else {"groupName": ""}

        def answer(self, request):
            reply = super().answer(request)
            if not isinstance(status, dict):
                reply.content["messages"][0]["status"] = status
            return reply

    with Odd() as server:
        answer = infobip_of(server).send(sms())
    assert (answer.uncertain, answer.reason) == (True, "infobip_answer_unreadable")


# -- what became of a hand-over whose answer was lost -------------------------------------------


def test_the_same_attempt_twice_is_accepted_once_by_infobip(infobip):
    client, message = infobip_of(infobip), sms()
    infobip.faults.append(Fault.DROP_AFTER)
    assert client.send(message).uncertain
    assert client.send(message) == Sent(str(message.attempt_id))
    assert len(infobip.sent) == 1


def test_infobip_is_asked_what_became_of_an_attempt(infobip):
    message = sms()
    client = infobip_of(infobip, timeout_s=0.4)
    infobip.faults.append(Fault.STALL_AFTER)
    assert client.send(message).uncertain
    assert client.look_up(message.attempt_id) == Sent(str(message.attempt_id))


@pytest.mark.parametrize(
    ("minutes", "known"), [(0, False), (1, False), (3, True), (46 * 60, True), (48 * 60, False)]
)
def test_what_is_not_in_the_logs_was_never_accepted_unless_it_is_too_new_or_too_old(
    infobip, minutes, known
):
    attempt_id = uuid7()
    later = datetime.now(UTC) + timedelta(minutes=minutes)
    answer = infobip_of(infobip, now=lambda: later).look_up(attempt_id)
    expected = Failed(False, "infobip_never_accepted", offered=False)
    assert answer == (expected if known else None)


def test_what_does_not_tell_its_age_or_cannot_be_asked_is_not_known(infobip):
    later = datetime.now(UTC) + timedelta(hours=1)
    client = infobip_of(infobip, now=lambda: later, timeout_s=0.4)
    assert client.look_up(uuid4()) is None
    for fault in (
        Fault.ERROR_500,
        Fault.NO_JSON,
        Fault.STALL,
        Fault.DROP_BEFORE,
        Fault.REFUSED_401,
    ):
        infobip.faults.append(fault)
        assert client.look_up(uuid7()) is None


def test_what_the_logs_say_failed_has_failed(infobip):
    class Failed9(InfobipServer):
        def _logs(self, key):
            reply = super()._logs(key)
            reply.content["results"] = [
                {
                    "messageId": key,
                    "status": {"groupName": "UNDELIVERABLE", "name": "UNDELIVERABLE_NOT_DELIVERED"},
                    "error": {"id": 1, "name": "EC_UNKNOWN_SUBSCRIBER", "permanent": True},
                }
            ]
            return reply

    with Failed9() as server:
        answer = infobip_of(server).look_up(uuid7())
    assert (answer.permanent, answer.reason) == (True, "infobip_unknown_subscriber")


def test_plivo_cannot_be_asked(plivo):
    assert plivo_of(plivo).look_up(uuid7()) is None
    assert plivo.requests == []


# -- receipts ---------------------------------------------------------------------------------


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
