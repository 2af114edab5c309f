"""Campaigns as the city runs them: real services, a query to tax, calls of officers."""

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from palika.auth import Identity
from palika.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable
from services.tax import seed
from tests.support.backbone import Backbone
from tests.support.part import wait_for

pytestmark = pytest.mark.slow

OFFICER = Identity.of("officer:o-1", "officer")
SUPERVISOR = Identity.of("supervisor:s-1", "supervisor")
DRAFT = {
    "template": "tax.objected",
    "audience": "tax",
    "query": "owing",
    "arguments": {"least_paise": 100},
    "fields": {"objected_at": "2026-07-01T06:00:00Z"},
}


@pytest.fixture(scope="module")
def city(backbone: Backbone) -> Backbone:
    """tax with some properties that owe, and two processes of notify that send to the log."""
    backbone.migrate("tax", "notify")
    seed.seed(backbone.sessions("tax"), 200, 3, datetime.now(UTC))
    for part in [backbone.service("tax"), *(backbone.service("notify") for _ in range(2))]:
        part.wait_ready(60)
    return backbone


def until(ask: Callable[[], dict[str, Any]], *states: str) -> dict[str, Any]:
    """The campaign, when it is in one of these states."""
    wait_for(lambda: ask()["state"] in states, 60)
    return ask()


def test_a_query_of_tax_is_approved_by_another_and_goes_to_all(city):
    with city.client(OFFICER) as client:
        made = client.notify.draft_campaign(name="owing", **DRAFT)
        assert made["state"] == "loading"

        def shown() -> dict[str, Any]:
            found: dict[str, Any] = client.notify.campaign(id=made["id"])
            return found

        draft = until(shown, "draft")
        assert draft["recipients"] > 5
        assert draft["estimate"]["told"] == draft["recipients"]
        with pytest.raises(Forbidden):
            client.notify.approve_campaign(id=made["id"])
        # A test goes at once.
        sent = client.notify.test_campaign(id=made["id"], phone="9800000099")
        wait_for(lambda: client.notify.get(id=sent["id"])["state"] == "sent", 30)
    with city.client(SUPERVISOR) as client:
        assert client.notify.approve_campaign(id=made["id"])["state"] == "scheduled"
        assert client.notify.start_campaign(id=made["id"])["state"] == "running"
        done = until(lambda: client.notify.campaign(id=made["id"]), "done")
        assert done["progress"]["states"] == {"sent": draft["recipients"]}
        rows = client.notify.deliveries(event_id=made["id"], limit=500)["deliveries"]
        assert len({row["recipient_ref"] for row in rows}) == len(rows) == draft["recipients"]
        # The demo's numbers are not all mobiles.
        refused = client.notify.campaign_rejections(id=made["id"])["rejections"]
        assert len({each["row"] for each in refused}) == draft["rejected"]
        assert client.notify.campaigns(state="done")["campaigns"][0]["name"] == "owing"


def test_pausing_and_cancelling_hold_within_seconds(city):
    with city.client(SUPERVISOR) as client:
        made = client.notify.draft_campaign(name="slow", per_minute=30, **DRAFT)
    with city.client(Identity.of("supervisor:s-2", "supervisor")) as client:

        def shown() -> dict[str, Any]:
            found: dict[str, Any] = client.notify.campaign(id=made["id"])
            return found

        until(shown, "draft")
        client.notify.approve_campaign(id=made["id"])
        client.notify.start_campaign(id=made["id"])
        wait_for(lambda: shown()["progress"]["states"].get("sent", 0) > 2, 120)
        client.notify.pause_campaign(id=made["id"])
        begun = datetime.now(UTC)
        seen = shown()["progress"]["states"]
        wait_for(lambda: datetime.now(UTC) - begun > timedelta(seconds=4), 60)
        after = shown()["progress"]["states"]
        # What a sender had in hand when it was paused may still have gone.
        assert 0 <= after["sent"] - seen["sent"] <= 5
        client.notify.resume_campaign(id=made["id"])
        wait_for(lambda: shown()["progress"]["states"]["sent"] > after["sent"], 120)
        client.notify.cancel_campaign(id=made["id"])
        told = until(shown, "cancelled")["progress"]["states"]
        wait_for(lambda: set(shown()["progress"]["states"]) == {"sent", "cancelled"}, 60)
        assert sum(told.values()) == shown()["recipients"]
        wait_for(lambda: not city.query("notify", "SELECT FROM campaign_recipient"), 60)
        with pytest.raises(Conflict):
            client.notify.resume_campaign(id=made["id"])


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"arguments": {"least_paise": 0}}, Invalid),
        ({"arguments": {"least_paise": 1, "ward": ["atlantis"]}}, Invalid),
        ({"query": "everybody"}, Invalid),
        ({"audience": "nobody"}, Unavailable),
        ({"template": "no.such"}, NotFound),
        ({"template": "login.code"}, Invalid),
        ({"fields": {"colour": "red"}}, Invalid),
        ({"fields": {"objected_at": "no day"}}, Invalid),
        ({"hours_from": "10:00"}, Invalid),
    ],
)
def test_what_is_wrong_is_refused_at_once(city, changes, error):
    with city.client(OFFICER) as client, pytest.raises(error):
        client.notify.draft_campaign(name="wrong", **(DRAFT | changes))
    with city.client(OFFICER) as client:
        assert "wrong" not in {each["name"] for each in client.notify.campaigns()["campaigns"]}


def test_a_file_comes_by_a_call_and_goes_on_where_it_stopped(city):
    rows = ["phone,number,language", *(f"98000001{n:02},P-{n},en" for n in range(9)), "12,P-x,en"]
    given = {"name": "by call", "template": "tax.objected", "fields": DRAFT["fields"]}
    given["content_base64"] = base64.b64encode("\n".join(rows).encode()).decode()
    with city.client(OFFICER) as client:
        made = client.notify.upload_campaign(**given)
        assert (made["state"], made["recipients"], made["rejected"]) == ("draft", 9, 1)
        assert made["estimate"]["least_minutes"] >= 1
        assert client.notify.upload_campaign(**given)["id"] == made["id"]
        with pytest.raises(Conflict):
            client.notify.upload_campaign(**given | {"per_minute": 5})
        long = "\n".join(["phone,number", *["9800000001,P-1"] * 5_001])
        for content, field in ((b"number\nP-1\n", "phone"), (long.encode(), "rows")):
            asked = given | {"name": "wrong"}
            asked["content_base64"] = base64.b64encode(content).decode()
            with pytest.raises(Invalid) as refused:
                client.notify.upload_campaign(**asked)
            assert field in refused.value.fields
        assert "wrong" not in [each["name"] for each in client.notify.campaigns()["campaigns"]]
