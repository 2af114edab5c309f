"""Money, risks, issues, decisions, progress and links of a project."""

from uuid import uuid4

import pytest
from marshmallow import ValidationError
from uuid6 import uuid7

from palika.auth import Identity
from palika.errors import Conflict, Forbidden, Invalid, NotFound
from services.warroom.commands.assess_risk import add_risk, revise_risk
from services.warroom.commands.decide import decide
from services.warroom.commands.link import link
from services.warroom.commands.raise_issue import raise_issue, resolve_issue, revise_issue
from services.warroom.commands.record_money import record_money
from services.warroom.commands.report_progress import report_progress
from services.warroom.commands.revise_milestone import (
    complete_milestone,
)
from services.warroom.commands.revise_project import revise_project
from services.warroom.commands.withdraw import withdraw
from services.warroom.schemas import asking
from tests.support.warroom import (
    OTHER,
    Room,
    three_in_a_row,
)


@pytest.fixture
def road(room: Room) -> str:
    """A project with three milestones in a row: dpr, tender, work."""
    return three_in_a_row(room)


def test_the_budget_is_the_last_revision_or_what_was_sanctioned(room, road):
    def enter(kind: str, amount: int, on: str) -> int:
        entry = {"id": road, "kind": kind, "amount_paise": amount, "on": on}
        entry["reference"] = "P/1"
        return room.do(record_money, asking.Entering, entry).budget_paise

    assert enter("sanctioned", 500, "2026-01-01") == 500
    assert enter("sanctioned", 300, "2026-02-01") == 800
    assert enter("revised", 900, "2026-04-01") == 900
    assert enter("revised", 700, "2026-03-01") == 900
    assert enter("revised", 950, "2026-04-01") == 950
    with pytest.raises(Invalid, match="must be 2026-06-01 or earlier"):
        enter("spent", 100, "2026-06-02")


def test_a_wrong_entry_is_withdrawn_and_counts_no_more(room, road):
    key = str(uuid7())
    entry = {"id": road, "kind": "spent", "amount_paise": 100, "on": "2026-05-01"}
    room.do(record_money, asking.Entering, {**entry, "money_id": key})
    given = {"id": road, "kind": "money", "fact_id": key, "reason": "of another project"}
    assert room.do(withdraw, asking.Withdrawing, given).spent_paise == 0
    with pytest.raises(NotFound):
        room.do(withdraw, asking.Withdrawing, given)
    with pytest.raises(NotFound):
        room.do(withdraw, asking.Withdrawing, {**given, "kind": "risk"})


def test_what_others_depend_on_is_not_withdrawn(room, road):
    state = room.do(revise_project, asking.Revising, {"id": road, "owner": "roads-ce"})
    given = {"id": road, "kind": "milestone", "reason": "none"}
    with pytest.raises(Conflict) as refusal:
        room.do(withdraw, asking.Withdrawing, {**given, "fact_id": room.key(state, "tender")})
    assert refusal.value.details == {"depending": ["work"]}
    left = room.do(withdraw, asking.Withdrawing, {**given, "fact_id": room.key(state, "work")})
    assert sorted(each.key for each in left.milestones.values()) == ["dpr", "land", "tender"]


def test_a_risk_is_assessed_anew_by_who_has_it(room, road):
    key = str(uuid7())
    risk = {"title": "Monsoon", "likelihood": 4, "impact": 5, "owner": "drainage-ce"}
    state = room.do(add_risk, asking.AddingRisk, {"id": road, "risk_id": key, **risk})
    assert "risk" in [each.code for each in state.health.reasons if each.light == "red"]
    given = {"id": road, "risk_id": key, "likelihood": 1, "mitigation": "pumps"}
    state = room.do(revise_risk, asking.RevisingRisk, given, OTHER)
    assert [each.score for each in state.risks.values()] == [5]
    nobody = Identity.of("officer:garden-ce", "officer")
    with pytest.raises(Forbidden):
        room.do(revise_risk, asking.RevisingRisk, {**given, "open": False}, nobody)


