"""Who calls: the identity in the headers of an RPC call."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from palika.errors import Forbidden
from palika.roles import NOBODY, ROLES

HEADER: Final = "palika_identity"
"""The key in Nameko's context data."""

SUBJECT_MAX: Final = 200
"""Characters of a subject, and of a person: they are kept with all that their owner does."""


# Marathi is not written without them: they join letters, or keep them apart.
_JOINERS: Final = dict.fromkeys(map(ord, "\u200c\u200d"))


def _check_name(what: str, name: str) -> None:
    """Raises ValueError: it is too long, or cannot be printed."""
    if len(name) > SUBJECT_MAX:
        raise ValueError(f"a {what} has at most {SUBJECT_MAX} characters, not {len(name)}")
    if not name.translate(_JOINERS).isprintable():
        raise ValueError(f"a {what} has printable characters only")


@dataclass(frozen=True, slots=True)
class Identity:
    """Who acts: a subject such as ``officer:je-roads-12``, the roles it holds, and the person.

    Attributes:
        person: who acts for the post, by their code in the e-office; empty where it is not known:
            of a citizen, a service, a terminal. Who holds two posts is one person with both
            (``palika.roles.same_hand``).

    Raises:
        ValueError: no subject, one of more than 200 characters or with one that is not printable
            (a control character, half of a surrogate pair), the same of a person, or a role that
            does not exist.
    """

    subject: str
    roles: frozenset[str]
    person: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.subject, str) or not self.subject:
            raise ValueError("an identity needs a subject, which is text")
        _check_name("subject", self.subject)
        if not isinstance(self.person, str):
            raise ValueError("a person is text")
        _check_name("person", self.person)
        unknown = self.roles - ROLES
        if unknown:
            known = ", ".join(sorted(ROLES))
            raise ValueError(f"there is no role {', '.join(sorted(unknown))}; there are {known}")

    @classmethod
    def of(cls, subject: str, *roles: str) -> "Identity":
        """``Identity.of("officer:je-12", "officer")``."""
        return cls(subject, frozenset(roles))

    def has_any(self, roles: Iterable[str]) -> bool:
        """Whether one of ``roles`` is held."""
        return not self.roles.isdisjoint(roles)

    def to_header(self) -> dict[str, Any]:
        """As it travels; a person who is not known is left out."""
        header: dict[str, Any] = {"subject": self.subject, "roles": sorted(self.roles)}
        return header | ({"person": self.person} if self.person else {})


ANONYMOUS: Final = Identity.of(NOBODY, NOBODY)


def SYSTEM(service: str) -> Identity:  # noqa: N802 - reads as the constant that it nearly is
    """The identity of a service that acts for itself."""
    return Identity.of(f"service:{service}", "service")


def from_header(header: Any) -> Identity:
    """The identity in a call's headers; anonymous when there is none.

    Raises:
        Forbidden: the header is malformed.
    """
    if header is None:
        return ANONYMOUS
    try:
        subject, roles = header["subject"], header["roles"]
        if not isinstance(roles, list | tuple):
            raise ValueError("roles must be a list")
        return Identity(subject, frozenset(roles), header.get("person", ""))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise Forbidden(f"the identity in the call's headers is malformed: {error}") from error
