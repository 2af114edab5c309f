"""What keeps steps from being taken on a file that the table would allow now."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika.errors import Forbidden
from palika.india import day_of, in_digits
from services.eoffice.domain.legal import Bar
from services.eoffice.domain.movement import State, Step
from services.eoffice.domain.organisation import Actor, Organisation
from services.eoffice.models import File, Recording
from services.eoffice.queries.authority import can_approve, can_sanction, check_linked
from services.eoffice.queries.cancelling import made, standing_on
from services.eoffice.queries.custody import had_before, those_that_may_have
from services.eoffice.queries.letters import numbers_not_out
from services.eoffice.queries.marks import has_asked, waiting_of
from services.eoffice.queries.volumes import main_of, newer, open_parts, volumes


@dataclass(frozen=True, slots=True)
class _Asked:
    """What bars are asked about."""

    session: Session
    file: File
    city: Organisation
    today: date
    who: Actor
    known: "dict[_Rule, Bar | None]" = field(default_factory=dict)

    def bar(self, rule: "_Rule") -> Bar | None:
        """What a rule says; it is looked up once."""
        if rule not in self.known:
            self.known[rule] = rule(self)
        return self.known[rule]

    @property
    def post(self) -> str:
        """The post for which they act."""
        return self.who.post.code


def bars_of(
    session: Session, file: File, city: Organisation, today: date, who: Actor
) -> Callable[[Step], Bar | None]:
    """What bars a step on a file, for whoever may take it otherwise; None: nothing does.

    Each rule is looked up when it is first asked for, and once, however many steps have it.

    Args:
        city: the organisation, as of this transaction.
        today: the day in India.
        who: would take the step.
    """
    asked = _Asked(session, file, city, today, who)

    def bar(step: Step) -> Bar | None:
        rule = _BARS.get(step)
        return None if rule is None else asked.bar(rule)

    return bar


def reach(session: Session, file: File, city: Organisation, today: date) -> list[str]:
    """The posts up the line to which a file can be put up, the nearest first: somebody holds them,
    and they may read it."""
    there = [city.posts[each] for each in city.held_above(file.held_by, today)]
    return [each.code for each in those_that_may_have(session, file, there)]


def may_put_off(city: Organisation, file: File) -> list[str]:
    """The posts that put a file's due date off: see ``movement.check_put_off``."""
    if file.due_by is None:
        return city.above(file.held_by)
    return [file.due_by, *city.above(file.due_by)]


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


def _put_up(asked: _Asked) -> Bar | None:
    file, city, today = asked.file, asked.city, asked.today
    if reach(asked.session, file, city, today):
        return None
    if city.held_above(file.held_by, today):
        return Bar(f"no post above {file.held_by} may read it")
    return Bar(f"nobody is above {file.held_by}")


def _forward(asked: _Asked) -> Bar | None:
    file, city = asked.file, asked.city
    # One after another, up to the first: a city has thousands of posts.
    for each in city.posts.values():
        cleared = each.code != file.held_by and each.clearance >= file.secrecy
        if cleared and city.is_held(each.code, asked.today):
            return None
    return Bar("no other post may read it") if asked.bar(_send_back) else None


def _send_back(asked: _Asked) -> Bar | None:
    file = asked.file
    if file.moves == 0:
        return Bar(f"it came to {file.held_by} from nobody")
    if any(asked.city.is_held(each, asked.today) for each in had_before(asked.session, file)):
        return None
    return Bar("nobody holds a post now that had it before")


def _due(asked: _Asked) -> Bar | None:
    due, may = asked.file.due_on, may_put_off(asked.city, asked.file)
    if due is None or due > asked.today or asked.post in may:
        return None
    return Bar(
        f"its due date {in_digits(due)} can only be put off, and that is for "
        f"{' or '.join(may) or 'nobody: no post is above'}",
        {"may": may},
    )


def _gather(asked: _Asked) -> Bar | None:
    return None if has_asked(asked.session, asked.file.id) else Bar("it has no answers to gather")


def _approve(asked: _Asked) -> Bar | None:
    if can_approve(asked.session, asked.who, asked.file, asked.city, asked.today):
        return None
    return Bar(f"{asked.post} may not approve it, and no post up the line that may read it")


def _return(asked: _Asked) -> Bar | None:
    if (bar := asked.bar(_send_back)) is not None:
        return bar
    if can_sanction(asked.session, asked.who, asked.file, asked.city, asked.today):
        return None
    return Bar(f"{asked.post} may sanction nothing more")


def _cancel(asked: _Asked) -> Bar | None:
    try:
        check_linked(asked.who, [], asked.city, asked.today, list)
    except Forbidden as refused:
        return Bar(refused.message)
    letters: list[str] = []
    for each in standing_on(asked.session, asked.file):
        found = made(asked.session, asked.file, each, asked.city)
        if found.closed is not None:
            return Bar(f"{found.closed} is closed; reopen it first", {"newest": found.closed})
        if asked.post in found.may and not found.letters:
            return None
        letters += found.letters
    return Bar(f"{', '.join(letters)} has gone out since it was approved", {"letters": letters})


def _close(asked: _Asked) -> Bar | None:
    session, file = asked.session, asked.file
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


def _reopen(asked: _Asked) -> Bar | None:
    session, file = asked.session, asked.file
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


_Rule = Callable[[_Asked], Bar | None]
_BARS: Mapping[Step, _Rule] = {
    Step.PUT_UP: _put_up,
    Step.FORWARD: _forward,
    Step.FOLLOW: _forward,
    Step.MARK: _forward,
    Step.SEND_BACK: _send_back,
    Step.DUE: _due,
    Step.GATHER: _gather,
    Step.APPROVE: _approve,
    Step.RETURN: _return,
    Step.CANCEL: _cancel,
    Step.CLOSE: _close,
    Step.REOPEN: _reopen,
}
