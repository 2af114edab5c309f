"""Who calls: the identity in the headers of an RPC call."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from palika.errors import Forbidden
from palika.roles import NOBODY, ROLES

HEADER: Final = "palika_identity"
"""The key in Nameko's context data."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who acts: a subject such as ``officer:je-roads-12`` and the roles it holds.

    Raises:
        ValueError: no subject, or a role that does not exist.
    """

    subject: str
    roles: frozenset[str]

    def __post_init__(self) -> None:
        if not self.subject:
            raise ValueError("an identity needs a subject")
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
        """As it travels."""
        return {"subject": self.subject, "roles": sorted(self.roles)}


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
        if not isinstance(subject, str) or not subject or not isinstance(roles, list | tuple):
            raise ValueError("subject must be text and roles a list")
        return Identity(subject, frozenset(roles))
    except (KeyError, TypeError, ValueError) as error:
        raise Forbidden(f"the identity in the call's headers is malformed: {error}") from error
