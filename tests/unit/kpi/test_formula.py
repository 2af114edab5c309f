"""Formulas: what they mean, and how every wrong one is refused with its place."""

import contextlib
import re
from fractions import Fraction
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palika.errors import Invalid
from services.kpi.domain.formula import NOW, Input, Shift, formula, renamed
from services.kpi.domain.formula_normal import cancelled, essence, normal
from services.kpi.domain.formula_syntax import CALLS, MAX_DEPTH, MAX_LENGTH, parse, written


def described(kind: str, decimals: int = 0) -> SimpleNamespace:
    return SimpleNamespace(kind=kind, decimals=decimals)


KNOWN = {
    "a.b": described("sum"),
    "c.d": described("sum"),
    "e.f": described("sum"),
    "k.l": described("sum", decimals=2),
    "level.of": described("level"),
    "spread.of": described("distribution"),
    "kinds.of": described("distinct"),
}
PREVIOUS, LAST_YEAR = Shift(("previous",)), Shift(("last_year",))
TO_DATE, STOCK = Shift((), "year_to_date"), Shift((), "stock")


def worked_out(text, **sums):
    """A formula over sums of this period, with `a_b` for the measure `a.b`."""
    values = {Input(name.replace("_", "."), "sum"): value for name, value in sums.items()}
    return formula(text, KNOWN).apply(values)


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
        ("rate(a.b, c.d)", 25),
        ("ratio(a.b, c.d)", Fraction(1, 4)),
        ("per(a.b, c.d, 1000)", 250),
        ("per(a.b, c.d, 0.5)", Fraction(1, 8)),
        ("max(a.b, c.d) - min(a.b, c.d)", 3),
        ("rate(a.b + 1, c.d)", 50),
    ],
)
def test_a_formula_is_worked_out_exactly(text, value):
    answer = worked_out(text, a_b=1, c_d=4)
    assert answer.value == value
    assert isinstance(answer.value, Fraction)
    assert answer.why is None


def test_a_measure_with_decimals_counts_in_its_own_unit():
    assert worked_out("k.l / 2", k_l=150).value == Fraction(3, 4)


def test_a_formula_knows_the_measures_and_the_inputs_it_needs():
    found = formula("rate(a.b, a.b + previous(c.d)) - previous(c.d)", KNOWN)
    assert found.measures == {"a.b", "c.d"}
    assert found.inputs == (Input("a.b", "sum"), Input("c.d", "sum", PREVIOUS))


@pytest.mark.parametrize(
    ("text", "needed"),
    [
        ("a.b", Input("a.b", "sum")),
        ("level.of", Input("level.of", "last")),
        ("first(level.of)", Input("level.of", "first")),
        ("average(level.of)", Input("level.of", "average")),
        ("percentile(spread.of, 90)", Input("spread.of", "percentile", NOW, Fraction(90))),
        ("percentile(spread.of, 99.9)", Input("spread.of", "percentile", NOW, Fraction(999, 10))),
        ("distinct(kinds.of)", Input("kinds.of", "distinct")),
        ("previous(a.b)", Input("a.b", "sum", PREVIOUS)),
        ("last_year(a.b)", Input("a.b", "sum", LAST_YEAR)),
        ("year_to_date(a.b)", Input("a.b", "sum", TO_DATE)),
        ("stock(a.b)", Input("a.b", "sum", STOCK)),
        (
            "last_year(year_to_date(a.b))",
            Input("a.b", "sum", Shift(("last_year",), "year_to_date")),
        ),
        ("previous(last_year(a.b))", Input("a.b", "sum", Shift(("previous", "last_year")))),
        ("previous(average(level.of))", Input("level.of", "average", PREVIOUS)),
    ],
)
def test_each_call_asks_for_its_own_aggregate_of_its_own_days(text, needed):
    found = formula(text, KNOWN)
    assert found.inputs == (needed,)
    assert found.apply({needed: 7}).value == 7
    assert found.shifted == (bool(needed.shift.back) or needed.aggregation == "first")


