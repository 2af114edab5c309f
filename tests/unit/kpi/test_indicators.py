"""Measures and KPIs: which days and departments they are read of, true zeros, rounding, words."""

from datetime import date
from fractions import Fraction

import pytest

from palika.errors import NotFound
from palika.text import Name
from services.kpi.domain.formula import NOW, Answer, Input, Shift, formula
from services.kpi.domain.indicators import Catalogue, Department, Indicator, MeasureInfo
from services.kpi.domain.period import Window, period

NAME = Name("नाव", "Name")
OCTOBER = period("2026-10")


def measure(code: str, **fields) -> MeasureInfo:
    return MeasureInfo(code, Name(f"म {code}", f"M {code}"), "count", **fields)


MEASURES = {
    each.code: each
    for each in (
        measure("a.made"),
        measure("a.sold", zero_with="a.made"),
        measure("a.worn", zero_with="a.sold"),
        measure("a.time", kind="distribution", zero_with="a.sold"),
        measure("a.late", zero_with="a.time"),
        measure("a.kinds", kind="distinct", zero_with="a.made"),
        measure("a.each", zero_with="a.kinds"),
        measure("mill.people", kind="level", every="year", department="mill"),
        measure("mill.staff", kind="level", every="month", department="mill"),
        measure("a.stock", kind="level", zero_with="a.made"),
        measure("a.gone", zero_with="a.stock"),
        measure("a.late_open"),
        measure("a.in_time", zero_with="a.sold", due_with="a.late_open"),
        measure("a.tea_sold", of="a.sold", zero_with="a.made"),
        measure("a.tea_late", of="a.late_open"),
        measure("mill.in_time", every="month", department="mill", due_with="mill.late"),
        measure("mill.late", every="month", department="mill"),
    )
}


def indicator(text: str = "rate(a.sold, a.made)", **fields) -> Indicator:
    given = {
        "code": "shop-sold",
        "department": "shop",
        "name": NAME,
        "definition": NAME,
        "unit": "percent",
        "decimals": 1,
        "formula": formula(text, MEASURES),
        "direction": "higher",
        "frequency": "month",
        "source": "events",
        "owner": "shop-head",
    }
    return Indicator(**given | fields)


KNOWN = Catalogue(
    {"shop": Department("shop", NAME, "shop-head"), "mill": Department("mill", NAME, "mill-head")},
    MEASURES,
    {"percent": NAME},
    {},
    {each.code: each for each in (indicator(), indicator(code="mill-sold", department="mill"))},
)


def test_a_department_sees_its_own_kpis_and_the_city_sees_all():
    assert [each.code for each in KNOWN.of("shop")] == ["shop-sold"]
    assert KNOWN.of("roads") == []
    assert [each.code for each in KNOWN.of(None)] == ["shop-sold", "mill-sold"]


def test_an_unknown_code_is_not_found():
    with pytest.raises(NotFound, match="'gone'"):
        KNOWN.indicator("gone")


def completed(*wanted: Input, **data):
    values = dict.fromkeys(KNOWN.needed(wanted))
    values |= {Input(name.replace("_", "."), "sum"): value for name, value in data.items()}
    whole = KNOWN.complete(values)
    return [whole[each] for each in wanted]


def test_an_absent_measure_is_zero_only_where_its_base_has_data():
    sold, worn = Input("a.sold", "sum"), Input("a.worn", "sum")
    assert completed(sold, worn, a_made=3) == [0, 0]
    assert completed(sold, worn) == [None, None]
    assert completed(sold, worn, a_worn=1) == [None, 1]
    assert completed(Input("a.kinds", "distinct"), a_made=3) == [0]


def test_of_what_is_late_and_nothing_closed_nothing_was_closed_in_time():
    late = Input("a.late_open", "sum", Shift(span="stock"))
    for done in (Input("a.in_time", "sum"), Input("a.sold", "sum"), Input("a.tea_sold", "sum")):
        for code, count in (("a.late_open", 1), ("a.tea_late", 2)):
            known = KNOWN.complete({done: None, late._replace(measure=code): count})
            assert known[done] == 0
        # Nothing is late: whether anything was due is not known.
        for count in (0, None, -1):
            assert KNOWN.complete({done: None, late: count})[done] is None
        before = late._replace(shift=Shift(("previous",), "stock"))
        assert KNOWN.complete({done: None, before: 1})[done] is None
    text = "rate(a.in_time, a.sold + stock(a.late_open))"
    share = indicator(text).formula
    given = KNOWN.complete(dict.fromkeys(KNOWN.needed(share.inputs)) | {late: 1})
    assert share.apply(given).value == 0
    # What is entered by hand is not there until it is entered.
    entered = {Input("mill.in_time", "sum"): None, Input("mill.late", "sum"): 1}
    assert KNOWN.complete(entered)[Input("mill.in_time", "sum")] is None


def test_the_base_has_to_have_data_on_the_same_days():
    before = Shift(("previous",))
    assert Input("a.made", "sum", before) in KNOWN.needed([Input("a.sold", "sum", before)])
    assert completed(Input("a.sold", "sum", before), a_made=3) == [None]


