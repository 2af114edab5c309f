"""The state of projects as of a moment: the versions that were open then.

The cost is that of the asked project's versions which were open then or were made since; other
projects' are not looked at.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session, aliased

from palika.errors import Invalid, NotFound
from services.warroom.domain.facts import KINDS, Basis, Fact, State
from services.warroom.domain.keeping import read
from services.warroom.models import OPEN, Change, Project, Seen, Version

_PLACES = {
    "milestone": "milestones",
    "money": "money",
    "risk": "risks",
    "issue": "issues",
    "decision": "decisions",
    "progress": "progress",
    "photo": "photos",
    "link": "links",
}
"""Where facts of a kind stand in a state."""


def find(session: Session, args: Mapping[str, Any]) -> UUID:
    """The id of the project that ``args["id"]`` or ``args["code"]`` names.

    Raises:
        NotFound: there is none.
    """
    found = session.scalar(select(Project.id).where(named(args)))
    if found is None:
        raise no_such(args)
    return found


def owner_of(session: Session, args: Mapping[str, Any]) -> str:
    """The post that answers for the project that ``args["id"]`` or ``args["code"]`` names.

    Raises:
        NotFound: there is none.
    """
    asked = select(Version.content["owner"].astext).where(
        Version.entity_id == find(session, args), Version.until == OPEN
    )
    return str(session.scalar(asked))


def named(args: Mapping[str, Any]) -> ColumnElement[bool]:
    """The project that ``args["id"]`` or ``args["code"]`` names."""
    key = args.get("id")
    return Project.id == key if key is not None else Project.code == args.get("code")


def no_such(args: Mapping[str, Any]) -> NotFound:
    """The error that there is none."""
    key, code = args.get("id"), args.get("code")
    return NotFound("there is no such project", {"id": str(key)} if key else {"code": code})


NOW: Final = OPEN - timedelta(microseconds=1)
"""As of this moment all is read that is known, whatever the clocks of two machines say."""


def moment_of(as_of: datetime | None, now: datetime) -> datetime:
    """The moment as of which is read: ``NOW``, if none is asked for.

    Raises:
        Invalid: it is to come.
    """
    if as_of is None:
        return NOW
    if as_of > now:
        raise Invalid("nothing is known of it yet", {"as_of": ["must not be in the future"]})
    return as_of


def state(session: Session, project_id: UUID, as_of: datetime) -> State:
    """What was known of a project at a moment.

    Raises:
        NotFound: there was no such project then.
    """
    found = states(session, [project_id], as_of)
    if not found:
        raise NotFound("there was no such project then", {"id": str(project_id)})
    return found[0]


def states(session: Session, ids: Collection[UUID], as_of: datetime) -> list[State]:
    """The same of several, by their codes; those that were not there then are left out."""
    before = (Change.project_id == Project.id, Change.at <= as_of)
    last = select(Change.position).where(*before).order_by(Change.at.desc()).limit(1)
    at = select(Change.at).where(*before).order_by(Change.at.desc()).limit(1)
    people = select(func.max(Change.at)).where(*before, ~Change.own)
    heads = select(
        Project.id,
        last.scalar_subquery().label("position"),
        at.scalar_subquery().label("at"),
        people.scalar_subquery().label("people_at"),
    ).where(Project.id.in_(ids))
    then = (Version.project_id.in_(ids), Version.since <= as_of, Version.until > as_of)
    return _gathered_all(session, heads, *then)


def states_seen(session: Session, review_id: UUID) -> list[State]:
    """The projects as the frozen pack of a review shows them, by their codes."""
    made = aliased(Change)
    people = select(func.max(made.at)).where(
        made.project_id == Change.project_id, made.position <= Change.position, ~made.own
    )
    heads = (
        select(
            Change.project_id.label("id"),
            Change.position,
            Change.at,
            people.scalar_subquery().label("people_at"),
        )
        .join(Seen, and_(Seen.subject_id == Change.project_id, Seen.position == Change.position))
        .where(Seen.review_id == review_id)
    )
    return _gathered_all(session, heads)


def _gathered_all(
    session: Session, heads: Select[*tuple[Any, ...]], *then: ColumnElement[bool]
) -> list[State]:
    # One statement: between two, others may record what the one has and the other has not.
    head = heads.cte("head").prefix_with("MATERIALIZED").c
    asked = (
        select(
            head.id,
            head.position,
            head.at,
            head.people_at,
            Version.kind,
            Version.entity_id,
            Version.content,
        )
        .join(Version, Version.project_id == head.id)
        .where(Version.since <= head.at, Version.until > head.at, *then)
        .order_by(Version.id)
    )
    known: dict[UUID, tuple[int, datetime, datetime]] = {}
    facts: dict[UUID, list[tuple[str, UUID, Fact]]] = {}
    for key, position, at, people_at, kind, entity_id, content in session.execute(asked):
        known[key] = (position, at, people_at)
        facts.setdefault(key, []).append((kind, entity_id, read(KINDS[kind], content)))
    found = [gathered(key, *known[key], each) for key, each in facts.items()]
    return sorted(found, key=lambda each: each.project.code)


def facts_of(
    session: Session, ids: Collection[UUID], as_of: datetime
) -> dict[UUID, list[tuple[str, UUID, Fact]]]:
    """What was known of projects at a moment: kind, id and content, the oldest version first."""
    rows = session.execute(
        select(Version.project_id, Version.kind, Version.entity_id, Version.content)
        .where(Version.project_id.in_(ids), Version.since <= as_of, Version.until > as_of)
        .order_by(Version.id)
    )
    found: dict[UUID, list[tuple[str, UUID, Fact]]] = {}
    for project_id, kind, entity_id, content in rows:
        found.setdefault(project_id, []).append((kind, entity_id, read(KINDS[kind], content)))
    return found


def all_ids(session: Session) -> list[UUID]:
    """Every project, by its code."""
    return list(session.scalars(select(Project.id).order_by(Project.code)))


def gathered(
    project_id: UUID,
    version: int,
    recorded_at: datetime,
    updated_at: datetime,
    facts: Iterable[tuple[str, UUID, Fact]],
) -> State:
    """A state of its facts: kind, id and content of each, in the order of their making."""
    places: dict[str, dict[Any, Any]] = {name: {} for name in (*_PLACES.values(), "forecasts")}
    project = health = None
    for kind, entity_id, fact in facts:
        if kind == "project":
            project = fact
        elif kind == "health":
            health = fact
        elif kind == "forecast":
            places["forecasts"][Basis(fact.basis)] = fact  # type: ignore[union-attr]
        else:
            places[_PLACES[kind]][entity_id] = fact
    assert project is not None
    return State(
        project_id,
        version,
        recorded_at,
        updated_at,
        project=project,  # type: ignore[arg-type]
        health=health,  # type: ignore[arg-type]
        **places,
    )


def versions(
    session: Session, project_ids: Collection[UUID], kinds: Collection[str]
) -> list[Version]:
    """Every version of these kinds that these projects had, in the order of their making."""
    return list(
        session.scalars(
            select(Version)
            .where(Version.project_id.in_(project_ids), Version.kind.in_(kinds))
            .order_by(Version.id)
        )
    )
