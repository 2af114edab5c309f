"""Open a file."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.auth import Identity
from palika.events import Event
from palika.india import day_of
from palika.outbox import record
from services.eoffice.commands.asked_again import check_unused, made_before
from services.eoffice.domain.access import check_opens
from services.eoffice.domain.movement import State, check_due
from services.eoffice.domain.organisation import Actor
from services.eoffice.domain.searching import Kind
from services.eoffice.domain.secrecy import Secrecy, check_public
from services.eoffice.models import Counter, File
from services.eoffice.organisation_store import actor, current, current_held
from services.eoffice.queries.archived import is_taken
from services.eoffice.reference import city_numbering
from services.eoffice.schemas import FILE_OPENED
from services.eoffice.sealing import act
from services.eoffice.searching import index


def open_file(
    session: Session,
    caller: Identity,
    args: Mapping[str, Any],
    now: datetime,
    *,
    overdue: bool = False,
) -> File:
    """Open a file; it is with the post that opens it.

    Its number is of the year in Asia/Kolkata and has no gaps: the counter's row stays locked until
    the transaction ends, so that files under one prefix are numbered one after another.

    Asked again with the same ``id`` and content it gives the file that is there, however far that
    has come.

    Args:
        overdue: it may be late already, as what it is opened for is.

    Raises:
        Forbidden: the caller does not speak for the post, or the file would be of a grade that it
            may not read: ``may`` names who above it could open it.
        Invalid: no such post, department, section or subject head today; the department is of none
            of the posts for which an officer acts; the file would be public and secret; or its due
            date has passed.
        Conflict: the id was used before for something else; ``differs`` names what.
    """
    current_held(session)
    who = actor(session, caller, args["post"], now)
    if (known := made_before(session, File, args["id"], _asked(args, who.post.code))) is not None:
        return known
    check_unused(session, args["id"])
    check_public(args["secrecy"], args["public"])
    organisation, today = current(session), day_of(now)
    check_may_open(session, who, args["secrecy"], now)
    if not overdue:
        check_due(args["due_on"], today)
    section = args["section"]
    department = args["department"] or who.post.department
    if section is not None:
        department = organisation.check_section(section, today)
    elif department == who.post.department:
        section = who.post.section
    organisation.check_department(department, today)
    numbers_in = caller.subject, caller.roles, department, args["section"]
    organisation.check_numbers(*numbers_in, today)
    city_numbering().check_head(args["head"])
    prefix = city_numbering().prefix(department, section, args["head"], today.year)
    number = city_numbering().number(prefix, take_serials(session, f"file:{prefix}", 1))
    while is_taken(session, number):
        # A file that was brought in as an archive has it.
        number = city_numbering().number(prefix, take_serials(session, f"file:{prefix}", 1))
    file, event = make_file(number, department, section, args, who.post.code, now)
    session.add(file)
    index(session, Kind.FILE, file.id)
    record(session, event)
    act(session, file.id, "file", "opened", who, now, {"number": number})
    return file


def check_may_open(session: Session, who: Actor, secrecy: int, now: datetime) -> None:
    """Refuse a new file of a grade that the post which would have it may not read; see
    ``check_opens``.

    Raises:
        Forbidden: ``may`` names who above it could open it.
    """
    city = current(session)
    above = city.held_above(who.post.code, day_of(now))
    check_opens(who.post, Secrecy(secrecy), [city.posts[each] for each in above])


def _asked(args: Mapping[str, Any], post: str) -> dict[str, Any]:
    """What a file that was opened with this says for good; a later step may change the rest."""
    asked = {name: args[name] for name in ("subject", "head", "language", "public")}
    asked |= {name: args[name] for name in ("department", "section") if args[name] is not None}
    return asked | {"opened_by": post, "part_of": None}


def make_file(
    number: str,
    department: str,
    section: str | None,
    args: Mapping[str, Any],
    post: str,
    now: datetime,
) -> tuple[File, Event]:
    """A file and the event that tells of it; nothing is stored."""
    file = File(
        id=args.get("id") or uuid7(),
        number=number,
        department=department,
        section=section,
        head=args["head"],
        subject=args["subject"],
        language=args["language"],
        secrecy=args["secrecy"],
        priority=args["priority"],
        public=args["public"],
        due_on=args["due_on"],
        first_due_on=args.get("first_due_on"),
        due_by=args.get("due_by", post) if args["due_on"] is not None else None,
        part_of=None,
        part=1,
        volume=1,
        state=State.OPEN,
        held_by=post,
        held_since=now,
        seen_at=now,
        sent_by=None,
        wake_on=None,
        desk_due_on=None,
        watch_on=args["due_on"],
        opened_by=post,
        opened_at=now,
        closed_at=None,
        moves=0,
        version=1,
    )
    return file, FILE_OPENED.new(
        subject=str(file.id),
        sequence=file.version,
        time=now,
        data={
            "file_id": file.id,
            # Whoever listens reads no file of a grade of secrecy; a published field is a text.
            "number": number if file.secrecy == Secrecy.NORMAL else "",
            "department": department,
            "opened_at": now,
            "held_by": post,
        },
    )


def take_serials(session: Session, prefix: str, count: int) -> int:
    """Take the next ``count`` serials under a prefix; gives the last of them."""
    first = insert(Counter).values(prefix=prefix, last=count)
    taken = first.on_conflict_do_update(
        index_elements=[Counter.prefix], set_={"last": Counter.last + count}
    )
    return session.execute(taken.returning(Counter.last)).scalar_one()
