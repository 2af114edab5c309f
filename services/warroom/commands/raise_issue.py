"""Raise an issue, change it, and resolve it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.errors import Conflict, Invalid
from services.warroom.commands.act import Act
from services.warroom.commands.tie import check_not_tied, check_room
from services.warroom.domain.facts import Issue, State
from services.warroom.schemas import ISSUE_RAISED, ISSUE_RESOLVED

_FIELDS = ("title", "detail", "severity", "post", "due_on", "correlation_id", "sub_judice")


def raise_issue(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> State:
    """Raise an issue, as ``schemas.asking.RaisingIssue`` has it.

    Raises as ``Act.load``, and:
        Forbidden: it is for who answers for the project.
        Invalid: it is raised on a day to come, or due before it is raised.
        Conflict: its id is of something else; or the matter has as many issues as one may have.
    """
    act = Act.load(session, caller, args, now)
    act.check_may()
    raised_on = args["raised_on"] or act.today
    if raised_on > act.today:
        raise Invalid("it is to come", {"raised_on": [f"must be {act.today} or earlier"]})
    issue = Issue(raised_on=raised_on, **{name: args[name] for name in _FIELDS})
    key, fresh = act.add(args["issue_id"], issue, *([] if args["raised_on"] else ["raised_on"]))
    if not fresh:
        return act.state
    _check_due(issue)
    check_room(session, issue.correlation_id)
    told = act.about(**_told(key, issue), raised_at=act.now)
    act.tell(ISSUE_RAISED.new(**told))
    return act.save("raise_issue", args["reason"], args["valid_on"] or raised_on)


def revise_issue(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> State:
    """Change an open issue, as ``schemas.asking.RevisingIssue`` has it.

    Raises as ``Act.load``, and:
        Forbidden: it is for who answers for the project.
        NotFound: the project has no such issue.
        Conflict: it is resolved; or belongs to another matter than is said: it is untied first,
            with a reason (``tie.untie_issue``).
        Invalid: it is due before it was raised; or later than before, without a reason.
    """
    act = Act.load(session, caller, args, now)
    act.check_may()
    old = _open(act, args["issue_id"])
    revised = replace(old, **{name: args[name] for name in _FIELDS if name in args})
    _check_matter(session, old, revised)
    _check_due(revised)
    if revised.due_on > old.due_on and args["reason"] is None:
        raise Invalid("it slips", {"reason": ["must be given where it is due later than before"]})
    act.put(args["issue_id"], revised)
    return act.save("revise_issue", args["reason"], args["valid_on"])


def resolve_issue(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> State:
    """Resolve an issue, as ``schemas.asking.ResolvingIssue`` has it.

    Raises as ``Act.load``, and:
        Forbidden: it is for who answers for the project, or whose issue it is.
        NotFound: the project has no such issue.
        Conflict: it is resolved.
        Invalid: the day is to come, or before it was raised.
    """
    act = Act.load(session, caller, args, now)
    key = args["issue_id"]
    act.check_may(act.get(Issue, key).post)
    old = _open(act, key)
    day = args["resolved_on"] or act.today
    if not old.raised_on <= day <= act.today:
        rule = f"must be from {old.raised_on}, when it was raised, to {act.today}"
        raise Invalid("not on that day", {"resolved_on": [rule]})
    resolved = replace(old, resolved_on=day, resolution=args["resolution"])
    act.put(key, resolved)
    told = act.about(
        **_told(key, resolved), days_open=(day - old.raised_on).days, resolved_at=act.now
    )
    act.tell(ISSUE_RESOLVED.new(**told))
    return act.save("resolve_issue", args["reason"], args["valid_on"] or day)


def _open(act: Act, key: UUID) -> Issue:
    found = act.get(Issue, key)
    if not found.open:
        raise Conflict(
            f"it was resolved on {found.resolved_on}", {"resolved_on": str(found.resolved_on)}
        )
    return found


def _check_matter(session: Session, old: Issue, revised: Issue) -> None:
    if revised.correlation_id == old.correlation_id:
        return
    check_not_tied(old)
    check_room(session, revised.correlation_id)


def _check_due(issue: Issue) -> None:
    if issue.due_on < issue.raised_on:
        rule = f"must be {issue.raised_on}, when it was raised, or later"
        raise Invalid("due too early", {"due_on": [rule]})


def _told(key: UUID, issue: Issue) -> dict[str, Any]:
    names = ("severity", "post", "due_on", "correlation_id")
    return {"issue_id": key, **{name: getattr(issue, name) for name in names}}
