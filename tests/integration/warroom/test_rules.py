"""Whose word counts for what in the war room."""

import threading
from uuid import uuid4

import pytest
from marshmallow import Schema, ValidationError, fields
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from palika.errors import Conflict, Forbidden, Invalid
from services.warroom.commands.act import Act
from services.warroom.commands.add_project import add_project
from services.warroom.commands.assess_risk import add_risk
from services.warroom.commands.decide import decide
from services.warroom.commands.import_projects import import_projects, read_tables
from services.warroom.commands.judge import judge
from services.warroom.commands.raise_issue import raise_issue
from services.warroom.commands.record_money import record_money
from services.warroom.commands.report_progress import report_progress
from services.warroom.commands.revise_milestone import complete_milestone, forecast_milestone
from services.warroom.commands.revise_project import revise_project
from services.warroom.commands.withdraw import withdraw
from services.warroom.domain.facts import State
from services.warroom.fields import Day
from services.warroom.queries import forecasts
from services.warroom.queries.states import NOW as MOMENT
from services.warroom.queries.states import states
from services.warroom.schemas import asking, reading, reviewing
from tests.support.part import wait_for
from tests.support.warroom import ADMIN, OTHER, OWNER, PROJECT, Room, emptied
from tests.support.warroom_reviews import CHAIR

HEADER = "project,key,name_mr,name_en,stage,weight,planned_on\n"


@pytest.fixture
def room(database: sessionmaker[Session]) -> Room:
    return Room(emptied(database))


def silence(state: State) -> tuple[str, str]:
    (found,) = [each for each in state.health.reasons if each.code == "silence"]
    return found.light, found.text.en


def decision(by: str, road: str) -> dict[str, str]:
    return {"id": road, "text": "Work is stopped", "by": by, "decided_on": "2026-06-01"}


# ---- who may write into a project


def test_to_name_ones_own_post_as_who_decided_is_no_right_to_write_into_a_project(room, road):
    with pytest.raises(Forbidden):
        room.do(decide, asking.Deciding, decision("drainage-ce", road), OTHER)
    with pytest.raises(Forbidden):
        room.do(decide, asking.Deciding, decision("commissioner", road), OTHER)


def test_who_leads_reviews_writes_down_what_they_have_decided_themselves_and_nothing_else(
    room, road
):
    done = room.do(decide, asking.Deciding, decision("commissioner", road), CHAIR)
    assert [each.by for each in done.decisions.values()] == ["commissioner"]
    with pytest.raises(Forbidden):
        room.do(decide, asking.Deciding, decision("roads-ce", road), CHAIR)


def test_nobody_records_a_decision_in_anothers_name(room, road):
    with pytest.raises(Invalid) as refused:
        room.do(decide, asking.Deciding, decision("commissioner", road), OWNER)
    assert refused.value.fields == {
        "by": ["must be roads-ce, the post that records it: nobody decides for another"]
    }
    done = room.do(decide, asking.Deciding, decision("roads-ce", road), OWNER)
    assert [each.by for each in done.decisions.values()] == ["roads-ce"]
    # An administrator brings in what was decided elsewhere.
    room.later(days=1)
    done = room.do(decide, asking.Deciding, decision("commissioner", road), ADMIN)
    assert [each.by for each in done.decisions.values()] == ["roads-ce", "commissioner"]


# ---- whose word ends a silence


def test_only_the_owners_own_word_ends_a_projects_silence(room, road):
    room.later(days=50)
    judge(room.sessions.begin, room.now)
    red = ("red", "last update by its owner on 01-06-2026")
    money = {"id": road, "kind": "sanctioned", "amount_paise": 100, "on": "2026-06-01"}
    assert silence(room.do(decide, asking.Deciding, decision("commissioner", road), CHAIR)) == red
    assert silence(room.do(record_money, asking.Entering, money, ADMIN)) == red
    green = ("green", "last update by its owner on 21-07-2026")
    assert silence(room.do(record_money, asking.Entering, money, OWNER)) == green


