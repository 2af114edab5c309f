"""What slips is told by the day that a milestone is expected on, wherever it is shown."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from palika.text import Name
from services.warroom.domain.agenda import Subject, project_item
from services.warroom.domain.changes import Because, Changes, Slip, changes
from services.warroom.domain.facts import Milestone, Project, Standing, State
from services.warroom.domain.past import Past, Spell
from services.warroom.domain.progress import days_expected
from services.warroom.domain.review_policy import AgendaPolicy

START, TODAY = date(2026, 6, 1), date(2026, 6, 15)
MOMENT = datetime(2026, 6, 1, 4, 30, tzinfo=UTC)
ROAD = Project("RD-01", Name("रस्ता", "A road"), "roads", "roads-ce", date(2026, 1, 1))
DESIGN, WORK, OPENING = uuid4(), uuid4(), uuid4()
POLICY = AgendaPolicy(
    dict.fromkeys(("slipped", "critical_slip", "passed", "set_aside", "replanned"), 5),
    *(15, 3, 15, 10, 2),
)


def milestone(name: str, planned: str, *after: UUID, days: int | None = None) -> Milestone:
    return Milestone(
        name, Name(name, name), "execution", 1, date.fromisoformat(planned), days, after
    )


PLAN = {
    DESIGN: milestone("design", "2026-06-20"),
    WORK: milestone("work", "2026-07-20", DESIGN, days=30),
    OPENING: milestone("opening", "2026-12-01", days=1),
}


def road(milestones: dict[UUID, Milestone], **given: Any) -> State:
    return State(
        *(uuid4(), 1, MOMENT, MOMENT, replace(ROAD, **given), milestones, {}),
        *({}, {}, {}, {}, {}, {}, {}, None),
    )


def told(later: dict[UUID, Milestone], today: date = TODAY, **given: Any) -> Changes:
    return changes(road(PLAN, **given), road(later, **given), START, today)


def reasons(
    later: dict[UUID, Milestone], today: date = TODAY, **given: Any
) -> list[tuple[Any, ...]]:
    found = told(later, today, **given)
    item = project_item(Subject(road(later, **given), found, frozenset([WORK])), POLICY, today)
    return [] if item is None else [(each.code, each.weight, each.text.en) for each in item.why]


def test_what_depends_on_what_slips_slips_with_it_and_weighs_once():
    later = PLAN | {DESIGN: replace(PLAN[DESIGN], forecast_on=date(2026, 7, 1))}
    found = told(later)
    assert found.slipped == [
        Slip(DESIGN, date(2026, 6, 20), date(2026, 7, 1), Because.WORD),
        Slip(WORK, date(2026, 7, 20), date(2026, 7, 31), Because.PATH),
    ]
    # As `show` has it.
    shown = days_expected(road(later), TODAY)
    assert [each.now for each in found.slipped] == [shown[DESIGN], shown[WORK]]
    assert reasons(later) == [
        ("slipped", 5, "slipped by 11 days: design (01-07-2026)"),
        ("slipped", 0, "later with what they depend on: 1, the last of them work (31-07-2026)"),
    ]


def test_an_owners_word_that_moves_nothing_is_no_slip():
    # The work cannot be done before the design is: that was so before.
    before = PLAN | {WORK: replace(PLAN[WORK], forecast_on=date(2026, 7, 1))}
    after = PLAN | {WORK: replace(PLAN[WORK], forecast_on=date(2026, 7, 10))}
    assert not changes(road(before), road(after), START, TODAY).slipped


def test_a_day_that_goes_by_without_a_word_is_a_slip_at_each_review_and_passed_once():
    today = date(2026, 6, 30)
    found = told(PLAN, today)
    assert [(each.milestone, each.now, each.because) for each in found.slipped] == [
        (DESIGN, today, Because.TIME),
        (WORK, date(2026, 7, 30), Because.PATH),
    ]
    assert found.passed == {DESIGN: date(2026, 6, 20)}
    assert reasons(PLAN, today) == [
        ("passed", 5, "its day went by on 20-06-2026: design"),
        ("slipped", 0, "later with what they depend on: 1, the last of them work (30-07-2026)"),
    ]
    later = today + timedelta(days=14)
    again = changes(road(PLAN), road(PLAN), today, later)
    assert not again.passed
    assert again.slipped[0] == Slip(DESIGN, today, later, Because.TIME)
    item = project_item(Subject(road(PLAN), again, frozenset([DESIGN])), POLICY, later)
    assert item is not None
    assert item.why[0].text.en == (
        "slipped by 14 days: design (14-07-2026); on the critical path; no other day is said"
    )


def test_a_day_passes_when_what_it_depends_on_lets_it():
    """The owner's word for the work is over, and it could not be done before the design."""
    early = PLAN | {WORK: replace(PLAN[WORK], forecast_on=date(2026, 6, 10))}
    assert not changes(road(early), road(early), START, TODAY).passed


