"""Whether the answers to a sub-category's questions fit."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palika.errors import Invalid
from palika.text import Name
from services.grievance.domain.attributes import TYPES, Field, check, open311_attributes
from services.grievance.reference import city

CHOICES = {"a": Name("अ", "A"), "b": Name("ब", "B"), "c": Name("क", "C")}
ASKED = [
    Field(kind, Name("प्रश्न", "Question"), kind, choices=CHOICES if "choice" in kind else {})
    for kind in TYPES
]
WHOLE = {
    "text": "  near the school\n",
    "integer": 3,
    "number": 2.5,
    "boolean": False,
    "date": "2026-07-01",
    "choice": "b",
    "multichoice": ["c", "a"],
}


def told(answers, fields=ASKED, **options):
    """The rules that answers break, by field."""
    with pytest.raises(Invalid) as refused:
        check(fields, answers, **options)
    return {name: rules[0] for name, rules in refused.value.fields.items()}


def limited(kind, **limits):
    return [Field("x", Name("क्ष", "X"), kind, **limits)]


def test_answers_are_kept_in_one_form_in_the_order_of_the_questions():
    kept = check(ASKED, dict(reversed(WHOLE.items())))
    assert kept == WHOLE | {"text": "near the school", "multichoice": ["a", "c"]}
    assert list(kept) == list(TYPES)


def test_what_is_not_answered_is_left_out():
    assert check(ASKED, {}) == {}
    assert check(ASKED, dict.fromkeys(TYPES)) == {}


@pytest.mark.parametrize("nothing", [{}, {"x": None}])
def test_a_required_answer_that_is_missing_is_named(nothing):
    assert told(nothing, limited("text", required=True)) == {"attributes.x": "is required"}


def test_what_is_not_asked_is_refused_and_what_is_asked_is_named():
    assert "must be one of: text, " in told({"colour": "red"})["attributes.colour"]
    assert "asks nothing" in told({"colour": "red"}, [])["attributes.colour"]


def test_made_up_names_are_told_short_and_in_a_limited_number():
    wrong = told({f"{n}\x00{'x' * 1_000}": 1 for n in range(1_000)})
    assert len(wrong) <= 10
    assert all(len(name) < 100 and "\x00" not in name for name in wrong)


@pytest.mark.parametrize(
    ("kind", "answer", "rule"),
    [
        ("text", 7, "must be text"),
        ("text", "   ", "must not be empty"),
        ("text", "a\x00b", "U+0000"),
        ("text", "a\ud800b", "U+D800"),
        ("text", "x" * 201, "at most 200 characters"),
        ("integer", "3", "must be a whole number"),
        ("integer", 3.0, "must be a whole number"),
        ("integer", True, "must be a whole number"),
        ("integer", 10**400, "must be from"),
        ("number", "2.5", "must be a number"),
        ("number", math.nan, "must be a number"),
        ("number", -math.inf, "must be a number"),
        ("number", False, "must be a number"),
        ("number", 10**400, "must be from"),
        ("boolean", "true", "must be true or false"),
        ("boolean", 1, "must be true or false"),
        ("date", "01/07/2026", "must be a date"),
        ("date", "2026-02-30", "must be a date"),
        ("date", "20260701", "must be a date"),
        ("date", "2026-07-01T00:00:00Z", "must be a date"),
        ("date", "0001-01-01", "must be from 1900-01-01"),
        ("date", 20260701, "must be a date"),
        ("choice", "d", "must be one of: a, b, c"),
        ("choice", ["a"], "must be one of: a, b, c"),
        ("multichoice", "a", "must be a list"),
        ("multichoice", [], "must be a list"),
        ("multichoice", ["a", "a"], "once at most"),
        ("multichoice", ["a"] * 1_000, "once at most"),
        ("multichoice", ["a", {}], "must be one of: a, b, c"),
    ],
)
def test_an_answer_that_breaks_a_rule_is_named_with_it(kind, answer, rule):
    assert rule in told({kind: answer})[f"attributes.{kind}"]


def test_every_wrong_answer_is_told_at_once():
    assert set(told({"text": 1, "integer": "x", "colour": 1})) == {
        "attributes.text",
        "attributes.integer",
        "attributes.colour",
    }


def test_limits_are_those_of_the_question():
    asked = limited("number", least=0.5, most=2)
    assert [check(asked, {"x": x})["x"] for x in (0.5, 2)] == [0.5, 2]
    for beyond in (0.49, 2.01):
        assert told({"x": beyond}, asked) == {"attributes.x": "must be from 0.5 to 2"}
    assert "at most 3" in told({"x": "four"}, limited("text", max_length=3))["attributes.x"]


@pytest.mark.parametrize("answers", [None, [], "text", 7])
def test_answers_that_are_no_object_are_refused(answers):
    assert told(answers) == {"attributes": "must be an object"}


# ---- from a form


@pytest.mark.parametrize(
    ("kind", "written", "kept"),
    [
        ("integer", " 12 ", 12),
        ("integer", "१२", 12),
        ("number", "-2.50", -2.5),
        ("number", "7", 7),
        ("number", "-२.५", -2.5),
        ("date", "२०२६-०७-०१", "2026-07-01"),
        ("boolean", "True", True),
        ("boolean", "false", False),
        ("date", "2026-07-01", "2026-07-01"),
        ("date", "2026-06-30T20:00:00Z", "2026-07-01"),
        ("date", "2026-07-01T09:00:00", "2026-07-01"),
        ("multichoice", "a", ["a"]),
        ("multichoice", ["b", "a"], ["a", "b"]),
    ],
)
def test_a_form_may_write_every_answer_as_text(kind, written, kept):
    stored = check(ASKED, {kind: written}, from_text=True)[kind]
    assert stored == kept
    assert type(stored) is type(kept)


@pytest.mark.parametrize("kind", TYPES)
def test_an_empty_input_of_a_form_is_no_answer(kind):
    assert check(ASKED, {kind: ""}, from_text=True) == {}


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        ("integer", "12.0"),
        ("integer", "9" * 5_000),
        ("integer", "1_000"),
        ("number", "nan"),
        ("number", "1e5"),
        ("number", "9" * 18),
        ("boolean", "perhaps"),
        ("date", "yesterday"),
        ("date", "0001-01-01T00:00:00+14:00"),
        ("choice", "A"),
        ("multichoice", "a,b"),
    ],
)
def test_what_a_form_wrote_wrongly_is_refused(kind, written):
    assert set(told({kind: written}, from_text=True)) == {f"attributes.{kind}"}


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
_near = st.sampled_from([*WHOLE.values(), "3", "2.5", "true", "2026-07-01T00:00:00+05:30", "९"])


@given(
    st.dictionaries(st.sampled_from(TYPES) | st.text(), _json | _near, max_size=9),
    st.booleans(),
)
def test_whatever_is_answered_is_kept_whole_or_refused_with_the_fields_named(answers, from_text):
    kept, wrong = {}, None
    try:
        kept = check(ASKED, answers, from_text=from_text)
    except Invalid as refused:
        wrong = list(refused.fields)
    assert wrong is None or (wrong and all(name.startswith("attributes.") for name in wrong))
    assert json.loads(json.dumps(kept, allow_nan=False)) == kept
    assert check(ASKED, kept) == kept


@given(_json)
def test_whatever_is_sent_instead_of_answers_is_refused_as_invalid(anything):
    try:
        check(ASKED, anything)
    except Invalid:
        pass
    else:
        assert set(anything) <= set(TYPES)


# ---- as Open311 has them


def test_open311_is_told_each_question_in_its_own_terms():
    described = open311_attributes(city().subcategories["no-water"], "en")
    assert [each["code"] for each in described] == ["since_days", "water_connection", "households"]
    assert described[0] == {
        "variable": True,
        "code": "since_days",
        "datatype": "number",
        "required": False,
        "datatype_description": "A whole number, at least 0, at most 3650",
        "order": 1,
        "description": "For how many days",
        "values": [],
    }


def test_open311_is_told_the_choices_in_the_language_asked_for():
    (dug_by, _) = open311_attributes(city().subcategories["road-not-reinstated"], "mr")
    assert (dug_by["datatype"], dug_by["required"]) == ("singlevaluelist", True)
    assert {"key": "unknown", "name": "माहीत नाही"} in dug_by["values"]


def test_every_type_of_question_is_one_of_open311s():
    described = {
        field.type: each["datatype"]
        for entry in city().subcategories.values()
        for field, each in zip(entry.fields, open311_attributes(entry, "mr"), strict=True)
        if field.max_length <= 250
    }
    assert described == {
        "text": "string",
        "integer": "number",
        "number": "number",
        "boolean": "singlevaluelist",
        "date": "datetime",
        "choice": "singlevaluelist",
        "multichoice": "multivaluelist",
    }
    (long,) = open311_attributes(city().subcategories["website-fault"], "en")
    assert (long["datatype"], long["datatype_description"]) == ("text", "At most 300 characters")


def test_a_yes_or_no_is_offered_so_that_the_form_can_send_it_back():
    (danger,) = open311_attributes(city().subcategories["bridge-damage"], "en")
    asked = city().subcategories["bridge-damage"].fields
    for value in danger["values"]:
        assert check(asked, {"danger": value["key"]}, from_text=True)["danger"] in (True, False)
    assert [value["name"] for value in danger["values"]] == ["Yes", "No"]