def test_an_issue_lives_from_raised_to_resolved(room, road):
    key, thread = str(uuid7()), str(uuid7())
    issue = {
        "id": road,
        "issue_id": key,
        "title": "Tree cutting permission",
        "severity": "critical",
        "post": "drainage-ce",
        "raised_on": "2026-05-20",
        "due_on": "2026-05-30",
        "correlation_id": thread,
    }
    state = room.do(raise_issue, asking.RaisingIssue, issue)
    colours = {each.code: each.light for each in state.health.reasons}
    assert (colours["issues"], colours["overdue_issues"]) == ("amber", "amber")
    (told,) = room.told("issue_raised")
    assert (told["severity"], told["correlation_id"]) == ("critical", thread)
    later = {"id": road, "issue_id": key, "due_on": "2026-06-10"}
    with pytest.raises(Invalid, match="later than before"):
        room.do(revise_issue, asking.RevisingIssue, later)
    room.do(revise_issue, asking.RevisingIssue, {**later, "reason": "tree officer away"})
    resolving = {"id": road, "issue_id": key, "resolution": "granted"}
    with pytest.raises(Invalid, match="must be from 2026-05-20, when it was raised"):
        room.do(resolve_issue, asking.ResolvingIssue, {**resolving, "resolved_on": "2026-05-19"})
    room.do(resolve_issue, asking.ResolvingIssue, resolving, OTHER)
    assert room.told("issue_resolved")[0]["days_open"] == 12
    for command, schema, given in (
        (resolve_issue, asking.ResolvingIssue, resolving),
        (revise_issue, asking.RevisingIssue, later),
    ):
        with pytest.raises(Conflict, match="it was resolved on 2026-06-01"):
            room.do(command, schema, given)


def test_an_issue_is_one_clearance_of_150_characters():
    issue = {"id": str(uuid4()), "severity": "low", "post": "roads-je", "due_on": "2026-07-01"}
    assert asking.RaisingIssue().load({**issue, "title": "अ" * 150})
    with pytest.raises(ValidationError) as refusal:
        asking.RaisingIssue().load({**issue, "title": "अ" * 151})
    assert list(refusal.value.messages) == ["title"]


def test_no_without_a_reason_is_no_progress():
    note = {"id": str(uuid4()), "promised": "500 m of kerb"}
    assert asking.Reporting().load({**note, "done": True})
    with pytest.raises(ValidationError) as refusal:
        asking.Reporting().load({**note, "done": False})
    assert list(refusal.value.messages) == ["reason"]


def test_decisions_progress_and_links_are_kept_with_their_days(room, road):
    decision = {"text": "Go on", "by": "roads-ce", "decided_on": "2026-05-31"}
    room.do(decide, asking.Deciding, {"id": road, **decision, "file_number": "PMC/RD/1"})
    room.do(
        report_progress,
        asking.Reporting,
        {"id": road, "promised": "kerb", "done": False, "reason": "rain", "on": "2026-05-30"},
    )
    area = {"id": road, "kind": "area", "ward": "kothrud-bavdhan", "category": "pothole"}
    state = room.do(link, asking.Linking, area)
    assert [each.by for each in state.decisions.values()] == ["roads-ce"]
    assert [each.reason for each in state.progress.values()] == ["rain"]
    assert [each.category for each in state.links.values()] == ["pothole"]
    with pytest.raises(Conflict, match="the project has this link"):
        room.do(link, asking.Linking, area)
    with pytest.raises(Invalid, match="there is no atlantis"):
        room.do(link, asking.Linking, {**area, "ward": "atlantis"})
    for wrong in ({"kind": "kpi"}, {"kind": "area", "target": "x"}, {"kind": "area"}):
        with pytest.raises(ValidationError):
            asking.Linking().load({"id": road, **wrong})
    days = [each["valid_on"] for each in room.told("project_changed")[-3:]]
    assert days == ["2026-05-31", "2026-05-30", "2026-06-01"]


def test_a_fact_of_another_project_is_none_of_this(room, road):
    other = room.add(code="RD-02")
    state = room.milestone(other.id)
    given = {"id": road, "milestone_id": room.key(state, "dpr"), "done_on": "2026-05-01"}
    with pytest.raises(NotFound, match="the project has no such milestone"):
        room.do(complete_milestone, asking.Completing, given)
    with pytest.raises(Conflict, match="is the id of something else already"):
        room.milestone(road, milestone_id=room.key(state, "dpr"), key="new")