@pytest.mark.parametrize(
    ("measure", "base"),
    [
        ("a.late", Input("a.time", "percentile", NOW, Fraction(50))),
        ("a.each", Input("a.kinds", "distinct")),
        ("a.gone", Input("a.stock", "last")),
    ],
)
def test_whether_a_base_has_data_is_asked_in_its_own_way(measure, base):
    one = Input(measure, "sum")
    assert base in KNOWN.needed([one])
    assert KNOWN.complete({one: None, base: 5})[one] == 0


def test_a_percentile_of_nothing_is_never_zero():
    one = Input("a.time", "percentile", NOW, Fraction(90))
    assert completed(one, a_made=3, a_sold=3) == [None]


def test_what_events_feed_is_counted_of_the_department_and_what_is_entered_of_who_enters_it():
    sold, people = Input("a.sold", "sum"), Input("mill.people", "last")
    own, city = indicator(), indicator(scope="city")
    assert (KNOWN.whose(sold, own), KNOWN.whose(sold, city)) == ("shop", None)
    assert KNOWN.whose(sold, city, "roads") == "roads"
    assert {KNOWN.whose(people, own), KNOWN.whose(people, city, "roads")} == {"mill"}


@pytest.mark.parametrize(
    ("one", "first", "last"),
    [
        (Input("a.sold", "sum"), date(2026, 11, 1), date(2026, 11, 30)),
        (Input("a.sold", "sum", Shift(("previous",))), date(2026, 10, 1), date(2026, 10, 31)),
        (Input("a.sold", "sum", Shift((), "stock")), None, date(2026, 11, 30)),
        (Input("a.sold", "sum", Shift((), "year_to_date")), date(2026, 4, 1), date(2026, 11, 30)),
        # A level stands until an entry is left out.
        (Input("mill.staff", "last"), date(2026, 10, 1), date(2026, 11, 30)),
        (Input("mill.staff", "first"), date(2026, 9, 1), date(2026, 10, 31)),
        (Input("mill.staff", "average"), date(2026, 11, 1), date(2026, 11, 30)),
        # Entered once a year: the entry of the year before may be the last one.
        (Input("mill.people", "last"), date(2025, 4, 1), date(2026, 11, 30)),
        (Input("mill.people", "first"), date(2025, 4, 1), date(2026, 10, 31)),
        (Input("mill.people", "last", Shift(("last_year",))), date(2024, 4, 1), date(2025, 11, 30)),
    ],
)
def test_the_days_in_which_an_input_is_looked_for(one, first, last):
    assert KNOWN.days(one, period("2026-11")) == Window(first, last)


DUE = Catalogue(
    KNOWN.departments,
    {
        each.code: each
        for each in (
            # Of 2025-26 by 30 June 2026.
            measure("mill.people", kind="level", every="year", department="mill", due_days=91),
            measure("mill.boats", kind="level", every="quarter", department="mill", due_days=20),
            measure("mill.staff", kind="level", every="month", department="mill", due_days=7),
            measure("mill.looms", kind="level", every="month", department="mill", due_days=45),
        )
    },
    {},
    {},
    {},
)


@pytest.mark.parametrize(
    ("code", "days", "oldest"),
    [
        # The population of 2025-26 (31 March 2026) stands until that of 2026-27 is due.
        ("mill.people", "2026-04-01", date(2024, 4, 1)),
        ("mill.people", "2026-07", date(2025, 4, 1)),
        ("mill.people", "2027-03-31", date(2025, 4, 1)),
        ("mill.people", "2027-04-01", date(2025, 4, 1)),
        ("mill.people", "2027-04", date(2025, 4, 1)),
        ("mill.people", "2027-Q1", date(2025, 4, 1)),
        ("mill.people", "2027-06-30", date(2025, 4, 1)),
        ("mill.people", "2027-07-01", date(2026, 4, 1)),
        ("mill.people", "2027-07", date(2026, 4, 1)),
        ("mill.people", "2027-Q2", date(2026, 4, 1)),
        ("mill.people", "2026", date(2025, 4, 1)),
        # Of July to September by 20 October.
        ("mill.boats", "2026-10-20", date(2026, 4, 1)),
        ("mill.boats", "2026-10-21", date(2026, 7, 1)),
        ("mill.boats", "2026-10", date(2026, 7, 1)),
        ("mill.boats", "2026-12", date(2026, 7, 1)),
        # Of October by 7 November.
        ("mill.staff", "2026-11-07", date(2026, 9, 1)),
        ("mill.staff", "2026-11-08", date(2026, 10, 1)),
        ("mill.staff", "2026-11", date(2026, 10, 1)),
        ("mill.staff", "2026-Q3", date(2026, 10, 1)),
        # Of September by 14 November: later than a month.
        ("mill.looms", "2026-11-14", date(2026, 8, 1)),
        ("mill.looms", "2026-11-15", date(2026, 9, 1)),
    ],
)
def test_a_level_stands_until_the_next_one_is_due(code, days, oldest):
    asked = period(days)
    assert DUE.days(Input(code, "last"), asked) == Window(oldest, asked.last)