# ---- days


@pytest.mark.parametrize("year", ["0001", "1989", "2101", "9999"])
@pytest.mark.parametrize(
    ("schema", "given"),
    [
        (asking.Adding, "starts_on"),
        (asking.AddingMilestone, "planned_on"),
        (asking.Completing, "done_on"),
        (asking.Entering, "on"),
        (asking.RaisingIssue, "due_on"),
        (asking.Revising, "valid_on"),
        (reviewing.Assigning, "due_on"),
        (reviewing.CompletingAction, "done_on"),
        (reading.Watching, "from_day"),
    ],
)
def test_a_mistyped_year_is_refused_before_any_report_reckons_with_it(schema, given, year):
    with pytest.raises(ValidationError) as refusal:
        schema().load({given: f"{year}-01-01"}, partial=True)
    assert refusal.value.messages[given] == ["must be of the years 1990 to 2100"]


def test_no_schema_of_a_call_takes_a_day_of_any_year():
    loose = [
        f"{name}.{field}"
        for module in (asking, reading, reviewing)
        for name, kind in vars(module).items()
        if isinstance(kind, type) and issubclass(kind, Schema)
        for field, one in kind().fields.items()
        if isinstance(one, fields.Date) and not isinstance(one, Day)
    ]
    assert loose == []


# ---- completed is completed


def completed(room: Room) -> tuple[str, str]:
    """A completed project, and its milestone."""
    added = room.add(code="RD-09")
    state = room.milestone(added.id)
    done = {"id": str(added.id), "milestone_id": room.key(state, "dpr"), "done_on": "2026-03-01"}
    room.do(complete_milestone, asking.Completing, done)
    room.do(revise_project, asking.Revising, {"id": str(added.id), "standing": "completed"})
    return str(added.id), done["milestone_id"]


def test_a_project_without_a_milestone_is_not_completed(room):
    bare = room.add(code="RD-08")
    with pytest.raises(Invalid) as refusal:
        room.do(revise_project, asking.Revising, {"id": str(bare.id), "standing": "completed"})
    assert list(refusal.value.fields) == ["standing"]
    key, stone = completed(room)
    gone = {"id": key, "kind": "milestone", "fact_id": stone, "reason": "not needed"}
    with pytest.raises(Invalid, match="it has no milestone"):
        room.do(withdraw, asking.Withdrawing, gone)


def test_a_completed_project_has_no_milestone_that_is_not_reached(room):
    key, stone = completed(room)
    back = {"id": key, "milestone_id": stone, "done_on": None, "reason": "not so"}
    with pytest.raises(Invalid, match="it is not complete"):
        room.do(complete_milestone, asking.Completing, back)
    with pytest.raises(Invalid, match="it is not complete"):
        room.milestone(key, key="more", planned_on="2026-04-01")
    row = "RD-09,more,अ,a,execution,1,2026-04-01"
    with pytest.raises(Invalid) as refusal, room.sessions.begin() as session:
        import_projects(session, ADMIN, read_tables({"milestones": HEADER + row}), room.now)
    (mistake,) = refusal.value.details["milestones"]
    assert (mistake["column"], mistake["rule"]) == (
        *("project", "is completed, and this is not reached"),
    )
    room.do(revise_project, asking.Revising, {"id": key, "standing": "active"})
    room.do(complete_milestone, asking.Completing, back)


# ---- a night in which nothing happens


def nights(room: Room, count: int) -> int:
    """How many events they bring."""
    before = len(room.events())
    for _ in range(count):
        judge(room.sessions.begin, room.later(days=1))
    return len(room.events()) - before


def test_a_night_in_which_nothing_changes_writes_nothing(room, road):
    version = room.do(revise_project, asking.Revising, {"id": road, "public": False}).version
    assert nights(room, 5) == 0
    assert room.do(revise_project, asking.Revising, {"id": road, "public": True}).version == (
        version + 1
    )


