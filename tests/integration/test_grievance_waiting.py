"""A citizen who was asked something: how long the clock stands, and what comes of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
from sqlalchemy import text

from palika.auth import ANONYMOUS
from palika.errors import Conflict
from services.grievance import promises
from services.grievance.commands.wait import answer_grievance
from services.grievance.reference import calendar, policy
from services.grievance.schemas import Answering
from tests.support.grievances import CITIZEN, HOUR, NOW, OFFICER, in_utc

DAY = timedelta(days=1)


def test_one_that_waits_for_the_citizen_is_untouched_and_goes_on_later(desk):
    filed = desk.file()
    desk.take("assign", filed)
    waiting = desk.take("wait", filed, now=NOW + HOUR)
    assert waiting.next_clock_at - (NOW + HOUR + 15 * DAY) <= HOUR / 3600
    assert desk.clock(NOW + HOUR + 15 * DAY) == 0
    answered = desk.take("answer", filed, now=NOW + 15 * DAY)
    assert answered.due_at > filed.due_at + 10 * DAY
    desk.clock(answered.due_at)
    assert desk.told(filed)[4:] == ["due_soon"]
    desk.clock(answered.due_at + HOUR)
    assert desk.told(filed)[5:] == ["breached", "escalated"]


def test_a_citizen_who_says_nothing_is_not_waited_for_without_end(desk):
    """However late the scheduler comes, the clock has stood for the policy's days and no longer."""
    filed = desk.file()
    desk.take("assign", filed)
    desk.take("start", filed)
    desk.take("wait", filed, now=NOW + HOUR)
    over = NOW + HOUR + 15 * DAY
    desk.clock(over + 3 * HOUR)
    kept = desk.stored(filed)
    assert (kept.state, kept.paused_at, kept.officer) == ("in_progress", None, "roads-je")
    (event,) = [each for each in desk.events(filed) if each.name == "grievance.wait_over"]
    data = event.data
    assert (data["wait_over_at"], data["officer"]) == (in_utc(over), "roads-je")
    assert data["due_at"] == in_utc(kept.due_at)
    assert data["waited_minutes"] == kept.paused_minutes > 10 * 8 * 60
    entry = desk.timeline(filed, CITIZEN)[-1]
    assert (entry["step"], entry["by"]) == ("wait_over", "system")
    desk.clock(kept.due_at + HOUR)
    assert desk.told(filed)[-2:] == ["breached", "escalated"]


def asked(desk) -> Any:
    """One that is worked on, whose citizen was asked something and has not answered in time."""
    filed = desk.file_with_token()
    for step in ("assign", "start"):
        desk.take(step, filed.grievance)
    desk.take("wait", filed.grievance)
    desk.clock(NOW + 15 * DAY + HOUR)
    assert desk.told(filed.grievance)[-1] == "wait_over"
    return filed


LATE = NOW + 20 * DAY


def test_an_answer_that_comes_late_is_kept_and_seen_and_the_work_goes_on(desk):
    filed = asked(desk)
    before = desk.stored(filed.grievance)
    assert "answer" in desk.get(filed.grievance, CITIZEN)["steps"]
    answered = desk.take("answer", None, ANONYMOUS, LATE, token=filed.token, answer="By the school")
    assert (answered.state, answered.due_at, answered.paused_minutes) == (
        "in_progress",
        before.due_at,
        before.paused_minutes,
    )
    for caller in (OFFICER, CITIZEN):
        entry = desk.timeline(filed.grievance, caller)[-1]
        assert (entry["step"], entry["note"], entry["status"]) == (
            "answer", "By the school", "in_progress",
        )  # fmt: skip
    told = desk.events(filed.grievance)[-1]
    assert (told.type, told.data["waited_minutes"]) == ("grievance.answered.v1", 0)
    assert told.data["due_at"] == in_utc(before.due_at)
    assert "school" not in told.to_json()
    assert "answer" not in desk.get(filed.grievance, CITIZEN)["steps"]
    with pytest.raises(
        Conflict, match=r"cannot answer .* that is in_progress; legal now: .*comment"
    ):
        desk.take("answer", filed.grievance, CITIZEN, LATE + HOUR)


