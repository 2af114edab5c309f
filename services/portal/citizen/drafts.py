"""The draft of the browser that asks now."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from services.portal.accounts import cookies
from services.portal.accounts.client import client
from services.portal.accounts.parts import parts
from services.portal.commands.keep_draft import (
    KEPT,
    begin_draft,
    draft_of,
    note_filed,
    put_photo,
    retype,
)
from services.portal.models import GrievanceDraft

COOKIE: Final = "palika-grievance"


@dataclass(frozen=True, slots=True)
class Draft:
    """What has been typed; ``number`` and ``token`` once it is filed."""

    id: UUID
    typed: Mapping[str, Any]
    has_photo: bool
    number: str | None
    token: str | None


def draft() -> Draft | None:
    """That of the browser, if there is one.

    Raises:
        Unavailable: the portal's database is away.
    """
    here, token = parts(), cookies.read(COOKIE)
    if not token:
        return None
    with here.store.begin() as session:
        return _read(draft_of(session, here.keeping, token, here.now()))


def keep(typed: Mapping[str, Any]) -> None:
    """Keep words in the draft that is not filed yet; a new one, if there is none.

    Raises:
        TooMany: too many were begun from there.
        Unavailable: as above.
    """
    here, token, now = parts(), cookies.read(COOKIE), parts().now()
    with here.store.begin() as session:
        row = draft_of(session, here.keeping, token, now, lock=True)
        if row is None or row.number is not None:
            network = here.keeping.of_client(client().network)
            token = begin_draft(session, here.keeping, typed, network, now)
        else:
            retype(row, here.keeping, typed, now)
    cookies.put(COOKIE, token, lasting=KEPT)


def keep_photo(content: bytes | None) -> None:
    """Keep a photograph in the draft, or take it out. Raises as ``draft``."""
    here, token = parts(), cookies.read(COOKIE)
    with here.store.begin() as session:
        row = draft_of(session, here.keeping, token, here.now(), lock=True)
        if row is not None:
            put_photo(row, here.keeping, content)


def photo() -> str | None:
    """The photograph of the draft, in base64. Raises as ``draft``."""
    here, token = parts(), cookies.read(COOKIE)
    with here.store.begin() as session:
        row = draft_of(session, here.keeping, token, here.now())
        if row is None or row.photo is None:
            return None
        return str(here.keeping.open(row.photo)["photo"])


def filed_once(file: Any) -> Draft | None:
    """File the draft, if it is not filed yet.

    Who sends it twice waits here for the first to be answered, and is told what that has come to.

    Args:
        file: takes the draft, gives the ``number`` and the ``token`` (None: it is not told again).

    Returns:
        The draft as it is then; None: there is none.

    Raises:
        PalikaError: what ``file`` raises; the draft stays as it was.
    """
    here, token = parts(), cookies.read(COOKIE)
    with here.store.begin() as session:
        row = draft_of(session, here.keeping, token, here.now(), lock=True)
        found = _read(row)
        if row is None or found is None or found.number is not None:
            return found
        number, followed_by = file(found)
        note_filed(row, here.keeping, number, followed_by)
        return _read(row)


def _read(row: GrievanceDraft | None) -> Draft | None:
    if row is None:
        return None
    keeping = parts().keeping
    token = None if row.followed_by is None else str(keeping.open(row.followed_by)["token"])
    return Draft(row.id, keeping.open(row.typed), row.photo is not None, row.number, token)
