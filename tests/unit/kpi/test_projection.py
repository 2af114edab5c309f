"""Events become measures: which, where, on which day, and never half."""

from datetime import UTC, datetime
from importlib import resources
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from palika import catalogue
from services.kpi.domain.projection import (
    ATTRIBUTES,
    KINDS,
    MEASURES,
    RULES,
    Malformed,
    Projector,
    india_day,
)
from services.kpi.domain.sketches import bucket, register
from tests.support.projection import (
    FILED,
    PLACE,
    PLAIN,
    RESOLUTION,
    RESOLVED,
    SAMPLES,
    aggregate,
    deltas,
    left,
)

PUBLISHED = {
    str(kind.name): kind
    for kind in catalogue.all_published()
    if not str(kind.name).endswith(".heartbeat.v1")
}
NOT_COUNTED = {
    "eoffice.rooted.v1",
    "grievance.detached.v1",
    "grievance.linked.v1",
    "grievance.unlinked.v1",
    "portal.account_held_back.v1",
}
MOMENTS = st.integers(-631_152_000, 7_258_118_400).map(lambda s: datetime.fromtimestamp(s, UTC))
"""1950 to 2200; India has had one offset since 1945."""


# ---- all of them


def test_every_event_of_the_city_is_counted_but_those_that_measure_nothing():
    told = {name for name in PUBLISHED if name.startswith(("kpi.", "warroom."))}
    assert RULES.keys() == PUBLISHED.keys() - NOT_COUNTED - told


def test_together_the_rules_write_every_measure_and_no_other():
    written = {key[0] for kind, data in SAMPLES.items() for key, _ in PLAIN.deltas(kind, data)}
    late = {**SAMPLES["grievance.resolved.v1"], "breached_at": "2026-04-02T04:00:00Z"}
    written |= {key[0] for key, _ in PLAIN.deltas("grievance.resolved.v1", late)}
    assert written == MEASURES


def test_every_measure_is_described_with_the_kind_that_the_rules_give_it():
    described = {}
    for file in (resources.files("services.kpi") / "data" / "measures").iterdir():
        described |= yaml.safe_load(file.read_text("utf-8"))["measures"]
    assert {name: entry["kind"] for name, entry in described.items()} == KINDS
    assert all(entry["name"].keys() == {"mr", "en"} for entry in described.values())
    assert all(entry.get("zero_with") in {None, *described} for entry in described.values())


@pytest.mark.parametrize("kind", SAMPLES)
def test_every_event_tells_what_the_parts_of_its_measures_are_told_by(kind):
    fields = PUBLISHED[kind].schema.fields.keys()
    for key, _ in PLAIN.deltas(kind, SAMPLES[kind]):
        assert ATTRIBUTES[key[0]] <= fields, key[0]


@pytest.mark.parametrize("data", [None, "text", 7, ["a"]])
@pytest.mark.parametrize("kind", RULES)
def test_data_that_is_no_object_is_refused(kind, data):
    with pytest.raises(Malformed, match="data"):
        PLAIN.deltas(kind, data)


def test_an_unknown_type_is_refused():
    with pytest.raises(Malformed, match="no rule"):
        PLAIN.deltas("grievance.forgotten.v1", {})


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        (kind, field)
        for kind, data in SAMPLES.items()
        for field in data
        if field.endswith("_paise")
        # What is left on an account is no happening, and nothing counts it.
        and (kind == "tax.billed.v1" or field not in {"balance_paise", "advance_paise"})
    ],
)
@pytest.mark.parametrize("wrong", ["5", 5.0, True, 2**63])
def test_money_is_whole_paise(kind, field, wrong):
    with pytest.raises(Malformed, match=f"^{field}: not "):
        PLAIN.deltas(kind, {**SAMPLES[kind], field: wrong})


# ---- grievances


def test_a_filing_is_one_more():
    assert deltas("grievance.filed.v1", FILED) == {
        ("grievance.filed", "water", "W1", "2026-04-01"): 1,
    }


def test_a_resolution_counts_once_on_time_with_its_minutes_and_ends_it():
    assert PLAIN.deltas("grievance.resolved.v1", RESOLVED) == [
        (("grievance.resolved", "water", "W1", "2026-04-03", 0), 1),
        (("grievance.resolved_on_time", "water", "W1", "2026-04-03", 0), 1),
        (("grievance.resolution_minutes", "water", "W1", "2026-04-03", 0), 90),
        (("grievance.resolution_time", "water", "W1", "2026-04-03", bucket(90)), 1),
        (("grievance.ended", "water", "W1", "2026-04-03", 0), 1),
    ]


def test_a_late_resolution_writes_a_zero_on_time_so_that_the_measure_has_data():
    late = {**RESOLVED, "on_time": False}
    found = deltas("grievance.resolved.v1", late)
    assert found["grievance.resolved_on_time", "water", "W1", "2026-04-03"] == 0


