"""Who calls: the identity in the headers of an RPC call."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from palika.errors import Forbidden
from palika.roles import NOBODY, ROLES

HEADER: Final = "palika_identity"
"""The key in Nameko's context data."""

SUBJECT_MAX: Final = 200
"""Characters of a subject: it is kept with all that its owner does."""


# Marathi is not written without them: they join letters, or keep them apart.
_JOINERS: Final = dict.fromkeys(map(ord, "\u200c\u200d"))


@dataclass(frozen=True, slots=True)
class Identity:
    """Who acts: a subject such as ``officer:je-roads-12`` and the roles it holds.

    Raises:
        ValueError: no subject, one of more than 200 characters or with one that is not printable
            (a control character, half of a surrogate pair), or a role that does not exist.
    """

    subject: str
    roles: frozenset[str]

    def __post_init__(self) -> None:
        if not isinstance(self.subject, str) or not self.subject:
            raise ValueError("an identity needs a subject, which is text")
        if len(self.subject) > SUBJECT_MAX:
            raise ValueError(
                f"a subject has at most {SUBJECT_MAX} characters, not {len(self.subject)}"
            )
        if not self.subject.translate(_JOINERS).isprintable():
            raise ValueError("a subject has printable characters only")
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
        if not isinstance(roles, list | tuple):
            raise ValueError("roles must be a list")
        return Identity(subject, frozenset(roles))
    except (KeyError, TypeError, ValueError) as error:
        raise Forbidden(f"the identity in the call's headers is malformed: {error}") from error
