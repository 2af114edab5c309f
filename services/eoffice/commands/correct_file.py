"""Put right what is said of a file: its subject, its grade of secrecy, whether it is public."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.errors import Conflict
from palika.india import day_of
from services.eoffice.commands.kept import check_kept
from services.eoffice.commands.load import load_locked, load_readable, lock_case, locked
from services.eoffice.commands.step import see
from services.eoffice.domain.correcting import (
    Openness,
    check_corrects_file,
    check_openness,
    check_own_grades,
    those_who_open,
)
from services.eoffice.domain.noting import check_version
from services.eoffice.domain.organisation import Actor
from services.eoffice.domain.searching import Kind
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.models import Correspondence, File, Receipt, Recording
from services.eoffice.organisation_store import actor, current
from services.eoffice.queries.authority import check_linked
from services.eoffice.queries.sight import readable_file, sees
from services.eoffice.queries.volumes import volumes
from services.eoffice.reference import lowering_level
from services.eoffice.sealing import act
from services.eoffice.searching import index, secrecy_changed

_NAMES = ("subject", "secrecy", "public")


def correct_file(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> File:
    """Correct the file ``args["id"]``; what is None stays. ``args["reason"]`` says why. The act has
    what each was and is since, so that ``history`` shows it. The same again is no change.

    What is in a file is as secret as the file: made more secret, its receipts become so; made less
    secret, those that it had made so become again what they were. The volumes of a file are one:
    what is said of one is said of all, those before that are closed too, but of none that was
    weeded; the newest says whether and by whom it may be corrected. A part goes its own way: a file
    is made no more secret than one of its parts.

    Raises:
        NotFound: no such file, or the post may not read it.
        Forbidden: see ``domain.correcting``; or a linked officer of too low a level makes it less
            secret or public: ``may`` names whose it is.
        Invalid: it would be public and secret.
        Conflict: it is closed or was weeded, at another version, something in it is more secret, a
            part of it is less so than it is to be (``parts``), or a receipt or a volume comes into
            it at this moment.
    """
    who = actor(session, caller, args["post"], now)
    found = readable_file(session, who.post, args["id"])
    ids = {each.id for each in volumes(session, found)}
    # What came in with a file is locked before the file, as by all who lock both.
    of_file = select(Receipt).where(Receipt.file_id.in_(ids)).order_by(Receipt.id)
    locking = of_file.with_for_update().execution_options(populate_existing=True)
    receipts = list(session.scalars(locking))
    lock_case(session, found)
    for key in sorted(ids):
        load_locked(session, key)
    file = load_readable(session, who.post, args["id"])
    known = volumes(session, file)
    if {each.id for each in known} != ids or set(session.scalars(of_file)) != set(receipts):
        raise Conflict(
            f"a receipt or a volume came into file {file.number} at this moment; ask again",
            {"number": file.number},
        )
    newest = known[-1] if sees(session, who.post, known[-1]) else file
    files = [each for each in known if each is newest or not _is_weeded(session, each)]
    receipts = [each for each in receipts if each.file_id in {here.id for here in files}]
    wanted = {
        name: args[name]
        for name in _NAMES
        if args[name] is not None and any(getattr(each, name) != args[name] for each in files)
    }
    if not wanted:
        return file
    check_kept(session, newest, "correct")
    city = current(session)
    check_corrects_file(
        newest.standing, who.post.code, city.above(newest.held_by), what=" and ".join(wanted)
    )
    check_version(f"file {file.number}", file.version, args["version"])
    secret = Secrecy(max(each.secrecy for each in files))
    grade = Secrecy(wanted.get("secrecy", secret))
    day, least = day_of(now), lowering_level()
    is_so = Openness(secret, file.public)
    to_be = Openness(grade, wanted.get("public", file.public))
    above = [city.posts[each] for each in city.held_above(who.post.code, day)]
    check_openness(file.number, is_so, to_be, who.post, above, least)
    if to_be.opens(is_so):
        check_linked(who, those_who_open(is_so, above, least), city, day)
    check_own_grades(file.number, grade, _more_secret(session, files, receipts, grade))
    if "secrecy" in wanted:
        if grade > secret:
            _check_parts(session, who, known[0], file, grade)
        # The receipts' acts first: each holds its own row.
        for receipt in receipts:
            regrade(session, receipt, grade, {"file": file.number}, who, now)
    if newest.held_by == who.post.code:
        see(session, newest, now)
    for each in files:
        _change(session, each, wanted, args["reason"], who, now)
    return file


def _change(
    session: Session, file: File, wanted: Mapping[str, Any], reason: str, who: Actor, now: datetime
) -> None:
    changed = {
        name: [_said(name, getattr(file, name)), _said(name, value)]
        for name, value in wanted.items()
        if getattr(file, name) != value
    }
    if not changed:
        return
    for name in changed:
        setattr(file, name, wanted[name])
    file.version += 1
    index(session, Kind.FILE, file.id)
    if "secrecy" in changed:
        secrecy_changed(session, file)
        came = select(Correspondence.id).where(
            Correspondence.file_id == file.id, Correspondence.receipt_id.is_not(None)
        )
        index(session, Kind.PAPER, *session.scalars(came))
    act(session, file.id, "file", "corrected", who, now, {"reason": reason, "changed": changed})


def _is_weeded(session: Session, file: File) -> bool:
    found = locked(session, Recording, file.id, read=True)
    return found is not None and found.weeded_at is not None


def _check_parts(session: Session, who: Actor, first: File, file: File, grade: Secrecy) -> None:
    """Refuse to make a file more secret than a part of it: what it is about stands there too.

    Raises:
        Conflict: ``parts`` names those that the post may read.
    """
    below = select(File).where(File.part_of == first.id, File.volume == 1, File.secrecy < grade)
    parts = [
        each for each in session.scalars(below.order_by(File.part)) if not _is_weeded(session, each)
    ]
    if not parts:
        return
    named = [each.number for each in parts if sees(session, who.post, each)]
    raise Conflict(
        f"file {file.number} cannot be {grade.code}: less secret are its parts "
        f"{', '.join(named) or '(none that is for this post)'}; make these so first",
        {"secrecy": grade.code, "parts": named},
    )


def _said(name: str, value: Any) -> Any:
    return Secrecy(value).code if name == "secrecy" else value


def _more_secret(
    session: Session, files: Sequence[File], receipts: Sequence[Receipt], grade: Secrecy
) -> list[str]:
    """What in a file's volumes is more secret than a grade of itself: receipts by their numbers,
    and by their pages papers that are elsewhere too, in something more secret."""
    if all(grade >= each.secrecy for each in files):
        return []
    found = [each.number for each in receipts if own_grade(each) > grade]
    ids = [each.id for each in files]
    here = select(Correspondence).where(
        Correspondence.file_id.in_(ids), Correspondence.paper_id.is_not(None)
    )
    for paper in session.scalars(here.order_by(Correspondence.first_page)):
        elsewhere = (
            select(File.secrecy)
            .join(Correspondence, Correspondence.file_id == File.id)
            .where(
                Correspondence.paper_id == paper.paper_id,
                File.id.not_in(ids),
                File.secrecy > int(grade),
            )
        )
        if session.scalar(elsewhere.limit(1)) is not None:
            found.append(f"c:{paper.first_page}")
    return found


def own_grade(receipt: Receipt) -> int:
    """How secret a receipt is of itself, whatever file it is in."""
    return receipt.secrecy if receipt.own_secrecy is None else receipt.own_secrecy


def regrade(
    session: Session,
    receipt: Receipt,
    grade: Secrecy,
    said: Mapping[str, Any],
    who: Actor | None,
    now: datetime,
) -> None:
    """Let a locked receipt be as secret as the file that it is in, or as it is of itself if that is
    more; ``who``: None: the service itself."""
    own = own_grade(receipt)
    wanted = max(own, int(grade))
    if wanted == receipt.secrecy:
        return
    receipt.own_secrecy = own
    receipt.secrecy = wanted
    index(session, Kind.RECEIPT, receipt.id)
    told = {"secrecy": Secrecy(wanted).code, **said}
    act(session, receipt.id, "receipt", "graded", who, now, told)
