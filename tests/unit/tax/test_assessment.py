"""Assessments: by hand, by what was known, and whatever the property."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palika.errors import Invalid
from services.tax.domain.assessment import Line, assess
from services.tax.domain.half_year import HalfYear
from services.tax.domain.property import Floor, Property
from services.tax.domain.rates import OCCUPANCIES, OPEN_PLOT, USES, Rate, Slab
from services.tax.domain.rates_file import sheet
from services.tax.reference import rates
from tests.support.rate_sheet import raw_sheet, rule

SHEET = sheet(raw_sheet())
FLAT = Floor("Flat", 100_00, "residential", "rcc", 2005, "self")
SHOP = Floor("Shop", 12_34, "commercial", "rcc", 2018, "let")
PLOT = Floor("Plot", 333_33, OPEN_PLOT, None, None, "vacant")
HOME = Property("P-1", "a", (FLAT,), frozenset({"self_occupied"}))


def of(half_year, known_on, owed=HOME, by=SHEET):
    return assess(owed, by, HalfYear.parse(half_year), date.fromisoformat(known_on))


def test_a_flat_by_hand():
    found = of("2018-19/1", "2018-04-01")
    # 100 sq m x ₹10 x 12 = 12,000; 13 years: - 10 %; self-occupied - 40 %; repairs - 15 %.
    assert [(each.rule, each.amount_paise) for each in found.steps] == [
        ("letting_value", 12_000_00),
        ("depreciation", -1_200_00),
        ("deduction", -4_320_00),
        ("deduction", -972_00),
        ("rateable_floor", 5_508_00),
        ("rateable_total", 5_508_00),
        ("tax", 551_00),  # 20 % of 5,508 / 2 = 550.80
        ("tax", 138_00),  # 5 % of 5,508 / 2 = 137.70
        ("total", 689_00),
    ]
    assert found.lines == (Line("tax", "general", 551_00), Line("tax", "water", 138_00))
    assert found.total_paise == 689_00
    assert found.valuation.letting_value_paise == 10_800_00
    assert found.valuation.rateable_value_paise == 5_508_00


@pytest.mark.parametrize(
    ("half_year", "known_on", "rateable"),
    [
        ("2018-19/2", "2018-10-01", 5_508),
        ("2018-19/2", "2026-01-01", 5_508),  # what was changed in 2019 and 2023 is not of 2018
        ("2019-20/1", "2019-04-01", 9_180),  # withdrawn: 10,800 - 15 %
        ("2022-23/2", "2023-04-18", 9_180),  # the day before it was restored
        ("2022-23/2", "2023-04-19", 5_508),  # restored with effect back to 2019
        ("2019-20/1", "2026-01-01", 5_508),
        ("2023-24/1", "2023-04-01", 9_720),  # billed before: 10,800 - 10 %
        ("2023-24/1", "2023-04-19", 5_832),  # 6,480 - 10 %
    ],
)
def test_what_was_billed_then_and_what_holds_now_are_both_computed(half_year, known_on, rateable):
    assert of(half_year, known_on).valuation.rateable_value_paise == rateable * 100


@pytest.mark.parametrize(
    "changed",
    [
        Property("P-1", "a", (FLAT,)),  # not claimed
        Property("P-1", "a", (replace(FLAT, occupancy="let"),), HOME.claims),
        Property("P-1", "a", (replace(FLAT, use="commercial"),), HOME.claims),
    ],
)
def test_the_deduction_is_for_who_lives_there_and_has_claimed_it(changed):
    assert of("2018-19/1", "2018-04-01", changed).valuation.rateable_value_paise == 9_180_00


@pytest.mark.parametrize(
    ("half_year", "percent"),
    [("2014-15/2", 0), ("2015-16/1", 10), ("2025-26/2", 10), ("2010-11/1", 0)],
)
def test_age_counts_in_financial_years(half_year, percent):
    found = of(half_year, "2026-01-01")
    assert found.steps[1].figures["percent"] == percent
    assert found.steps[1].figures["built_in"] == 2005


def test_a_floor_of_the_calendar_year_is_there_in_the_second_half_but_not_before():
    new = Property("P-2", "a", (Floor("Flat", 100_00, "residential", "rcc", 2018, "let"),))
    assert of("2018-19/2", "2019-01-01", new).total_paise > 0
    with pytest.raises(Invalid, match="built in 2018, after 2017-18/2 began"):
        of("2017-18/2", "2019-01-01", new)


@pytest.mark.parametrize(
    ("half_year", "known_on", "field"),
    [
        ("2009-10/2", "2018-04-01", "half_year"),
        ("2026-27/1", "2026-04-01", "half_year"),
        ("2018-19/1", "2010-03-31", "known_on"),
    ],
)
def test_what_the_sheet_does_not_cover_is_refused(half_year, known_on, field):
    with pytest.raises(Invalid) as refused:
        of(half_year, known_on)
    assert list(refused.value.fields) == [field]


def test_a_zone_without_a_rate_is_refused():
    with pytest.raises(Invalid, match="Flat: none for b, residential, rcc"):
        of("2018-19/1", "2018-04-01", Property("P-1", "b", (FLAT,)))


def test_a_mixed_property_pays_for_each_use_and_an_open_plot_has_no_age():
    mixed = Property("P-3", "a", (FLAT, SHOP, PLOT))
    assert mixed.use == "mixed"
    found = of("2018-19/1", "2018-04-01", mixed)
    values = {each.floor.label: (each.letting, each.rateable) for each in found.valuation.floors}
    assert values == {
        "Flat": (10_800_00, 9_180_00),
        "Shop": (1_481_00, 1_259_00),  # 12.34 x 120 = 1,480.80; - 222.15
        "Plot": (8_000_00, 6_800_00),  # 333.33 x 24 = 7,999.92; - 1,200
    }
    general = [each for each in found.steps if each.rule == "tax"][:3]
    assert [each.amount_paise for each in general] == [918_00, 126_00, 680_00]
    assert found.lines[0] == Line("tax", "general", 1_724_00)


def test_a_slab_takes_of_all_or_each_of_its_part():
    slabs = (Slab(0, Fraction(1)), Slab(1000_00, Fraction(2)), Slab(5000_00, Fraction(3)))
    assert Rate(slabs).parts(1000_00) == [(1000_00, Fraction(1))]
    assert Rate(slabs).parts(1000_01) == [(1000_01, Fraction(2))]
    assert Rate(slabs).parts(9000_00) == [(9000_00, Fraction(3))]
    assert Rate(slabs).parts(0) == [(0, Fraction(1))]
    parts = Rate(slabs, in_parts=True)
    assert parts.parts(0) == [(0, Fraction(1))]
    assert parts.parts(1000_00) == [(1000_00, Fraction(1))]
    assert parts.parts(6000_00) == [
        (1000_00, Fraction(1)),
        (4000_00, Fraction(2)),
        (1000_00, Fraction(3)),
    ]


def test_a_head_may_be_of_the_letting_value_and_begin_later():
    raw = raw_sheet()
    raw["heads"]["cess"] = {
        "mr": "उपकर",
        "en": "Cess",
        "base": "letting_value",
        "rules": [
            rule(
                date(2018, 10, 1),
                in_parts=True,
                slabs=[{"above_rupees": 0, "percent": 1}, {"above_rupees": 10_000, "percent": 2}],
            )
        ],
    }
    by = sheet(raw)
    assert "cess" not in of("2018-19/1", "2020-01-01", by=by).by_head()
    # 1 % of 10,000 and 2 % of 800, by two.
    assert of("2018-19/2", "2020-01-01", by=by).by_head()["cess"] == 58_00


FLOORS = st.builds(
    lambda area, use, construction, built, occupancy: Floor(
        "x",
        area,
        use,
        None if use == OPEN_PLOT else construction,
        None if use == OPEN_PLOT else built,
        occupancy,
    ),
    st.integers(1, 10**7),
    st.sampled_from(USES),
    st.sampled_from(["rcc", "load-bearing", "semi-permanent", "temporary"]),
    st.integers(1850, 2010),
    st.sampled_from(OCCUPANCIES),
)
PROPERTIES = st.builds(
    Property,
    st.just("P"),
    st.sampled_from(["zone-1", "zone-2", "zone-3", "zone-4"]),
    st.lists(FLOORS, min_size=1, max_size=4).map(tuple),
    st.sets(st.sampled_from(sorted(rates().claims))).map(frozenset),
)


@given(PROPERTIES, st.integers(0, 33), st.dates(date(2010, 4, 1), date(2026, 12, 31)))
def test_whatever_the_property_the_lines_are_the_total_and_no_head_is_below_nothing(
    owed, halves, known_on
):
    by = rates()
    found = assess(owed, by, by.first.plus(halves), known_on)
    assert found.total_paise == sum(found.by_head().values())
    assert all(paise >= 0 for paise in found.by_head().values())
    assert all(line.paise % by.rounding.unit == 0 and line.paise for line in found.lines)
    assert found.steps[-1].amount_paise == found.total_paise
    assert 0 <= found.valuation.rateable_value_paise <= found.valuation.letting_value_paise
    # The steps of a clerk: what is added and taken off on the way is what comes out.
    taxes = sum(each.amount_paise for each in found.steps if each.rule == "tax")
    off = ("concession", "head_used_up", "concession_cap", "concessions_cap")
    given_up = sum(each.amount_paise for each in found.steps if each.rule in off)
    assert taxes + given_up == found.total_paise
    ways = ("letting_value", "depreciation", "deduction")
    values = sum(each.amount_paise for each in found.steps if each.rule in ways)
    assert values == found.valuation.rateable_value_paise


@given(PROPERTIES, st.integers(0, 33))
def test_a_concession_never_makes_the_tax_more(owed, halves):
    by = rates()
    half_year, today = by.first.plus(halves), date(2026, 12, 31)
    without = Property(owed.number, owed.zone, owed.floors)
    with_ = assess(owed, by, half_year, today).total_paise
    assert with_ <= assess(without, by, half_year, today).total_paise