def test_growth_over_the_same_period_of_the_year_before():
    found = formula("rate(a.b - last_year(a.b), last_year(a.b))", KNOWN)
    values = {Input("a.b", "sum"): 120, Input("a.b", "sum", LAST_YEAR): 100}
    assert found.apply(values).value == 20
    del values[Input("a.b", "sum", LAST_YEAR)]
    assert found.apply(values).why == "no data: a.b (last year)"


def test_a_measure_without_data_makes_no_data_and_never_zero():
    for answer in (worked_out("a.b * 0 + c.d", c_d=5), worked_out("max(a.b, c.d)", c_d=5)):
        assert answer.value is None
        assert answer.why == "no data: a.b"
        assert answer.missing == (Input("a.b", "sum"),)


@pytest.mark.parametrize(
    ("text", "divisor"),
    [
        ("1 / (a.b - c.d)", "(a.b - c.d)"),
        ("rate(1, a.b - c.d)", "a.b - c.d"),
        ("per(a.b, c.d - 4, 1000)", "c.d - 4"),
        ("ratio(a.b, 0 * c.d)", "0 * c.d"),
    ],
)
def test_a_division_by_zero_says_what_was_zero(text, divisor):
    answer = worked_out(text, a_b=4, c_d=4)
    assert answer.value is None
    assert answer.divisor == divisor
    assert answer.why == f"division by zero: {divisor} is 0"


def test_a_formula_is_told_with_the_names_of_its_measures():
    assert renamed("rate(a.b, c.dd)", {"a.b": "Paid"}) == "rate(“Paid”, c.dd)"


@pytest.mark.parametrize(
    ("text", "character", "rule"),
    [
        ("a.b +", 6, "expected"),
        ("a.b c.d", 5, "'c.d' is not expected"),
        ("(a.b", 5, "closing bracket"),
        ("a.b)", 4, "')' is not expected"),
        ("a.b, c.d", 4, "',' is not expected"),
        ("a.b ** 2", 6, "expected"),
        ("__import__('os')", 1, "not of this language"),
        ("a.b; c.d", 4, "';' is not of this language"),
        ("lambda: 1", 1, "'lambda' is no measure"),
        ("A.b", 1, "not of this language"),
        ("total", 1, "'total' is no measure (they have a dot) and no call: rate"),
        ("eval(a.b)", 1, "'eval' is no measure"),
        ("१ + २", 1, "not of this language"),
        ("()", 2, "expected"),
        ("rate a.b", 6, "'(' is expected after rate"),
        ("rate(a.b)", 1, "rate takes 2, not 1"),
        ("previous(a.b, c.d)", 1, "previous takes 1, not 2"),
        ("rate(a.b, )", 11, "expected"),
        ("rate(a.b, c.d", 14, "closing bracket"),
        ("1 + x.y", 5, "unknown measure x.y"),
        ("spread.of / 2", 1, "spread.of cannot stand alone: it is a distribution"),
        ("kinds.of", 1, "use distinct(m)"),
        ("percentile(a.b, 50)", 12, "percentile is of a distribution, and a.b is a sum"),
        ("percentile(spread.of, 0)", 23, "above 0 and below 100"),
        ("percentile(spread.of, 100)", 23, "above 0 and below 100"),
        ("percentile(spread.of, a.b)", 23, "percentile takes a number here, not 'a.b'"),
        ("average(spread.of)", 9, "average is of a level, and spread.of is a distribution: use a"),
        ("average(a.b)", 9, "average is of a level, and a.b is a sum"),
        ("average(level.of / a.b)", 9, "average is of one measure, not of 'level.of / a.b'"),
        ("average(rate(a.b, c.d))", 9, "average is of one measure"),
        ("distinct(a.b)", 10, "distinct is of a distinct"),
        ("first(a.b)", 7, "first is of a level"),
        ("per(a.b, c.d, e.f)", 15, "per takes a number here"),
        ("per(a.b, c.d, 0)", 15, "above 0"),
        ("stock(level.of)", 7, "stock is of sums only, and level.of is none"),
        ("stock(distinct(kinds.of))", 16, "stock is of sums only"),
        ("previous(1 + previous(a.b))", 14, "previous within previous"),
        ("last_year(last_year(a.b))", 11, "last_year within last_year"),
        ("last_year(previous(last_year(a.b)))", 20, "last_year within last_year"),
        ("stock(stock(a.b))", 7, "stock within stock"),
        ("year_to_date(year_to_date(a.b))", 14, "year_to_date within year_to_date"),
        ("stock(year_to_date(a.b))", 7, "one of them is enough"),
        ("year_to_date(previous(a.b))", 14, "write previous(year_to_date(…))"),
    ],
)
def test_a_wrong_formula_is_refused_with_the_place(text, character, rule):
    with pytest.raises(Invalid) as error:
        formula(text, KNOWN)
    (told,) = error.value.fields["formula"]
    assert told.startswith(f"character {character} of ")
    assert rule in told


