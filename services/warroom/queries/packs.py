"""The bytes of a frozen pack, and of the minutes."""

import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from palika.blocking import off_hub
from palika.errors import NotFound, Unavailable
from palika.store import Store
from services.warroom.domain.reviews import Pack, Review
from services.warroom.queries.review_views import pack_view
from services.warroom.queries.reviews import review_at
from services.warroom.queries.states import moment_of

TYPES = {
    "json": "application/json",
    "pdf": "application/pdf",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}


def find_pack(session: Session, args: Mapping[str, Any], now: datetime) -> tuple[Review, Pack]:
    """The pack that ``schemas.reviewing.ReadingPack`` asks for, as it was frozen at ``as_of``.

    Raises:
        NotFound: there is no such review, or its pack is not frozen.
        Invalid: ``as_of`` is to come.
    """
    found = review_at(session, args["review_id"], moment_of(args["as_of"], now))
    language = None if args["form"] == "json" else args["language"]
    for each in found.packs.values():
        if (each.form, each.language) == (args["form"], language):
            return found, each
    why = "its pack is not frozen"
    if found.packs:
        why = "its pack is frozen, and the pages are being set: ask again in a while"
    raise NotFound(why, {"review_id": str(args["review_id"])})


def pack_content(store: Store, review: Review, pack: Pack) -> dict[str, Any]:
    """The bytes as a call carries them. Not in a transaction.

    Raises:
        NotFound: the store has lost it.
        Unavailable: the store does not answer, or gives other bytes than were frozen.
    """
    content = off_hub(store.get, pack.key)
    if hashlib.sha256(content).hexdigest() != pack.sha256:
        raise Unavailable("the store gives other bytes than were frozen", {"sha256": pack.sha256})
    meeting = review.meeting
    parts = [meeting.series, meeting.occurs_on.isoformat(), *filter(None, [pack.language])]
    return {
        **pack_view(pack),
        "file": f"{'-'.join(parts)}.{pack.form}",
        "content_type": TYPES[pack.form],
        "content_base64": base64.b64encode(content).decode(),
    }
