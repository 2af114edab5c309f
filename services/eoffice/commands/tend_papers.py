"""What the service does for papers by itself: reads their text, and sweeps away what nobody has."""

import logging
import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
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
"""So far back unread papers are looked for: the archive makes it no slower."""
_AT_ONCE = 20
_PART = 8 * 1024 * 1024


def read_texts(
    begin: Begin, store: Store, now: Callable[[], datetime], stopping: Callable[[], bool]
) -> int:
    """Read the text of papers that nobody has read, the oldest first; gives how many were.

    Two processes may read one paper at once; one of them keeps what it has read. A paper that
    cannot be read, or takes too long, has no text, and is not tried again.

    Raises:
        Unavailable: the store does not answer, or no process can be started; the next time does
            the rest.
    """
    since = now() - LOOKED_THROUGH
    with begin() as session:
        unread = (
            select(Paper.id, Paper.key)
            .where(Paper.added_at >= since)
            .where(~select(PaperText.paper_id).where(PaperText.paper_id == Paper.id).exists())
            .order_by(Paper.added_at, Paper.id)
            .limit(_AT_ONCE)
        )
        found = session.execute(unread).all()
    done = 0
    for paper_id, key in found:
        if stopping():
            break
        pages, cut = _read(store, key)
        with begin() as session:
            done += keep_text(session, paper_id, pages, cut, now())
    return done


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
