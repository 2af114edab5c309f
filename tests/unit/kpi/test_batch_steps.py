"""Steps with a batch of values: how far it is, and whose it is."""

import pytest

from palika.auth import Identity
from palika.errors import Conflict, Forbidden
from services.kpi.domain.batch_steps import Standing, Step, check_state, check_who, may
from services.kpi.domain.desks import Desk, EntryRules

RULES = EntryRules(
    {"water": Desk("water-ce", frozenset({"water-clerk"}), frozenset({"water-ce", "water-je"}))},
    remind_days=3,
    tell_days=3,
    years_back=1,
    weights={},
)
CLERK = Identity("officer:water-clerk", frozenset({"officer"}), "E-1")
OWNER = Identity("officer:water-ce", frozenset({"officer"}), "E-2")
SENIOR = Identity("officer:commissioner", frozenset({"officer", "supervisor"}), "E-3")
OTHER = Identity("officer:roads-clerk", frozenset({"officer"}), "E-4")
CHECKS = ["approve", "send_back"]


def batch(state="submitted", person="E-1", submitted="E-1", *, decided=False):
    return Standing("water", state, CLERK.subject, person, submitted, decided)


@pytest.mark.parametrize(
    ("state", "decided", "maker", "checker"),
    [
        ("draft", False, ["submit", "drop"], []),
        ("submitted", False, ["drop"], CHECKS),
        ("submitted", True, [], CHECKS),
        ("decided", True, [], []),
        ("dropped", False, [], []),
    ],
)
def test_what_may_be_done_goes_with_how_far_it_is(state, decided, maker, checker):
    found = batch(state, decided=decided)
    assert may(RULES, found, CLERK) == maker
    assert may(RULES, found, OWNER) == checker
    assert may(RULES, found, SENIOR) == checker
    assert may(RULES, found, OTHER) == []


@pytest.mark.parametrize("step", CHECKS)
def test_who_has_entered_it_for_another_post_does_not_check_it(step):
    both_posts = Identity(OWNER.subject, OWNER.roles, CLERK.person)
    assert may(RULES, batch(), both_posts) == []
    with pytest.raises(Forbidden, match="themselves"):
        check_who(RULES, Step(step), batch(), both_posts)


@pytest.mark.parametrize("step", CHECKS)
@pytest.mark.parametrize("typist", ["E-9", None])
def test_who_has_submitted_a_draft_of_another_does_not_check_it(step, typist):
    found = batch(person=typist, submitted=OWNER.person)
    assert may(RULES, found, OWNER) == []
    with pytest.raises(Forbidden, match="submitted themselves"):
        check_who(RULES, Step(step), found, OWNER)
    assert may(RULES, found, SENIOR) == CHECKS


def test_who_has_got_the_post_since_does_not_check_it_either():
    assert may(RULES, batch(), Identity("supervisor:water-clerk", SENIOR.roles, "E-9")) == []


def test_a_person_who_is_not_known_is_nobody():
    unknown = Identity(OWNER.subject, OWNER.roles)
    assert may(RULES, batch(person=None, submitted=None), unknown) == CHECKS
    assert may(RULES, batch(person=None, submitted=None), OWNER) == CHECKS


@pytest.mark.parametrize(
    ("step", "found"),
    [
        (Step.SUBMIT, batch("dropped")),
        (Step.SUBMIT, batch("submitted")),
        (Step.DROP, batch(decided=True)),
        (Step.APPROVE, batch("draft")),
        (Step.SEND_BACK, batch("decided", decided=True)),
    ],
)
def test_what_does_not_go_with_its_state_is_a_conflict(step, found):
    with pytest.raises(Conflict):
        check_state(step, found)