@given(on_time=st.booleans(), minutes=st.integers(0, 10**6), moment=MOMENTS)
def test_reopening_takes_back_what_the_resolution_gave_on_the_day_it_was_given(
    on_time, minutes, moment
):
    given_ = {**RESOLVED, "on_time": on_time, "minutes_taken": minutes}
    # Due on that day: on how many days it was late and open before stays, whatever becomes of it.
    given_["resolved_at"] = given_["due_at"] = moment.isoformat().replace("+00:00", "Z")
    reopened = {**given_, "reopened_at": "2206-04-09T00:00:00Z"}
    ended = ("grievance.ended", "water", "W1", india_day(given_, "resolved_at"))
    assert left(("grievance.resolved.v1", given_), ("grievance.reopened.v1", reopened)) == {
        ("grievance.reopened", "water", "W1", "2206-04-09"): 1,
        # It was not open between the two.
        ended: 1,
        ("grievance.ended", "water", "W1", "2206-04-09"): -1,
    }


@pytest.mark.parametrize(
    ("given_", "taken_back"),
    [
        ("grievance.rejected.v1", "grievance.restored.v1"),
        ("grievance.merged.v1", "grievance.unmerged.v1"),
    ],
)
def test_what_is_undone_is_taken_back_on_the_day_it_was_given(given_, taken_back):
    name, undoing = (each.split(".")[1] for each in (given_, taken_back))
    at = {f"{name}_at": "2026-04-02T04:00:00Z", "breached_at": None}
    undone = {**PLACE, **at, f"{undoing}_at": "2026-04-20T04:00:00Z"}
    assert left((given_, {**PLACE, **at}), (taken_back, undone)) == {
        (f"grievance.{undoing}", "water", "W1", "2026-04-20"): 1,
        ("grievance.ended", "water", "W1", "2026-04-02"): 1,
        ("grievance.ended", "water", "W1", "2026-04-20"): -1,
    }


def test_an_unmerging_that_does_not_say_since_when_is_taken_back_on_its_own_day():
    old = {**PLACE, "unmerged_at": "2026-04-20T04:00:00Z"}
    assert deltas("grievance.unmerged.v1", old) == {
        ("grievance.unmerged", "water", "W1", "2026-04-20"): 1,
        ("grievance.merged", "water", "W1", "2026-04-20"): -1,
        ("grievance.ended", "water", "W1", "2026-04-20"): -1,
    }


BREACH = "2026-04-02T04:00:00Z"
OVERDUE = ("grievance.overdue_open", "water", "W1")


@pytest.mark.parametrize("ending", ["resolved", "rejected", "withdrawn", "merged"])
@pytest.mark.parametrize("breached_at", [None, BREACH])
def test_every_ending_ends_its_lateness_if_it_was_late(ending, breached_at):
    data = {**PLACE, **RESOLUTION, f"{ending}_at": "2026-04-09T04:00:00Z"}
    found = deltas(f"grievance.{ending}.v1", {**data, "breached_at": breached_at})
    assert found["grievance.ended", "water", "W1", "2026-04-09"] == 1
    assert found.get((*OVERDUE, "2026-04-09"), 0) == (0 if breached_at is None else -1)


@pytest.mark.parametrize("opening", ["reopened", "restored", "unmerged"])
@pytest.mark.parametrize("breached_at", [None, BREACH])
def test_what_is_opened_again_is_as_late_as_it_was(opening, breached_at):
    data = {**PLACE, **RESOLUTION, f"{opening}_at": "2026-04-09T04:00:00Z"}
    data |= {"rejected_at": BREACH, "merged_at": BREACH, "breached_at": breached_at}
    found = deltas(f"grievance.{opening}.v1", data)
    assert found["grievance.ended", "water", "W1", "2026-04-09"] == -1
    assert found.get((*OVERDUE, "2026-04-09"), 0) == (0 if breached_at is None else 1)


def test_a_breach_is_told_by_its_own_day_and_late_since_it_is_open_there():
    data = {**PLACE, "breached_at": BREACH}
    assert deltas("grievance.breached.v1", data) == {
        ("grievance.breached", "water", "W1", "2026-04-02"): 1,
        (*OVERDUE, "2026-04-02"): 1,
    }
    since = {**data, "open_late_since": "2026-04-07T04:00:00Z"}
    assert (*OVERDUE, "2026-04-07") in deltas("grievance.breached.v1", since)