@pytest.mark.parametrize("standing", ["dropped", "on_hold"])
def test_what_nobody_works_on_is_not_judged_by_the_clock(room, road, standing):
    given = {"id": road, "standing": standing, "reason": "no money"}
    state = room.do(revise_project, asking.Revising, given)
    assert bool(state.forecasts) is (standing == "on_hold")
    room.later(days=200)
    assert nights(room, 30) == 0


def test_forecasts_are_read_a_page_at_a_time_the_newest_first(room, road):
    for day in range(1, 8):
        room.later(days=1)
        work = room.key(room.do(revise_project, asking.Revising, {"id": road}), "work")
        late = {"id": road, "milestone_id": work, "forecast_on": f"2027-01-0{day}", "reason": "r"}
        room.do(forecast_milestone, asking.Forecasting, late)
    days: list[str] = []
    before = None
    while True:
        asked = {"id": road, "limit": 3} | ({"before": before} if before else {})
        with room.sessions() as session:
            page = forecasts.forecasts(session, reading.Forecasts().load(asked))
        assert len(page["items"]) <= 3
        days += [each["finish_on"] for each in page["items"] if each["basis"] == "official"]
        before = page["next"]
        if before is None:
            break
    assert days[:7] == [f"2027-01-0{day}" for day in range(7, 0, -1)]


# ---- locks


def test_an_import_keeps_nobody_from_adding_another_project(room):
    line = "code,name_mr,name_en,department,owner,starts_on\nX-1,अ,a,roads,roads-ce,2026-01-01\n"
    with room.sessions() as importing:
        import_projects(importing, ADMIN, read_tables({"projects": line}), room.now)
        with room.sessions.begin() as session:
            session.execute(text("SET LOCAL lock_timeout = '500ms'"))
            add_project(session, ADMIN, asking.Adding().load({**PROJECT, "code": "Y-9"}), room.now)
        importing.commit()
    with pytest.raises(Conflict, match="there is a project X-1 already"):
        room.add(code="X-1")


