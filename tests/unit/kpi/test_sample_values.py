"""The demo's values: near their targets, and no part larger than its whole."""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction

import pytest

from services.kpi.domain.indicators import Indicator
from services.kpi.domain.period import Period, containing
from services.kpi.domain.sample_values import Sample
from services.kpi.reference import city_catalogue, city_places

DAY = date(2026, 9, 30)


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
