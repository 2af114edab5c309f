"""Signing in with the city's own parts: the portal with its relay, the e-office, notify, and a
carrier of messages on this machine; and what all of them write into their logs."""

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

import pytest
import requests

from palika.auth import Identity
from services.notify.channels.loopback import PlivoServer
from services.portal.commands.hold_back import charge
from services.portal.domain import totp
from services.portal.domain.lockout import PATIENCE, Scope
from services.portal.models import Account
from tests.support.backbone import Backbone
from tests.support.part import Part, wait_for

PASSWORD, PHONE = "a kettle under the neem", "9812345610"
PERSON, BEFORE, AFTER = "a.jadhav2", "Junior Engineer, Roads", "Clerk, Roads"
ADMIN = Identity.of("officer:commissioner", "admin")
WAIT_S = 60
_TOKEN = re.compile(r'name="form_token" value="([0-9a-f]{64})"')


@dataclass
class City:
    """The parts, the carrier, and all that may stand in no log."""

    backbone: Backbone
    parts: dict[str, Part]
    carrier: PlivoServer
    secrets: set[str] = field(default_factory=set)

    @property
    def url(self) -> str:
        """Where the portal is."""
        return self.parts["portal"].pages


class Browser(requests.Session):
    """A browser on plain HTTP, as a city is tried out with."""

    def __init__(self, city: City) -> None:
        """Without a cookie."""
        super().__init__()
        self.city = city

    def page(self, path: str) -> requests.Response:
        """A page, where it leads on what is there."""
        return self.get(f"{self.city.url}{path}", timeout=WAIT_S)

    def submit(self, path: str, to: str | None = None, **form: str) -> requests.Response:
        """Open a page and send its form."""
        shown = self.page(path)
        token = _TOKEN.search(shown.text)
        assert token, (shown.status_code, shown.text[:500])
        given = {"form_token": token[1], **form}
        answer = self.post(f"{self.city.url}{to or path}", data=given, timeout=WAIT_S)
        for value in self.cookies.values():
            self.city.secrets.add(str(value))
        return answer


@pytest.fixture(scope="module")
def city(backbone: Backbone) -> Iterator[City]:
    """All of them, ready."""
    backbone.migrate("eoffice", "notify", "portal")
    with PlivoServer() as carrier:
        sends = {
            "PALIKA_NOTIFY_CHANNELS": "sms",
            "PALIKA_SMS_PLIVO_URL": carrier.url,
            "PALIKA_SMS_PLIVO_AUTH_ID": carrier.auth_id,
            "PALIKA_SMS_PLIVO_AUTH_TOKENS": carrier.auth_token,
            "PALIKA_SMS_CALLBACK_SECRETS": "callback-secret",
            "PALIKA_PORTAL_URL": "https://city.example",
        }
        parts = {
            "eoffice": backbone.service("eoffice"),
            "notify": backbone.service("notify", **sends),
            "portal": backbone.service(
                "portal", PALIKA_PORTAL_HTTP_PORT="0", PALIKA_LOG_LEVEL="debug"
            ),
            "relay": backbone.relay("portal"),
        }
        for part in parts.values():
            part.wait_ready(120)
        stored = "SELECT count(*) FROM template_version"
        wait_for(lambda: backbone.value("notify", stored) > 0, WAIT_S, "the templates are stored")
        with backbone.client(ADMIN) as asking:
            asking.eoffice.directory(limit=1)
        yield City(backbone, parts, carrier)


def test_the_portal_tells_how_its_database_is_and_does_not_hang_on_it(city: City) -> None:
    checks = city.parts["portal"].checks()
    assert checks["database"]["ok"]
    assert checks["database"]["needed"] is False