def test_an_import_locks_projects_in_the_order_of_whoever_changes_several(room):
    """Whoever closes a review locks projects by their ids: one who holds the first of them is
    waited for by an import, which holds no other meanwhile."""
    keys = sorted([room.add(code=code).id for code in ("B-1", "A-1", "C-1")])
    rows = "".join(f"{code},k,अ,a,execution,1,2026-09-01\n" for code in ("A-1", "B-1", "C-1"))

    def take_in() -> None:
        with room.sessions.begin() as session:
            import_projects(session, ADMIN, read_tables({"milestones": HEADER + rows}), room.now)

    importing = threading.Thread(target=take_in)

    def waiting() -> bool:
        asked = (
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        with room.sessions() as session:
            return session.scalar(text(asked)) == 1

    with room.sessions() as closing:
        Act.load(closing, OWNER, {"id": keys[0]}, room.now)
        importing.start()
        wait_for(waiting)
        for key in keys[1:]:
            free = text("SELECT 1 FROM project WHERE id = :id FOR UPDATE NOWAIT")
            closing.execute(free, {"id": key})
        closing.rollback()
    importing.join(30)
    with room.sessions() as session:
        assert [len(each.milestones) for each in states(session, keys, MOMENT)] == [1, 1, 1]


# ---- asked again


def test_what_the_service_works_out_by_itself_is_no_reason_to_read_again(room):
    added = room.add(starts_on="2026-05-01")
    read = room.milestone(added.id, planned_on="2026-12-01").version
    assert nights(room, 40) > 0
    given = {"id": str(added.id), "version": read, "public": False}
    changed = room.do(revise_project, asking.Revising, given)
    assert changed.version > read + 1
    for version in (read, changed.version + 1):
        with pytest.raises(Conflict, match="has changed since version"):
            room.do(revise_project, asking.Revising, {**given, "version": version})


def test_what_was_withdrawn_is_not_there_when_it_is_asked_for_again(room, road):
    risk = {"id": road, "risk_id": str(uuid4()), "title": "t", "likelihood": 5, "impact": 5}
    room.do(add_risk, asking.AddingRisk, {**risk, "owner": "roads-ce"})
    back = {"id": road, "kind": "risk", "fact_id": risk["risk_id"], "reason": "x"}
    room.do(withdraw, asking.Withdrawing, back)
    with pytest.raises(Conflict, match="was withdrawn"):
        room.do(add_risk, asking.AddingRisk, {**risk, "owner": "roads-ce"})


def test_what_is_asked_again_after_midnight_without_its_day_is_there_already(room, road):
    issue = {"id": road, "issue_id": str(uuid4()), "title": "Trees", "severity": "high"}
    issue |= {"post": "garden-head", "due_on": "2026-06-01"}
    note = {"id": road, "progress_id": str(uuid4()), "promised": "kerb", "done": True}
    first = room.do(raise_issue, asking.RaisingIssue, issue)
    room.do(report_progress, asking.Reporting, note)
    room.later(days=1)
    again = room.do(raise_issue, asking.RaisingIssue, issue)
    assert again.issues == first.issues
    assert len(room.do(report_progress, asking.Reporting, note).progress) == 1
    assert len(room.told("issue_raised")) == 1
    # A day that is said is held against the one that is kept.
    with pytest.raises(Conflict) as refusal:
        room.do(raise_issue, asking.RaisingIssue, issue | {"raised_on": "2026-05-31"})
    assert refusal.value.details["differs"] == ["raised_on"]


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ({"mr": "Karve road", "en": "Karve road"}, {"mr": ["must be in Devanagari"]}),
        ({"mr": "कर्वे रस्ता", "en": "कर्वे रस्ता"}, {"en": ["must be in English"]}),
    ],
)
@pytest.mark.parametrize("schema", [asking.Adding, asking.Revising, asking.AddingMilestone])
def test_a_name_is_in_its_own_script_as_in_the_tables_of_an_import(schema, name, wrong):
    with pytest.raises(ValidationError) as refusal:
        schema().load({"name": name}, partial=True)
    assert refusal.value.messages["name"] == wrong


def test_a_change_of_a_day_to_come_is_refused_as_its_effect_would_be_today(room, road):
    with pytest.raises(Invalid) as refusal:
        room.do(
            revise_project,
            asking.Revising,
            {"id": road, "owner": "drainage-ce", "valid_on": "2030-01-01"},
        )
    assert refusal.value.fields["valid_on"][0].startswith("must be ")
    with room.sessions() as session:
        (found,) = states(session, [road], MOMENT)
    assert found.project.owner == PROJECT["owner"]


def test_no_change_speaks_of_a_day_before_the_project_and_no_money_is_of_one(room, road):
    money = {"id": road, "kind": "spent", "amount_paise": 100}
    told = "must be 2026-01-01, from when on there is the project, or later"
    for command, schema, given, field in (
        (revise_project, asking.Revising, {"id": road, "owner": "drainage-ce"}, "valid_on"),
        (record_money, asking.Entering, {**money, "on": "2026-03-01"}, "valid_on"),
        (record_money, asking.Entering, money, "on"),
    ):
        with pytest.raises(Invalid) as refusal:
            room.do(command, schema, {**given, field: "2025-12-31"})
        assert refusal.value.fields == {field: [told]}
    assert room.do(record_money, asking.Entering, {**money, "on": "2026-01-01"}).spent_paise == 100


def test_of_a_project_that_is_to_begin_changes_may_speak_since_it_was_entered(room):
    key = str(room.add(code="RD-08", starts_on="2027-01-01").id)
    room.later(days=9)
    given = {"id": key, "wards": ["aundh-baner"], "valid_on": "2026-06-01"}
    assert room.do(revise_project, asking.Revising, given).project.wards == ("aundh-baner",)
    with pytest.raises(Invalid) as refusal:
        room.do(revise_project, asking.Revising, {**given, "valid_on": "2026-05-31"})
    assert "valid_on" in refusal.value.fields
