"""What a project is held to and has moved, its plan and its budget: a reason for the agenda,
however it was done."""

from collections.abc import Iterator, Mapping
from typing import Final

from palika.india import in_digits, rupees
from palika.text import Name
from services.warroom.domain.changes import Changes
from services.warroom.domain.facts import State
from services.warroom.domain.review_policy import AgendaPolicy
from services.warroom.domain.reviews import Why

_WHAT: Final[Mapping[str, Name]] = {
    "weight": Name("भारमान", "weight"),
    "days": Name("कामाचे दिवस", "days of work"),
    "after": Name("अवलंबित्व", "dependencies"),
}
"""Of ``changes.Revised``."""
_NONE: Final = Name("नाही", "none")


def moved_plan(state: State, changes: Changes, policy: AgendaPolicy) -> Iterator[Why]:
    """A reason for each part of its plan that is another than at the last review; a milestone that
    is reached already has its weight in the project's colour too."""
    for slip in changes.replanned:
        name = state.milestones[slip.milestone].name
        was, now = in_digits(slip.was), in_digits(slip.now)
        text = Name(
            f"टप्प्याची नियोजित तारीख {was} वरून {now} केली: {name.mr}",
            f"the plan was moved from {was} to {now}: {name.en}",
        )
        yield Why("replanned", policy.weights["replanned"], text)
    for each in changes.revised:
        name, what = state.milestones[each.milestone].name, _WHAT[each.what]
        text = Name(
            f"टप्प्याचे नियोजन बदलले: {what.mr} {each.was or _NONE.mr} ऐवजी "
            f"{each.now or _NONE.mr}: {name.mr}",
            f"the plan was changed: {what.en} {each.now or _NONE.en} instead of "
            f"{each.was or _NONE.en}: {name.en}",
        )
        yield Why("replanned", policy.weights["replanned"], text)
    # One that was moved to the new end has told of it.
    end = changes.planned_end
    if end is not None and all(each.now != end[1] for each in changes.replanned):
        was, now = in_digits(end[0]), in_digits(end[1])
        text = Name(
            f"प्रकल्पाची नियोजित समाप्ती {was} वरून {now} झाली",
            f"the planned end of the project has moved from {was} to {now}",
        )
        yield Why("replanned", policy.weights["replanned"], text)
    budget = changes.budget_paise
    if budget is not None and 0 < budget[0] < budget[1]:
        before, after = rupees(budget[0]), rupees(budget[1])
        text = Name(
            f"तरतूद {before} वरून {after} पर्यंत वाढवली",
            f"the budget was raised from {before} to {after}",
        )
        yield Why("budget_raised", policy.weights["budget_raised"], text)
