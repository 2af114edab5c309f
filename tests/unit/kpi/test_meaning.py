"""What a change of the catalogue would do to values that are entered already."""

import pytest

from services.kpi.domain.meaning import Changed, Stored, changed, overlaps
from services.kpi.domain.period import period
from tests.support.kpi_catalogue import REAL, edited

CODE = "water.produced_kl"


def stored(**changes: object) -> list[Stored]:
    info = REAL.measures[CODE]
    return [Stored(CODE, info.kind, info.decimals, 3)._replace(**changes)]


def test_what_is_stored_as_the_catalogue_says_has_not_changed():
    assert changed(stored(), REAL.measures) == []


def test_other_decimals_are_told_with_the_command_that_stores_them_anew():
    (found,) = changed(stored(), edited(CODE, decimals=2).measures)
    assert found == Changed(CODE, "decimals", 0, 2, 3)
    assert str(found) == (
        "water.produced_kl: 3 values are stored with 0 decimals, and the catalogue says 2: run "
        "`palika kpi adapt`, which stores them anew, or put it back"
    )


def test_another_kind_is_told_and_that_it_needs_a_measure_of_its_own():
    (found,) = changed(stored(), edited(CODE, kind="level").measures)
    assert (found.was, found.now) == ("sum", "level")
    assert "put it back" in str(found)
    assert "adapt" not in str(found)


def test_how_often_and_where_a_measure_is_entered_may_change():
    assert changed(stored(), edited(CODE, every="quarter", by=("ward",)).measures) == []


def test_a_measure_that_is_in_the_catalogue_no_more_is_read_by_nobody():
    assert changed(stored(measure="water.gone"), REAL.measures) == []


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        ("2026-Q2", "2026-07", "within 2026-Q2"),
        ("2026-07", "2026-Q2", "of which 2026-07 is a part"),
        ("2026-W40", "2026-09", "shares days with 2026-W40"),
        ("2026-09", "2026-W40", "shares days with 2026-09"),
        ("2026-08", "2026-07", None),
        ("2026-07", "2026-07", None),
        ("2026-10", "2026-Q2", None),
    ],
)
def test_periods_of_another_kind_that_share_days_count_twice(one, other, said):
    rule = overlaps(period(one), "", [(period(other), "")])
    assert rule is None if said is None else said in (rule or "")


def test_a_value_of_the_city_counts_twice_beside_those_of_its_wards():
    month = period("2026-07")
    assert overlaps(month, "", [(month, "ward")]) == (
        "is entered by ward already, and not for the whole city"
    )
    assert overlaps(month, "ward", [(month, "")]) is not None
    assert overlaps(month, "ward", [(month, "ward")]) is None
