"""Charts, periods and what a view shows, without a service."""

from contextlib import contextmanager
from datetime import date

import pytest
from werkzeug.datastructures import MultiDict

from palika.errors import Invalid
from services.portal.counter.taking import by_half_year
from services.portal.dashboards import charts, periods
from services.portal.dashboards.picking import picked

RED = {
    "code": "x-rate",
    "name": {"mr": "पाणी", "en": "Water supplied"},
    "owned_by": "water-supply",
    "owner": "water-ce",
    "status": "red",
    "trend": {"previous": {"trend": "worse"}, "last_year": {"trend": None}},
}


@pytest.fixture
def page(app):
    """A page of an address, as it is being made."""

    @contextmanager
    def page(path):
        with app.test_request_context(path):
            app.preprocess_request()
            yield

    return page


@pytest.mark.parametrize(
    ("code", "first", "last"),
    [
        ("2026-11", "2026-11-01", "2026-11-30"),
        ("2026-12", "2026-12-01", "2026-12-31"),
        ("2026-Q3", "2026-10-01", "2026-12-31"),
        ("2026-Q4", "2027-01-01", "2027-03-31"),
        ("2026-H1", "2026-04-01", "2026-09-30"),
        ("2026-H2", "2026-10-01", "2027-03-31"),
        ("2026", "2026-04-01", "2027-03-31"),
        ("2026-W48", "2026-11-23", "2026-11-29"),
        ("2026-11-28", "2026-11-28", "2026-11-28"),
    ],
)
def test_a_period_has_the_days_that_the_kpi_service_gives_it(code, first, last):
    assert periods.days_of(code) == (date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize("code", ["", "2026-13", "2026-Q5", "2026-W60", "2026-02-30", "x"])
def test_what_is_no_period_has_no_days(code):
    assert periods.days_of(code) is None


def test_a_form_offers_periods_that_there_are_the_newest_first(page):
    with page("/en/"):
        offered = periods.choices(date(2026, 2, 10))
        codes = [code for code, _ in offered]
        assert codes[:3] == ["2026-02", "2026-01", "2025-12"]
        assert [each for each in codes if "Q" in each][:2] == ["2025-Q4", "2025-Q3"]
        assert [each for each in codes if "H" in each][:2] == ["2025-H2", "2025-H1"]
        assert codes[-4:] == ["2025", "2024", "2023", "2022"]
        assert all(periods.days_of(each) for each in codes)
        assert dict(offered)["2025-Q3"] == "October – December 2025"


def test_periods_are_short_at_an_axis_in_both_languages(page):
    with page("/en/"):
        assert [periods.short(each) for each in ("2026-Q3", "2026", "2026-W48", "?")] == [
            "Q3 26-27",
            "26-27",
            "W48",
            "?",
        ]
    with page("/mr/"):
        assert periods.short("2026-Q3") == "ति.३ २६-२७"


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({}, True),
        ({"words": "SUPPLIED water"}, True),
        ({"words": "पाणी"}, True),
        ({"words": "x-rate"}, True),
        ({"words": "water gas"}, False),
        ({"status": "red", "owner": "water-ce", "changed": "worse"}, True),
        ({"status": "green"}, False),
        ({"department": "roads"}, False),
        ({"owner": "roads-ce"}, False),
        ({"changed": "better"}, False),
    ],
)
def test_a_kpi_is_shown_if_all_that_is_asked_for_is_so(query, shown):
    assert picked(MultiDict(query)).shows(RED) is shown


@pytest.mark.parametrize("name", ["status", "changed", "sort"])
def test_a_word_that_is_none_of_those_is_refused_by_its_field(name):
    with pytest.raises(Invalid) as refused:
        picked(MultiDict({name: "nothing"}))
    assert list(refused.value.fields) == [name]


def test_a_spark_is_one_path_with_gaps_and_none_of_one_value():
    drawn = str(charts.spark([1, None, 2, 3]))
    assert drawn.count("<path") == 1
    assert drawn.count("M") == 2
    assert str(charts.spark([None, 5, None])) == ""
    assert "NaN" not in str(charts.spark([4, 4, 4]))


@pytest.mark.parametrize(
    ("low", "high"), [(0, 1), (3, 3), (0, 0), (-5, 7), (98.6, 99.1), (0, 12_345_678), (-2, -2)]
)
def test_an_axis_is_round_and_holds_all_values(low, high):
    axis = charts.scale(low, high)
    assert axis[0] <= low
    assert axis[-1] >= high
    assert 2 <= len(axis) <= 8


def test_a_chart_has_each_value_in_a_form_of_its_status_and_stays_within_itself():
    dots = [charts.Dot("a", 1, "green"), charts.Dot("b", None), charts.Dot("c", 3, "red")]
    chart = charts.Chart(
        dots,
        "T<",
        target=[1, 2],
        season=(2, 2.5, 99),
        forecast=(4, -900, 900, "d"),
        beside=[1, 2, 3],
    )
    axis = charts.ticks(chart)
    assert max(axis) < 20, "a wide interval does not flatten the rest"
    told = charts.Chart(**{**_fields(chart), "numbers": [str(each) for each in axis]})
    drawn = str(charts.over_time(told))
    assert drawn.count('class="green"') == drawn.count('class="red"') == 1
    assert 'aria-label="T&lt;"' in drawn
    assert "style" not in drawn
    assert charts.over_time(charts.Chart([charts.Dot("a", None)], "t")) == ""


def _fields(chart):
    return {name: getattr(chart, name) for name in chart.__slots__}


def test_shares_leave_out_what_is_not_there():
    drawn = str(charts.shares([("green", 3), ("red", 0), ("none", 1)]))
    assert 'class="green" x="0" width="90"' in drawn
    assert "red" not in drawn
    assert str(charts.bar(None, 3, "red")) == ""
    assert 'class="none"' in str(charts.bar(1, 3, "not judged"))


def test_half_years_at_the_counter_are_called_as_citizens_read_them(app):
    dues = [
        {"half_year": "2026-27/1", "paise": 100},
        {"half_year": "2026-27/1", "paise": 20},
        {"half_year": "2026-27/2", "paise": 3},
    ]
    with app.test_request_context("/mr/"):
        app.preprocess_request()
        assert by_half_year({"dues": dues}) == [
            ("२०२६-२७, एप्रिल ते सप्टेंबर", 120),
            ("२०२६-२७, ऑक्टोबर ते मार्च", 3),
        ]
