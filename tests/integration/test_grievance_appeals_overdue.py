"""An appeal that nobody decides in the statutory time: told once, whoever looks, and listed."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from importlib import import_module
from typing import Any

import pytest
from sqlalchemy import select, text

from palika.auth import Identity
from services.grievance.models import Appeal, Grievance
from services.grievance.queries import appeals, contacts
from services.grievance.schemas import PendingAppeals
from tests.support.grievances import CITIZEN, HOUR, NOW, in_utc

DAY = 24 * HOUR
AUTHORITY = Identity.of("supervisor:roads-ee", "supervisor")


def rejected(desk) -> Any:
    return desk.take("reject", desk.file())


def decide(desk, grievance, now=NOW + 2 * DAY) -> None:
    desk.take("decide_appeal", grievance, AUTHORITY, now, outcome="dismissed")


def listed(desk, now, **filters: Any) -> list[Any]:
    with desk.sessions() as session:
        found = appeals.pending_appeals(session, AUTHORITY, PendingAppeals().load(filters), now)
    return found["items"]


def test_that_an_appeal_is_not_decided_in_time_is_told_once_whoever_looks_and_how_often(desk):
    made = [desk.take("appeal", rejected(desk), CITIZEN) for _ in range(12)]
    last = made[0].decide_by
    assert (listed(desk, last, overdue=True), len(listed(desk, last, overdue=False))) == ([], 12)
    assert desk.clock(last) == 0, "the last moment is in time"
    late = last + HOUR
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: desk.clock(late, batch=3), range(8)))
    desk.clock(late)
    assert desk.clock(late + 300 * DAY) == 0
    told = [event for event in desk.events() if event.name == "grievance.appeal_overdue"]
    assert len(told) == len({event.subject for event in told}) == 12
    data = told[0].data
    assert (data["level"], data["against"], data["overdue_at"]) == (1, "rejected", in_utc(last))
    assert (data["decide_by"], data["appealed_at"]) == (in_utc(last), in_utc(NOW))
    assert len(listed(desk, late, overdue=True)) == 12
    with desk.sessions() as session:
        key = session.scalars(select(Appeal.grievance_id).where(Appeal.id == made[0].id)).one()
        grievance = session.get_one(Grievance, key)
    assert grievance.version == 4
    entry = desk.timeline(grievance, CITIZEN)[-1]
    assert (entry["step"], entry["by"], entry["data"]) == ("appeal_overdue", "system", {"level": 1})


def test_what_is_decided_in_time_is_never_told_to_be_overdue(desk):
    refused = rejected(desk)
    made = desk.take("appeal", refused, CITIZEN)
    assert desk.stored(refused).next_clock_at > made.decide_by
    decide(desk, refused, made.decide_by)
    assert desk.clock(made.decide_by + 300 * DAY) == 0
    assert "appeal_overdue" not in desk.told(refused)


@pytest.mark.parametrize("looked", ["clock", "comment"])
def test_nor_is_what_a_process_of_the_release_before_has_decided(desk, looked):
    refused = rejected(desk)
    made = desk.take("appeal", refused, CITIZEN)
    decide(desk, refused)
    with desk.sessions.begin() as session:
        left = "appeal_decide_by = :at, next_clock_at = :at"
        session.execute(text(f"UPDATE grievance SET {left}"), {"at": made.decide_by})
    late = made.decide_by + HOUR
    if looked == "clock":
        desk.clock(late)
    else:
        desk.take("comment", refused, now=late)
    assert "appeal_overdue" not in desk.told(refused)
    stored = desk.stored(refused)
    assert (stored.appeal_decide_by, stored.next_clock_at) == (None, None)


@pytest.mark.parametrize("step", ["decide_appeal", "appeal", "comment"])
def test_an_appeal_that_was_overdue_before_a_step_is_told_before_it(desk, step):
    refused = rejected(desk)
    late = desk.take("appeal", refused, CITIZEN).decide_by + HOUR
    caller = CITIZEN if step == "appeal" else AUTHORITY
    desk.take(step, refused, caller, late)
    assert desk.told(refused)[3] == "appeal_overdue"
    desk.clock(late + HOUR)
    assert desk.told(refused).count("appeal_overdue") == 1


def test_each_level_has_its_own_clock(desk):
    refused = rejected(desk)
    first = desk.take("appeal", refused, CITIZEN)
    second = desk.take("appeal", refused, CITIZEN, first.decide_by + HOUR)
    desk.clock(second.decide_by + HOUR)
    told = [each.data for each in desk.events(refused) if each.name == "grievance.appeal_overdue"]
    assert [data["level"] for data in told] == [1, 2]
    assert told[1]["overdue_at"] == in_utc(second.decide_by)


def test_the_clock_of_an_appeal_runs_beside_that_of_the_work(desk):
    filed = desk.file()
    desk.take("assign", filed)
    desk.clock(filed.due_at + HOUR)
    made = desk.take("appeal", filed, CITIZEN, filed.due_at + 2 * HOUR)
    desk.clock(made.decide_by + 300 * DAY)
    kinds = desk.told(filed)
    assert kinds.count("appeal_overdue") == 1
    assert kinds.count("escalated") == 3


def test_the_migration_finds_the_appeals_that_are_pending(desk):
    refused, decided, upper = rejected(desk), rejected(desk), rejected(desk)
    made = [desk.take("appeal", each, CITIZEN) for each in (refused, decided, upper)]
    decide(desk, decided)
    second = desk.take("appeal", upper, CITIZEN, made[2].decide_by + HOUR)

    def known() -> list[datetime | None]:
        columns = Grievance.appeal_decide_by, Grievance.next_clock_at
        with desk.sessions() as session:
            found = session.execute(select(*columns).order_by(Grievance.id)).all()
        assert [at is None for _, at in found] == [by is None for by, _ in found]
        assert all(by <= at <= by + HOUR for by, at in found if by is not None)
        return [by for by, _ in found]

    written = known()
    assert written == [made[0].decide_by, None, second.decide_by]
    migration = import_module("services.grievance.migrations.0006_appeal_overdue")
    with desk.sessions.begin() as session:
        session.execute(text("UPDATE grievance SET appeal_decide_by = NULL, next_clock_at = NULL"))
        session.execute(text(migration.PENDING))
    assert known() == written
    assert desk.clock(second.decide_by + HOUR) == 2


@pytest.mark.parametrize(
    ("step", "args"), [("rate", {"rating": 5}), ("close", {}), ("withdraw", {})]
)
def test_an_appeal_lapses_when_its_citizen_wants_nothing_more(desk, step, args):
    if step == "withdraw":
        filed = desk.file()
        at = filed.due_at + HOUR
    else:
        filed, at = desk.resolved(), NOW + HOUR
    desk.take("appeal", filed, CITIZEN, at)
    desk.take(step, filed, CITIZEN, at + HOUR, **args)
    desk.clock(at + 400 * DAY)
    assert "appeal_overdue" not in desk.told(filed)
    with desk.sessions() as session:
        asked = {"id": filed.id, "number": None}
        shown = appeals.appeals_of(session, CITIZEN, asked, at + 2 * HOUR)
    assert listed(desk, at + 2 * HOUR) == []
    assert shown["items"][0]["outcome"] == "lapsed"
    assert shown["next"] is None
    assert shown["items"][0]["outcome_name"]["en"] == "lapsed"
    assert shown["items"][0]["outcome_name"]["mr"].startswith("व्यपगत")
    assert step == "withdraw" or "lapsed on" in shown["refusal"]


def test_one_that_was_made_before_the_resolution_lapses_as_well(desk):
    filed = desk.file()
    desk.take("assign", filed)
    at = filed.due_at + HOUR
    desk.take("appeal", filed, CITIZEN, at)
    desk.take("resolve", filed, now=at + HOUR)
    desk.take("rate", filed, CITIZEN, at + 2 * HOUR, rating=5)
    assert listed(desk, at + 3 * HOUR) == []
    desk.clock(at + 400 * DAY)
    assert "appeal_overdue" not in desk.told(filed)


def test_nobody_is_told_of_a_decision_that_none_has_made(desk):
    refused = rejected(desk)
    desk.take("appeal", refused, CITIZEN)
    decide(desk, refused)
    done = desk.resolved()
    desk.take("appeal", done, CITIZEN, NOW + HOUR)
    desk.take("close", done, CITIZEN, NOW + 2 * HOUR)
    assert desk.told(done)[-1] == "closed"
    with desk.sessions() as session:
        told = {
            each["id"]: each["appeal_outcome"]
            for each in contacts.of(session, [refused.id, done.id])
        }
    assert told == {str(refused.id): {"mr": "अमान्य", "en": "dismissed"}, str(done.id): None}
