"""The webhooks of the carriers of messages, over HTTP, from a running notify service."""

import base64
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from uuid6 import uuid7

from palika.auth import SYSTEM, Identity
from services.notify.calls import signature
from services.notify.channels import callback
from services.notify.channels.infobip import INBOUND as INFOBIP_INBOUND
from services.notify.channels.loopback import InfobipServer, MetaServer, PlivoServer
from services.notify.channels.loopback.carrier import Hook, Kept
from services.notify.channels.plivo import INBOUND as PLIVO_INBOUND
from services.notify.domain.magic import Fate
from tests.support.part import Part, wait_for
from tests.support.portal import WAIT_S

OFFICER = Identity.of("officer:helpdesk", "officer")
SECRET = "a-callback-secret"
VOICE_TOKEN = "a-voice-token"
PUBLIC = "https://city.example"
WORD = "our-word"
STOP = {"type": "text", "text": {"body": "STOP"}}
CODE = {"code": "482913", "minutes": 10}


@dataclass
class City:
    """The portal, notify, and the carriers."""

    backbone: Any
    url: str
    notify: Part
    meta: MetaServer
    plivo: PlivoServer
    infobip: InfobipServer

    def post(self, hook: Hook, **headers: str) -> requests.Response:
        """A webhook, to the portal as it is reached here."""
        parts = urlsplit(hook.url)
        url = f"{self.url}{parts.path}?{parts.query}"
        given = {**hook.headers, **headers}
        return requests.post(url, data=hook.body, headers=given, timeout=WAIT_S)

    def consent(self, number: str) -> dict[str, Any]:
        """What a citizen has said."""
        with self.backbone.client(OFFICER) as client:
            found: dict[str, Any] = client.notify.consent(recipient=number)["purposes"]
        return found


@pytest.fixture(scope="module")
def city(backbone, tmp_path_factory):
    """All of it, running."""
    with MetaServer() as meta, PlivoServer() as plivo, InfobipServer() as infobip:
        backbone.migrate("notify")
        keys = tmp_path_factory.mktemp("keys") / "keys"
        keys.write_text(base64.b64encode(b"0" * 32).decode())
        meta.webhook_url = f"{PUBLIC}/webhooks/whatsapp"
        notify = backbone.service(
            "notify",
            PALIKA_NOTIFY_CHANNELS="whatsapp sms",
            PALIKA_PORTAL_URL=PUBLIC,
            PALIKA_NOTIFY_KEYS=str(keys),
            PALIKA_WHATSAPP_URL=meta.url,
            PALIKA_WHATSAPP_PHONE_NUMBER_ID=meta.phone_number_id,
            PALIKA_WHATSAPP_TOKEN=meta.token,
            PALIKA_WHATSAPP_APP_SECRETS=meta.app_secret,
            PALIKA_WHATSAPP_VERIFY_TOKEN=WORD,
            PALIKA_SMS_CALLBACK_SECRETS=SECRET,
            PALIKA_SMS_PLIVO_URL=plivo.url,
            PALIKA_SMS_PLIVO_AUTH_ID=plivo.auth_id,
            PALIKA_SMS_PLIVO_AUTH_TOKENS=plivo.auth_token,
            PALIKA_SMS_INFOBIP_URL=infobip.url,
            PALIKA_SMS_INFOBIP_API_KEY=infobip.api_key,
            PALIKA_VOICE_URL="http://127.0.0.1:1",
            PALIKA_VOICE_ACCOUNT_SID="AC0001",
            PALIKA_VOICE_AUTH_TOKENS=VOICE_TOKEN,
            PALIKA_VOICE_FROM="+912025501000",
        )
        portal = backbone.service("portal", PALIKA_PORTAL_HTTP_PORT="0", PALIKA_RPC_TIMEOUT_S="5")
        notify.wait_ready()
        portal.wait_ready()
        yield City(backbone, portal.pages, notify, meta, plivo, infobip)


def inbound(provider: str, subject: str) -> str:
    """The address that a city gives for citizens' text messages."""
    return callback.address(f"{PUBLIC}/webhooks/{provider}/inbound", [SECRET], subject)


