"""Which places a value covers; values that are not of all that they should be are not judged."""

from fractions import Fraction
from typing import Any

import pytest

from palika.text import Name
from services.kpi.domain.formula import formula
from services.kpi.domain.indicators import Aim, Indicator, MeasureInfo
from services.kpi.domain.judging import judge, judge_based
from services.kpi.domain.period import period
from services.kpi.domain.places import Places
from services.kpi.domain.sides import Basis, Made, Missing, Side, in_words, lacking, uneven

APRIL, MAY = period("2026-04"), period("2026-05")


def side(name: str, covers: set[tuple[Any, str]], *periods: Any, **fields: Any) -> Side:
    given = {"every": "month", "by": ("ward",)} | fields
    info = MeasureInfo(f"x.{name}", Name(name, name), "count", **given)
    return Side(info, periods or (MAY, APRIL), covers)


def test_sums_are_there_for_the_same_wards_and_months():
    both = {(APRIL, "a"), (APRIL, "b"), (MAY, "a"), (MAY, "b")}
    assert uneven([side("done", both), side("due", both)]) is None
    one = uneven([side("done", both - {(MAY, "b")}), side("due", both)])
    assert one is not None
    assert one.en == (
        "“done” and “due” are not of the same places and periods (they differ in 2026-05, "
        "places: 1): this is not judged"
    )
    city = [side("done", {(APRIL, "")}, by=()), side("due", {(APRIL, ""), (MAY, "")}, by=())]
    found = uneven(city)
    assert found is not None
    assert "differ in 2026-05)" in found.en


def test_a_level_stands_beside_sums_of_the_same_wards_whenever_it_was_entered():
    level = side("homes", {(APRIL, "a"), (APRIL, "b")}, APRIL, kind="level")
    assert uneven([side("trips", {(MAY, "a"), (MAY, "b")}, MAY), level]) is None
    assert uneven([side("trips", {(MAY, "a")}, MAY), level]) is not None
    # Over other months than the other sum's the places alone are compared.
    assert uneven([side("a", {(MAY, "a")}, MAY), side("b", {(APRIL, "a"), (MAY, "a")})]) is None


def test_what_is_not_there_at_all_or_is_a_true_zero_or_of_other_places_is_left_out():
    there = side("due", {(APRIL, "a")})
    assert uneven([there, side("done", set())]) is None
    assert uneven([there, side("done", {(MAY, "b")}, zero_with="x.due")]) is None
    assert uneven([there, side("done", {(APRIL, "")}, by=())]) is None


PLACES = Places(
    {each: Name(each, each.upper()) for each in "abcdefg"},
    {"z": Name("z", "Z")},
    dict.fromkeys("ab", "z"),
)
WARDS = list(PLACES.wards)


def made(written: str, *sides: Side, **fields: Any) -> Made:
    """A KPI of May over those measures, beside `x.filed`, which events feed; who lacks something
    has lacked it since May."""
    infos = {f"x.{each.info.name.en}": each.info for each in sides}
    infos["x.filed"] = MeasureInfo("x.filed", Name("filed", "filed"), "count")
    of = Indicator(
        *("k", "x", Name("k", "k"), Name("k", "k"), "count", 0, formula(written, infos)),
        **{"direction": "lower", "frequency": "month", "source": "manual", "owner": "head"}
        | {"every_year": Aim(Fraction(10), Fraction(10))}
        | fields,
    )
    lacks = lacking(sides, PLACES)
    return Made(
        of,
        sides,
        {key: Missing(key[1], MAY, infos[key[0]].kind == "level") for key in lacks},
    )


def of(name: str, wards: str, **fields: Any) -> Side:
    return side(name, {(MAY, each) for each in wards}, MAY, **fields)


def test_a_sum_lacks_the_places_that_others_have_and_a_level_those_out_of_date():
    a_sum = side("done", {(APRIL, "a"), (MAY, "a"), (MAY, "b")}, MAY, APRIL)
    found = lacking([a_sum], PLACES)
    assert found["x.done", "b"] == APRIL
    assert found["x.done", "c"] == MAY
    assert ("x.done", "a") not in found
    # Of April nobody has a value: it is no ward's that it lacks.
    assert ("x.done", "b") not in lacking([a_sum._replace(periods=(MAY,))], PLACES)
    level = side("homes", {(APRIL, "a"), (MAY, "b")}, MAY, APRIL, kind="level")
    assert set(lacking([level], PLACES)) == {("x.homes", each) for each in "cdefg"}
    # Nothing at all is "no data"; what is zero where it is absent lacks nothing; nor does the city.
    assert not lacking([side("done", set())], PLACES)
    assert not lacking([of("done", "a", zero_with="x.due")], PLACES)
    assert not lacking([side("done", {(MAY, "")}, by=())], PLACES)


