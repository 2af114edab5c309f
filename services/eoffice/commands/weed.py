"""Weed files: the record room proposes a list, another officer decides file by file."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.auth import Identity
from palika.errors import Conflict, Forbidden, Invalid, NotFound
from palika.india import day_of
from services.eoffice.commands.asked_again import check_unused, made_before
from services.eoffice.commands.load import load_readable, locked
from services.eoffice.domain.movement import State
from services.eoffice.domain.organisation import Actor
from services.eoffice.domain.retention import check_weedable
from services.eoffice.models import File, Hold, Receipt, Recording, Weeding, WeedingFile
from services.eoffice.organisation_store import actor
from services.eoffice.queries.volumes import volumes
from services.eoffice.records.destroying import destroy, last_archive
from services.eoffice.reference import city_retention
from services.eoffice.sealing import act, city_keys_of_record
from services.eoffice.sealing.verify.of_file import check_stands

PROPOSED, APPROVED, REFUSED = "proposed", "approved", "refused"


def propose_weeding(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Weeding:
    """Propose to weed ``args["files"]``; asked again with the same id it gives what is there.

    Raises:
        Forbidden: the post is not of the record room.
        Invalid: a file is named twice.
        NotFound: there is no such file that the post may read.
        Conflict: one is not to be weeded now, or is on another list that is not decided.
    """
    who = actor(session, caller, args["post"], now)
    if not city_retention().record_room.includes(who.post):
        raise Forbidden(
            f"{who.post.code} is not of the record room", {"post": who.post.code, "legal": []}
        )
    ids = args["files"]
    if len(set(ids)) != len(ids):
        raise Invalid("a file is on the list once", {"files": ["one is named twice"]})
    if (known := _asked_before(session, args, who)) is not None:
        return known
    check_unused(session, args["id"])
    weeding = Weeding(
        id=args["id"] or uuid7(),
        remark=args["remark"],
        proposed_by=who.post.code,
        proposed_person=who.person,
        proposed_at=now,
    )
    session.add(weeding)
    act(session, weeding.id, "weeding", "proposed", who, now, {"files": len(ids)})
    positions = {each: at for at, each in enumerate(ids, 1)}
    # In the order of their ids: two lists with the same files wait for each other, and do not lock.
    for file_id in sorted(ids):
        file = load_readable(session, who.post, file_id)
        _check(session, file, now)
        _check_on_no_list(session, file)
        session.add(
            WeedingFile(
                weeding_id=weeding.id,
                file_id=file.id,
                position=positions[file_id],
                state=PROPOSED,
                decided_by=None,
                decided_person=None,
                decided_at=None,
                remark=None,
                archive=None,
            )
        )
        said = {"weeding": weeding.id, "remark": args["remark"]}
        act(session, file.id, "file", "proposed for weeding", who, now, said)
    return weeding


def decide_weeding(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> WeedingFile:
    """Approve or refuse the weeding of one file of a list. What is approved is destroyed in this
    transaction, but for the bytes of papers: ``remove_weeded`` takes these from the store after it.

    Decided before in the same way, it stays as it is.

    Raises:
        NotFound: no such file on such a list, or the post may not read it.
        Forbidden: the post may not decide, or it, or the person, has proposed it.
        Conflict: it was decided otherwise; it is not to be weeded now; or it is not as it was
            written down (``findings``).
    """
    who = actor(session, caller, args["post"], now)
    line = session.get(WeedingFile, (args["id"], args["file_id"]))
    missing = NotFound(
        f"file {args['file_id']} is not on the list {args['id']}",
        {"id": str(args["id"]), "file_id": str(args["file_id"])},
    )
    if line is None:
        raise missing
    _lock_receipts(session, line.file_id)
    try:
        file = load_readable(session, who.post, line.file_id)
    except NotFound as hidden:
        raise missing from hidden
    line = locked(session, WeedingFile, (args["id"], args["file_id"]))
    if line is None:
        raise missing
    _check_may_decide(session.get_one(Weeding, line.weeding_id), who)
    wanted = APPROVED if args["approve"] else REFUSED
    if line.state == wanted:
        return line
    if line.state != PROPOSED:
        raise Conflict(
            f"the weeding of file {file.number} was {line.state} by {line.decided_by}",
            {"state": line.state, "decided_by": line.decided_by},
        )
    if wanted == APPROVED:
        # What was falsified is evidence: it is not destroyed.
        check_stands(session, city_keys_of_record(), file)
    line.state, line.remark = wanted, args["remark"]
    line.decided_by, line.decided_person, line.decided_at = who.post.code, who.person, now
    said = {"weeding": line.weeding_id, "remark": args["remark"]}
    if wanted == REFUSED:
        act(session, file.id, "file", "weeding refused", who, now, said)
        return line
    recording = _check(session, file, now)
    recording.weeded_at = now
    line.archive = last_archive(session, file.id)
    act(session, file.id, "file", "weeding approved", who, now, said | {"archive": line.archive})
    destroy(session, file, who, now, line.weeding_id)
    return line


def _lock_receipts(session: Session, file_id: UUID) -> None:
    """What came in with a file is locked before the file, as by all who lock both."""
    of_file = select(Receipt.id).where(Receipt.file_id == file_id)
    session.execute(of_file.order_by(Receipt.id).with_for_update())


def _asked_before(session: Session, args: Mapping[str, Any], who: Actor) -> Weeding | None:
    asked = {"remark": args["remark"], "proposed_by": who.post.code}
    known = made_before(session, Weeding, args["id"], asked)
    if known is None:
        return None
    lines = select(WeedingFile.file_id).where(WeedingFile.weeding_id == known.id)
    if set(session.scalars(lines)) != set(args["files"]):
        raise Conflict(
            f"{known.id} was asked for before with other content: files",
            {"id": str(known.id), "differs": ["files"]},
        )
    return known


def _check(session: Session, file: File, now: datetime) -> Recording:
    found = locked(session, Recording, file.id)
    if found is not None and found.weeded_at is not None:
        raise Conflict(f"file {file.number} was weeded already", {"number": file.number})
    _check_due(session, file, found, now)
    # The notes and pages of a further volume are numbered on from those of this one, and speak of
    # them.
    known = volumes(session, file)
    if alive := [each.number for each in known if each.state != State.CLOSED]:
        raise Conflict(
            f"file {file.number} cannot be weeded: it goes on in {alive[0]}", {"open": alive}
        )
    for each in known:
        further = session.get(Recording, each.id) if each.volume > file.volume else None
        if each.volume <= file.volume or (further is not None and further.weeded_at is not None):
            continue
        try:
            _check_due(session, each, further, now)
        except Conflict as error:
            raise Conflict(
                f"file {file.number} cannot be weeded before what goes on from it: {error.message}",
                error.details,
            ) from error
    assert found is not None  # else it is not weedable
    return found


def _check_due(session: Session, file: File, found: Recording | None, now: datetime) -> None:
    kinds = select(Hold.kind).where(Hold.file_id == file.id, Hold.lifted_at.is_(None))
    holds = set(session.scalars(kinds))
    keeping = None if found is None else found.keeping
    due = None if found is None else found.due_on
    check_weedable(file.number, keeping, due, holds, day_of(now))


def _check_on_no_list(session: Session, file: File) -> None:
    other = select(WeedingFile.weeding_id).where(
        WeedingFile.file_id == file.id, WeedingFile.state == PROPOSED
    )
    if (found := session.scalar(other)) is not None:
        raise Conflict(
            f"the weeding of file {file.number} is proposed already",
            {"number": file.number, "weeding": str(found)},
        )


def _check_may_decide(weeding: Weeding, who: Actor) -> None:
    if not city_retention().may_weed.includes(who.post):
        raise Forbidden(f"{who.post.code} may not approve weeding", {"post": who.post.code})
    own = who.person is not None and who.person == weeding.proposed_person
    if who.post.code == weeding.proposed_by or own:
        raise Forbidden(
            "who has proposed a weeding does not decide about it",
            {"post": who.post.code, "proposed_by": weeding.proposed_by},
        )
