"""Freeze the briefing pack of a review: what is known at one moment.

The snapshot (JSON) is frozen at once; the pages are set of it a little later (``set_packs.py``),
for fifty projects take longer than a caller waits. The bytes are kept before the transaction that
names them (docs/decisions/0012), and no lock is held while they are made. Later changes of a
project alter none.
"""

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.blocking import off_hub
from palika.errors import Conflict
from palika.store import Store
from services.warroom.commands.keep_pack import keep_pack, pack_id
from services.warroom.commands.set_agenda import put_agenda
from services.warroom.commands.set_packs import NamePosts, ask_for_pages
from services.warroom.commands.sitting import Sitting
from services.warroom.domain.keeping import kept
from services.warroom.domain.red_kpis import KnownKpi
from services.warroom.domain.reviews import Review
from services.warroom.domain.steps import Step
from services.warroom.models import Seen
from services.warroom.posts import posts_in
from services.warroom.queries.briefing import snapshot
from services.warroom.queries.subjects import Looked, looked

_Begin = Callable[[], AbstractContextManager[Session]]


def freeze(
    begin: _Begin,
    store: Store,
    caller: Identity,
    args: Mapping[str, Any],
    now: datetime,
    kpis: Mapping[str, KnownKpi] | None = None,
    name_posts: NamePosts = lambda codes: {},
) -> Review:
    """Make the agenda anew, and freeze what the review is to see. Frozen again it is another pack;
    the one before stays in the review's past.

    Args:
        kpis: as of ``set_agenda.make_agenda``.
        name_posts: what posts are called (``palika.posts.names_of``), asked once and in no
            transaction; frozen with the rest. One without a name is called by its code.

    Raises as ``Sitting.load``, and:
        Forbidden: it is for who leads the review.
        Conflict: it has begun, or was called off; or somebody has changed it meanwhile.
        Unavailable: the store does not answer.
    """
    with begin() as session:
        sitting = Sitting.load(session, caller, args, now)
        sitting.check_step(Step.FREEZE)
        seen = looked(session, sitting.meeting, sitting.now)
        put_agenda(sitting, seen, kpis or {})
        prepared = sitting.save("make_agenda")
        content = snapshot(prepared, seen)
    content["posts"] = kept(name_posts(posts_in(content)))
    told = json.dumps(content, ensure_ascii=False, sort_keys=True).encode()
    pack = off_hub(keep_pack, store, "json", None, told, seen.at, now)
    with begin() as session:
        sitting = _unchanged(session, caller, prepared, now)
        for key in sitting.review.packs:
            sitting.take_out(key)
        sitting.put(pack_id(sitting.id, pack), pack)
        sitting.put(sitting.id, replace(sitting.meeting, frozen_at=seen.at))
        _keep_seen(session, sitting.id, seen)
        ask_for_pages(session, sitting.id, seen.at, now)
        return sitting.save("freeze")


def _unchanged(session: Session, caller: Identity, prepared: Review, now: datetime) -> Sitting:
    wanted = {"review_id": prepared.id, "version": prepared.version}
    try:
        return Sitting.load(session, caller, wanted, now)
    except Conflict as error:
        raise Conflict(
            "the review has changed while its pack was made: freeze it again", error.details
        ) from error


def _keep_seen(session: Session, review: UUID, looked_at: Looked) -> None:
    """The pack before, if there is one, is not that which the review is given."""
    session.execute(delete(Seen).where(Seen.review_id == review))
    rows = [
        {"review_id": review, "subject_id": key, "position": position}
        for key, position in looked_at.seen.items()
    ]
    session.execute(insert(Seen), rows)
