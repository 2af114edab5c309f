"""One file as the post reads it that has it, or is asked about it."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from services.eoffice.domain.movement import State, Who, legal_steps, relations
from services.eoffice.domain.organisation import Actor
from services.eoffice.models import Course, File
from services.eoffice.organisation_store import current
from services.eoffice.queries.custody import custody
from services.eoffice.queries.marks import has_asked, is_asked, marks_of
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
        "legal": legal_now(session, file, who.post.code),
    }


def relations_to(session: Session, file: File, post: str) -> frozenset[Who]:
    """All that a post is to a file."""
    above = current(session).above(file.held_by)
    return relations(
        *(file.standing, post, above),
        marked=is_asked(session, file.id, post),
        asked=has_asked(session, file.id),
    )


def legal_now(session: Session, file: File, post: str) -> list[str]:
    """The methods that a post may call on a file now: the one list of them, for who reads the file
    and for refusals."""
    known = relations_to(session, file, post)
    return [each.method for each in legal_steps(State(file.state), known)]