@pytest.mark.parametrize(
    ("written", "sides", "partial", "rises"),
    [
        ("x.done", [of("done", "abcdefg")], False, False),
        ("x.done", [of("done", "ab")], True, True),
        ("-x.done", [of("done", "ab")], True, True),
        # A rate of those wards alone.
        ("rate(x.done, x.due)", [of("done", "ab"), of("due", "ab")], False, False),
        ("rate(x.done, x.due)", [of("done", "ab"), of("due", "abc")], True, False),
        # What events count is of all wards, as is what is entered for the city.
        ("rate(x.done, x.filed)", [of("done", "ab")], True, True),
        ("rate(x.filed, x.done)", [of("done", "ab")], True, False),
        (
            "rate(x.done, x.all)",
            [of("done", "ab"), side("all", {(MAY, "")}, MAY, by=())],
            True,
            True,
        ),
        ("x.homes", [of("homes", "ab", kind="level")], True, True),
        ("x.people / x.homes", [of(n, "ab", kind="level") for n in ("people", "homes")], 0, 0),
    ],
)
def test_a_value_is_partial_where_what_is_missing_would_change_it(written, sides, partial, rises):
    basis = made(written, *sides).basis(PLACES)
    assert (basis.partial is not None, basis.rises) == (bool(partial), bool(rises))
    assert basis.covers is not None
    assert basis.covers.has == len({ward for _, ward in sides[0].covers})


def test_what_lacks_is_named_with_since_when():
    basis = made("x.done", of("done", "g")).basis(PLACES)
    assert basis.covers is not None
    assert [each.place for each in basis.covers.missing] == WARDS[:-1]
    words = in_words(basis.covers, PLACES)
    assert words.en == (
        "1 of 7 wards; without A (since 2026-05), B (since 2026-05), C (since 2026-05), "
        "D (since 2026-05), E (since 2026-05) and 1 more"
    )
    assert words.mr.startswith("7 पैकी 1 प्रभाग; नसलेले: a (2026-05 पासून)")
    assert basis.partial is not None
    assert basis.partial.en == f"{words.en}: this is not judged"
    level = of("homes", "abcdef", kind="level")
    stale = made("x.homes", level).basis(PLACES).covers
    assert stale is not None
    assert in_words(stale, PLACES).en == (
        "6 of 7 wards; without G (since 2026-05; its last value counts)"
    )
    never = stale._replace(missing=(Missing("g", None, False),))
    assert in_words(never, PLACES).en == "6 of 7 wards; without G (never entered)"
    assert in_words(stale._replace(missing=()), PLACES) == Name("सर्व 7 प्रभाग", "all 7 wards")


def test_of_two_measures_a_place_lacks_since_the_first_did():
    one, other = of("done", "ab"), of("due", "ab")
    both = made("rate(x.done, x.due)", one, other)
    for since, kept in ((APRIL, APRIL), (None, None)):
        missing = {**both.missing, ("x.due", "c"): Missing("c", since, False)}
        covers = both._replace(missing=missing).basis(PLACES).covers
        assert covers is not None
        assert covers.missing[0] == Missing("c", kept, False)


def test_a_part_covers_its_own_places_and_one_that_is_all_out_of_date_is_not_judged():
    of_homes = made("x.people / x.homes", *(of(n, "a", kind="level") for n in ("people", "homes")))
    zone = of_homes.basis(PLACES, ("z", "a", "b"))
    assert zone.covers is not None
    assert (zone.covers.places, zone.covers.has, zone.partial) == (("a", "b"), 1, None)
    assert of_homes.basis(PLACES, ("a",)).partial is None
    stale = of_homes.basis(PLACES, ("b",))
    assert stale.partial is not None
    assert "B (since 2026-05; its last value counts)" in stale.partial.en
    assert of_homes.basis(PLACES, ("",)) == Basis()


@pytest.mark.parametrize(
    ("direction", "value", "status"),
    [
        # What is missing can only make it more.
        ("lower", 9, "not judged"),
        # Amber is too much already, and may be red yet.
        ("lower", 11, "not judged"),
        ("lower", 99, "red"),
        ("higher", 9, "not judged"),
        ("higher", 99, "green"),
    ],
)
def test_a_sum_of_some_places_is_judged_where_the_others_cannot_change_it(direction, value, status):
    of_some = made("x.done", of("done", "ab"), direction=direction)
    found = judge(of_some.indicator, Fraction(value), MAY)
    assert found.status in ("green", "amber", "red")
    basis = of_some.basis(PLACES)
    judged = judge_based(of_some.indicator, Fraction(value), found, basis)
    assert judged.status == status
    # A level may fall where it stands from before.
    level = made("x.homes", of("homes", "ab", kind="level"), direction=direction)
    judged = judge_based(level.indicator, Fraction(value), found, level.basis(PLACES))
    assert judged.status == "not judged"
    assert judged.words == level.basis(PLACES).partial


@pytest.mark.parametrize(
    ("value", "whole", "status"),
    [
        (1, "red", "not judged"),
        (8, "green", "not judged"),
        (11, "amber", "not judged"),
        (99, "red", "red"),
    ],
)
def test_a_sum_of_some_places_that_is_to_be_within_a_band_is_red_above_it_alone(
    value, whole, status
):
    aim = Aim(Fraction(5), Fraction(10))
    of_some = made("x.done", of("done", "ab"), direction="band", every_year=aim)
    found = judge(of_some.indicator, Fraction(value), MAY)
    assert found.status == whole
    basis = of_some.basis(PLACES)
    assert judge_based(of_some.indicator, Fraction(value), found, basis).status == status
