"""The critical path, against what a clerk would find by trying every chain of milestones."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palika.errors import Invalid
from services.warroom.domain.schedule import Step, in_order, schedule, slipping

START = date(2026, 4, 1)


def day(number: int) -> date:
    return START + timedelta(days=number)


@st.composite
def projects(draw: st.DrawFn) -> list[Step]:
    """Milestones that depend on earlier ones only, in any order."""
    count = draw(st.integers(1, 7))
    steps = []
    for number in range(count):
        after = draw(st.sets(st.integers(0, number - 1))) if number else set()
        earliest = draw(st.none() | st.integers(0, 60).map(day))
        done_on = draw(st.none() | st.integers(0, 60).map(day)) if number < 2 else None
        keys = tuple(f"m{each}" for each in sorted(after))
        steps.append(Step(f"m{number}", draw(st.integers(0, 30)), keys, earliest, done_on))
    return draw(st.permutations(steps))


def by_hand(steps: list[Step], key: str) -> date:
    """The earliest day of a milestone, by walking every chain that leads to it."""
    step = next(each for each in steps if each.key == key)
    if step.done_on is not None:
        return step.done_on
    begins = [by_hand(steps, each) for each in step.after] or [START]
    ends = [each + timedelta(days=step.days) for each in begins]
    return max([*ends, *([step.earliest] if step.earliest else [])])


@given(projects())
def test_the_forward_pass_finds_the_longest_chain_to_each_milestone(steps):
    found = schedule(steps, START)
    assert {key: each.early for key, each in found.timings.items()} == {
        each.key: by_hand(steps, each.key) for each in steps
    }
    assert found.finish == max(by_hand(steps, each.key) for each in steps)


@given(projects())
def test_the_slack_is_exactly_how_far_a_milestone_may_slip_before_the_project_does(steps):
    found = schedule(steps, START)
    for step in steps:
        if step.done_on is not None:
            continue
        slack = found.timings[step.key].slack
        for slip, ends in ((slack, found.finish), (slack + 1, found.finish + timedelta(days=1))):
            moved = found.timings[step.key].early + timedelta(days=slip)
            late = Step(step.key, step.days, step.after, moved)
            tried = [late if each is step else each for each in steps]
            assert max(by_hand(tried, each.key) for each in tried) == ends


@given(projects(), st.integers(1, 40))
def test_what_slips_with_a_milestone_is_what_moves_in_every_chain(steps, days):
    for step in steps:
        if step.done_on is not None:
            continue
        moved = by_hand(steps, step.key) + timedelta(days=days)
        late = Step(step.key, step.days, step.after, moved)
        tried = [late if each is step else each for each in steps]
        wanted = {
            each.key: (by_hand(tried, each.key) - by_hand(steps, each.key)).days for each in steps
        }
        found = slipping(steps, START, step.key, days)
        assert found == {key: shift for key, shift in wanted.items() if shift}
        assert next(iter(found)) == step.key


def test_a_road_is_found_as_on_paper():
    steps = [
        Step("tender", 60),
        Step("land", 20),
        Step("order", 10, ("tender",)),
        Step("work", 100, ("order", "land")),
    ]
    found = schedule(steps, START)
    assert found.finish == day(170)
    assert found.critical_path == ["tender", "order", "work"]
    assert found.timings["land"].slack == 50
    assert slipping(steps, START, "land", 60) == {"land": 60, "work": 10}
    assert slipping(steps, START, "land", 50) == {"land": 50}


def test_what_is_reached_is_not_critical_and_cannot_slip():
    steps = [Step("tender", 60, done_on=day(90)), Step("work", 10, ("tender",))]
    assert schedule(steps, START).critical_path == ["work"]
    with pytest.raises(Invalid, match="tender was reached on"):
        slipping(steps, START, "tender", 1)
    with pytest.raises(Invalid, match="bridge is none of the project"):
        slipping(steps, START, "bridge", 1)


@pytest.mark.parametrize(
    ("after", "named"),
    [
        ({"a": ["a"]}, "a depends on itself: a → a"),
        ({"a": ["b"], "b": ["a"]}, "a depends on itself in a circle: a → b → a"),
        (
            {"x": [], "a": ["x", "b"], "b": ["c"], "c": ["a", "x"]},
            "a depends on itself in a circle: a → b → c → a",
        ),
    ],
)
def test_a_circle_is_refused_and_named(after, named):
    with pytest.raises(Invalid) as refusal:
        in_order(after)
    assert refusal.value.fields == {"after": [named]}


def test_a_circle_behind_a_way_into_it_is_named_without_the_way():
    with pytest.raises(Invalid) as refusal:
        in_order({"way": ["a"], "a": ["b"], "b": ["a"]})
    assert refusal.value.fields == {"after": ["a depends on itself in a circle: a → b → a"]}


def test_what_is_not_there_is_no_dependency():
    with pytest.raises(Invalid, match="a depends on b, which is no milestone"):
        in_order({"a": ["b"]})


def test_a_chain_of_thousands_is_no_recursion():
    chain = {str(number): [str(number - 1)] if number else [] for number in range(5_000)}
    assert in_order(chain) == [str(number) for number in range(5_000)]


def test_without_milestones_there_is_no_schedule():
    with pytest.raises(Invalid, match="there is none yet"):
        schedule([], START)


def test_a_plan_beyond_the_calendar_is_refused_and_says_why():
    chain = [Step(f"m{at}", 36_500, (f"m{at - 1}",) if at else ()) for at in range(90)]
    with pytest.raises(Invalid, match="no schedule") as refusal:
        schedule(chain, date(2026, 1, 1))
    assert refusal.value.details["days"] == ["the plan goes beyond the year 9999"]