def test_meta_sets_the_webhook_up_with_the_citys_word_and_nobody_else_does(city):
    asked = {"hub.mode": "subscribe", "hub.verify_token": WORD, "hub.challenge": "1158201444"}
    url = f"{city.url}/webhooks/whatsapp"
    answer = requests.get(url, params=asked, timeout=WAIT_S)
    assert (answer.status_code, answer.text) == (200, "1158201444")
    assert answer.headers["Content-Type"].startswith("text/plain")
    for wrong in ({"hub.verify_token": "x"}, {"hub.challenge": "<script>"}, {"hub.mode": ""}):
        refused = requests.get(url, params=asked | wrong, timeout=WAIT_S)
        assert refused.status_code == 403
        assert "script" not in refused.text


def test_a_receipt_of_a_text_message_is_kept_once_when_it_is_answered_and_applied_soon(city):
    with city.backbone.client(SYSTEM("portal")) as client:
        made = client.notify.send(
            id="0192f0c1-7b1c-7000-8000-000000000001",
            template="login.code",
            contact={"phone": "+919812345611", "language": "en"},
            fields=CODE,
        )
    assert made["state"] == "sent"
    (kept,) = city.plivo.sent
    hooks = city.plivo.hooks(kept)
    assert kept.asked["url"].startswith(f"{PUBLIC}/webhooks/plivo?")
    forged = city.post(hooks[-1], **{"X-Plivo-Signature-V2": "eA=="})
    assert forged.status_code == 403
    for hook in [*hooks, hooks[-1]]:
        assert city.post(hook).json() == {"receipts": 1}
    assert city.backbone.value("notify", "SELECT count(*) FROM receipt") == len(hooks)
    with city.backbone.client(OFFICER) as client:
        wait_for(lambda: client.notify.get(id=made["id"])["state"] == "delivered", 5)


def test_a_flood_of_webhooks_is_answered_one_by_one_and_the_forged_among_them_refused(city):
    hooks = [city.plivo.told(each, "delivered") for each in _unknown(60)]
    forged = {"X-Plivo-Signature-V2": "eA=="}
    before = city.backbone.value("notify", "SELECT count(*) FROM receipt")
    with ThreadPoolExecutor(16) as pool:
        told = [pool.submit(city.post, hook, **(forged if n % 3 else {}))
                for n, hook in enumerate(hooks)]  # fmt: skip
        answers = [each.result().status_code for each in told]
    assert answers == [403 if n % 3 else 200 for n in range(60)]
    assert city.backbone.value("notify", "SELECT count(*) FROM receipt") == before + 20


def _unknown(count: int) -> list[Kept]:
    """Messages that the city has not sent, as a provider would tell of them."""
    attempt = str(uuid7())
    url = callback.address(f"{PUBLIC}/webhooks/plivo", [SECRET], attempt, attempt=attempt)
    asked = {"src": "PMCCOR", "url": url}
    return [
        Kept(f"unknown-{n}", "+919812345600", asked, Fate.DELIVERED, time.time())
        for n in range(count)
    ]


def test_what_is_no_webhook_or_is_too_large_is_refused(city):
    url = f"{city.url}/webhooks"
    assert city.post(city.meta.signed(b"not JSON")).status_code == 400
    assert city.post(Hook(f"{PUBLIC}/webhooks/whatsapp", {}, b"{}")).status_code == 403
    assert city.post(Hook(f"{PUBLIC}/webhooks/infobip?key=x", {}, b"{}")).status_code == 403
    good = callback.address(f"{PUBLIC}/webhooks/infobip", [SECRET], "infobip")
    assert city.post(Hook(good, {}, b"{}")).status_code == 400
    assert city.post(Hook(good, {}, b"\xff\0")).status_code == 400
    for path, most in (("whatsapp", 4_000_000), ("plivo", 20_000), ("infobip", 2_000_000)):
        too_much = requests.post(f"{url}/{path}", data=b"x" * (most + 1), timeout=WAIT_S)
        assert too_much.status_code == 413, path
    assert requests.get(f"{url}/plivo", timeout=WAIT_S).status_code == 405
    assert requests.post(f"{url}/twilio", timeout=WAIT_S).status_code == 404


