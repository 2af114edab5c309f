"""Concessions: which combine, what each takes off, and the caps."""

from datetime import date

import pytest

from services.tax.domain.assessment import assess
from services.tax.domain.half_year import HalfYear
from services.tax.domain.property import Floor, Property
from services.tax.domain.rates_file import sheet
from tests.support.rate_sheet import raw_sheet, rule


def given(*claims, rupees=1000, shop_rupees=0, raw=None):
    """The concessions of a half-year with so much general tax (a quarter of it is water)."""

    def floor(use, tax):
        # 20 % of 85 % of ₹120 a square metre, by two, is ₹10.20.
        return Floor(use, round(tax / 10.2 * 100), use, "rcc", 2018, "let")

    floors = [floor("residential", rupees)] + [floor("commercial", shop_rupees)] * bool(shop_rupees)
    found = assess(
        Property("P", "a", tuple(floors), frozenset(claims)),
        sheet(raw or raw_sheet()),
        HalfYear(2018, 1),
        date(2018, 4, 1),
    )
    lines = {
        (line.concession, line.head): line.paise // 100
        for line in found.lines
        if line.kind == "concession"
    }
    return lines, [each.rule for each in found.steps]


def test_one_takes_its_percentage_off_its_heads():
    assert given("solar")[0] == {("solar", "general"): -100}
    assert given("woman")[0] == {("woman", "general"): -200, ("woman", "water"): -50}


def test_what_is_not_claimed_is_not_given():
    lines, steps = given()
    assert lines == {}
    assert "concession" not in steps


def test_two_that_combine_both_act_on_the_tax_before_concessions():
    assert given("solar", "woman")[0] == {
        ("woman", "general"): -200,
        ("woman", "water"): -50,
        ("solar", "general"): -100,
    }


def test_of_two_that_do_not_combine_the_owner_gets_what_takes_most_off():
    lines, steps = given("soldier", "woman")
    assert lines == {("soldier", "general"): -500}
    assert "not_combined" in steps
    # Above its cap the other one is worth more.
    assert given("soldier", "woman", rupees=3000)[0] == {
        ("woman", "general"): -600,
        ("woman", "water"): -150,
    }


def test_three_of_which_two_do_not_combine():
    lines, steps = given("soldier", "woman", "solar")
    assert lines == {("soldier", "general"): -500, ("solar", "general"): -100}
    assert steps.count("not_combined") == 1


def test_its_own_cap_is_a_step_of_its_own():
    lines, steps = given("soldier", rupees=1400)
    assert lines == {("soldier", "general"): -500}
    assert "concession_cap" in steps


def test_it_acts_on_its_uses_only():
    assert given("soldier", rupees=100, shop_rupees=900)[0] == {("soldier", "general"): -50}
    raw = raw_sheet()
    raw["concessions"]["soldier"]["rules"] = [rule(percent=100)]
    raw["concessions"]["solar"]["uses"] = ["residential"]
    # Nothing is left of the home's tax for the sun; the shop's is not theirs to take.
    lines, steps = given("soldier", "solar", rupees=100, shop_rupees=900, raw=raw)
    assert lines == {("soldier", "general"): -100}
    assert "head_used_up" in steps


def test_where_it_has_nothing_to_act_on_that_is_told():
    raw = raw_sheet()
    raw["concessions"]["solar"]["uses"] = ["industrial"]
    lines, _ = given("solar", "woman", raw=raw)
    assert lines == {("woman", "general"): -200, ("woman", "water"): -50}
    raw["concessions"]["solar"]["combines_with"] = "none"
    raw["concessions"]["woman"]["combines_with"] = "none"
    raw["concessions"]["soldier"]["combines_with"] = "none"
    assert "no_effect" in given("solar", "woman", raw=raw)[1]
    assert "no_effect" in given("solar", raw=raw)[1]


@pytest.mark.parametrize(
    ("percent", "lines"),
    [
        (28, {("woman", "general"): -200, ("woman", "water"): -50, ("solar", "general"): -100}),
        (27, {("woman", "general"): -200, ("woman", "water"): -50, ("solar", "general"): -88}),
        (18, {("woman", "general"): -200, ("woman", "water"): -25}),
        (0, {}),
    ],
)
def test_all_together_take_no_more_than_the_cap_of_all_and_the_last_is_cut(percent, lines):
    raw = raw_sheet()
    raw["concessions_cap"] = {"rules": [rule(percent=percent)]}
    found, steps = given("solar", "woman", raw=raw)
    assert found == lines
    assert ("concessions_cap" in steps) == (percent < 28)


def test_one_that_has_not_begun_is_not_given():
    raw = raw_sheet()
    raw["concessions"]["solar"]["rules"] = [rule(date(2018, 10, 1), percent=10)]
    assert given("solar", raw=raw)[0] == {}