def test_a_citizens_code_comes_over_the_carrier_and_signs_in(city: City) -> None:
    browser = Browser(city)
    asked = browser.submit("/mr/account/citizen", phone=PHONE)
    assert asked.url.endswith("/mr/account/citizen/code?next="), asked.text[:2_000]
    wait_for(lambda: city.carrier.sent, WAIT_S, "the message has come")
    message = city.carrier.sent[-1]
    assert message.to == f"+91{PHONE}"
    code = re.search(r"\d{6}", str(message.asked["text"]))
    assert code
    city.secrets |= {code[0], PHONE}
    assert browser.submit("/mr/account/citizen/code", code="000000").status_code == 400
    there = browser.submit("/mr/account/citizen/code", code=code[0])
    assert there.status_code == 200
    assert there.url == f"{city.url}/mr/account/"
    copy = browser.submit("/mr/account/data", "/mr/account/data/export")
    found = json.loads(copy.text)
    assert found["portal"]["phone"] == f"+91{PHONE}"
    assert found["grievances"] == {"away": True}
    assert [each["template"] for each in found["messages"]] == ["login.code"]
    assert "purposes" in found["consent"]


def test_an_officer_is_invited_signs_in_with_two_factors_and_follows_a_transfer(city: City) -> None:
    backbone = city.backbone
    refused = backbone.palika("portal", "account", "add", "nobody.here")
    assert refused.returncode == 1
    assert "there is no officer 'nobody.here'" in refused.stderr
    added = backbone.palika("portal", "account", "add", PERSON, "--language", "en", "--json")
    assert added.returncode == 0, added.stderr
    (shown,) = json.loads(added.stdout)
    assert shown["posts"] == ["roads-je"]
    link = shown["link"].partition("8080")[2]
    city.secrets |= {link.rpartition("/")[2], PASSWORD}

    browser = Browser(city)
    chosen = browser.submit(link, password=PASSWORD, again=PASSWORD)
    assert chosen.status_code == 200
    enrolling = browser.submit("/en/account/sign-in", login=PERSON, password=PASSWORD)
    assert enrolling.url.startswith(f"{city.url}/en/account/enrol")
    secret = re.search(r"<code>([A-Z2-7 ]+)</code>", enrolling.text)
    assert secret
    plain = _bytes(secret[1])
    city.secrets |= {secret[1], secret[1].replace(" ", ""), plain.hex()}
    code = totp.code_at(plain, totp.step_of(_now()))
    codes = browser.submit("/en/account/enrol", code=code)
    assert codes.status_code == 200
    papers = re.findall(r"<code>([0-9A-Z]{5}-[0-9A-Z]{5})</code>", codes.text)
    assert len(papers) == totp.RECOVERY_CODES
    city.secrets |= {*papers, code}
    assert BEFORE in browser.page("/en/account/").text

    other = Browser(city)
    second = other.submit("/en/account/sign-in", login=PERSON, password=PASSWORD)
    assert "/second" in second.url
    assert other.submit("/en/account/second", code=papers[0].lower()).status_code == 200

    with backbone.client(ADMIN) as asking:
        asking.eoffice.vacate_post(code="roads-clerk", person="s.kulkarni1", post="commissioner")
        asking.eoffice.transfer_person(person=PERSON, to="roads-clerk", post="commissioner")
    wait_for(lambda: AFTER in browser.page("/en/account/").text, WAIT_S, "the transfer counts", 1.0)
    assert BEFORE not in browser.page("/en/account/").text


def test_others_hear_that_strangers_try_an_account(city: City) -> None:
    with city.backbone.sessions("portal").begin() as session:
        for _ in range(PATIENCE[Scope.STRANGERS].free + 1):
            account = Account(id=UUID("0196f3a0-2222-7000-8000-000000000501"), person=PERSON)
            charge(session, {Scope.STRANGERS: "0" * 64}, _now(), account)
    told = "SELECT count(*) FROM outbox WHERE type = 'portal.account_held_back.v1' AND sent_at IS"
    unsent, sent = f"{told} NULL", f"{told} NOT NULL"
    wait_for(lambda: city.backbone.value("portal", sent) == 1, WAIT_S, "the relay has sent it")
    assert city.backbone.value("portal", unsent) == 0


def test_no_log_has_a_password_a_code_a_token_a_key_or_a_number_in_it(city: City) -> None:
    assert len(city.secrets) > 15
    for name, part in city.parts.items():
        said = part.said
        assert "ready" in said or "serving" in said or "relay" in said, name
        assert [each for each in city.secrets if each in said] == [], name


def _bytes(shown: str) -> bytes:
    return base64.b32decode(shown.replace(" ", ""))


def _now() -> datetime:
    return datetime.now(UTC)
