"""What a review looks at: every project now and at the last review, promises, red KPIs."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from palika.india import day_of
from services.warroom.domain.agenda import Subject
from services.warroom.domain.changes import changes
from services.warroom.domain.facts import State
from services.warroom.domain.progress import expected
from services.warroom.domain.red_kpis import RED, RedKpi, Told, standing
from services.warroom.domain.reviews import Action, Meeting, Phase
from services.warroom.models import KpiAlert, ReviewRow
from services.warroom.queries.past import past_of
from services.warroom.queries.reviews import meetings_at, promises_since, versions_of_reviews
from services.warroom.queries.states import NOW, all_ids, states, states_seen

Promise = tuple[UUID, UUID, Action]
"""Review, id and action."""


@dataclass(frozen=True, slots=True)
class Looked:
    """All of it, as it was known at one moment.

    Attributes:
        at: that moment: read as of it, it is ever the same.
        since: when the pack of the last review was frozen; None: there was none.
        last_held: when that review was opened; None: it was not.
        subjects: of each project, by code.
        before: its states as the last review's pack has shown them, by id.
        promises: actions that are pending, or were settled since; by their day.
        seen: the number of the last change of each project and review, by id: the next review
            begins behind them.
    """

    at: datetime
    since: datetime | None
    last_held: datetime | None
    subjects: Sequence[Subject]
    before: dict[UUID, State]
    promises: Sequence[Promise]
    kpis: Sequence[RedKpi]
    seen: Mapping[UUID, int]

    @property
    def today(self) -> date:
        """Its day, of India."""
        return day_of(self.at)


def looked(session: Session, meeting: Meeting, now: datetime) -> Looked:
    """What a review looks at."""
    last = last_of(session, meeting)
    since = None if last is None else last[1].frozen_at
    held = None if last is None else last[1].opened_at
    # Before the promises are read: what is settled in between is told once more, and not never.
    reviews = versions_of_reviews(session)
    after = states(session, all_ids(session), NOW)
    at = max([now, *(each.recorded_at for each in after)])
    before = {} if last is None else {each.id: each for each in states_seen(session, last[0])}
    promises = promises_since(session, None if last is None else last[0])
    by_project: dict[UUID | None, list[Action]] = defaultdict(list)
    for _, _, action in promises:
        by_project[action.project_id].append(action)
    from_day = day_of(since or at)
    past = past_of(session, [each.id for each in after], NOW)
    begun = _begun(session, after)
    subjects = []
    for state in after:
        plan = expected(state, day_of(at))
        critical = (
            frozenset()
            if plan is None
            else frozenset(key for key in state.milestones if plan.timings[str(key)].critical)
        )
        found = changes(before.get(state.id), state, from_day, day_of(at))
        old = before.get(state.id)
        subjects.append(
            Subject(
                state,
                found,
                critical,
                by_project[state.id],
                past[state.id],
                0 if old is None else old.version,
                begun,
            )
        )
    seen = reviews | {each.id: each.version for each in after}
    return Looked(at, since, held, subjects, before, promises, red_kpis(session), seen)


def _begun(session: Session, found: Sequence[State]) -> dict[UUID, datetime]:
    """When the reviews began that have decided about these projects."""
    decided = {one.review_id for each in found for one in each.decisions.values() if one.review_id}
    told = meetings_at(session, NOW, ReviewRow.id.in_(decided)) if decided else []
    return {key: each.opened_at for key, each in told if each.opened_at is not None}


def last_of(session: Session, meeting: Meeting) -> tuple[UUID, Meeting] | None:
    """The last review of the series, which has shown the projects; one that was called off has
    shown none."""
    found = meetings_at(
        session, NOW, ReviewRow.series == meeting.series, ReviewRow.occurs_on < meeting.occurs_on
    )
    held = (each for each in found if each[1].phase in (Phase.OPEN, Phase.CLOSED))
    return next(held, None)


def red_kpis(session: Session) -> list[RedKpi]:
    """The KPIs that stand red.

    Of each KPI what was told since its last end is read, and no alert whose own end was told: as
    many rows as stand red, and a few that came at the same moment.
    """
    ends = (
        select(KpiAlert.code, func.max(KpiAlert.at).label("at"))
        .where(KpiAlert.kind == RED, KpiAlert.ended)
        .group_by(KpiAlert.code)
        .subquery()
    )
    own = aliased(KpiAlert)
    over = select(own.event_id).where(own.alert_id == KpiAlert.alert_id, own.ended)
    asked = (
        select(KpiAlert)
        .outerjoin(ends, ends.c.code == KpiAlert.code)
        .where(
            KpiAlert.kind == RED,
            ~KpiAlert.ended,
            or_(ends.c.at.is_(None), KpiAlert.at >= ends.c.at),
            ~over.exists(),
        )
    )
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
            each.alert_id,
            each.ended,
        )
        for each in session.scalars(asked)
    ]
    return standing(told)
