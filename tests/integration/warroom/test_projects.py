"""Projects: who changes them, when they are complete, and that their past is kept."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from uuid6 import uuid7

from palika.auth import Identity
from palika.errors import Conflict, Forbidden, Invalid
from services.warroom.commands.add_project import add_project
from services.warroom.commands.judge import judge
from services.warroom.commands.record_money import record_money
from services.warroom.commands.revise_project import revise_project
from services.warroom.schemas import asking
from tests.support.warroom import ADMIN, OTHER, OWNER, PROJECT, Room, three_in_a_row


@pytest.fixture
def road(room: Room) -> str:
    """A project with three milestones in a row: dpr, tender, work."""
    return three_in_a_row(room)


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
