"""Events become measures: which, where, on which day, and never half."""

import random
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kpi.domain.projection import (
    MEASURES,
    RULES,
    Malformed,
    aggregate,
    deltas,
    india_day,
)

PLACE = {"department": "water", "ward": "W1"}
RESOLUTION = {"resolved_at": "2026-04-03T04:00:00Z", "on_time": True, "minutes_taken": 90}
SAMPLES = {
    "grievance.filed.v1": {**PLACE, "filed_at": "2026-04-01T04:00:00Z"},
    "grievance.assigned.v1": {**PLACE, "assigned_at": "2026-04-01T04:00:00Z"},
    "grievance.resolved.v1": {**PLACE, **RESOLUTION},
    "grievance.reopened.v1": {**PLACE, **RESOLUTION, "reopened_at": "2026-04-05T04:00:00Z"},
    "grievance.rejected.v1": {**PLACE, "rejected_at": "2026-04-02T04:00:00Z"},
    "grievance.restored.v1": {
        **PLACE,
        "rejected_at": "2026-04-02T04:00:00Z",
        "restored_at": "2026-04-20T04:00:00Z",
    },
    "grievance.withdrawn.v1": {**PLACE, "withdrawn_at": "2026-04-02T04:00:00Z"},
    "grievance.merged.v1": {**PLACE, "merged_at": "2026-04-02T04:00:00Z"},
    "grievance.unmerged.v1": {
        **PLACE,
        "merged_at": "2026-04-02T04:00:00Z",
        "unmerged_at": "2026-04-20T04:00:00Z",
    },
    "tax.billed.v1": {
        "ward": "W1",
        "billed_at": "2026-04-01T04:00:00Z",
        "amount_paise": 115_000_00,
    },
    "tax.paid.v1": {"ward": "W1", "paid_at": "2026-04-01T04:00:00Z", "amount_paise": 50_000},
    "tax.payment_reversed.v1": {
        "ward": "W1",
        "paid_at": "2026-04-01T04:00:00Z",
        "reversed_at": "2026-04-09T04:00:00Z",
        "amount_paise": 50_000,
    },
    "eoffice.file_opened.v1": {"department": "water", "opened_at": "2026-04-01T04:00:00Z"},
    "eoffice.file_moved.v1": {
        "department": "water",
        "moved_at": "2026-04-01T04:00:00Z",
        "minutes_held": 30,
    },
    "eoffice.file_approved.v1": {
        "department": "water",
        "approved_at": "2026-04-01T18:30:00Z",
        "amount_paise": 3_00_000_00,
    },
    "eoffice.file_closed.v1": {
        "department": "water",
        "closed_at": "2026-04-01T04:00:00Z",
        "minutes_open": 60,
    },
    "eoffice.file_returned.v1": {"department": "water", "returned_at": "2026-04-01T04:00:00Z"},
    "eoffice.file_overdue.v1": {
        "department": "water",
        "overdue_at": "2026-04-01T18:30:00Z",
        "against": "desk",
    },
    "eoffice.file_reopened.v1": {
        "department": "water",
        "reopened_at": "2026-04-09T04:00:00Z",
        "closed_at": "2026-04-01T04:00:00Z",
        "minutes_open": 60,
    },
}
LATER = ("grievance.unmerged.v1", "merged_at")
"""What the first of these events did not say."""
MOMENTS = st.integers(-631_152_000, 7_258_118_400).map(lambda s: datetime.fromtimestamp(s, UTC))
"""1950 to 2200; India has had one offset since 1945."""


def test_there_is_a_sample_here_for_every_rule():
    assert SAMPLES.keys() == RULES.keys()


def test_together_the_rules_write_every_measure_and_no_other():
    written = {delta[0] for kind, data in SAMPLES.items() for delta in deltas(kind, data)}
    assert written == MEASURES


def test_a_resolution_counts_once_on_time_with_its_minutes():
    assert deltas("grievance.resolved.v1", SAMPLES["grievance.resolved.v1"]) == [
        ("grievance.resolved", "water", "W1", "2026-04-03", 1),
        ("grievance.resolved_on_time", "water", "W1", "2026-04-03", 1),
        ("grievance.resolution_minutes", "water", "W1", "2026-04-03", 90),
    ]


def test_a_late_resolution_writes_a_zero_on_time_so_that_the_measure_has_data():
    late = {**SAMPLES["grievance.resolved.v1"], "on_time": False}
    assert ("grievance.resolved_on_time", "water", "W1", "2026-04-03", 0) in deltas(
        "grievance.resolved.v1", late
    )


