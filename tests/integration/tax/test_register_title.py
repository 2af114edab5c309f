"""Title passes: applied for, waited with, ordered; who owned what on a day is never forgotten."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from palika.errors import Conflict, Invalid, NotFound
from services.tax.commands.mutate import apply_mutation, end_mutation, order_mutation
from services.tax.commands.reassess import claim
from services.tax.commands.take_back import take_payment_back
from services.tax.queries import register as registers
from services.tax.schemas.changing import Claiming
from services.tax.schemas.mutations import Applying, EndingMutation, Mutations, OrderingMutation
from tests.support.registers import book, done, property_of, seen
from tests.support.taxes import APRIL, OWNER, YEARLY, bill, paid, recorded, register

JUNE = datetime(2026, 6, 10, 6, tzinfo=UTC)
DEED = {
    "document_number": "HVL-7/1234/2026",
    "document_date": "2026-05-20",
    "registered_at": "Haveli 7",
    "consideration_paise": 90_00_000_00,
}
BHAU = {"name": "Bhau Jadhav", "phone": "98220 54321"}
FEE = 500_00


def applied(sessions, now=JUNE, **args):
    given = {
        "number": "P/1/0001",
        "reason": "sale",
        "effective_from": "2026-05-20",
        "transfers": [{"from": 1, "to": [BHAU]}],
        "facts": DEED,
    } | args
    return done(sessions, apply_mutation, Applying, given, now)


def ordered(sessions, made, now=JUNE + timedelta(days=16), number="TAX/T/1"):
    given = {"mutation_number": made.number, "order_number": number}
    return done(sessions, order_mutation, OrderingMutation, given, now)


def owners(sessions, on, now=JUNE + timedelta(days=400), **args):
    shown = seen(sessions, "P/1/0001", now, on=on, **args)["owners"]
    return {each["name"]: each["share"] for each in shown}


def test_a_sale_is_applied_for_waited_with_and_ordered(sessions):
    owed = register(sessions)
    made = applied(sessions)
    assert re.fullmatch(r"MUT-2026-27-[0-9]{6}", made.number)
    assert made.fee_paise == FEE
    with pytest.raises(Conflict, match="2026-06-25"):
        ordered(sessions, made, JUNE + timedelta(days=15))
    with pytest.raises(Conflict, match="₹500"):
        ordered(sessions, made)
    bill(sessions, owed)
    paid(sessions, owed, YEARLY + FEE, "UPI-1", now=JUNE + timedelta(days=1))
    made, _ = ordered(sessions, made)
    assert made.state == "ordered"
    assert owners(sessions, "2026-05-19") == {OWNER["name"]: "1"}
    assert owners(sessions, "2026-05-20") == {"Bhau Jadhav": "1"}
    assert owners(sessions, "2026-05-20", known_at="2026-06-20T00:00:00Z") == {OWNER["name"]: "1"}
    now = property_of(sessions, "P/1/0001")
    assert (now.owner_name, now.owner_phone) == ("Bhau Jadhav", "+919822054321")
    (told,) = recorded(sessions, "tax.transferred.v1")
    assert (told.data["reason"], told.data["owners"]) == ("sale", 1)
    with pytest.raises(Conflict, match="come to its end"):
        ordered(sessions, made, number="TAX/T/2")


def test_the_fee_of_a_property_that_was_never_billed_can_be_paid_and_comes_back(sessions):
    owed = register(sessions)
    made = applied(sessions)
    now = JUNE + timedelta(days=1)
    with pytest.raises(Invalid, match="not a day"):
        paid(sessions, owed, FEE, "NEFT-1", now=now, received_on=(JUNE - timedelta(days=1)).date())
    payment = paid(sessions, owed, FEE, "UPI-1", now=now)
    assert (payment.bill_id, payment.balance_paise) == (None, 0)
    assert payment.receipt_number is not None
    (told,) = recorded(sessions, "tax.paid.v1")
    assert told.subject == told.data["bill_id"] == str(owed.id)
    assert told.sequence == property_of(sessions, owed.number).version == 2
    # The fee is paid: there is nothing to pay any more.
    with pytest.raises(Conflict, match="never billed"):
        paid(sessions, owed, FEE, "UPI-2", now=now)
    with sessions.begin() as session:
        take_payment_back(session, session.merge(payment), now, by="officer:x", why="mistake")
    assert book(sessions, owed.number).net == FEE
    assert recorded(sessions, "tax.payment_reversed.v1")[0].subject == str(owed.id)
    paid(sessions, owed, FEE, "UPI-3", now=now)
    assert ordered(sessions, made)[0].state == "ordered"


def test_heirs_do_not_wait_for_what_the_deceased_owed(sessions):
    owed = register(sessions)
    bill(sessions, owed)
    heirs = [{"name": "Chitra", "share": "1/3"}, {"name": "Dada", "share": "2/3"}]
    facts = {"document_number": "LH/9", "document_date": "2026-05-01", "died_on": "2026-01-05"}
    made = applied(
        sessions,
        reason="inheritance",
        effective_from="2026-01-05",
        transfers=[{"from": 1, "to": heirs}],
        facts=facts,
    )
    ordered(sessions, made)
    assert owners(sessions, "2026-02-01") == {"Chitra": "1/3", "Dada": "2/3"}


def test_a_part_of_a_share_is_given_away(sessions):
    half = [OWNER | {"share": "1/3"}, BHAU | {"share": "2/3"}]
    register(sessions, owners=half)
    made = applied(
        sessions,
        reason="gift",
        transfers=[{"from": 1, "share": "1/6", "to": [{"name": "Ela"}]}],
    )
    ordered_at = JUNE + timedelta(days=16)
    owed = property_of(sessions, "P/1/0001")
    bill(sessions, owed)
    paid(sessions, owed, YEARLY + FEE, "UPI-1", now=JUNE + timedelta(days=1))
    ordered(sessions, made, ordered_at)
    assert owners(sessions, "2026-06-01") == {
        OWNER["name"]: "1/6",
        "Bhau Jadhav": "2/3",
        "Ela": "1/6",
    }


def correction(sessions, name, begins, number, now=JUNE, phone=OWNER["phone"], **args):
    made = applied(
        sessions,
        now,
        reason="correction",
        effective_from=begins,
        transfers=None,
        owners=[OWNER | {"name": name, "phone": phone}],
        facts={},
        **args,
    )
    return ordered(sessions, made, now, number)


def test_a_correction_back_over_a_later_change_names_it_and_leaves_it(sessions):
    register(sessions)
    correction(sessions, "Asha Kulkarni-Joshi", "2024-01-01", "TAX/T/1")
    with pytest.raises(Conflict, match="2024-01-01"):
        applied(
            sessions,
            reason="correction",
            effective_from="2020-01-01",
            transfers=None,
            owners=[OWNER | {"name": "Aasha Kulkarni"}],
        )
    correction(sessions, "Aasha Kulkarni", "2020-01-01", "TAX/T/2", stands=["2024-01-01"])
    assert owners(sessions, "2019-12-31") == {OWNER["name"]: "1"}
    assert owners(sessions, "2023-12-31") == {"Aasha Kulkarni": "1"}
    assert owners(sessions, "2026-01-01") == {"Asha Kulkarni-Joshi": "1"}
    assert property_of(sessions, "P/1/0001").owner_name == "Asha Kulkarni-Joshi"


def test_claims_about_a_person_end_with_the_last_of_who_owned_it(sessions):
    owed = register(sessions)
    given = {
        "number": "P/1/0001",
        "order_number": "TAX/C/1",
        "effective_from": "2026-04-01",
        "grants": ["self_occupied", "solar"],
    }
    done(sessions, claim, Claiming, given, APRIL)
    bill(sessions, owed)
    before = sum(book(sessions, "P/1/0001").charged.values())
    made = applied(sessions, effective_from="2026-05-20", reason="court_order", facts={
        "document_number": "RCS 1/2020", "document_date": "2026-05-01", "court": "Civil Judge",
    })  # fmt: skip
    ordered(sessions, made, JUNE)
    shown = seen(sessions, "P/1/0001", JUNE)["state"]
    assert shown["claims"] == ["solar"]
    assert sum(book(sessions, "P/1/0001").charged.values()) > before
    # Somebody who stays keeps them.
    told = [each.type for each in recorded(sessions)]
    assert told[-2:] == ["tax.reassessed.v1", "tax.transferred.v1"]
    versions = [each.sequence for each in recorded(sessions)[-2:]]
    assert versions == [3, 4]


def granted(sessions, begins):
    given = {
        "number": "P/1/0001",
        "order_number": "TAX/C/1",
        "effective_from": begins,
        "grants": ["self_occupied"],
    }
    done(sessions, claim, Claiming, given, JUNE)


def claims_on(sessions, *days):
    return [seen(sessions, "P/1/0001", JUNE, on=day)["state"]["claims"] for day in days]


def test_an_owner_whose_name_or_number_is_put_right_keeps_their_claims(sessions):
    register(sessions)
    granted(sessions, "2026-04-01")
    correction(sessions, "Asha Kulkarni-Joshi", "2026-05-01", "TAX/T/1")
    correction(sessions, "Asha Kulkarni-Joshi", "2026-05-02", "TAX/T/2", phone="98220 99999")
    assert claims_on(sessions, "2026-06-01") == [["self_occupied"]]


def test_claims_end_from_a_sale_of_the_past_up_to_the_later_change_that_stands(sessions):
    register(sessions)
    granted(sessions, "2020-04-01")
    correction(sessions, "Asha Kulkarni-Joshi", "2024-06-01", "TAX/T/1")
    facts = {"document_number": "RCS 1", "document_date": "2026-05-01", "court": "Civil Judge"}
    made = applied(
        sessions,
        reason="court_order",
        effective_from="2022-01-01",
        facts=facts,
        stands=["2024-06-01"],
    )
    ordered(sessions, made, JUNE, "TAX/T/2")
    days = ("2021-12-31", "2022-01-01", "2024-05-31", "2024-06-01")
    assert claims_on(sessions, *days) == [["self_occupied"], [], [], ["self_occupied"]]


def test_of_two_titles_of_one_day_the_one_written_down_last_holds_whatever_the_clocks(sessions):
    register(sessions)
    correction(sessions, "First", "2026-05-01", "TAX/T/1")
    # Another machine, whose clock is a second behind.
    correction(sessions, "Second", "2026-05-01", "TAX/T/2", now=JUNE - timedelta(seconds=1))
    assert owners(sessions, "2026-06-01") == {"Second": "1"}
    assert property_of(sessions, "P/1/0001").owner_name == "Second"


def test_a_property_has_one_open_application_even_at_once(sessions):
    register(sessions)

    def run(_: int):
        try:
            return applied(sessions)
        except Conflict as refused:
            return refused

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(run, range(4)))
    assert sum(not isinstance(each, Conflict) for each in found) == 1
    assert sum(book(sessions, "P/1/0001").charged.values()) == FEE
    (made,) = [each for each in found if not isinstance(each, Conflict)]
    end = {"mutation_number": made.number, "step": "refuse", "remark": "the deed is not stamped"}
    ended = done(sessions, end_mutation, EndingMutation, end, JUNE)
    assert ended.state == "refused"
    applied(sessions)
    with sessions() as session:
        args = Mutations().load({"number": "P/1/0001"})
        states = [each["state"] for each in registers.mutations(session, args, staff=True)]
    assert sorted(states) == ["applied", "refused"]


def test_an_application_is_not_ordered_on_other_owners_than_it_was_made_of(sessions):
    register(sessions)
    made = applied(
        sessions, reason="partition", facts={"document_number": "1", "document_date": "2026-05-01"}
    )
    with sessions.begin() as session:
        # A split order in between would be refused; a repaired register may have changed owners.
        from services.tax.models import Mutation

        row = session.get_one(Mutation, made.id)
        other = register(sessions, number="P/1/0002")
        row.owners_order_id = other.owners_order_id
        row.fee_paise = 0
    owed = property_of(sessions, "P/1/0001")
    bill(sessions, owed)
    paid(sessions, owed, YEARLY + FEE, "UPI-1", now=JUNE)
    with pytest.raises(Conflict, match="have changed since"):
        ordered(sessions, made)


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("facts, consideration_paise", {"facts": {**DEED, "consideration_paise": None}}),
        ("facts, document_date", {"facts": {**DEED, "document_date": "2026-06-11"}}),
        ("effective_from", {"effective_from": "2026-06-11"}),
        ("facts, document_date", {"effective_from": "2026-05-19"}),
        ("facts, document_date", {"reason": "gift", "effective_from": "2026-05-19"}),
        ("transfers", {"transfers": None}),
        ("transfers, 1, from", {"transfers": [{"from": 2, "to": [BHAU]}]}),
        ("transfers, 1, to", {"transfers": [{"from": 1, "to": [BHAU | {"share": "1/2"}]}]}),
        ("stands", {"stands": ["2026-06-01"]}),
    ],
)
def test_an_application_that_cannot_be_is_refused_by_field(sessions, field, change):
    register(sessions)
    with pytest.raises(Invalid) as refused:
        applied(sessions, **change)
    assert list(refused.value.fields) == [field]
    assert book(sessions, "P/1/0001").charged == {}


def test_nothing_is_ordered_that_was_not_applied_for(sessions):
    given = {"mutation_number": "MUT-2026-27-999999", "order_number": "TAX/T/1"}
    with pytest.raises(NotFound, match="999999"):
        done(sessions, order_mutation, OrderingMutation, given, JUNE)


def test_the_helpdesk_sees_an_application_and_not_who_is_in_it(sessions):
    register(sessions)
    made = applied(sessions)
    with sessions() as session:
        args = Mutations().load({"number": "P/1/0001"})
        (staff,) = registers.mutations(session, args, staff=True)
        (shown,) = registers.mutations(session, args, staff=False)
    assert (staff["owners"][0]["name"], staff["facts"]["document_number"]) == (
        "Bhau Jadhav",
        DEED["document_number"],
    )
    assert (shown["number"], shown["state"]) == (made.number, "applied")
    assert shown["owners"] == [
        {"name": "B••• J•••", "kind": "person", "share": "1", "phone": "•••321"}
    ]
    for secret in ("Bhau", "Jadhav", "54321", DEED["document_number"]):
        assert secret not in str(shown)


def test_citizens_see_that_owners_changed_and_not_who_they_are(sessions):
    register(sessions)
    correction(sessions, "Aasha Kulkarni", "2026-05-01", "TAX/T/1")
    shown = seen(sessions, "P/1/0001", JUNE, staff=False)
    assert shown["owners"][0] == {
        "name": "A••• K•••",
        "kind": "person",
        "share": "1",
        "phone": "•••345",
    }
    assert "Kulkarni" not in str(shown)
    assert "details" not in shown["orders"][-1]
    assert shown["orders"][-1]["owners"]["words"]["en"] == ["A••• K•••: the whole"]
    assert shown["orders"][-1]["owners"]["words"]["mr"] == ["A••• K•••: संपूर्ण"]
