"""Which KPIs stand red, whatever the order in which that was told."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from uuid import UUID

from palika.text import Name
from services.warroom.domain.red_kpis import (
    KnownKpi,
    Newest,
    RedKpi,
    Told,
    gap,
    in_short,
    in_words,
    standing,
)

KPI = RedKpi("water.nrw", "water-supply", "water-ce", "red", "2026-05", "41", "30")
START = datetime(2026, 6, 1, tzinfo=UTC)


def told(hours: int, alert: int | None, *, ended: bool = False, kind: str = "red") -> Told:
    at = START + timedelta(hours=hours)
    kpi = replace(KPI, kind=kind, value=str(hours))
    return Told(kpi, at, None if alert is None else UUID(int=alert), ended)


def values(*given: Told) -> list[str]:
    return [each.value for each in standing(given)]


def test_a_kpi_stands_red_until_its_end_in_whatever_order_both_come():
    for order in permutations([told(1, 1), told(2, 1, ended=True)]):
        assert values(*order) == []
    for order in permutations([told(1, 1), told(2, 1, ended=True), told(3, 2)]):
        assert values(*order) == ["3"]


def test_the_end_of_an_earlier_alert_does_not_end_the_next():
    assert values(told(1, 1), told(2, 2), told(2, 1, ended=True)) == ["2"]
    assert values(told(1, 1), told(3, 2), told(2, 1, ended=True)) == ["3"]


def test_an_alert_of_another_kind_ends_nothing_and_is_nothing():
    assert values(told(1, 1), told(2, 2, kind="stagnant")) == ["1"]
    assert values(told(1, 1), told(2, 2, kind="season", ended=True)) == ["1"]
    assert values(told(2, 2, kind="season")) == []


def test_an_alert_that_was_heard_before_alerts_had_ids_is_ended_by_a_later_end():
    assert values(told(1, None)) == ["1"]
    assert values(told(1, None), told(2, 1, ended=True)) == []


def test_a_value_is_read_with_two_places_at_most():
    given = ("83.33333333333333", "95.0", "100", "0.005", "-0.1", "1e3", "–", "nan")
    assert [in_short(each) for each in given] == [
        *("83.33", "95", "100", "0.01", "-0.1", "1000", "–", "nan"),
    ]


def test_a_kpi_that_has_gone_over_to_another_post_stands_with_that_one():
    """It is told again, of the same alert."""
    over = replace(told(2, 1), kpi=replace(KPI, owner="drainage-ce"))
    for order in permutations([told(1, 1), over]):
        assert [each.owner for each in standing(order)] == ["drainage-ce"]
    for order in permutations([told(1, 1), over, told(3, 1, ended=True)]):
        assert standing(order) == []


def test_values_are_shown_with_unit_and_decimals_and_the_target_apart_from_where_green_begins():
    rate = KnownKpi(Name("गळती", "Leakage"), Name("%", "%"), 1, (28.0,))
    assert in_words(KPI, rate) == Name(
        "मूल्य 41.0 %, लक्ष्य 28.0 %, हिरवे 30.0 % पासून",
        "41.0 %, target 28.0 %, green begins at 30.0 %",
    )
    # Where both are one, it is said once; without a target green alone.
    assert in_words(KPI, replace(rate, target=(30.0,))).en == "41.0 %, target 30.0 %"
    assert in_words(KPI, replace(rate, target=())).en == "41.0 %, green begins at 30.0 %"
    many = replace(KPI, value="1234567.5", target="100000 – 200000")
    counted = KnownKpi(Name("x", "x"), None, 0, (100_000.0, 200_000.0))
    assert in_words(many, counted).en == "12,34,568, target 1,00,000 – 2,00,000"
    assert in_words(replace(KPI, value="–"), rate).en.startswith("– %, target")
    assert in_words(KPI, None).en == "41, green begins at 30"


def test_a_red_kpi_is_told_with_what_it_is_now():
    """Its alert is of an older period: it stands red until that is over, whatever it is now."""
    rate = KnownKpi(Name("गळती", "Leakage"), Name("%", "%"), 1, (30.0,))
    worse = replace(rate, now=Newest("2026-06", "60", "red"))
    assert in_words(KPI, worse) == Name(
        "मूल्य 41.0 %, लक्ष्य 30.0 %; आता (2026-06): 60.0 %, लाल",
        "41.0 %, target 30.0 %; now (2026-06): 60.0 %, red",
    )
    unjudged = replace(rate, now=Newest("2026-06", "60", "not judged"))
    assert in_words(KPI, unjudged).en == "41.0 %, target 30.0 %; now (2026-06): 60.0 %"
    same = replace(rate, now=Newest("2026-05", "41", "red"))
    assert in_words(KPI, same).en == "41.0 %, target 30.0 %"
    # It weighs by what it is now.
    better = replace(rate, now=Newest("2026-06", "20", "green"))
    assert (gap(KPI, better), gap(KPI, worse)) == (0, 1)
    assert gap(KPI, unjudged) == gap(KPI, rate) == gap(KPI)
