"""What of a project slipped since the last review, as reasons for the agenda."""

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from uuid import UUID

from palika.india import in_digits
from palika.text import Name
from services.warroom.domain.changes import Because, Changes
from services.warroom.domain.facts import Standing, State
from services.warroom.domain.health import in_days
from services.warroom.domain.progress import days_expected
from services.warroom.domain.review_policy import AgendaPolicy
from services.warroom.domain.reviews import Why


def slipped(
    state: State, changes: Changes, critical: Collection[UUID], policy: AgendaPolicy, today: date
) -> Iterator[Why]:
    """A reason for each milestone that is expected later, and for each whose day went by.

    What is expected later only because of what it depends on is told in one line, and weighs
    nothing where its cause does.

    Args:
        critical: the milestones on the critical path.
        today: the day of the state.
    """
    carried, weigh = [], set(changes.passed)
    for each in changes.slipped:
        # Of what is on hold nobody expects that it goes on; what went by is told below.
        said = each.because is Because.WORD
        if not said and state.project.standing is not Standing.ACTIVE:
            continue
        if each.because is Because.PATH:
            carried.append(each)
            continue
        if not said and each.milestone in changes.passed:
            continue
        name = state.milestones[each.milestone].name
        on_path = each.milestone in critical
        code = "critical_slip" if on_path else "slipped"
        mr, en = ("; निर्णायक मार्गावर", "; on the critical path") if on_path else ("", "")
        if not said:
            mr, en = f"{mr}; नवी तारीख दिलेली नाही", f"{en}; no other day is said"
        text = Name(
            f"टप्पा {each.days} दिवस पुढे गेला: {name.mr} ({in_digits(each.now)}){mr}",
            f"slipped by {in_days(each.days)}: {name.en} ({in_digits(each.now)}){en}",
        )
        weigh.add(each.milestone)
        yield Why(code, policy.weights[code], text)
    if carried:
        last = max(carried, key=lambda each: each.now)
        name, day = state.milestones[last.milestone].name, in_digits(last.now)
        text = Name(
            f"ज्यावर अवलंबून आहेत त्यांच्यासह पुढे गेलेले टप्पे: {len(carried)}; शेवटचा: {name.mr} ({day})",
            f"later with what they depend on: {len(carried)}, the last of them {name.en} ({day})",
        )
        told = _because_of(weigh, {each.milestone for each in carried}, state, today)
        yield Why("slipped", 0 if told else policy.weights["slipped"], text)
    for key, passed_on in changes.passed.items():
        milestone = state.milestones[key]
        day = in_digits(passed_on)
        text = Name(
            f"टप्प्याची मुदत {day} रोजी उलटली: {milestone.name.mr}",
            f"its day went by on {day}: {milestone.name.en}",
        )
        yield Why("passed", policy.weights["passed"], text)


def _because_of(
    causes: Collection[UUID], carried: Collection[UUID], state: State, today: date
) -> bool:
    """Whether each that is carried is so by one of the causes: of all that a milestone depends on,
    what is expected last holds it up."""
    days = days_expected(state, today)
    left, waiting = set(carried).difference(causes), list(causes)
    while waiting and left:
        cause = waiting.pop()
        held_up = [key for key in left if cause in _last(state.milestones[key].after, days)]
        left.difference_update(held_up)
        waiting.extend(held_up)
    return not left


def _last(keys: Collection[UUID], days: Mapping[UUID, date]) -> list[UUID]:
    latest = max((days[each] for each in keys), default=None)
    return [each for each in keys if days[each] == latest]
