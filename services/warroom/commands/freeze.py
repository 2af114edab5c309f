"""Freeze the briefing pack of a review: what is known at one moment, and its pages and slides.

The snapshot (JSON) is frozen at once; the pages are set of it a little later, for fifty projects
take longer than a caller waits. The bytes are kept before the transaction that names them
(docs/decisions/0012), and no lock is held while they are made. Later changes of a project alter
none.
"""

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import Any, Final
from uuid import UUID, uuid5

from sqlalchemy.orm import Session

from palika.auth import SYSTEM, Identity
from palika.blocking import off_hub
from palika.errors import Conflict, NotFound
from palika.store import Store, key_of
from services.warroom.commands.set_agenda import put_agenda
from services.warroom.commands.sitting import Sitting
from services.warroom.documents.briefing import rendered
from services.warroom.domain.reviews import Pack, Phase, Review
from services.warroom.queries.briefing import photo_ids, snapshot
from services.warroom.queries.packs import TYPES
from services.warroom.queries.photos import key_of as photo_key
from services.warroom.queries.reviews import meetings_at, reviews_at
from services.warroom.queries.states import NOW
from services.warroom.queries.subjects import looked

LANGUAGES: Final = ("mr", "en")
_Begin = Callable[[], AbstractContextManager[Session]]


def freeze(
    begin: _Begin, store: Store, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Review:
    """Make the agenda anew, and freeze what the review is to see. Frozen again it is another pack;
    the one before stays in the review's past.

    Raises as ``Sitting.load``, and:
        Forbidden: it is for who leads the review.
        Conflict: it has begun, or was called off; or somebody has changed it meanwhile.
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
    told = json.dumps(content, ensure_ascii=False, sort_keys=True).encode()
    pack = off_hub(_keep, store, "json", None, told, seen.at, now)
    with begin() as session:
        sitting = Sitting.load(session, caller, {"review_id": args["review_id"]}, now)
        if sitting.review.version != prepared.version:
            raise Conflict(
                "the review has changed while its pack was made: freeze it again",
                {"expected": prepared.version, "version": sitting.review.version},
            )
        for key in sitting.review.packs:
            sitting.take_out(key)
        sitting.put(_pack_id(sitting.id, pack), pack)
        sitting.put(sitting.id, replace(sitting.meeting, frozen_at=seen.at))
        return sitting.save("freeze")


def set_packs(
    begin: _Begin, store: Store, now: datetime, stopping: Callable[[], bool] = lambda: False
) -> int:
    """Set the pages and slides of what was frozen and has none yet. Any number of processes may do
    so at once: the same snapshot gives the same pages.

    Returns:
        Of how many reviews.

    Raises:
        FontMissing: the fonts of the pages cannot be had.
        Unavailable: the store does not answer; the rest is done the next time.
    """
    with begin() as session:
        frozen = [key for key, each in meetings_at(session, NOW) if each.frozen_at is not None]
        waiting = [each for each in reviews_at(session, frozen, NOW) if _waits(each)]
    done = 0
    for review in waiting:
        if stopping():
            break
        done += _set(begin, store, review, now)
    return done


def _waits(review: Review) -> bool:
    """Whether there is a snapshot, and no pages of it."""
    return {each.form for each in review.packs.values()} == {"json"}


def _set(begin: _Begin, store: Store, review: Review, now: datetime) -> bool:
    (snapshotted,) = review.packs.values()
    content = json.loads(off_hub(store.get, snapshotted.key))
    keys: dict[UUID, str] = {}
    with begin() as session:
        for each in photo_ids(content):
            keys[each] = photo_key(session, {"photo_id": each, "thumbnail": True}, staff=True)
    packs = off_hub(_pages, store, content, keys, snapshotted.frozen_at, now)
    with begin() as session:
        sitting = Sitting.load(session, SYSTEM("warroom"), {"review_id": review.id}, now)
        if sitting.review.packs != review.packs:
            # Frozen anew meanwhile, or another process was faster.
            return False
        for pack in packs:
            sitting.put(_pack_id(sitting.id, pack), pack)
        sitting.save("set_pack")
    return True


def _pages(
    store: Store,
    content: Mapping[str, Any],
    keys: Mapping[UUID, str],
    frozen_at: datetime,
    now: datetime,
) -> list[Pack]:
    """Set the pages and slides, and keep them. Not on the hub."""
    photos: dict[str, bytes] = {}
    for photo, key in keys.items():
        # One that the store has lost is told as such on its page; the review is held all the same.
        with suppress(NotFound):
            photos[str(photo)] = store.get(key)
    return [
        _keep(store, form, language, made, frozen_at, now)
        for language in LANGUAGES
        for form, made in rendered(content, photos, language).items()
    ]


def _keep(
    store: Store, form: str, language: str | None, made: bytes, frozen_at: datetime, now: datetime
) -> Pack:
    key = key_of(made, now, f".{form}")
    store.put(key, made, TYPES[form])
    return Pack(form, language, key, sha256(made).hexdigest(), len(made), frozen_at)


def _pack_id(review: UUID, pack: Pack) -> UUID:
    return uuid5(review, f"pack:{pack.form}:{pack.language}")
