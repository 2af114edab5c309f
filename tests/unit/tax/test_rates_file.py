"""Rate sheets: what is wrong in one is told, all at once."""

import copy
from datetime import date
from decimal import Decimal

import pytest

from palika.reading import Mistakes
from services.tax.domain.half_year import HalfYear
from services.tax.domain.rates import USES
from services.tax.domain.rates_file import counted, sheet
from services.tax.reference import rates
from tests.support.rate_sheet import APRIL_2010, APRIL_2019, raw_sheet, rule

GONE = object()


def change(raw, place, value):
    """Set what stands at a place such as ``heads.water.rules.0``, or take it away (``GONE``)."""
    *way, last = place.split(".")
    for word in way:
        raw = raw[int(word) if isinstance(raw, list) else word]
    last = int(last) if isinstance(raw, list) else last
    if value is GONE:
        del raw[last]
    else:
        raw[last] = value


def mistakes(place, value):
    raw = raw_sheet()
    change(raw, place, value)
    with pytest.raises(Mistakes) as refused:
        sheet(raw)
    return [f"{place}: {text}" for place, text in refused.value.found]


def test_the_shipped_sheet_is_right_and_covers_the_years_that_pune_is_known_of():
    assert rates().first == HalfYear(2010, 1)
    assert rates().last >= HalfYear(2026, 2)
    assert len(rates().heads) == 12


def test_the_small_sheet_of_the_tests_is_right_and_its_rules_are_counted():
    found, rules, sourced = counted(raw_sheet())
    assert found.claims == {"self_occupied", "soldier", "woman", "solar"}
    # letting, depreciation, 5 of deductions, 2 heads, 3 concessions, rebate, 16 windows, interest
    assert (rules, sourced) == (30, 1)


