"""What the service does for papers by itself: reads their text, and sweeps away what nobody has."""

import logging
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika import sweeping
from palika.blocking import off_hub
from palika.errors import Invalid, NotFound
from palika.store import Store
from palika.sweeping import Swept
from services.eoffice.commands.keep_paper import Begin
from services.eoffice.commands.remove_weeded import named_keys
from services.eoffice.models import Paper, PaperText
from services.eoffice.papers import read_text
from services.eoffice.sealing import act
from services.eoffice.searching import index_paper, lock_places

_log = logging.getLogger(__name__)

LOOKED_THROUGH = timedelta(days=3)
"""So long before a look a paper may have been added that was not committed by then."""
_AT_ONCE = 20
_PART = 8 * 1024 * 1024


@dataclass(slots=True)
class Looked:
    """What a reader of papers knows from its looks: all that were added before ``since`` are read.

    None: it has not looked yet, and looks through all there are. The archive makes no later look
    slower.
    """

    since: datetime | None = None


def read_texts(
    begin: Begin,
    store: Store,
    now: Callable[[], datetime],
    stopping: Callable[[], bool],
    looked: Looked | None = None,
) -> int:
    """Read the text of papers that nobody has read, however old; gives how many were.

    The oldest come first; where many wait, every other one is one of the newest, so that what comes
    in today does not wait until all are read. Two processes may read one paper at once; one of
    them keeps what it has read. A paper that cannot be read, or takes too long, has no text, and is
    not tried again.

    Args:
        looked: what the same reader knows from before; it is brought up to date.

    Raises:
        Unavailable: the store does not answer, or no process can be started; the next time does
            the rest.
    """
    looked = looked or Looked()
    at = now()
    with begin() as session:
        found = _unread(session, looked.since)
    until = at - LOOKED_THROUGH
    looked.since = min(found[0].added_at, until) if found else until
    done = 0
    for each in found:
        if stopping():
            break
        pages, cut = _read(store, each.key)
        with begin() as session:
            done += keep_text(session, each.id, pages, cut, now())
    return done


def _unread(session: Session, since: datetime | None) -> list[Any]:
    """Papers that nobody has read, the oldest first; of many, the oldest and the newest in turn."""
    unread = select(Paper.id, Paper.key, Paper.added_at).where(
        ~select(PaperText.paper_id).where(PaperText.paper_id == Paper.id).exists()
    )
    if since is not None:
        unread = unread.where(Paper.added_at >= since)
    oldest = session.execute(unread.order_by(Paper.added_at, Paper.id).limit(_AT_ONCE)).all()
    if len(oldest) < _AT_ONCE:
        return list(oldest)
    latest = unread.order_by(Paper.added_at.desc(), Paper.id.desc())
    newest = session.execute(latest.limit(_AT_ONCE // 2)).all()
    turns = chain.from_iterable(zip(oldest, newest, strict=False))
    return list({each.id: each for each in turns}.values())


def sweep_papers(
    begin: Begin,
    store: Store,
    now: datetime,
    stopping: Callable[[], bool] = lambda: False,
    *,
    everything: bool = False,
) -> Swept:
    """Delete what was kept more than a day ago and is neither a paper nor an archive; as
    ``palika.sweeping.sweep``."""
    return sweeping.sweep(begin, store, named_keys, now, stopping, everything=everything)


def _read(store: Store, key: str) -> tuple[list[str], bool]:
    with tempfile.TemporaryDirectory(prefix="paper-") as folder:
        path = Path(folder, "paper.pdf")
        try:
            off_hub(_fetch, store, key, path)
            return read_text(path)
        except NotFound:
            _log.error("a paper is lost: %s is not in the store", key)
        except Invalid as error:
            _log.warning("no text is read of %s: %s", key, error)
    return [], False


def _fetch(store: Store, key: str, path: Path) -> None:
    with path.open("wb") as file:
        while part := store.part(key, file.tell(), _PART):
            file.write(part)


def keep_text(session: Session, paper_id: UUID, pages: list[str], cut: bool, now: datetime) -> bool:
    """Keep what was read of a paper, so that it is found wherever the paper is.

    Returns:
        False: somebody else has kept it, or it is being put somewhere: it is to be read again.
    """
    # Locked: another process may have read it meanwhile; or it is being put somewhere, and is read
    # again the next time.
    if not lock_places(session, paper_id) or session.get(PaperText, paper_id) is not None:
        return False
    session.add(PaperText(paper_id=paper_id, pages=pages, cut=cut, read_at=now))
    index_paper(session, paper_id)
    act(session, paper_id, "paper", "read", None, now, {"pages": len(pages)})
    return True
