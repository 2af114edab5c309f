"""Who may follow a grievance, and who may give a number or an address for it.

That a telephone number is somebody's own is proved by a code that is sent to it. Until there are
such codes, nobody is believed who says so by themselves: who has a login follows by that, and for
others the office writes down what they have said, and answers for it.
"""

from collections.abc import Set

from palika.errors import Conflict, Invalid
from palika.roles import HELPDESK, STAFF
from palika.text import Name
from services.grievance.domain.lifecycle import OPEN, State

MOST_FOLLOWERS = 200
"""Of one grievance: its event names them all."""
WRITES_DOWN = STAFF | {HELPDESK}
"""Who may enter a number or an address for whoever calls or stands before them."""


PRIVATE_MATTER = Name("खाजगी स्वरूपाचा विषय", "a private matter")
"""What followers are told that it is about, once it is private (it was transferred): they go on
hearing what becomes of it, and not what it has become."""
ITS_DEPARTMENT = Name("महानगरपालिका", "the corporation")
"""What they are told for the department then."""


def enters_for_another(roles: Set[str], *reached_by: str | None) -> bool:
    """Whether the caller enters somebody else's number or address; else it is about their login.

    Args:
        roles: the caller's.
        reached_by: the telephone number and the e-mail that were given.

    Raises:
        Invalid: a citizen gives a number or an address, or an office neither.
    """
    given = any(reached_by)
    if given and WRITES_DOWN.isdisjoint(roles):
        rule = "a citizen follows by their login: leave the number and the e-mail out"
        raise Invalid("not to be given", {"citizen_phone": [rule]})
    if not given and "citizen" not in roles:
        rule = "give the telephone number or the e-mail address of who is to be told"
        raise Invalid("nobody to be told", {"citizen_phone": [rule]})
    return given


def check_followable(number: str, state: State, original: str | None) -> None:
    """Refuse to let what is over be followed.

    Args:
        number: of the grievance.
        state: in which it is.
        original: the number of the one that it was merged into, if it was.

    Raises:
        Conflict: it is not open; of a merged one the original is named.
    """
    if original is not None:
        raise Conflict(f"{number} goes on as {original}: follow that", {"original": original})
    if state not in OPEN:
        raise Conflict(
            f"{number} is {state}: only an open one can be followed", {"status": str(state)}
        )


def check_room(number: str, followers: int) -> None:
    """Refuse a follower too many: its events name them all. ``followers``: with that one.

    Raises:
        Conflict: it has so many.
    """
    if followers > MOST_FOLLOWERS:
        raise Conflict(
            f"{number} is followed by {MOST_FOLLOWERS} already", {"limit": MOST_FOLLOWERS}
        )
