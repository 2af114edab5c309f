"""The posts among which files move, and who speaks for one."""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Any

from palika.errors import Forbidden, Invalid
from palika.roles import post_of

ON_BEHALF = frozenset({"admin", "service"})
"""Roles that may name the post for which they act: the desk application and the administrator."""


@dataclass(frozen=True, slots=True)
class Post:
    """One desk, and the department it belongs to."""

    code: str
    department: str
    mr: str
    en: str


@dataclass(frozen=True)
class Posts:
    """All posts and departments of the city."""

    posts: Mapping[str, Post]
    departments: frozenset[str]

    def check_post(self, code: str, field: str) -> Post:
        """The post of that code.

        Raises:
            Invalid: there is none; ``field`` is the argument to blame.
        """
        known = self.posts.get(code)
        if known is None:
            rule = f"{code!r} is not known; must be one of: {', '.join(self.posts)}"
            raise Invalid("no such post", {field: [rule]})
        return known

    def check_department(self, code: str) -> None:
        """Refuse a department that the city does not have.

        Raises:
            Invalid: no such department.
        """
        if code not in self.departments:
            known = ", ".join(sorted(self.departments))
            rule = f"{code!r} is not known; must be one of: {known}"
            raise Invalid("no such department", {"department": [rule]})

    def acting(self, subject: str, roles: Set[str], wanted: str | None) -> Post:
        """The post for which a caller acts.

        An officer acts for the post that their identity names (``officer:roads-je``) and for no
        other; a service or the administrator says for which.

        Args:
            subject: of the caller's identity.
            roles: of the caller's identity.
            wanted: the post named in the call, or None.

        Raises:
            Forbidden: an officer names another post, or has none.
            Invalid: a service names none, or one that does not exist.
        """
        if not ON_BEHALF.isdisjoint(roles):
            if wanted is None:
                raise Invalid("which post acts?", {"post": ["needed when a service acts for one"]})
            return self.check_post(wanted, "post")
        own = post_of(subject)
        if own not in self.posts:
            raise Forbidden(f"{own!r} is not a post", {"post": own})
        if wanted not in (None, own):
            raise Forbidden(f"{own} cannot act for {wanted}", {"post": own})
        return self.posts[own]


def posts(raw: Mapping[str, Any]) -> Posts:
    """Make the list of what a city wrote in ``data/posts.yaml``.

    Raises:
        ValueError: a post names a department that does not exist, or has no name.
    """
    departments = frozenset(raw["departments"])
    found: dict[str, Post] = {}
    for code, each in raw["posts"].items():
        department = each.get("department")
        if department not in departments:
            raise ValueError(f"post {code}: there is no department {department!r}")
        if not each.get("mr") or not each.get("en"):
            raise ValueError(f"post {code}: needs a name in mr and in en")
        found[code] = Post(code, department, each["mr"], each["en"])
    return Posts(found, departments)
