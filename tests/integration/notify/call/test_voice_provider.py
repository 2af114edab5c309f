"""The provider of calls as the sender of messages sees it: a message is read out."""

from uuid import uuid4

import pytest
from uuid6 import uuid7

from palika.errors import Forbidden, Invalid
from palika.local.loopback import Fault
from services.notify.calls import signature
from services.notify.channels.loopback.telephony import Played, Script
from services.notify.channels.voice import VoiceProvider, open_voice
from services.notify.domain.messages import Failed, Message, Sent, Told
from services.notify.models import Attempt, Call, Delivery
from tests.support.calls import NOW, PHONE, PROPERTY, Calls
from tests.unit.notify.call.test_engine import table

BODY = "आपला मालमत्ता कर भरण्याची मुदत उद्या संपते & <b>आज</b> भरा."


def _message(**changes) -> Message:
    given = {
        "delivery_id": uuid7(),
        "attempt_id": uuid7(),
        "address": PHONE,
        "language": "mr",
        "subject": "",
        "body": BODY,
        "template": "tax.reminder",
        **changes,
    }
    return Message(**given)


def _statuses(calls: Calls, played: Played) -> list[tuple[dict, bytes, dict]]:
    """What the provider has sent to the address of statuses."""
    found = []
    for each in calls.portal.requests:
        path, _, query = each.path.partition("?")
        if path.endswith("/status") and played.sid.encode() in each.body:
            found.append((dict(each.headers), each.body, dict([query.split("=")])))
    return found


def test_a_message_is_read_out_and_its_receipt_says_delivered(calls: Calls):
    message = _message()
    answer = calls.provider.send(message)
    calls.telephony.wait()
    (played,) = calls.telephony.played
    assert answer == Sent(played.sid)
    assert (played.problems, played.heard) == ([], [("mr-IN", BODY)])
    told = [calls.provider.receipts(*each) for each in _statuses(calls, played)]
    (receipt,) = [receipt for each in told for receipt in each]
    assert (receipt.told, receipt.attempt_id) == (Told.DELIVERED, message.attempt_id)
    assert receipt.reference == played.sid


@pytest.mark.parametrize(
    ("end", "sip", "reason", "permanent"),
    [
        ("busy", "", "voice_busy", False),
        ("no-answer", "", "voice_no_answer", False),
        ("failed", "404", "voice_invalid_number", True),
        ("failed", "", "voice_failed", False),
        ("machine", "", "voice_machine", False),
    ],
)
def test_who_is_not_reached_is_a_failed_receipt(calls: Calls, end, sip, reason, permanent):
    calls.telephony.scripts[PHONE] = Script(end=end, sip=sip)
    calls.provider.send(_message())
    calls.telephony.wait()
    (played,) = calls.telephony.played
    (receipt,) = calls.provider.receipts(*_statuses(calls, played)[-1])
    assert (receipt.told, receipt.reason) == (Told.FAILED, reason)
    assert receipt.permanent is permanent
    assert PHONE[3:] not in receipt.detail


def test_receipts_are_signed_and_of_the_documented_form(calls: Calls):
    calls.provider.send(_message())
    calls.telephony.wait()
    headers, body, query = _statuses(calls, calls.telephony.played[0])[-1]
    with pytest.raises(Forbidden):
        calls.provider.receipts({}, body, query)
    with pytest.raises(Forbidden):
        calls.provider.receipts(headers, body + b"&x=1", query)
    with pytest.raises(Forbidden):
        calls.provider.receipts(headers, body, {"attempt": str(uuid4())})
    with pytest.raises(Invalid):
        calls.provider.receipts(headers, b"\xff", query)


@pytest.mark.parametrize(
    ("fault", "uncertain", "offered"),
    [
        (Fault.ERROR_503, False, False),
        (Fault.REFUSED_401, False, False),
        (Fault.DROP_AFTER, True, True),
        (Fault.STALL, True, True),
        (Fault.ERROR_502_HTML, True, True),
        (Fault.CUT, True, True),
        (Fault.HUGE, True, True),
    ],
)
def test_what_goes_wrong_is_an_answer(calls: Calls, fault: Fault, uncertain: bool, offered: bool):
    calls.telephony.faults.append(fault)
    answer = calls.provider.send(_message())
    assert isinstance(answer, Failed)
    assert (answer.uncertain, answer.offered, answer.channel_down) == (uncertain, offered, True)
    assert not answer.permanent
    calls.telephony.wait()


def test_nobody_answers_at_the_address(calls: Calls):
    calls.changes["url"] = "http://127.0.0.1:9"
    answer = calls.provider.send(_message())
    assert isinstance(answer, Failed)
    assert (answer.reason, answer.uncertain) == ("voice_unreachable", False)


def test_a_wrong_token_and_a_wrong_number(calls: Calls):
    assert calls.provider.send(_message(address="9812345610")) == Failed(
        True, "voice_invalid_number", "400 21211"
    )
    calls.changes["tokens"] = ["guessed"]
    answer = calls.provider.send(_message())
    assert isinstance(answer, Failed)
    assert (answer.reason, answer.channel_down) == ("voice_login_refused", True)


