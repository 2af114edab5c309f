"""Whose word counts for what in the war room."""

from collections.abc import Iterator

import pytest
from marshmallow import Schema, ValidationError, fields
from sqlalchemy.orm import Session, sessionmaker

from palika.errors import Forbidden
from palika.local import Postgres
from services.warroom.commands.decide import decide
from services.warroom.commands.judge import judge
from services.warroom.commands.record_money import record_money
from services.warroom.domain.facts import State
from services.warroom.fields import Day
from services.warroom.schemas import asking, reading, reviewing
from tests.support.databases import service_database
from tests.support.warroom import ADMIN, OTHER, OWNER, Room, emptied
from tests.support.warroom_reviews import CHAIR


@pytest.fixture(scope="module")
def database(postgres: Postgres) -> Iterator[sessionmaker[Session]]:
    with service_database(postgres, "warroom") as sessions:
        yield sessions


@pytest.fixture
def room(database: sessionmaker[Session]) -> Room:
    return Room(emptied(database))


@pytest.fixture
def road(room: Room) -> str:
    added = room.add()
    room.milestone(added.id, planned_on="2026-09-01")
    room.milestone(added.id, key="work", stage="execution", planned_on="2026-12-01")
    return str(added.id)


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
