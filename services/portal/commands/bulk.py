"""One act on many grievances: kept before it begins, so that it is carried out once at each of them
however often it is sent, and nothing of it is told by halves."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

from sqlalchemy import select
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.errors import Invalid, NotFound, PalikaError
from services.portal.keeping import Keeping
from services.portal.models import BulkAct

MOST: Final = 200
"""So many grievances at once."""
KEPT: Final = timedelta(hours=24)
"""So long what became of it can be looked at."""
AT_A_TIME: Final = 20
"""So many are done before what has become of them is written down."""

Outcome = dict[str, str]
"""``is``: ``done``, ``refused`` or ``skipped`` (not legal, and so not tried); ``said``: why."""


def choose(
    session: Session,
    account: UUID,
    post: str,
    act: str,
    chosen: Sequence[Mapping[str, Any]],
    now: datetime,
) -> UUID:
    """Keep what was chosen; nothing is done yet.

    Args:
        account: whose choice it is, ``post`` for which they act.
        act: its name.
        chosen: ``id``, ``number`` and ``version`` of each grievance.

    Raises:
        Invalid: none, or too many.
    """
    if not chosen:
        raise Invalid("nothing is chosen", {"row": ["choose one at least"]})
    if len(chosen) > MOST:
        raise Invalid("too many are chosen", {"row": [f"must be at most {MOST}"]})
    row = BulkAct(
        id=uuid7(),
        account_id=account,
        post=post,
        act=act,
        chosen=[dict(each) for each in chosen],
        outcomes={},
        until=now + KEPT,
    )
    session.add(row)
    session.flush()
    return row.id


def found(
    session: Session, key: UUID, account: UUID, post: str, now: datetime, *, lock: bool = False
) -> BulkAct:
    """One of somebody's own, for the post that they act for now; with ``lock`` who comes second
    waits for who came first.

    Raises:
        NotFound: there is none, it is another's, or it is over.
    """
    wanted = select(BulkAct).where(
        BulkAct.id == key,
        BulkAct.account_id == account,
        BulkAct.post == post,
        BulkAct.until > now,
    )
    row = session.scalar(wanted.with_for_update() if lock else wanted)
    if row is None:
        raise NotFound("this choice is not there any more")
    return row


def begin(row: BulkAct, keeping: Keeping, given: Mapping[str, Any], now: datetime) -> None:
    """From now on it is this act, with these words; what was begun already stays as it is."""
    if row.begun_at is None:
        row.given, row.begun_at = keeping.seal(dict(given)), now


def end_words(row: BulkAct) -> None:
    """Let other words be typed, where nothing is known to be done with those that were."""
    if not row.outcomes:
        row.given = row.begun_at = None


def left(row: BulkAct) -> list[dict[str, Any]]:
    """Those of which it is not known what has become."""
    return [each for each in row.chosen if each["id"] not in row.outcomes]


def carry_on(row: BulkAct, do: Callable[[Mapping[str, Any], str], Outcome]) -> PalikaError | None:
    """Do the next ones; what was done is kept also where the next one cannot be done now.

    Args:
        row: locked, and begun.
        do: takes one of ``chosen`` and the id of its call, which is the same whenever it is asked
            again; says what became of it, or raises that this cannot be known now.

    Returns:
        What ``do`` has raised, if it has.
    """
    done: dict[str, Outcome] = {}
    failure = None
    try:
        for each in left(row)[:AT_A_TIME]:
            done[each["id"]] = do(each, call_of(row.id, each["id"]))
    except PalikaError as error:
        failure = error
    # Another dict: a change inside of one would not be written.
    row.outcomes = {**row.outcomes, **done}
    return failure


def call_of(key: UUID, grievance: str) -> str:
    """The id of the call that does it at one grievance."""
    return str(uuid5(key, grievance))
