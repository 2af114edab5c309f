"""What the tests of the chatbot stand on: a real database, and services that answer what they are
told to."""

import base64
import itertools
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

import pytest
from sqlalchemy import text

from palika.database import sessions
from palika.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable
from palika.migrate import upgrade
from services.notify.chat.ports import Ports
from services.notify.chat.receive import receive
from services.notify.chat.silence import sweep
from services.notify.chat.table import city_table
from services.notify.chat.turns import Bot
from services.notify.domain.whatsapp_inbound import Inbound, SaidText
from services.notify.secrets import Secrets

ASHA = "+919812345610"
BALU = "+919812345611"
TABLES = (
    "conversation, conversation_message, property_link, link_code, handover, number_try, consent"
)
NOW = datetime(2026, 7, 1, 6, 0, tzinfo=UTC)
_SPACE = UUID("00000000-0000-0000-0000-00000000000a")
SERVICES = [
    {"service_code": "pothole", "service_name": "खड्डा", "group": "रस्ते"},
    {"service_code": "tree-fall", "service_name": "झाड पडले", "group": "झाडे"},
    {"service_code": "noise", "service_name": "ध्वनिप्रदूषण", "group": "पर्यावरण"},
]


def _notice(number, step, issued_on):
    return {"number": number, "step": step, "issued_on": issued_on, "cancelled_why": None}


class FakeCity:
    """Tax and grievance as far as the bot asks them; each call is noted with its identity."""

    def __init__(self) -> None:
        self.owners = {"P/1": [ASHA], "P/2": [ASHA, BALU], "P/3": [BALU], "P/4": []}
        self.payable = 123_450
        self.own_notices = [("notice", "NT-2")]
        self.link_refused = False
        self.calls = []
        self.away = set()
        self.filed = {}
        self.before = lambda service, method: None

    def call(self, identity, service, method, /, **arguments):
        self.calls.append((identity, service, method, arguments))
        self.before(service, method)
        if service in self.away:
            raise Unavailable(f"{service} is away")
        return getattr(self, method)(identity, **arguments)

    def asked(self, method):
        return [each[3] for each in self.calls if each[2] == method]

    def _property(self, number):
        owners = [{"name": "A", "phone": phone, "share": "1"} for phone in self.owners[number]]
        return {
            "id": str(uuid5(_SPACE, number)),
            "number": number,
            "address": "कर्वे रस्ता",
            "owners": owners,
        }

    def _number(self, key):
        return next(each for each in self.owners if str(uuid5(_SPACE, each)) == key)

    def look_up(self, identity, number=None, phone=None, limit=20):
        assert "service" in identity.roles
        if number is not None:
            found = sorted(each for each in self.owners if each.startswith(number))
        else:
            found = [each for each, owners in self.owners.items() if phone in owners]
        return {"items": [self._property(each) for each in found[:limit]], "next": None}

    def dues(self, identity, id):
        return {
            "payable_paise": self.payable,
            "on": "2026-07-01",
            "forgone": [{"kind": "rebate", "paise": 1_000}],
        }

    def documents_of(self, identity, id, phone, limit):
        number = self._number(id)
        if phone not in self.owners[number]:
            raise Forbidden("not an owner")
        kinds = [("bill", "PT-1"), ("receipt", "RC-1"), ("receipt", "RC-2"), *self.own_notices]
        items = [
            {
                "kind": kind,
                "number": given,
                "issued_on": "2026-04-01",
                "amount_paise": 5_000,
                "link": f"https://city.example/{number}/{given}",
            }
            for kind, given in kinds
        ]
        return {"items": items}

    def document_by_link(self, identity, link, language):
        return {
            "file": f"{link[-4:]}.pdf",
            "content_type": "application/pdf",
            "content_base64": base64.b64encode(f"%PDF {link}".encode()).decode(),
        }

    def notices(self, identity, id):
        return {
            "notices": [
                _notice("NT-2", "demand-notice", "2026-06-01"),
                _notice("WA-1", "warrant", None),
                _notice("NT-1", "demand-notice", "2019-06-01"),
            ]
        }

    def pay_link(self, identity, id):
        if self.link_refused:
            raise Conflict("the payment gateway refuses")
        return {
            "amount_paise": self.payable,
            "link_url": f"https://pay.example/l/{self._number(id)}",
            "expires_at": "2026-07-02T06:00:00+00:00",
        }

    def open311_services(self, identity, language):
        return {"services": SERVICES}

    def open311_service(self, identity, code, language):
        asked = [
            {
                "code": "time_of_day", "required": True, "description": "कोणत्या वेळी",
                "datatype": "multivaluelist", "datatype_description": "",
                "values": [{"key": "night", "name": "रात्री"}],
            },
            {
                "code": "days", "required": True, "description": "किती दिवस",
                "datatype": "number", "datatype_description": "पूर्ण संख्या", "values": [],
            },
        ]  # fmt: skip
        return {"attributes": asked if code == "noise" else []}

    def similar(self, identity, *, category, description, lat, lon, language):
        assert {"citizen"} == identity.roles
        if lat == 0:
            raise Invalid("outside", {"lat": ["is outside"], "lon": ["is outside"]})
        return []

    def file(self, identity, **args):
        assert {"citizen", "helpdesk"} == identity.roles
        assert args["source"] == identity.subject
        key = args["source_id"]
        if args.get("lat") == 0:
            raise Invalid("outside", {"lat": ["is outside"], "lon": ["is outside"]})
        if args["attributes"].get("days") == "many":
            raise Invalid("wrong", {"attributes.days": ["must be a whole number"]})
        return self.filed.setdefault(
            key,
            {
                "id": str(uuid5(_SPACE, key)), "number": f"PMC-{len(self.filed) + 1}",
                "category": args["category"], "status": "filed", "by": identity.subject,
                "steps": [], "timeline": [], "rating": None,
            },
        )  # fmt: skip

    def _one(self, identity, key):
        found = next((each for each in self.filed.values() if each["id"] == key), None)
        if found is None or found["by"] != identity.subject:
            raise NotFound("there is no grievance")
        return found

    def mine(self, identity, limit):
        own = [each for each in self.filed.values() if each["by"] == identity.subject]
        return {"items": own[:limit], "next": None}

    def get(self, identity, id):
        return self._one(identity, id)

    def attach(self, identity, id, kind, content_base64):
        self._one(identity, id)["photo"] = base64.b64decode(content_base64)

    def rate(self, identity, id, rating):
        found = self._one(identity, id)
        if "rate" not in found["steps"]:
            raise Conflict("not now")
        found["status"] = "closed" if rating > 2 else "assigned"
        found["steps"], found["rating"] = [], rating
        return found

    def reopen(self, identity, id, reason, code):
        found = self._one(identity, id)
        if "reopen" not in found["steps"]:
            raise Conflict("not now")
        found["status"], found["steps"] = "assigned", []
        return found

    def answer(self, identity, id, answer):
        self._one(identity, id)["timeline"].append({"step": "answer", "note": answer})


