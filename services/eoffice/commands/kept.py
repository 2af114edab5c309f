"""Whether a file's content is still there: nothing is added to one that was weeded."""

from datetime import date

from sqlalchemy.orm import Session

from palika.errors import Conflict
from palika.india import day_of, in_digits
from services.eoffice.commands.load import locked
from services.eoffice.models import File, Recording
from services.eoffice.reference import city_retention


def check_kept(session: Session, file: File, step: str) -> None:
    """Refuse a step on a file that was weeded; it is not weeded until the transaction ends.

    Raises:
        Conflict: it was.
    """
    found = locked(session, Recording, file.id, read=True)
    if found is not None and found.weeded_at is not None:
        raise Conflict(
            f"cannot {step} file {file.number}: it was weeded on "
            f"{in_digits(day_of(found.weeded_at))}",
            {"number": file.number, "step": step, "legal": []},
        )


def due_on(recording: Recording, file: File) -> date | None:
    """From when a recorded file is due; None: it is not closed."""
    if file.closed_at is None:
        return None
    return city_retention().due_on(recording.keeping, day_of(file.closed_at))


def follow_state(session: Session, file: File) -> None:
    """What was recorded follows the file: opened again, its years stand still; closed, they begin
    anew. The act is the caller's."""
    # A file that is being changed is written once, when all of it is.
    with session.no_autoflush:
        found = session.get(Recording, file.id)
    if found is not None:
        found.due_on = due_on(found, file)
