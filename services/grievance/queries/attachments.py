"""What is attached to grievances, as those who may see it see it."""

import base64
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.blocking import off_hub
from palika.config import settings
from palika.errors import NotFound
from services.grievance.attachments import Store, open_store, serving_headers
from services.grievance.domain.access import is_staff, side_of
from services.grievance.models import Attachment
from services.grievance.queries.find import find
from services.grievance.schemas import AttachmentView

THUMBNAIL_TYPE = "image/jpeg"
_desk_view = AttachmentView()
_public_view = AttachmentView(
    only=("id", "kind", "media_type", "size", "width", "height", "added_at")
)


@cache
def store() -> Store:
    """The city's store; one a process."""
    return open_store(settings("grievance"))


@dataclass(frozen=True, slots=True)
class Shown:
    """One content to be fetched from the store, and with which headers it goes out."""

    key: str
    headers: Mapping[str, str]


def view(attachment: Attachment, *, staff: bool) -> dict[str, Any]:
    """What is told of it: to the desks all, to the citizen what it is and whose side it is from."""
    shown: dict[str, Any] = (_desk_view if staff else _public_view).dump(attachment)
    return shown | {
        "by": side_of(attachment.added_role),
        "thumbnail": attachment.thumbnail_key is not None,
    }


def answer(
    attachment: Attachment, version: int, offered: tuple[float, float] | None, *, staff: bool
) -> dict[str, Any]:
    """What attaching is answered with: the attachment, the grievance's ``version``, and the place
    that the photograph offers (latitude, longitude), if any."""
    return view(attachment, staff=staff) | {
        "version": version,
        "offered_place": offered and {"lat": offered[0], "lon": offered[1]},
    }


def listed(session: Session, key: uuid.UUID, *, staff: bool) -> list[dict[str, Any]]:
    """All of a grievance, the oldest first; the citizen's without what is not for them."""
    found = _of(key).order_by(Attachment.added_at, Attachment.id)
    if not staff:
        found = _for_citizens(found)
    return [view(each, staff=staff) for each in session.scalars(found)]


def shown_to(session: Session, caller: Identity, args: Mapping[str, Any]) -> Shown:
    """Where the content of an attachment is that the caller may see.

    The desks see all, those that were taken away too; a citizen, by login or token, those of their
    own grievances that are for them. Others' are nobody's business, whatever they show.

    Raises:
        NotFound: there is no such grievance or attachment, or it is not for the caller.
        Forbidden: the grievance is private, and no business of this officer's.
    """
    grievance = find(session, caller, args)
    wanted = _of(grievance.id).where(Attachment.id == args["attachment_id"])
    if args["token"] is not None or not is_staff(caller.roles):
        wanted = _for_citizens(wanted)
    found = session.scalar(wanted)
    if found is None:
        raise NotFound("there is no such attachment", {"attachment_id": str(args["attachment_id"])})
    name = f"{grievance.number}-{found.use}"
    if args["thumbnail"]:
        if found.thumbnail_key is None:
            raise NotFound("only photographs have a thumbnail", {"thumbnail": "none"})
        return Shown(found.thumbnail_key, serving_headers(THUMBNAIL_TYPE, name))
    return Shown(found.key, serving_headers(found.content_type, name))


def content(kept: Store, shown: Shown) -> dict[str, Any]:
    """The content as a call carries it. Not in a transaction: a store may take its time.

    Raises:
        NotFound: the store has lost it.
        Unavailable: the store does not answer.
    """
    encoded = off_hub(_encoded, kept, shown.key)
    return {"content_base64": encoded, "headers": dict(shown.headers)}


def _encoded(kept: Store, key: str) -> str:
    return base64.b64encode(kept.get(key)).decode()


def _of(key: uuid.UUID) -> Select[tuple[Attachment]]:
    return select(Attachment).where(Attachment.grievance_id == key)


def _for_citizens(wanted: Select[tuple[Attachment]]) -> Select[tuple[Attachment]]:
    return wanted.where(Attachment.public, Attachment.detached_at.is_(None))