@pytest.mark.parametrize(
    ("more", "late"),
    [
        ({"officer": "je-1", "on_time": False}, -1),
        ({"officer": "je-1", "on_time": True}, 0),
        # Of an import nobody was told that it was late.
        ({"on_time": False}, 0),
    ],
)
def test_of_a_resolution_from_before_it_was_told_the_lateness_follows_from_the_rest(more, late):
    found = deltas("grievance.resolved.v1", {**PLACE, **RESOLUTION, **more})
    assert found.get((*OVERDUE, "2026-04-03"), 0) == late


@pytest.mark.parametrize("of", [{"officer": "je-1"}, {}])
def test_what_is_found_late_when_it_is_resolved_was_late_from_the_day_it_was_due(of):
    late = {**PLACE, **RESOLUTION, **of, "on_time": False, "breached_at": None}
    late["resolved_at"] = "2026-05-20T04:00:00Z"
    found = left(("grievance.resolved.v1", late | {"due_at": "2026-04-08T20:00:00Z"}))
    overdue = {key: amount for key, amount in found.items() if key[:3] == OVERDUE}
    # In India it was due on the 9th: so April ends with one that is overdue and open, and May not.
    assert overdue == {(*OVERDUE, "2026-04-09"): 1, (*OVERDUE, "2026-05-20"): -1}
    # Opened again it is not late before it breaches; the days of before stay as they were.
    again = {**late, "reopened_at": "2026-05-25T04:00:00Z"}
    assert not any(key[:3] == OVERDUE for key in left(("grievance.reopened.v1", again)))
    # Late within a day it was overdue at the end of none.
    same_day = late | {"due_at": "2026-05-20T03:00:00Z"}
    assert not any(key[:3] == OVERDUE for key in deltas("grievance.resolved.v1", same_day))
    # Who had been told was late ends what its breach began, and no more.
    told = {**late, "due_at": "2026-04-08T20:00:00Z", "breached_at": BREACH}
    found = deltas("grievance.resolved.v1", told)
    assert [key for key in found if key[:3] == OVERDUE] == [(*OVERDUE, "2026-05-20")]


@pytest.mark.parametrize(("breached_at", "stays"), [(None, False), (BREACH, False), (BREACH, True)])
def test_a_transfer_takes_what_is_open_and_late_from_one_department_to_another(breached_at, stays):
    data = {
        **PLACE,
        "from_department": "roads",
        "from_category": "hole",
        "transferred_at": "2026-04-09T04:00:00Z",
        "breached_at": breached_at,
        "stays_breached": stays,
    }
    day = ("W1", "2026-04-09")
    expected = {
        ("grievance.transferred_out", "roads", *day): 1,
        ("grievance.ended", "roads", *day): 1,
        ("grievance.transferred_in", "water", *day): 1,
        ("grievance.ended", "water", *day): -1,
    }
    if breached_at:
        expected["grievance.overdue_open", "roads", *day] = -1
    if stays:
        expected["grievance.overdue_open", "water", *day] = 1
    assert deltas("grievance.transferred.v1", data) == expected
    by_category = {
        name: {"of": "grievance.ended", "where": {"category": [name[2:]]}}
        for name in ("a.hole", "a.leak")
    }
    changes = Projector(by_category).deltas("grievance.transferred.v1", data)
    parts = {key[:2]: n for key, n in changes if key[0] in by_category}
    assert parts == {("a.hole", "roads"): 1, ("a.leak", "water"): -1}


def test_what_is_located_leaves_no_ward_for_its_ward():
    data = {**PLACE, "located_at": "2026-04-09T04:00:00Z", "breached_at": BREACH}
    day = "2026-04-09"
    assert deltas("grievance.located.v1", data) == {
        ("grievance.ended", "water", "", day): 1,
        ("grievance.overdue_open", "water", "", day): -1,
        ("grievance.ended", "water", "W1", day): -1,
        ("grievance.overdue_open", "water", "W1", day): 1,
    }


# ---- tax and e-office


def test_a_payment_that_is_taken_back_takes_back_what_it_gave_on_its_day():
    paid = SAMPLES["tax.paid.v1"]
    back = {**paid, "reversed_at": "2027-04-09T04:00:00Z", "outcome": "bounced"}
    assert left(("tax.paid.v1", paid), ("tax.payment_reversed.v1", back)) == {
        ("tax.payment_reversed", "property-tax", paid["ward"], "2027-04-09"): 1,
        ("tax.reversed_paise", "property-tax", paid["ward"], "2027-04-09"): paid["amount_paise"],
    }


def test_tax_belongs_to_the_property_tax_department_in_paise():
    data = SAMPLES["tax.billed.v1"]
    place = ("property-tax", data["ward"], india_day(data, "billed_at"))
    changes = dict(PLAIN.deltas("tax.billed.v1", data))
    assert changes["tax.billed", *place, 0] == 1
    assert changes["tax.billed_paise", *place, 0] == data["amount_paise"]
    assert changes["tax.properties_billed", *place, register(data["property_id"])] == 1


