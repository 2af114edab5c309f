"""Who reads what: a file's grade of secrecy against the clearance of the post that asks."""

from palika.errors import NotFound


def may_read(clearance: int, secrecy: int, involved: bool = False) -> bool:
    """Whether a post reads a thing, and finds it in lists, counts and suggestions.

    Args:
        clearance: of the post: up to which grade it reads.
        secrecy: of the file, or of the receipt.
        involved: the post holds it, has held it, opened it, or it was marked to it: who is to work
            on a paper reads it, whatever its grade; or the post has the file of which it is a part.
    """
    return involved or clearance >= secrecy


def check_readable(
    what: str, key: str, clearance: int, secrecy: int, involved: bool = False
) -> None:
    """Refuse to say anything of what a post may not read: not even that it is there.

    Raises:
        NotFound: as if there were none; ``what`` and ``key`` are those that the caller gave.
    """
    if not may_read(clearance, secrecy, involved):
        raise NotFound(f"there is no {what} {key}", {"id": key})
