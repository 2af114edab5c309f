"""Who reads what: a thing's grade of secrecy against the clearance of the post that asks, and of
what is secret, whether the post needs to know (docs/decisions/0033)."""

from collections.abc import Sequence

from palika.errors import Forbidden, NotFound
from services.eoffice.domain.organisation import Post
from services.eoffice.domain.secrecy import Secrecy


def may_read(
    clearance: int, secrecy: int, *, involved: bool = False, concerned: bool = True
) -> bool:
    """Whether a post reads a thing, and finds it in lists, counts and suggestions.

    Args:
        clearance: of the post: up to which grade it reads.
        secrecy: of the file, or of the receipt.
        involved: the post holds it, has held it, opened it, or it was marked to it: who is to work
            on a paper reads it, whatever its grade; or the post has the file of which it is a part.
        concerned: the file is of the post's department, or with a post below it in the line, and
            so on (``queries/readable.py``): who is neither involved nor concerned needs not know of
            what is secret.
    """
    return involved or (clearance >= secrecy and (concerned or secrecy == Secrecy.NORMAL))


def check_readable(what: str, key: str, readable: bool) -> None:
    """Refuse to say anything of what a post may not read: not even that it is there.

    Raises:
        NotFound: as if there were none; ``what`` and ``key`` are those that the caller gave.
    """
    if not readable:
        raise NotFound(f"there is no {what} {key}", {"id": key})


def check_opens(post: Post, secrecy: Secrecy, above: Sequence[Post]) -> None:
    """Refuse to let a post open a file of a grade that it may not read.

    Args:
        post: that would open it, and have it.
        secrecy: of the file.
        above: the posts up the line that somebody holds, the nearest first.

    Raises:
        Forbidden: its clearance is below the grade; ``may`` names who above it could open it.
    """
    if may_read(post.clearance, secrecy):
        return
    may = [each.code for each in above if may_read(each.clearance, secrecy)]
    has = f"{may[0]} may open it" if may else "no post up the line may open it"
    whose = post.code if post.limit is Secrecy.TOP_SECRET else f"who looks after {post.code}"
    raise Forbidden(
        f"{whose} reads up to {post.clearance.code}; the file would be {secrecy.code}; {has}",
        {
            "post": post.code,
            "clearance": post.clearance.code,
            "secrecy": secrecy.code,
            "may": may,
        },
    )
