"""Who may change a project: the post that answers for it, and the administrator."""

from collections.abc import Set

from palika.errors import Forbidden
from palika.roles import post_of


def check_may_change(subject: str, roles: Set[str], *posts: str) -> None:
    """Refuse who is none of these posts, and no administrator.

    Args:
        posts: the project's owner; and who else may do this one thing.

    Raises:
        Forbidden: with the posts that may.
    """
    if "admin" in roles or post_of(subject) in posts:
        return
    raise Forbidden(
        f"a project is changed by who answers for it: {', '.join(posts)}", {"posts": list(posts)}
    )
