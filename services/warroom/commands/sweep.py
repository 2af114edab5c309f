"""Delete from the store of photographs and packs what no version names (``palika/sweeping.py``)."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika import sweeping
from palika.store import Store
from palika.sweeping import Swept
from services.warroom.models import ReviewVersion, Version

_OF_PHOTOS = Version.kind == "photo"
_KEY, _THUMBNAIL = Version.content["content_key"].astext, Version.content["thumbnail_key"].astext


def sweep(
    begin: Callable[[], AbstractContextManager[Session]],
    store: Store,
    now: datetime,
    stopping: Callable[[], bool] = lambda: False,
) -> Swept:
    """Delete what was kept more than a day ago and is in no version, not even of the past.

    Raises as ``palika.sweeping.sweep``.
    """
    return sweeping.sweep(begin, store, _named, now, stopping)


def _named(session: Session, keys: list[str]) -> set[str]:
    found: set[str] = set()
    for column in (_KEY, _THUMBNAIL):
        found.update(session.scalars(select(column).where(_OF_PHOTOS, column.in_(keys))))
    pack = ReviewVersion.content["key"].astext
    asked = select(pack).where(ReviewVersion.kind == "pack", pack.in_(keys))
    return found | set(session.scalars(asked))
