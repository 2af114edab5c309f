"""Make an archive of a closed file: a folder, or a ZIP in the store."""

import json
import tempfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.auth import Identity
from palika.blocking import off_hub
from palika.errors import Conflict, Forbidden, Invalid
from palika.india import day_of
from palika.store import Store, key_of_digest
from services.eoffice.commands.keep_paper import Begin
from services.eoffice.commands.keep_reading import keep_reading
from services.eoffice.commands.load import load_locked
from services.eoffice.domain.legal import Bar, barred
from services.eoffice.domain.movement import State
from services.eoffice.domain.reading import What
from services.eoffice.models import Archive, Chain, Imported, ImportedPart
from services.eoffice.organisation_store import actor
from services.eoffice.queries.archived import check_may_archive, imported_file
from services.eoffice.queries.reading import known_of
from services.eoffice.queries.sight import readable_file
from services.eoffice.records.bag import MANIFEST, Progress, sha256_of, silent
from services.eoffice.records.document import Content, collect
from services.eoffice.records.page import file_name
from services.eoffice.records.writing import (
    BESIDE,
    FILE,
    appearing,
    close,
    copy,
    data_of,
    pack,
    place_of,
    write_content,
)
from services.eoffice.reference import city_retention
from services.eoffice.sealing import act, city_keys_of_record
from services.eoffice.sealing.verify.of_thing import check_stands

MOST_ZIPPED = 200 * 1024 * 1024
"""Bytes of papers up to which a ZIP is made by a call; more takes the command."""


def archive_to_folder(
    begin: Begin,
    store: Store,
    caller: Identity,
    args: Mapping[str, Any],
    folder: Path,
    now: datetime,
    progress: Progress = silent,
) -> Archive:
    """Write the archive of the file ``args["id"]`` or ``args["number"]`` to a folder that is not
    there, or empty.

    Raises:
        NotFound: no such file, or the post may not read it.
        Forbidden: the post may not make archives of it.
        Conflict: it is not closed, was weeded, is not as it was written down (``findings``), or
            somebody did something with it meanwhile.
        Invalid: a paper in the store is not what was kept.
        Unavailable: the store does not answer.
        OSError: the folder cannot be written, or has something in it.
    """
    file_id, content = _collected(begin, store, caller, args, now)
    with appearing(folder) as new:
        write_content(content, store, data_of(new), progress)
        digest = _closed(new, content, now, progress)
        with begin() as session:
            return _noted(session, caller, args, file_id, content, digest, now)


def archive_to_store(
    begin: Begin, store: Store, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Archive:
    """Make a ZIP of the archive and keep it; asked again while nothing was done with the file, a
    new one is made.

    Raises as ``archive_to_folder``, and:
        Invalid: its papers are too large for a call.
    """
    file_id, content = _collected(begin, store, caller, args, now)
    if content.size > MOST_ZIPPED:
        rule = f"its papers have {content.size} bytes; more than {MOST_ZIPPED} take the command"
        raise Invalid("too large for a call", {"id": [rule]})
    with tempfile.TemporaryDirectory(prefix="archive-") as place:
        folder, packed = Path(place, "bag"), Path(place, "bag.zip")

        def make() -> tuple[str, str, int]:
            write_content(content, store, data_of(folder))
            digest = _closed(folder, content, now)
            pack(folder, packed, file_name(content.document["file"]["number"]))
            key = key_of_digest(sha256_of(packed), now, ".zip")
            store.put_file(key, packed, "application/zip")
            return digest, key, packed.stat().st_size

        digest, key, size = off_hub(make)
    with begin() as session:
        made = _noted(session, caller, args, file_id, content, digest, now)
        made.key, made.size = key, size
        act(session, file_id, "file", "archive kept", None, now, {"archive": made.id})
        return made


def imported_to_folder(
    begin: Begin,
    store: Store,
    caller: Identity,
    args: Mapping[str, Any],
    folder: Path,
    now: datetime,
    progress: Progress = silent,
) -> Imported:
    """The same of a file that was brought in: what came, byte for byte, with the signature of the
    office that made it. Of what came before archives were signed the bag is a new one.

    Raises:
        NotFound: there is none such that the post may read.
        Forbidden: the post is not of the record room.
        Invalid: what is in the store is not what came.
        Unavailable, OSError: as ``archive_to_folder``.
    """
    with begin() as session:
        who = actor(session, caller, args["post"], now)
        found = imported_file(session, who.post, args)
        if not city_retention().record_room.includes(who.post):
            raise Forbidden(f"{who.post.code} is not of the record room", {"post": who.post.code})
        keep_reading(session, who, found.id, What.ARCHIVE, now)
        parts = session.scalars(
            select(ImportedPart).where(ImportedPart.imported_id == found.id)
        ).all()
    with appearing(folder) as new:
        for each in parts:
            progress(each.path)
            copy(store, each.key, place_of(new, each.path))
            if sha256_of(place_of(new, each.path)) != each.sha256:
                raise Invalid("the archive is not made", {each.path: ["is not what came"]})
        if any(each.path.startswith(BESIDE) for each in parts):
            digest = sha256_of(new / MANIFEST)
        else:
            document = json.loads((data_of(new) / FILE).read_bytes())
            digest = close(new, document, now, progress)
        if digest != found.sha256:
            raise Invalid("the archive is not made", {"parts": ["are not what came"]})
        with begin() as session:
            said = {"manifest": found.sha256}
            act(session, found.id, "imported", "archived", who, now, said)
    return found


def _closed(folder: Path, content: Content, now: datetime, progress: Progress = silent) -> str:
    # Only a process that makes archives has the library of CMS in memory.
    from services.eoffice.records.signature import sign_bag

    digest = close(folder, content.document, now, progress)
    sign_bag(folder, city_keys_of_record(), content.document["origin"]["code"], now)
    return digest


def _collected(
    begin: Begin, store: Store, caller: Identity, args: Mapping[str, Any], now: datetime
) -> tuple[UUID, Content]:
    with begin() as session:
        who = actor(session, caller, args["post"], now)
        found = readable_file(session, who.post, args["id"], args["number"])
        file = load_locked(session, found.id)
        check_may_archive(session, file, who.post)
        if file.state != State.CLOSED:
            known = known_of(session, file, who, day_of(now))
            closed = Bar(f"it is {file.state}; close it first")
            raise barred(file.standing, "make an archive of", closed, known)
        # An archive is what is left after weeding: it says nothing that the record does not.
        check_stands(session, city_keys_of_record(), file, store)
        keep_reading(session, who, file.id, What.ARCHIVE, now)
        return file.id, collect(session, file)


def _noted(
    session: Session,
    caller: Identity,
    args: Mapping[str, Any],
    file_id: UUID,
    content: Content,
    digest: str,
    now: datetime,
) -> Archive:
    who = actor(session, caller, args["post"], now)
    file = load_locked(session, file_id)
    length = session.scalar(select(Chain.length).where(Chain.id == file_id).with_for_update())
    if length != content.acts:
        raise Conflict(
            f"something was done with file {file.number} meanwhile; make the archive again",
            {"acts": length, "expected": content.acts},
        )
    made = Archive(
        id=uuid7(),
        file_id=file_id,
        acts=content.acts,
        sha256=digest,
        key=None,
        size=None,
        made_by=who.post.code,
        made_person=who.person,
        made_at=now,
    )
    session.add(made)
    act(session, file_id, "file", "archived", who, now, {"archive": made.id, "manifest": digest})
    return made
