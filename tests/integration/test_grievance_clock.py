"""The scheduler on a real database: every mark once and in order, whoever looks and whenever."""

import uuid
from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from alembic import command
from sqlalchemy import select, text
from sqlalchemy.orm import sessionmaker

from palika import metrics
from palika.config import settings
from palika.database import create_engine
from palika.local import Postgres
from palika.migrate import alembic_config, migrations_of, upgrade
from services.grievance.models import Grievance
from services.grievance.reference import calendar, matrix
from tests.support.grievances import CITIZEN, HOUR, NOBODY, NOW, OFFICER, GrievanceDesk

DAY = timedelta(days=1)
YEAR = 365 * DAY
MARKS = ["due_soon", "breached", "escalated", "escalated", "escalated"]


def run(desk: GrievanceDesk, statement: str, **values: Any) -> None:
    """A statement on the service's database."""
    with desk.sessions.begin() as session:
        session.execute(text(statement), values)


def failures() -> float:
    """How often the clock has failed in this process."""
    found: float = metrics.GRIEVANCE_CLOCK_MARKS.labels(mark="failed")._value.get()
    return found


def test_what_is_not_due_is_left_alone(desk):
    filed = desk.file()
    assert desk.clock(filed.next_clock_at - HOUR) == 0
    assert desk.told(filed) == ["filed"]


def test_each_mark_is_set_when_its_moment_is_past_and_told_with_that_moment(desk):
    filed = desk.file()
    desk.take("assign", filed)
    assert desk.clock(filed.next_clock_at) == 1
    assert desk.told(filed)[2:] == ["due_soon"]
    desk.clock(filed.due_at)
    assert desk.told(filed)[2:] == ["due_soon"], "the last moment of a promise is in time"
    desk.clock(filed.due_at + YEAR)
    assert desk.told(filed)[2:] == MARKS
    stored = desk.stored(filed)
    assert stored.breached_at == stored.due_at == filed.due_at
    breached, *escalated = (event.data for event in desk.events(filed)[3:])
    assert breached["officer"] == "roads-je"
    waits = [matrix().after(level, "roads", filed.priority) for level in (1, 2, 3)]
    assert [(each["level"], each["post"]) for each in escalated] == [
        (1, "deputy-engineer"),
        (2, "ward-officer"),
        (3, "department-head"),
    ]
    assert [each["escalated_at"] for each in escalated] == [
        calendar().add(filed.due_at, sum(waits[:n])).isoformat().replace("+00:00", "Z")
        for n in (1, 2, 3)
    ]
    assert stored.next_clock_at is None


def test_the_timeline_shows_the_citizen_to_whom_it_was_escalated_but_no_early_warning(desk):
    filed = desk.file()
    desk.clock(filed.due_at + YEAR)
    seen = [
        (entry["step"], entry["by"], entry["data"]) for entry in desk.timeline(filed, CITIZEN)[1:]
    ]
    assert seen == [
        ("breach", "system", {}),
        ("escalate", "system", {"level": 1, "post": "deputy-engineer"}),
        ("escalate", "system", {"level": 2, "post": "ward-officer"}),
        ("escalate", "system", {"level": 3, "post": "department-head"}),
    ]
    steps = [entry["step"] for entry in desk.timeline(filed)]
    assert steps == ["file", "due_soon", "breach", "escalate", "escalate", "escalate"]


def test_it_is_escalated_to_the_officer_who_has_the_post_for_the_ward(desk):
    filed = desk.file()
    run(
        desk,
        "INSERT INTO officer (code, department, level, wards) VALUES "
        "('roads-de-1', 'roads', 1, '{aundh-baner}'), ('roads-de-2', 'roads', 1, '{hadapsar}'), "
        "('roads-head', 'roads', 3, '{}')",
    )
    desk.clock(filed.due_at + YEAR)
    assert [event.data["to"] for event in desk.events(filed)[3:]] == [
        "roads-de-1",
        None,
        "roads-head",
    ]
    shown = [entry["data"].get("to") for entry in desk.timeline(filed, CITIZEN)[2:]]
    assert shown == ["roads-de-1", None, "roads-head"]


