"""A resolution of which its citizen says nothing, or nothing more: when silence closes it."""

from datetime import timedelta
from functools import partial
from importlib import import_module
from typing import Any

import pytest
from sqlalchemy import text

from palika.auth import ANONYMOUS, Identity
from services.grievance.commands.file import Draft, file_many
from services.grievance.commands.move import Actor
from services.grievance.commands.resolve import resolve
from services.grievance.domain.lifecycle import Step
from services.grievance.reference import policy
from services.grievance.schemas import ImportedFiling
from tests.support.grievances import CITIZEN, FILING, HOUR, NOW, OFFICER, GrievanceDesk

DAY = timedelta(days=1)
YEAR = 365 * DAY
JUDGE = Identity.of("supervisor:roads-ee", "supervisor")


def run(desk: GrievanceDesk, statement: str, **values: Any) -> None:
    """A statement on the service's database."""
    with desk.sessions.begin() as session:
        session.execute(text(statement), values)


def test_a_silent_resolution_is_closed_once_by_silence(desk):
    resolved = desk.resolved()
    closing = resolved.resolved_at + policy().close_after_days * DAY
    desk.clock(closing)
    assert desk.stored(resolved).state == "resolved"
    desk.clock(closing + HOUR)
    desk.clock(closing + YEAR)
    stored = desk.stored(resolved)
    assert (stored.state, stored.closed_by, stored.closed_at) == (
        "closed",
        "silence",
        closing + HOUR,
    )
    assert desk.told(resolved)[3:] == ["closed"]


def test_who_speaks_before_the_scheduler_comes_has_not_been_silent(desk):
    resolved = desk.resolved()
    late = resolved.resolved_at + policy().close_after_days * DAY + HOUR
    desk.take("close", resolved, CITIZEN, late)
    desk.clock(late + YEAR)
    assert desk.stored(resolved).closed_by == "citizen"
    assert desk.told(resolved)[3:] == ["closed"]


def test_who_is_not_satisfied_has_spoken_and_is_not_closed_by_silence(desk):
    resolved = desk.resolved()
    too_late_to_reopen = NOW + policy().reopen_days * DAY + HOUR
    desk.take("rate", resolved, CITIZEN, too_late_to_reopen, rating=1)
    assert desk.clock(NOW + YEAR) == 0
    assert desk.stored(resolved).state == "resolved"


def test_who_appeals_is_not_satisfied_and_is_not_closed_by_silence_whatever_they_say_then(desk):
    resolved = desk.resolved()
    desk.take("appeal", resolved, CITIZEN, NOW + HOUR)
    desk.take("comment", resolved, CITIZEN, NOW + 2 * HOUR)
    desk.clock(NOW + YEAR)
    desk.take("decide_appeal", resolved, JUDGE, NOW + YEAR, outcome="dismissed")
    desk.clock(NOW + 2 * YEAR)
    assert desk.stored(resolved).state == "resolved"


@pytest.mark.parametrize("as_one", [CITIZEN, ANONYMOUS])
def test_a_resolution_is_closed_so_many_days_after_its_citizens_last_word(desk, as_one):
    filed = desk.file_with_token()
    desk.take("assign", filed.grievance)
    desk.take("resolve", filed.grievance)
    token = {"token": filed.token} if as_one is ANONYMOUS else {"id": str(filed.grievance.id)}
    last = NOW + 5 * DAY
    for said in (NOW + DAY, last):
        desk.take("comment", None, as_one, said, **token)
    # What the office says is no word of the citizen.
    desk.take("comment", filed.grievance, OFFICER, last + DAY, public=True)
    closing = last + policy().close_after_days * DAY
    desk.clock(closing)
    assert desk.stored(filed.grievance).state == "resolved"
    desk.clock(closing + HOUR)
    stored = desk.stored(filed.grievance)
    assert (stored.state, stored.closed_by, stored.closes_at) == ("closed", "silence", None)


def test_a_resolution_after_a_reopening_has_its_own_days(desk):
    resolved = desk.resolved()
    desk.take("reopen", resolved, CITIZEN, NOW + DAY)
    assert desk.stored(resolved).closes_at is None
    desk.take("comment", resolved, CITIZEN, NOW + 2 * DAY)
    desk.take("resolve", resolved, now=NOW + 3 * DAY)
    assert desk.stored(resolved).closes_at == NOW + (3 + policy().close_after_days) * DAY


