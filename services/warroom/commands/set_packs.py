"""Set the pages and slides of packs that were frozen: those that have none yet, and none else.

What is to be set stands in ``unset_pack`` until it is. Whoever takes one puts it off first, by more
each time: a pack that cannot be set, or that ends the process that tries, holds nobody up, and is
tried again.
"""

import json
import logging
from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager, suppress
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from palika import metrics
from palika.auth import SYSTEM
from palika.blocking import off_hub
from palika.database import is_outage
from palika.errors import NotFound
from palika.store import Store
from palika.text import Name
from services.warroom.commands.keep_pack import keep_pack, pack_id
from services.warroom.commands.sitting import SET_PACK, Sitting
from services.warroom.documents.briefing import rendered
from services.warroom.domain.keeping import kept
from services.warroom.domain.reviews import Pack, Review
from services.warroom.models import UnsetPack
from services.warroom.posts import posts_in
from services.warroom.queries.briefing import photo_ids
from services.warroom.queries.photos import key_of as photo_key
from services.warroom.queries.reviews import reviews_at
from services.warroom.queries.states import NOW

LANGUAGES: Final = ("mr", "en")
FIRST_DELAY: Final = timedelta(minutes=2)
"""Until a pack is tried again; it doubles with every try. Until then it is nobody else's to set,
so it is put off anew before each language: longer than the pages of one take."""
LONGEST_DELAY: Final = timedelta(hours=6)
_REASON_MOST: Final = 300
NamePosts = Callable[[Collection[str]], Mapping[str, Name]]
"""What posts are called, by code (``palika.posts.names_of``)."""
_Begin = Callable[[], AbstractContextManager[Session]]
_log = logging.getLogger(__name__)


def delay(attempts: int) -> timedelta:
    """How long a pack is put off that was tried so many times; 1 at least."""
    # More doublings than these are beyond the longest, and beyond what a timedelta holds.
    return min(LONGEST_DELAY, FIRST_DELAY * 2 ** min(attempts - 1, 20))


def ask_for_pages(session: Session, review: UUID, frozen_at: datetime, now: datetime) -> None:
    """Let the pages of a frozen snapshot be set; what was known of another of its tries is over."""
    values = {"frozen_at": frozen_at, "next_at": now, "attempts": 0}
    asked = insert(UnsetPack).values(review_id=review, **values)
    again = values | {"reason": None, "failed_at": None}
    session.execute(asked.on_conflict_do_update(index_elements=["review_id"], set_=again))


def set_packs(
    begin: _Begin,
    store: Store,
    now: datetime,
    stopping: Callable[[], bool] = lambda: False,
    name_posts: NamePosts = lambda codes: {},
) -> int:
    """Set the pages and slides of what was frozen, has none yet, and whose time has come. Any
    number of processes may do so at once. One that cannot be set is put aside with its reason, and
    the others are set.

    Args:
        now: when it begins; aware.
        name_posts: what posts are called, for a pack that was frozen while that could not be said.

    Returns:
        Of how many reviews.
    """
    done, began = 0, monotonic()

    # A pack takes minutes: it is put off from when it is taken, and not from when this began, or
    # another process would find its time come while it is being set.
    def clock() -> datetime:
        return now + timedelta(seconds=monotonic() - began)

    while not stopping():
        with begin() as session:
            taken = _take(session, clock())
        if taken is None:
            break
        done += _tried(begin, store, taken, clock, name_posts)
    return done


def measure(begin: _Begin) -> None:
    """Let ``/metrics`` tell how many packs are to be set, and how many could not be."""
    with begin() as session:
        waiting, failed = session.execute(
            select(func.count(), func.count(UnsetPack.reason)).select_from(UnsetPack)
        ).one()
    metrics.WARROOM_PACKS.labels(state="waiting").set(waiting - failed)
    metrics.WARROOM_PACKS.labels(state="failed").set(failed)


