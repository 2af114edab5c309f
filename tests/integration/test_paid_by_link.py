"""From a link to the message that it is paid: tax, notify, the portal and the relay, running, a
gateway with its page and a carrier of text messages."""

import base64
from dataclasses import dataclass
from datetime import datetime

import pytest
import requests

from palika.auth import SYSTEM, Identity
from palika.india import INDIA, rupees
from services.notify.channels.loopback import PlivoServer
from services.notify.domain.wording import amount
from services.tax.gateway.loopback_server import LoopbackServer
from tests.support.backbone import Backbone
from tests.support.part import wait_for
from tests.support.portal import WAIT_S
from tests.support.razorpay import gateway_running
from tests.support.taxes import PROPERTY

pytestmark = pytest.mark.slow

CLERK = Identity.of("officer:clerk", "officer")
DESK = Identity.of("helpdesk:1", "helpdesk")
PHONE = "+919822012345"


@dataclass
class City:
    """The city, with the servers in place of others'."""

    backbone: Backbone
    gateway: LoopbackServer
    carrier: PlivoServer


@pytest.fixture(scope="module")
def city(backbone, tmp_path_factory):
    """All of it, running."""
    backbone.migrate("tax", "notify")
    keys = tmp_path_factory.mktemp("keys") / "keys"
    keys.write_text(base64.b64encode(b"0" * 32).decode())
    with gateway_running(seed=1) as gateway, PlivoServer() as carrier:
        tax = backbone.service(
            "tax",
            PALIKA_RAZORPAY_URL=gateway.url,
            PALIKA_RAZORPAY_KEY_ID=gateway.key_id,
            PALIKA_RAZORPAY_KEY_SECRET=gateway.key_secret,
            PALIKA_RAZORPAY_WEBHOOK_SECRETS=gateway.webhook_secret,
        )
        notify = backbone.service(
            "notify",
            PALIKA_NOTIFY_KEYS=str(keys),
            PALIKA_NOTIFY_CHANNELS="sms",
            PALIKA_SMS_CALLBACK_SECRETS="a-callback-secret",
            PALIKA_SMS_PLIVO_URL=carrier.url,
            PALIKA_SMS_PLIVO_AUTH_ID=carrier.auth_id,
            PALIKA_SMS_PLIVO_AUTH_TOKENS=carrier.auth_token,
        )
        portal = backbone.service("portal", PALIKA_PORTAL_HTTP_PORT="0", PALIKA_RPC_TIMEOUT_S="5")
        for part in (tax, notify, portal, backbone.relay("tax")):
            part.wait_ready(60)
        gateway.webhook_url = f"{portal.pages}/webhooks/razorpay"
        yield City(backbone, gateway, carrier)


def test_an_owner_pays_by_a_link_and_is_told_once(city: City):
    with city.backbone.client(CLERK) as rpc:
        owned = rpc.tax.register_property(**PROPERTY | {"number": "P/8/0004"})
        now = datetime.now(INDIA)
        year = now.year if now.month >= 4 else now.year - 1
        rpc.tax.raise_bill(property_id=owned["id"], period=f"{year}-{(year + 1) % 100:02d}")
        due = rpc.tax.dues(id=owned["id"])["payable_paise"]
    with city.backbone.client(DESK) as rpc:
        made = rpc.tax.pay_link(id=owned["id"])
        assert (made["amount_paise"], made["state"]) == (due, "open")
    assert rupees(due) in requests.get(made["link_url"], timeout=WAIT_S).text
    form = {"method": "card", "end": "pays"}
    assert requests.post(made["link_url"], data=form, timeout=WAIT_S).status_code == 200
    # Each of four webhooks twice, in an order of chance, through the portal.
    wait_for(lambda: len(city.gateway.posted) == 8, 30, "all webhooks are answered")
    assert {each.status for each in city.gateway.posted} == {200}
    with city.backbone.client(CLERK) as rpc:
        assert rpc.tax.order(order_id=made["id"])["state"] == "paid"
        assert rpc.tax.dues(id=owned["id"])["payable_paise"] == 0
        assert rpc.tax.gateway_held()["refused"] == []
    with city.backbone.client(SYSTEM("portal")) as rpc:
        items = rpc.tax.documents_of(id=owned["id"], phone=PHONE)["items"]
        (receipt,) = [each for each in items if each["kind"] == "receipt"]
        found = rpc.tax.document_by_link(link=receipt["link"], language="mr")
    assert base64.b64decode(found["content_base64"]).startswith(b"%PDF")

    def told() -> list[str]:
        texts = [str(each.asked["text"]) for each in city.carrier.sent if each.to == PHONE]
        return [each for each in texts if amount(due, "mr") in each and "जमा" in each]

    wait_for(lambda: len(told()) == 1, 30, "the owner is told that it is paid")
    paid = "SELECT count(*) FROM outbox WHERE type = 'tax.paid.v1'"
    assert city.backbone.value("tax", paid) == 1
