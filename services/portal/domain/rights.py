"""What an officer may do: the roles that come of the posts that they hold."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

ASK_AGAIN: Final = timedelta(seconds=20)
"""So old at the most is what is known of an officer's posts when a request is answered."""
ASK_LATER: Final = timedelta(seconds=5)
"""When the e-office does not answer, it is not asked again before."""
MAY_BE_OLD: Final = timedelta(hours=1)
"""So old it may be while the e-office does not answer: while it is away nobody is transferred."""
PORTALS_OWN: Final = frozenset({"admin"})
"""Looking after accounts, sessions and tokens gives no rights in the services: there an admin may
all, in every post's place."""
_OFFICER: Final = "officer"


@dataclass(frozen=True, slots=True)
class Post:
    """A post for which an officer acts, as the e-office tells it; ``capacity`` is how."""

    code: str
    department: str
    level: int
    capacity: str
    mr: str
    en: str

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "Post":
        """One out of what the e-office has answered, or out of the table."""
        names = ("code", "department", "level", "capacity", "mr", "en")
        return cls(**{name: told[name] for name in names})

    def to_dict(self) -> dict[str, Any]:
        """As it is kept."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Roles:
    """How posts become roles (``data/roles.yaml``).

    Attributes:
        supervisor_level: from this level of a post on, it is a supervisor's.
        helpdesk: posts that sit at a counter or answer the telephone, and decide nothing.
        admin: posts that look after the installation; in the portal alone.
    """

    supervisor_level: int
    helpdesk: frozenset[str] = field(default_factory=frozenset)
    admin: frozenset[str] = field(default_factory=frozenset)

    def of(self, post: Post) -> frozenset[str]:
        """The roles of who acts for a post."""
        if post.code in self.helpdesk:
            return frozenset({"helpdesk"})
        found = {_OFFICER}
        if post.level >= self.supervisor_level:
            found.add("supervisor")
        if post.code in self.admin:
            found.add("admin")
        return frozenset(found)


def roles_of(raw: Any) -> Roles:
    """The rules out of the file.

    Raises:
        ValueError: it is not as it should be.
    """
    if not isinstance(raw, Mapping) or set(raw) != {"supervisor_level", "helpdesk", "admin"}:
        raise ValueError("roles.yaml: must have supervisor_level, helpdesk and admin")
    level = raw["supervisor_level"]
    if not isinstance(level, int) or isinstance(level, bool):
        raise ValueError("roles.yaml, supervisor_level: must be a whole number")
    lists = {}
    for name in ("helpdesk", "admin"):
        if not isinstance(raw[name], list) or not all(isinstance(each, str) for each in raw[name]):
            raise ValueError(f"roles.yaml, {name}: must be a list of posts")
        lists[name] = frozenset(raw[name])
    if both := lists["helpdesk"] & lists["admin"]:
        raise ValueError(f"roles.yaml: {min(both)} is a helpdesk and an admin")
    return Roles(level, **lists)


def chosen(posts: Sequence[Post], wanted: str | None) -> Post | None:
    """The post for which somebody acts: the one that they have chosen while they hold it, else the
    first of theirs; None when they hold none."""
    for post in posts:
        if post.code == wanted:
            return post
    return posts[0] if posts else None


def seal_of(post: Post | None, roles: Iterable[str]) -> str:
    """What tells whether rights are still the same."""
    return f"{post.code if post else '-'} {' '.join(sorted(roles))}".strip()


def must_ask(asked_at: datetime | None, now: datetime) -> bool:
    """Whether the e-office has to be asked before a request is answered."""
    return asked_at is None or asked_at + ASK_AGAIN <= now


def may_use_old(asked_at: datetime | None, now: datetime) -> bool:
    """Whether what is known counts while the e-office does not answer."""
    return asked_at is not None and now < asked_at + MAY_BE_OLD
