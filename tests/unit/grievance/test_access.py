"""Whose grievance is whose, and in which roles a caller acts on it."""

import pytest

from palika.errors import Forbidden
from palika.roles import NOBODY, ROLES
from services.grievance.domain.access import acting_roles, check_channel, may_touch, side_of
from services.grievance.schemas import CHANNELS


def test_the_citizens_role_counts_for_ones_own_only():
    both = frozenset({"officer", "citizen"})
    assert acting_roles("citizen:1", "officer:je", both) == {"officer"}
    assert acting_roles("officer:je", "officer:je", both) == both
    assert acting_roles("anonymous", "anonymous", both) == {"officer"}


def test_a_citizen_touches_only_their_own_grievance():
    assert may_touch("citizen:1", "citizen:1", frozenset({"citizen"}))
    assert not may_touch("citizen:1", "citizen:2", frozenset({"citizen"}))
    assert may_touch("citizen:1", "officer:je", frozenset({"officer"}))


def test_who_is_not_logged_in_owns_nothing_though_all_of_them_have_one_name():
    assert not may_touch("anonymous", "anonymous", frozenset({"anonymous"}))
    assert not may_touch("anonymous", "anonymous", frozenset({"citizen"}))
    assert not may_touch("citizen:1", "citizen:1", frozenset())


@pytest.mark.parametrize(
    ("subject", "role", "theirs"),
    [
        ("anonymous", "anonymous", {"web", "app"}),
        ("citizen:1", "citizen", {"web", "app"}),
        ("helpdesk:hall", "helpdesk", set(CHANNELS) - {"open311"}),
        ("officer:je", "officer", set(CHANNELS) - {"open311"}),
        ("open311:fixmystreet", "citizen", {"web", "app", "open311"}),
        ("service:portal", "service", set(CHANNELS)),
    ],
)
def test_a_channel_is_what_the_caller_stands_at(subject, role, theirs):
    for channel in theirs:
        check_channel(subject, frozenset({role}), channel)
    for channel in set(CHANNELS) - theirs:
        with pytest.raises(Forbidden) as refused:
            check_channel(subject, frozenset({role}), channel)
        assert refused.value.details == {"channel": channel}


def test_every_role_is_on_one_side_as_the_public_may_know_it():
    sides = {role: side_of(role) for role in ROLES}
    assert {role for role, side in sides.items() if side == "citizen"} == {"citizen", NOBODY}
    assert {role for role, side in sides.items() if side == "system"} == {"service"}
    assert set(sides.values()) == {"citizen", "office", "system"}
