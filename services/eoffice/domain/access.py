"""Who reads what: a thing's grade of secrecy against the clearance of the post that asks, and of
files that are secret, whether the post needs to know (docs/decisions/0033)."""

from palika.errors import NotFound
from services.eoffice.domain.secrecy import Secrecy


def may_read(
    clearance: int, secrecy: int, *, involved: bool = False, concerned: bool = True
) -> bool:
    """Whether a post reads a thing, and finds it in lists, counts and suggestions.

    Args:
        clearance: of the post: up to which grade it reads.
        secrecy: of the file, or of the receipt.
        involved: the post holds it, has held it, opened it, or it was marked to it: who is to work
            on a paper reads it, whatever its grade.
        concerned: the file is of the post's department, or with a post below it in the line: who
            is neither involved nor concerned needs not know of what is secret.
    """
    return involved or (clearance >= secrecy and (concerned or secrecy == Secrecy.NORMAL))


def check_readable(what: str, key: str, readable: bool) -> None:
    """Refuse to say anything of what a post may not read: not even that it is there.

    Raises:
        NotFound: as if there were none; ``what`` and ``key`` are those that the caller gave.
    """
    if not readable:
        raise NotFound(f"there is no {what} {key}", {"id": key})
