"""The map of an import, and a row read through it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from palika.errors import Invalid
from services.grievance.domain.import_map import import_map
from services.grievance.domain.import_row import read_row
from services.grievance.domain.lifecycle import State

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MAP = {
    "source": "riverton",
    "timezone": "America/Chicago",
    "missing": ["NA", "-"],
    "trim": {"department": ","},
    "columns": {
        "source_id": "id",
        "filed_at": "opened",
        "closed_at": "closed",
        "category": "problem",
        "department": "dept",
        "ward": "ward",
        "status": "status",
    },
    "statuses": {"Closed": "resolved", "OPEN": "filed"},
    "categories": {"codes": {"Pot hole": "pothole"}, "otherwise": "as-is"},
    "departments": "as-is",
    "wards": {"codes": {"1": "aundh-baner"}},
}
ROW = {
    "id": "17",
    "opened": "2018-01-01 00:48:30.250",
    "closed": "2018-01-05T16:22:21",
    "problem": "pot HOLE",
    "dept": "STREETS,",
    "ward": "1",
    "status": "CLOSED",
}


def read(**changes):
    return read_row(import_map(MAP), ROW | changes, NOW)


def fields_of(refused):
    return {name: why[0] for name, why in refused.value.fields.items()}


def test_a_row_is_read_through_the_map():
    row = read()
    assert row.filed_at == datetime(2018, 1, 1, 6, 48, 30, 250_000, tzinfo=UTC)
    assert row.closed_at == datetime(2018, 1, 5, 22, 22, 21, tzinfo=UTC)
    assert row.state is State.RESOLVED
    assert row.status == "CLOSED"
    assert row.args["source"] == "riverton"
    assert row.args["source_id"] == "17"
    assert row.args["category"] == "pothole"
    assert row.args["department"] == "riverton:STREETS"
    assert row.args["ward"] == "aundh-baner"
    assert row.args["description"] == "pot HOLE"


def test_a_code_that_is_taken_as_it_comes_is_marked_as_foreign():
    assert read(problem="Snow/Ice").args["category"] == "riverton:Snow/Ice"


@pytest.mark.parametrize("nothing", ["NA", "-", "", "  "])
def test_missing_values_are_nothing(nothing):
    row = read(ward=nothing, dept=nothing, closed=nothing, status="open")
    assert row.args["ward"] is None
    assert row.args["department"] is None
    assert row.closed_at is None
    assert row.state is State.FILED


@pytest.mark.parametrize(
    ("changes", "field", "rule"),
    [
        ({"id": "NA"}, "source_id", "missing"),
        ({"opened": ""}, "filed_at", "missing"),
        ({"opened": "01/02/2018"}, "filed_at", "not a time of the form iso"),
        ({"opened": "0001-01-01"}, "filed_at", "before 1900"),
        ({"opened": "9999-12-31"}, "filed_at", "in the future"),
        ({"opened": "2026-01-01 00:00:00"}, "filed_at", "in the future"),
        ({"closed": "soon"}, "closed_at", "not a time"),
        ({"closed": "2017-12-31 23:00:00"}, "closed_at", "before filed_at"),
        ({"closed": "NA"}, "closed_at", "missing, but the status is 'CLOSED'"),
        ({"problem": "NA"}, "category", "missing"),
        ({"ward": "99"}, "ward", "'99' is not in the map"),
        ({"status": "LOST"}, "status", "'LOST' is not in the map"),
        ({"status": "NA"}, "status", "missing"),
    ],
)
def test_a_row_that_breaks_a_rule_is_refused_with_field_and_rule(changes, field, rule):
    with pytest.raises(Invalid) as refused:
        read(**changes)
    assert rule in fields_of(refused)[field]


def test_a_map_knows_no_state_that_only_our_own_steps_lead_to():
    for state in ("acknowledged", "assigned", "in_progress", "waiting", "merged", "done"):
        with pytest.raises(Invalid) as refused:
            import_map(MAP | {"statuses": {"x": state}})
        assert "must be one of filed, resolved, closed" in fields_of(refused)["statuses"]


def test_an_open_row_may_have_been_closed_once():
    row = read(status="open")
    assert row.state is State.FILED
    assert row.closed_at is not None


def test_times_before_1970_are_times():
    assert read(opened="1969-07-20 20:17:40").filed_at.year == 1969


def test_a_time_with_its_own_zone_needs_none():
    assert read(opened="2018-01-01T00:00:00+05:30").filed_at == datetime(
        2017, 12, 31, 18, 30, tzinfo=UTC
    )


def test_the_repeated_hour_of_autumn_is_read_as_the_first_one():
    row = read(opened="2017-11-05 01:30:00")
    assert row.filed_at == datetime(2017, 11, 5, 6, 30, tzinfo=UTC)


def test_a_closing_time_in_the_repeated_hour_is_read_so_that_it_follows_the_filing():
    row = read(opened="2017-11-05 01:50:00", closed="2017-11-05 01:10:00")
    assert row.closed_at == datetime(2017, 11, 5, 7, 10, tzinfo=UTC)


def test_without_a_status_column_a_closing_time_means_resolved():
    columns = {field: column for field, column in MAP["columns"].items() if field != "status"}
    rules = import_map(MAP | {"columns": columns})
    assert read_row(rules, ROW, NOW).state is State.RESOLVED
    assert read_row(rules, ROW | {"closed": "NA"}, NOW).state is State.FILED


def test_without_a_key_for_them_codes_are_the_citys_own():
    rules = import_map({key: value for key, value in MAP.items() if key != "categories"})
    assert read_row(rules, ROW | {"problem": "pothole"}, NOW).args["category"] == "pothole"


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"source": "St Louis"}, "source"),
        ({"timezone": "Poona"}, "timezone"),
        ({"timezone": None}, "timezone"),
        ({"encoding": "utf-9"}, "encoding"),
        ({"delimiter": ";;"}, "delimiter"),
        ({"time_formats": ["%d.%m"]}, "time_formats"),
        ({"missing": "NA"}, "missing"),
        ({"columns": {"source_id": "id"}}, "columns"),
        ({"columns": MAP["columns"] | {"colour": "c"}}, "columns"),
        ({"statuses": {"CLOSED": "done"}}, "statuses"),
        ({"statuses": {False: "filed"}}, "statuses"),
        ({"categories": "as-it-is"}, "categories"),
        ({"trim": {"colour": ","}}, "trim"),
        ({"language": "hi"}, "language"),
        ({"colums": {}}, "colums"),
    ],
)
def test_a_mistake_in_a_map_names_its_key(change, key):
    with pytest.raises(Invalid) as refused:
        import_map(MAP | change)
    assert list(refused.value.fields) == [key]


@pytest.mark.parametrize("raw", [None, [], "text"])
def test_a_map_that_is_no_mapping_is_refused(raw):
    with pytest.raises(Invalid):
        import_map(raw)


def test_the_example_map_is_right(root: Path):
    for path in (root / "examples").glob("*.map.yaml"):
        import_map(yaml.safe_load(path.read_text(encoding="utf-8")))
