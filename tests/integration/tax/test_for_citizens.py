"""What citizens' pages ask of tax: where a payer is led back to, one order asked for at once,
until when dues stay so, what is kept of a number, what an estimate may be asked with."""

import json
from datetime import date, timedelta

import pytest

from palika.auth import ANONYMOUS, SYSTEM, Identity
from palika.errors import Forbidden, Invalid
from services.tax.commands.pay_link import pay_link
from services.tax.commands.poll import Poll
from services.tax.domain.rates import OCCUPANCIES, USES
from services.tax.gateway.loopback_server import Fault
from services.tax.models import PaymentOrder
from services.tax.queries import online
from services.tax.queries.dues import dues
from services.tax.queries.estimate import terms
from services.tax.queries.kept import kept_of
from services.tax.queries.lookup import check_stranger
from services.tax.reference import rates
from services.tax.schemas.collecting import Dues
from services.tax.schemas.looking import LookingUp
from tests.support.razorpay import SOON, client_of, rows
from tests.support.taxes import APRIL, YEARLY, bill, register

PORTAL_URL = "https://city.example/"


def linked(sessions, server, owed, language="mr", portal_url=PORTAL_URL) -> PaymentOrder:
    args = {"id": owed.id, "number": None, "amount_paise": YEARLY, "language": language}
    return pay_link(sessions.begin, client_of(server), ANONYMOUS, args, APRIL, portal_url)


@pytest.mark.parametrize(("language", "url"), [("en", PORTAL_URL), (None, PORTAL_URL), ("en", "")])
def test_a_payer_is_led_back_to_the_page_of_the_order(sessions, server, owed, language, url):
    order = linked(sessions, server, owed, language, url)
    (asked,) = [json.loads(each.body) for each in server.requests if each.method == "POST"]
    if language and url:
        back = f"https://city.example/en/property/payment/{order.id}"
        assert (asked["callback_url"], asked["callback_method"]) == (back, "get")
    else:
        assert "callback_url" not in asked


def test_an_order_is_asked_for_when_its_payer_looks_and_says_nothing_of_the_owner(
    sessions, server, owed
):
    order = linked(sessions, server, owed)
    poll = Poll(sessions.begin, client_of(server), lambda: SOON)
    assert poll.ask_one(order.id)
    server.pay_link(order.link_id, "card", fails=True)
    assert poll.ask_one(order.id)
    with sessions() as session:
        told = online.standing(session, session.get_one(PaymentOrder, order.id))
    assert (told["state"], told["failed"]) == ("open", True)
    server.pay_link(order.link_id, "upi")
    server.faults.extend([Fault.ERROR_500] * 20)
    assert not poll.ask_one(order.id), "the gateway is away"
    server.faults.clear()
    assert poll.ask_one(order.id)
    (order,) = rows(sessions, PaymentOrder)
    with sessions() as session:
        told = online.standing(session, order)
    assert told["state"] == "paid"
    assert told["receipt_number"] == "RC/2026-27/ONLINE/000001"
    assert (told["paid_paise"], told["mode"]) == (YEARLY, "upi")
    assert told["property_number"] == owed.number
    assert "Asha" not in json.dumps(told)
    assert not poll.ask_one(order.id), "what is paid is not asked for"


def test_who_may_read_how_an_order_was_paid(sessions, server, owed):
    citizen, other = (Identity.of(f"citizen:{each}", "citizen") for each in (9, 10))
    program = Identity.of("api:shop", "citizen")
    args = {"id": owed.id, "number": None, "amount_paise": YEARLY}
    own = pay_link(sessions.begin, client_of(server), citizen, args, APRIL)
    shared = linked(sessions, server, owed)
    clerk = Identity.of("officer:clerk", "officer")
    assert [
        online.may_read_payment(each, own) for each in (citizen, clerk, other, program, ANONYMOUS)
    ] == [True, True, False, False, False]
    assert [
        online.may_read_payment(each, shared) for each in (SYSTEM("portal"), citizen, ANONYMOUS)
    ] == [True, False, False]


def test_dues_stay_so_until_the_day_that_is_named(sessions):
    owed = register(sessions, number="P/6/0001")
    bill(sessions, owed)
    with sessions() as session:

        def owes(**args):
            return dues(session, Dues().load({"number": "P/6/0001", **args}), APRIL)

        told = owes(ahead=True)
        last = date.fromisoformat(told["until"])
        after = (last + timedelta(days=1)).isoformat()
        assert owes(on=told["until"])["payable_paise"] == told["payable_paise"]
        assert owes(on=after)["payable_paise"] == told["then_paise"] != told["payable_paise"]
        assert "until" not in owes()
        assert told["dues"][0]["called"]["mr"]


def test_what_is_kept_of_a_number_is_told_and_nothing_of_others(sessions):
    register(sessions, number="P/6/0002")
    register(sessions, number="P/6/0003", owners=[{"name": "Balu Shinde", "phone": "98220 99999"}])
    with sessions() as session:
        found = kept_of(session, "+919822099999")
        nothing = kept_of(session, "+919800000000")
    assert [(each["number"], each["name"], each["today"]) for each in found["owner"]] == [
        ("P/6/0003", "Balu Shinde", True)
    ]
    assert (found["erased"], found["stays"][0]["count"]) == ([], 1)
    assert (nothing["owner"], nothing["stays"]) == ([], [])


def test_a_stranger_looks_for_a_number_or_for_a_name_within_a_ward():
    check_stranger(LookingUp().load({"number": "P/1"}))
    check_stranger(LookingUp().load({"name": "Kulkarni", "ward": "aundh-baner"}))
    with pytest.raises(Forbidden, match="who has proved it"):
        check_stranger(LookingUp().load({"phone": "98220 12345"}))
    with pytest.raises(Invalid, match="ward"):
        check_stranger(LookingUp().load({"name": "Kulkarni"}))


def test_an_estimate_may_be_asked_with_all_that_the_sheet_knows():
    found = terms(APRIL)
    codes = {name: [each["code"] for each in found[name]] for name in found if name != "period"}
    assert found["period"] == "2026-27"
    assert set(codes["uses"]) == set(USES)
    assert set(codes["occupancies"]) == set(OCCUPANCIES)
    assert set(codes["claims"]) == set(rates().claims)
    assert set(codes["zones"]) == set(rates().zones)
    assert all(each["called"]["mr"] and each["called"]["en"] for each in found["classes"])
