"""What the service does for papers by itself: reads their text, and sweeps away what nobody has."""

import logging
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from palika import sweeping
from palika.blocking import off_hub
from palika.errors import Invalid, NotFound
from palika.store import Store
from palika.sweeping import Swept
from services.eoffice.commands.keep_paper import Begin
from services.eoffice.commands.remove_weeded import named_keys
from services.eoffice.domain.receipts import MAIL
from services.eoffice.models import Paper, PaperText
from services.eoffice.papers import read_text
from services.eoffice.sealing import act
from services.eoffice.searching import index_paper, lock_places

_log = logging.getLogger(__name__)

LOOKED_THROUGH = timedelta(days=3)
"""So long before a look a paper may have been added that was not committed by then."""
PUT_OFF = timedelta(hours=1)
"""So long a paper is left alone that the store did not have."""
_AT_ONCE = 20
_PART = 8 * 1024 * 1024


@dataclass(slots=True)
class Looked:
    """What a reader of papers knows from its looks, so that the archive makes no later one slower.

    Attributes:
        since: all that were added before are read, or put off; None: it has not looked yet, and
            looks through all there are.
        put_off: until when it leaves those alone that the store did not have, by id.
    """

    since: datetime | None = None
    put_off: dict[UUID, datetime] = field(default_factory=dict)


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
    not tried again (but by ``read_again``); one that the store has not is tried again after
    ``PUT_OFF``.

    Args:
        looked: what the same reader knows from before; it is brought up to date.

    Raises:
        Unavailable: the store does not answer, or no process can be started; the next time does
            the rest.
    """
    looked = looked or Looked()
    at = now()
    with begin() as session:
        found = _unread(session, looked, at)
    until = at - LOOKED_THROUGH
    looked.since = min(found[0].added_at, until) if found else until
    done = 0
    for each in found:
        if stopping():
            break
        read = _read(store, each.key)
        if read is None:
            looked.put_off[each.id] = now() + PUT_OFF
            continue
        with begin() as session:
            done += keep_text(session, each.id, *read, now())
    return done


def read_again(begin: Begin, store: Store, now: Callable[[], datetime]) -> int:
    """Read papers again that have no text, as they could not be read; gives of how many there is
    one now.

    Raises:
        Unavailable: as ``read_texts``; what was read is kept.
    """
    without = select(Paper.id, Paper.key).join(PaperText).where(PaperText.pages == [])
    page = without.order_by(Paper.id).limit(_AT_ONCE)
    done = 0
    with begin() as session:
        found = session.execute(page).all()
    while found:
        for each in found:
            if (read := _read(store, each.key)) is not None:
                with begin() as session:
                    done += keep_text(session, each.id, *read, now())
        with begin() as session:
            found = session.execute(page.where(Paper.id > found[-1].id)).all()
    return done


def _unread(session: Session, looked: Looked, at: datetime) -> list[Any]:
    """Papers that nobody has read, the oldest first; of many, the oldest and the newest in turn."""
    since = looked.since
    due = [key for key, until in looked.put_off.items() if until <= at]
    for key in due:
        # Of those that are not read now ``since`` is not later.
        del looked.put_off[key]
    # The text of an e-mail is found with its receipt, and of what is attached with its papers.
    unread = select(Paper.id, Paper.key, Paper.added_at).where(
        Paper.source != MAIL,
        ~select(PaperText.paper_id).where(PaperText.paper_id == Paper.id).exists(),
        Paper.id.not_in(looked.put_off),
    )
    if since is not None:
        unread = unread.where(or_(Paper.added_at >= since, Paper.id.in_(due)))
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


def _read(store: Store, key: str) -> tuple[list[str], bool] | None:
    """The pages of a paper, none if it cannot be read; None: the store has it not (now)."""
    with tempfile.TemporaryDirectory(prefix="paper-") as folder:
        path = Path(folder, "paper.pdf")
        try:
            off_hub(_fetch, store, key, path)
        except (NotFound, ValueError) as error:
            _log.error("a paper is lost: %s", error)
            return None
        try:
            return read_text(path)
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
        False: somebody else has kept it, or it is being put somewhere: it is to be read again. Or
        it was weeded; or there was no text, and there is none now.
    """
    # Locked: another process may have read it meanwhile; or it is being put somewhere, and is read
    # again the next time.
    if not lock_places(session, paper_id):
        return False
    known = session.get(PaperText, paper_id)
    if known is None:
        session.add(PaperText(paper_id=paper_id, pages=pages, cut=cut, read_at=now))
    elif known.pages or not pages:
        return False
    else:
        known.pages, known.cut, known.read_at = pages, cut, now
    index_paper(session, paper_id)
    act(session, paper_id, "paper", "read", None, now, {"pages": len(pages)})
    return True
