"""The roles of callers, and how a caller's subject names a post. Plain Python: domain rules use it.

A subject is a kind and a name: ``officer:roads-je``, ``citizen:9``, ``service:portal``. Who is not
logged in has neither, and is ``anonymous``.
"""

from typing import Final

ROLES: Final = frozenset(
    {"anonymous", "citizen", "helpdesk", "officer", "supervisor", "admin", "service"}
)
"""All roles. ``service`` is another service of the city acting for itself; ``helpdesk`` answers the
telephone or sits at a counter: it takes down and looks up, and decides nothing."""

HELPDESK: Final = "helpdesk"
"""The role of who answers the telephone or sits at a counter."""

STAFF: Final = frozenset({"officer", "supervisor", "admin", "service"})
"""Those who work on the city's matters; the others are its citizens, known or not, and the helpdesk
that speaks with them."""

LOGGED_IN: Final = STAFF | {"citizen", HELPDESK}
"""Those who are known."""

NOBODY: Final = "anonymous"
"""The subject, and the role, of who is not logged in or does not want to be known."""


def post_of(subject: str) -> str:
    """The post in a subject: ``roads-je`` of ``officer:roads-je``.

    It is what follows the first colon, since a post's code may have more of them; a subject without
    one is a name as it is.
    """
    kind, colon, name = subject.partition(":")
    return name if colon else kind
