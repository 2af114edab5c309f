"""The bytes of photographs, for whom they are."""

import base64
from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika.blocking import off_hub
from palika.config import settings
from palika.errors import NotFound
from palika.store import Store, open_store
from services.warroom.domain.facts import Photo, Project
from services.warroom.domain.keeping import read
from services.warroom.models import OPEN, Version

HEADERS = {
    "Content-Type": "image/jpeg",
    "Content-Disposition": 'inline; filename="photo.jpg"',
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
}
"""With which a browser is given one: all of them were made anew here."""


@cache
def store() -> Store:
    """The city's store of projects' photographs; one a process."""
    return open_store(settings("warroom"), "project_photos_url")


def key_of(session: Session, args: Mapping[str, Any], *, staff: bool) -> str:
    """Where the bytes of a photograph are, as ``schemas.reading.Showing`` asks.

    The staff see those that were withdrawn too: they are in the state of some past day.
    Citizens see the public ones of public projects.

    Raises:
        NotFound: there is none, or it is not for the caller.
    """
    found = session.scalars(
        select(Version)
        .where(Version.entity_id == args["photo_id"], Version.kind == "photo")
        .order_by(Version.id.desc())
        .limit(1)
    ).one_or_none()
    photo = None if found is None else read(Photo, found.content)
    if found is None or photo is None or not (staff or _is_public(session, found, photo)):
        raise NotFound("there is no such photograph", {"photo_id": str(args["photo_id"])})
    return photo.thumbnail_key if args["thumbnail"] else photo.content_key


def content(kept: Store, key: str) -> dict[str, Any]:
    """The bytes as a call carries them. Not in a transaction: a store may take its time.

    Raises:
        NotFound: the store has lost it.
        Unavailable: the store does not answer.
    """
    encoded = off_hub(lambda: base64.b64encode(kept.get(key)).decode())
    return {"content_base64": encoded, "headers": dict(HEADERS)}


def _is_public(session: Session, found: Version, photo: Photo) -> bool:
    if not photo.public or found.until != OPEN:
        return False
    asked = select(Version.content).where(
        Version.entity_id == found.project_id, Version.until == OPEN
    )
    project = session.scalar(asked)
    return project is not None and read(Project, project).public
