"""What is kept of a sketch's months is what would be added up of its cells anew."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kpi.domain.formula import Input
from services.kpi.queries.by_month import Pair
from services.kpi.queries.sketched import Sketch, Sketched

ASKED = [
    Sketched(Pair("x.who", None), Input("x.who", kind), first, 2026 * 12 + 3 + 2)
    for kind in ("distinct", "percentile")
    for first in (2026 * 12 + 3 + 1, None)
]
MONTHS = st.lists(st.one_of(st.none(), st.integers(-1, 2)), min_size=12, max_size=12).map(tuple)
"""Of a financial year; None: nothing came, which is not that it came to 0."""


def rows(cells: dict[Any, Any]) -> Any:
    return lambda years: [(*key, *months) for key, months in cells.items() if key[0] in years]


@given(st.lists(st.tuples(st.sampled_from((2025, 2026)), st.integers(1, 3), MONTHS), max_size=8))
def test_a_sketch_whose_cells_change_and_are_lost_says_what_one_made_anew_says(changes):
    kept, cells = Sketch(), {}
    for one in ASKED:
        assert kept.value(one, rows(cells)) is None
    for year, cell, months in changes:
        kept.move(year, cell, cells.get((year, cell)), months)
        cells[year, cell] = months
        for one in ASKED:
            assert kept.value(one, rows(cells)) == Sketch().value(one, rows(cells))


@pytest.mark.parametrize("one", ASKED)
def test_months_that_came_to_nothing_are_data_and_months_that_are_lost_are_none(one):
    months, lost = (None, 2, *[None] * 10), (None,) * 12
    sketch = Sketch()
    assert sketch.value(one, rows({(2026, 9): months}))
    sketch.move(2026, 9, months, (None, 0, *lost[2:]))
    there = sketch.value(one, rows({}))
    assert there == Sketch().value(one, rows({(2026, 9): (None, 0, *lost[2:])}))
    sketch.move(2026, 9, (None, 0, *lost[2:]), lost)
    assert sketch.value(one, rows({})) is None