@pytest.mark.parametrize("ended", ["resolve", "reject", "withdraw", "merge", "transfer"])
def test_an_answer_is_not_lost_whatever_has_become_of_the_grievance(desk, ended):
    grievance = asked(desk).grievance
    args = {"into": str(desk.file().id)} if ended == "merge" else {}
    before = desk.take(ended, grievance, CITIZEN if ended == "withdraw" else OFFICER, LATE, **args)
    answered = desk.take("answer", grievance, CITIZEN, LATE + HOUR)
    assert (answered.state, answered.closed_at) == (before.state, before.closed_at)
    assert desk.timeline(grievance)[-1]["note"] == "By the school"
    assert desk.told(grievance)[-1] == "answered"


def test_one_that_was_rejected_while_it_waited_takes_the_answer_as_well(desk):
    filed = desk.file()
    desk.take("assign", filed)
    desk.take("wait", filed)
    desk.take("reject", filed, now=NOW + HOUR, rejection="insufficient_information")
    assert desk.take("answer", filed, CITIZEN, NOW + 2 * HOUR).state == "rejected"


def test_who_was_asked_nothing_or_has_answered_answers_nothing(desk):
    filed = desk.file()
    desk.take("assign", filed)
    with pytest.raises(Conflict, match="cannot answer a grievance that is assigned"):
        desk.take("answer", filed, CITIZEN)
    desk.take("wait", filed)
    desk.take("answer", filed, CITIZEN, NOW + HOUR)
    with pytest.raises(Conflict, match="cannot answer a grievance that is assigned"):
        desk.take("answer", filed, CITIZEN, NOW + 2 * HOUR)


def test_the_migration_finds_in_the_timeline_what_was_not_answered(desk):
    late, answered, waiting = asked(desk).grievance, asked(desk).grievance, desk.file()
    desk.take("answer", answered, CITIZEN, LATE)
    desk.take("assign", waiting)
    desk.take("wait", waiting, now=LATE)
    written = [desk.stored(each).asked_at for each in (late, answered, waiting)]
    assert written == [NOW, None, LATE]
    with desk.sessions.begin() as session:
        session.execute(text("UPDATE grievance SET asked_at = NULL"))
        session.execute(text(import_module("services.grievance.migrations.0007_asked").ASKED))
    assert [desk.stored(each).asked_at for each in (late, answered, waiting)] == written


def test_an_answer_ends_the_wait_for_as_long_as_the_clock_has_not_gone_on_without_it(desk):
    filed = desk.file()
    desk.take("assign", filed)
    desk.take("wait", filed)
    with_scheduler, without = desk.file(), filed
    desk.take("assign", with_scheduler)
    desk.take("wait", with_scheduler)
    with desk.sessions.begin() as session:
        session.execute(text("UPDATE grievance SET next_clock_at = NULL WHERE id = :id"),
                        {"id": without.id})  # fmt: skip
    desk.clock(NOW + 15 * DAY + HOUR)
    late = NOW + 25 * DAY
    assert desk.take("answer", without, CITIZEN, late).state == "assigned"
    assert "wait_over" not in desk.told(without)
    desk.take("answer", with_scheduler, CITIZEN, late)
    assert "wait_over" in desk.told(with_scheduler)
    assert desk.stored(without).due_at == desk.stored(with_scheduler).due_at, "whoever came first"


@pytest.mark.parametrize(("wait_days", "close_after_days"), [(2, 1), (40, 40)])
def test_a_changed_policy_holds_for_what_begins_to_wait_afterwards(
    desk, monkeypatch, wait_days, close_after_days
):
    waiting, done = desk.file(), desk.resolved()
    desk.take("assign", waiting)
    desk.take("wait", waiting)
    changed = replace(policy(), wait_days=wait_days, close_after_days=close_after_days)
    monkeypatch.setattr(promises, "policy", lambda: changed)
    for grievance, days, told in ((done, 7, "closed"), (waiting, 15, "wait_over")):
        # A step between them fixes nothing anew.
        desk.take("comment", grievance, now=NOW + HOUR)
        desk.clock(NOW + days * DAY)
        assert told not in desk.told(grievance)
        desk.clock(NOW + days * DAY + HOUR)
        assert told in desk.told(grievance)
    (over,) = [each for each in desk.events(waiting) if each.name == "grievance.wait_over"]
    assert over.data["wait_over_at"] == in_utc(NOW + 15 * DAY)
    asked, said = desk.file(), desk.resolved()
    desk.take("assign", asked)
    desk.take("wait", asked)
    desk.take("comment", said, CITIZEN, NOW + HOUR)
    assert desk.stored(asked).wait_until == NOW + wait_days * DAY
    assert desk.stored(said).closes_at == NOW + HOUR + close_after_days * DAY


