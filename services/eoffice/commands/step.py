"""The one path of every step on a file: load under a lock, decide, change, write down, tell."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.events import Event
from palika.india import day_of
from palika.outbox import record
from services.eoffice.commands.asked_again import act_asked, check_same, digests
from services.eoffice.commands.load import load_of_case, load_readable, one_at_a_time
from services.eoffice.commands.move import move
from services.eoffice.domain.legal import check_step
from services.eoffice.domain.movement import STEPS, Goes, State, Step, Who
from services.eoffice.domain.organisation import Actor, Organisation
from services.eoffice.domain.routes import place_of
from services.eoffice.models import Course, File, Movement
from services.eoffice.organisation_store import actor, current, current_held
from services.eoffice.queries.reading import known_of, legal_now
from services.eoffice.sealing import act

_BESIDE = {"id", "post", "version", "step"}
_OF_CASE = {Step.CLOSE, Step.REOPEN}
"""No file of a case is closed while a part of it is opened, or opened again."""


@dataclass(slots=True)
class Doing:
    """A step that is being taken, in one transaction.

    ``repeated``: it was taken before, asked with the same id and content: nothing is left to do.
    """

    session: Session
    step: Step
    args: Mapping[str, Any]
    who: Actor
    organisation: Organisation
    file: File
    now: datetime
    repeated: bool = False

    @property
    def today(self) -> date:
        """The day in India."""
        return day_of(self.now)

    def legal(self) -> list[str]:
        """What the post may do with the file now, for a refusal."""
        return legal_now(self.session, self.file, self.who, self.today)

    def relocate(
        self,
        to_post: str,
        *,
        place: int | None = None,
        seen: bool = False,
        left_at: datetime | None = None,
    ) -> tuple[Movement, Event]:
        """Give the file to another post.

        Args:
            to_post: who has it then.
            place: at which desk of its route that is; None: wherever on it that post is.
            seen: the post has it in hand already: it pulled it.
            left_at: when it left the desk that it was on, if before now.

        Raises:
            Invalid: it is with ``to_post`` already.
        """
        self._settle()
        file = self.file
        remark = self.args.get("remark")
        movement, event = move(
            *(file, to_post, remark, self.now, self.who), kind=self.step, left_at=left_at
        )
        if seen:
            file.seen_at = movement.seen_at = self.now
        keep_on_course(self.session, file, self.today, place)
        self.session.add(movement)
        return movement, event

    def _settle(self) -> None:
        then = STEPS[self.step].then
        if then is not None:
            self.file.state = then
            if then is not State.PARKED:
                self.file.wake_on = None

    def done(self, verb: str, data: Mapping[str, Any] | None = None, *events: Event) -> File:
        """Write the step down, then tell it."""
        self._settle()
        said = dict(data or {})
        if self.args.get("step") is not None:
            said |= {"step": self.args["step"], "asked": _asked(self.step, self.args)}
        # First the events: the act names them.
        record(self.session, *events)
        act(self.session, self.file.id, "file", verb, self.who, self.now, said)
        return self.file


def begin(
    session: Session, caller: Identity, step: Step, args: Mapping[str, Any], now: datetime
) -> Doing:
    """Load the file, and refuse the step if it is not legal now.

    Whatever else the post that has the file does with it, it has then seen it.

    Args:
        session: in a transaction.
        caller: who wants to act.
        step: what is to be done.
        args: ``id`` of the file, ``post``, ``version`` and, made by a caller who may have to ask
            twice, ``step``; and what the step needs.
        now: aware.

    Raises:
        NotFound: no such file, or the post may not read it.
        Forbidden: it is not for this post, or the caller does not speak for it.
        Conflict: it is not legal now, the file is at another version, or the id of the step is
            that of another one, on whichever file; ``differs`` names what.
    """
    rule = STEPS[step]
    gives = rule.goes is not Goes.NOWHERE or step is Step.MARK
    organisation = current_held(session) if gives else current(session)
    one_at_a_time(session, args.get("step"))
    who = actor(session, caller, args["post"], now)
    load = load_of_case if step in _OF_CASE else load_readable
    file = load(session, who.post, args["id"])
    doing = Doing(session, step, args, who, organisation, file, now)
    if _was_taken(doing):
        doing.repeated = True
        return doing
    post = who.post.code
    known = known_of(session, file, who, doing.today)
    check_step(file.standing, step, post, args["version"], known)
    if Who.HOLDER in known.who and file.state != State.CLOSED:
        see(session, file, now)
    return doing


def keep_on_course(session: Session, file: File, today: date, place: int | None = None) -> None:
    """Let the route that a file follows, if any, go on from the post that has the file now.

    Args:
        file: that has just moved.
        today: from which on the desk's days count.
        place: at which desk of the route it is; None: wherever on it that post is.
    """
    course = session.get(Course, file.id)
    if course is None:
        return
    place = place or place_of(course.desks, course.at, file.held_by)
    if place is not None:
        course.at = place
        file.desk_due_on = course.desks[place - 1].due_on(today)
        file.watch()


def see(session: Session, file: File, now: datetime) -> bool:
    """Note when the post that has the file first saw it; whether that is now."""
    if file.seen_at is not None:
        return False
    file.seen_at = now
    movement = session.get(Movement, (file.id, file.moves))
    if movement is not None:
        movement.seen_at = now
    return True


def _asked(step: Step, args: Mapping[str, Any]) -> dict[str, str]:
    """What was asked, and by which ``step``, as an act keeps it."""
    asked = {name: value for name, value in args.items() if name not in _BESIDE}
    return digests({**asked, "step": str(step)})


def _was_taken(doing: Doing) -> bool:
    wanted = doing.args.get("step")
    if wanted is None:
        return False
    before = act_asked(doing.session, "step", wanted, doing.file.id)
    if before is None:
        return False
    asked, now = before.data["asked"], _asked(doing.step, doing.args)
    differs = [name for name in asked.keys() | now.keys() if asked.get(name) != now.get(name)]
    check_same(wanted, [*differs, *(["post"] if before.post != doing.who.post.code else [])])
    return True
