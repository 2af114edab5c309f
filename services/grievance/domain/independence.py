"""Who may judge: never one whose own work, or own grievance, is judged."""

from collections.abc import Iterable, Mapping, Set

from palika.errors import Forbidden
from palika.roles import NOBODY, STAFF, post_of


def citizens_part(filed_by: str, appealed_by: Iterable[str]) -> dict[str, str]:
    """The part of whoever brought it, for ``check_independent``: who filed it, and who appealed.

    An employee has grievances too. Whose subject names nobody (no login) has no part that a judge
    could be known by.

    Args:
        filed_by: the subject of whoever filed it.
        appealed_by: the subjects of those who appealed, if anybody did.
    """
    parts = {post_of(each): "appealed" for each in appealed_by}
    parts[post_of(filed_by)] = "filed it"
    parts.pop(NOBODY, None)
    return parts


def check_not_ones_own(roles: Set[str]) -> None:
    """Refuse to say of one's own grievance that it is put right, or is none.

    Args:
        roles: in which somebody acts on it; the citizen's is among them for one's own alone.

    Raises:
        Forbidden: they filed it as a citizen, and would give the city's word to themselves.
    """
    if "citizen" in roles and not STAFF.isdisjoint(roles):
        raise Forbidden("this is for another officer than the one who filed it as a citizen")


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
