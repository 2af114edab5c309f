"""Whose grievance may be seen and touched by whom."""

import hashlib
from collections.abc import Set

from palika.errors import Forbidden
from palika.roles import HELPDESK, LOGGED_IN, NOBODY, STAFF

OPEN311 = "open311"
"""The channel of what other systems file over the public standard; also the kind of their subjects
(``open311:fixmystreet``)."""
_THEIR_OWN = frozenset({"web", "app"})
"""The channels by which citizens file themselves, known or not."""
_OFFICE = STAFF | {HELPDESK}


SUPERVISORS = frozenset({"supervisor", "admin"})
"""Who answers for a department, or for the city: what no officer decides alone is for them."""
OF_CITIZENS = frozenset({"citizen", NOBODY})
"""The roles on the citizen's side: with a login, and without one."""


def side_of(role: str) -> str:
    """On which side a role is, as the public may know it: ``citizen``, ``office`` or ``system``.

    Args:
        role: the one in which somebody acted (the weightiest of theirs).
    """
    if role in OF_CITIZENS:
        return "citizen"
    return "system" if role == "service" else "office"


def citizen_of(filed_by: str) -> str | None:
    """The login of the citizen who filed a grievance, as the office is told it: so whoever shows it
    can say whose data it is. None: it was filed without one, or by the office for somebody.

    Args:
        filed_by: the subject of whoever filed it.
    """
    return filed_by if filed_by.startswith("citizen:") else None


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


def check_channel(subject: str, roles: Set[str], channel: str) -> None:
    """Refuse a channel that the caller does not stand at.

    A citizen files on the city's pages or by its app; the office and the helpdesk by whatever they
    were told by; over Open311 another system, by its key, or a service of the city.

    Raises:
        Forbidden: it is another's.
    """
    if "service" in roles:
        return
    if channel == OPEN311:
        allowed = subject.startswith(f"{OPEN311}:")
    else:
        allowed = channel in _THEIR_OWN or not _OFFICE.isdisjoint(roles)
    if not allowed:
        raise Forbidden(f"{channel} is not a channel of the caller's", {"channel": channel})


OF_ITS_CITIZEN = frozenset({"citizen"})
"""The roles of whoever has the token that the filing was answered with."""


def token_hash(token: str) -> bytes:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).digest()
