"""What is done with a batch: how far it is when each step may be taken, and by whom.

The same for the refusal of a step and for what a page offers.
"""

from dataclasses import dataclass
from enum import StrEnum

from palika.errors import Conflict, Forbidden
from palika.roles import Caller
from services.kpi.domain.desks import EntryRules


class Step(StrEnum):
    """By its method of the service."""

    SUBMIT = "submit"
    DROP = "drop"
    APPROVE = "approve"
    SEND_BACK = "send_back"


_MAKERS = frozenset({Step.SUBMIT, Step.DROP})


@dataclass(frozen=True, slots=True)
class Standing:
    """A batch as its steps see it; ``decided``: a line of it is approved or sent back."""

    department: str
    state: str
    entered_by: str
    entered_by_person: str | None
    submitted_by_person: str | None
    decided: bool


def may(rules: EntryRules, batch: Standing, caller: Caller) -> list[str]:
    """The methods that the caller may call with a batch now."""
    found = []
    for step in Step:
        try:
            check_who(rules, step, batch, caller)
            check_state(step, batch)
        except (Forbidden, Conflict):
            continue
        found.append(step.value)
    return found


def check_who(rules: EntryRules, step: Step, batch: Standing, caller: Caller) -> None:
    """Refuse who may not take a step.

    Raises:
        Forbidden: of submitting and dropping, another has entered it, or the caller enters this
            department's values no more; of the others as ``EntryRules.check_decide``.
    """
    if step not in _MAKERS:
        people = batch.entered_by_person, batch.submitted_by_person
        rules.check_decide(caller, batch.department, batch.entered_by, people)
        return
    if batch.entered_by != caller.subject:
        raise Forbidden("only who has entered a batch submits or drops it")
    rules.check_enter(caller, batch.department)


def check_state(step: Step, batch: Standing) -> None:
    """Refuse a step that does not go with how far a batch is. Raises Conflict."""
    state = {"state": batch.state}
    if batch.state == "dropped" and step in _MAKERS:
        raise Conflict("the batch was dropped", state)
    if step is Step.DROP and batch.decided:
        raise Conflict("something of the batch is decided already", state)
    if step is Step.SUBMIT and batch.state != "draft":
        raise Conflict("the batch is submitted already", state)
    if step not in _MAKERS and batch.state == "decided":
        raise Conflict("nothing of the batch waits for a decision", state)
    if step not in _MAKERS and batch.state != "submitted":
        raise Conflict("the batch is not submitted", state)
