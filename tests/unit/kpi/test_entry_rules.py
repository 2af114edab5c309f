"""What may be entered by hand: numbers as they are written, places, desks, templates, the score."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import chain
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from palika.auth import Identity
from palika.errors import Forbidden
from palika.india import grouped
from palika.reading import Mistakes
from palika.text import Name
from services.eoffice.organisation_store import shipped
from services.kpi.commands.remind import deadlines
from services.kpi.domain.desks import entry_rules
from services.kpi.domain.entry import Problem, number_of, period_of, shown, steps_of
from services.kpi.domain.indicators import MeasureInfo
from services.kpi.domain.places import places
from services.kpi.domain.quality import Counts, quality
from services.kpi.domain.sheets import COLUMNS, At, Filled, header, merged, read
from services.kpi.domain.unusual import compared, unusual
from services.kpi.reference import city_entry, city_places

INFO = MeasureInfo(
    "x.y", Name("क", "x"), "count", department="roads", decimals=1, every="month", due_days=10
)


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("1,15,000", "115000"),
        ("१,१५,०००.५", "115000.5"),
        ("115,000", "115000"),
        (" -12.50 ", "-12.50"),
        ("0", "0"),
        (12, "12"),
        (12.1, "12.1"),
        ("−5", "-5"),
    ],
)
def test_numbers_are_read_as_people_write_them(said, number):
    assert number_of(said) == Decimal(number)


@pytest.mark.parametrize(
    "said",
    [
        *("", "1,5", "12,34", "1,1500", "अकरा", "1.2.3", "1e5", "=1+1", "nan", float("nan")),
        *(float("inf"), True, None, "1 000", "12%", ",5", "1,,000"),
    ],
)
def test_what_is_no_number_is_refused(said):
    with pytest.raises(ValueError, match="must be"):
        number_of(said)


@given(st.integers(-(10**15), 10**15))
def test_every_whole_number_is_read_back_from_the_indian_manner(number):
    assert number_of(grouped(number)) == number


@given(st.integers(-(10**14), 10**14))
def test_a_stored_value_is_shown_as_it_was_entered(steps):
    assert steps_of(shown(steps, INFO), INFO) == steps


def test_a_value_with_too_many_decimals_is_refused():
    assert steps_of("12.50", INFO) == 125
    with pytest.raises(ValueError, match="at most 1 decimals"):
        steps_of("12.55", INFO)


@pytest.mark.parametrize(
    ("code", "rule"),
    [
        ("2026-Q2", "must be a month"),
        ("2026-11", "not over yet"),
        ("2025-03", "another year"),
        ("yesterday", "is no period"),
    ],
)
def test_a_period_of_another_kind_or_year_is_refused(code, rule):
    with pytest.raises(ValueError, match=rule):
        period_of(code, INFO, date(2026, 11, 28), 1)


def test_a_period_is_entered_from_the_day_after_its_last_one_on():
    with pytest.raises(ValueError, match="not over yet"):
        period_of("2026-11", INFO, date(2026, 11, 30), 1)
    assert period_of("2026-11", INFO, date(2026, 12, 1), 1).code == "2026-11"


def test_a_period_may_be_in_the_digits_of_marathi():
    assert period_of("२०२६-१०", INFO, date(2026, 11, 28), 1).code == "2026-10"


def test_the_wards_are_those_of_the_grievance_service(root: Path):
    other = root / "services" / "grievance" / "data" / "wards.yaml"
    wards = yaml.safe_load(other.read_text("utf-8"))["wards"]
    assert {code: (name.mr, name.en) for code, name in city_places().wards.items()} == {
        code: (each["mr"], each["en"]) for code, each in wards.items()
    }


def test_every_post_that_enters_or_checks_is_one_of_the_department():
    posts = {each["code"]: each["department"] for each in shipped("posts")}
    for department, desk in city_entry().desks.items():
        for post in chain(desk.enter, desk.check):
            assert posts[post] == department, post
        assert desk.enter
        # Nobody could approve what a department's only desk has entered.
        assert desk.check - desk.enter


def test_the_desks_of_an_unknown_department_and_wrong_weights_are_named():
    raw = {
        "remind_days": 3,
        "tell_days": 31,
        "years_back": 1,
        "weights": {"completeness": 50, "timeliness": 30, "corrections": 15, "outliers": 15},
        "desks": {"mars": {"enter": ["a"], "check": ["b"]}},
    }
    with pytest.raises(Mistakes) as refused:
        entry_rules(raw, {"roads": "roads-ce"})
    assert {place for place, _ in refused.value.found} == {"weights", "desks, mars", "desks"}


def test_a_ward_of_no_zone_is_named():
    raw = {
        "zones": {"z": {"mr": "झ", "en": "Z"}},
        "wards": {
            "w": {"mr": "व", "en": "W", "zone": "y"},
            "z": {"mr": "व", "en": "V", "zone": "z"},
        },
    }
    with pytest.raises(Mistakes) as refused:
        places(raw)
    assert {place for place, _ in refused.value.found} == {"wards, w, zone", "wards, z"}


def test_a_place_is_found_by_its_code_or_its_name_in_either_language():
    for said in ("kothrud-bavdhan", "Kothrud-Bavdhan", "कोथरूड-बावधन"):
        assert city_places().find(["ward"], said) == "kothrud-bavdhan"
    assert city_places().find(["zone"], "kothrud-bavdhan") is None


def test_only_the_owner_or_an_administrator_signs_off():
    rules = city_entry()
    rules.check_sign(Identity.of("officer:roads-ce", "officer"), "roads")
    rules.check_sign(Identity.of("admin:1", "admin"), "roads")
    for who in (Identity.of("officer:roads-de", "officer"), Identity.of("officer:x", "supervisor")):
        with pytest.raises(Forbidden):
            rules.check_sign(who, "roads")


# ---- deadlines


def test_every_manual_measure_has_its_deadline_once_a_period():
    found = deadlines(date(2026, 11, 28))
    keys = [(deadline, key) for deadline, each in found.items() for key in each]
    assert len(set(keys)) == len(keys)
    water = [each for each in found if each.department == "water-supply"]
    assert {(each.period, each.due_on) for each in water} >= {("2026-10", date(2026, 11, 10))}
    last, first = max(each.due_on for each in found), min(each.due_on for each in found)
    assert last <= date(2026, 12, 1)
    assert first >= date(2026, 10, 28)


# ---- filled templates


def table(*rows, heading=None):
    said = [heading or header(), *rows]
    return [(At("Sheet1", n), row) for n, row in enumerate(said, 1)]


def row(value, department="roads", measure="roads.a", period="2026-10", place="", reason=None):
    return [department, measure, "", "", period, place, "", "", 5, 6, value, reason]


def test_rows_without_a_new_value_enter_nothing():
    filled = read(table(row(None), row(" "), row(7)), None, None)
    assert [each.value for each in filled.lines] == [7]
    assert filled.where == [At("Sheet1", 4)]
    assert filled.wrong == {}


@pytest.mark.parametrize("language", ["mr", "en"])
def test_headings_in_either_language_and_any_order_are_known(language):
    names = [name.in_(language) for name in COLUMNS.values()]
    filled = read(table(list(reversed(row(7))), heading=names[::-1]), None, None)
    assert [(each.measure, each.value) for each in filled.lines] == [("roads.a", 7)]


def test_what_is_wrong_with_a_file_is_told_with_sheet_row_and_column():
    rows = table(
        row(date(2026, 1, 1)),
        row(7),
        row(7, department="garden"),
        row(7, period="2026-09"),
    )
    filled = read(rows, "roads", "2026-10")
    assert set(filled.wrong) == {
        "Sheet1, row 2, New value",
        "Sheet1, row 4, Department",
        "Sheet1, row 5, Period",
    }


def test_a_file_without_the_needed_columns_says_which():
    filled = read(table(["x"], heading=["Measure", "Period"]), None, None)
    assert filled.wrong == {"Sheet1, row 1, headings": ["there is no column Department, New value"]}
    assert read([], None, None).wrong == {"file": ["is empty"]}


# ---- the score

WEIGHTS = {"completeness": 40, "timeliness": 30, "corrections": 15, "outliers": 15}


def test_the_score_is_the_weighted_mean_of_its_parts():
    counts = Counts(expected=10, entered=8, due=10, in_time=6, approved=8, corrected=2, outliers=0)
    found = quality(counts, WEIGHTS)
    assert found.score == Fraction(40 * 80 + 30 * 60 + 15 * 75 + 15 * 100, 100)
    assert found.parts["completeness"].words.en == "8 of 10 values are entered."
    assert found.parts["completeness"].words.mr == "10 पैकी 8 मूल्ये भरली."


def test_what_cannot_be_told_yet_does_not_count():
    found = quality(Counts(expected=4), WEIGHTS)
    assert found.score == 0
    assert found.parts["timeliness"].score is None
    assert quality(Counts(), WEIGHTS).score is None


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50), st.integers(0, 50))
def test_the_score_is_between_0_and_100(entered, in_time, corrected, outliers):
    counts = Counts(
        expected=50,
        entered=entered,
        due=50,
        in_time=min(in_time, entered),
        approved=entered,
        corrected=min(corrected, entered),
        outliers=min(outliers, entered),
    )
    assert 0 <= quality(counts, WEIGHTS).score <= 100


def test_where_a_line_is_there_first_is_told_by_its_row_whatever_the_words_are():
    filled = Filled("roads", [], [At("मार्च", 2), At("मार्च", 7)], {})
    problems = [
        Problem(1, "measure", "in whichever words", first=0),
        Problem(0, "value", "is there twice: line 99"),
    ]
    assert merged(filled, problems) == {
        "मार्च, row 7, Measure": ["is there twice: also in मार्च, row 2"],
        "मार्च, row 2, New value": ["is there twice: line 99"],
    }


# ---- what a checker should look at twice


@pytest.mark.parametrize(
    ("value", "odd"), [(100, False), (104, False), (120, False), (1_000, True), (0, True)]
)
def test_a_value_far_from_those_before_it_is_unusual(value, odd):
    before = [100, 90, 110, 95, 105, 100, 9_999]
    assert (unusual(value, before, INFO) is not None) == odd


def test_values_that_never_change_leave_room_for_a_twentieth():
    before = [1_000] * 8
    assert unusual(1_050, before, INFO) is None
    why = unusual(1_051, before, INFO)
    assert why.en == "The median of the 8 values before is 100.0; 105.1 is far from it."


def test_with_few_values_before_it_only_a_slip_of_the_unit_is_told():
    assert unusual(7_000, [1_000] * 5, INFO) is None
    assert unusual(10**9, [], INFO) is None
    said = compared([1_000] * 5, INFO)
    assert said.en == "Whether it is unusual cannot be judged: 5 values before, of 6."
    assert compared([1_000] * 7, INFO).en == "It is like the 7 values before (median 100.0)."


@pytest.mark.parametrize(
    ("value", "before", "said"),
    [
        (52_000, 5_180, "The value before is 518.0; 5200.0 is 10 times that: is the unit right?"),
        (90, 9_000, "The value before is 900.0; 9.0 is a 100th of that: is the unit right?"),
        (-90, 9_000, "The value before is 900.0; -9.0 is a 100th of that: is the unit right?"),
        (30_000, 5_180, None),
        (0, 5_180, None),
        (490, 10, None),
    ],
)
def test_one_value_before_it_shows_a_slip_of_the_unit(value, before, said):
    why = unusual(value, [before], INFO)
    assert (None if why is None else why.en) == said
