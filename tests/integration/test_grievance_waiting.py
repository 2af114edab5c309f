"""A citizen who was asked something: how long the clock stands, and what comes of it."""

from datetime import timedelta

import pytest

from palika.auth import ANONYMOUS
from palika.errors import Conflict
from tests.support.grievances import CITIZEN, HOUR, NOW, in_utc

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
    with pytest.raises(Conflict, match="cannot answer a grievance that is in_progress"):
        desk.take("answer", filed, CITIZEN, over + 4 * HOUR)
    desk.clock(kept.due_at + HOUR)
    assert desk.told(filed)[-2:] == ["breached", "escalated"]


def test_an_answer_is_taken_for_as_long_as_the_clock_has_not_gone_on_without_it(desk):
    filed = desk.file()
    desk.take("assign", filed)
    desk.take("wait", filed)
    assert desk.take("answer", filed, CITIZEN, NOW + 16 * DAY).state == "assigned"
    assert "wait_over" not in desk.told(filed)


def test_nobody_is_waited_for_whom_no_question_reaches(desk):
    filed = desk.file(ANONYMOUS, citizen_name=None, citizen_phone=None, citizen_email=None)
    desk.take("assign", filed)
    with pytest.raises(Conflict, match="nobody can be asked: no telephone number"):
        desk.take("wait", filed)
    assert desk.stored(filed).state == "assigned"