def test_what_stood_before_a_period_is_what_was_not_out_of_date_then():
    first = Input("mill.people", "first")
    assert DUE.days(first, period("2027-07")) == Window(date(2025, 4, 1), date(2027, 6, 30))
    assert DUE.days(first, period("2027-08")) == Window(date(2026, 4, 1), date(2027, 7, 31))


def test_over_a_year_the_last_value_of_the_year_counts_or_of_the_one_before():
    people, staff = Input("mill.people", "last"), Input("mill.staff", "last")
    assert KNOWN.days(people, period("2026")) == Window(date(2025, 4, 1), date(2027, 3, 31))
    assert KNOWN.days(staff, period("2026")) == Window(date(2026, 4, 1), date(2027, 3, 31))


def test_why_there_is_no_value_is_told_with_the_names_of_the_measures():
    sold = Input("a.sold", "sum")
    assert KNOWN.why(Answer(Fraction(1)), OCTOBER) is None
    missing = KNOWN.why(Answer(None, (sold, sold._replace(shift=Shift(("previous",))))), OCTOBER)
    assert missing == Name("माहिती उपलब्ध नाही: “म a.sold”", "no data: “M a.sold”")
    old = KNOWN.why(Answer(None, (Input("mill.people", "last"), sold)), OCTOBER)
    assert old.en == (
        "no data: “M a.sold”; "
        "no data that are up to date: “M mill.people” (2025, due on 31-03-2026)"
    )
    assert old.mr.endswith("; अद्ययावत माहिती उपलब्ध नाही: “म mill.people” (2025, मुदत 31-03-2026)")
    none = KNOWN.why(Answer(None, (Input("a.stock", "last"),)), OCTOBER)
    assert none.en == "no data that are up to date: “M a.stock”"
    by_zero = KNOWN.why(Answer(None, divisor="(a.made - a.sold)"), OCTOBER)
    assert by_zero.en == "division by zero: (“M a.made” - “M a.sold”) = 0"
    assert by_zero.mr == "शून्याने भागाकार: (“म a.made” - “म a.sold”) = 0"


@pytest.mark.parametrize(
    ("value", "decimals", "shown"),
    [
        (Fraction(1, 3), 1, "0.3"),
        (Fraction(25, 100), 1, "0.3"),
        (Fraction(-25, 100), 1, "-0.3"),
        (Fraction(-1, 100), 1, "0.0"),
        (Fraction(5, 2), 0, "3"),
        (Fraction(0), 2, "0.00"),
        (Fraction(10**17 + 1, 100), 2, "1000000000000000.01"),
    ],
)
def test_values_are_rounded_halves_away_from_zero(value, decimals, shown):
    of = indicator(decimals=decimals)
    assert str(of.rounded(value)) == shown
    assert str(of.as_number(value)) == str(float(shown))


def moved(code: str, *back: str, aggregation: str = "sum", span: str = "period") -> Input:
    return Input(code, aggregation, Shift(back, span))


YTD = moved("a.made", "last_year", span="year_to_date")
STAFF_YEAR = moved("mill.staff", "last_year", aggregation="last")
STAFF_BEFORE = moved("mill.staff", "previous", aggregation="last")


@pytest.mark.parametrize(
    ("one", "of", "first", "last"),
    [
        (moved("a.made", "last_year"), "2026", date(2025, 4, 1), date(2025, 11, 15)),
        (moved("a.made", "previous"), "2026-Q3", date(2026, 7, 1), date(2026, 8, 15)),
        (
            moved("a.made", "last_year", span="year_to_date"),
            "2026-11",
            date(2025, 4, 1),
            date(2025, 11, 15),
        ),
        (moved("a.made", "last_year"), "2026-W46", date(2025, 11, 10), date(2025, 11, 16)),
        # What is entered by the month is there up to October.
        (moved("mill.late", "last_year"), "2026-Q3", date(2025, 10, 1), date(2025, 10, 31)),
        (
            moved("mill.staff", "last_year", aggregation="last"),
            "2026-11",
            date(2025, 9, 1),
            date(2025, 10, 31),
        ),
        # How it stood when the period before ended.
        (
            moved("mill.staff", "previous", aggregation="last"),
            "2026-11",
            date(2026, 9, 1),
            date(2026, 10, 31),
        ),
        (moved("a.made", "previous", span="stock"), "2026-11", None, date(2026, 10, 31)),
        # All that there is of what is not compared, and of what does not run.
        (moved("a.made"), "2026", date(2026, 4, 1), date(2027, 3, 31)),
        (moved("a.made", "last_year"), "2025", date(2024, 4, 1), date(2025, 3, 31)),
        (moved("a.made", "last_year"), "2027", date(2026, 4, 1), date(2027, 3, 31)),
    ],
)
def test_while_a_period_runs_another_counts_up_to_the_same_day(one, of, first, last):
    assert KNOWN.days(one, period(of), date(2026, 11, 15)) == Window(first, last)
    # Without a day, all of it.
    assert KNOWN.days(one, period(of)).last >= last
