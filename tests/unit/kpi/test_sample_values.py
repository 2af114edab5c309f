"""The demo's values: near their targets, and no part larger than its whole."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from fractions import Fraction

import pytest

from services.kpi.domain.entry import Key
from services.kpi.domain.indicators import Indicator, MeasureInfo
from services.kpi.domain.period import Period, containing
from services.kpi.domain.sample_sizes import PEOPLE
from services.kpi.domain.sample_values import PERIODS, Sample
from services.kpi.domain.wholes import Known
from services.kpi.reference import city_catalogue, city_places

DAY, TODAY = date(2026, 9, 30), date(2026, 11, 28)


def of_city(indicator: Indicator, sample: Sample) -> Fraction | None:
    """What a KPI comes to in the whole city, over the periods that DAY is in."""
    values = {}
    for each in indicator.formula.inputs:
        info = city_catalogue().measures[each.measure]
        places = city_places().expected(info.by)
        of = containing(DAY, info.every or "month")
        values[each] = sum(sample.value(info, of, place, places) for place in places)
    return indicator.formula.apply(values).value


@pytest.fixture(scope="module")
def values() -> Mapping[str, Fraction | None]:
    known = city_catalogue()
    samples = {each: Sample(known, each, 1) for each in known.departments}
    by_hand = [each for each in known.indicators.values() if each.source == "manual"]
    return {each.code: of_city(each, samples[each.department]) for each in by_hand}


def test_nearly_all_kpis_are_near_their_targets_and_not_all_reach_them(values):
    known = city_catalogue().indicators
    aims = {code: known[code].aim(2026) for code in values}
    near, missed = [], 0
    for code, aim in aims.items():
        value = values[code]
        if aim is None or not aim.low:
            continue
        near.append(value is not None and Fraction(1, 2) < value / aim.low < 2)
        higher = known[code].direction == "higher"
        missed += higher and value is not None and value < aim.low
    assert sum(near) > 0.9 * len(near)
    assert 0.2 * len(near) < missed < 0.9 * len(near)


def test_no_rate_of_parts_is_above_a_hundred(values):
    known = city_catalogue().indicators
    rates = {
        code: value
        for code, value in values.items()
        if known[code].unit == "percent" and value is not None
    }
    assert len(rates) > 200
    above = [code for code, value in rates.items() if value > 100]
    assert len(above) < len(rates) / 100, above


def entered(info: MeasureInfo) -> list[Period]:
    """The periods for which the demo has values."""
    of, found = containing(TODAY, info.every or "month").previous(), []
    for _ in range(PERIODS.get(info.every or "month", 1)):
        found.append(of)
        of = of.previous()
    return found


@pytest.fixture(scope="module", params=[1, 2])
def demo(request) -> Mapping[Key, int]:
    """All that the demo enters, with one seed."""
    known, city = city_catalogue(), city_places()
    samples = {each: Sample(known, each, request.param) for each in known.departments}
    return {
        Key(info.code, place, of.last): samples[info.department].value(info, of, place, places)
        for info in known.measures.values()
        if info.manual and info.department is not None
        for places in [list(city.expected(info.by))]
        for of in entered(info)
        for place in places
    }


def shown(indicator: Indicator, of: Period, demo: Mapping[str, Mapping[date, int]]):
    """What the demo shows of a KPI over a period; None without data."""
    values = {}
    for one in indicator.formula.inputs:
        first, last = city_catalogue().days(one, of)
        there = {day: v for day, v in demo[one.measure].items() if (first or day) <= day <= last}
        if not there:
            return None
        values[one] = sum(there.values()) if one.aggregation == "sum" else there[max(there)]
    return indicator.formula.apply(values).value


def test_no_kpi_of_the_demo_is_below_zero_nor_a_share_above_a_hundred(demo):
    by_measure: dict[str, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    for key, value in demo.items():
        by_measure[key.measure][key.day] += value
    wrong, told = [], 0
    for each in city_catalogue().indicators.values():
        now = containing(TODAY, each.frequency)
        for of in (now, now.previous()) if each.source == "manual" else ():
            value = shown(each, of, by_measure)
            told += value is not None
            if value is not None and (value < 0 or (each.share and value > 100)):
                wrong.append((each.code, of.code, float(value)))
    assert wrong == []
    assert told > 500


def test_no_part_of_the_demo_is_above_its_whole_in_any_place(demo):
    known = Known(demo, city_catalogue().measures, city_places())
    above = [each for key in demo for each in known.above(key)]
    assert above == []


def test_what_the_demo_has_is_as_large_as_such_a_city(demo):
    newest: dict[str, int] = defaultdict(int)
    for key, value in demo.items():
        if key.day >= date(2026, 9, 30):
            newest[key.measure] += value
    assert 500 < newest["elections.electors"] / newest["elections.stations"] < 1500
    assert newest["elections.women_electors"] < newest["elections.electors"] < PEOPLE


@pytest.mark.parametrize(
    "measure",
    ["roads.potholes_found", "veterinary.cattle_impounded", "property.transfer_applications"],
)
def test_what_is_compared_with_the_sample_work_of_others_is_as_small_as_that(demo, measure):
    latest = max(key.day for key in demo if key.measure == measure)
    there = sum(value for key, value in demo.items() if (key.measure, key.day) == (measure, latest))
    # Six hundred grievances are filed in the year of the demo, fifty a month, of all kinds.
    assert 0 < there < 100


@pytest.mark.parametrize(
    ("measure", "least", "most"),
    [
        # Litres a person and day: water let in, and what comes back as sewage.
        ("water.produced_kl", 100 * 30 / 1_000, 250 * 30 / 1_000),
        ("drainage.generated_ml", 60 * 30 / 10**6, 200 * 30 / 10**6),
        ("water.daily_supply_kl", 0.07, 0.2),
        # Kilograms of waste a person and day.
        ("waste.generated_tonnes", 0.3 * 30 / 1_000, 0.8 * 30 / 1_000),
        ("water.energy_kwh", 1, 10),
        ("finance.revenue_budget_paise", 200_00, 3_000_00),
        ("fire.stations", 1 / 2_00_000, 1 / 40_000),
        ("education.schools", 1 / 20_000, 1 / 2_000),
        ("transport.passengers", 1, 20),
        ("electrical.lights", 1 / 100, 1 / 10),
    ],
)
def test_for_each_person_the_demo_has_as_much_as_a_city_has(demo, measure, least, most):
    latest = max(key.day for key in demo if key.measure == measure)
    there = sum(value for key, value in demo.items() if (key.measure, key.day) == (measure, latest))
    info = city_catalogue().measures[measure]
    assert least < there / 10**info.decimals / PEOPLE < most


def test_a_value_depends_on_the_seed_the_period_and_the_place_alone():
    known = city_catalogue()
    info = known.measures["garden.parks_passed"]
    places = tuple(city_places().wards)

    def made(seed: int, of: Period, place: str) -> int:
        return Sample(known, "garden", seed).value(info, of, place, places)

    september, august = containing(DAY, "month"), containing(DAY, "month").previous()
    one = made(1, september, places[0])
    assert one == made(1, september, places[0]) > 0
    assert len({one, made(2, september, places[0]), made(1, august, places[0])}) == 3
    assert one != made(1, september, places[1])
