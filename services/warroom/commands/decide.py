"""Record a decision."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.errors import Invalid
from palika.roles import post_of
from services.warroom.commands.act import Act
from services.warroom.domain.facts import Decision, State
from services.warroom.reference import city_reviews


def decide(session: Session, caller: Identity, args: Mapping[str, Any], now: datetime) -> State:
    """Record what was decided, as ``schemas.asking.Deciding`` has it.

    Raises as ``Act.load``, and:
        Forbidden: it is for who answers for the project, and for the head of its department or the
            chair of a series of reviews, of what they have decided themselves.
        Invalid: the day is to come; or ``by`` is another's post. What others have decided they
            record themselves, or it stands in the minutes of a review; an administrator may record
            it of any.
        Conflict: its id is of something else.
    """
    act = Act.load(session, caller, args, now)
    above = _above(act.state.project.department)
    # Whose word it is to be says nothing of who writes it: a post above may write its own.
    act.check_may(*(above & {args["by"]} & {post_of(caller.subject)}))
    own = post_of(caller.subject)
    if "admin" not in caller.roles and args["by"] != own:
        raise Invalid(
            "it is another's decision",
            {"by": [f"must be {own}, the post that records it: nobody decides for another"]},
        )
    if args["decided_on"] > act.today:
        raise Invalid("it is to come", {"decided_on": [f"must be {act.today} or earlier"]})
    names = ("text", "by", "decided_on", "file_number")
    _, fresh = act.add(args["decision_id"], Decision(**{name: args[name] for name in names}))
    if not fresh:
        return act.state
    return act.save("decide", args["reason"], args["valid_on"] or args["decided_on"])


def _above(department: str) -> set[str]:
    """The posts above a project that may write down what they have decided of it."""
    policy = city_reviews()
    chairs = {each.chair for each in policy.series.values()}
    return chairs | {policy.heads[department]} if department in policy.heads else chairs
