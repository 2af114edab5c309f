"""Whose grievance may be seen and touched by whom."""

from collections.abc import Set

STAFF = frozenset({"officer", "supervisor", "admin", "service"})


def is_staff(roles: Set[str]) -> bool:
    """Whether one of the caller's roles is an employee's (or another service's)."""
    return not STAFF.isdisjoint(roles)


def may_touch(filed_by: str, subject: str, roles: Set[str]) -> bool:
    """Staff may touch every grievance, a citizen their own.

    Who may not is told that there is no such grievance: its existence is nobody else's business.
    """
    return is_staff(roles) or filed_by == subject
