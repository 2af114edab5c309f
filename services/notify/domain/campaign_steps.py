"""What people do with a campaign: in which state each step may be taken, and by whom.

One table, for the refusal of a step and for what a page offers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from palika.errors import Conflict, Forbidden
from palika.roles import STAFF, Caller, same_hand
from services.notify.domain.campaigns import ENDED, FOLLOWS, CampaignState

APPROVERS: Final = frozenset({"supervisor", "admin"})


@dataclass(frozen=True, slots=True)
class Standing:
    """A campaign as its steps see it: its state, and who has made it."""

    state: CampaignState
    created_by: str
    created_by_person: str | None


class Step(StrEnum):
    """By its method of the service."""

    ESTIMATE = "estimate_campaign"
    TEST = "test_campaign"
    APPROVE = "approve_campaign"
    START = "start_campaign"
    PAUSE = "pause_campaign"
    RESUME = "resume_campaign"
    CANCEL = "cancel_campaign"


@dataclass(frozen=True, slots=True)
class Rule:
    """When a step may be taken and by whom; ``done``: what the campaign is then, in a word."""

    states: frozenset[CampaignState]
    roles: frozenset[str]
    done: str


_S = CampaignState


def _before(state: CampaignState) -> frozenset[CampaignState]:
    return frozenset(each for each, after in FOLLOWS.items() if state in after)


STEPS: Final[Mapping[Step, Rule]] = {
    Step.ESTIMATE: Rule(frozenset({_S.DRAFT, _S.SCHEDULED}), STAFF, "estimated"),
    Step.TEST: Rule(frozenset(_S) - {_S.LOADING, *ENDED}, STAFF, "tested"),
    Step.APPROVE: Rule(_before(_S.SCHEDULED), APPROVERS, "approved"),
    Step.START: Rule(frozenset({_S.SCHEDULED}), APPROVERS, "started"),
    Step.PAUSE: Rule(_before(_S.PAUSED), STAFF, "paused"),
    Step.RESUME: Rule(frozenset({_S.PAUSED}), APPROVERS, "resumed"),
    Step.CANCEL: Rule(_before(_S.CANCELLED), STAFF, "cancelled"),
}


def may(campaign: Standing, caller: Caller) -> list[str]:
    """The methods that the caller may call with a campaign now. What a step itself finds (nobody to
    write to, a template that has changed) is told when it is taken."""
    found = []
    for step in STEPS:
        try:
            check_who(step, campaign, caller)
            check_state(step, campaign)
        except (Forbidden, Conflict):
            continue
        found.append(step.value)
    return found


def check_who(step: Step, campaign: Standing, caller: Caller) -> None:
    """Refuse who may not take a step.

    Raises:
        Forbidden: the caller has none of its roles; or has made what another approves, for whatever
            post, or holds the post that has.
    """
    rule = STEPS[step]
    if not caller.has_any(rule.roles):
        if rule.roles == APPROVERS:
            raise Forbidden("A campaign is approved, started and resumed by a supervisor.")
        raise Forbidden("Campaigns are for the city's staff.")
    by, person = campaign.created_by, campaign.created_by_person
    if step is Step.APPROVE and same_hand(caller.subject, caller.person, by, person):
        raise Forbidden("A campaign is approved by another person than who has made it.")


def check_state(step: Step, campaign: Standing) -> None:
    """Refuse a step that does not go with how far a campaign is. Raises Conflict."""
    rule = STEPS[step]
    if campaign.state not in rule.states:
        raise Conflict(
            f"A campaign that is {campaign.state} cannot be {rule.done}.",
            {"state": str(campaign.state)},
        )
