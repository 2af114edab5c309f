"""Real processes of the service: one of two is killed while clocks fall due, and nobody notices."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from palika.events import Event
from services.grievance.commands.assign import assign
from services.grievance.commands.file import Draft, file_many
from services.grievance.commands.move import Actor
from services.grievance.commands.resolve import resolve
from services.grievance.commands.wait import wait
from services.grievance.schemas import Filing
from tests.support.backbone import Backbone
from tests.support.grievances import CITIZEN, FILING, OFFICER, GrievanceDesk
from tests.support.part import Part, wait_for

LATE, WAITING, RESOLVED = 220, 10, 10
MARKS = ["due_soon", "breached", "escalated", "escalated", "escalated"]
DESK = Actor.of(OFFICER)


@pytest.fixture
def schedulers(backbone: Backbone) -> list[Part]:
    """Two processes of the service that look for what is due all the time."""
    backbone.migrate("grievance")
    parts = [backbone.service("grievance", PALIKA_GRIEVANCE_CLOCK_S="0.1") for _ in range(2)]
    for part in parts:
        part.wait_ready()
    return parts


def file_what_is_late(desk: GrievanceDesk) -> None:
    """In one transaction, so that all of it falls due at one moment, before two schedulers."""
    then = datetime.now(UTC) - timedelta(days=300)
    in_hand = partial(assign, by=DESK, now=then, officer="roads-je")
    asked = partial(wait, by=DESK, now=then, question="Where?")
    mended = partial(resolve, by=DESK, now=then, remark="Filled")
    args = Filing().load(FILING)
    drafts = [
        *(Draft(args, then) for _ in range(LATE)),
        *(Draft(args, then, (in_hand, asked)) for _ in range(WAITING)),
        *(Draft(args, then, (in_hand, mended)) for _ in range(RESOLVED)),
    ]
    with desk.sessions.begin() as session:
        file_many(session, CITIZEN, drafts)


def lives(events: list[Event]) -> dict[tuple[str, ...], int]:
    """How many grievances had each sequence of events; none may have a gap or a repetition."""
    told: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        if not event.type.startswith("grievance.heartbeat"):
            told[event.subject].append(event)
    found: dict[tuple[str, ...], int] = defaultdict(int)
    for each in told.values():
        assert [event.sequence for event in each] == list(range(1, len(each) + 1))
        found[tuple(event.type.split(".")[1] for event in each)] += 1
    return found


def test_one_of_two_schedulers_is_killed_and_nothing_is_lost_or_done_twice(
    backbone: Backbone, schedulers: list[Part]
):
    desk = GrievanceDesk(backbone.sessions("grievance"))
    victim, survivor = schedulers

    def dealt_with() -> Any:
        return backbone.value("grievance", "SELECT count(*) FROM timeline WHERE step = 'due_soon'")

    file_what_is_late(desk)
    wait_for(dealt_with, 30, "the schedulers have begun", step_s=0.005)
    victim.kill()
    assert dealt_with() < LATE, "killed in the middle of the work"
    due = "SELECT count(*) FROM grievance WHERE next_clock_at <= now()"
    wait_for(lambda: backbone.value("grievance", due) == 0, 120, "the survivor has done the rest")
    victim.start()
    assert lives(desk.events()) == {
        ("filed", *MARKS): LATE,
        ("filed", "assigned", "waiting", "wait_over", *MARKS): WAITING,
        ("filed", "assigned", "resolved", "closed"): RESOLVED,
    }
    steps = "SELECT step, count(*) FROM timeline WHERE actor = 'clock' GROUP BY step"
    assert dict(backbone.query("grievance", steps)) == {
        "wait_over": WAITING,
        "due_soon": LATE + WAITING,
        "breach": LATE + WAITING,
        "escalate": 3 * (LATE + WAITING),
        "close": RESOLVED,
    }
    assert survivor.metric("palika_grievance_clock_marks_total", mark="breached") > 0
    assert survivor.metric("palika_grievance_clock_marks_total", mark="failed") == 0
    wait_for(lambda: survivor.metric("palika_grievance_clock_late_seconds") == 0, 20)
    assert survivor.stop() == 0