@pytest.mark.parametrize("step", ["wait", "resolve", "reject", "withdraw", "transfer", "comment"])
def test_a_promise_that_was_broken_before_a_step_is_marked_before_it(desk, step):
    filed = desk.file()
    desk.take("assign", filed)
    late = desk.take(
        step, filed, CITIZEN if step == "withdraw" else OFFICER, filed.due_at + HOUR / 60
    )
    kinds = desk.told(filed)
    assert kinds[2:5] == ["due_soon", "breached", "escalated"]
    assert len(kinds) == 6
    assert late.breached_at == filed.due_at
    assert [event.sequence for event in desk.events(filed)] == [1, 2, 3, 4, 5, 6]


def test_a_step_decided_on_the_version_before_the_marks_is_taken(desk):
    filed = desk.file()
    assigned = desk.take("assign", filed)
    desk.take("comment", filed, now=filed.due_at + HOUR, version=assigned.version)
    assert desk.told(filed)[-1] == "commented"


def test_a_reopened_one_is_escalated_further_but_breached_only_once(desk):
    filed = desk.file()
    desk.take("assign", filed)
    late = filed.due_at + HOUR / 60
    desk.take("resolve", filed, now=late)
    desk.take("reopen", filed, CITIZEN, late + HOUR)
    desk.clock(late + YEAR)
    kinds = desk.told(filed)
    assert kinds.count("breached") == 1
    assert kinds[-3:] == ["reopened", "escalated", "escalated"]


def test_what_is_promised_anew_by_a_transfer_may_be_broken_anew_but_escalates_further(desk):
    filed = desk.file(category="manhole-cover")
    desk.take("assign", filed)
    desk.clock(filed.due_at + HOUR / 60)
    moved = desk.take("transfer", filed, now=filed.due_at + HOUR / 60, category="road-resurfacing")
    assert moved.due_at > filed.due_at + HOUR, "the test needs a longer promise"
    assert (moved.breached_at, moved.escalation_level) == (
        None,
        desk.stored(filed).escalation_level,
    )
    desk.clock(moved.due_at + YEAR)
    kinds = desk.told(filed)
    assert kinds.count("breached") == 2
    assert kinds.count("escalated") == 3


def test_one_that_cannot_be_dealt_with_holds_up_no_other_and_is_put_off(desk):
    poisoned = desk.file()
    others = [desk.file(now=NOW + HOUR) for _ in range(12)]
    # What a bug, or a hand in the database, may do to one row.
    run(
        desk,
        f"ALTER TABLE timeline ADD CONSTRAINT p CHECK (grievance_id <> '{poisoned.id}') NOT VALID",
    )
    before = failures()
    late = others[0].due_at + YEAR
    desk.clock(late, batch=5)
    assert all(desk.told(other) == ["filed", *MARKS] for other in others)
    assert desk.told(poisoned) == ["filed"]
    assert failures() == before + 1
    assert desk.clock(late + HOUR / 2) == 0
    run(desk, "ALTER TABLE timeline DROP CONSTRAINT p")
    desk.clock(late + 2 * HOUR)
    assert desk.told(poisoned) == ["filed", *MARKS], "mended, it is dealt with"


def test_a_grievance_that_an_officer_has_in_hand_is_left_for_the_next_time(desk):
    held, free = desk.file(), desk.file()
    late = free.due_at + YEAR
    with desk.sessions.begin() as officer:
        officer.execute(text("SELECT 1 FROM grievance WHERE id = :id FOR UPDATE"), {"id": held.id})
        assert desk.clock(late) == 1
    assert desk.told(free) == ["filed", *MARKS]
    assert desk.clock(late) == 1
    assert desk.told(held) == ["filed", *MARKS]


def test_a_scheduler_that_is_told_to_stop_leaves_after_the_batch_in_hand(desk):
    filed = [desk.file() for _ in range(6)]
    asked = iter([False, True])
    assert desk.clock(NOW + YEAR, batch=2, stopping=lambda: next(asked)) == 2
    assert desk.clock(NOW + YEAR, batch=2) == 4
    assert all(desk.told(each) == ["filed", *MARKS] for each in filed)


