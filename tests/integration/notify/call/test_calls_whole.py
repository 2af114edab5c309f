"""Calls as the city makes them: real processes, from an officer's wish to the published promise."""

import base64
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import yaml
from uuid6 import uuid7

from palika import dead_letters
from palika.auth import SYSTEM, Identity
from palika.errors import Forbidden
from palika.india import INDIA
from palika.local.loopback import LoopbackServer, Reply, Request
from services.notify.channels.loopback.telephony import Script, Telephony
from services.tax.queries.recovery import holds
from tests.support.backbone import Backbone
from tests.support.part import wait_for
from tests.support.samples import ROOT
from tests.support.taxes import PROPERTY

pytestmark = pytest.mark.slow

OFFICER = Identity.of("officer:recovery", "officer", "supervisor")
PHONE = "+919822012345"


class Portal(LoopbackServer):
    """The city's address, which passes webhooks on by RPC."""

    def __init__(self, backbone: Backbone) -> None:
        super().__init__()
        self._backbone = backbone
        self._turn = threading.Lock()

    def answer(self, request: Request) -> Reply:
        path, _, query = request.path.partition("?")
        body = base64.b64encode(request.body).decode()
        with self._turn, self._backbone.client(SYSTEM("portal")) as client:
            try:
                found = client.notify.voice_webhook(
                    path=path, query=query, headers=dict(request.headers), body=body
                )
            except Forbidden as error:
                return Reply(403, error.to_dict())
        return Reply(200, base64.b64decode(found["body"]), found["media_type"])

    def failure(self, status: int) -> Any:
        return {"status": status}


@dataclass
class City:
    """The city, with a telephone provider."""

    backbone: Backbone
    telephony: Telephony
    notify: Any


@pytest.fixture(scope="module")
def city_with_telephones(
    backbone: Backbone, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[City]:
    backbone.migrate("tax", "notify")
    # The city's own file, without quiet hours: the test runs at any hour.
    data = tmp_path_factory.mktemp("data")
    rules = yaml.safe_load((ROOT / "services/notify/data/sending.yaml").read_text("utf-8"))
    del rules["quiet_hours"], rules["quiet_calls"]
    (data / "sending.yaml").write_text(yaml.safe_dump(rules), "utf-8")
    with Telephony() as telephony, Portal(backbone) as portal:
        notify = backbone.service(
            "notify",
            PALIKA_PORTAL_URL=portal.url,
            PALIKA_VOICE_URL=telephony.url,
            PALIKA_VOICE_ACCOUNT_SID=telephony.account,
            PALIKA_VOICE_AUTH_TOKENS=telephony.token,
            PALIKA_VOICE_FROM="+912025501000",
            PALIKA_VOICE_TTS_ENGINE="espeak",
            PALIKA_NOTIFY_DATA=str(data),
        )
        parts = [notify, backbone.service("tax"), backbone.relay("notify")]
        for part in parts:
            part.wait_ready()
        yield City(backbone, telephony, notify)


def _owed(client: Any) -> str:
    owned = client.tax.register_property(**PROPERTY | {"number": "P/5/0001"})
    now = datetime.now(INDIA)
    year = now.year if now.month >= 4 else now.year - 1
    client.tax.raise_bill(property_id=owned["id"], period=f"{year}-{(year + 1) % 100:02d}")
    found: str = owned["id"]
    return found


def _left_alone_until(city: City, property_id: str, day: date) -> None:
    """Tax has heard of the promise: its recovery passes the owner by until that day, no longer."""

    def promised(on: date) -> date | None:
        with city.backbone.sessions("tax")() as session:
            return holds(session, on).get(UUID(property_id), {}).get("promised")

    wait_for(lambda: promised(day) == day, 30, "tax leaves the owner alone")
    assert promised(datetime.now(INDIA).date()) == day
    assert promised(day + timedelta(days=1)) is None
    assert dead_letters.browse(city.backbone.amqp_uri, "tax.promises") == []


def test_an_owner_is_called_and_promises(city_with_telephones: City):
    city = city_with_telephones
    city.telephony.scripts[PHONE] = Script(acts=("हो", "0001", "भरतो", "उद्या", "हो", "2"))
    with city.backbone.client(OFFICER) as client:
        property_id = _owed(client)
        asked = client.notify.call_owner(id=str(uuid7()), property_id=property_id)
        wait_for(lambda: client.notify.call(id=asked["id"])["state"] == "ended", 60)
        shown = client.notify.call(id=asked["id"])
        promises = client.notify.promises(property_id=property_id)["promises"]
    city.telephony.wait()
    (played,) = city.telephony.played
    assert played.problems == []
    assert (shown["outcome"], shown["deeds"]) == ("done", ["promise"])
    assert [each["call_id"] for each in promises] == [asked["id"]]
    # It was spoken by espeak-ng, in a process of eventlet's.
    assert {kind for kind, _ in played.heard} == {"audio"}
    sent = "SELECT count(*) FROM outbox WHERE type = 'notify.promised.v1' AND sent_at IS NOT NULL"
    wait_for(lambda: city.backbone.value("notify", sent) == 1)
    _left_alone_until(city, property_id, date.fromisoformat(promises[0]["promised_on"]))
    for private in (PHONE, PHONE[3:], "भरतो", "उद्या", "0001", "Asha"):
        assert private not in city.notify.said
