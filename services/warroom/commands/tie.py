"""Tie an issue to a matter of several services, and untie it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.correlation import MOST_TIES, new_id
from palika.errors import Conflict, NotFound
from services.warroom.commands.act import Act
from services.warroom.domain.facts import Issue
from services.warroom.queries.matters import issue_version, issues_of, shown


def tie_issue(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """Tie it, open or resolved. Asked again, it is tied already.

    Raises:
        NotFound: there is no such issue.
        Forbidden: it is for who answers for the project.
        Conflict: it belongs to another matter; or the matter has as many issues as one may have.
    """
    act, issue = _loaded(session, caller, args["id"], now)
    wanted, known = args["correlation_id"], issue.correlation_id
    if known is not None and wanted not in (None, known):
        check_not_tied(issue)
    if known is None:
        check_room(session, wanted)
        act.put(args["id"], replace(issue, correlation_id=wanted or new_id()))
        act.save("tie", args["note"])
    return shown(session, issue_version(session, args["id"]))


def check_not_tied(issue: Issue) -> None:
    """Refuse to take an issue out of its matter without a word.

    Raises:
        Conflict: it belongs to one.
    """
    known = issue.correlation_id
    if known is not None:
        raise Conflict(
            f"it belongs to the matter {known}: untie it first", {"correlation_id": str(known)}
        )


def check_room(session: Session, matter: UUID | None) -> None:
    """Refuse one more issue of a matter than ``tied`` answers with.

    Raises:
        Conflict: it has so many.
    """
    if matter is not None and issues_of(session, matter) >= MOST_TIES:
        raise Conflict(
            f"{MOST_TIES} issues belong to this matter, which is the limit",
            {"correlation_id": str(matter)},
        )


def untie_issue(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """Untie it; what was known before stays known.

    Raises:
        NotFound: there is no such issue, or it is not tied to this matter.
        Forbidden: it is for who answers for the project.
    """
    act, issue = _loaded(session, caller, args["id"], now)
    matter = args["correlation_id"]
    if issue.correlation_id != matter:
        raise NotFound(
            "it is not tied to this matter",
            {"correlation_id": str(matter), "id": str(args["id"])},
        )
    before = shown(session, issue_version(session, args["id"]))
    act.put(args["id"], replace(issue, correlation_id=None))
    act.save("untie", args["reason"])
    return before | {
        "untied_at": act.about()["time"].isoformat(),
        "untied_by": caller.subject,
        "reason": args["reason"],
    }


def _loaded(session: Session, caller: Identity, key: UUID, now: datetime) -> tuple[Act, Issue]:
    project = issue_version(session, key).project_id
    act = Act.load(session, caller, {"id": project}, now)
    act.check_may()
    return act, act.get(Issue, key)
