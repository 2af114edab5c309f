"""Whose a credit on the bank's account is, with the reasons."""

import dataclasses

import pytest

from services.tax.domain.reconciliation import (
    Candidate,
    Credit,
    Posting,
    Purpose,
    Reference,
    by_rule,
    key_of,
    likeness,
    suggest,
)
from services.tax.reference import channels

RULES = channels().matching
NOTE = "NEFT CR-SBIN0000454-ASHA V KULK-PT 2026/27 000001"
CREDIT = Credit(6_342_00, NOTE, NOTE)


def candidate(number: str, owner: str = "Asha Kulkarni", owes: int = 6_342_00, **named: str):
    found = {Reference(kind): value for kind, value in named.items()}
    return Candidate(number, number, owner, owes, owes - 342_00, found)


@pytest.mark.parametrize(
    "note",
    ["PT-2026-27-000001", "pt 2026 27 000001", "UPI/PT202627000001/ASHA", "TAX,PT-2026/27-000001."],
)
def test_a_bills_number_is_found_whatever_the_bank_leaves_of_it(note):
    assert RULES.references(note)[Reference.BILL] == ["PT202627000001"]
    assert key_of("PT-2026-27-000001") == "PT202627000001"


@pytest.mark.parametrize(
    ("note", "keys"),
    [
        ("TAX FOR P/1/02/00345", ["P10200345"]),
        ("P-1-02-00345 P/1/02/00345", ["P10200345"]),
        ("P/1/02/003456", ["P102003456"]),
        ("P/1/0001", ["P10001"]),
        ("SHOP/1/02/00345", []),
        ("PAYMENT 12345678", []),
    ],
)
def test_a_propertys_number_is_found_whole_or_not_at_all(note, keys):
    assert RULES.references(note)[Reference.PROPERTY] == keys


@pytest.mark.parametrize(
    ("narration", "purpose"),
    [
        ("NEFT-RAZORPAY SOFTWARE-SETL", Purpose.SETTLEMENT),
        ("CASH DEP BANER BR", Purpose.OWN_DEPOSIT),
        ("MICR CLG 000123", Purpose.OWN_DEPOSIT),
        ("INT. PD 01-04", Purpose.OTHER),
        (NOTE, Purpose.TAX),
    ],
)
def test_what_a_credit_is_for_is_told_by_its_words(narration, purpose):
    assert RULES.purpose(narration) is purpose


def test_the_likeliest_comes_first_with_its_reasons():
    named = candidate("P/1/0001", bill="PT-2026-27-000001")
    alike = candidate("P/1/0002", "Somebody Else")
    found = suggest(CREDIT, [alike, named], RULES)
    assert [(each.candidate.number, each.score) for each in found][1:] == [("P/1/0002", 30)]
    assert found[0].score > 90
    assert [each.en for each in found[0].reasons][:2] == [
        "the note has the bill's number PT-2026-27-000001",
        "the amount is what is owed: ₹6,342.00",
    ]
    assert all(each.mr for each in found[0].reasons)


def test_the_amount_net_of_the_rebate_is_what_is_owed_too():
    (found,) = suggest(Credit(6_000_00, "x", "x"), [candidate("P/1/0001")], RULES)
    assert found.score == 30


def test_what_is_too_unlikely_is_not_suggested():
    assert (
        suggest(Credit(1, "ASHA KULKARNI", "ASHA KULKARNI"), [candidate("P/1/0001")], RULES) == []
    )


def test_only_what_names_one_property_is_posted_by_rule():
    one = candidate("P/1/0001", bill="PT-2026-27-000001")
    two = candidate("P/1/0002", property="P/1/0002")
    assert by_rule(CREDIT, [one, candidate("P/1/0003")], RULES) is one
    assert by_rule(CREDIT, [one, two], RULES) is None
    assert by_rule(CREDIT, [candidate("P/1/0003")], RULES) is None
    assert by_rule(Credit(6_342_01, NOTE, NOTE), [one], RULES) is None
    assert by_rule(Credit(1_00, NOTE, NOTE), [one], RULES) is one


def test_a_city_may_want_the_exact_amount_or_a_person():
    one = candidate("P/1/0001", bill="PT-2026-27-000001")
    exact = dataclasses.replace(RULES, posting=Posting.EQUAL_BALANCE)
    never = dataclasses.replace(RULES, posting=Posting.NEVER)
    assert by_rule(CREDIT, [one], exact) is one
    assert by_rule(Credit(6_000_00, NOTE, NOTE), [one], exact) is one
    assert by_rule(Credit(1_00, NOTE, NOTE), [one], exact) is None
    assert by_rule(CREDIT, [one], never) is None


@pytest.mark.parametrize(
    ("one", "other", "least", "most"),
    [
        ("ASHA KULKARNI", "Asha Kulkarni", 100, 100),
        ("KULKARNI ASHA", "Smt. Asha Kulkarni", 100, 100),
        ("ASHA KULK", "Asha Kulkarni", 100, 100),
        ("ASHA KULKARNY", "Asha Kulkarni", 90, 99),
        ("ASHA", "Asha Vinayak Kulkarni", 40, 60),
        ("RAHUL PATIL", "Asha Kulkarni", 0, 50),
        ("", "Asha Kulkarni", 0, 0),
        ("NEFT 123", "Asha Kulkarni", 0, 30),
        ("आशा कुलकर्णी", "आशा कुलकर्णी", 100, 100),
    ],
)
def test_names_are_alike_whatever_the_order_of_their_words(one, other, least, most):
    assert least <= likeness(one, other, RULES.titles) <= most
    assert likeness(one, other, RULES.titles) == likeness(other, one, RULES.titles)
