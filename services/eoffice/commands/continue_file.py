"""Parts of a file, which go their own way, and its further volumes, which go on from it."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import partial
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.india import day_of
from palika.outbox import record
from services.eoffice.commands.asked_again import check_unused, made_before
from services.eoffice.commands.close import close_finished
from services.eoffice.commands.kept import check_kept
from services.eoffice.commands.load import load_locked, load_readable, lock_case, one_at_a_time
from services.eoffice.commands.open_file import check_may_open, make_file
from services.eoffice.commands.step import see
from services.eoffice.domain.contents import (
    check_bulky,
    check_newest,
    part_number,
    volume_number,
)
from services.eoffice.domain.legal import Bar, barred
from services.eoffice.domain.letters import check_none_left
from services.eoffice.domain.movement import State
from services.eoffice.domain.noting import check_on_desk, check_version
from services.eoffice.domain.organisation import Actor
from services.eoffice.domain.searching import Kind
from services.eoffice.models import File
from services.eoffice.organisation_store import actor, current_held
from services.eoffice.queries.archived import is_taken
from services.eoffice.queries.bars import unfinished
from services.eoffice.queries.letters import approved_not_out
from services.eoffice.queries.reading import known_of, legal_now
from services.eoffice.queries.sight import readable_file
from services.eoffice.queries.volumes import last_page, newer, newest, volumes
from services.eoffice.reference import volume_pages
from services.eoffice.sealing import act
from services.eoffice.searching import index

_TAKEN = ("head", "language", "secrecy", "priority", "public", "due_on", "first_due_on", "due_by")


def open_part(session: Session, caller: Identity, args: Mapping[str, Any], now: datetime) -> File:
    """Open a part of a file, to work on while the main file is elsewhere; whoever may read the file
    may. It has notes and pages of its own, and is with the post that opens it.

    Raises:
        NotFound: no such file, or the post may not read it.
        Forbidden: the post reads it since it has had it, and is not cleared to open one of its
            grade: ``may`` names who above it is.
        Conflict: the file is closed, or something else was opened under this id.
    """
    current_held(session)
    who = actor(session, caller, args["post"], now)
    one_at_a_time(session, args["id"])
    found = readable_file(session, who.post, args["file_id"])
    lock_case(session, found)
    first = found.part_of if found.volume > 1 else None
    main = load_locked(session, first or found.id)
    asked = {"part_of": main.id, "opened_by": who.post.code}
    if (done := made_before(session, File, args["id"], asked)) is not None:
        return done
    check_unused(session, args["id"])
    _check_open(session, main, who, day_of(now))
    check_may_open(session, who, main.secrecy, now)
    parts = select(func.max(File.part)).where(File.part_of == main.id, File.volume == 1)
    part = max(1, session.scalar(parts) or 1) + 1
    given = {name: getattr(main, name) for name in _TAKEN}
    given |= {"id": args["id"], "subject": args["subject"] or main.subject}
    while is_taken(session, number := part_number(main.number, part)):
        # A file that was brought in as an archive has it.
        part += 1
    file, opened = make_file(number, main.department, main.section, given, who.post.code, now)
    file.part_of, file.part = main.id, part
    session.add(file)
    index(session, Kind.FILE, file.id)
    record(session, opened)
    act(session, file.id, "file", "opened", who, now, {"number": number, "part_of": main.number})
    act(session, main.id, "file", "opened a part", who, now, {"number": number})
    return file


def _check_open(session: Session, main: File, who: Actor, today: date) -> None:
    """Refuse a part of a file that is closed: nobody would see to what comes of it. A volume that
    another goes on from is closed by that, and its file open.

    Raises:
        Conflict: names the file, and whether the post may reopen it; or it was weeded.
    """
    check_kept(session, main, "open a part of")
    last = newest(session, main.id)
    if last.state is State.CLOSED:
        file = session.get_one(File, last.id)
        known = known_of(session, file, who, today)
        closed = Bar("it is closed; reopen it first")
        raise barred(file.standing, "open a part of", closed, known)


def next_volume(session: Session, caller: Identity, args: Mapping[str, Any], now: datetime) -> File:
    """Begin the next volume of a bulky file: notes and pages are numbered on, and the volume before
    is closed. It is on the same desk.

    Raises:
        NotFound: no such file, or the post may not read it.
        Forbidden: it is with another post.
        Conflict: it is not open, not bulky, goes on already, posts that were marked have not
            answered, a letter is approved and has not gone out, it is at another version than
            ``args["version"]``, or a file that was brought in has the number of the next volume.
    """
    who = actor(session, caller, args["post"], now)
    one_at_a_time(session, args["id"])
    before = load_readable(session, who.post, args["file_id"])
    first = before.part_of if before.volume > 1 else before.id
    asked = {"part_of": first, "opened_by": who.post.code}
    if (done := made_before(session, File, args["id"], asked)) is not None:
        return done
    check_unused(session, args["id"])
    check_newest(before.number, newer(session, before), "begin a volume")
    known = known_of(session, before, who, day_of(now))
    check_on_desk(before.standing, "begin a volume", who.post.code, known)
    see(session, before, now)
    if (bar := unfinished(session, before)) is not None:
        raise barred(before.standing, "begin a volume of", bar, known)
    left = approved_not_out(session, before.id)
    legal = partial(legal_now, session, before, who, day_of(now))
    check_none_left(before.number, left, None, legal, anyway=False, may_stay=False)
    check_version(f"file {before.number}", before.version, args["version"])
    known = volumes(session, before)
    held = last_page(session, [before.id])
    pages = held - (last_page(session, [each.id for each in known[:-1]]) if known[:-1] else 0)
    check_bulky(before.number, max(0, pages), volume_pages())
    given = {name: getattr(before, name) for name in _TAKEN} | {
        "id": args["id"],
        "subject": before.subject,
    }
    number = volume_number(known[0].number, before.volume + 1)
    file, opened = make_file(number, before.department, before.section, given, who.post.code, now)
    file.part_of, file.part, file.volume = first, before.part, before.volume + 1
    session.add(file)
    index(session, Kind.FILE, file.id)
    record(session, opened)
    act(session, file.id, "file", "opened", who, now, {"number": number, "after": before.number})
    record(session, close_finished(session, before, now))
    act(session, before.id, "file", "closed", who, now, {"goes_on_in": number})
    return file