def test_time_that_goes_by_puts_nothing_on_the_agenda_that_is_on_hold():
    since, today = date(2026, 6, 30), date(2026, 7, 14)
    state = road(PLAN, standing=Standing.ON_HOLD)
    found = changes(state, state, since, today)
    assert len(found.slipped) == 2
    past = Past([Spell(Standing.ON_HOLD, MOMENT)])
    item = project_item(Subject(state, found, frozenset([DESIGN]), past=past), POLICY, today)
    assert item is not None
    assert [each.code for each in item.why] == ["set_aside"]


def test_what_is_reached_brings_forward_what_depends_on_it():
    done = PLAN | {DESIGN: replace(PLAN[DESIGN], done_on=date(2026, 6, 10))}
    found = told(done | {WORK: replace(PLAN[WORK], forecast_on=date(2026, 7, 12))})
    assert found.done == [DESIGN]
    assert found.advanced == [Slip(WORK, date(2026, 7, 20), date(2026, 7, 12), Because.WORD)]


def test_what_is_reached_late_is_told_by_what_depends_on_it():
    today = date(2026, 7, 1)
    done = PLAN | {DESIGN: replace(PLAN[DESIGN], done_on=date(2026, 6, 28))}
    found = told(done, today)
    assert found.slipped == [Slip(WORK, date(2026, 7, 20), date(2026, 7, 28), Because.PATH)]
    assert reasons(done, today) == [
        ("slipped", 5, "later with what they depend on: 1, the last of them work (28-07-2026)")
    ]


def test_a_word_that_is_not_what_moves_it_is_not_told_as_the_cause():
    """The owner says an earlier day, and what it depends on is later; and the other way round."""
    pushed = PLAN | {
        DESIGN: replace(PLAN[DESIGN], forecast_on=date(2026, 7, 1)),
        WORK: replace(PLAN[WORK], forecast_on=date(2026, 7, 10)),
    }
    slip = told(pushed).slipped[1]
    assert slip == Slip(WORK, date(2026, 7, 20), date(2026, 7, 31), Because.PATH)
    freed = PLAN | {WORK: replace(PLAN[WORK], forecast_on=date(2026, 7, 25))}
    found = changes(road(pushed), road(freed), START, TODAY)
    assert found.advanced == [
        Slip(DESIGN, date(2026, 7, 1), date(2026, 6, 20), Because.WORD),
        Slip(WORK, date(2026, 7, 31), date(2026, 7, 25), Because.PATH),
    ]
    # A word beyond the day of before is one, however much later the path has it.
    later = pushed | {WORK: replace(PLAN[WORK], forecast_on=date(2026, 7, 25))}
    assert told(later).slipped[1].because is Because.WORD


def test_a_day_said_that_has_gone_by_itself_is_no_word():
    since, today = date(2026, 6, 30), date(2026, 7, 14)
    said = PLAN | {DESIGN: replace(PLAN[DESIGN], forecast_on=date(2026, 6, 25))}
    assert changes(road(PLAN), road(said), since, today).slipped[0].because is Because.TIME


def test_what_is_carried_weighs_unless_what_carries_it_does():
    """The work is late by a design that was reached late; the lights say a later day themselves."""
    today, lights = date(2026, 7, 1), uuid4()
    plan = PLAN | {lights: milestone("lights", "2026-07-05")}
    late = plan | {
        DESIGN: replace(PLAN[DESIGN], done_on=date(2026, 6, 28)),
        lights: replace(plan[lights], forecast_on=date(2026, 7, 9)),
    }
    assert weights(plan, late, today) == [("lights", 5), ("work", 5)]
    both = {WORK: replace(PLAN[WORK], after=(DESIGN, lights))}
    assert weights(plan | both, late | both, today) == [("lights", 5), ("work", 0)]
    # What it depends on anew comes later than what weighs.
    land = uuid4()
    plan |= both | {land: milestone("land", "2026-08-20")}
    late |= {land: plan[land], WORK: replace(PLAN[WORK], after=(DESIGN, lights, land))}
    assert weights(plan, late, today) == [("lights", 5), ("work", 5)]


def test_what_is_carried_by_what_is_carried_weighs_with_the_first_cause():
    today = date(2026, 7, 1)
    plan = PLAN | {OPENING: milestone("opening", "2026-07-21", WORK, days=1)}
    late = plan | {DESIGN: replace(PLAN[DESIGN], forecast_on=date(2026, 7, 9))}
    assert weights(plan, late, today) == [("design", 5), ("opening", 0)]
    late = plan | {DESIGN: replace(PLAN[DESIGN], done_on=date(2026, 6, 28))}
    assert weights(plan, late, today) == [("opening", 5)]


def weights(
    before: dict[UUID, Milestone], after: dict[UUID, Milestone], today: date
) -> list[tuple[str, int]]:
    """What slipped, by the milestone that a line names, and how much that weighs."""
    found = changes(road(before), road(after), START, today)
    item = project_item(Subject(road(after), found, frozenset()), POLICY, today)
    assert item is not None
    names = [each.name.en for each in after.values()]
    told = [(next(name for name in names if name in each.text.en), each) for each in item.why]
    return sorted((name, each.weight) for name, each in told if each.code == "slipped")
