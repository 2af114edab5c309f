"""The commands of the war room."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from marshmallow import ValidationError
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker
from uuid6 import uuid7

from palika.auth import Identity
from palika.errors import Conflict, Forbidden, Invalid, NotFound
from palika.local import Postgres
from services.warroom.commands.add_milestone import add_milestone
from services.warroom.commands.add_project import add_project
from services.warroom.commands.assess_risk import add_risk, revise_risk
from services.warroom.commands.decide import decide
from services.warroom.commands.judge import judge
from services.warroom.commands.link import link
from services.warroom.commands.raise_issue import raise_issue, resolve_issue, revise_issue
from services.warroom.commands.record_money import record_money
from services.warroom.commands.report_progress import report_progress
from services.warroom.commands.revise_milestone import (
    complete_milestone,
    forecast_milestone,
    revise_milestone,
)
from services.warroom.commands.revise_project import revise_project
from services.warroom.commands.withdraw import withdraw
from services.warroom.domain.facts import State
from services.warroom.schemas import asking
from tests.support.databases import service_database
from tests.support.warroom import ADMIN, MILESTONE, OTHER, OWNER, PROJECT, Room, emptied


@pytest.fixture(scope="module")
def database(postgres: Postgres) -> Iterator[sessionmaker[Session]]:
    with service_database(postgres, "warroom") as sessions:
        yield sessions


@pytest.fixture
def room(database: sessionmaker[Session]) -> Room:
    return Room(emptied(database))


@pytest.fixture
def road(room: Room) -> str:
    """A project with three milestones in a row: dpr, tender, work."""
    added = room.add()
    room.milestone(added.id)
    dpr = room.key(room.milestone(added.id, key="land", planned_on="2026-02-01"), "dpr")
    state = room.milestone(
        added.id, key="tender", stage="tender", planned_on="2026-07-01", after=[dpr]
    )
    tender = room.key(state, "tender")
    room.milestone(added.id, key="work", stage="execution", planned_on="2026-12-01", after=[tender])
    return str(added.id)


def dpr_is_done(room: Room, road: str) -> State:
    state = room.do(revise_project, asking.Revising, {"id": road, "owner": "roads-ce"})
    given = {"id": road, "milestone_id": room.key(state, "dpr"), "done_on": "2026-03-01"}
    return room.do(complete_milestone, asking.Completing, given)


# ---- projects


def test_a_project_comes_in_with_its_event_and_its_colour(room):
    added = room.add()
    assert added.version == 1
    assert added.health.light == "amber"
    assert [each.code for each in added.health.reasons if each.light == "amber"] == ["no_plan"]
    (told,) = room.told("project_added")
    assert (told["code"], told["owner"], told["wards"]) == (
        *("RD-01", "roads-ce"),
        ["kothrud-bavdhan"],
    )
    (turned,) = room.told("project_turned")
    assert (turned["light_before"], turned["light"], turned["reason"]) == (None, "amber", "no_plan")
    (changed,) = room.told("project_changed")
    assert (changed["action"], changed["change"]) == ("add_project", 1)


def test_a_project_asked_for_twice_is_made_once(room):
    key = str(uuid7())
    assert room.add(id=key).version == room.add(id=key).version == 1
    assert len(room.told("project_added")) == 1
    with pytest.raises(Conflict) as refusal:
        room.add(id=key, owner="roads-de")
    assert refusal.value.details["differs"] == ["owner"]


def test_a_code_is_not_given_twice(room):
    room.add()
    with pytest.raises(Conflict, match="there is a project RD-01 already"):
        room.add()


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"department": "moon"}, "department"),
        ({"wards": ["kothrud-bavdhan", "atlantis"]}, "wards"),
        ({"stages": [{"code": "a", "mr": "अ", "en": "a"}] * 2}, "stages"),
    ],
)
def test_what_the_city_does_not_have_is_refused(room, given, field):
    with pytest.raises(Invalid) as refusal:
        room.add(**given)
    assert list(refusal.value.fields) == [field]
    assert room.events() == []


def test_only_who_answers_for_a_project_changes_it(room, road):
    entry = {"id": road, "kind": "spent", "amount_paise": 100, "on": "2026-05-01"}
    with pytest.raises(Forbidden) as refusal:
        room.do(record_money, asking.Entering, entry, OTHER)
    assert refusal.value.details == {"posts": ["roads-ce"]}
    supervisor = Identity.of("officer:drainage-ce", "officer", "supervisor")
    with pytest.raises(Forbidden):
        room.do(record_money, asking.Entering, entry, supervisor)
    with pytest.raises(Forbidden):
        room.do(add_project, asking.Adding, PROJECT | {"code": "X"}, OTHER)
    assert room.do(record_money, asking.Entering, entry, OWNER).spent_paise == 100
    assert room.do(record_money, asking.Entering, entry, ADMIN).spent_paise == 200


def test_who_had_read_an_older_version_is_refused(room, road):
    given = {"id": road, "public": False}
    version = room.do(revise_project, asking.Revising, given).version
    with pytest.raises(Conflict) as refusal:
        room.do(revise_project, asking.Revising, {**given, "public": True, "version": 1})
    assert refusal.value.details == {"expected": 1, "version": version}


def test_what_changes_nothing_is_no_change(room, road):
    before = len(room.events())
    found = room.do(revise_project, asking.Revising, {"id": road, "owner": "roads-ce"})
    assert found.version == 5
    assert len(room.events()) == before


def test_a_project_is_complete_when_its_milestones_are_reached(room, road):
    with pytest.raises(Invalid, match="not reached: dpr, land, tender, work"):
        room.do(revise_project, asking.Revising, {"id": road, "standing": "completed"})
    given = {"id": road, "standing": "on_hold", "reason": "no money"}
    held = room.do(revise_project, asking.Revising, given)
    assert held.health.light == "none"
    assert room.told("project_turned")[-1]["reason"] == "is_on_hold"


def test_a_life_of_its_own_has_every_stage_of_its_milestones(room, road):
    life = [{"code": each, "mr": "टप्पा", "en": "Stage"} for each in ("dpr", "tender")]
    with pytest.raises(Invalid, match="execution is no stage of the project"):
        room.do(revise_project, asking.Revising, {"id": road, "stages": life})


def test_a_project_does_not_start_after_it_was_planned_to_reach_something(room, road):
    with pytest.raises(Invalid, match="must not be before the project starts"):
        room.do(revise_project, asking.Revising, {"id": road, "starts_on": "2026-04-01"})


# ---- milestones


def test_a_milestone_that_depends_on_itself_is_refused_with_the_circle(room, road):
    state = room.do(revise_project, asking.Revising, {"id": road, "owner": "roads-ce"})
    dpr, work = room.key(state, "dpr"), room.key(state, "work")
    given = {"id": road, "milestone_id": dpr}
    with pytest.raises(Invalid) as refusal:
        room.do(revise_milestone, asking.RevisingMilestone, {**given, "after": [work]})
    assert refusal.value.fields == {
        "after": ["dpr depends on itself in a circle: dpr → work → tender → dpr"]
    }
    with pytest.raises(Invalid, match="dpr depends on itself: dpr → dpr"):
        room.do(revise_milestone, asking.RevisingMilestone, {**given, "after": [dpr]})
    stranger = str(uuid4())
    with pytest.raises(Invalid, match=f"dpr depends on {stranger}, which is no milestone"):
        room.do(revise_milestone, asking.RevisingMilestone, {**given, "after": [stranger]})


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"key": "dpr"}, "key"),
        ({"stage": "launch"}, "stage"),
        ({"planned_on": "2025-12-31"}, "planned_on"),
    ],
)
def test_a_milestone_that_cannot_be_is_refused(room, road, given, field):
    with pytest.raises(Invalid) as refusal:
        room.milestone(road, **{"key": "new", **given})
    assert list(refusal.value.fields) == [field]


def test_nothing_is_planned_before_what_it_depends_on(room, road):
    state = room.do(revise_project, asking.Revising, {"id": road, "owner": "roads-ce"})
    with pytest.raises(Invalid, match="early must not be before tender, on which it depends"):
        room.milestone(
            road, key="early", planned_on="2026-06-30", after=[room.key(state, "tender")]
        )


def test_a_milestone_asked_for_twice_is_there_once_even_after_it_has_moved(room, road):
    key = str(uuid7())
    given = {**MILESTONE, "id": road, "milestone_id": key, "key": "new"}
    first = room.do(add_milestone, asking.AddingMilestone, given)
    room.do(
        forecast_milestone,
        asking.Forecasting,
        {"id": road, "milestone_id": key, "forecast_on": "2026-08-01", "reason": "rain"},
    )
    again = room.do(add_milestone, asking.AddingMilestone, given)
    assert again.version == first.version + 1
    with pytest.raises(Conflict) as refusal:
        room.do(add_milestone, asking.AddingMilestone, {**given, "weight": 11})
    assert refusal.value.details["differs"] == ["weight"]


def test_a_slip_is_told_with_what_the_project_feels_of_it(room, road):
    state = dpr_is_done(room, road)
    given = {"id": road, "milestone_id": room.key(state, "tender"), "forecast_on": "2026-07-21"}
    with pytest.raises(Invalid, match="must be given where it is later than before"):
        room.do(forecast_milestone, asking.Forecasting, given)
    room.do(forecast_milestone, asking.Forecasting, {**given, "reason": "no bidder"})
    (told,) = room.told("milestone_slipped")
    assert (told["days"], told["critical"], told["project_days"]) == (20, True, 20)
    given["milestone_id"] = room.key(state, "land")
    room.do(forecast_milestone, asking.Forecasting, {**given, "reason": "court"})
    told = room.told("milestone_slipped")[1]
    assert (told["days"], told["critical"], told["project_days"]) == (170, False, 0)
    sooner = {**given, "forecast_on": "2026-07-01"}
    room.do(forecast_milestone, asking.Forecasting, sooner)
    assert len(room.told("milestone_slipped")) == 2
    with pytest.raises(Invalid, match="must be 2026-06-01 or later"):
        room.do(forecast_milestone, asking.Forecasting, {**given, "forecast_on": "2026-05-01"})


def test_a_milestone_is_reached_once_and_a_correction_has_a_reason(room, road):
    state = room.do(revise_project, asking.Revising, {"id": road, "owner": "roads-ce"})
    given = {"id": road, "milestone_id": room.key(state, "dpr")}
    for day, rule in (("2026-06-02", "must be 2026-06-01 or earlier"), ("2025-12-31", "starts")):
        with pytest.raises(Invalid, match=rule):
            room.do(complete_milestone, asking.Completing, {**given, "done_on": day})
    room.do(complete_milestone, asking.Completing, {**given, "done_on": "2026-03-11"})
    (told,) = room.told("milestone_done")
    assert (told["done_on"], told["days_late"]) == ("2026-03-11", 10)
    with pytest.raises(Conflict, match="was reached on 2026-03-11"):
        room.do(forecast_milestone, asking.Forecasting, {**given, "forecast_on": "2026-07-01"})
    for day in ("2026-03-12", None):
        with pytest.raises(Invalid, match="must be given where done_on is corrected"):
            room.do(complete_milestone, asking.Completing, {**given, "done_on": day})
    back = {**given, "done_on": None, "reason": "another road"}
    again = room.do(complete_milestone, asking.Completing, back)
    assert [each.key for each in again.milestones.values() if each.done_on] == []
    assert room.told("project_changed")[-1]["action"] == "reopen_milestone"
    assert len(room.told("milestone_done")) == 1


def test_the_plan_moves_with_a_reason_only(room, road):
    state = dpr_is_done(room, road)
    given = {"id": road, "milestone_id": room.key(state, "work"), "planned_on": "2027-01-01"}
    with pytest.raises(Invalid, match="must be given where the plan moves"):
        room.do(revise_milestone, asking.RevisingMilestone, given)
    moved = room.do(revise_milestone, asking.RevisingMilestone, {**given, "reason": "new scope"})
    assert str(moved.forecasts["official"].finish_on) == "2027-01-01"


# ---- money, risks, issues, decisions, progress, links


def test_the_budget_is_the_last_revision_or_what_was_sanctioned(room, road):
    def enter(kind: str, amount: int, on: str) -> int:
        entry = {"id": road, "kind": kind, "amount_paise": amount, "on": on}
        return room.do(record_money, asking.Entering, entry).budget_paise

    assert enter("sanctioned", 500, "2026-01-01") == 500
    assert enter("sanctioned", 300, "2026-02-01") == 800
    assert enter("revised", 900, "2026-04-01") == 900
    assert enter("revised", 700, "2026-03-01") == 900
    assert enter("revised", 950, "2026-04-01") == 950
    with pytest.raises(Invalid, match="must be 2026-06-01 or earlier"):
        enter("spent", 1, "2026-06-02")


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
    decision = {"text": "Go on", "by": "commissioner", "decided_on": "2026-05-31"}
    room.do(decide, asking.Deciding, {"id": road, **decision, "file_number": "PMC/RD/1"})
    room.do(
        report_progress,
        asking.Reporting,
        {"id": road, "promised": "kerb", "done": False, "reason": "rain", "on": "2026-05-30"},
    )
    area = {"id": road, "kind": "area", "ward": "kothrud-bavdhan", "category": "pothole"}
    state = room.do(link, asking.Linking, area)
    assert [each.by for each in state.decisions.values()] == ["commissioner"]
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


# ---- the past is kept


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE version SET content = '{}'",
        "UPDATE version SET until = now() WHERE until < '2200-01-01'",
        "DELETE FROM version",
        "UPDATE change SET by = 'nobody'",
        "DELETE FROM change",
    ],
)
def test_nobody_rewrites_the_past(room, road, statement):
    room.do(revise_project, asking.Revising, {"id": road, "public": False})
    with pytest.raises(IntegrityError, match="is kept as it is"), room.sessions.begin() as session:
        session.execute(text(statement))


def test_changes_within_one_instant_have_moments_of_their_own(room):
    """The clock of a machine may stand still, or be set back."""
    added = room.add()
    room.later(days=-1)
    found = [room.milestone(added.id, key=f"m{number}").recorded_at for number in range(3)]
    assert sorted(set(found)) == found
    assert found[0] > added.recorded_at


# ---- the clock


def test_a_new_day_is_judged_once_and_is_nobodys_update(room, road):
    assert judge(room.sessions.begin, room.later(hours=1)) == 0
    assert judge(room.sessions.begin, room.later(days=29)) == 1
    assert judge(room.sessions.begin, room.now) == 0
    changed = room.told("project_changed")[-1]
    assert changed["action"] == "judge"
    state = room.do(revise_project, asking.Revising, {"id": road, "owner": "roads-ce"})
    assert (state.recorded_at - state.updated_at).days >= 29
    silence = next(each for each in state.health.reasons if each.code == "silence")
    assert (silence.light, silence.text.en) == ("amber", "last update by its owner on 01-06-2026")


def test_a_project_turns_when_time_passes(room, road):
    added = room.add(code="RD-02", starts_on="2026-05-01")
    room.milestone(added.id, planned_on="2026-12-01")
    judge(room.sessions.begin, room.later(days=60))
    turns = [each for each in room.told("project_turned") if each["code"] == "RD-02"]
    assert [each["light"] for each in turns] == ["amber", "green", "red"]
    assert turns[-1]["reason"] == "silence"
