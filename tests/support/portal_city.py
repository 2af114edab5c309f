"""The city as a citizen meets it: the portal with tax, notify and grievances behind it, a gateway
with its page and a carrier of text messages; and a citizen who uses it with a browser without
scripts."""

import base64
import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import requests

from palika.auth import Identity
from palika.india import INDIA
from palika.local.processes import free_port
from services.notify.channels.loopback import PlivoServer
from services.tax.gateway.loopback_server import LoopbackServer
from tests.support.backbone import Backbone
from tests.support.part import Part, wait_for
from tests.support.portal_grievances import TOKEN
from tests.support.razorpay import gateway_running
from tests.support.taxes import PROPERTY

CLERK = Identity.of("officer:clerk", "officer")
OWNER = "+919822012345"
"""The number of the owner of every property here, by ``PROPERTY``."""
STRANGER = "+919812345610"
WAIT_S = 60


@dataclass
class City:
    """The parts, and the servers in place of others'."""

    backbone: Backbone
    parts: dict[str, Part]
    gateway: LoopbackServer
    carrier: PlivoServer
    url: str
    signed_in: dict[str, Any] = field(default_factory=dict)
    """The cookies of who has signed in, by number: few codes are sent in a minute."""

    def owned(self, number: str, *, billed: bool = True, **changes: Any) -> dict[str, Any]:
        """A property of ``OWNER`` with the bill of this financial year."""
        with self.backbone.client(CLERK) as rpc:
            owed: dict[str, Any] = rpc.tax.register_property(
                **PROPERTY | {"number": number} | changes
            )
            if billed:
                rpc.tax.raise_bill(property_id=owed["id"], period=self.year)
        return owed

    @property
    def year(self) -> str:
        """The financial year of today."""
        now = datetime.now(INDIA)
        year = now.year if now.month >= 4 else now.year - 1
        return f"{year}-{(year + 1) % 100:02d}"

    def payable(self, property_id: str) -> int:
        """What settles all of it today."""
        with self.backbone.client(CLERK) as rpc:
            found: int = rpc.tax.dues(id=property_id)["payable_paise"]
        return found

    def pays(self, link_url: str, *, end: str = "pays", method: str = "upi") -> str:
        """A payer on the gateway's page; the page after it."""
        form = {"method": method, "end": end}
        answer = requests.post(link_url, data=form, timeout=WAIT_S)
        assert answer.status_code == 200
        return answer.text


@contextmanager
def city_running(backbone: Backbone, folder: Path, *, webhooks: bool = True) -> Iterator[City]:
    """All of it, ready; without ``webhooks`` the gateway tells nobody of payments."""
    backbone.migrate("tax", "notify", "grievance", "portal")
    keys = folder / "keys"
    keys.write_text(base64.b64encode(b"0" * 32).decode())
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with gateway_running(seed=1) as gateway, PlivoServer() as carrier:
        common = {"PALIKA_PORTAL_URL": url, "PALIKA_RPC_TIMEOUT_S": "10"}
        parts = {
            "tax": backbone.service(
                "tax",
                PALIKA_RAZORPAY_URL=gateway.url,
                PALIKA_RAZORPAY_KEY_ID=gateway.key_id,
                PALIKA_RAZORPAY_KEY_SECRET=gateway.key_secret,
                PALIKA_RAZORPAY_WEBHOOK_SECRETS=gateway.webhook_secret,
                **common,
            ),
            "notify": backbone.service(
                "notify",
                PALIKA_NOTIFY_KEYS=str(keys),
                PALIKA_NOTIFY_CHANNELS="sms",
                PALIKA_SMS_CALLBACK_SECRETS="a-callback-secret",
                PALIKA_SMS_PLIVO_URL=carrier.url,
                PALIKA_SMS_PLIVO_AUTH_ID=carrier.auth_id,
                PALIKA_SMS_PLIVO_AUTH_TOKENS=carrier.auth_token,
                PALIKA_PORTAL_URL="https://city.example",
            ),
            "grievance": backbone.service("grievance"),
            "portal": backbone.service("portal", PALIKA_PORTAL_HTTP_PORT=str(port), **common),
            "relay": backbone.relay("tax"),
        }
        for part in parts.values():
            part.wait_ready(120)
        stored = "SELECT count(*) FROM template_version"
        wait_for(lambda: backbone.value("notify", stored) > 0, WAIT_S, "the templates are stored")
        if webhooks:
            gateway.webhook_url = f"{url}/webhooks/razorpay"
        yield City(backbone, parts, gateway, carrier, url)


class Visitor(requests.Session):
    """Their browser; it keeps cookies and follows where it is led within the city."""

    def __init__(self, city: City, language: str = "en") -> None:
        """Nothing is open yet."""
        super().__init__()
        self.city, self.language = city, language

    def page(self, path: str) -> requests.Response:
        """A page, without its language."""
        return self.get(f"{self.city.url}/{self.language}{path}", timeout=WAIT_S)

    def submit(self, path: str, to: str | None = None, **form: Any) -> requests.Response:
        """Open a page and send its form, with the hidden fields that stand in it."""
        shown = self.page(path)
        token = TOKEN.search(shown.text)
        assert token, (path, shown.status_code, text_of(shown))
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', shown.text))
        given = {**hidden, "form_token": token[1], **form}
        address = f"{self.city.url}/{self.language}{to or path}"
        return self.post(address, data=given, timeout=WAIT_S)

    def sign_in(self, phone: str) -> "Visitor":
        """By the code that comes to a number; as they did before, while that still counts."""
        kept = self.city.signed_in.get(phone)
        if kept is not None:
            self.cookies.update(kept)
            if "/account/citizen" not in self.page("/account/").url:
                return self
            self.cookies.clear()
        before = len(self.city.carrier.sent)
        asked = self.submit("/account/citizen", phone=phone.removeprefix("+91"))
        assert "/account/citizen/code" in asked.url, text_of(asked)

        def code() -> str | None:
            texts = [
                str(each.asked["text"]) for each in self.city.carrier.sent[before:]
                if each.to == phone
            ]  # fmt: skip
            found = re.search(r"\d{6}", texts[-1]) if texts else None
            return found and found[0]

        wait_for(lambda: code() is not None, WAIT_S, "the code has come")
        there = self.submit("/account/citizen/code", code=code())
        assert there.status_code == 200, text_of(there)
        self.city.signed_in[phone] = self.cookies.copy()
        return self


def text_of(answer: requests.Response) -> str:
    """The words of a page."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", answer.text)))


def links_of(answer: requests.Response, pattern: str) -> list[str]:
    """The addresses on a page that have a pattern in them."""
    found = re.findall(r'href="([^"]+)"', answer.text)
    return [html.unescape(each) for each in found if re.search(pattern, each)]
