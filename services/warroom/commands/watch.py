"""Add what happens around the projects: counts of their links, movements of their files."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from palika.events import Event
from palika.india import day_of
from palika.moments import in_utc
from palika.subscribe import Refuse
from services.warroom.domain.activity import RULES, Malformed, counted
from services.warroom.domain.facts import Link
from services.warroom.domain.keeping import read
from services.warroom.models import OPEN, Activity, FileMove, FollowedFile, Version

FILE_EVENTS: Final = {"eoffice.file_moved.v1": "moved_at", "eoffice.file_closed.v1": "closed_at"}
"""What is told of files, and which field says when."""
WATCHED: Final = sorted([*RULES, *FILE_EVENTS])
CLOSED: Final = "closed"


def watch(session: Session, events: Sequence[Event], now: datetime) -> dict[str, Refuse]:
    """Add a batch of events, in the caller's transaction, by the links that there are now.

    Returns:
        The refusals, by event id: those added nothing.
    """
    links, made = _links(session)
    totals: Counter[tuple[UUID, str, date]] = Counter()
    moves: list[dict[str, Any]] = []
    refused: dict[str, Refuse] = {}
    for event in events:
        try:
            if event.type in FILE_EVENTS:
                moves.append(_move(event, now))
                continue
            for key, each in counted(event.type, event.data, links):
                # What comes late of a day before the link was made is not counted: of that day the
                # rest is not known here.
                if each.day >= made[key]:
                    totals[key, each.measure, each.day] += each.amount
        except Malformed as error:
            refused[event.id] = Refuse(str(error))
    _add(session, totals, day_of(now))
    keep_moves(session, moves)
    return refused


def keep_moves(session: Session, moves: Sequence[dict[str, Any]]) -> None:
    """Keep the movements of the files that are followed, each once."""
    ids = {each["file_id"] for each in moves}
    if not ids:
        return
    known = set(session.scalars(select(FollowedFile.file_id).where(FollowedFile.file_id.in_(ids))))
    ours = [each for each in moves if each["file_id"] in known]
    if ours:
        session.execute(insert(FileMove).on_conflict_do_nothing(), ours)


def _links(session: Session) -> tuple[list[tuple[UUID, Link]], dict[UUID, date]]:
    """Every link that counts, of every project, and the day of India on which each was made: a link
    is made and withdrawn, and never revised."""
    asked = select(Version.entity_id, Version.content, Version.since).where(
        Version.kind == "link",
        Version.until == OPEN,
        Version.content["kind"].astext.in_(("area", "tax")),
    )
    rows = session.execute(asked).all()
    links = [(each.entity_id, read(Link, each.content)) for each in rows]
    return links, {each.entity_id: day_of(each.since) for each in rows}


def _add(session: Session, totals: Counter[tuple[UUID, str, date]], known_on: date) -> None:
    if not totals:
        return
    # In one order whoever adds: two batches that share rows wait for each other, and do not lock.
    rows = [
        {"link_id": key, "measure": measure, "day": day, "known_on": known_on, "amount": amount}
        for (key, measure, day), amount in sorted(totals.items())
    ]
    added = insert(Activity)
    session.execute(
        added.on_conflict_do_update(
            index_elements=["link_id", "measure", "day", "known_on"],
            set_={"amount": Activity.amount + added.excluded.amount},
        ),
        rows,
    )


def _move(event: Event, now: datetime) -> dict[str, Any]:
    data, field = event.data, FILE_EVENTS[event.type]
    closed = event.type == "eoffice.file_closed.v1"
    try:
        return {
            "file_id": UUID(data["file_id"]),
            "moved_at": in_utc(datetime.fromisoformat(data[field])),
            "kind": CLOSED if closed else data.get("kind") or "forward",
            "from_post": None if closed else data["from_post"],
            "to_post": None if closed else data["to_post"],
            "known_at": now,
        }
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise Malformed(f"not a movement of a file: {error!r:.60}") from error