def test_what_the_release_before_has_resolved_is_closed_as_that_had_it(desk):
    resolved = desk.resolved()
    run(desk, "UPDATE grievance SET closes_at = NULL")
    closing = NOW + policy().close_after_days * DAY
    assert desk.clock(closing) == 0
    desk.clock(closing + HOUR)
    assert desk.stored(resolved).closed_by == "silence"


@pytest.mark.parametrize("said", ["rate", "satisfied though", "appeal"])
def test_who_told_a_process_of_the_release_before_that_it_is_not_put_right_is_not_closed(
    desk, said
):
    resolved = desk.resolved()
    closes_at = desk.stored(resolved).closes_at
    late = NOW + policy().reopen_days * DAY + HOUR
    step, args = {
        "rate": ("rate", {"rating": 1}),
        "satisfied though": ("rate", {"rating": 5, "satisfied": False}),
        "appeal": ("appeal", {}),
    }[said]
    desk.take(step, resolved, CITIZEN, min(late, closes_at), **args)
    # As that release leaves it, which knows neither when it closes nor of the clock of an appeal.
    old = "closes_at = :at, next_clock_at = :at, appeal_decide_by = NULL, spoken_at = NULL"
    run(desk, f"UPDATE grievance SET {old}", at=closes_at)
    told = desk.told(resolved)
    desk.clock(closes_at + HOUR)
    stored = desk.stored(resolved)
    assert (stored.state, stored.closes_at, stored.next_clock_at) == ("resolved", None, None)
    assert desk.told(resolved) == told
    desk.take("comment", resolved, CITIZEN, closes_at + 2 * HOUR)
    assert desk.clock(NOW + YEAR) == 0


def test_a_word_on_the_resolution_before_does_not_keep_the_next_one_open(desk):
    resolved = desk.resolved()
    desk.take("rate", resolved, CITIZEN, NOW + HOUR, rating=1)
    desk.take("resolve", resolved, now=NOW + DAY)
    desk.clock(NOW + YEAR)
    assert desk.stored(resolved).closed_by == "silence"


def test_the_migration_gives_each_resolution_the_moment_of_its_closing(desk):
    silent, spoken_of, unhappy, appealed = (desk.resolved() for _ in range(4))
    desk.take("comment", spoken_of, CITIZEN, NOW + HOUR)
    desk.take("rate", unhappy, CITIZEN, NOW + 4 * DAY, rating=1)
    desk.take("appeal", appealed, CITIZEN, NOW + HOUR)
    run(desk, "UPDATE grievance SET closes_at = NULL")
    run(desk, "UPDATE grievance SET next_clock_at = NULL WHERE id = :id", id=spoken_of.id)
    migration = import_module("services.grievance.migrations.0008_closes")
    for statement in (migration.SILENT, migration.SPOKEN_OF):
        run(desk, statement)
    assert desk.stored(silent).closes_at == NOW + policy().close_after_days * DAY
    stored = desk.stored(spoken_of)
    assert stored.closes_at == stored.next_clock_at > NOW
    assert [desk.stored(each).closes_at for each in (unhappy, appealed)] == [None, None]


def test_a_word_before_the_resolution_or_one_of_the_office_is_none_on_it(desk):
    filed = desk.file()
    desk.take("assign", filed)
    desk.take("comment", filed, CITIZEN, NOW)
    desk.take("resolve", filed, now=NOW + HOUR)
    desk.take("comment", filed, OFFICER, NOW + 2 * HOUR, public=True)
    desk.clock(NOW + YEAR)
    assert desk.stored(filed).closed_by == "silence"


def test_what_another_system_had_resolved_is_not_closed_for_a_silence_that_nobody_asked_to_break(
    desk,
):
    args = ImportedFiling().load(
        FILING | {"channel": "import", "source": "old", "source_id": "7", "department": "roads"}
    )
    settled = partial(resolve, by=Actor.of(OFFICER), now=NOW, remark=None, step=Step.SETTLE)
    with desk.sessions.begin() as session:
        (taken_over,) = file_many(session, OFFICER, [Draft(args, NOW, (settled,))])
    assert taken_over.next_clock_at is None
    assert desk.clock(NOW + YEAR) == 0
    assert desk.stored(taken_over).state == "resolved"
