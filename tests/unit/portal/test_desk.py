"""The desk's own words and forms: how late something is, what an act asks."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask, g

from palika.errors import Unavailable
from services.portal.commands import bulk
from services.portal.desk import rows, terms
from services.portal.desk.acts import ACTS, BULK, fields_of, given, options

NOW = datetime(2026, 4, 1, 6, 0, tzinfo=UTC)


@pytest.fixture(params=["en", "mr"])
def language(request: pytest.FixtureRequest) -> Any:
    """A page in that language is being made."""
    app = Flask("test")
    app.extensions["portal_devanagari_digits"] = lambda: True
    with app.test_request_context():
        g.language = request.param
        yield request.param


def english(due: Any) -> tuple[str, bool]:
    app = Flask("test")
    with app.test_request_context():
        g.language = "en"
        told = terms.due_words(due, NOW)
    assert told is not None
    return told["words"], told["late"]


@pytest.mark.parametrize(
    ("after", "words", "late"),
    [
        (timedelta(minutes=5), "5 minutes left", False),
        (timedelta(hours=1, minutes=59), "1 hour left", False),
        (timedelta(hours=23), "23 hours left", False),
        (timedelta(days=2, hours=3), "2 days left", False),
        (timedelta(minutes=-5), "just late", True),
        (timedelta(hours=-3), "3 hours late", True),
        (timedelta(days=-2), "2 days late", True),
        (timedelta(days=-1, minutes=-1), "1 day late", True),
    ],
)
def test_a_moment_is_told_in_days_and_hours(after: timedelta, words: str, late: bool) -> None:
    assert english(NOW + after) == (words, late)


@pytest.mark.parametrize(
    ("day", "words", "late"),
    [
        (date(2026, 4, 1), "due today", False),
        (date(2026, 4, 2), "1 day left", False),
        (date(2026, 3, 31), "1 day late", True),
        (date(2026, 3, 1), "31 days late", True),
    ],
)
def test_a_day_is_over_when_it_is_over(day: date, words: str, late: bool) -> None:
    assert english(day) == (words, late)


def test_what_has_no_day_has_no_words(language: str) -> None:
    assert terms.due_words(None, NOW) is None
    assert terms.state("filed")["words"] == {"en": "New", "mr": "नवीन"}[language]
    assert terms.state("of another system") == {"words": "of another system", "kind": ""}
    assert terms.entry("a step to come") == "a step to come"
    assert terms.priority("normal") is None
    assert terms.priority("emergency")


def row(**changes: Any) -> rows.Row:
    given_ = {
        "kind": "files",
        "number": "PMC/1",
        "title": "Road",
        "about": "Aundh",
        "link": None,
        "due": None,
        "late": None,
        "state": {"words": "Open", "kind": ""},
        "urgent": None,
        "since": NOW,
    }
    return rows.Row(**(given_ | changes))


def test_what_is_due_first_stands_first_and_what_has_no_day_last() -> None:
    today = row(number="today", due=date(2026, 4, 1))
    soon = row(number="soon", due=NOW + timedelta(hours=1))
    late = row(number="late", due=NOW - timedelta(days=3))
    urgent = row(number="urgent", urgent="Urgent")
    old, new = row(number="old", since=NOW - timedelta(days=9)), row(number="new")
    found = sorted([new, old, urgent, today, soon, late], key=rows.order)
    assert [each.number for each in found] == ["late", "soon", "today", "urgent", "old", "new"]


def test_words_are_looked_for_in_all_that_a_row_shows() -> None:
    assert row().has(["road", "aundh"])
    assert not row().has(["road", "kothrud"])


def test_a_form_says_what_is_missing_and_leaves_out_what_is_optional() -> None:
    assert given(ACTS["resolve"], "resolve", {"resolve-remark": " \u200b "})[1] == {
        "resolve-remark": ["must not be empty"]
    }
    values, errors = given(ACTS["acknowledge"], "acknowledge", {"acknowledge-note": ""})
    assert (values, errors) == ({}, {})
    values, _ = given(ACTS["comment"], "comment", {"comment-text": "x", "comment-public": "yes"})
    assert values == {"text": "x", "public": True}
    assert given(ACTS["comment"], "comment", {"comment-text": "x"})[0]["public"] is False


def test_each_choice_has_values_or_is_asked_for(language: str) -> None:
    asked = {each.options for act in ACTS.values() for each in act.asked if each.kind == "choice"}
    fixed = {name for name in asked if options(name) is not None}
    assert asked - fixed == {"officers", "rejections", "categories"}
    assert language


def test_acts_on_many_are_acts_of_one() -> None:
    assert set(BULK) == {"acknowledge", "assign", "transfer", "comment", "resolve"}
    assert fields_of(ACTS["attach"], "attach")["content_base64"] == "attach-photo"


def test_what_was_done_stays_done_when_the_next_one_cannot_be_done_now() -> None:
    chosen = [{"id": str(each), "number": "G", "version": 1} for each in range(3)]
    held: Any = SimpleNamespace(id=bulk.uuid7(), chosen=chosen, outcomes={})
    calls = []

    def do(each: Any, call: str) -> dict[str, str]:
        calls.append((each["id"], call))
        if each["id"] == "1" and len(calls) == 2:
            raise Unavailable("away")
        return {"is": "done", "said": ""}

    assert isinstance(bulk.carry_on(held, do), Unavailable)
    assert list(held.outcomes) == ["0"]
    assert bulk.carry_on(held, do) is None
    assert bulk.left(held) == []
    assert calls[1] == calls[2], "it is asked again under the same id"
    assert len({call for _, call in calls}) == 3


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("a" * 2_000, 2_000),
        ("a" * 2_001, 2_001),
        ("a" * 5_000, 2_001),
        # What a browser sends for 1,001 characters on lines of their own: no character too many.
        ("\r\n".join("a" * 1_000), 1_999),
        (f" {'a' * 2_000} \r\n b", 2_001),
    ],
)
def test_words_are_not_cut_but_refused_by_the_service(typed: str, kept: int) -> None:
    values, errors = given(ACTS["comment"], "comment", {"comment-text": typed})
    assert errors == {}
    assert len(values["text"]) == kept
    assert "\r" not in values["text"]


@pytest.mark.parametrize("name", ["resolve", "attach"])
def test_what_is_wrong_with_a_file_stands_at_its_field(name: str) -> None:
    fields = fields_of(ACTS[name], name)
    # The grievance service calls it by either name, as it was sent or as it was read.
    assert fields["content"] == fields["content_base64"] == f"{name}-photo"