@given(on_time=st.booleans(), minutes=st.integers(0, 10**6), moment=MOMENTS)
def test_reopening_takes_back_what_the_resolution_gave_on_the_day_it_was_given(
    on_time, minutes, moment
):
    given_ = {**PLACE, "on_time": on_time, "minutes_taken": minutes}
    given_["resolved_at"] = moment.isoformat().replace("+00:00", "Z")
    batch = aggregate(
        [
            ("1", "grievance.resolved.v1", given_),
            ("2", "grievance.reopened.v1", {**given_, "reopened_at": "2026-04-09T00:00:00Z"}),
        ]
    )
    reopened = {key: value for key, value in batch.totals.items() if value}
    assert reopened == {("grievance.reopened", "water", "W1", "2026-04-09"): 1}
    assert len(batch.totals) == 4


@pytest.mark.parametrize(
    ("given_", "taken_back"),
    [
        ("grievance.rejected.v1", "grievance.restored.v1"),
        ("grievance.merged.v1", "grievance.unmerged.v1"),
    ],
)
def test_what_is_undone_is_taken_back_on_the_day_it_was_given(given_, taken_back):
    (once,) = deltas(given_, SAMPLES[given_])
    assert once == (given_.removesuffix(".v1"), "water", "W1", "2026-04-02", 1)
    batch = aggregate([("1", given_, SAMPLES[given_]), ("2", taken_back, SAMPLES[taken_back])])
    undone = (taken_back.removesuffix(".v1"), "water", "W1", "2026-04-20")
    assert batch.totals == {once[:4]: 0, undone: 1}


def test_reopening_a_file_takes_its_closing_back_on_the_day_it_was_given():
    closed, reopened = "eoffice.file_closed.v1", "eoffice.file_reopened.v1"
    batch = aggregate([("1", closed, SAMPLES[closed]), ("2", reopened, SAMPLES[reopened])])
    assert batch.totals == {
        ("eoffice.closed", "water", "", "2026-04-01"): 0,
        ("eoffice.minutes_open", "water", "", "2026-04-01"): 0,
        ("eoffice.reopened", "water", "", "2026-04-09"): 1,
    }


@pytest.mark.parametrize(("against", "of_desk"), [("file", 0), ("desk", 1)])
def test_an_overdue_file_is_counted_on_the_day_in_india_and_so_is_whose_day_it_was(
    against, of_desk
):
    data = {**SAMPLES["eoffice.file_overdue.v1"], "against": against}
    assert deltas("eoffice.file_overdue.v1", data) == [
        ("eoffice.overdue", "water", "", "2026-04-02", 1),
        ("eoffice.desk_overdue", "water", "", "2026-04-02", of_desk),
    ]


@pytest.mark.parametrize(("amount", "counted"), [(5, (1, 5)), (None, (0, 0))])
def test_an_approval_is_counted_on_the_day_in_india_with_its_amount_if_it_has_one(amount, counted):
    data = {**SAMPLES["eoffice.file_approved.v1"], "amount_paise": amount}
    assert deltas("eoffice.file_approved.v1", data) == [
        ("eoffice.approved", "water", "", "2026-04-02", 1),
        ("eoffice.sanctioned", "water", "", "2026-04-02", counted[0]),
        ("eoffice.sanctioned_paise", "water", "", "2026-04-02", counted[1]),
    ]


@pytest.mark.parametrize("amount", ["5", 5.0, True, 2**63])
def test_an_approval_of_no_whole_amount_is_refused(amount):
    data = {**SAMPLES["eoffice.file_approved.v1"], "amount_paise": amount}
    with pytest.raises(Malformed, match="amount_paise"):
        deltas("eoffice.file_approved.v1", data)


def test_an_unmerging_that_does_not_say_since_when_is_taken_back_on_its_own_day():
    old = {**PLACE, "unmerged_at": "2026-04-20T04:00:00Z"}
    assert deltas("grievance.unmerged.v1", old) == [
        ("grievance.unmerged", "water", "W1", "2026-04-20", 1),
        ("grievance.merged", "water", "W1", "2026-04-20", -1),
    ]


def test_a_payment_that_is_taken_back_takes_back_what_it_gave_on_its_day():
    kinds = ("tax.paid.v1", "tax.payment_reversed.v1")
    batch = aggregate([(str(n), kind, SAMPLES[kind]) for n, kind in enumerate(kinds)])
    left = {key: value for key, value in batch.totals.items() if value}
    assert left == {("tax.payment_reversed", "property-tax", "W1", "2026-04-09"): 1}


def test_tax_belongs_to_the_property_tax_department_in_paise():
    assert deltas("tax.billed.v1", SAMPLES["tax.billed.v1"]) == [
        ("tax.billed", "property-tax", "W1", "2026-04-01", 1),
        ("tax.billed_paise", "property-tax", "W1", "2026-04-01", 115_000_00),
    ]


