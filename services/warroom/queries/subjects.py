"""What a review looks at: every project now and at the last review, promises, red KPIs."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika.india import day_of
from services.warroom.domain.agenda import Subject
from services.warroom.domain.changes import changes
from services.warroom.domain.facts import State
from services.warroom.domain.progress import expected
from services.warroom.domain.red_kpis import RED, RedKpi, Told, standing
from services.warroom.domain.reviews import Action, Meeting, Phase
from services.warroom.models import KpiAlert, ReviewRow
from services.warroom.queries.reviews import actions_at, is_pending, meetings_at
from services.warroom.queries.states import NOW, all_ids, states

Promise = tuple[UUID, UUID, Action]
"""Review, id and action."""


@dataclass(frozen=True, slots=True)
class Looked:
    """All of it, as it was known at one moment.

    Attributes:
        at: that moment: read as of it, it is ever the same.
        since: of the last review; None: there was none.
        subjects: of each project, by code.
        before: its states at ``since``, by id.
        promises: actions that are pending, or were settled since; by their day.
    """

    at: datetime
    since: datetime | None
    subjects: Sequence[Subject]
    before: dict[UUID, State]
    promises: Sequence[Promise]
    kpis: Sequence[RedKpi]

    @property
    def today(self) -> date:
        """Its day, of India."""
        return day_of(self.at)


def looked(session: Session, meeting: Meeting, now: datetime) -> Looked:
    """What a review looks at."""
    since = since_of(session, meeting)
    ids = all_ids(session)
    after = states(session, ids, NOW)
    at = max([now, *(each.recorded_at for each in after)])
    before = {} if since is None else {each.id: each for each in states(session, ids, since)}
    promises = _promises(session, since)
    by_project: dict[UUID | None, list[Action]] = defaultdict(list)
    for _, _, action in promises:
        by_project[action.project_id].append(action)
    from_day = day_of(since or at)
    subjects = []
    for state in after:
        plan = expected(state, day_of(at))
        critical = (
            frozenset()
            if plan is None
            else frozenset(key for key in state.milestones if plan.timings[str(key)].critical)
        )
        found = changes(before.get(state.id), state, from_day, day_of(at))
        subjects.append(Subject(state, found, critical, by_project[state.id]))
    return Looked(at, since, subjects, before, promises, _red(session, since))


def since_of(session: Session, meeting: Meeting) -> datetime | None:
    """The moment of which the last review of the series has shown the projects; one that was called
    off has shown none."""
    found = meetings_at(
        session, NOW, ReviewRow.series == meeting.series, ReviewRow.occurs_on < meeting.occurs_on
    )
    for _, each in found:
        if each.phase in (Phase.OPEN, Phase.CLOSED):
            return each.frozen_at or each.opened_at
    return None


def _promises(session: Session, since: datetime | None) -> list[Promise]:
    """Actions that are pending, and those that were settled since the last review."""
    pending = actions_at(session, NOW, is_pending())
    if since is None:
        return pending
    then = actions_at(session, since, is_pending())
    known = {key for _, key, _ in pending}
    settled = {key for _, key, _ in then} - known
    all_now = [each for each in actions_at(session, NOW) if each[1] in settled]
    return sorted([*pending, *all_now], key=lambda each: (each[2].due_on, str(each[1])))


def _red(session: Session, since: datetime | None) -> list[RedKpi]:
    told = [
        Told(
            RedKpi(
                each.code,
                each.department,
                each.owner,
                each.kind,
                each.period,
                each.value or "–",
                each.target or "–",
            ),
            each.at,
            each.known_at,
            each.alert_id,
            each.ended,
        )
        for each in session.scalars(select(KpiAlert).where(KpiAlert.kind == RED))
    ]
    return standing(told, since)