def test_reopening_a_file_takes_its_closing_back_on_the_day_it_was_given():
    data = {"department": "water", "closed_at": "2026-04-01T04:00:00Z", "minutes_open": 60}
    reopened = {**data, "reopened_at": "2026-04-09T04:00:00Z"}
    assert left(("eoffice.file_closed.v1", data), ("eoffice.file_reopened.v1", reopened)) == {
        ("eoffice.reopened", "water", "", "2026-04-09"): 1,
        ("eoffice.ended", "water", "", "2026-04-01"): 1,
        ("eoffice.ended", "water", "", "2026-04-09"): -1,
    }


@pytest.mark.parametrize(("against", "of_desk"), [("file", 0), ("desk", 1)])
def test_an_overdue_file_is_counted_on_the_day_in_india_and_so_is_whose_day_it_was(
    against, of_desk
):
    data = {"department": "water", "overdue_at": "2026-04-01T18:30:00Z", "against": against}
    assert deltas("eoffice.file_overdue.v1", data) == {
        ("eoffice.overdue", "water", "", "2026-04-02"): 1,
        ("eoffice.desk_overdue", "water", "", "2026-04-02"): of_desk,
    }


@pytest.mark.parametrize(("amount", "counted"), [(5, (1, 5)), (None, (0, 0))])
def test_an_approval_is_counted_on_the_day_in_india_with_its_amount_if_it_has_one(amount, counted):
    data = {"department": "water", "approved_at": "2026-04-01T18:30:00Z", "amount_paise": amount}
    assert deltas("eoffice.file_approved.v1", data) == {
        ("eoffice.approved", "water", "", "2026-04-02"): 1,
        ("eoffice.sanctioned", "water", "", "2026-04-02"): counted[0],
        ("eoffice.sanctioned_paise", "water", "", "2026-04-02"): counted[1],
    }


@pytest.mark.parametrize(("amount", "counted"), [(5, (-1, -5)), (None, (0, 0))])
def test_a_cancelled_approval_is_taken_back_on_the_day_on_which_it_was_given(amount, counted):
    data = {"department": "water", "approved_at": "2026-04-01T18:30:00Z", "amount_paise": amount}
    data["cancelled_at"] = "2026-05-01T18:30:00Z"
    assert deltas("eoffice.approval_cancelled.v1", data) == {
        ("eoffice.approved", "water", "", "2026-04-02"): -1,
        ("eoffice.sanctioned", "water", "", "2026-04-02"): counted[0],
        ("eoffice.sanctioned_paise", "water", "", "2026-04-02"): counted[1],
    }


# ---- places, days and what cannot be counted


def test_no_ward_is_written_as_an_empty_one():
    assert deltas("grievance.filed.v1", {**FILED, "ward": None}) == {
        ("grievance.filed", "water", "", "2026-04-01"): 1,
    }


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
     "2026-04-01T25:00:00Z", "9999-12-31T23:59:59Z", "9999-12-31T23:00:00+00:00", [], {}],
)  # fmt: skip
def test_what_is_not_a_time_with_a_zone_is_refused(value):
    with pytest.raises(Malformed, match="filed_at"):
        PLAIN.deltas("grievance.filed.v1", {**FILED, "filed_at": value})


@pytest.mark.parametrize("field", ["department", "ward", "resolved_at", "on_time", "minutes_taken"])
def test_a_missing_field_is_named(field):
    data = {key: value for key, value in RESOLVED.items() if key != field}
    with pytest.raises(Malformed, match=f"^{field}: missing$"):
        PLAIN.deltas("grievance.resolved.v1", data)


@pytest.mark.parametrize(
    ("field", "value"),
    [("minutes_taken", "90"), ("minutes_taken", 1.5), ("minutes_taken", True),
     ("minutes_taken", 2**63), ("minutes_taken", -1), ("on_time", 1), ("on_time", None),
     ("department", ""), ("department", None), ("department", "a\0b"), ("department", "x" * 1_000),
     ("ward", 3), ("ward", "\0"), ("ward", "x" * 1_000)],
)  # fmt: skip
def test_a_field_of_the_wrong_kind_is_refused_and_named(field, value):
    with pytest.raises(Malformed, match=f"^{field}: not "):
        PLAIN.deltas("grievance.resolved.v1", {**RESOLVED, field: value})


def test_a_malformed_event_is_named_and_leaves_its_neighbours_alone():
    good = SAMPLES["grievance.reopened.v1"]
    half = {**good, "minutes_taken": "many"}
    batch = aggregate([("a", "grievance.reopened.v1", good), ("b", "grievance.reopened.v1", half)])
    assert batch.refused == {"b": "minutes_taken: not a whole number of 64 bits: 'many'"}
    assert batch.totals == aggregate([("a", "grievance.reopened.v1", good)]).totals
