"""Take the ZIP of an archive out of the store before its file is weeded."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.errors import NotFound
from services.eoffice.commands.load import load_locked, locked
from services.eoffice.models import Archive
from services.eoffice.organisation_store import actor
from services.eoffice.queries.kept_zips import check_record_room
from services.eoffice.queries.sight import sees
from services.eoffice.records.destroying import drop_zip
from services.eoffice.sealing import act


def remove_zip(
    session: Session, caller: Identity, wanted: UUID, post: str | None, now: datetime
) -> Archive:
    """Keep the ZIP of an archive no more. That it was made stays on the record, with the digest of
    its manifest: a copy that somebody has is still known. Its bytes leave the store with those of
    weeded papers (``remove_weeded``).

    Raises:
        NotFound: there is none that the post may read, or it was removed already.
        Forbidden: the post is not of the record room.
    """
    who = actor(session, caller, post, now)
    check_record_room(who.post)
    missing = NotFound(f"there is no archive {wanted} in the store", {"id": str(wanted)})
    found = session.get(Archive, wanted)
    if found is None:
        raise missing
    file = load_locked(session, found.file_id)
    # As the list of them: that of a file which the post may not read is not there.
    if not sees(session, who.post, file):
        raise missing
    made = locked(session, Archive, wanted)
    if made is None or made.key is None:
        raise missing
    drop_zip(session, made)
    said: dict[str, Any] = {"archive": made.id, "manifest": made.sha256}
    act(session, file.id, "file", "archive removed", who, now, said)
    return made