def test_a_webhook_as_large_as_metas_are_is_taken(city):
    status = {"id": "wamid.unknown", "status": "delivered", "timestamp": str(int(time.time()))}
    many = [status | {"id": f"wamid.many{number}", "pad": "x" * 3_000} for number in range(900)]
    hook = city.meta.signed(city.meta.notification({"statuses": many}))
    assert 2_500_000 < len(hook.body) < 3_500_000
    answer = city.post(hook)
    assert answer.status_code == 200, answer.text
    assert answer.json()["receipts"] == 900
    # More than the service applies itself: the process for bulk is started for them.
    new = "SELECT count(*) FROM receipt WHERE looked_at IS NULL"
    wait_for(lambda: city.backbone.value("notify", new) == 0, 30)


def test_a_decision_about_a_template_is_noted(city):
    def states():
        with city.backbone.client(OFFICER) as client:
            found = {each["template"]: each["whatsapp"] for each in client.notify.templates()}
        return found["tax.paid"]

    assert states() == {"mr": "pending", "en": "pending"}
    assert city.post(city.meta.template_changed("tax_paid", "mr", "APPROVED")).status_code == 200
    wait_for(lambda: states() == {"mr": "approved", "en": "pending"}, 10)
    assert city.post(city.meta.template_changed("tax_paid", "mr", "FLAGGED")).status_code == 200
    assert city.post(city.meta.template_changed("tax_paid", "mr", "PAUSED")).status_code == 200
    wait_for(lambda: states() == {"mr": "paused", "en": "pending"}, 10)


def test_stop_over_whatsapp_is_kept_and_confirmed_once(city):
    number = "+919812345612"
    city.meta.sent.clear()
    hook = city.meta.said(number, STOP)
    assert city.post(hook).json()["messages"] == 1
    assert city.post(hook).status_code == 200
    said = city.consent(number)
    assert {name: each["told"] for name, each in said.items()} == dict.fromkeys(said, False)
    assert said["tax"]["source"] == "whatsapp"
    (answer,) = city.meta.sent
    assert answer.to == number
    assert "START" in answer.asked["text"]["body"]
    start = {"type": "text", "text": {"body": "सुरू"}}
    assert city.post(city.meta.said(number, start, timestamp=str(int(time.time()) + 2))).ok
    assert {name for name, each in city.consent(number).items() if each["told"]} == {
        "service", "tax", "reminder",
    }  # fmt: skip
    assert "थांबा" in city.meta.sent[-1].asked["text"]["body"]
    # The first one once more, days late or by chance: nothing is taken back.
    assert city.post(hook).status_code == 200
    assert city.consent(number)["tax"]["told"]


def test_what_a_citizen_writes_otherwise_is_not_kept(city):
    city.meta.sent.clear()
    before = city.backbone.value("notify", "SELECT count(*) FROM consent")
    hello = {"type": "text", "text": {"body": "please stop the water leak"}}
    assert city.post(city.meta.said("+919812345613", hello)).status_code == 200
    assert city.post(city.meta.said("+14155550100", STOP)).status_code == 200
    hi = {"type": "text", "text": {"body": "hi"}}
    assert city.post(city.meta.said("+14155550100", hi)).status_code == 200
    # The bot may have asked for the language by now; who has no Indian mobile is not answered.
    assert {each.to for each in city.meta.sent} <= {"+919812345613"}
    assert city.backbone.value("notify", "SELECT count(*) FROM consent") == before
    assert {each["said"] for each in city.consent("+919812345613").values()} == {None}


@pytest.mark.parametrize(
    ("provider", "subject", "number"),
    [
        ("plivo", PLIVO_INBOUND, "+919812345614"),
        ("infobip", INFOBIP_INBOUND, "+919812345615"),
    ],
)
def test_stop_by_text_message_is_kept(city, provider, subject, number):
    server = getattr(city, provider)
    hook = server.said(inbound(provider, subject), number, "stop news")
    assert city.post(hook).json() == {"messages": 1, "taken": 1}
    said = city.consent(number)
    assert (said["news"]["said"], said["news"]["source"]) == (False, "sms")
    assert said["tax"]["told"]
    other = server.said(inbound(provider, "attempt"), number, "START NEWS")
    assert city.post(other).status_code == 403
    assert city.post(server.said(inbound(provider, subject), number, "hello")).json() == {
        "messages": 1, "taken": 0,
    }  # fmt: skip


