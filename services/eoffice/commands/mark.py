"""Ask several posts about a file at once, answer, gather."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.auth import Identity
from palika.errors import Conflict, Invalid, PalikaError
from services.eoffice.commands.step import Doing, begin
from services.eoffice.domain.movement import Step, check_clearance, check_due
from services.eoffice.models import File, Marking
from services.eoffice.queries.custody import may_have


def mark_file(session: Session, caller: Identity, args: Mapping[str, Any], now: datetime) -> File:
    """Ask ``args["posts"]`` a question about the file, all at once; it stays where it is.

    Raises:
        NotFound: no such file.
        Forbidden: it is with another post, or the caller does not speak for its own.
        Invalid: a post does not exist, has the file, is named twice, or may not read it.
        Conflict: it is not open, or at another version.
    """
    doing = begin(session, caller, Step.MARK, args, now)
    if doing.repeated:
        return doing.file
    check_due(args["due_on"], doing.today)
    _check_posts(doing, args["posts"])
    asked = args.get("step") or uuid7()
    for code in args["posts"]:
        session.add(
            Marking(
                id=uuid7(),
                file_id=doing.file.id,
                round=asked,
                post=code,
                by_post=doing.who.post.code,
                by_person=doing.who.person,
                question=args["question"],
                due_on=args["due_on"],
                asked_at=now,
                state="asked",
                answer=None,
                answered_at=None,
                answered_by=None,
                gathered_at=None,
            )
        )
    return doing.done("marked", {"to": list(args["posts"]), "round": asked})


def _check_posts(doing: Doing, posts: list[str]) -> None:
    wrong = [f"{each} is named twice" for each in sorted(set(posts)) if posts.count(each) > 1]
    for code in dict.fromkeys(posts):
        if code == doing.file.held_by:
            wrong.append(f"{code} has the file")
            continue
        try:
            post = doing.organisation.check_post(code, "to", doing.today)
            known = may_have(doing.session, doing.file, post)
            check_clearance("file", doing.file.standing.secrecy, post, had=known)
        except Invalid as error:
            wrong += error.fields["to"]
    if wrong:
        raise Invalid("cannot be marked to these posts", {"posts": wrong})


def answer_mark(session: Session, caller: Identity, args: Mapping[str, Any], now: datetime) -> File:
    """Answer what the caller's post was asked: the oldest question, or ``args["marking"]``.

    Raises:
        NotFound: no such file.
        Forbidden: the post was not asked, or has answered.
        Conflict: the file is closed; or this question was answered or withdrawn.
    """
    doing = begin(session, caller, Step.ANSWER, args, now)
    if doing.repeated:
        return doing.file
    waiting = select(Marking).where(
        Marking.file_id == doing.file.id,
        Marking.post == doing.who.post.code,
        Marking.state == "asked",
    )
    if args["marking"] is not None:
        waiting = waiting.where(Marking.id == args["marking"])
    found = session.scalars(waiting.order_by(Marking.asked_at, Marking.id).limit(1)).first()
    if found is None:
        raise _not_asked(doing)
    found.state = "answered"
    found.answer = args["answer"]
    found.answered_at = now
    found.answered_by = doing.who.person
    return doing.done("answered", {"marking": found.id})


def gather_marks(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> File:
    """Gather the answers; with ``args["withdraw"]`` questions without one are withdrawn.

    Raises:
        NotFound: no such file.
        Forbidden: it is with another post, or the caller does not speak for its own.
        Conflict: posts have not answered and their questions are not to be withdrawn; or nothing
            was asked since it was last gathered.
    """
    doing = begin(session, caller, Step.GATHER, args, now)
    if doing.repeated:
        return doing.file
    found = session.scalars(
        select(Marking).where(Marking.file_id == doing.file.id, Marking.gathered_at.is_(None))
    ).all()
    waiting = sorted({each.post for each in found if each.state == "asked"})
    if waiting and not args["withdraw"]:
        raise Conflict(
            f"no answer yet from {', '.join(waiting)}; gather with withdraw to go on without",
            {"step": Step.GATHER, "legal": doing.legal(), "waiting": waiting},
        )
    for each in found:
        if each.state == "asked":
            each.state = "withdrawn"
        each.gathered_at = now
    return doing.done("gathered", {"answers": len(found) - len(waiting), "withdrawn": waiting})


def _not_asked(doing: Doing) -> PalikaError:
    key = str(doing.args["marking"])
    return Conflict(
        f"{key} is not a question that waits for this post's answer",
        {"marking": key, "step": Step.ANSWER, "legal": doing.legal()},
    )
