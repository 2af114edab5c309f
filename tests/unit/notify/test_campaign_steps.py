"""Steps of a campaign: in which state, and by whom."""

import pytest

from palika.auth import Identity
from palika.errors import Conflict, Forbidden
from services.notify.domain.campaign_steps import (
    STEPS,
    Standing,
    Step,
    check_state,
    check_who,
    may,
)
from services.notify.domain.campaigns import ENDED, CampaignState

MAKER = Identity("officer:news-clerk", frozenset({"officer"}), "E-1")
CHIEF = Identity("supervisor:news-chief", frozenset({"officer", "supervisor"}), "E-2")


def made(state=CampaignState.DRAFT, person="E-1"):
    return Standing(state, MAKER.subject, person)


@pytest.mark.parametrize(
    ("state", "officer", "supervisor"),
    [
        ("loading", {"cancel"}, {"cancel"}),
        ("draft", {"estimate", "test", "cancel"}, {"estimate", "test", "approve", "cancel"}),
        ("scheduled", {"estimate", "test", "cancel"}, {"estimate", "test", "start", "cancel"}),
        ("running", {"test", "pause", "cancel"}, {"test", "pause", "cancel"}),
        ("paused", {"test", "cancel"}, {"test", "resume", "cancel"}),
        ("done", set(), set()),
        ("cancelled", set(), set()),
    ],
)
def test_what_may_be_done_goes_with_the_state_and_the_roles(state, officer, supervisor):
    campaign = made(CampaignState(state))
    assert set(may(campaign, MAKER)) == {f"{each}_campaign" for each in officer}
    assert set(may(campaign, CHIEF)) == {f"{each}_campaign" for each in supervisor}


def test_a_citizen_may_do_nothing_with_a_campaign():
    assert may(made(), Identity.of("citizen:9", "citizen")) == []


@pytest.mark.parametrize(
    ("caller", "lets"),
    [
        (CHIEF, True),
        # The same post, whoever holds it now.
        (Identity("supervisor:news-clerk", CHIEF.roles, "E-2"), False),
        # The same person with another post.
        (Identity("supervisor:news-chief", CHIEF.roles, "E-1"), False),
        # At a terminal the post is known alone.
        (Identity("supervisor:news-chief", CHIEF.roles), True),
    ],
)
def test_who_has_made_a_campaign_does_not_approve_it(caller, lets):
    assert (Step.APPROVE in may(made(), caller)) is lets
    if lets:
        check_who(Step.APPROVE, made(), caller)
    else:
        with pytest.raises(Forbidden, match="another person"):
            check_who(Step.APPROVE, made(), caller)


def test_of_a_campaign_whose_maker_is_not_known_the_post_counts():
    assert Step.APPROVE in may(made(person=None), CHIEF)
    assert Step.APPROVE not in may(
        made(person=None), Identity("supervisor:news-clerk", CHIEF.roles, "E-2")
    )


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("state", ENDED)
def test_nothing_is_done_with_a_campaign_that_has_ended(step, state):
    with pytest.raises(Conflict, match=f"that is {state} cannot be"):
        check_state(step, made(state))