def test_while_notify_is_away_the_provider_is_asked_to_come_again(city):
    hook = city.meta.said("+919812345616", STOP)
    city.notify.stop()
    answer = city.post(hook)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    city.notify.start()
    assert city.post(hook).status_code == 200
    assert not city.consent("+919812345616")["tax"]["told"]


@pytest.mark.parametrize(
    "query",
    ["key=%00", "key=%ED%A0%80", "attempt=" + "x" * 7_000, "&".join(f"a{n}=1" for n in range(300))],
)
def test_odd_queries_are_refused_and_break_nothing(city, query):
    for path in ("whatsapp", "plivo", "infobip", "plivo/inbound", "infobip/inbound"):
        url = f"{city.url}/webhooks/{path}?{query}"
        answer = requests.post(url, data=b"{}", timeout=WAIT_S)
        assert answer.status_code in (400, 403), (path, answer.text)
        assert "Traceback" not in answer.text
    refused = requests.get(f"{city.url}/webhooks/whatsapp?{query}", timeout=WAIT_S)
    assert refused.status_code in (400, 403)


def test_a_body_that_comes_in_chunks_is_read_as_far_as_it_may_be_long(city):
    hook = city.meta.signed(city.meta.notification({"statuses": []}))
    url = f"{city.url}/webhooks/whatsapp"
    parts = [hook.body[:50], hook.body[50:]]
    good = requests.post(url, data=iter(parts), headers=dict(hook.headers), timeout=WAIT_S)
    assert good.status_code == 200

    def chunks():
        for _ in range(60):
            yield b"x" * 100_000

    answer = requests.post(f"{city.url}/webhooks/whatsapp", data=chunks(), timeout=WAIT_S)
    assert answer.status_code == 413


def test_headers_that_no_signature_needs_are_not_passed_on(city):
    signed = city.meta.signed(city.meta.notification({"statuses": []}))
    odd = {"X-Odd": "\x80\xff", "Cookie": "c=1", "Authorization": "Bearer x"}
    assert city.post(signed, **odd).status_code == 200
    assert city.post(signed, **{"X-Hub-Signature-256": "\xff"}).status_code in (400, 403)


def test_who_writes_to_the_city_is_answered_by_the_bot_and_once(city):
    number = "+919812345613"
    city.meta.sent.clear()
    hook = city.meta.said(number, {"type": "text", "text": {"body": "नमस्कार"}})
    for _ in range(2):
        assert city.post(hook).json()["messages"] == 1
    wait_for(lambda: len(city.meta.sent) >= 1, 20, "the bot answers")
    (answer,) = city.meta.sent
    assert answer.to == number
    assert answer.asked["type"] == "interactive"
    for said in city.meta.hooks(answer):
        assert city.post(said).status_code == 200
    with city.backbone.client(OFFICER) as client:
        assert client.notify.deliveries(recipient=number)["deliveries"] == []


def test_who_calls_the_city_is_answered_over_the_portal(city):
    url = f"{PUBLIC}/webhooks/voice/answer"
    form = {"CallSid": "CA1", "From": "+919812345614", "To": "+912025501000"}
    form |= {"Direction": "inbound", "CallStatus": "ringing"}
    signed = signature.signature_of(url, {name: [each] for name, each in form.items()}, VOICE_TOKEN)

    def post(token: str, what: str = "answer") -> requests.Response:
        headers = {"X-Twilio-Signature": token}
        where = f"{city.url}/webhooks/voice/{what}"
        return requests.post(where, data=form, headers=headers, timeout=WAIT_S)

    assert post("eA==").status_code == 403
    answer = post(signed)
    assert (answer.status_code, answer.headers["Content-Type"][:8]) == (200, "text/xml"), (
        answer.text
    )
    assert "<Gather" in answer.text
    assert post(signed, "pigeon").status_code == 404
    assert requests.get(f"{city.url}/webhooks/voice/answer", timeout=WAIT_S).status_code == 404
