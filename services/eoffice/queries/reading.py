"""One file as the post reads it that has it, or is asked about it."""

from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from palika.india import day_of
from services.eoffice.domain.legal import Known, legal_methods, relations
from services.eoffice.domain.movement import State
from services.eoffice.domain.organisation import Actor
from services.eoffice.models import Course, File
from services.eoffice.organisation_store import current
from services.eoffice.queries.bars import bars_of
from services.eoffice.queries.custody import custody
from services.eoffice.queries.marks import is_asked, marks_of
from services.eoffice.queries.volumes import main_of
from services.eoffice.schemas import FileView
from services.eoffice.schemas.moving import CourseView

_file, _course = FileView(), CourseView()


def reading(session: Session, who: Actor, file: File, now: datetime) -> dict[str, Any]:
    """The file with its ``custody``, its ``marks``, its ``route`` (or None), and the steps that are
    ``legal`` for this post now."""
    course = session.get(Course, file.id)
    return {
        **_file.dump(file),
        "custody": custody(session, file.id, now),
        "marks": marks_of(session, file.id),
        "route": None if course is None else _course.dump(course),
        "legal": legal_now(session, file, who.post.code, day_of(now)),
    }


def known_of(session: Session, file: File, post: str, today: date) -> Known:
    """All that a post is to a file, and what bars steps on it: see ``queries.bars``.

    Args:
        today: the day in India.
    """
    city = current(session)
    main = main_of(session, file) if file.part_of is not None else None
    who = relations(
        *(file.standing, post, city.above(file.held_by)),
        marked=is_asked(session, file.id, post),
        main=main.held_by if main is not None and main.state is not State.CLOSED else None,
    )
    return Known(who, bars_of(session, file, city, today))


def legal_now(session: Session, file: File, post: str, today: date) -> list[str]:
    """The methods that a post may call on a file now: the one list of them, for who reads the file
    and for refusals."""
    return legal_methods(file.standing, known_of(session, file, post, today))
