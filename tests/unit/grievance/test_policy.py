"""The city's policy as a file, and what it refuses."""

import pytest

from palika.errors import Conflict, Invalid
from services.grievance.domain.policy import policy
from services.grievance.reference import read_data

RAW = read_data("policy.yaml")
POLICY = policy(RAW)


def test_the_shipped_policy_is_whole_in_both_languages():
    assert (POLICY.reopen_days, POLICY.max_reopens, POLICY.close_after_days) == (3, 2, 7)
    assert 0 < POLICY.due_soon_share < 1
    names = [each.name for each in POLICY.rejections.values()]
    names += [level.name for level in POLICY.appeals]
    assert all(name.mr != name.en for name in names)


@pytest.mark.parametrize(("rating", "satisfied"), [(1, False), (2, False), (3, True), (5, True)])
def test_a_poor_rating_says_that_the_citizen_is_not_satisfied(rating, satisfied):
    assert POLICY.is_satisfied(rating) is satisfied


def test_a_reason_must_be_one_of_the_policys_and_bring_the_note_it_needs():
    POLICY.check_rejection("sub_judice", None)
    POLICY.check_rejection("not_responsible", "हा रस्ता राज्य महामार्ग आहे")
    with pytest.raises(Invalid) as unknown:
        POLICY.check_rejection("lazy", "x")
    assert "sub_judice" in unknown.value.fields["rejection"][0]
    for note in (None, "", "  "):
        with pytest.raises(Invalid) as silent:
            POLICY.check_rejection("not_responsible", note)
        assert "remark" in silent.value.fields


def test_against_an_excluded_subject_there_is_no_appeal_and_against_any_other_there_is():
    excluded = {code for code, each in POLICY.rejections.items() if not each.appealable}
    assert excluded == {"sub_judice", "rti", "service_matter"}
    with pytest.raises(Conflict, match=r"was rejected as rti .*excluded from appeals"):
        POLICY.check_appealable("rti")
    for other in (None, "not_responsible", "oldsystem:rti"):
        POLICY.check_appealable(other)


REASON = {"mr": "क", "en": "k", "note": "optional"}


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
        ({"rejections": {"x": {**REASON, "note": "maybe"}}}, "rejections, x, note: must be one of"),
        ({"rejections": {"x": {**REASON, "mr": ""}}}, "rejections, x: needs a name"),
        ({"rejections": {"x": {**REASON, "appeal": "no"}}}, "rejections, x, appeal: must be one"),
        ({"max_reopen": 1}, "policy: max_reopen not known"),
        ({"appeals": []}, "appeals: at least one"),
    ],
)
def test_a_mistake_in_the_file_is_named_with_its_place(change, says):
    with pytest.raises(ValueError, match=says):
        policy({**RAW, **change})
