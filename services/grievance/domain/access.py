"""Whose grievance may be seen and touched by whom."""

from collections.abc import Set

STAFF = frozenset({"officer", "supervisor", "admin", "service"})
LOGGED_IN = STAFF | {"citizen"}
NOBODY = "anonymous"
"""Who filed what was filed without a login, or without wanting to be known."""


def is_staff(roles: Set[str]) -> bool:
    """Whether one of the caller's roles is an employee's (or another service's)."""
    return not STAFF.isdisjoint(roles)


def has_login(roles: Set[str]) -> bool:
    """Whether the caller is known at all."""
    return not LOGGED_IN.isdisjoint(roles)


def may_touch(filed_by: str, subject: str, roles: Set[str]) -> bool:
    """Staff may touch every grievance, a citizen their own.

    Who is not logged in owns nothing: all anonymous callers have one subject, and none may see
    what another has filed. They follow by their token. Who may not is told that there is no such
    grievance: its existence is nobody else's business.
    """
    return is_staff(roles) or ("citizen" in roles and filed_by == subject != NOBODY)
