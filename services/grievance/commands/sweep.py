"""Delete from the store of attachments what no row names (``palika/sweeping.py``)."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime

from sqlalchemy import ARRAY, Text, bindparam, func, select
from sqlalchemy.orm import Session

from palika import sweeping
from palika.store import Store
from palika.sweeping import Swept
from services.grievance.models import Attachment

_ASKED = func.unnest(bindparam("keys", type_=ARRAY(Text)))
_KEYS = _ASKED.table_valued("key").render_derived(name="kept")
_NAMED = select(_KEYS.c.key).where(
    select(Attachment.id).where(Attachment.key == _KEYS.c.key).exists()
    | select(Attachment.id).where(Attachment.thumbnail_key == _KEYS.c.key).exists()
)


def sweep(
    begin: Callable[[], AbstractContextManager[Session]],
    store: Store,
    now: datetime,
    stopping: Callable[[], bool] = lambda: False,
    *,
    everything: bool = False,
    dry_run: bool = False,
) -> Swept:
    """Delete what was kept more than a day ago and is in no row; as ``palika.sweeping.sweep``."""
    return sweeping.sweep(
        begin, store, _named, now, stopping, everything=everything, dry_run=dry_run
    )


def _named(session: Session, keys: list[str]) -> set[str]:
    return set(session.scalars(_NAMED, {"keys": keys}))
