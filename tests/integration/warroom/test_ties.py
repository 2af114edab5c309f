"""Issues and the matters to which they belong."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy.orm import Session, sessionmaker

from palika.correlation import new_id
from palika.errors import Conflict
from services.warroom.commands.raise_issue import raise_issue, revise_issue
from services.warroom.commands.tie import tie_issue
from services.warroom.schemas import asking
from tests.support.warroom import OWNER, Room, emptied


@pytest.fixture
def room(database: sessionmaker[Session]) -> Room:
    return Room(emptied(database))


@pytest.fixture
def road(room: Room) -> str:
    return str(room.add().id)


def _issue(road: str, **given: Any) -> dict[str, Any]:
    days = {"due_on": "2026-07-01", "severity": "low", "post": "roads-ce"}
    return {"id": road, "issue_id": str(uuid4()), "title": "Trees", **days, **given}


def test_an_issue_is_not_taken_out_of_its_matter_without_a_word(room, road):
    matters = [str(new_id()), str(new_id())]
    untied = _issue(road)
    room.do(raise_issue, asking.RaisingIssue, untied)
    key = {"id": road, "issue_id": untied["issue_id"]}
    room.later(seconds=1)
    room.do(revise_issue, asking.RevisingIssue, {**key, "correlation_id": matters[0]})
    for other in (matters[1], None):
        room.later(seconds=1)
        with pytest.raises(Conflict, match="untie it first"):
            room.do(revise_issue, asking.RevisingIssue, {**key, "correlation_id": other})
    # Its own matter said again, and any other field, is as before.
    same = {**key, "correlation_id": matters[0], "title": "Trees and poles"}
    found = room.do(revise_issue, asking.RevisingIssue, same)
    assert found.issues[UUID(untied["issue_id"])].title == "Trees and poles"


def test_a_matter_has_no_more_issues_than_it_tells_of(room, road, monkeypatch):
    monkeypatch.setattr("services.warroom.commands.tie.MOST_TIES", 2)
    matter = str(new_id())
    for _ in range(2):
        room.later(seconds=1)
        first = _issue(road, correlation_id=matter)
        room.do(raise_issue, asking.RaisingIssue, first)
    # Asked again it is there already.
    room.do(raise_issue, asking.RaisingIssue, first)
    room.later(seconds=1)
    with pytest.raises(Conflict, match="the limit"):
        room.do(raise_issue, asking.RaisingIssue, _issue(road, correlation_id=matter))
    one_more = _issue(road)
    room.do(raise_issue, asking.RaisingIssue, one_more)
    room.later(seconds=1)
    key = {"id": road, "issue_id": one_more["issue_id"], "correlation_id": matter}
    with pytest.raises(Conflict, match="the limit"):
        room.do(revise_issue, asking.RevisingIssue, key)
    tying = {"id": UUID(one_more["issue_id"]), "correlation_id": UUID(matter), "note": None}
    with room.sessions.begin() as session, pytest.raises(Conflict, match="the limit"):
        tie_issue(session, OWNER, tying, room.now)
