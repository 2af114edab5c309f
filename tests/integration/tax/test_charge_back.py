"""Money that leaves the gateway without the city, or that came wrong: a person posts it."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from palika.errors import Conflict, NotFound
from palika.events import Event
from palika.tables import outbox
from services.tax.commands.charge_back import accept_held, charge_back
from services.tax.commands.refund_online import refund_payment
from services.tax.commands.suspense import identify_payment
from services.tax.domain.ledger.accounts import Account
from services.tax.gateway.loopback_server import LoopbackServer
from services.tax.models import Payment, PaymentOrder, Property, Receipt
from services.tax.queries import online
from services.tax.queries import suspense as waiting
from tests.support.collecting import BOSS, CASHIER
from tests.support.razorpay import SOON, book, client_of, gateway_running, mark, ordered, rows, told
from tests.support.taxes import APRIL, YEARLY, bill, clear, count, paid, register


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    """A gateway on the loopback."""
    with gateway_running(now=APRIL.timestamp) as found:
        yield found


def charged(sessions: Any, kind: str, key: str) -> Payment | None:
    with sessions.begin() as session:
        args = {"kind": kind, "id": key, "note": "as the gateway's report says"}
        return charge_back(session, BOSS, args, SOON)


def captured(sessions: Any, server: LoopbackServer, owed: Property, name: str = "k1") -> str:
    key = server.pay(ordered(sessions, server, owed, key=name).gateway_id)
    told(sessions, server.webhook("payment.captured", key))
    return key


def refunded(sessions: Any, server: LoopbackServer, key: str, amount: int) -> str:
    made = server.refund(key, amount)
    assert told(sessions, server.webhook("refund.created", made)) == "noted"
    return made


def held(sessions: Any) -> dict[str, Any]:
    with sessions() as session:
        return online.held(session, 50, SOON)


def events(sessions: Any) -> list[Event]:
    with sessions() as session:
        bodies = session.scalars(select(outbox.c.body).order_by(outbox.c.position))
        return [Event.from_json(body) for body in bodies]


def test_a_refund_from_the_dashboard_takes_the_payment_back(sessions, server, owed):
    key = captured(sessions, server, owed)
    made = refunded(sessions, server, key, YEARLY)
    assert len(held(sessions)["refunds"]) == 1
    assert [charged(sessions, "refund", made) for _ in range(2)] == [None, None]
    after = book(sessions)
    assert (after.net, after.money) == (YEARLY, {Account.GATEWAY: 0})
    assert sum(after.rebated.values()) == 0
    assert [each.state for each in rows(sessions, Payment)] == ["reversed"]
    assert rows(sessions, Receipt)[0].cancelled_for == "charged back: as the gateway's report says"
    assert held(sessions)["refunds"] == []
    last = events(sessions)[-1]
    assert (last.type, last.data["outcome"]) == ("tax.payment_reversed.v1", "reversed")
    assert (last.data["amount_paise"], last.data["balance_paise"]) == (YEARLY, YEARLY)
    assert [each.sequence for each in events(sessions)] == [1, 2, 3]


def test_the_page_of_an_order_says_that_its_money_was_taken_back(sessions, server, owed):
    key = captured(sessions, server, owed)

    def told_now(whole: bool = True) -> dict[str, Any]:
        with sessions() as session:
            (order,) = session.scalars(select(PaymentOrder))
            return online.standing(session, order, whole=whole)

    before = told_now()
    assert (before["payment_state"], before["taken_back"]) == ("received", None)
    charged(sessions, "refund", refunded(sessions, server, key, 1_000_00))
    after = told_now(whole=False)
    assert (after["state"], after["payment_state"]) == ("paid", "reversed")
    assert (after["taken_back"], after["left_paise"]) == ("refund", YEARLY - 1_000_00)
    assert [after[each] for each in ("receipt_number", "paid_on", "mode")] == [None] * 3
    charged(sessions, "refund", refunded(sessions, server, key, YEARLY - 1_000_00))
    assert told_now()["left_paise"] == 0


def test_a_payment_is_taken_back_in_the_ward_that_had_it(sessions, server, owed):
    key = captured(sessions, server, owed)
    with sessions.begin() as session:
        session.get_one(Property, owed.id).ward = "kothrud-bavdhan"
    charged(sessions, "refund", refunded(sessions, server, key, 1_000_00))
    told_of = [(each.type, each.data["ward"]) for each in events(sessions)[1:]]
    assert told_of == [
        ("tax.paid.v1", "aundh-baner"),
        ("tax.payment_reversed.v1", "aundh-baner"),
        ("tax.paid.v1", "kothrud-bavdhan"),
    ]


def test_refunds_of_parts_leave_a_payment_of_the_rest(sessions, server, owed):
    key = captured(sessions, server, owed)
    left = charged(sessions, "refund", refunded(sessions, server, key, 1_000_00))
    assert left is not None
    assert (left.amount_paise, left.receipt_number) == (
        YEARLY - 1_000_00,
        "RC/2026-27/ONLINE/000002",
    )
    again = charged(sessions, "refund", refunded(sessions, server, key, 500_00))
    assert again is not None
    assert again.amount_paise == YEARLY - 1_500_00
    after = book(sessions)
    assert after.money == {Account.GATEWAY: YEARLY - 1_500_00}
    assert after.net == 1_500_00
    assert count(sessions, Receipt) == 3


def test_a_dispute_that_is_lost_is_charged_back_and_no_other(sessions, server, owed):
    key = captured(sessions, server, owed)
    told(sessions, server.webhook("payment.dispute.created", key))
    dispute = f"disp_{key[4:]}"
    with pytest.raises(Conflict, match="is open, not lost"):
        charged(sessions, "dispute", dispute)
    told(sessions, server.webhook("payment.dispute.lost", key))
    charged(sessions, "dispute", dispute)
    assert book(sessions).net == YEARLY
    assert held(sessions)["disputes"] == []
    with pytest.raises(NotFound):
        charged(sessions, "dispute", "disp_none")
    with pytest.raises(NotFound):
        charged(sessions, "refund", "rfnd_none")


def test_of_money_in_suspense_so_much_goes_back(sessions, server, owed):
    order = ordered(sessions, server, owed)
    mark(sessions, owed, "split")
    key = server.pay(order.gateway_id)
    told(sessions, server.webhook("payment.captured", key))
    charged(sessions, "refund", refunded(sessions, server, key, 1_000_00))
    after = book(sessions)
    assert (after.suspense, after.money) == (
        YEARLY - 1_000_00,
        {Account.GATEWAY: YEARLY - 1_000_00},
    )
    assert held(sessions)["refunds"] == [], "nobody has to look at it any more"


def suspended(sessions: Any, server: LoopbackServer, owed: Property) -> str:
    """A payment of ``YEARLY`` for a property that was split meanwhile: the gateway's id."""
    order = ordered(sessions, server, owed)
    mark(sessions, owed, "split")
    key = server.pay(order.gateway_id)
    assert told(sessions, server.webhook("payment.captured", key)) == "suspense"
    return key


