"""Formulas: what they mean, and how every wrong one is refused with its place."""

import contextlib
import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palika.errors import Invalid
from services.kpi.domain.formula import MAX_DEPTH, parse


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("8 - 2 - 1", 5),
        ("8 / 2 / 2", 2),
        ("1 / 3 * 3", 1),
        ("0.1 + 0.2", Fraction(3, 10)),
        ("-2 * -(3 - 1)", 4),
        ("a.b / c.d * 100", Fraction(100, 4)),
        ("a.b-c.d", -3),
    ],
)
def test_a_formula_is_worked_out_exactly(text, value):
    answer = parse(text).apply({"a.b": 1, "c.d": 4})
    assert answer.value == value
    assert answer.why is None


def test_a_formula_knows_the_measures_it_needs():
    formula = parse("grievance.resolved / (grievance.resolved + grievance.reopened)")
    assert formula.measures == {"grievance.resolved", "grievance.reopened"}


def test_a_measure_without_data_makes_no_data_and_never_zero():
    answer = parse("tax.paid * 0 + tax.billed").apply({"tax.billed": 5})
    assert answer.value is None
    assert answer.why == "no data: tax.paid"


def test_a_division_by_zero_says_what_was_zero():
    answer = parse("1 / (a.b - c.d)").apply({"a.b": 4, "c.d": 4})
    assert answer.value is None
    assert answer.why == "division by zero: (a.b - c.d) is 0"


@pytest.mark.parametrize(
    ("text", "character", "rule"),
    [
        ("a.b +", 6, "expected"),
        ("a.b c.d", 5, "'c.d' is not expected"),
        ("(a.b", 5, "closing bracket"),
        ("a.b)", 4, "')' is not expected"),
        ("a.b ** 2", 6, "expected"),
        ("__import__('os')", 1, "not of this language"),
        ("a.b; c.d", 4, "';' is not of this language"),
        ("lambda: 1", 1, "not of this language"),
        ("A.b", 1, "not of this language"),
        ("total", 1, "not of this language"),
        ("१ + २", 1, "not of this language"),
        ("()", 2, "expected"),
    ],
)
def test_a_wrong_formula_is_refused_with_the_place(text, character, rule):
    with pytest.raises(Invalid, match=f"character {character}") as error:
        parse(text)
    assert rule in str(error.value)


@pytest.mark.parametrize("text", ["", "   ", None, 7])
def test_an_empty_formula_is_refused(text):
    with pytest.raises(Invalid, match="empty"):
        parse(text)


@pytest.mark.parametrize("deep", ["(" * (MAX_DEPTH + 2) + "1", "-" * (MAX_DEPTH + 2) + "1"])
def test_nesting_has_an_end(deep):
    with pytest.raises(Invalid, match="nested deeper"):
        parse(deep)


def test_length_has_an_end():
    with pytest.raises(Invalid, match="longer than"):
        parse("1 + " * 500 + "1")


NUMBERS = st.integers(0, 1000).map(str) | st.just("a.b")
FORMULAS = st.recursive(
    NUMBERS,
    lambda inner: st.tuples(inner, st.sampled_from("+-*/"), inner).map(
        lambda t: f"({' '.join(t)})"
    ),
    max_leaves=12,
)


@given(FORMULAS, st.integers(-1000, 1000))
def test_it_agrees_with_exact_arithmetic(text, number):
    wrapped = re.sub(r"\d+", r"Fraction(\g<0>)", text.replace("a.b", "X"))
    answer = parse(text).apply({"a.b": number})
    try:
        expected = eval(wrapped, {"Fraction": Fraction, "X": Fraction(number)})
    except ZeroDivisionError:
        assert answer.value is None
        assert answer.why.startswith("division by zero")
    else:
        assert answer.value == expected


@given(st.text(max_size=40))
def test_any_text_is_parsed_or_refused(text):
    with contextlib.suppress(Invalid):
        assert parse(text).text == text