def test_how_late_the_clock_is_can_be_watched(desk):
    filed = desk.file()
    late = filed.next_clock_at + 90 * DAY
    with desk.sessions.begin() as officer:
        officer.execute(text("SELECT 1 FROM grievance FOR UPDATE"))
        desk.clock(late)
    assert metrics.GRIEVANCE_CLOCK_LATE._value.get() == (90 * DAY).total_seconds()
    desk.clock(late)
    assert metrics.GRIEVANCE_CLOCK_LATE._value.get() == 0


def test_a_changed_ladder_is_followed_when_the_old_moment_comes(desk):
    filed = desk.file()
    # As if the promise had been told to run out much earlier when the moment was written.
    run(desk, "UPDATE grievance SET next_clock_at = :now", now=NOW + HOUR)
    assert desk.clock(NOW + 2 * HOUR) == 1
    assert desk.told(filed) == ["filed"]
    assert desk.stored(filed).next_clock_at == filed.next_clock_at
    assert desk.stored(filed).version == 1


@pytest.fixture
def old_desk(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> Iterator[GrievanceDesk]:
    """A desk on a database of the thin version, with an open grievance, that was migrated."""
    url = postgres.url(f"test_old_{uuid.uuid4().hex[:12]}")
    monkeypatch.setenv("GRIEVANCE_DATABASE_URL", url)
    settings.cache_clear()
    upgrade("grievance")
    engine = create_engine(settings("grievance"))
    sessions = sessionmaker(engine, expire_on_commit=False)
    config = alembic_config("grievance", migrations_of("grievance"))
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        # The thin version's tables, made anew: its migrations go forward only.
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
        command.upgrade(config, "grievance_0001")
        connection.execute(
            text(
                "INSERT INTO grievance (id, number, category, department, description, language, "
                "channel, filed_by, state, version, filed_at, due_at, times_reopened) VALUES "
                "(:id, 'PMC-2026-000001', 'pothole', 'roads', 'A hole', 'en', 'web', 'citizen:9', "
                "'filed', 1, :at, :at, 0)"
            ),
            {"id": NOBODY, "at": NOW},
        )
        connection.commit()
    upgrade("grievance")
    yield GrievanceDesk(sessions)
    engine.dispose()
    monkeypatch.undo()
    settings.cache_clear()


def test_a_grievance_from_before_there_was_a_clock_is_looked_at(old_desk):
    with old_desk.sessions() as session:
        (old,) = session.scalars(select(Grievance))
    assert old_desk.clock(old.next_clock_at + HOUR) == 1
    old_desk.clock(NOW + YEAR)
    # Nobody knows how much was promised, so nobody knows when it was due soon.
    assert old_desk.told(old) == MARKS[1:]


def test_the_migration_reads_from_the_timeline_what_the_steps_have_written_since(desk):
    filed = desk.file()
    desk.take("assign", filed)
    desk.take("wait", filed)
    desk.take("answer", filed, CITIZEN, NOW + 2 * DAY)
    waiting = desk.file()
    desk.take("acknowledge", waiting)
    desk.take("wait", waiting)
    resolved = desk.resolved()
    desk.take("appeal", resolved, CITIZEN, NOW + HOUR)

    def known() -> list[Any]:
        columns = Grievance.id, Grievance.spoken_at, Grievance.paused_otherwise
        with desk.sessions() as session:
            return list(session.execute(select(*columns).order_by(Grievance.id)))

    written = known()
    assert sorted(each.paused_otherwise for each in written) == [0, 0, 2 * 24 * 60]
    assert len({each.spoken_at for each in written}) == 3
    run(desk, "UPDATE grievance SET spoken_at = NULL, paused_otherwise = 0")
    migration = import_module("services.grievance.migrations.0003_clock")
    for statement in (migration.SPOKEN, migration.STOOD):
        run(desk, statement)
    assert known() == written
    run(desk, "UPDATE grievance SET changed_at = '2020-01-01'")
    run(desk, import_module("services.grievance.migrations.0005_changed").CHANGED)
    assert {desk.stored(each).changed_at for each in (filed, waiting, resolved)} == {
        NOW,
        NOW + HOUR,
        NOW + 2 * DAY,
    }
