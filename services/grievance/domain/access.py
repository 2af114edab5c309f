"""Whose grievance may be seen and touched by whom."""

import hashlib
from collections.abc import Set

from palika.roles import LOGGED_IN, NOBODY, STAFF


def is_staff(roles: Set[str]) -> bool:
    """Whether one of the caller's roles is an employee's (or another service's)."""
    return not STAFF.isdisjoint(roles)


def has_login(roles: Set[str]) -> bool:
    """Whether the caller is known at all."""
    return not LOGGED_IN.isdisjoint(roles)


def acting_roles(filed_by: str, subject: str, roles: Set[str]) -> frozenset[str]:
    """The roles in which a caller acts on one grievance: the citizen's is for one's own only.

    An employee who is a citizen too speaks for themselves, never for another citizen. Who is not
    logged in owns nothing: all anonymous callers have one subject, and none may see what another
    has filed. They follow by their token.

    Args:
        filed_by: the subject of whoever filed it.
        subject: the caller's.
        roles: all that the caller has.
    """
    is_own = filed_by == subject != NOBODY
    return frozenset(roles) if is_own else frozenset(roles) - {"citizen"}


def may_touch(filed_by: str, subject: str, roles: Set[str]) -> bool:
    """Staff may touch every grievance, a citizen (and a helpdesk) what they have filed.

    Who may not is told that there is no such grievance: its existence is nobody else's business.
    """
    is_own = filed_by == subject != NOBODY
    return is_staff(roles) or (is_own and has_login(roles))


OF_ITS_CITIZEN = frozenset({"citizen"})
"""The roles of whoever has the token that the filing was answered with."""


def token_hash(token: str) -> bytes:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).digest()
