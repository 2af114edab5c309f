"""The ZIPs of archives that are in the store, and which of them are needed no more."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, case, select
from sqlalchemy.orm import Session, aliased

from palika.errors import Forbidden
from services.eoffice.domain.organisation import Post
from services.eoffice.models import Act, Archive, File
from services.eoffice.queries.readable import readable
from services.eoffice.reference import city_retention

_OF_ARCHIVES = ("archived", "archive kept", "archive removed", "papers removed")
"""What is done with archives changes nothing that stands in one."""


class Standing(StrEnum):
    """Whether a ZIP says what its file says."""

    CURRENT = "current"
    """It is the newest one, and nothing was done with the file since."""
    OUTDATED = "outdated"
    """Something was done with the file since it was made."""
    SUPERSEDED = "superseded"
    """A newer one of the same file is kept."""


def kept_zips(session: Session, post: Post, *, limit: int) -> Sequence[dict[str, Any]]:
    """Those of files that the post may read, the largest first: ``id``, ``number`` of the file,
    ``made_at``, ``made_by``, ``size`` in bytes, and its ``standing``.

    Raises:
        Forbidden: the post is not of the record room.
    """
    check_record_room(post)
    found = session.execute(
        select(Archive, File.number, _standing().label("standing"))
        .join(File, File.id == Archive.file_id)
        .where(Archive.key.is_not(None), readable(File.secrecy, File.id, post))
        .order_by(Archive.size.desc(), Archive.id)
        .limit(limit)
    )
    return [
        {
            "id": str(archive.id),
            "number": number,
            "made_at": archive.made_at.isoformat(),
            "made_by": archive.made_by,
            "size": archive.size,
            "standing": standing,
        }
        for archive, number, standing in found
    ]


def check_record_room(post: Post) -> None:
    """Refuse a post that is not of the record room.

    Raises:
        Forbidden: it is not.
    """
    if not city_retention().record_room.includes(post):
        raise Forbidden(f"{post.code} is not of the record room", {"post": post.code})


def _standing() -> ColumnElement[str]:
    newer = aliased(Archive)
    superseded = (
        select(newer.id)
        .where(
            newer.file_id == Archive.file_id,
            newer.key.is_not(None),
            (newer.made_at > Archive.made_at)
            | ((newer.made_at == Archive.made_at) & (newer.id > Archive.id)),
        )
        .exists()
    )
    outdated = (
        select(Act.position)
        .where(
            Act.chain_id == Archive.file_id,
            Act.position > Archive.acts,
            Act.verb.not_in(_OF_ARCHIVES),
        )
        .exists()
    )
    return case(
        (superseded, Standing.SUPERSEDED.value),
        (outdated, Standing.OUTDATED.value),
        else_=Standing.CURRENT.value,
    )
