"""Text messages through Plivo and Infobip, against servers that speak their forms."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from uuid6 import uuid7

from palika.local.loopback import Fault
from services.notify.channels.loopback import InfobipServer, PlivoServer
from services.notify.domain.messages import Failed, Sent
from tests.support.providers import DLT, SECRETS, TEXT, infobip_of, plivo_of, sms


@pytest.fixture
def plivo():
    with PlivoServer() as running:
        yield running


@pytest.fixture
def infobip():
    with InfobipServer() as running:
        yield running


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