class World:
    """A bot with its database, its clock, and what it has said and sent."""

    def __init__(self, factory) -> None:
        self.factory = factory
        self.city = FakeCity()
        self.now = NOW
        self.said = []
        self.codes = []
        self.consents = []
        self.down = False
        self._lock = threading.Lock()
        self._ids = itertools.count(1)
        self.ports = self.new_ports()

    def new_ports(self):
        return Ports(
            begin=self.factory.begin,
            call=self.city.call,
            say=self._say,
            send_code=self.codes.append,
            consent=lambda session, key, agreed, now: self.consents.append((key, agreed)),
            media=lambda media_id: f"file {media_id}".encode(),
            table=city_table(),
            secrets=SECRETS,
            now=lambda: self.now,
        )

    def _say(self, saying):
        if self.down:
            raise Unavailable("the channel is away")
        with self._lock:
            self.said.append(saying)

    def inbound(self, heard, phone=ASHA, message_id=None, at=None):
        said = SaidText(heard) if isinstance(heard, str) else heard
        number = message_id or f"wamid.{next(self._ids)}"
        return Inbound(number, phone, at or self.now, said)

    def receive(self, *messages):
        rules = self.ports.table.rules
        return receive(self.factory.begin, messages, rules, SECRETS, self.now)

    def hear(self, *heard, phone=ASHA):
        """Messages one after the other; the texts that the last was answered with."""
        for each in heard:
            before = len(self.said)
            for key in self.receive(self.inbound(each, phone)):
                Bot(self.ports).run(key)
        return [_text(each.content) for each in self.said[before:]]

    def later(self, **by):
        self.now += timedelta(**by)
        before = len(self.said)
        sweep(self.ports, lambda: False)
        return [_text(each.content) for each in self.said[before:]]

    def row(self, phone=ASHA):
        found = self.query(
            "SELECT * FROM conversation WHERE recipient_key = :key", key=SECRETS.recipient(phone)
        )
        return found[0]

    def state(self, phone=ASHA):
        return self.row(phone).state

    def query(self, statement, **values):
        with self.factory.begin() as session:
            return session.execute(text(statement), values).all()

    def link(self, phone=ASHA):
        """Link what the register has the number for, and come to the menu."""
        self.hear("hi", "1", "tax", "1", phone=phone)
        self.hear(self.codes[-1].code, phone=phone)
        self.hear("menu", phone=phone)


def _text(content):
    return getattr(content, "text", None) or getattr(content, "caption", None) or content.name


SECRETS = Secrets([b"k" * 32])


@pytest.fixture
def world(city) -> Iterator[World]:
    sessions.cache_clear()
    upgrade("notify")
    factory = sessions("notify")
    with factory.begin() as session:
        session.execute(text(f"TRUNCATE {TABLES}"))
    yield World(factory)
    factory.kw["bind"].dispose()
    sessions.cache_clear()