@pytest.mark.parametrize("text", ["", "   ", None, 7])
def test_an_empty_formula_is_refused(text):
    with pytest.raises(Invalid, match="empty"):
        formula(text, KNOWN)


@pytest.mark.parametrize(
    "deep",
    ["(" * (MAX_DEPTH + 2) + "1", "-" * (MAX_DEPTH + 2) + "1", "max(1, " * (MAX_DEPTH + 2) + "1"],
)
def test_nesting_has_an_end(deep):
    with pytest.raises(Invalid, match="nested deeper"):
        parse(deep)


def test_length_has_an_end_and_the_longest_is_worked_out():
    with pytest.raises(Invalid, match="longer than"):
        parse("1 + " * MAX_LENGTH + "1")
    for sign, value in (("+", MAX_LENGTH // 2), ("*", 1)):
        found = formula("1" + f"{sign}1" * (MAX_LENGTH // 2 - 1), KNOWN)
        assert found.apply({}).value == value
        assert normal(found.root) == "1"
        assert len(written(found.root)) > MAX_LENGTH


NUMBERS = st.integers(0, 1000).map(str) | st.just("a.b")
ARITHMETIC = st.recursive(
    NUMBERS,
    lambda inner: st.tuples(inner, st.sampled_from("+-*/"), inner).map(
        lambda t: f"({' '.join(t)})"
    ),
    max_leaves=12,
)


@given(ARITHMETIC, st.integers(-1000, 1000))
def test_it_agrees_with_exact_arithmetic(text, number):
    wrapped = re.sub(r"\d+", r"Fraction(\g<0>)", text.replace("a.b", "X"))
    answer = formula(text, KNOWN).apply({Input("a.b", "sum"): number})
    try:
        expected = eval(wrapped, {"Fraction": Fraction, "X": Fraction(number)})
    except ZeroDivisionError:
        assert answer.value is None
        assert answer.why.startswith("division by zero")
    else:
        assert answer.value == expected


TREES = st.recursive(
    st.sampled_from(["1", "0.5", "100", *KNOWN]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda t: f"({' '.join(t)})"),
        inner.map("-{}".format),
        st.sampled_from(sorted(CALLS)).flatmap(
            lambda name: st.lists(inner, min_size=CALLS[name], max_size=CALLS[name]).map(
                lambda given: f"{name}({', '.join(given)})"
            )
        ),
    ),
    max_leaves=8,
).filter(lambda text: len(text) <= MAX_LENGTH)


@given(TREES)
def test_what_is_parsed_and_written_is_the_same_formula(text):
    with contextlib.suppress(Invalid):
        tree = parse(text)
        assert parse(written(tree)) == tree


@given(TREES)
def test_any_tree_is_compiled_or_refused_and_then_always_answers(text):
    with contextlib.suppress(Invalid):
        found = formula(text, KNOWN)
        answer = found.apply(dict.fromkeys(found.inputs, 3))
        assert (answer.value is None) == (answer.why is not None)
        assert isinstance(normal(found.root), str)


@given(st.text(max_size=40) | st.text(alphabet="ab.(),+-*/ 1previous_ratemx", max_size=60))
def test_any_text_is_parsed_or_refused(text):
    with contextlib.suppress(Invalid):
        assert formula(text, KNOWN).text == text


SAME = [
    ("rate(a.b, c.d)", "a.b / c.d * 100"),
    ("rate(a.b, c.d)", "100 * (a.b) / c.d"),
    ("per(a.b, c.d, 1000)", "ratio(a.b, c.d)"),
    ("a.b + c.d", "c.d + a.b"),
    ("a.b * c.d", "c.d*a.b"),
    ("a.b / 60 / 24", "a.b"),
    ("a.b / c.d / e.f", "a.b / (e.f * c.d)"),
    ("(a.b + c.d) / e.f", "rate(c.d + a.b, e.f)"),
    ("2 * a.b + 2 * c.d", "(c.d + a.b) / 7"),
    ("a.b - (c.d - e.f)", "e.f + a.b - c.d"),
    ("a.b + a.b", "a.b"),
    ("previous(a.b / c.d)", "rate(previous(a.b), previous(c.d))"),
    ("max(a.b, c.d)", "max(c.d, a.b)"),
    ("last_year(previous(a.b))", "previous(last_year(a.b))"),
    ("percentile(spread.of, 50) / 60", "percentile(spread.of, 50)"),
    ("100 - rate(a.b - c.d, a.b)", "rate(c.d, a.b)"),
    ("(a.b - c.d) / a.b * 100", "100 - 100 * c.d / a.b"),
    ("a.b * c.d / a.b", "c.d"),
    ("a.b / 2 + (c.d + a.b) / 2", "a.b + c.d / 2"),
    ("rate(a.b, a.b)", "1"),
    ("a.b - a.b", "0"),
    ("rate(max(a.b, a.b), c.d)", "rate(a.b, c.d)"),
    ("min(a.b, 1 * a.b)", "a.b"),
    ("e.f + previous(a.b) - previous(a.b)", "e.f"),
]
OTHER = [
    ("a.b / c.d", "c.d / a.b"),
    ("a.b - c.d", "a.b + c.d"),
    ("a.b + 2 * c.d", "a.b + c.d"),
    ("previous(a.b)", "a.b"),
    ("stock(a.b)", "year_to_date(a.b)"),
    ("max(a.b, c.d)", "min(a.b, c.d)"),
    ("percentile(spread.of, 50)", "percentile(spread.of, 90)"),
    ("first(level.of)", "level.of"),
    ("100 - rate(a.b, c.d)", "rate(a.b, c.d)"),
    ("100 - rate(a.b, c.d)", "1 - rate(a.b, c.d)"),
    ("a.b / (a.b + c.d)", "c.d / (a.b + c.d)"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same_formula_in_other_words_is_found(one, other):
    assert normal(parse(one)) == normal(parse(other))


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_another_formula_is_not_taken_for_the_same(one, other):
    assert normal(parse(one)) != normal(parse(other))


TURNED = [
    "rate(a.b, c.d)",
    "rate(c.d - a.b, c.d)",
    "rate(c.d, a.b)",
    "rate(c.d, c.d - a.b)",
    "100 - 100 / (a.b / c.d)",
]


@pytest.mark.parametrize("other", TURNED[1:])
def test_a_share_its_rest_and_either_the_other_way_up_say_the_same(other):
    one = essence(parse(TURNED[0]), whole=Fraction(100))
    assert essence(parse(other), whole=Fraction(100)) == one
    assert normal(parse(other)) != normal(parse(TURNED[0]))


def test_what_is_no_share_has_no_rest():
    one, other = parse("a.b / c.d"), parse("(c.d - a.b) / c.d")
    assert essence(one) != essence(other)
    assert essence(one) == essence(parse("c.d / a.b"))
    assert essence(one, whole=Fraction(1)) == essence(other, whole=Fraction(1))
    # In percent, 1 less is no rest.
    assert essence(parse("1 - rate(a.b, c.d)"), whole=Fraction(100)) != essence(
        parse("rate(a.b, c.d)"), whole=Fraction(100)
    )


def test_measures_that_cancel_are_told():
    assert cancelled(parse("a.b + previous(c.d) - previous(c.d)")) == ["c.d"]
    assert cancelled(parse("rate(a.b * c.d, e.f * c.d)")) == ["c.d"]
    assert cancelled(parse("100 - rate(a.b - c.d, a.b)")) == []


def test_measures_of_two_codes_are_the_same_when_their_label_is():
    label = {"a.b": "x", "c.d": "x"}.get
    assert normal(parse("a.b"), label) == normal(parse("c.d"), label)
