"""Whose grievance is whose, and in which roles a caller acts on it."""

from services.grievance.domain.access import acting_roles, may_touch


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
