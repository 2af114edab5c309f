"""What keeps steps from being taken on a file that the table would allow now."""

from collections.abc import Callable, Mapping
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika.india import day_of, in_digits
from services.eoffice.domain.legal import Bar
from services.eoffice.domain.movement import State, Step
from services.eoffice.models import File, Recording
from services.eoffice.organisation_store import current
from services.eoffice.queries.custody import had_before, may_have
from services.eoffice.queries.letters import numbers_not_out
from services.eoffice.queries.marks import has_asked, waiting_of
from services.eoffice.queries.volumes import main_of, newer, open_parts, volumes


def bar_of(session: Session, file: File, step: Step, today: date) -> Bar | None:
    """What bars a step on a file, for whoever may take it otherwise; None: nothing does.

    Args:
        today: the day in India.
    """
    found = _BARS.get(step)
    return None if found is None else found(session, file, today)


def reach(session: Session, file: File, today: date) -> list[str]:
    """The posts up the line to which a file can be put up, the nearest first: somebody holds them,
    and they may read it."""
    city = current(session)
    there = city.held_above(file.held_by, today)
    return [each for each in there if may_have(session, file, city.posts[each])]


def unfinished(session: Session, file: File) -> Bar | None:
    """What is not finished of a file, and could not be when it is closed: an answer that is waited
    for, or a letter that has its number and has not gone out."""
    if waiting := waiting_of(session, file.id):
        named = ", ".join(waiting)
        return Bar(
            f"no answer yet from {named}; gather can withdraw the question", {"waiting": waiting}
        )
    if letters := numbers_not_out(session, file.id):
        return Bar(
            f"{', '.join(letters)} has not gone out yet; what notify could not send goes by "
            "another channel (dispatch_letter)",
            {"letters": letters},
        )
    return None


def _put_up(session: Session, file: File, today: date) -> Bar | None:
    if reach(session, file, today):
        return None
    if current(session).held_above(file.held_by, today):
        return Bar(f"no post above {file.held_by} may read it")
    return Bar(f"nobody is above {file.held_by}")


def _forward(session: Session, file: File, today: date) -> Bar | None:
    city, others = current(session), current(session).posts.keys() - {file.held_by}
    cleared = (each for each in others if city.posts[each].clearance >= file.secrecy)
    if any(city.is_held(each, today) for each in cleared):
        return None
    return Bar("no other post may read it") if _send_back(session, file, today) else None


def _send_back(session: Session, file: File, today: date) -> Bar | None:
    if file.moves == 0:
        return Bar(f"it came to {file.held_by} from nobody")
    city = current(session)
    if any(city.is_held(each, today) for each in had_before(session, file)):
        return None
    return Bar("nobody holds a post now that had it before")


def _gather(session: Session, file: File, today: date) -> Bar | None:
    return None if has_asked(session, file.id) else Bar("it has no answers to gather")


def _close(session: Session, file: File, today: date) -> Bar | None:
    if (bar := unfinished(session, file)) is not None:
        return bar
    parts = open_parts(session, file)
    if not parts:
        return None
    # What comes of a part belongs to the file. (A volume that another goes on from is closed by
    # that, and its parts go on.)
    named = ", ".join(f"{each.number} (with {each.held_by})" for each in parts)
    return Bar(
        f"of its parts {named} {'is' if len(parts) == 1 else 'are'} not closed; "
        "pull_up brings a part here, to be closed first",
        {"parts": [each.shown() for each in parts]},
    )


def _reopen(session: Session, file: File, today: date) -> Bar | None:
    # Its notes and pages go on from those of the volumes before it.
    for each in volumes(session, file):
        weeded = session.scalar(select(Recording.weeded_at).where(Recording.file_id == each.id))
        if weeded is not None:
            return Bar(f"{each.number} was weeded on {in_digits(day_of(weeded))}")
    if (found := newer(session, file)) is not None:
        return Bar(f"it goes on in {found}", {"newest": found})
    main = main_of(session, file) if file.part_of is not None else None
    if main is None or main.state is not State.CLOSED:
        return None
    return Bar(
        f"{main.number}, of which it is a part, is closed; reopen that first",
        {"main": {"id": str(main.id), "number": main.number}},
    )


_BARS: Mapping[Step, Callable[[Session, File, date], Bar | None]] = {
    Step.PUT_UP: _put_up,
    Step.FORWARD: _forward,
    Step.FOLLOW: _forward,
    Step.MARK: _forward,
    Step.SEND_BACK: _send_back,
    Step.GATHER: _gather,
    Step.CLOSE: _close,
    Step.REOPEN: _reopen,
}
