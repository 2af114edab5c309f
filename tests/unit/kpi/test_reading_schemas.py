"""Which period may be asked for, and how."""

from datetime import UTC, date, datetime

import pytest
from marshmallow import ValidationError

from palika.india import day_of
from services.kpi.domain.period import Period, askable, period
from services.kpi.queries.asking import asked, points, year_before
from services.kpi.schemas.reading import DashboardArgs, DrillArgs, TraceArgs

NOTHING = {"period": None, "from_day": None, "to_day": None, "department": None}


def test_nothing_at_all_may_be_said():
    assert DashboardArgs().load({}) == NOTHING


@pytest.mark.parametrize(
    ("args", "field", "rule"),
    [
        ({"from_day": "2026-04-01"}, "to_day", "with the other day"),
        ({"to_day": "2026-04-01"}, "from_day", "with the other day"),
        (
            {"from_day": "2026-04-01", "to_day": "2026-04-02", "period": "2026"},
            "period",
            "must not be given with",
        ),
        ({"from_day": "2026-04-02", "to_day": "2026-04-01"}, "to_day", "not be before"),
    ],
)
def test_a_period_is_a_code_or_two_days_in_order(args, field, rule):
    with pytest.raises(ValidationError) as refused:
        DashboardArgs().load(args)
    assert rule in refused.value.messages[field][0]


@pytest.mark.parametrize(
    ("args", "field"),
    [
        ({"from_day": "2026-04-01", "to_day": "9999-12-31"}, "to_day"),
        ({"from_day": "0001-01-01", "to_day": "2026-04-01"}, "from_day"),
        ({"from_day": "2000-03-31", "to_day": "2026-04-01"}, "from_day"),
        ({"period": "1999"}, "period"),
        ({"period": "2200"}, "period"),
        ({"period": "2000-03"}, "period"),
    ],
)
def test_nothing_is_asked_of_years_that_are_far_away(args, field):
    with pytest.raises(ValidationError, match="must be from 2000-04-01 to 2") as refused:
        DashboardArgs().load(args)
    assert list(refused.value.messages) == [field]


def test_from_the_year_2000_to_20_years_ahead_all_may_be_asked():
    assert askable(date(2027, 3, 31)) == (date(2000, 4, 1), date(2047, 3, 31))
    assert askable(date(2027, 4, 1))[1] == date(2048, 3, 31)
    first, last = askable(day_of(datetime.now(UTC)))
    DashboardArgs().load({"from_day": first.isoformat(), "to_day": last.isoformat()})
    DashboardArgs().load({"period": "2000"})
    assert DashboardArgs().load({"period": "no period"})["period"] == "no period"
    for args in ({"day": "9999-12-31"}, {"day": "0001-01-01"}):
        with pytest.raises(ValidationError, match="must be from"):
            TraceArgs().load({"measure": "a.b", **args})


def test_a_kpi_is_parted_by_what_it_can_be():
    with pytest.raises(ValidationError):
        DrillArgs().load({"code": "a", "by": "officer"})


def test_a_trace_lists_a_thousand_unless_told():
    args = TraceArgs().load({"measure": "a.b", "day": "2026-04-01"})
    assert (args["limit"], args["to_the_end"], args["ward"]) == (1_000, False, None)


def test_a_series_reaches_back_to_the_same_period_of_the_year_before():
    today = date(2026, 11, 15)
    months = points(asked(NOTHING | {"period": "2026-11"}, today, False).one, True)
    assert (len(months), months[0].code, months[-1].code) == (13, "2025-11", "2026-11")
    weeks = points(period("2026-W48"), True)
    assert (len(weeks), weeks[0].code, weeks[1].code) == (14, "2025-W48", "2026-W36")
    some = Period("day", date(2026, 11, 2), date(2026, 11, 5))
    assert points(some, False) == (some,)


@pytest.mark.parametrize(
    "code", ["2026-11", "2026-Q3", "2026-H1", "2026", "2026-W48", "2026-W53", "2026-11-28"]
)
def test_the_year_before_is_found_in_the_series(code):
    periods = points(period(code), True)
    assert periods[year_before(periods)] == periods[-1].last_year()
    assert periods[-2] == periods[-1].previous()
