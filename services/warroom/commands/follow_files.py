"""Find the files that projects are linked to, and catch up with how they went before.

A file is known here by its number, and its events by its id: the e-office is asked, as the post
that answers for the project. Of a file that this post may not read, or that is of a grade of
secrecy, nothing is kept, and it is asked for ever later: at once again when the project has another
owner.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from palika.errors import Forbidden, Invalid, NotFound
from palika.moments import in_utc
from services.warroom.commands.watch import CLOSED, keep_moves
from services.warroom.models import OPEN, FollowedFile, UnreadFile, Version

_FIRST_DELAY: Final = timedelta(minutes=2)
_LONGEST_DELAY: Final = timedelta(hours=6)
Ask = Callable[..., Mapping[str, Any]]
"""The method ``eoffice.get``."""


def follow_files(
    begin: Callable[[], Any], ask: Ask, now: datetime, stopping: Callable[[], bool]
) -> int:
    """Follow what is linked and not followed yet.

    A file is followed from one transaction on, and asked for again after it: what happens between
    the two comes as an event, what was before is in the answer, and what is in both is kept once.

    Returns:
        How many files have been caught up with.

    Raises:
        Unavailable: the e-office is away; the next time goes on where this one stopped.
    """
    with begin() as session:
        linked = _not_followed(session, now)
    done = 0
    for number, post in linked:
        if stopping():
            return done
        file = _asked(ask, number, post)
        if file is None or file["secrecy"] != "normal":
            with begin() as session:
                _put_off(session, number, post, now)
            continue
        with begin() as session:
            made = insert(FollowedFile).values(
                file_id=UUID(file["id"]), number=number, followed_at=now, caught_up=False
            )
            session.execute(made.on_conflict_do_nothing())
    with begin() as session:
        behind = _behind(session, now)
    for number, post in behind:
        if stopping():
            return done
        file = _asked(ask, number, post)
        if file is None:
            with begin() as session:
                _put_off(session, number, post, now)
            continue
        with begin() as session:
            _catch_up(session, file, now)
        done += 1
    return done


def _asked(ask: Ask, number: str, post: str) -> Mapping[str, Any] | None:
    """The file; None: there is none, or the post may not read it."""
    try:
        return ask(number=number, post=post)
    except (Forbidden, Invalid, NotFound):
        return None


def _linked() -> Any:
    """The numbers of linked files, with the post that answers for the project."""
    project = aliased(Version)
    return (
        select(Version.content["code"].astext, project.content["owner"].astext)
        .join(project, project.entity_id == Version.project_id)
        .where(
            Version.kind == "link",
            Version.until == OPEN,
            Version.content["kind"].astext == "file",
            project.until == OPEN,
        )
        .order_by(Version.id)
    )


def _not_followed(session: Session, now: datetime) -> list[tuple[str, str]]:
    known = select(FollowedFile.number)
    return _asked_now(session, _linked().where(Version.content["code"].astext.not_in(known)), now)


def _behind(session: Session, now: datetime) -> list[tuple[str, str]]:
    late = select(FollowedFile.number).where(FollowedFile.caught_up.is_(False))
    return _asked_now(session, _linked().where(Version.content["code"].astext.in_(late)), now)


def _asked_now(session: Session, linked: Any, now: datetime) -> list[tuple[str, str]]:
    """Those whose time has come, each once though several projects have it."""
    waits = select(UnreadFile.number, UnreadFile.post).where(UnreadFile.next_at > now)
    waiting = {(number, post) for number, post in session.execute(waits)}
    found = dict.fromkeys((number, post) for number, post in session.execute(linked))
    return [each for each in found if each not in waiting]


def _put_off(session: Session, number: str, post: str, now: datetime) -> None:
    """Ask for a file later; one that is refused for long is asked for a few times a day."""
    refused = session.get(UnreadFile, (number, post))
    before = 0 if refused is None else refused.attempts
    wait = min(_LONGEST_DELAY, _FIRST_DELAY * 2 ** min(before, 20))
    values = {"attempts": before + 1, "next_at": now + wait}
    put = insert(UnreadFile).values(number=number, post=post, **values)
    # Another process may have asked at the same time.
    session.execute(put.on_conflict_do_update(index_elements=["number", "post"], set_=values))


def _catch_up(session: Session, file: Mapping[str, Any], now: datetime) -> None:
    key = UUID(file["id"])

    def row(at: str, kind: str, **posts: str | None) -> dict[str, Any]:
        moved_at = in_utc(datetime.fromisoformat(at))
        return {"file_id": key, "moved_at": moved_at, "kind": kind, "known_at": now, **posts}

    moves = [
        row(each["moved_at"], each["kind"], from_post=each["from_post"], to_post=each["to_post"])
        for each in file["movements"]
    ]
    if file["closed_at"] is not None:
        moves.append(row(file["closed_at"], CLOSED, from_post=None, to_post=None))
    keep_moves(session, moves)
    followed = session.get_one(FollowedFile, key)
    followed.caught_up = True
    session.execute(delete(UnreadFile).where(UnreadFile.number == followed.number))