@pytest.mark.parametrize(
    ("place", "value", "told"),
    [
        ("heads", GONE, "file: heads missing"),
        ("taxes", {}, "file: taxes not known"),
        ("covers.to", "2025", "covers, to: must be a half-year like 2026-27/1, not '2025'"),
        ("covers.to", "2009-10/2", "covers: ends before it begins"),
        ("rounding.nearest", "ten", "rounding, nearest: must be one of rupee, paisa"),
        ("rounding.half", "even", "rounding, half: must be one of up, not 'even'"),
        ("zones.B", {"mr": "ब", "en": "B"}, "zones, B: a code is small letters"),
        ("zones.a", {"mr": "अ"}, "zones, a: en missing"),
        (
            "zones.b",
            {"mr": "ब", "en": "B", "from": "2017-18/2"},
            "letting_values: a gap: no value at 2017-18/2 for b, residential, rcc",
        ),
        (
            "zones.b",
            {"mr": "ब", "en": "B", "from": "2027-28/1"},
            "zones, b, from: is not covered by the sheet",
        ),
        (
            "heads.general.rules.0.effective_from",
            date(2108, 4, 1),
            "rules, 1, effective_from: is after the last day that is covered",
        ),
        ("early_payment.windows.3.year", "2031-32", "4, year: is not covered by the sheet"),
        ("sources.act", "The Act", "sources, act: a citation must name its date"),
        ("sources.rule", "A rule of 2010", "sources, rule: nothing cites it"),
        (
            "heads.water.rules.0.source",
            "acts",
            "heads, water, rules, 1, source: must be one of act",
        ),
        (
            "heads.water.rules.0",
            {"effective_from": APRIL_2010, "percent": 5},
            "heads, water, rules, 1: has neither a source nor illustrative: true",
        ),
        ("heads.water.rules.0.illustrative", True, "has a source and is illustrative: a note"),
        (
            "heads.general.rules.0.illustrative",
            False,
            "illustrative: must be true, or not be there",
        ),
        ("heads.general.rules.0.illustrative", GONE, "has neither a source nor illustrative: true"),
        (
            "heads.general.rules.0.percent",
            101,
            "rules, 1, percent: must be a percentage from 0 to 100",
        ),
        ("heads.general.rules.0.percent", -1, "percent: must be a percentage from 0 to 100"),
        ("heads.general.rules.0.percent", 16.75, "decimals at the most, not 16.75"),
        ("heads.general.rules.0.percent", "20", "percent: must be a percentage"),
        ("heads.general.rules.0.percent", True, "percent: must be a percentage"),
        ("heads.general.rules.0.percent", Decimal("1.00001"), "with 4 decimals at the most"),
        ("heads.general.rules.0.percent", Decimal("NaN"), "percent: must be a percentage"),
        ("heads.general.rules.0.percent", GONE, "must have either a percent or slabs"),
        (
            "heads.general.rules.0.effective_from",
            date(2010, 4, 2),
            "effective_from: must be the first day of a half-year",
        ),
        ("heads.general.rules.0.effective_from", "2010", "effective_from: must be a day like"),
        ("heads.general.rules.0.effective_from", GONE, "rules, 1: effective_from missing"),
        ("heads.general.rules", [], "heads, general, rules: there must be one at least"),
        ("heads.general.base", "value", "heads, general, base: must be one of rateable_value"),
        (
            "heads.general.rules.0.slabs",
            [{"above_rupees": 0, "percent": 1}],
            "heads, general, rules, 1: must have either a percent or slabs",
        ),
        (
            "heads.general.rules.0",
            rule(slabs=[{"above_rupees": 10, "percent": 1}]),
            "slabs, 1, above_rupees: the first slab must begin at 0: a gap",
        ),
        (
            "heads.general.rules.0",
            rule(slabs=[{"above_rupees": 0, "percent": 1}, {"above_rupees": 0, "percent": 2}]),
            "slabs, 2, above_rupees: must be above the slab before: an overlap",
        ),
        (
            "heads.general.rules.0",
            rule(by_use={"residential": {"percent": 1}}),
            "by_use: commercial, industrial, institutional, open_plot missing",
        ),
        (
            "letting_values.rules.0.rupees.a.commercial",
            GONE,
            "letting_values: a gap: no value at 2010-11/1 for a, commercial, rcc",
        ),
        (
            "letting_values.rules.0.rupees.a.open_plot",
            GONE,
            "letting_values: a gap: no value at 2010-11/1 for a, open_plot",
        ),
        (
            "letting_values.rules.0.effective_from",
            APRIL_2019,
            "no value at 2010-11/1 for a, industr",
        ),
        ("letting_values.rules.0.decided_on", APRIL_2019, "no value at 2010-11/1 for a, resident"),
        (
            "letting_values.rules.0.rupees.b",
            {"residential": {"rcc": 1}},
            "rupees, b: must be one of a",
        ),
        (
            "letting_values.rules.0.rupees.a.shop",
            {"rcc": 1},
            "letting_values, rules, 1, rupees, a, shop: must be one of residential",
        ),
        (
            "letting_values.rules.0.rupees.a.commercial.mud",
            1,
            "letting_values, rules, 1, rupees, a, commercial, mud: must be one of rcc",
        ),
        (
            "letting_values.rules.0.rupees.a.open_plot",
            Decimal("2.005"),
            "open_plot: must be rupees",
        ),
        ("letting_values.rules.0.per", "week", "per: must be one of month, year"),
        (
            "classes.mud",
            {"mr": "माती", "en": "Mud"},
            "depreciation: a gap: no bands at 2010-11/1 for mud",
        ),
        (
            "depreciation.rules.0.bands.rcc.0.from_age",
            5,
            "bands, rcc, 1, from_age: the first band must begin at 0: a gap",
        ),
        (
            "depreciation.rules.0.bands.rcc.1.from_age",
            0,
            "bands, rcc, 2, from_age: must be above the band before: an overlap",
        ),
        (
            "deductions.repairs.rules.1.effective_from",
            APRIL_2010,
            "another of the same effective_from",
        ),
        ("deductions.repairs.uses", ["house"], "repairs, uses, 1: must be one of residential"),
        (
            "deductions.self_occupied.rules.0.refund_years",
            4,
            "rules, 1, refund_years: only what is decided after it takes effect can be refunded",
        ),
        (
            "deductions.self_occupied.rules.2.refund_years",
            0,
            "refund_years: must be a whole number",
        ),
        ("deductions.self_occupied.claimed", "yes", "claimed: must be true or false"),
        (
            "deductions.solar",
            {"mr": "स", "en": "S", "rules": [rule(percent=1)]},
            "concessions, solar: there is a deduction of this code",
        ),
        ("concessions.solar.heads", ["genral"], "solar, heads, 1: must be one of general, water"),
        ("concessions.solar.heads", ["water", "water"], "solar, heads, 2: water is there twice"),
        ("concessions.solar.heads", [["water"]], "solar, heads, 1: must be one of general, water"),
        (
            "concessions.solar.combines_with",
            "none",
            "soldier, combines_with: solar does not combine with soldier: it must hold both ways",
        ),
        ("concessions.soldier.rules.0.cap_rupees", -5, "cap_rupees: must be rupees"),
        (
            "concessions_cap",
            {"rules": [rule(percent=200)]},
            "concessions_cap, rules, 1, percent: must",
        ),
        ("early_payment.windows.3", GONE, "windows: a gap: no window for 2013-14; none: true says"),
        (
            "early_payment.windows.3.from",
            date(2012, 4, 1),
            "windows, 4: must run from a day of its year to a later one of it",
        ),
        ("early_payment.windows.3.to", date(2013, 3, 31), "windows, 4: must run from a day of its"),
        ("early_payment.windows.3.to", GONE, "windows, 4: must have either from and to, or none"),
        ("early_payment.windows.3.none", True, "windows, 4: must have either from and to, or none"),
        ("early_payment.windows.3.year", "2012-13", "windows, 4: there is another of the same"),
        ("early_payment.windows.3.year", 2013, "windows, 4, year: must be a financial year like"),
        (
            "early_payment.rules.0.tiers",
            [{"up_to_rupees": 5, "percent": 1}],
            "tiers, 1: the last tier, and no other, is without up_to_rupees: a gap",
        ),
        (
            "early_payment.rules.0.effective_from",
            APRIL_2019,
            "early_payment, rules: a gap: nothing",
        ),
        ("early_payment.heads", ["fire"], "early_payment, heads, 1: must be one of general, water"),
        (
            "interest.rules.0.percent_a_month",
            24,
            "percent_a_month: must be a percentage from 0 to 10",
        ),
        ("interest.rules.0.effective_from", APRIL_2019, "interest, rules: a gap: nothing holds at"),
        ("interest.rules.0.first_half", {}, "first_half: must have months_after_bill, by, or both"),
        ("interest.rules.0.second_half.by", {"month": 2, "day": 29}, "day: must be a whole number"),
        ("interest.rules", "2 %", "interest, rules: must be a list, not '2 %'"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_rule(place, value, told):
    found = mistakes(place, value)
    assert any(told in each for each in found), found


def test_all_mistakes_are_told_at_once():
    raw = raw_sheet()
    change(raw, "heads.water.rules.0.percent", 500)
    change(raw, "concessions.woman.heads", ["fire"])
    change(raw, "early_payment.windows.15", GONE)
    change(raw, "depreciation.rules.0.bands.rcc", [])
    with pytest.raises(Mistakes) as refused:
        sheet(raw)
    assert {place for place, _ in refused.value.found} == {
        "depreciation, rules, 1, bands, rcc",
        "heads, water, rules, 1, percent",
        "concessions, woman, heads, 1",
        "early_payment, windows",
    }


def test_a_missing_figure_is_told_once():
    assert mistakes("heads.water", {"mr": "पाणी", "en": "Water"}) == [
        "heads, water: rules missing",
        "sources, act: nothing cites it",
    ]
    assert mistakes("letting_values.rules.0.per", GONE) == ["letting_values, rules, 1: per missing"]


@pytest.mark.parametrize("raw", [None, [], "sheet", 5])
def test_what_is_no_sheet_at_all_is_refused(raw):
    with pytest.raises(Mistakes, match=r"^file: must be a mapping"):
        sheet(raw)


def places(raw, place=""):
    """Every place of a sheet."""
    entries = raw.items() if isinstance(raw, dict) else enumerate(raw)
    for key, each in entries:
        yield f"{place}{key}"
        if isinstance(each, dict | list):
            yield from places(each, f"{place}{key}.")


AMNESTY = {
    "mr": "अभय",
    "en": "Amnesty",
    "arrears_to": "2019-20/2",
    "lump_sum": True,
    "steps": [
        {"from": date(2020, 10, 2), "to": date(2020, 11, 30), "percent": 80, "illustrative": True}
    ],
}


@pytest.mark.parametrize(
    "junk", [GONE, None, [], {}, "x", -1, [None], {"x": None}, [[1]], date.max]
)
def test_whatever_stands_anywhere_it_is_read_or_refused_and_never_breaks_the_check(junk):
    whole = raw_sheet() | {"amnesty": {"abhay": AMNESTY}}
    whole["concessions_cap"] = {"rules": [rule(percent=50)]}
    whole["heads"]["water"]["rules"][0] = rule(
        by_use={use: {"slabs": [{"above_rupees": 0, "percent": 5}]} for use in USES}
    )
    whole["heads"]["general"]["rules"][0] |= {"source": "act", "note": "a note"}
    del whole["early_payment"]["windows"][1:]
    whole["covers"]["to"] = "2010-11/2"
    for zone in ("deductions", "concessions"):
        for each in whole[zone].values():
            each["rules"] = each["rules"][:1]
    assert sheet(whole).heads
    refused = 0
    for place in list(places(whole)):
        raw = copy.deepcopy(whole)
        change(raw, place, junk)
        try:
            sheet(raw)
        except Mistakes:
            refused += 1
    # Names, notes and the like take any text; a few things may be left out.
    assert refused > 50


@pytest.mark.parametrize("section", list(raw_sheet()))
def test_no_section_may_be_empty(section):
    for junk in ([], {}, "x", 5, [None], {"x": None}, {"rules": [5]}):
        with pytest.raises(Mistakes):
            sheet(raw_sheet() | {section: junk})


def test_a_zone_that_joins_later_has_values_from_then_on():
    raw = raw_sheet()
    raw["zones"]["b"] = {"mr": "ब", "en": "B", "from": "2017-18/2"}
    values = raw["letting_values"]["rules"]
    values.append(
        rule(date(2017, 10, 1), per="year", rupees={"b": values[0]["rupees"]["a"]}),
    )
    found = sheet(raw)
    cell = ("b", "residential", "rcc")
    assert cell in found.in_force(HalfYear(2017, 2), date(2020, 1, 1)).letting_values
    assert cell not in found.in_force(HalfYear(2017, 1), date(2020, 1, 1)).letting_values


def test_an_amnesty_may_be_extended_but_not_overlap():
    step = {
        "from": date(2025, 11, 15),
        "to": date(2026, 1, 15),
        "percent": 75,
        "illustrative": True,
    }
    more = {**step, "from": date(2026, 1, 15), "to": date(2026, 2, 15)}
    scheme = {"mr": "अभय", "en": "Amnesty", "arrears_to": "2024-25/2", "lump_sum": True}
    raw = raw_sheet()
    raw["amnesty"] = {"abhay": {**scheme, "steps": [step, {**more, "from": date(2026, 1, 16)}]}}
    assert list(sheet(raw).amnesty) == ["abhay"]
    raw["amnesty"]["abhay"]["steps"] = [step, {**more, "decided_on": date(2025, 11, 15)}]
    with pytest.raises(Mistakes, match=r"steps, 2: overlaps with step 1"):
        sheet(raw)
    raw["amnesty"]["abhay"]["steps"] = [{**step, "to": date(2025, 1, 1)}]
    with pytest.raises(Mistakes, match=r"steps, 1: ends before it begins"):
        sheet(raw)
    raw["amnesty"]["abhay"]["steps"] = [{**step, "decided_on": date(2025, 11, 16)}]
    with pytest.raises(Mistakes, match=r"decided_on: must not be after the step begins"):
        sheet(raw)
