"""Webhooks and answers of any JSON: they are read, passed over or refused, and nothing else."""

import json
from contextlib import suppress
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from uuid6 import uuid7

from palika.errors import Forbidden, Invalid
from palika.local.loopback import LoopbackServer, Reply, Request
from palika.outgoing import Outgoing
from services.notify.channels import callback, whatsapp_media
from services.notify.channels.infobip import Infobip
from services.notify.channels.loopback import InfobipServer, MetaServer, PlivoServer
from services.notify.channels.loopback.carrier import Kept
from services.notify.channels.plivo import Plivo
from services.notify.channels.whatsapp import Meta
from services.notify.channels.whatsapp_media import Media
from services.notify.domain.magic import Fate, Step
from services.notify.domain.messages import Failed, Receipt, Sent
from services.notify.domain.whatsapp_inbound import Inbound
from tests.support.providers import PHONE, infobip_of, meta_of, plivo_of, sms, whatsapp

_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**40, -1, 0, 2**63, 190, 132001, 600])
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["", "\0", "\ud800", "text", "image", "location", "failed", "1774000000"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=6,
)
SOMETIMES = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@st.composite
def broken(draw: Any, whole: Any) -> Any:
    """The same JSON, with a few of its values replaced by others, or gone."""
    copy = json.loads(json.dumps(whole))
    for _ in range(draw(st.integers(1, 3))):
        at = copy
        while isinstance(at, dict | list) and at:
            key = draw(st.sampled_from(list(at) if isinstance(at, dict) else range(len(at))))
            deeper = isinstance(at[key], dict | list) and at[key] and draw(st.integers(0, 4))
            if deeper:
                at = at[key]
                continue
            if isinstance(at, dict) and draw(st.booleans()):
                del at[key]
            else:
                at[key] = draw(_VALUES)
            break
    return copy


class Says(LoopbackServer):
    """Answers whatever it is told to."""

    content: Any = None
    status = 200

    def answer(self, request: Request) -> Reply:
        return Reply(self.status, self.content)


@pytest.fixture(scope="module")
def says():
    with Says() as running:
        yield running


META, PLIVO, INFOBIP = MetaServer(), PlivoServer(), InfobipServer()
MESSAGES = [
    {"type": "text", "text": {"body": "Hi"}},
    {"type": "interactive", "interactive": {"type": "list_reply", "list_reply": {"id": "a"}}},
    {"type": "location", "location": {"latitude": 18.5, "longitude": 73.8, "name": "घर"}},
    {"type": "image", "image": {"id": "7", "mime_type": "image/jpeg", "caption": "x"}},
    {"type": "button", "button": {"payload": "stop", "text": "थांबा"}},
]
WHATSAPP = {
    "statuses": [
        {
            "id": "wamid.1",
            "status": "failed",
            "timestamp": "1774000000",
            "biz_opaque_callback_data": str(uuid4()),
            "errors": [{"code": 131026, "title": "no", "error_data": {"details": "x"}}],
        }
    ],
    "contacts": [{"wa_id": "919812345610", "profile": {"name": "आशा"}}],
    "messages": [
        {"from": "919812345610", "id": "wamid.2", "timestamp": "1774000000", **each}
        for each in MESSAGES
    ],
}


@SOMETIMES
@given(broken(META.notification(WHATSAPP)))
def test_any_webhook_of_metas(body):
    client = meta_of(META)
    with suppress(Invalid):
        found = client.webhook(*META.signed(body).arrived()[:2])
        for each in (*found.receipts, *found.messages):
            assert isinstance(each, Receipt | Inbound)
            assert each.at.tzinfo is not None
            # It can be kept: no NUL, no half of a pair.
            assert "\0" not in repr(each)
            repr(each).encode()


@SOMETIMES
@given(broken({"results": [INFOBIP.result(Kept("1", PHONE, {}, Fate.READ), (3, "X", 5, "Y"))]}))
def test_any_webhook_of_infobips(body):
    client = infobip_of(INFOBIP)
    kept = Kept(str(uuid7()), PHONE, _asked(client), Fate.READ)
    headers, _, query = INFOBIP.hook(kept, Step.SENT).arrived()
    with suppress(Invalid):
        for each in client.receipts(headers, json.dumps(body).encode(), query):
            assert isinstance(each, Receipt)
            assert each.at.tzinfo is not None


def _asked(client: Infobip) -> dict:
    url = callback.address(client.webhook_url, client.callback_secrets, "infobip")
    return {"webhooks": {"delivery": {"url": url}}}


@SOMETIMES
@given(st.binary(max_size=200), st.dictionaries(st.text(max_size=9), st.text(max_size=40)))
def test_any_bytes_and_any_query(body, query):
    for client in (meta_of(META), plivo_of(PLIVO), infobip_of(INFOBIP)):
        with pytest.raises((Forbidden, Invalid)):
            client.receipts({}, body, query)


def clients(says: Says) -> tuple[Meta, Plivo, Infobip]:
    """All three, against the server that says anything."""
    http = Outgoing()
    return (
        Meta(says.url, "v25.0", "1", "t", ("s",), http=http),
        Plivo(says.url, "MA", ("t",), http=http),
        Infobip(says.url, "k", http=http),
    )


ANSWERS = [
    {"messages": [{"id": "wamid.1", "messageId": "1", "status": {"groupName": "PENDING"}}]},
    {"message_uuid": ["1"], "error": "no"},
    {"error": {"code": 131026, "message": "no", "error_data": {"details": "x"}}},
    {"requestError": {"serviceException": {"messageId": "X", "text": "no"}}},
    {"results": [{"messageId": "1", "status": {"groupName": "REJECTED", "name": "X"}}]},
    {"url": "https://lookaside.fbsbx.com/x", "file_size": 10, "sha256": "x", "id": "1"},
]


@SOMETIMES
@given(
    st.sampled_from(ANSWERS).flatmap(broken) | _VALUES,
    st.sampled_from([200, 201, 202, 204, 302, 400, 401, 404, 418, 429, 500, 503]),
)
def test_any_answer_is_an_answer(says, content, status):
    says.content, says.status = content, status
    meta, plivo, infobip = clients(says)
    for answer in (meta.send(whatsapp()), plivo.send(sms()), infobip.send(sms())):
        assert isinstance(answer, Sent | Failed)
        # What was understood as accepted has an id, what was not is never certain to have failed.
        if isinstance(answer, Sent):
            assert answer.reference
            assert status in (200, 201, 202)
        elif status in (200, 201, 202) and answer.reason.endswith("_unreadable"):
            assert answer.uncertain
    assert isinstance(infobip.look_up(uuid7()), Sent | Failed | None)
    if not (isinstance(content, dict) and str(content.get("url", "")).startswith("https:")):
        assert isinstance(whatsapp_media.fetch(meta, "7"), Media | Failed)
