"""What is past of projects as of a moment (``domain/past.py``), of their versions until then."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from palika.india import day_of
from services.warroom.domain.facts import Milestone, Standing
from services.warroom.domain.keeping import kept, read
from services.warroom.domain.past import Past, Spell, WithdrawnLate, late_days, spells
from services.warroom.models import Change, Version
from services.warroom.queries.states import versions
from services.warroom.queries.views import moment


def past_of(session: Session, ids: Collection[UUID], as_of: datetime) -> dict[UUID, Past]:
    """Of each project what is past of it."""
    turns: dict[UUID, list[tuple[datetime, Standing]]] = defaultdict(list)
    for each in versions(session, ids, ["project"]):
        if each.since <= as_of:
            turns[each.project_id].append((each.since, Standing(each.content["standing"])))
    gone = _gone(session, ids, as_of)
    changes = _changes(session, [known[-1] for known in gone])
    late: dict[UUID, list[WithdrawnLate]] = defaultdict(list)
    for known in gone:
        last = known[-1]
        change = changes[last.project_id, last.until]
        milestones = [read(Milestone, each.content) for each in known]
        days = late_days(milestones, day_of(last.until))
        if days:
            late[last.project_id].append(
                WithdrawnLate(
                    last.entity_id,
                    milestones[-1].key,
                    milestones[-1].name,
                    milestones[0].planned_on,
                    days,
                    day_of(last.until),
                    change.position,
                    change.reason,
                )
            )
    return {
        key: Past(spells(turns[key]), sorted(late[key], key=lambda each: each.position))
        for key in ids
    }


def past_view(past: Past, today: date) -> dict[str, Any]:
    """It as callers see it: plain JSON values."""
    return {
        "set_aside": {
            "times": len(past.spells),
            "days": past.days_aside(today),
            "spells": [_spell(each) for each in past.spells],
        },
        "withdrawn_late": [kept(each) for each in past.withdrawn_late],
    }


def _gone(session: Session, ids: Collection[UUID], as_of: datetime) -> list[list[Version]]:
    """The versions of each milestone that is withdrawn, the oldest first."""
    known = (Version.project_id.in_(ids), Version.kind == "milestone", Version.since <= as_of)
    withdrawn = (
        select(Version.entity_id)
        .where(*known)
        .group_by(Version.entity_id)
        .having(func.max(Version.until) <= as_of)
    )
    asked = select(Version).where(*known, Version.entity_id.in_(withdrawn)).order_by(Version.id)
    found: dict[UUID, list[Version]] = defaultdict(list)
    for each in session.scalars(asked):
        found[each.entity_id].append(each)
    return list(found.values())


def _spell(one: Spell) -> dict[str, Any]:
    until = None if one.until is None else moment(one.until)
    return {"standing": str(one.standing), "since": moment(one.since), "until": until}


def _changes(session: Session, gone: Collection[Version]) -> dict[tuple[UUID, datetime], Change]:
    """The changes that have withdrawn them: by project and moment."""
    if not gone:
        return {}
    asked = select(Change).where(
        Change.project_id.in_({each.project_id for each in gone}),
        Change.at.in_({each.until for each in gone}),
    )
    return {(each.project_id, each.at): each for each in session.scalars(asked)}
