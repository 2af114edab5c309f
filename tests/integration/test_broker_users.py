"""One broker user a service, with the rights of docs/operations.md: enough, and no more."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit
from uuid import uuid4

import kombu
import pytest
import requests
from amqp.exceptions import AccessRefused
from sqlalchemy import func, select

from palika.local import Broker
from palika.outbox import record
from palika.tables import outbox
from services.portal.schemas import HELD_BACK
from tests.support.backbone import Backbone
from tests.support.part import ROOT, Part, wait_for

USERS = ("grievance", "kpi", "notify", "portal")
PASSWORD = "between-us"


def rights(service: str) -> list[str]:
    """Configure, write and read, as the page has them between double quotes."""
    page = (ROOT / "docs" / "operations.md").read_text("utf-8")
    found = re.findall(r'^ +"(\^\(.*\)\$)"', page, re.MULTILINE)
    assert len(found) == 3
    answers = "standalone_rpc_proxy" if service == "portal" else service
    assert f"[ $service != portal ] || answers={answers}" in page or service != "portal"
    return [each.replace("$service", service).replace("$answers", answers) for each in found]


def topic_rights(service: str) -> list[str]:
    """Write and read on the exchange of calls, as the page has them."""
    page = (ROOT / "docs" / "operations.md").read_text("utf-8")
    (found,) = re.findall(r' nameko-rpc \\\n +"(.*)" "(.*)"$', page, re.MULTILINE)
    return [each.replace("$service", service) for each in found]


@pytest.fixture(scope="module")
def uris(broker: Broker, amqp_uri: str) -> Iterator[dict[str, str]]:
    """The broker's address as each service's own user."""
    parts = urlsplit(amqp_uri)
    vhost = parts.path.removeprefix("/")
    for service in USERS:
        broker.control("add_user", f"palika-{service}", PASSWORD)
        broker.control("set_permissions", "-p", vhost, f"palika-{service}", *rights(service))
        broker.control(
            *("set_topic_permissions", "-p", vhost, f"palika-{service}", "nameko-rpc"),
            *topic_rights(service),
        )
    yield {
        service: f"amqp://palika-{service}:{PASSWORD}@127.0.0.1:{parts.port}/{vhost}"
        for service in USERS
    }
    for service in USERS:
        broker.control("delete_user", f"palika-{service}")


@pytest.fixture(scope="module")
def parts(backbone: Backbone, uris: dict[str, str]) -> dict[str, Part]:
    """Services and relays that log in as themselves, ready."""
    backbone.migrate(*USERS)
    started = {}
    for service, uri in uris.items():
        for verb in ("run", "relay"):
            part = backbone.part(verb, service, AMQP_URI=uri, PALIKA_PORTAL_HTTP_PORT="0")
            started[f"{verb} {service}"] = part.start(ready=False)
    for part in started.values():
        part.wait_ready(60)
    return started


def test_a_grievance_goes_the_whole_way(backbone: Backbone, parts: dict[str, Part]) -> None:
    with backbone.client() as city:
        filed = city.grievance.file(
            category="pothole", description="deep", citizen_email="asha@example.in"
        )

        def sent() -> bool:
            told = city.notify.deliveries(recipient_ref=filed["id"], state="sent")
            return bool(told["deliveries"])

        # With it go an event to two services, a call between them, and its answer.
        wait_for(sent, 30, "the message is sent")
    assert backbone.depth("kpi.measures.dead") == 0


def test_the_portal_calls_a_service_and_its_events_go_out(
    backbone: Backbone, parts: dict[str, Part]
) -> None:
    answer = requests.get(f"{parts['run portal'].pages}/open311/v2/services.json", timeout=30)
    assert answer.status_code == 200, answer.text
    assert answer.json()
    officer = uuid4()
    data = {"account_id": str(officer), "tries": 6, "until": "2026-04-04T09:10:15Z"}
    with backbone.sessions("portal").begin() as session:
        record(session, HELD_BACK.new(subject=str(officer), data=data))

    def sent() -> bool:
        with backbone.sessions("portal").begin() as session:
            return session.scalar(select(func.count()).where(outbox.c.sent_at.is_(None))) == 0

    wait_for(sent, 30, "the event is sent")


def test_an_event_that_its_handler_refuses_comes_to_the_dead_letters(
    backbone: Backbone, parts: dict[str, Part]
) -> None:
    backbone.publish("kpi.measures", ["no event"])
    wait_for(lambda: backbone.depth("kpi.measures.dead") == 1, 30, "the dead letter")


@pytest.mark.parametrize("exchange", ["grievance.events", "tax.events"])
def test_no_service_publishes_events_of_another(
    parts: dict[str, Part], uris: dict[str, str], exchange: str
) -> None:
    refused = "access to exchange"
    with (
        kombu.Connection(
            uris["kpi"], connect_timeout=5, transport_options={"confirm_publish": True}
        ) as connection,
        pytest.raises(AccessRefused, match=refused),
    ):
        kombu.Producer(connection.channel()).publish("{}", exchange=exchange, routing_key="filed")


def test_no_service_reads_the_queues_of_another(
    parts: dict[str, Part], uris: dict[str, str]
) -> None:
    with (
        kombu.Connection(uris["kpi"], connect_timeout=5) as connection,
        pytest.raises(AccessRefused, match="access to queue"),
    ):
        connection.channel().basic_get("notify.deliveries")


@pytest.mark.parametrize("key", ["grievance.*", "grievance.contacts", "#", "*.*", "kpi.#"])
def test_no_service_listens_to_the_calls_of_another(
    parts: dict[str, Part], uris: dict[str, str], key: str
) -> None:
    """Whoever reads them could use the tokens of their callers while they are good."""
    with kombu.Connection(uris["kpi"], connect_timeout=5) as connection:
        channel = connection.channel()
        channel.queue_declare("kpi.ear", exclusive=True)
        channel.queue_bind("kpi.ear", "nameko-rpc", "kpi.*")
        channel.queue_bind("kpi.ear", "nameko-rpc", str(uuid4()))
        with pytest.raises(AccessRefused, match="topic"):
            channel.queue_bind("kpi.ear", "nameko-rpc", key)
