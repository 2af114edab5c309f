"""Who may judge: never one whose own work is judged."""

from collections.abc import Mapping

from palika.errors import Forbidden
from palika.roles import post_of


def check_independent(subject: str, involved: Mapping[str, str]) -> None:
    """Refuse a judge who has had a part in it.

    Args:
        subject: who wants to judge.
        involved: what each post has had to do with it, as the end of "who …".

    Raises:
        Forbidden: the message says what part that was.
    """
    part = involved.get(post_of(subject))
    if part is not None:
        raise Forbidden(
            f"this is for another officer than the one who {part}", {"post": post_of(subject)}
        )