def _take(session: Session, now: datetime) -> tuple[UUID, datetime] | None:
    """The review whose turn it is, and when its pack was frozen: one that was tried less comes
    first, then the newest, which somebody waits for."""
    row = session.scalars(
        select(UnsetPack)
        .where(UnsetPack.next_at <= now)
        .order_by(UnsetPack.attempts, UnsetPack.frozen_at.desc())
        .limit(1)
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if row is None:
        return None
    row.attempts += 1
    row.next_at = now + delay(row.attempts)
    return row.review_id, row.frozen_at


def _still_ours(session: Session, taken: tuple[UUID, datetime], now: datetime) -> bool:
    """Put it off anew; False: it was frozen anew meanwhile, or its pages are there."""
    review_id, frozen_at = taken
    row = session.get(UnsetPack, review_id)
    if row is None or row.frozen_at != frozen_at:
        return False
    row.next_at = max(row.next_at, now + delay(row.attempts))
    return True


def _tried(
    begin: _Begin,
    store: Store,
    taken: tuple[UUID, datetime],
    clock: Callable[[], datetime],
    name_posts: NamePosts,
) -> bool:
    review_id, frozen_at = taken
    now = clock()
    try:
        made = _made(begin, store, taken, clock, name_posts)
    except Exception as error:  # those behind it go on
        if isinstance(error, DBAPIError) and is_outage(error):
            raise
        _log.exception("the pack of review %s cannot be set, and is put off", review_id)
        reason = f"{type(error).__name__}: {error}"[:_REASON_MOST]
        with begin() as session:
            session.execute(
                update(UnsetPack)
                .where(UnsetPack.review_id == review_id, UnsetPack.frozen_at == frozen_at)
                .values(reason=reason, failed_at=now)
            )
        return False
    with begin() as session:
        is_new = made is not None and _put(session, review_id, *made, now)
        session.execute(
            delete(UnsetPack).where(
                UnsetPack.review_id == review_id, UnsetPack.frozen_at == frozen_at
            )
        )
    return is_new


def _waits(review: Review) -> bool:
    """Whether there is a snapshot, and no pages of it."""
    return {each.form for each in review.packs.values()} == {"json"}


def _made(
    begin: _Begin,
    store: Store,
    taken: tuple[UUID, datetime],
    clock: Callable[[], datetime],
    name_posts: NamePosts,
) -> tuple[Review, list[Pack]] | None:
    """The pages and slides, kept; None: it has them, or another pack is to be set."""
    now = clock()
    with begin() as session:
        (review,) = reviews_at(session, [taken[0]], NOW)
    if not _waits(review):
        return None
    (snapshotted,) = review.packs.values()
    content = json.loads(off_hub(store.get, snapshotted.key))
    if not content.get("posts"):
        content["posts"] = kept(name_posts(posts_in(content)))
    keys: dict[UUID, str] = {}
    with begin() as session:
        for each in photo_ids(content):
            keys[each] = photo_key(session, {"photo_id": each, "thumbnail": True}, staff=True)
    photos = off_hub(_photos, store, keys)
    packs: list[Pack] = []
    for language in LANGUAGES:
        with begin() as session:
            if not _still_ours(session, taken, clock()):
                return None
        made = off_hub(_pages, store, content, photos, language, snapshotted.frozen_at, now)
        packs.extend(made)
    return review, packs


def _put(
    session: Session, review_id: UUID, before: Review, packs: list[Pack], now: datetime
) -> bool:
    sitting = Sitting.load(session, SYSTEM("warroom"), {"review_id": review_id}, now)
    if sitting.review.packs != before.packs:
        # Frozen anew meanwhile, or another process was faster.
        return False
    for pack in packs:
        sitting.put(pack_id(sitting.id, pack), pack)
    sitting.save(SET_PACK)
    return True


def _photos(store: Store, keys: Mapping[UUID, str]) -> dict[str, bytes]:
    """The bytes of photographs. Not on the hub."""
    photos: dict[str, bytes] = {}
    for photo, key in keys.items():
        # One that the store has lost is told as such on its page; the review is held all the same.
        with suppress(NotFound):
            photos[str(photo)] = store.get(key)
    return photos


def _pages(
    store: Store,
    content: Mapping[str, Any],
    photos: Mapping[str, bytes],
    language: str,
    frozen_at: datetime,
    now: datetime,
) -> list[Pack]:
    """Set the pages and slides of a language, and keep them. Not on the hub."""
    return [
        keep_pack(store, form, language, made, frozen_at, now)
        for form, made in rendered(content, photos, language).items()
    ]
