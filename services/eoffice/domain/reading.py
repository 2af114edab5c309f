"""Which readings of a file are kept, and who is told of them."""

from collections.abc import Collection
from enum import StrEnum
from uuid import UUID, uuid5

from palika.errors import Forbidden
from services.eoffice.domain.secrecy import Secrecy


class What(StrEnum):
    """What of a file was read. Its number, subject, cover and movements are no content of it."""

    NOTE_SHEET = "note_sheet"
    CONTENTS = "contents"
    PAPER = "paper"
    LETTER = "letter"
    ARCHIVE = "archive"


def chain_of(file_id: UUID) -> UUID:
    """The chain in which the readings of a file are written down."""
    return uuid5(file_id, "readings")


def check_told(number: str, post: str, held_by: str, above: Collection[str]) -> None:
    """Refuse the readers of a file to who neither has it nor is up the line from there.

    Args:
        number: of the file.
        post: that asks.
        held_by: the post that has the file.
        above: the posts up the line from that one.

    Raises:
        Forbidden: naming the post that has the file.
    """
    if post != held_by and post not in above:
        raise Forbidden(
            f"{post} is not told who has read file {number}: that is for {held_by} and those "
            "above it",
            {"post": post, "held_by": held_by},
        )


def is_kept(secrecy: int, *, holds: bool, inside: bool) -> bool:
    """Whether a reading is kept: of what is secret each but the holder's, else those from outside.

    Args:
        secrecy: of the file.
        holds: the post that reads has it.
        inside: the post is of its department, up the line from who has it, or had to do with it.
    """
    return not inside if secrecy == Secrecy.NORMAL else not holds
