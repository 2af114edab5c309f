"""Evidence for a criterion: a document or picture in the store, or a link; taking it away."""

import hashlib
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika import sweeping
from palika.auth import Identity
from palika.blocking import off_hub
from palika.errors import Conflict, Invalid, NotFound
from palika.formats import Format, recognise
from palika.india import day_of
from palika.store import Store, key_of
from services.kpi.commands.score import asked_before
from services.kpi.domain.marking import check_may_mark
from services.kpi.domain.programme import Criterion
from services.kpi.domain.scorecard import check_subject
from services.kpi.models import ScorecardEvidence
from services.kpi.reference import city_catalogue, city_entry
from services.kpi.scorecards.reading import programme

LARGEST: Final = 10 * 1024 * 1024
"""Bytes of a file: what travels by RPC in one piece (docs/decisions/0012)."""
TAKEN: Final = (Format.PDF, Format.JPEG, Format.PNG, Format.WEBP)

Begin = Callable[[], AbstractContextManager[Session]]


def add_evidence(
    begin: Begin,
    store: Callable[[], Store],
    caller: Identity,
    args: Mapping[str, Any],
    now: datetime,
) -> ScorecardEvidence:
    """Show something for a criterion: ``args["url"]`` or ``args["content"]`` (bytes).

    Other ``args``: `programme`, `subject`, `criterion`, `exhibit` (what it is of what is asked for;
    None: something else), `title`, `id` (the caller's, or None). The bytes are kept before the
    transaction (docs/decisions/0012).

    Raises:
        NotFound: no such programme or criterion.
        Invalid: no such subject or exhibit; neither a link nor a file, or both; a link that is
            none; a file of no format that is taken.
        Forbidden: it is not the caller's to show (`domain/marking.py`).
        Conflict: the id was used for something else.
        Unavailable: the store does not answer.
    """
    of = programme(args["programme"])
    criterion = of.criterion(args["criterion"])
    check_subject(of, args["subject"], city_catalogue().departments)
    check_may_mark(caller, of, args["subject"], city_entry())
    _check_exhibit(criterion, args["exhibit"])
    if (args["url"] is None) == (args["content"] is None):
        raise Invalid("evidence is a link or a file", {"url": ["must be given, or content_base64"]})
    asked = {
        "programme": of.code,
        "subject": args["subject"],
        "criterion": criterion.code,
        "exhibit": args["exhibit"],
        "title": args["title"],
        "added_by": caller.subject,
    }
    if args["content"] is None:
        asked["url"] = _checked_url(args["url"])
        kept: dict[str, Any] = {}
    else:
        kept = off_hub(_keep, store, args["content"], now)
        asked["sha256"] = kept["sha256"]
    with begin() as session:
        row: ScorecardEvidence | None = asked_before(session, ScorecardEvidence, args["id"], asked)
        if row is None:
            row = ScorecardEvidence(id=args["id"] or uuid7(), added_at=now, **(asked | kept))
            session.add(row)
            session.flush()
        return row


def remove_evidence(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> ScorecardEvidence:
    """Take evidence away (``args``: `id`, `reason`): it counts no more from today on, and stays as
    a record.

    Raises:
        NotFound: there is none, or its programme is no more.
        Forbidden: it is not the caller's to take away (`domain/marking.py`).
        Conflict: it was taken away before.
    """
    row = session.get(ScorecardEvidence, args["id"], with_for_update=True)
    if row is None:
        raise NotFound("there is no such evidence", {"id": str(args["id"])})
    check_may_mark(caller, programme(row.programme), row.subject, city_entry())
    if row.removed_at is not None:
        when = day_of(row.removed_at).isoformat()
        raise Conflict(f"it was taken away on {when}", {"id": str(row.id), "removed_on": when})
    row.removed_at, row.removed_by, row.removed_reason = now, caller.subject, args["reason"]
    session.flush()
    return row


def sweep_evidence(
    begin: Begin, store: Store, now: datetime, stopping: Callable[[], bool] = lambda: False
) -> sweeping.Swept:
    """Delete what was kept more than a day ago and is in no row; as ``palika.sweeping.sweep``."""
    return sweeping.sweep(begin, store, _named, now, stopping)


def _named(session: Session, keys: list[str]) -> set[str]:
    found = select(ScorecardEvidence.key).where(ScorecardEvidence.key.in_(keys))
    return {key for key in session.scalars(found) if key is not None}


def _check_exhibit(criterion: Criterion, exhibit: str | None) -> None:
    known = [each.code for each in criterion.exhibits]
    if exhibit is not None and exhibit not in known:
        said = ", ".join(known) or "left out: nothing in particular is asked for"
        raise Invalid(
            f"{criterion.code} asks for no {exhibit!r:.40}", {"exhibit": [f"must be of: {said}"]}
        )


def _checked_url(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname or any(map(str.isspace, url)):
        raise Invalid("the link is none", {"url": ["must be like https://city.example/report"]})
    return url


def _keep(store: Callable[[], Store], content: bytes, now: datetime) -> dict[str, Any]:
    wrong = None
    found = recognise(content) if content else None
    if not content:
        wrong = "must not be empty"
    elif len(content) > LARGEST:
        wrong = f"has {len(content)} bytes; at most {LARGEST} are taken"
    elif found is None:
        wrong = f"is of no known format; taken are {', '.join(each.name for each in TAKEN)}"
    elif found not in TAKEN:
        wrong = f"is {found.name}; taken are {', '.join(each.name for each in TAKEN)}"
    if wrong is not None or found is None:
        raise Invalid("this cannot be evidence", {"content_base64": [wrong]})
    key = key_of(content, now, found.suffix)
    store().put(key, content, found.media_type)
    return {
        "key": key,
        "content_type": found.media_type,
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
