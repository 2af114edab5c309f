"""Freeze the briefing pack of a review: what is known at one moment, as JSON, pages and slides.

The bytes are kept before the transaction that names them (docs/decisions/0012); between the two no
lock is held. Later changes of a project do not alter a pack.
"""

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import uuid5

from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.blocking import off_hub
from palika.errors import Conflict, NotFound
from palika.store import Store, key_of
from services.warroom.commands.set_agenda import put_agenda
from services.warroom.commands.sitting import Sitting
from services.warroom.documents.briefing import rendered
from services.warroom.domain.reviews import Pack, Phase, Review
from services.warroom.queries.briefing import photo_keys, public, snapshot
from services.warroom.queries.subjects import looked

_TYPES = {
    "json": "application/json",
    "pdf": "application/pdf",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}


def freeze(
    begin: Callable[[], AbstractContextManager[Session]],
    store: Store,
    caller: Identity,
    args: Mapping[str, Any],
    now: datetime,
) -> Review:
    """Make the agenda anew, and freeze the pack. Frozen again it is another pack; the one before
    stays in the review's past.

    Raises as ``Sitting.load``, and:
        Forbidden: it is for who leads the review.
        Conflict: it has begun, or was called off; or somebody has changed it meanwhile.
        FontMissing: the fonts of the pages cannot be had.
        Unavailable: the store does not answer.
    """
    with begin() as session:
        sitting = Sitting.load(session, caller, args, now)
        sitting.check_may()
        sitting.check_phase(Phase.SCHEDULED)
        seen = looked(session, sitting.meeting, sitting.now)
        put_agenda(sitting, seen)
        prepared = sitting.save("make_agenda")
        content = snapshot(prepared, seen)
    packs = off_hub(_keep, store, content, seen.at, now)
    with begin() as session:
        sitting = Sitting.load(session, caller, {"review_id": args["review_id"]}, now)
        if sitting.review.version != prepared.version:
            raise Conflict(
                "the review has changed while its pack was made: freeze it again",
                {"expected": prepared.version, "version": sitting.review.version},
            )
        for pack in packs:
            sitting.put(uuid5(sitting.id, f"pack:{pack.form}:{pack.language}"), pack)
        sitting.put(sitting.id, replace(sitting.meeting, frozen_at=seen.at))
        return sitting.save("freeze")


def _keep(
    store: Store, content: Mapping[str, Any], frozen_at: datetime, now: datetime
) -> list[Pack]:
    """Set the pages and slides, and keep all of it. Not on the hub."""
    photos: dict[str, bytes] = {}
    for key in photo_keys(content):
        # One that the store has lost is told as such on its page; the review is held all the same.
        with suppress(NotFound):
            photos[key] = store.get(key)
    told = json.dumps(public(content), ensure_ascii=False, sort_keys=True).encode()
    files: list[tuple[str, str | None, bytes]] = [("json", None, told)]
    for language in ("mr", "en"):
        for form, made in rendered(content, photos, language).items():
            files.append((form, language, made))
    packs = []
    for form, language, made in files:
        key = key_of(made, now, f".{form}")
        store.put(key, made, _TYPES[form])
        packs.append(Pack(form, language, key, sha256(made).hexdigest(), len(made), frozen_at))
    return packs