def test_no_ward_is_written_as_an_empty_one():
    filed = {**SAMPLES["grievance.filed.v1"], "ward": None}
    assert deltas("grievance.filed.v1", filed) == [
        ("grievance.filed", "water", "", "2026-04-01", 1)
    ]


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-03-31T18:29:59Z", "2026-03-31"),
        ("2026-03-31T18:29:59.999999Z", "2026-03-31"),
        ("2026-03-31T18:30:00Z", "2026-04-01"),
        ("2026-04-01T00:00:00+05:30", "2026-04-01"),
        ("2026-03-31T23:59:59+00:00", "2026-04-01"),
        ("2024-02-28T20:00:00Z", "2024-02-29"),
    ],
)
def test_the_day_begins_at_midnight_in_india(moment, day):
    assert india_day({"at": moment}, "at") == day


@given(MOMENTS)
def test_the_day_is_the_one_that_the_time_zone_database_gives(moment):
    expected = moment.astimezone(ZoneInfo("Asia/Kolkata")).date().isoformat()
    assert india_day({"at": moment.isoformat().replace("+00:00", "Z")}, "at") == expected


@pytest.mark.parametrize(
    "value",
    [None, 7, "", "Z", "yesterday", "2026-04-01", "2026-04-01T10:00:00", "2026-13-01T00:00:00Z",
     "2026-04-01T25:00:00Z", "9999-12-31T23:59:59Z", [], {}],
)  # fmt: skip
def test_what_is_not_a_time_with_a_zone_is_refused(value):
    with pytest.raises(Malformed, match="filed_at"):
        deltas("grievance.filed.v1", {**SAMPLES["grievance.filed.v1"], "filed_at": value})


@pytest.mark.parametrize(
    ("kind", "field"),
    [(kind, field) for kind, data in SAMPLES.items() for field in data if (kind, field) != LATER],
)
def test_a_missing_field_is_named(kind, field):
    data = {key: value for key, value in SAMPLES[kind].items() if key != field}
    with pytest.raises(Malformed, match=f"^{field}: missing$"):
        deltas(kind, data)


@pytest.mark.parametrize(
    ("field", "value"),
    [("minutes_taken", "90"), ("minutes_taken", 1.5), ("minutes_taken", True),
     ("minutes_taken", 2**63), ("on_time", 1), ("on_time", None), ("department", ""),
     ("department", None), ("department", "a\0b"), ("ward", 3), ("ward", "\0")],
)  # fmt: skip
def test_a_field_of_the_wrong_kind_is_refused_and_named(field, value):
    with pytest.raises(Malformed, match=f"^{field}: not "):
        deltas("grievance.resolved.v1", {**SAMPLES["grievance.resolved.v1"], field: value})


@pytest.mark.parametrize("data", [None, "text", 7, ["a"]])
def test_data_that_is_no_object_is_refused(data):
    with pytest.raises(Malformed, match="data"):
        deltas("grievance.filed.v1", data)


def test_an_unknown_type_is_refused():
    with pytest.raises(Malformed, match="no rule"):
        deltas("grievance.forgotten.v1", {})


def test_a_malformed_event_is_named_and_leaves_its_neighbours_alone():
    good = SAMPLES["grievance.reopened.v1"]
    half = {**good, "minutes_taken": "many"}
    batch = aggregate([("a", "grievance.reopened.v1", good), ("b", "grievance.reopened.v1", half)])
    assert batch.refused == {"b": "minutes_taken: not a whole number of 64 bits: 'many'"}
    assert batch.totals == aggregate([("a", "grievance.reopened.v1", good)]).totals


@given(
    st.lists(st.sampled_from(sorted(SAMPLES)), max_size=60),
    st.integers(1, 20),
    st.randoms(use_true_random=False),
)
def test_order_and_batching_do_not_change_the_totals(kinds, size, rng: random.Random):
    events = [(str(place), kind, SAMPLES[kind]) for place, kind in enumerate(kinds)]
    shuffled = rng.sample(events, len(events))
    summed: dict = {}
    for start in range(0, len(shuffled), size):
        for key, value in aggregate(shuffled[start : start + size]).totals.items():
            summed[key] = summed.get(key, 0) + value
    assert summed == aggregate(events).totals


@pytest.mark.parametrize("field", ["department", "ward"])
def test_a_code_that_no_index_can_hold_is_refused(field: str) -> None:
    data = {"department": "roads", "ward": None, "filed_at": "2026-04-01T00:00:00Z"}
    with pytest.raises(Malformed, match=field):
        deltas("grievance.filed.v1", data | {field: "x" * 1_000})


def test_a_time_that_india_cannot_show_is_refused() -> None:
    data = {"department": "roads", "ward": None, "filed_at": "9999-12-31T23:00:00+00:00"}
    with pytest.raises(Malformed, match="filed_at"):
        deltas("grievance.filed.v1", data)