def identified(sessions: Any, owed: Property, amount: int, key: str) -> Payment:
    with sessions.begin() as session:
        payment = session.scalars(select(Payment).where(Payment.property_id.is_(None))).one()
        args = {
            "payment_id": payment.id,
            "property_id": owed.id,
            "amount_paise": amount,
            "key": key,
            "note": "the owner has called",
        }
        return identify_payment(session, CASHIER, args, SOON)


def neighbour(sessions: Any, number: str = "P/1/0002") -> Property:
    found = register(sessions, number=number)
    bill(sessions, found)
    return found


def test_what_was_identified_is_taken_back_before_it_goes(sessions, server, owed):
    key = suspended(sessions, server, owed)
    new = neighbour(sessions)
    first = identified(sessions, new, YEARLY, "k1")
    made = refunded(sessions, server, key, 1_000_00)
    left = charged(sessions, "refund", made)
    assert left is not None
    assert (left.property_id, left.amount_paise) == (new.id, YEARLY - 1_000_00)
    assert left.receipt_number is not None
    assert left.taken_by == BOSS.subject
    assert left.reason == "charged back: as the gateway's report says"
    assert (first.taken_by, first.reason) == (CASHIER.subject, "the owner has called")
    after = book(sessions)
    assert after.suspense == 0
    assert after.money == {Account.GATEWAY: YEARLY - 1_000_00}
    states = {each.id: each.state for each in rows(sessions, Payment)}
    assert states[first.id] == "reversed"
    assert charged(sessions, "refund", made).id == left.id, "the same again is the first answer"
    assert book(sessions).money == after.money
    with pytest.raises(Conflict, match="more than is left"):
        identified(sessions, new, 1, "k2")


def test_a_dispute_of_an_identified_payment_that_is_lost_takes_all_of_it(sessions, server, owed):
    key = suspended(sessions, server, owed)
    new = neighbour(sessions)
    identified(sessions, new, YEARLY, "k1")
    told(sessions, server.webhook("payment.dispute.lost", key))
    assert charged(sessions, "dispute", f"disp_{key[4:]}") is None
    after = book(sessions)
    assert (after.suspense, after.money) == (0, {Account.GATEWAY: 0})
    assert after.net == 2 * YEARLY, "both owe their year again"


def test_what_is_left_of_a_payment_for_who_was_split_since_waits_again(sessions, server, owed):
    key = suspended(sessions, server, owed)
    new = neighbour(sessions)
    identified(sessions, new, YEARLY, "k1")
    mark(sessions, new, "split")
    assert charged(sessions, "refund", refunded(sessions, server, key, 1_000_00)) is None
    with sessions() as session:
        assert waiting.waiting(session, 50, SOON)["left_paise"] == YEARLY - 1_000_00
    assert book(sessions).suspense == YEARLY - 1_000_00


def test_what_is_left_for_who_was_split_since_it_was_paid_waits_in_suspense(sessions, server, owed):
    key = captured(sessions, server, owed)
    mark(sessions, owed, "split")
    left = charged(sessions, "refund", refunded(sessions, server, key, 1_000_00))
    assert left is not None
    assert (left.property_id, left.amount_paise) == (None, YEARLY - 1_000_00)
    after = book(sessions)
    assert after.suspense == YEARLY - 1_000_00
    assert after.money == {Account.GATEWAY: YEARLY - 1_000_00}


