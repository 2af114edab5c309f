"""What every provider over HTTP promises, against its server: whatever goes wrong outside is an
answer, and one that tells whether the message may have been accepted all the same."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from palika.local.loopback import RETRY_AFTER_S, Fault
from palika.local.processes import free_port
from services.notify.channels.loopback import InfobipServer, MetaServer, PlivoServer
from services.notify.domain.magic import Fate, Step, number_of, steps_of
from services.notify.domain.messages import Failed, Sent
from tests.support.providers import infobip_of, meta_of, plivo_of, sms, told, whatsapp


@dataclass(frozen=True)
class Kind:
    """A provider, its server, and how to write a message for it."""

    server: Any
    client: Any
    message: Any

    def changed(self, running: Any, **changes: Any) -> Any:
        return self.client(running, **changes)


KINDS = {
    "meta": Kind(MetaServer, meta_of, lambda to: whatsapp(address=to)),
    "plivo": Kind(PlivoServer, plivo_of, sms),
    "infobip": Kind(InfobipServer, infobip_of, sms),
}
PHONE = "+919812345610"


@pytest.fixture(params=KINDS)
def kind(request):
    return KINDS[request.param]


@pytest.fixture
def server(kind):
    with kind.server() as running:
        yield running


@pytest.fixture
def client(kind, server):
    return kind.client(server)


def test_a_message_is_accepted_once_under_the_providers_id(kind, server, client):
    answer = client.send(kind.message(PHONE))
    (kept,) = server.sent
    assert answer == Sent(kept.reference)
    assert kept.to == PHONE


@pytest.mark.parametrize(
    ("fault", "reason", "uncertain", "offered", "accepted"),
    [
        (Fault.DROP_BEFORE, "no_answer", True, True, 0),
        (Fault.DROP_AFTER, "no_answer", True, True, 1),
        (Fault.STALL, "no_answer", True, True, 0),
        (Fault.STALL_AFTER, "no_answer", True, True, 1),
        (Fault.DRIP_HEADERS, "no_answer", True, True, 1),
        (Fault.CUT, "no_answer", True, True, 1),
        (Fault.HUGE, "no_answer", True, True, 1),
        (Fault.NO_JSON, "answer_unreadable", True, True, 1),
        (Fault.ERROR_502_HTML, "server_error", True, True, 0),
        (Fault.REDIRECT, "server_error", True, True, 0),
        (Fault.REFUSED_401, None, False, False, 0),
        (Fault.THROTTLED, "throttled", False, False, 0),
        (Fault.ERROR_503, "unavailable", False, False, 0),
    ],
)
def test_the_trouble_is_the_providers_and_it_is_told_whether_it_may_have_been_accepted(
    kind, server, fault, reason, uncertain, offered, accepted
):
    client = kind.client(server, timeout_s=0.4)
    server.faults.append(fault)
    started = time.monotonic()
    answer = client.send(kind.message(PHONE))
    assert time.monotonic() - started < 2
    assert isinstance(answer, Failed)
    assert (answer.permanent, answer.channel_down) == (False, True)
    assert (answer.uncertain, answer.offered) == (uncertain, offered)
    if reason:
        assert answer.reason == f"{client.name}_{reason}"
    assert answer.retry_after_s == (RETRY_AFTER_S if fault is Fault.THROTTLED else None)
    assert len(server.sent) == accepted
    assert PHONE.removeprefix("+") not in answer.detail


def test_an_error_in_the_providers_own_words_was_not_accepted(kind, server, client):
    server.faults.append(Fault.ERROR_500)
    answer = client.send(kind.message(PHONE))
    assert isinstance(answer, Failed)
    assert (answer.permanent, answer.uncertain) == (False, False)


def test_a_request_that_is_refused_is_refused_for_good(kind, server, client):
    server.faults.append(Fault.REFUSED_400)
    answer = client.send(kind.message(PHONE))
    assert isinstance(answer, Failed)
    assert (answer.permanent, answer.channel_down, answer.offered) == (True, False, True)


def test_a_provider_that_is_not_there_costs_no_try(kind, server):
    client = kind.client(server, url=f"http://127.0.0.1:{free_port()}")
    answer = client.send(kind.message(PHONE))
    assert isinstance(answer, Failed)
    assert answer.reason == f"{client.name}_unreachable"
    assert (answer.offered, answer.uncertain, answer.channel_down) == (False, False, True)


def test_a_wrong_key_is_our_trouble_and_no_messages(kind, server):
    wrong = {"meta": "token", "plivo": "auth_tokens", "infobip": "api_key"}
    name = kind.client(server).name
    value = ("wrong",) if name == "plivo" else "wrong"
    answer = kind.client(server, **{wrong[name]: value}).send(kind.message(PHONE))
    assert isinstance(answer, Failed)
    assert (answer.channel_down, answer.offered, answer.permanent) == (True, False, False)
    assert server.sent == []


@pytest.mark.parametrize(
    "address",
    ["", "9812345610", "+91", "+919812345610<919812345611", "+91 98123 45610", "+९१९८१२३४५६१०"],
)
def test_what_is_no_number_is_not_offered(kind, server, client, address):
    answer = client.send(kind.message(address))
    assert answer == Failed(True, f"{client.name}_address_invalid", offered=False)
    assert server.requests == []


def test_many_threads_send_through_one_object(kind, server, client):
    messages = [kind.message(f"+9198{number:08d}") for number in range(200)]
    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(client.send, messages))
    assert all(isinstance(each, Sent) for each in answers)
    assert len({each.reference for each in answers}) == 200
    assert {each.to for each in server.sent} == {each.address for each in messages}
    assert server.connections <= 16


@pytest.mark.parametrize("fate", list(Fate))
def test_a_magic_number_has_its_fate(kind, server, client, fate):
    answer = client.send(kind.message(number_of(fate)))
    if fate is Fate.REFUSED:
        assert isinstance(answer, Failed)
        assert answer.permanent
        return
    if fate is Fate.THROTTLED:
        assert isinstance(answer, Failed)
        assert (answer.permanent, answer.retry_after_s, answer.offered) == (False, 5, False)
        return
    assert isinstance(answer, Sent)
    (kept,) = server.sent
    receipts = [r for hook in server.hooks(kept) for r in client.receipts(*hook.arrived())]
    assert {each.reference for each in receipts} <= {answer.reference}
    steps = steps_of(fate, client.channel)
    words = [s.value if s in (Step.SENT, Step.DELIVERED, Step.READ) else "failed" for s in steps]
    assert [each.told.value for each in receipts] == words
    for step, (_, reason, permanent) in zip(steps, told(receipts), strict=True):
        assert permanent is (
            step in (Step.FAILED_FOR_GOOD, Step.NOT_HERE)
            or (step is Step.EXPIRED and client.name == "meta")
        )
        assert bool(reason) is step.value.startswith(("failed", "not", "expired"))


def test_receipts_carry_our_own_id_whatever_became_of_the_answer(kind, server):
    client = kind.client(server, timeout_s=0.4)
    message = kind.message(number_of(Fate.READ))
    server.faults.append(Fault.STALL_AFTER)
    answer = client.send(message)
    assert isinstance(answer, Failed)
    assert answer.uncertain
    (kept,) = server.sent
    for hook in server.hooks(kept):
        (receipt,) = client.receipts(*hook.arrived())
        assert receipt.attempt_id == message.attempt_id
        assert receipt.at.tzinfo is not None


def test_a_storm_of_receipts_says_the_same_as_one_of_each(kind, server, client):
    for fate in (Fate.READ, Fate.DELIVERED_LATE, Fate.EXPIRES):
        client.send(kind.message(number_of(fate)))
    once = {
        (r.reference, *told([r])[0])
        for kept in server.sent
        for hook in server.hooks(kept)
        for r in client.receipts(*hook.arrived())
    }
    storm = [r for hook in server.storm(times=4) for r in client.receipts(*hook.arrived())]
    assert {(r.reference, *told([r])[0]) for r in storm} == once
    assert len(storm) == 4 * sum(len(server.hooks(kept)) for kept in server.sent)


def test_no_secret_and_no_number_is_in_what_is_printed(kind, server, client):
    shown = repr(client) + repr(kind.message(PHONE))
    for secret in ("loopback-token", "loopback-key", "loopback-app-secret", "callback-secret"):
        assert secret not in shown
    assert PHONE not in shown
    assert "नमस्कार" not in shown
