"""Which issues belong to a matter of several services: an issue belongs to one at a time."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from palika.correlation import MOST_TIES
from palika.errors import NotFound
from services.warroom.domain.facts import Issue
from services.warroom.domain.keeping import read
from services.warroom.models import OPEN, Change, Project, Version
from services.warroom.queries import views
from services.warroom.queries.states import moment_of
from services.warroom.schemas.correlating import ISSUE


def tied(session: Session, args: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The issues of a matter, as they are or as they were known at ``args["as_of"]``.

    Raises:
        Invalid: ``as_of`` is to come.
    """
    moment = moment_of(args["as_of"], now)
    asked = (
        select(Version)
        .where(
            Version.content["correlation_id"].astext == str(args["correlation_id"]),
            Version.kind == ISSUE,
            Version.since <= moment,
            Version.until > moment,
        )
        .order_by(Version.id)
        .limit(MOST_TIES)
    )
    return {"items": [shown(session, each) for each in session.scalars(asked)]}


def issues_of(session: Session, matter: UUID) -> int:
    """How many issues belong to a matter now."""
    asked = select(func.count()).where(
        Version.content["correlation_id"].astext == str(matter),
        Version.kind == ISSUE,
        Version.until == OPEN,
    )
    return session.scalar(asked) or 0


def matters_of(session: Session, args: Mapping[str, Any]) -> dict[str, Any]:
    """The matter of the issue ``args["id"]``, if it belongs to one.

    Raises:
        NotFound: there is no such issue.
    """
    found = issue_version(session, args["id"])
    here = shown(session, found)
    known = [] if here["correlation_id"] is None else [_tie(here)]
    return {"id": here["id"], "number": here["number"], "matters": known}


def issue_version(session: Session, key: UUID) -> Version:
    """What is known of an issue now.

    Raises:
        NotFound: there is no such issue, or it was withdrawn.
    """
    asked = select(Version).where(
        Version.entity_id == key, Version.kind == ISSUE, Version.until == OPEN
    )
    found = session.scalars(asked).one_or_none()
    if found is None:
        raise NotFound(f"there is no issue {key}", {"id": str(key)})
    return found


def shown(session: Session, version: Version) -> dict[str, Any]:
    """A tie with what the other services show of the issue; ``number`` is its project's code."""
    issue = read(Issue, version.content)
    code = session.scalar(select(Project.code).where(Project.id == version.project_id))
    first = _tied_first(session, version)
    return {
        "correlation_id": issue.correlation_id and str(issue.correlation_id),
        "kind": ISSUE,
        "id": str(version.entity_id),
        "note": first.reason,
        "tied_at": views.moment(first.at),
        "tied_by": first.by,
        "number": code,
        "status": "open" if issue.open else "resolved",
        "about": {
            "project_id": str(version.project_id),
            "title": issue.title,
            "severity": str(issue.severity),
            "post": issue.post,
            "due_on": issue.due_on.isoformat(),
        },
    }


def _tied_first(session: Session, version: Version) -> Change:
    """The change with which the issue first belonged to the matter."""
    asked = (
        select(Change)
        .join(
            Version,
            (Version.project_id == Change.project_id) & (Version.position == Change.position),
        )
        .where(
            Version.entity_id == version.entity_id,
            Version.content["correlation_id"].astext == version.content["correlation_id"],
        )
        .order_by(Version.id)
        .limit(1)
    )
    return session.scalars(asked).one()


def _tie(here: Mapping[str, Any]) -> dict[str, Any]:
    names = ("correlation_id", "kind", "id", "note", "tied_at", "tied_by")
    return {name: here[name] for name in names}