def test_who_writes_the_gateways_id_into_a_reference_has_not_made_its_payment(
    sessions, server, owed
):
    key = captured(sessions, server, owed)
    paid(sessions, neighbour(sessions), 5_00, f"{key}#mine", mode="neft")
    charged(sessions, "refund", refunded(sessions, server, key, YEARLY))
    assert book(sessions).money == {Account.GATEWAY: 0, Account.BANK: 5_00}


def test_an_identified_payment_is_refunded_under_the_gateways_own_id(sessions, server, owed):
    key = suspended(sessions, server, owed)
    new = neighbour(sessions)
    paid(sessions, new, YEARLY, "r1")
    made = identified(sessions, new, YEARLY, "k1")
    args = {"payment_id": made.id, "amount_paise": 100_00, "reason": "paid twice", "key": "b1"}
    refund = refund_payment(sessions.begin, client_of(server), BOSS, args, SOON)
    assert (refund.payment_ref, refund.state) == (key, "sent")
    told(sessions, server.webhook("payment.dispute.created", key))
    with pytest.raises(Conflict, match="is disputed"):
        refund_payment(sessions.begin, client_of(server), BOSS, args | {"key": "b2"}, SOON)


STEPS = st.lists(
    st.tuples(st.sampled_from(["first", "second", "charge"]), st.integers(1, 100)),
    min_size=2,
    max_size=7,
)


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS)
def test_the_books_have_what_the_gateway_still_holds(database, steps):
    """Whatever is identified and charged back, in any order."""
    clear(database)
    with gateway_running(now=APRIL.timestamp) as server:
        old = neighbour(database, "P/1/0001")
        key = suspended(database, server, old)
        to = {"first": neighbour(database), "second": neighbour(database, "P/1/0003")}
        before, gone = book(database).net, 0
        for at, (what, percent) in enumerate(steps):
            waits = book(database).suspense
            if what == "charge" and gone < YEARLY:
                amount = max((YEARLY - gone) * percent // 100, 1)
                charged(database, "refund", refunded(database, server, key, amount))
                gone += amount
            elif what != "charge" and waits:
                identified(database, to[what], max(waits * percent // 100, 1), f"k{at}")
            found = book(database)
            stands = [
                each
                for each in rows(database, Payment)
                if each.property_id is not None and each.state == "received"
            ]
            given_to = sum(each.amount_paise for each in stands)
            assert found.money.get(Account.GATEWAY, 0) == YEARLY - gone
            assert found.suspense + given_to == YEARLY - gone
            assert found.net == before - given_to - sum(found.rebated.values())
            with database() as session:
                assert waiting.waiting(session, 50, SOON)["left_paise"] == found.suspense


def test_the_money_of_a_held_order_is_taken_as_it_came(sessions, server, owed):
    order = ordered(sessions, server, owed)
    args = {"order_id": order.id, "note": "the gateway's own mistake"}
    with pytest.raises(Conflict, match="is open, not held"):
        accept_held(sessions.begin, client_of(server), BOSS, args, SOON)
    key = server.pay(order.gateway_id, amount=YEARLY - 1)
    assert told(sessions, server.webhook("payment.captured", key)) == "refused"
    assert [each["state"] for each in held(sessions)["orders"]] == ["held"]
    done = accept_held(sessions.begin, client_of(server), BOSS, args, SOON)
    assert done.state == "paid"
    assert book(sessions).suspense == YEARLY - 1
    with pytest.raises(Conflict, match="is paid, not held"):
        accept_held(sessions.begin, client_of(server), BOSS, args, SOON)
    assert count(sessions, Payment) == 1


def test_the_wrong_money_of_an_order_that_is_paid_meanwhile_is_still_taken(sessions, server, owed):
    order = ordered(sessions, server, owed)
    wrong = server.pay(order.gateway_id, amount=YEARLY - 1)
    assert told(sessions, server.webhook("payment.captured", wrong)) == "refused"
    right = server.pay(order.gateway_id)
    assert told(sessions, server.webhook("payment.captured", right)) == "posted"
    assert [each["state"] for each in held(sessions)["orders"]] == ["held"]
    args = {"order_id": order.id, "note": "paid twice, once wrong"}
    done = accept_held(sessions.begin, client_of(server), BOSS, args, SOON)
    assert done.state == "paid"
    after = book(sessions)
    assert (after.suspense, after.money) == (YEARLY - 1, {Account.GATEWAY: 2 * YEARLY - 1})
    assert held(sessions)["orders"] == []


def test_what_came_in_another_currency_is_not_taken(sessions, server, owed):
    order = ordered(sessions, server, owed)
    key = server.pay(order.gateway_id, currency="USD")
    assert told(sessions, server.webhook("payment.captured", key)) == "refused"
    args = {"order_id": order.id, "note": "x"}
    with pytest.raises(Conflict, match="no rupees came"):
        accept_held(sessions.begin, client_of(server), BOSS, args, SOON)
    assert count(sessions, Payment) == 0
