"""An assessment without its steps, and one for two like halves: the amounts are the same."""

import random
from dataclasses import replace
from datetime import date

from services.tax.domain.assessment import assess_by
from services.tax.domain.half_year import HalfYear
from services.tax.domain.property import Floor, Property
from services.tax.domain.rates import USES
from services.tax.domain.rates_file import sheet
from services.tax.reference import rates
from tests.support.rate_sheet import raw_sheet, rule

KNOWN = date(2026, 4, 1)


def some(rng: random.Random) -> Property:
    shipped = rates()
    floors = []
    for label in ("Ground", "First", "Second")[: rng.randrange(1, 4)]:
        use = rng.choice(USES)
        plot = use == "open_plot"
        construction = None if plot else rng.choice(sorted(shipped.classes))
        built_in = None if plot else rng.randrange(1930, 2015)
        occupancy = rng.choice(["self", "let", "vacant"])
        floors.append(
            Floor(label, rng.randrange(500, 90_000), use, construction, built_in, occupancy)
        )
    claims = rng.sample(sorted(shipped.claims), rng.randrange(len(shipped.claims) + 1))
    zone = rng.choice(["zone-1", "zone-2", "zone-3"])
    return Property("P", zone, tuple(floors), frozenset(claims))


def test_the_amounts_are_the_same_without_the_steps():
    rng = random.Random(1)
    given = 0
    for _ in range(400):
        owed, half_year = some(rng), HalfYear(rng.randrange(2016, 2027), rng.randrange(1, 3))
        figures = rates().in_force(half_year, KNOWN)
        told, short = assess_by(owed, figures), assess_by(owed, figures, explain=False)
        assert short.steps == short.valuation.steps == ()
        assert told.steps
        assert short.lines == told.lines
        assert short.valuation.floors == told.valuation.floors
        assert replace(short, steps=told.steps, valuation=told.valuation) == told
        given += any(line.concession for line in told.lines)
    assert 50 < given < 400


def test_like_halves_owe_the_same():
    rng = random.Random(2)
    alike = 0
    for year in range(2016, 2027):
        one, other = HalfYear(year, 1), HalfYear(year, 2)
        if not rates().alike(one, other, KNOWN):
            continue
        alike += 1
        for _ in range(20):
            owed = some(rng)
            first = assess_by(owed, rates().in_force(one, KNOWN))
            second = assess_by(owed, rates().in_force(other, KNOWN))
            assert replace(first, half_year=other) == second
    assert alike > 5


def test_halves_of_two_years_or_of_two_rates_are_not_alike():
    assert not rates().alike(HalfYear(2024, 2), HalfYear(2025, 1), KNOWN)
    raw = raw_sheet()
    raw["heads"]["general"]["rules"].append(rule(date(2018, 10, 1), percent=30))
    changed = sheet(raw)
    assert not changed.alike(HalfYear(2018, 1), HalfYear(2018, 2), KNOWN)
    assert changed.alike(HalfYear(2019, 1), HalfYear(2019, 2), KNOWN)
