"""One file as the post reads it that has it, or is asked about it."""

from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from services.eoffice.domain.legal import Known, legal_methods, relations
from services.eoffice.domain.movement import State
from services.eoffice.domain.organisation import Actor
from services.eoffice.models import Course, File
from services.eoffice.organisation_store import current
from services.eoffice.queries.bars import bars_of, may_put_off
from services.eoffice.queries.cancelling import standing_on, who_cancels
from services.eoffice.queries.custody import custody
from services.eoffice.queries.marks import is_asked, marks_of
from services.eoffice.queries.volumes import main_of
from services.eoffice.schemas import FileView
from services.eoffice.schemas.moving import CourseView

_file, _course = FileView(), CourseView()


def reading(session: Session, file: File, known: Known, now: datetime) -> dict[str, Any]:
    """The file with its ``custody``, its ``marks``, its ``route`` (or None), and the steps that are
    ``legal`` now for the post of which ``known_of`` says what it is to the file."""
    course = session.get(Course, file.id)
    return {
        **_file.dump(file),
        "custody": custody(session, file.id, now),
        "marks": marks_of(session, file.id),
        "route": None if course is None else _course.dump(course),
        "legal": legal_methods(file.standing, known),
    }


def known_of(session: Session, file: File, who: Actor, today: date) -> Known:
    """All that the post for which somebody acts is to a file, and what bars steps on it: see
    ``queries.bars``.

    Args:
        today: the day in India.
    """
    city = current(session)
    main = main_of(session, file) if file.part_of is not None else None
    post = who.post.code
    relation = relations(
        *(file.standing, post, city.above(file.held_by)),
        marked=is_asked(session, file.id, post),
        main=main.held_by if main is not None and main.state is not State.CLOSED else None,
        dated=may_put_off(city, file),
        decided=[may for each in standing_on(session, file) for may in who_cancels(city, each)],
    )
    return Known(relation, bars_of(session, file, city, today, who))


def legal_now(session: Session, file: File, who: Actor, today: date) -> list[str]:
    """The methods that somebody may call on a file now: the one list of them, for who reads the
    file and for refusals."""
    return legal_methods(file.standing, known_of(session, file, who, today))
