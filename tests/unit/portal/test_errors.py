"""The city's errors as HTTP: which status, and that nothing of the inside gets out."""

import pytest
from werkzeug.exceptions import MethodNotAllowed, NotFound, RequestEntityTooLarge

from palika import errors
from services.portal import rooms
from services.portal.errors import TooMany, problem


@pytest.mark.parametrize(
    ("error", "status", "again"),
    [
        (errors.Invalid("no"), 400, None),
        (errors.Forbidden("no"), 403, None),
        (errors.NotFound("no"), 404, None),
        (errors.Conflict("no"), 409, None),
        (TooMany("no"), 429, "1"),
        (errors.Unavailable("no"), 503, "5"),
        (NotFound(), 404, None),
        (RequestEntityTooLarge(), 413, None),
    ],
)
def test_each_error_has_its_status(error, status, again):
    told = problem(error)
    assert told.status == status
    assert told.headers.get("Retry-After") == again
    assert told.lines


def test_each_thing_that_is_wrong_is_a_line_with_its_field():
    told = problem(
        errors.Invalid("wrong", {"lat": ["a", "b"], "attributes": {"x": ["c"]}, "y": "d"})
    )
    assert told.lines == ("lat: a", "lat: b", "attributes.x: c", "y: d")


@pytest.mark.parametrize(
    "error",
    [
        errors.Unexpected("tax.get failed: a secret", {"trace_id": "abc"}),
        errors.PalikaError("a secret"),
    ],
)
def test_a_form_is_told_of_the_city_s_own_error_that_it_is_one(error):
    told = rooms.refusal(error, otherwise="remark")
    assert told.status == 500
    (line,) = told.errors["remark"]
    assert line.startswith("an error of the city's own; it is logged under")
    assert "secret" not in line
    if error.details:
        assert "abc" in told.errors["remark"][0]


def test_programs_are_told_field_and_rule():
    told = problem(errors.Invalid("wrong", {"lat": ["a"], "attributes": {"x": ["c"]}})).to_dict()
    assert (told["status"], told["title"], told["code"]) == (400, "Bad Request", "invalid")
    assert told["errors"] == [
        {"field": "lat", "rule": "a"},
        {"field": "attributes.x", "rule": "c"},
    ]
    away = problem(errors.Unavailable("no")).to_dict()
    assert away["code"] == "unavailable"
    assert [each["field"] for each in away["errors"]] == [None]
    assert problem(NotFound()).to_dict()["code"] == "not_found"


def test_a_method_that_is_not_there_names_those_that_are():
    assert problem(MethodNotAllowed(["POST", "GET"])).headers == {"Allow": "GET, POST"}


@pytest.mark.parametrize(
    "error",
    [
        KeyError("secret"),
        errors.Unexpected("grievance.file failed: secret", {"trace_id": "abc"}),
        errors.Unavailable("broker at secret does not answer"),
    ],
)
def test_nothing_of_the_inside_gets_out(error):
    told = problem(error)
    assert told.status in (500, 503)
    assert "secret" not in str(told)
    if isinstance(error, errors.Unexpected):
        assert "abc" in told.lines[0]
