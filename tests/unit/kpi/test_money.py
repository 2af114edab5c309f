"""Money that people enter: rupees at the desk, whole paise in the store."""

from dataclasses import replace
from decimal import Decimal

import pytest

from palika.text import Name
from services.kpi.domain.entry import Line, WrongUnit, check_unit, steps_of
from services.kpi.domain.indicators import MeasureInfo
from services.kpi.domain.money import for_people, in_rupees, to_write
from services.kpi.domain.sheets import At, header, read, template
from services.kpi.domain.unusual import unusual

NAME = Name("खर्च", "Expense")
EXPENSE = MeasureInfo(
    "a.expense_paise", NAME, "paise", department="a", every="month", least=Decimal(0)
)
TONNES = MeasureInfo("a.tonnes", NAME, "tonnes", department="a", every="month", decimals=1)


@pytest.mark.parametrize(
    ("said", "stored"),
    [
        ("2,14,85,842.05", 21_48_58_42_05),
        ("₹ 1,15,000", 1_15_000_00),
        ("१,१५,०००.५", 1_15_000_50),
        (12.5, 12_50),
        (7, 7_00),
    ],
)
def test_rupees_are_stored_in_paise(said, stored):
    assert steps_of(said, EXPENSE, "रुपये / ₹") == stored


def test_without_a_unit_a_value_is_in_the_measures_own():
    assert steps_of(2_148, EXPENSE) == 2_148
    assert steps_of("12.5", TONNES, "टन / tonnes") == 125


@pytest.mark.parametrize(
    ("said", "rule"), [("1.005", "at most 2 decimals"), ("-1", "must be at least 0")]
)
def test_what_are_no_rupees_is_refused(said, rule):
    with pytest.raises(ValueError, match=rule):
        steps_of(said, EXPENSE, "rupees")


@pytest.mark.parametrize(
    ("unit", "rule"),
    [("पैसे / paise", "an old template"), ("paise", "paise"), ("", "new template"), ("$", "new")],
)
def test_money_in_another_unit_is_refused(unit, rule):
    with pytest.raises(ValueError, match=rule):
        in_rupees(unit, "paise")


@pytest.mark.parametrize("said", [None, "", "tonnes", "टन", "टन / tonnes", "Tonnes / टन "])
def test_a_row_says_the_unit_of_its_measure_or_none(said):
    check_unit(said, replace(TONNES, unit_name=Name("टन", "tonnes")))


def test_a_row_in_another_unit_is_refused_as_500_megalitres_are_not_500_kilolitres():
    with pytest.raises(WrongUnit, match="must be टन / tonnes, not 'kg'"):
        check_unit("kg", replace(TONNES, unit_name=Name("टन", "tonnes")))


def test_a_template_asks_for_rupees_and_says_so_in_each_row():
    unit = {"mr": "पैसे", "en": "paise"}
    place = {"place": "", "name": unit, "previous": 21_48_58_42_05, "value": 700}
    asked = {"measure": EXPENSE.code, "name": unit, "unit": "paise", "unit_name": unit}
    form = {
        "department": "a",
        "measures": [asked | {"period": "2026-10", "due_on": "", "places": [place]}],
    }
    (row,) = template(form)
    assert (row[3], row[8], row[9]) == ("रुपये / ₹", 21485842.05, 7)
    row[10] = "7.50"
    filled = read([(At(None, 1), header()), (At(None, 2), row)], None, None)
    assert filled.lines == [Line(EXPENSE.code, "2026-10", "", "7.50", None, "रुपये / ₹")]


def test_people_read_rupees():
    assert for_people(21_48_58_42_05, "paise") == "₹2,14,85,842.05"
    assert (for_people(5, "tonnes"), for_people(None, "paise")) == (5, None)
    assert (to_write(150, "paise"), to_write(100, "paise"), to_write(1.5, "tonnes")) == (
        1.5,
        1,
        1.5,
    )
    found = unusual(900_00, [100_00] * 8, EXPENSE)
    assert found is not None
    assert "₹100.00; ₹900.00 is 9 times that" in found.en
