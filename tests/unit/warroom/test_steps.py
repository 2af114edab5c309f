"""Steps with reviews and their actions: how far they are, and whose."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from palika.errors import Conflict, Forbidden
from services.warroom.domain.reviews import Action, Meeting, Phase, Work
from services.warroom.domain.steps import (
    Deed,
    Step,
    answerers,
    check_deed,
    check_step,
    may,
    may_answer,
    may_do,
)

BEGINS = datetime(2026, 6, 9, 5, 30, tzinfo=UTC)
MEETING = Meeting("fortnightly", BEGINS.date(), BEGINS, 120, "chief", "secretary", ("taker",))
FROZEN = replace(MEETING, frozen_at=BEGINS)
OFFICER = frozenset({"officer"})
TAKES = ["attend", "minute", "assign_action", "strike"]


@pytest.mark.parametrize(
    ("meeting", "leads", "takes"),
    [
        (
            MEETING,
            ["reschedule_review", "cancel_review", "make_agenda", "change_agenda", "freeze_pack"],
            ["make_agenda"],
        ),
        (
            FROZEN,
            [
                *("reschedule_review", "cancel_review", "make_agenda", "change_agenda"),
                *("freeze_pack", "open_review"),
            ],
            ["make_agenda", "open_review"],
        ),
        (replace(FROZEN, phase=Phase.OPEN), ["change_agenda", *TAKES, "close_review"], TAKES),
        (replace(FROZEN, phase=Phase.CLOSED), ["add_addendum"], []),
        (replace(FROZEN, phase=Phase.CANCELLED), [], []),
    ],
)
def test_what_may_be_done_goes_with_the_phase_and_the_post(meeting, leads, takes):
    assert may(meeting, "officer:chief", OFFICER) == leads
    assert may(meeting, "supervisor:secretary", frozenset({"supervisor"})) == leads
    assert may(meeting, "officer:somebody", OFFICER | {"admin"}) == leads
    assert may(meeting, "officer:taker", OFFICER) == takes
    assert may(meeting, "officer:somebody", OFFICER) == []
    # A service reads, and leads nothing.
    assert may(meeting, "service:chief", frozenset({"service"})) == []


def test_a_refusal_names_the_posts_that_may():
    with pytest.raises(Forbidden) as caught:
        check_step(Step.FREEZE, MEETING, "officer:taker", OFFICER)
    assert caught.value.details == {"posts": ["chief", "secretary"]}
    with pytest.raises(Conflict, match="not frozen"):
        check_step(Step.OPEN, MEETING, "officer:taker", OFFICER)


def action(work=Work.OPEN, post="garden"):
    return Action("Cut trees", post, date(2026, 6, 20), work=work, assigned_on=date(2026, 6, 9))


@pytest.mark.parametrize(
    ("work", "owner", "chair", "answers"),
    [
        (Work.OPEN, ["report_action", "complete_action"], ["answer_action"], ["extend", "drop"]),
        (Work.CLAIMED, [], ["answer_action"], ["accept", "reject", "extend", "drop"]),
        (Work.DONE, [], [], []),
        (Work.DROPPED, [], [], []),
    ],
)
def test_its_owner_says_how_an_action_stands_and_who_leads_answers(work, owner, chair, answers):
    assert may_do(MEETING, action(work), "officer:garden", OFFICER) == owner
    assert may_do(MEETING, action(work), "officer:chief", OFFICER) == chair
    assert may_answer(MEETING, action(work), "officer:chief", OFFICER) == answers
    assert may_do(MEETING, action(work), "officer:taker", OFFICER) == []


def test_nobody_answers_an_action_of_their_own():
    own = action(Work.CLAIMED, "chief")
    assert may_answer(MEETING, own, "officer:chief", OFFICER) == []
    assert answerers(MEETING, own) == {"secretary"}
    with pytest.raises(Forbidden, match="another than whose it is"):
        check_deed(Deed.ANSWER, MEETING, own, "officer:chief", OFFICER, "accept")


def test_nothing_is_done_with_an_action_before_the_minutes_are_closed():
    draft = replace(action(), assigned_on=None)
    assert may_do(MEETING, draft, "officer:garden", OFFICER) == []
    with pytest.raises(Conflict, match="not closed yet"):
        check_deed(Deed.REPORT, MEETING, draft, "officer:garden", OFFICER)