def test_who_was_asked_by_the_release_before_is_waited_for_as_that_had_it(desk):
    migration = import_module("services.grievance.migrations.0009_wait_until")
    soon = datetime.now(UTC)
    for is_migrated in (False, True):
        filed = desk.file(now=soon)
        desk.take("assign", filed, now=soon)
        desk.take("wait", filed, now=soon)
        until = desk.stored(filed).wait_until
        with desk.sessions.begin() as session:
            session.execute(text("UPDATE grievance SET wait_until = NULL"))
            if is_migrated:
                session.execute(text(migration.WAITING))
        assert desk.stored(filed).wait_until == (until if is_migrated else None)
        assert desk.clock(until) == 0
        desk.clock(until + HOUR)
        assert desk.told(filed)[-1] == "wait_over"
        assert desk.stored(filed).wait_until is None


def answered_by_the_release_before(desk) -> Any:
    """One that waited, and whose answer a process took that knows nothing of ``wait_until``."""
    filed = desk.file()
    desk.take("assign", filed)
    desk.take("wait", filed)
    with desk.sessions.begin() as session:
        answered = "state = 'assigned', paused_at = NULL, paused_state = NULL, asked_at = NULL"
        session.execute(text(f"UPDATE grievance SET {answered} WHERE id = :id"), {"id": filed.id})
    return filed


def test_what_the_release_before_has_answered_waits_no_more(desk):
    filed = answered_by_the_release_before(desk)
    left = desk.stored(filed).wait_until
    assert left == NOW + 15 * DAY
    desk.clock(left + HOUR)
    assert desk.told(filed)[3:] == ["due_soon", "breached", *["escalated"] * 3]
    assert (desk.stored(filed).state, desk.clock(left + HOUR)) == ("assigned", 0)
    assert desk.take("transfer", filed, now=left + HOUR).wait_until is None


def test_a_wait_that_the_release_before_begins_anew_is_not_over_with_the_first(desk):
    filed = answered_by_the_release_before(desk)
    again = NOW + 20 * DAY
    waits = "state = 'waiting', paused_at = :at, paused_state = 'assigned', next_clock_at = :at"
    with desk.sessions.begin() as session:
        session.execute(text(f"UPDATE grievance SET {waits}"), {"at": again})
    desk.clock(again + 15 * DAY)
    assert desk.stored(filed).state == "waiting"
    with desk.sessions() as session:  # Nothing of this is kept.
        args = Answering().load({"id": str(filed.id), "answer": "By the school"})
        answered = answer_grievance(session, CITIZEN, args, again + 2 * DAY)
        assert answered.paused_minutes == calendar().between(again, again + 2 * DAY) > 0
    desk.clock(again + 15 * DAY + HOUR)
    assert desk.told(filed)[-1] == "wait_over"


def test_the_migration_ends_the_waits_that_are_over(desk):
    answered, waiting = answered_by_the_release_before(desk), desk.file()
    desk.take("assign", waiting)
    desk.take("wait", waiting)
    with desk.sessions.begin() as session:
        session.execute(text(import_module("services.grievance.migrations.0013_waits_ended").ENDED))
    assert desk.stored(answered).wait_until is None
    assert desk.stored(waiting).wait_until == NOW + 15 * DAY


def test_nobody_is_waited_for_whom_no_question_reaches(desk):
    filed = desk.file(ANONYMOUS, citizen_name=None, citizen_phone=None, citizen_email=None)
    desk.take("assign", filed)
    with pytest.raises(Conflict, match="nobody can be asked: no telephone number"):
        desk.take("wait", filed)
    assert desk.stored(filed).state == "assigned"
