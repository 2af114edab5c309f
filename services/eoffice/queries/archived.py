"""Files that came as archives, and the archives that were made here."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from palika.blocking import off_hub
from palika.errors import Forbidden, NotFound
from palika.paging import cursor_at, order_of, position_of
from palika.store import Store
from services.eoffice.domain.access import check_readable
from services.eoffice.domain.numbering import spellings
from services.eoffice.domain.organisation import Post
from services.eoffice.models import Act, Archive, File, FileNumber, Imported, ImportedPart
from services.eoffice.organisation_store import current
from services.eoffice.queries.kept_papers import HEADERS
from services.eoffice.queries.readable import imported_readable
from services.eoffice.queries.sight import check_sight, sees_imported
from services.eoffice.records.proofs import LISTED, OWN
from services.eoffice.reference import city_retention
from services.eoffice.schemas.archives import ArchiveView, ImportedView, PartView

UNKNOWN: Final = "not known"
"""How that is proved which came before archives were signed."""

_archive, _imported, _part = ArchiveView(), ImportedView(), PartView()


def archive_view(found: Archive) -> dict[str, Any]:
    """An archive that was made."""
    shown: dict[str, Any] = _archive.dump(found)
    return shown


def imported_view(found: Imported) -> dict[str, Any]:
    """A file that was brought in: it is closed, and stays as it is."""
    shown: dict[str, Any] = _imported.dump(found)
    return shown | {"status": "archived"}


def imported_file(session: Session, post: Post, args: Mapping[str, Any]) -> Imported:
    """By its ``id`` or its ``number``.

    Raises:
        NotFound: there is none, or the post may not read it: the same either way.
    """
    key = str(args["id"] if args["id"] is not None else args["number"])
    wanted = (
        Imported.id == args["id"]
        if args["id"] is not None
        else Imported.number.in_(spellings(args["number"]))
    )
    found = session.scalar(select(Imported).where(wanted))
    if found is None:
        raise NotFound(f"there is no archived file {key}", {"id": key})
    check_readable("archived file", key, sees_imported(session, post, found))
    return found


def get(session: Session, post: Post, args: Mapping[str, Any]) -> dict[str, Any]:
    """One, with its ``parts``: ``file.json`` is the document, ``index.html`` the page.

    Raises:
        NotFound: as ``imported_file``.
    """
    found = imported_file(session, post, args)
    parts = select(ImportedPart).where(ImportedPart.imported_id == found.id)
    shown = [_part.dump(each) for each in session.scalars(parts.order_by(ImportedPart.path))]
    signature = _signatures(session, [found]).get(found.id)
    proof = {"signature": signature, "unproved": unproved(session, [found]).get(found.id)}
    return imported_view(found) | proof | {"parts": shown}


def page(session: Session, post: Post, args: Mapping[str, Any]) -> dict[str, Any]:
    """Those that the post may read, the last brought in first: ``items`` and ``next``.

    Raises:
        Invalid: the cursor is not one that this list gave.
    """
    order = order_of("archived", {**args, "post": post.code})
    found = (
        select(Imported)
        .where(imported_readable(Imported.secrecy, Imported.id, post))
        .order_by(Imported.imported_at.desc(), Imported.id.desc())
        .limit(args["limit"] + 1)
    )
    if args["cursor"] is not None:
        place = tuple_(*position_of(order, args["cursor"]))
        found = found.where(tuple_(Imported.imported_at, Imported.id) < place)
    rows = session.scalars(found).all()
    shown = rows[: args["limit"]]
    after = None
    if len(rows) > len(shown):
        after = cursor_at(order, (shown[-1].imported_at, shown[-1].id))
    signatures = _signatures(session, shown)
    bare = unproved(session, shown)
    items = [
        imported_view(each) | {"signature": signatures.get(each.id), "unproved": bare.get(each.id)}
        for each in shown
    ]
    return {"items": items, "next": after}


def _signatures(session: Session, some: Sequence[Imported]) -> dict[UUID, Any]:
    """By whom each is signed, as the last act says that tells of it (a proof may have come later);
    the record says nothing of what came in before archives were signed."""
    told = (
        select(Act.chain_id, Act.data["signature"].label("signature"))
        .where(Act.chain_id.in_([each.id for each in some]), Act.data.has_key("signature"))
        .order_by(Act.chain_id, Act.position)
    )
    return {each.chain_id: each.signature for each in session.execute(told)}


def unproved(session: Session, some: Sequence[Imported]) -> dict[UUID, str]:
    """Of files that were brought in, how those are taken that nothing proves: ``unsigned``,
    ``trusted by hand``, or ``not known`` from before archives were signed."""
    told = _signatures(session, some)
    how = {each.id: (told.get(each.id) or {}).get("how", UNKNOWN) for each in some}
    return {key: each for key, each in how.items() if each not in (OWN, LISTED)}


def proof_of(session: Session, found: Imported) -> str | None:
    """How a file that was brought in is proved (``records.standing``); None: it came before
    archives were signed."""
    said = _signatures(session, [found]).get(found.id)
    return None if said is None else said["how"]


def find_part(session: Session, post: Post, args: Mapping[str, Any]) -> ImportedPart:
    """One file of an archive that was brought in.

    Raises:
        NotFound: there is none that the post may read.
    """
    found = imported_file(session, post, {"id": args["id"], "number": None})
    part = session.get(ImportedPart, (found.id, args["path"]))
    if part is None:
        raise NotFound(f"the archive has no {args['path']}", {"path": args["path"]})
    return part


def find_archive(session: Session, post: Post, args: Mapping[str, Any]) -> Archive:
    """A ZIP that was made here, for a post that may make one.

    Raises:
        NotFound: there is none that the post may read.
        Forbidden: the post may not make archives of its file.
    """
    key = str(args["id"])
    found = session.get(Archive, args["id"])
    if found is None or found.key is None:
        raise NotFound(f"there is no archive {key}", {"id": key})
    file = session.get_one(File, found.file_id)
    check_sight(session, post, file, "archive", key)
    check_readable("archive", key, post.clearance >= file.secrecy)
    check_may_archive(session, file, post)
    return found


def check_may_archive(session: Session, file: File, post: Post) -> None:
    """Refuse an archive to a post that has not the clearance itself, or is none of: the record
    room, the one that has the file, those up its line.

    Raises:
        Forbidden: it may not.
    """
    near = {file.held_by, *current(session).above(file.held_by)}
    if post.clearance < file.secrecy or not (
        city_retention().record_room.includes(post) or post.code in near
    ):
        raise Forbidden(
            f"{post.code} may not have an archive of file {file.number}: that is for the record "
            f"room, {file.held_by} and those above it, with clearance for it",
            {"post": post.code, "held_by": file.held_by},
        )


def content(store: Store, key: str, size: int, args: Mapping[str, Any]) -> dict[str, Any]:
    """Some of what is kept under a key: ``content_base64``, and ``next``: where it goes on.

    Raises:
        NotFound: it is not in the store.
        Unavailable: the store does not answer.
    """
    start, length = args["start"], args["length"]
    part = off_hub(store.part, key, start, length)
    after = start + length
    return {
        "content_base64": base64.b64encode(part).decode(),
        "next": after if after < size else None,
        "size": size,
        "headers": {**HEADERS, "Content-Type": "application/octet-stream"},
    }


def is_taken(session: Session, number: str) -> bool:
    """Whether a file has a number: one that was opened here, or brought in."""
    return session.get(FileNumber, number) is not None
