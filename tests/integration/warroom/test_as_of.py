"""The state of every past moment is what was read then, whatever came later."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select, text
from uuid6 import uuid7

from palika.errors import Invalid, NotFound, PalikaError
from services.warroom.commands.assess_risk import add_risk, revise_risk
from services.warroom.commands.decide import decide
from services.warroom.commands.judge import judge
from services.warroom.commands.raise_issue import raise_issue, resolve_issue
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
from services.warroom.models import OPEN, Version
from services.warroom.queries import forecasts, projects
from services.warroom.queries.states import NOW as MOMENT
from services.warroom.queries.states import states
from services.warroom.schemas import asking, reading
from tests.support.warroom import NOW, Room, emptied

Deed = Callable[[Room, State, Callable[[list[Any]], Any]], Any]
"""A deed on a project, given how to pick one of several."""


def _on(room: Room, state: State, command: Any, schema: Any, **given: Any) -> Any:
    return room.do(command, schema, {"id": str(state.id), **given})


def _day(room: Room, days: int) -> str:
    return (room.now + timedelta(days=days)).date().isoformat()


def _milestone(room: Room, state: State, pick: Any) -> Any:
    after = [str(key) for key in state.milestones]
    return room.milestone(
        state.id,
        key=f"m{state.version}",
        planned_on=_day(room, pick([-30, 0, 10, 200])),
        weight=pick([0, 5, 20]),
        after=[pick(after)] if after and pick([True, False]) else [],
    )


def _forecast(room: Room, state: State, pick: Any) -> Any:
    key = pick(list(state.milestones))
    given = {"milestone_id": str(key), "forecast_on": _day(room, pick([5, 50])), "reason": "rain"}
    return _on(room, state, forecast_milestone, asking.Forecasting, **given)


def _complete(room: Room, state: State, pick: Any) -> Any:
    day = pick([None, _day(room, 0), _day(room, -3)])
    given = {"milestone_id": str(pick(list(state.milestones))), "done_on": day, "reason": "seen"}
    return _on(room, state, complete_milestone, asking.Completing, **given)


def _depend(room: Room, state: State, pick: Any) -> Any:
    keys = list(state.milestones)
    given = {"milestone_id": str(pick(keys)), "after": [str(pick(keys))], "reason": "so"}
    return _on(room, state, revise_milestone, asking.RevisingMilestone, **given)


def _money(room: Room, state: State, pick: Any) -> Any:
    given = {"kind": pick(["sanctioned", "revised", "spent"]), "amount_paise": pick([100, 10**9])}
    given |= {"on": _day(room, pick([-9, 0])), "reason": "so"}
    return _on(room, state, record_money, asking.Entering, **given)


def _risk(room: Room, state: State, pick: Any) -> Any:
    if state.risks and pick([True, False]):
        given = {"risk_id": str(pick(list(state.risks))), "likelihood": pick([1, 5])}
        return _on(room, state, revise_risk, asking.RevisingRisk, **given)
    given = {"title": "Rain", "likelihood": pick([2, 5]), "impact": 4, "owner": "roads-je"}
    return _on(room, state, add_risk, asking.AddingRisk, **given)


def _issue(room: Room, state: State, pick: Any) -> Any:
    if state.issues and pick([True, False]):
        given = {"issue_id": str(pick(list(state.issues))), "resolution": "done"}
        return _on(room, state, resolve_issue, asking.ResolvingIssue, **given)
    given = {"title": "Trees", "severity": pick(["low", "critical"]), "post": "garden-ce"}
    return _on(room, state, raise_issue, asking.RaisingIssue, due_on=_day(room, 3), **given)


def _words(room: Room, state: State, pick: Any) -> Any:
    if pick([True, False]):
        given = {"text": "Go on", "by": "roads-ce", "decided_on": _day(room, -1)}
        return _on(room, state, decide, asking.Deciding, **given)
    return _on(room, state, report_progress, asking.Reporting, promised="kerb", done=True)


def _project(room: Room, state: State, pick: Any) -> Any:
    given = pick(
        [
            {"standing": "on_hold", "reason": "no money"},
            {"standing": "active"},
            {"standing": "completed"},
            {"starts_on": _day(room, -400)},
            {"wards": []},
            {"lat": 18.5, "lon": 73.8},
        ]
    )
    return _on(room, state, revise_project, asking.Revising, **given)


def _withdraw(room: Room, state: State, pick: Any) -> Any:
    kind = pick(["milestone", "money", "risk", "issue", "decision", "progress"])
    known = {"milestone": "milestones", "risk": "risks", "issue": "issues", "decision": "decisions"}
    keys = [str(key) for key in getattr(state, known.get(kind, kind))]
    fact = pick(keys or [str(uuid7())])
    return _on(room, state, withdraw, asking.Withdrawing, kind=kind, fact_id=fact, reason="wrong")


def _judge(room: Room, state: State, pick: Any) -> Any:
    return judge(room.sessions.begin, room.now)


DEEDS: list[Deed] = [
    *(_milestone, _milestone, _forecast, _complete, _depend, _money),
    *(_risk, _issue, _words, _project, _withdraw, _judge),
]


def read(room: Room, key: Any, as_of: datetime | None, now: datetime) -> dict[str, Any]:
    with room.sessions() as session:
        asked = {"id": key, "code": None, "as_of": as_of}
        return projects.get(session, asked, now)


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_the_state_of_every_past_moment_is_what_was_read_then(database, data):
    room = Room(emptied(database))
    key = room.add().id
    moments: list[dict[str, Any]] = []

    def pick(among: list[Any]) -> Any:
        if not among:
            raise NotFound("there is none to pick")
        return data.draw(st.sampled_from(among))

    for _ in range(data.draw(st.integers(1, 12))):
        deed = data.draw(st.sampled_from(DEEDS))
        with room.sessions() as session:
            (state,) = states(session, [key], MOMENT)
        before = read(room, key, None, room.now)
        try:
            deed(room, state, pick)
        except PalikaError:
            # What is refused leaves nothing behind.
            assert read(room, key, None, room.now) == before
        moments.append(read(room, key, None, room.now))
        room.later(hours=data.draw(st.sampled_from([1, 7, 24, 24 * 40])))
    for then in moments:
        moment = datetime.fromisoformat(then["as_of"])
        assert read(room, key, moment, room.now) == then


def test_before_it_came_there_was_no_such_project(database):
    room = Room(emptied(database))
    key = room.add().id
    with pytest.raises(NotFound, match="there was no such project then"):
        read(room, key, NOW - timedelta(seconds=1), room.now)
    with pytest.raises(Invalid, match="must not be in the future"):
        read(room, key, room.now + timedelta(seconds=1), room.now)


def test_a_list_is_as_of_a_moment_too(database):
    room = Room(emptied(database))
    first = room.add()
    room.later(days=1)
    room.add(code="RD-02", department="drainage", owner="drainage-ce", wards=[])
    given = {"id": str(first.id), "standing": "on_hold", "reason": "no money"}
    room.do(revise_project, asking.Revising, given)
    room.later(days=1)

    def codes(**given: Any) -> list[str]:
        with room.sessions() as session:
            found = projects.page(session, reading.Listing().load(given), room.now)
        return [each["code"] for each in found["items"]]

    assert codes() == ["RD-01", "RD-02"]
    assert codes(as_of=NOW.isoformat()) == ["RD-01"]
    assert codes(light="none") == ["RD-01"]
    assert codes(light="none", as_of=NOW.isoformat()) == []
    assert codes(department="drainage") == ["RD-02"]
    # What is of no ward is of the whole city.
    assert codes(ward="kothrud-bavdhan") == ["RD-01", "RD-02"]
    assert codes(ward="aundh-baner") == ["RD-02"]
    assert codes(owner="roads-ce", standing="active") == []


def test_pages_go_on_where_they_ended(database):
    room = Room(emptied(database))
    for number in range(5):
        room.add(code=f"RD-{number}")
    found: list[str] = []
    cursor = None
    while True:
        with room.sessions() as session:
            asked = reading.Listing().load({"limit": 2, **({"cursor": cursor} if cursor else {})})
            page = projects.page(session, asked, room.now)
        found += [each["code"] for each in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert found == [f"RD-{number}" for number in range(5)]


def test_the_worst_come_first_on_whatever_page_and_all_are_counted(database):
    room = Room(emptied(database))
    lights = ("green", "none", "red", "amber", "red")
    for number, light in enumerate(lights):
        key = room.add(code=f"RD-{number}").id
        judged(room, key, light)
    found: list[str] = []
    cursor = None
    for _ in range(3):
        asked = {"order": "health", "limit": 2, **({"cursor": cursor} if cursor else {})}
        with room.sessions() as session:
            page = projects.page(session, reading.Listing().load(asked), room.now)
        found += [each["code"] for each in page["items"]]
        assert page["counts"] == {"red": 2, "amber": 1, "green": 1, "none": 1}
        cursor = page["next"]
    assert found == ["RD-2", "RD-4", "RD-3", "RD-0", "RD-1"]
    assert cursor is None
    # Whatever colour is asked for: the others are counted, too.
    with room.sessions() as session:
        page = projects.page(session, reading.Listing().load({"light": "red"}), room.now)
    assert [each["code"] for each in page["items"]] == ["RD-2", "RD-4"]
    assert page["counts"]["green"] == 1


def judged(room: Room, key: Any, light: str) -> None:
    """From now on the project stands so."""
    with room.sessions.begin() as session:
        old = session.scalars(
            select(Version).where(
                Version.project_id == key, Version.kind == "health", Version.until == OPEN
            )
        ).one()
        since = old.since + timedelta(seconds=1)
        new = {
            "project_id": key,
            "kind": "health",
            "entity_id": old.entity_id,
            "position": old.position,
            "since": since,
            "content": {**old.content, "light": light},
        }
        old.until = since
        session.flush()
        session.execute(insert(Version).values(new))


def test_what_a_reading_costs_does_not_grow_with_other_projects_or_with_this_ones_past(database):
    room = Room(emptied(database))
    key = room.add().id
    for number in range(30):
        room.add(code=f"X-{number}")
    key_of_risk = str(uuid7())
    given = {"title": "Rain", "likelihood": 2, "impact": 2, "owner": "roads-je"}
    room.do(add_risk, asking.AddingRisk, {"id": str(key), "risk_id": key_of_risk, **given})
    for number in range(60):
        room.later(hours=1)
        again = {"id": str(key), "risk_id": key_of_risk, "likelihood": number % 2 + 1}
        room.do(revise_risk, asking.RevisingRisk, again)
    with room.sessions.kw["bind"].connect() as connection:
        # What was superseded leaves the index when it is swept, as PostgreSQL does by itself.
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(
            text("VACUUM ANALYZE version")
        )
    with room.sessions() as session:
        session.execute(text("SET LOCAL enable_seqscan = off"))
        plan = session.execute(
            text(
                "EXPLAIN (ANALYZE, FORMAT JSON) SELECT content FROM version"
                " WHERE project_id = :id AND since <= :at AND until > :at"
            ),
            {"id": key, "at": room.now},
        ).scalar_one()
        (node,) = plan[0]["Plan"].get("Plans", [plan[0]["Plan"]])[:1]
    assert node["Index Name"] == "ix_version_project_id_until"
    # The project, the risk, its colour and why there is no forecast: nothing of its sixty pasts.
    assert node["Actual Rows"] == 4


# ---- what has changed, and how forecasts did


def test_what_changed_is_on_one_page(database):
    room = Room(emptied(database))
    key = room.add().id
    state = room.milestone(key, planned_on="2026-05-01")
    state = room.milestone(key, key="work", planned_on="2026-09-01")
    since = room.later(hours=1)
    room.later(days=10)

    def on(command: Any, schema: Any, **given: Any) -> State:
        return room.do(command, schema, {"id": str(key), **given})

    dpr, work = room.key(state, "dpr"), room.key(state, "work")
    on(complete_milestone, asking.Completing, milestone_id=dpr, done_on="2026-06-05")
    given = {"milestone_id": work, "forecast_on": "2026-10-01", "reason": "rain"}
    on(forecast_milestone, asking.Forecasting, **given)
    on(record_money, asking.Entering, kind="sanctioned", amount_paise=900, on="2026-06-01")
    on(record_money, asking.Entering, kind="spent", amount_paise=400, on="2026-06-05")
    issue = {"title": "Trees", "severity": "high", "post": "garden-ce", "due_on": "2026-07-01"}
    on(raise_issue, asking.RaisingIssue, **issue)
    on(report_progress, asking.Reporting, promised="kerb", done=False, reason="rain")

    def page(since: datetime) -> dict[str, Any]:
        asked = {"id": str(key), "since": since.isoformat()}
        with room.sessions() as session:
            return projects.compare(session, reading.Comparing().load(asked), room.now)

    found = page(since)
    assert [each["key"] for each in found["milestones_done"]] == ["dpr"]
    assert [(each["key"], each["days_later"]) for each in found["milestones_slipped"]] == [
        ("work", 30)
    ]
    assert (found["spent_paise"], found["budget"]) == (400, {"before_paise": 0, "now_paise": 900})
    assert [each["title"] for each in found["issues_new"]] == ["Trees"]
    assert [each["reason"] for each in found["progress"]] == ["rain"]
    assert found["any"] is True
    room.later(hours=1)
    assert page(room.now)["any"] is False
    assert page(NOW - timedelta(days=1))["is_new"] is True


def test_optimism_is_measured_by_what_was_said_months_before(database):
    room = Room(emptied(database))
    key = room.add().id
    work = room.key(room.milestone(key, planned_on="2026-08-01"), "dpr")

    def forecast(day: str) -> None:
        given = {"milestone_id": work, "forecast_on": day, "reason": "rain"}
        room.do(forecast_milestone, asking.Forecasting, {"id": str(key), **given})

    room.later(days=60)
    forecast("2026-10-01")
    room.later(days=60)
    forecast("2026-11-15")
    room.later(days=80)
    given = {"milestone_id": work, "done_on": "2026-12-01"}
    room.do(complete_milestone, asking.Completing, {"id": str(key), **given})

    def errors(**given: Any) -> dict[int, float]:
        asked = reading.Judging().load(given)
        with room.sessions() as session:
            found = forecasts.optimism(session, asked)["items"]
        return {each["months"]: each["median_days"] for each in found}

    # On 1 November it was to be the 15th, on 1 September 1 October, on 1 July 1 August.
    assert errors(months=[1, 3, 5, 12]) == {1: 16, 3: 61, 5: 122}
    assert errors(by="project", months=[1]) == {1: 16}
    assert errors(department="drainage") == {}
    with room.sessions() as session:
        asked = reading.Forecasts().load({"id": str(key)})
        told = forecasts.forecasts(session, asked)["items"][::-1]
    official = [each["finish_on"] for each in told if each["basis"] == "official"]
    assert official == ["2026-08-01", "2026-10-01", "2026-11-15", "2026-12-01"]
