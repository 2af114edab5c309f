"""Payment links over the client of the gateway, against one on the loopback."""

from datetime import UTC, datetime, timedelta

import pytest

from palika.errors import Unavailable
from services.tax.gateway.loopback_server import Fault
from services.tax.gateway.razorpay import Refused
from tests.support.razorpay import client_of, gateway_running

LATER = datetime.now(UTC) + timedelta(hours=24)
OURS = "PO-2026-27-000001"


@pytest.fixture
def server():
    with gateway_running() as running:
        yield running


def linked(server, amount=500_00, expires_at=LATER, reference=OURS):
    return client_of(server).make_link(reference, amount, "Property tax", expires_at, {})


def posts(server):
    return sum(1 for each in server.requests if each[:2] == ("POST", "/v1/payment_links"))


def test_a_link_is_made_paid_and_asked_for(server):
    client, made = client_of(server), linked(server)
    assert (made.amount_paise, made.reference, made.status) == (500_00, OURS, "created")
    assert made.order_id is None
    key = server.pay_link(made.id)
    seen = client.link(made.id)
    assert (seen.status, seen.paid_paise, seen.url) == ("paid", 500_00, made.url)
    assert [each.id for each in client.payments(seen.order_id)] == [key]


def test_one_whose_answer_was_lost_is_found_by_its_reference(server):
    server.faults.extend([None, Fault.DROP_AFTER])
    with pytest.raises(Unavailable):
        linked(server)
    again = linked(server)
    assert posts(server) == 1
    assert again.reference == OURS


def test_one_that_another_made_in_the_same_moment_is_taken(server, monkeypatch):
    client, first = client_of(server), linked(server)
    found, seen = type(client)._link_of, []

    def once(self, key):
        seen.append(key)
        return None if len(seen) == 1 else found(self, key)

    monkeypatch.setattr(type(client), "_link_of", once)
    assert client.make_link(OURS, 500_00, "Property tax", LATER, {}).id == first.id
    assert posts(server) == 2


def test_the_same_reference_with_another_amount_is_refused(server):
    linked(server)
    with pytest.raises(Refused, match="another link"):
        linked(server, 600_00)


def test_what_the_gateway_lists_beside_is_not_taken(server, monkeypatch):
    linked(server, reference="PO-2026-27-000002")
    listed = server.links.listed
    monkeypatch.setattr(server.links, "listed", lambda _: listed(None))
    assert linked(server, 700_00).amount_paise == 700_00


@pytest.mark.parametrize(
    ("amount", "ahead", "why"), [(99, 24, "at least INR 1.00"), (500_00, 0.1, "15 minutes")]
)
def test_what_the_gateway_does_not_take_is_refused(server, amount, ahead, why):
    with pytest.raises(Refused, match=why):
        linked(server, amount, datetime.now(UTC) + timedelta(hours=ahead))
