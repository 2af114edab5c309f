"""How a file goes to another post: what changes of it, and what is told."""

from datetime import datetime

from palika.events import Event
from services.eoffice.domain.movement import Step, check_target, whole_minutes
from services.eoffice.domain.organisation import Actor
from services.eoffice.models import File, Movement
from services.eoffice.schemas import FILE_MOVED


def move(
    file: File,
    to_post: str,
    remark: str | None,
    now: datetime,
    who: Actor | None = None,
    *,
    kind: str = Step.FORWARD,
    left_at: datetime | None = None,
) -> tuple[Movement, Event]:
    """Change the file; give its movement and the event. Nothing is stored.

    Args:
        file: it changes.
        to_post: who has it then.
        remark: to be read with the movement.
        now: aware.
        who: moves it; None: the post that has it.
        kind: by which step.
        left_at: when it left the desk that it was on, if before now: when it was closed.

    Raises:
        Invalid: the file is with ``to_post`` already.
    """
    check_target(file.held_by, to_post)
    from_post, minutes_held = file.held_by, whole_minutes(file.held_since, left_at or now)
    file.held_by = to_post
    file.held_since = now
    file.sent_by = from_post
    file.seen_at = None
    file.desk_due_on = None
    file.watch()
    file.moves += 1
    file.version += 1
    movement = Movement(
        file_id=file.id,
        position=file.moves,
        kind=str(kind),
        by_post=who.post.code if who else from_post,
        by_person=who.person if who else None,
        seen_at=None,
        from_post=from_post,
        to_post=to_post,
        moved_at=now,
        minutes_held=minutes_held,
        remark=remark,
    )
    return movement, FILE_MOVED.new(
        subject=str(file.id),
        sequence=file.version,
        time=now,
        data={
            "file_id": file.id,
            "department": file.department,
            "from_post": from_post,
            "to_post": to_post,
            "moved_at": now,
            "minutes_held": minutes_held,
            "kind": str(kind),
        },
    )
