"""An assessment in words, for the clerk and for who pays."""

import string
from datetime import date
from fractions import Fraction

import pytest

from services.tax.domain import explanation
from services.tax.domain.amnesty import waiver
from services.tax.domain.assessment import assess
from services.tax.domain.explanation import explained, in_words, percentage
from services.tax.domain.half_year import HalfYear
from services.tax.domain.property import Floor, Property
from services.tax.domain.rates_file import sheet
from services.tax.domain.rebates import rebate
from services.tax.reference import rates
from tests.support.rate_sheet import raw_sheet, rule

FLAT = Floor("Flat", 62_50, "residential", "rcc", 1998, "self")
HOME = Property("P-1", "zone-2", (FLAT,), frozenset({"self_occupied", "solar"}))


def lines(language, owed=HOME, by=None):
    found = assess(owed, by or rates(), HalfYear(2021, 1), date(2026, 1, 1))
    return explained(found.steps, language)


def test_each_line_can_be_followed_by_hand_in_english():
    told, bases = lines("en")
    texts = [each.text for each in told]
    assert texts[:5] == [
        "Flat: 62.50 sq m residential × ₹16.00 a month × 12",
        "less depreciation: 20 % of ₹12,000.00, age 23 years (built in 1998)",
        "less self-occupied: 40 % of ₹9,600.00",
        "less repairs: 15 % of ₹5,760.00",
        "Flat: rateable value a year",
    ]
    assert (
        "General tax, residential: 16.75 % of ₹4,896.00 (rateable value in the slab above ₹0.00), "
        "for the half-year ÷ 2"
    ) in texts
    assert "less Solar energy: 5 % of General tax, ₹410.00" in texts
    assert texts[-1] == "Tax of the half-year"
    restored = bases[told[2].note - 1]
    assert restored.startswith("from 01-04-2019; decided 01-04-2023; what was billed too much is")
    assert "over 4 years; source: As reported (Hindus" in restored


def test_each_line_can_be_followed_by_hand_in_marathi():
    told, bases = lines("mr")
    assert told[0].text == "Flat: 62.50 चौ.मी. निवासी × दरमहा ₹16.00 × 12 महिने"
    assert told[2].text == "वजा स्वतः राहत असल्याची सवलत: ₹9,600.00 च्या 40 %"
    assert "नमुना आकडा" in bases[0]
    assert not any(word in each.text for each in told for word in ("less", "tax", "half", "of"))


def test_each_basis_is_told_once_and_each_figure_has_one():
    told, bases = lines("en")
    assert len(set(bases)) == len(bases)
    sums = (
        "rateable value a year",
        "Rateable value of the property a year",
        "Tax of the half-year",
    )
    for each in told:
        assert (each.note is None) == each.text.endswith(sums)
        assert each.note is None or 1 <= each.note <= len(bases)


def test_slabs_that_each_take_of_their_part_are_told_part_by_part():
    raw = raw_sheet()
    slabs = [{"above_rupees": 0, "percent": 1}, {"above_rupees": 1000, "percent": 2}]
    raw["heads"]["water"]["rules"] = [rule(in_parts=True, slabs=slabs)]
    raw["sources"] = {"act": "The Act of 1949"}
    raw["heads"]["general"]["rules"] = [
        {"effective_from": date(2010, 4, 1), "source": "act", "percent": 20}
    ]
    owed = Property("P-1", "a", (Floor("Flat", 100_00, "residential", "rcc", 2020, "let"),))
    told, _ = lines("en", owed, sheet(raw))
    assert [each.text for each in told if "Water" in each.text] == [
        "Water, residential: (1 % of ₹1,000.00 + 2 % of ₹9,200.00) (rateable value), "
        "for the half-year ÷ 2"
    ]


@pytest.mark.parametrize("language", ["mr", "en"])
def test_every_kind_of_step_has_words(language):
    raw = raw_sheet()
    raw["concessions_cap"] = {"rules": [rule(percent=15)]}
    raw["concessions"]["soldier"]["rules"] = [rule(percent=100, cap_rupees=30)]
    raw["concessions"]["solar"]["rules"] = [rule(percent=100)]
    raw["concessions"]["woman"]["uses"] = ["industrial"]
    raw["amnesty"] = {
        "abhay": {
            "mr": "अभय",
            "en": "Amnesty",
            "arrears_to": "2020-21/2",
            "lump_sum": True,
            "steps": [rule(percent=50) | {"from": date(2021, 4, 1), "to": date(2021, 4, 30)}],
        }
    }
    del raw["amnesty"]["abhay"]["steps"][0]["effective_from"]
    by = sheet(raw)
    day, claims = date(2021, 4, 1), frozenset(by.claims)
    steps = []
    for each in (claims, claims - {"solar"}, {"woman"}, {"self_occupied"}):
        owed = Property("P", "a", (Floor("F", 100_00, "residential", "rcc", 2005, "self"),), each)
        steps += assess(owed, by, HalfYear(2021, 1), day).steps
    raw["concessions_cap"]["rules"][0]["percent"] = 100
    raw["concessions"]["soldier"]["rules"] = [rule(percent=100)]
    both = Property("P", "a", owed.floors, frozenset({"soldier", "solar"}))
    steps += assess(both, sheet(raw), HalfYear(2021, 1), day).steps
    either = Property("P", "a", owed.floors, frozenset({"soldier", "woman"}))
    steps += assess(either, sheet(raw_sheet()), HalfYear(2021, 1), day).steps
    steps += rebate(
        by.early_payment, 2021, {(HalfYear(2021, 1), "general"): 9}, day, day, by.rounding
    ).steps
    steps += rebate(
        by.early_payment, 2021, {(HalfYear(2021, 1), "general"): 10**9}, day, day, by.rounding
    ).steps
    arrears = {HalfYear(2019, 1): 100_00}
    steps += waiver(by.amnesty, arrears, day, day, by.rounding, lump_sum=True).steps
    assert {each.rule for each in steps} == set(explanation._WORDS)
    for each in steps:
        told = in_words(each, language)
        assert told
        assert not set("{}") & set(told)
        assert "None" not in told


def test_both_languages_tell_the_same_figures():
    for name, words in explanation._WORDS.items():
        asked = [
            {field for _, field, _, _ in string.Formatter().parse(text) if field}
            for text in (words.mr, words.en)
        ]
        assert asked[0] == asked[1], name


@pytest.mark.parametrize(
    ("percent", "text"),
    [
        (Fraction("16.75"), "16.75"),
        (Fraction(40), "40"),
        (Fraction(100), "100"),
        (Fraction(0), "0"),
        (Fraction("0.0001"), "0.0001"),
    ],
)
def test_a_percentage_is_written_exactly(percent, text):
    assert percentage(percent) == text
