"""The roles of callers, and how a caller's subject names a post. Plain Python: domain rules use it.

A subject is a kind and a name: ``officer:roads-je``, ``citizen:9``, ``service:portal``. Who is not
logged in has neither, and is ``anonymous``.
"""

from collections.abc import Iterable
from typing import Final, Protocol

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


class Caller(Protocol):
    """Who acts, as rules see it: ``palika.auth.Identity``."""

    @property
    def subject(self) -> str:
        """The kind and the name: ``officer:water-clerk``."""
        ...

    @property
    def person(self) -> str:
        """Who acts for the post; empty: not known."""
        ...

    def has_any(self, roles: Iterable[str]) -> bool:
        """Whether one of the roles is held."""
        ...


def post_of(subject: str) -> str:
    """The post in a subject: ``roads-je`` of ``officer:roads-je``.

    It is what follows the first colon, since a post's code may have more of them; a subject without
    one is a name as it is.
    """
    kind, colon, name = subject.partition(":")
    return name if colon else kind


def same_post(one: str, other: str) -> bool:
    """Whether two subjects act for one post, of whatever kind they are: who has entered something
    as ``officer:water-clerk`` does not check it as ``supervisor:water-clerk``.

    Whoever is not logged in, and no subject, is the same as nobody.
    """
    return one not in ("", NOBODY) and post_of(one) == post_of(other)


def same_hand(subject: str, person: str, by: str, by_person: str | None) -> bool:
    """Whether who acts has made something themselves: for the same post, whoever holds it now, or
    as the same person, who may hold two posts.

    Args:
        subject, person: who acts (``Identity``).
        by, by_person: who has made it; a person that is not known, empty or None, is nobody's.
    """
    return same_post(subject, by) or (person != "" and person == by_person)
