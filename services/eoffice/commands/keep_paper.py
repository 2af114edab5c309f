"""Keep a paper: a PDF, or a scan of which one is made."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.auth import Identity
from palika.blocking import off_hub
from palika.errors import Conflict, Invalid
from palika.store import Store
from services.eoffice.commands.asked_again import check_unused, made_before
from services.eoffice.domain.organisation import Actor
from services.eoffice.models import Paper, ReceiptPaper
from services.eoffice.organisation_store import actor
from services.eoffice.papers import Stored, content_in, from_base64, keep, keep_pieces
from services.eoffice.sealing import act

Begin = Callable[[], AbstractContextManager[Session]]


def keep_paper(
    begin: Begin, store: Store, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Paper:
    """Check ``args["content_base64"]``, or what ``args["pieces"]`` come to, and keep it.

    It is looked at before the transaction; whoever speaks for no post costs no such work.

    Raises:
        Forbidden: the caller speaks for no post.
        Invalid: the content breaks a rule; nothing is kept.
        Conflict: the id was used before, for another content.
        Unavailable: the store does not answer.
    """
    with begin() as session:
        actor(session, caller, args["post"], now)
    if args["pieces"] is not None:
        with content_in("pieces"):
            stored = keep_pieces(store, args["pieces"], now)
    else:
        with content_in("content_base64"):
            stored = keep(store, off_hub(from_base64, args["content_base64"]), now)
    with begin() as session:
        who = actor(session, caller, args["post"], now)
        asked = {"name": args["name"], "received_sha256": stored.received_sha256}
        asked |= {"added_by": who.post.code}
        found = made_before(session, Paper, args["id"], asked)
        if found is not None:
            return found
        check_unused(session, args["id"])
        return add_paper(session, stored, args["id"], args["name"], who, now)


def add_paper(
    session: Session, stored: Stored, key: UUID | None, name: str, who: Actor, now: datetime
) -> Paper:
    """The row of what is kept, and its act."""
    paper = Paper(
        id=key or uuid7(),
        name=name,
        key=stored.key,
        source=stored.source,
        size=stored.size,
        pages=stored.pages,
        sha256=stored.sha256,
        received_sha256=stored.received_sha256,
        added_by=who.post.code,
        added_at=now,
    )
    session.add(paper)
    act(session, paper.id, "paper", "kept", who, now, {"pages": paper.pages})
    return paper


def own_papers(session: Session, ids: list[UUID], post: str) -> list[Paper]:
    """Papers that a post has kept and that no receipt has, locked, in the order asked for.

    Raises:
        Invalid: one is asked for twice, or there is none such of this post.
        Conflict: a receipt has one already.
    """
    if len(set(ids)) != len(ids):
        raise Invalid("a paper is of one place only", {"papers": ["one is named twice"]})
    rows = select(Paper).where(Paper.id.in_(ids)).order_by(Paper.id).with_for_update()
    found = {each.id: each for each in session.scalars(rows)}
    # Whoever names the id of a paper that somebody else has kept does not get to read it by that.
    if missing := [str(each) for each in ids if each not in found or found[each].added_by != post]:
        raise Invalid("no such paper", {"papers": [f"{post} has kept no paper {missing[0]}"]})
    taken = session.scalar(select(ReceiptPaper.paper_id).where(ReceiptPaper.paper_id.in_(ids)))
    if taken is not None:
        raise Conflict(f"paper {taken} is of a receipt already", {"paper": str(taken)})
    return [found[each] for each in ids]
