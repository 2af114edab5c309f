"""The city's policy as a file, and what it refuses."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from palika.errors import Conflict, Forbidden, Invalid
from services.grievance.domain.appeals import Appealed
from services.grievance.domain.policy import policy
from services.grievance.reference import read_data

NUMBER = "PMC-2026-000123"

RAW = read_data("policy.yaml")
RUNGS = ("junior-engineer", "deputy-engineer", "ward-officer", "department-head")
POLICY = policy(RAW, RUNGS)
OFFICER = {"officer"}


def test_the_shipped_policy_is_whole_in_both_languages():
    assert (POLICY.reopen_days, POLICY.max_reopens, POLICY.close_after_days) == (3, 2, 7)
    assert 0 < POLICY.due_soon_share < 1
    names = [each.name for each in POLICY.rejections.values()]
    names += [level.name for level in POLICY.appeals]
    assert all(name.mr != name.en for name in names)


@pytest.mark.parametrize(("rating", "satisfied"), [(1, False), (2, False), (3, True), (5, True)])
def test_a_poor_rating_says_that_the_citizen_is_not_satisfied(rating, satisfied):
    assert POLICY.is_satisfied(rating) is satisfied


def test_a_reason_must_be_one_of_the_policys_and_bring_its_note():
    POLICY.check_rejection("not_responsible", "हा रस्ता राज्य महामार्ग आहे", OFFICER)
    with pytest.raises(Invalid) as unknown:
        POLICY.check_rejection("lazy", "x", OFFICER)
    assert "sub_judice" in unknown.value.fields["rejection"][0]
    for code in POLICY.rejections:
        for note in (None, "", "  "):
            with pytest.raises(Invalid) as silent:
                POLICY.check_rejection(code, note, {"supervisor"})
            assert "remark" in silent.value.fields


def test_a_reason_that_excludes_appeals_is_for_a_supervisor():
    excluded = {code for code, each in POLICY.rejections.items() if not each.appealable}
    assert excluded == {"sub_judice", "rti", "service_matter"}
    for code in excluded:
        with pytest.raises(Forbidden, match=f"to reject as {code}.*is for admin, supervisor"):
            POLICY.check_rejection(code, "x", OFFICER)
        for role in ("supervisor", "admin"):
            POLICY.check_rejection(code, "x", {role})


def test_an_excluded_subject_is_appealed_against_once_and_what_was_ordered_on_always():
    rejected = datetime(2026, 7, 1, tzinfo=UTC)
    day = timedelta(days=1)
    dismissed = Appealed(rejected + day, rejected + 30 * day, rejected + 5 * day)
    POLICY.check_appealable(NUMBER, "rti", rejected, [])
    POLICY.check_appealable(NUMBER, "rti", rejected, [replace(dismissed, decided_at=None)])
    with pytest.raises(Conflict, match=rf"{NUMBER} was rejected as rti .*excluded from"):
        POLICY.check_appealable(NUMBER, "rti", rejected, [dismissed])
    lapsed = replace(dismissed, decided_at=rejected - day, lapsed=True)
    with pytest.raises(Conflict, match="excluded from further appeals"):
        POLICY.check_appealable(NUMBER, "rti", rejected, [lapsed, dismissed])
    ordered = replace(dismissed, decided_at=rejected - day)
    for earlier in ([ordered], [ordered, dismissed]):
        POLICY.check_appealable(NUMBER, "rti", rejected, earlier)
    for other in (None, "not_responsible", "oldsystem:rti"):
        POLICY.check_appealable(NUMBER, other, rejected, [dismissed])


REASON = {"mr": "क", "en": "k"}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"reopen_days": -1}, "reopen_days: must be a whole number from 0"),
        ({"max_reopens": True}, "max_reopens: must be a whole number"),
        ({"close_after_days": 0}, "close_after_days: .* from 1"),
        ({"due_soon_share": 1.5}, "due_soon_share: must be a number from 0 to 1"),
        ({"due_soon_share": float("nan")}, "due_soon_share: must be a number"),
        ({"auto_assign": "yes"}, "auto_assign: must be true or false"),
        ({"sample_percent": "5"}, "sample_percent: must be a number from 0 to 100"),
        ({"rating": {"satisfied_from": 6}}, "satisfied_from: .* from 1 to 5"),
        ({"rejections": {}}, "rejections: at least one"),
        ({"rejections": {"x:y": REASON}}, "rejections, x:y: .* colon"),
        ({"rejections": {"x": {**REASON, "note": "optional"}}}, "rejections, x: note not known"),
        ({"rejections": {"x": {**REASON, "mr": ""}}}, "rejections, x: needs a name"),
        ({"rejections": {"x": {**REASON, "appeal": "no"}}}, "rejections, x, appeal: must be one"),
        ({"max_reopen": 1}, "policy: max_reopen not known"),
        ({"appeals": []}, "appeals: at least one"),
    ],
)
def test_a_mistake_in_the_file_is_named_with_its_place(change, says):
    with pytest.raises(ValueError, match=says):
        policy({**RAW, **change}, RUNGS)
