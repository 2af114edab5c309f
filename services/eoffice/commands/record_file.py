"""Record a closed file: of which category it is."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.errors import Conflict
from palika.india import day_of
from services.eoffice.commands.kept import check_kept
from services.eoffice.commands.load import load_readable
from services.eoffice.commands.of_record import FILES, check_at_hand
from services.eoffice.domain.legal import Bar, barred
from services.eoffice.domain.movement import State
from services.eoffice.domain.retention import check_recording
from services.eoffice.models import Recording
from services.eoffice.organisation_store import actor, current
from services.eoffice.queries.authority import check_linked
from services.eoffice.queries.reading import known_of
from services.eoffice.reference import city_retention
from services.eoffice.sealing import act


def record_file(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Recording:
    """Record a closed file, by the schedule or as ``args["category"]`` and ``years`` say; recorded
    again, it is of another category from then on.

    Raises:
        NotFound: no such file, or the post may not read it.
        Forbidden: the post neither has it nor is of the record room, nor is above the one that has
            it and may lower; or it may not lower, or the officer lowers and is a linked one of too
            low a level.
        Invalid: no such category, or no reason is given why it is not the schedule's.
        Conflict: it is not closed, or was weeded; or another post has recorded it otherwise than
            the schedule says, and no category is given.
    """
    who = actor(session, caller, args["post"], now)
    file = load_readable(session, who.post, args["id"])
    city, organisation = city_retention(), current(session)
    # Who may lower is named to the desk that may not, and is up its line.
    if not (
        city.may_lower.includes(who.post) and who.post.code in organisation.above(file.held_by)
    ):
        check_at_hand(FILES, file, who, "record")
    if file.state != State.CLOSED:
        closed = Bar(f"it is {file.state}; close it first")
        raise barred(
            *(file.standing, "record", closed, known_of(session, file, who, day_of(now))),
        )
    check_kept(session, file, "record")
    found = session.get(Recording, file.id)
    fits = city.class_of(file.head, file.department)
    before = fits.keeping if found is None else found.keeping
    wanted = before
    if args["category"] is not None:
        wanted = city.keeping(args["category"], args["years"])
    day = day_of(now)
    line = organisation.held_above(who.post.code, day)
    above = [organisation.posts[each] for each in line]
    check_recording(city, who.post, wanted, before, args["reason"], above)
    if wanted.lowers(before):
        check_linked(who, city.may_lower.those(above), organisation, day)
    if found is not None and wanted == before:
        if (
            args["category"] is None
            and found.recorded_by != who.post.code
            and before != fits.keeping
        ):
            # The schedule's was asked for, and another post has recorded it as something else.
            raise Conflict(
                f"file {file.number} was recorded by {found.recorded_by} as {before}; "
                "say a category to change it",
                {
                    "recorded_by": found.recorded_by,
                    "is": str(before),
                    "schedule": str(fits.keeping),
                },
            )
        return found
    assert file.closed_at is not None  # a closed one has it: ck_file_closed
    told = {
        "record_class": fits.code,
        "category": str(wanted.category),
        "years": wanted.years,
        "reason": args["reason"],
        "due_on": city.due_on(wanted, day_of(file.closed_at)),
        "recorded_by": who.post.code,
        "recorded_person": who.person,
        "recorded_at": now,
    }
    if found is None:
        found = Recording(file_id=file.id, department=file.department, weeded_at=None, **told)
        session.add(found)
    else:
        for name, value in told.items():
            setattr(found, name, value)
    said = {"keeping": str(wanted), "class": fits.code, "reason": args["reason"]}
    act(session, file.id, "file", "recorded", who, now, said)
    return found