def test_what_is_too_long_for_a_document_is_refused(calls: Calls):
    answer = calls.provider.send(_message(body="अ" * 4_000))
    assert answer == Failed(True, "voice_too_long", offered=False)
    assert calls.telephony.asked == []


def test_there_is_nothing_to_look_up(calls: Calls):
    assert calls.provider.look_up(uuid4()) is None


def test_a_time_of_the_provider_is_taken_but_not_from_the_future(calls: Calls):
    attempt = uuid7()
    url = f"{calls.portal.url}/webhooks/voice/status?attempt={attempt}"

    def at(timestamp: str):
        form = {"CallSid": ["CA1"], "CallStatus": ["completed"], "Timestamp": [timestamp]}
        body = "&".join(
            f"{name}={value[0].replace(' ', '+').replace('+0000', '%2B0000')}"
            for name, value in form.items()
        )
        signed = signature.signature_of(url, signature.form_of(body.encode()), "token")
        headers = {"x-twilio-signature": signed}
        (receipt,) = calls.provider.receipts(headers, body.encode(), {"attempt": str(attempt)})
        return receipt.at

    assert at("Wed, 10 Jun 2026 05:29:00 %2B0000").minute == 29
    assert at("Wed, 10 Jun 2099 05:29:00 %2B0000") == NOW
    assert at("yesterday") == NOW


def test_without_an_account_or_an_address_there_is_no_provider():
    class Config:
        voice_url = "https://api.twilio.com"
        voice_account_sid = "AC1"
        voice_auth_tokens = "new old"
        voice_from = "+912025501000"
        portal_url = "https://city.example"

    found = open_voice(Config(), table())
    assert isinstance(found, VoiceProvider)
    assert found.tokens == ("new", "old")
    assert "new" not in repr(found)
    for name in ("voice_account_sid", "voice_auth_tokens", "voice_from", "portal_url"):
        config = Config()
        setattr(config, name, "")
        assert open_voice(config, table()) is None


# -- a conversation in place of a message -------------------------------------------------------


def _sent_by_the_sender(
    calls: Calls, template: str = "tax.reminder_due"
) -> tuple[Delivery, Message]:
    """As the sender does it: the attempt is there before the message leaves."""
    delivery_id, attempt_id = uuid7(), uuid7()
    with calls.sessions.begin() as session:
        delivery = Delivery(
            id=delivery_id,
            event_id=uuid7(),
            event_type="tax.reminder_due.v1",
            template=template,
            purpose="reminder",
            lane="bulk",
            audience="tax",
            recipient_ref=str(PROPERTY),
            fields={},
            state="sending",
            channel="voice",
            language="en",
            next_attempt_at=NOW,
            of_use_until=NOW,
            created_at=NOW,
        )
        session.add(delivery)
        session.flush()
        session.add(
            Attempt(
                id=attempt_id,
                delivery_id=delivery_id,
                channel="voice",
                provider="voice",
                units=1,
                state="sending",
                made_at=NOW,
            )
        )
    calls.portal.line = calls.line
    message = _message(
        delivery_id=delivery_id, attempt_id=attempt_id, template=template, body="12,345 is late"
    )
    answer = calls.provider.send(message)
    assert isinstance(answer, Sent)
    calls.telephony.wait()
    return delivery, message


def test_a_reminder_is_a_conversation_and_no_amount_is_read_out(calls: Calls):
    calls.telephony.scripts[PHONE] = Script(acts=("1", "1234", "1", "3006", "1", None), times=2)
    delivery, message = _sent_by_the_sender(calls)
    (played,) = calls.telephony.played
    assert played.problems == []
    assert "12,345" not in played.words
    (row,) = calls.all(Call)
    assert (row.delivery_id, row.attempt_id) == (delivery.id, message.attempt_id)
    assert (row.language, row.deeds, row.outcome) == ("en", ["promise"], "hung_up")
    (attempt,) = calls.all(Attempt)
    assert attempt.state == "delivered"
    assert calls.all(Delivery)[0].state == "delivered"


def test_nobody_hears_anything_where_the_number_is_not_the_owners(calls: Calls):
    calls.city.phone = "+919812345611"
    _sent_by_the_sender(calls)
    assert calls.telephony.played[0].heard == []
    assert calls.all(Call) == []


def test_nobody_hears_an_error_when_tax_is_away(calls: Calls):
    calls.city.away = True
    _sent_by_the_sender(calls)
    (played,) = calls.telephony.played
    assert (played.heard, set(played.answers)) == ([], {200})


def test_a_machine_is_told_nothing_and_the_sender_tries_again(calls: Calls):
    calls.telephony.scripts[PHONE] = Script(end="machine")
    _sent_by_the_sender(calls)
    assert calls.telephony.played[0].heard == []
    (attempt,) = calls.all(Attempt)
    assert (attempt.state, attempt.reason) == ("failed", "voice_machine")
    assert calls.all(Call) == []


def test_another_message_is_read_out(calls: Calls):
    _sent_by_the_sender(calls, template="tax.billed")
    assert calls.telephony.played[0].heard == [("mr-IN", "12,345 is late")]
    assert calls.all(Attempt)[0].state == "delivered"
