"""The model and the database: trained on the ledger, kept, and asked again.

A model that was trained on a made-up city is not kept, and not used for real owners.
"""

import uuid
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np
from sqlalchemy import func, insert, select
from sqlalchemy.dialects.postgresql import insert as insert_once
from sqlalchemy.orm import Session, sessionmaker
from uuid6 import uuid7

from palika.database import sessions as sessions_of
from palika.errors import Conflict
from palika.india import day_of
from palika.text import Name
from services.tax.domain.contacts_cap import Contacts
from services.tax.domain.planner import STOPS, Candidate, Plan, plan
from services.tax.domain.recovery import ACTIONS, Action, History
from services.tax.domain.recovery_rules import RecoveryRules
from services.tax.models import Property, RecoveryModel, RecoveryScore
from services.tax.queries.lawful import by_days, first_days
from services.tax.queries.properties import by_number
from services.tax.queries.recovery import Subject, acted_days, amnesties, contacts, holds, subjects
from services.tax.recovery import fairness, offpolicy
from services.tax.recovery.card import card
from services.tax.recovery.examples import decision_days
from services.tax.recovery.explanation import Reason, as_json, reasons_of
from services.tax.recovery.features import features
from services.tax.recovery.model import Model, loaded
from services.tax.recovery.pipeline import Progress, Trained, fit, silent, told
from services.tax.recovery.policies import largest_first, planned
from services.tax.recovery.scoring import Scored, in_batches, prospects_of, score, working_days

_TOGETHER = 1000


def fit_ledger(
    rules: RecoveryRules,
    trees: int = 150,
    progress: Progress = silent,
    sessions: sessionmaker[Session] | None = None,
    now: datetime | None = None,
) -> Trained:
    """Train on the ledger, and keep the model with its figures and its card.

    Raises:
        TooLittle: there is too little history.
    """
    with (sessions or sessions_of("tax"))() as session:
        trained = _fit(session, rules, trees, progress, now or datetime.now(UTC))
        keep(session, trained)
        session.commit()
    return trained


def _fit(
    session: Session, rules: RecoveryRules, trees: int, progress: Progress, now: datetime
) -> Trained:
    until = day_of(now) - timedelta(days=rules.paid.days + 1)
    days = decision_days(acted_days(session, until))
    count = session.scalar(select(func.count()).select_from(Property)) or 0

    def histories() -> Iterator[History]:
        for each in subjects(session):
            yield each.history

    return fit(
        histories(), count, days, rules, amnesties(), illustrative=False, trees=trees,
        progress=progress,
    )  # fmt: skip


def keep(session: Session, trained: Trained) -> uuid.UUID:
    """Write a model down, once.

    Raises:
        Conflict: it was trained on a made-up city.
    """
    if trained.model.illustrative:
        raise Conflict("a model of a made-up city is not kept: it is not for real owners")
    known = session.scalar(select(RecoveryModel.id).where(RecoveryModel.sha256 == trained.sha256))
    if known is not None:
        return known
    id_ = uuid7()
    session.execute(
        insert(RecoveryModel),
        {
            "id": id_,
            "version": trained.version,
            "sha256": trained.sha256,
            "document": trained.document,
            "trained_at": trained.model.trained_at,
            "data_until": trained.model.data_until,
            "figures": dict(trained.model.figures),
            "card": {
                language: card(trained.model, trained.version, language)
                for language in ("mr", "en")
            },
        },
    )
    return id_


def newest(sessions: sessionmaker[Session] | None = None) -> tuple[Model, bytes] | None:
    """The model that was trained last, held against its hash; None when there is none.

    Raises:
        NotAModel: what is stored is not what was stored.
    """
    with (sessions or sessions_of("tax"))() as session:
        row = session.scalar(
            select(RecoveryModel).order_by(RecoveryModel.trained_at.desc()).limit(1)
        )
        return None if row is None else (loaded(row.document, row.sha256), row.document)


def check_real(model: Model) -> None:
    """Refuse a model of a made-up city for real owners. Raises Conflict."""
    if model.illustrative:
        raise Conflict(
            "this model was trained on a made-up city: it says nothing of real owners. Train one "
            "on the ledger: palika tax recovery train"
        )


def score_of_number(
    model: Model,
    rules: RecoveryRules,
    number: str,
    sessions: sessionmaker[Session] | None = None,
    now: datetime | None = None,
) -> Scored | None:
    """What each action may bring from a property today; None where nothing is late.

    Raises:
        Conflict: the model is of a made-up city.
    """
    check_real(model)
    day = day_of(now or datetime.now(UTC))
    with (sessions or sessions_of("tax"))() as session:
        owed = by_number(session, [number]).get(number)
        if owed is None:
            return None
        for each in subjects(session, only=owed.id):
            if each.history.before(day).overdue_paise(day) > 0:
                return score(model, each.history, day, amnesties(), number)
    return None


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan for the ledger.

    Attributes:
        candidates: that it looked at, by property.
        reasons: of those about whom something is planned, by property.
        days: of the campaign.
    """

    plan: Plan
    candidates: dict[str, Candidate]
    reasons: dict[str, list[Reason]]
    days: list[date]


def plan_ledger(
    model: Model,
    rules: RecoveryRules,
    days: int,
    progress: Progress = silent,
    salt: str = "",
    sessions: sessionmaker[Session] | None = None,
    now: datetime | None = None,
    first_day: date | None = None,
) -> Planned:
    """Plan for all that are late, from tomorrow on. Nothing is kept.

    Args:
        model: trained on a ledger.
        rules: the city's.
        days: working days.
        progress: told how far it is.
        salt: of the campaign: who is left alone by chance depends on it.
        sessions: on the service's database.
        now: aware.
        first_day: in place of tomorrow.

    Raises:
        Conflict: the model is of a made-up city.
    """
    check_real(model)
    today = day_of(now or datetime.now(UTC))
    with (sessions or sessions_of("tax"))() as session:
        count = session.scalar(select(func.count()).select_from(Property)) or 0
        held = holds(session, today)
        heard = Contacts.of(rules.caps, contacts(session, today, rules.caps.counted))
        candidates: list[Candidate] = []
        rows_of: dict[str, Sequence[float]] = {}
        done = 0
        known: dict[tuple[str, Action], tuple[date | None, Name]] = {}
        for batch in in_batches(subjects(session), _TOGETHER):
            late = _candidates(model, rules, batch, today, held, rows_of)
            candidates += late
            ids = {each.property_id for each in late}
            entries = {each.id: each.entries for each in batch if str(each.id) in ids}
            known.update(first_days(session, entries, today))
            done += len(batch)
            progress("properties", done, count)
    progress("planning", 0, 0)
    wanted = working_days(first_day or today + timedelta(days=1), days)
    made = plan(candidates, rules, wanted, by_days(known), heard, salt or wanted[0].isoformat())
    acted = [(each.property_id, each.action) for each in made.choices]
    why: dict[str, list[Reason]] = {}
    for start in range(0, len(acted), _TOGETHER):
        part = acted[start : start + _TOGETHER]
        rows = [rows_of[id_] for id_, _ in part]
        found = reasons_of(model, rows, [action for _, action in part])
        why.update(zip((id_ for id_, _ in part), found, strict=True))
    return Planned(made, {each.property_id: each for each in candidates}, why, wanted)


def _candidates(
    model: Model,
    rules: RecoveryRules,
    batch: list[Subject],
    day: date,
    held: dict[uuid.UUID, dict[str, date | None]],
    rows_of: dict[str, Sequence[float]],
) -> list[Candidate]:
    late = [
        (each, known)
        for each in batch
        if (known := each.history.before(day)).overdue_paise(day) >= rules.least_overdue_paise
    ]
    rows = [features(each.history, day, amnesties()) for each, _ in late]
    rows_of.update(
        (str(each.id), array("f", row)) for (each, _), row in zip(late, rows, strict=True)
    )
    scored = prospects_of(model, rows, [known.owed_paise for _, known in late])
    return [
        Candidate(
            str(each.id),
            each.owner,
            each.ward,
            known.owed_paise,
            known.overdue_paise(day),
            prospects,
            frozenset(held.get(each.id, {})) & frozenset(STOPS),
            held.get(each.id, {}).get("promised"),
            each.reachable,
        )
        for (each, known), prospects in zip(late, scored, strict=True)
    ]


def keep_plan(session: Session, sha256: str, planned: Planned, now: datetime) -> uuid.UUID:
    """Keep what a model said of all that a plan has looked at, with its version and the day; with
    the reasons of those about whom something is planned.

    Args:
        session: in the caller's transaction.
        sha256: the model's hash.
        planned: as ``plan_ledger`` gives it.
        now: aware.

    Returns:
        The model's id.

    Raises:
        Conflict: the model is not kept in this database.
    """
    model_id = session.scalar(select(RecoveryModel.id).where(RecoveryModel.sha256 == sha256))
    if model_id is None:
        raise Conflict("the model of this plan is not in the database", {"sha256": sha256})
    today = day_of(now)
    rows = [
        {
            "property_id": uuid.UUID(each.property_id),
            "scored_on": today,
            "model_id": model_id,
            "owed_paise": each.owed_paise,
            "chances": [one.probability for one in each.prospects],
            "paise": [one.paise for one in each.prospects],
            "reasons": as_json(planned.reasons.get(each.property_id, ())),
        }
        for each in planned.candidates.values()
    ]
    for start in range(0, len(rows), _TOGETHER):
        part = rows[start : start + _TOGETHER]
        session.execute(insert_once(RecoveryScore).on_conflict_do_nothing(), part)
    return model_id


def evaluate_ledger(
    rules: RecoveryRules,
    trees: int,
    seed: int,
    progress: Progress = silent,
    sessions: sessionmaker[Session] | None = None,
    now: datetime | None = None,
) -> tuple[dict[str, object], Trained]:
    """Judge a model of the ledger on its last decisions, and estimate what either way would have
    brought, or say why that cannot be had. Nothing is kept.

    Raises:
        TooLittle: there is too little history.
    """
    with (sessions or sessions_of("tax"))() as session:
        trained = _fit(session, rules, trees, progress, now or datetime.now(UTC))
    judged, model = trained.judged, trained.model
    everywhere = {each: np.ones(len(judged), dtype=np.bool_) for each in ACTIONS[1:]}
    ways = {
        "model": np.zeros(len(judged), dtype=np.int64),
        "largest_first": np.zeros(len(judged), dtype=np.int64),
    }
    for day in np.unique(judged.day):
        at = np.flatnonzero(judged.day == day)
        today = judged.where(at)
        possible = {each: flags[at] for each, flags in everywhere.items()}
        counts = {each: int((today.action == place).sum()) for place, each in enumerate(ACTIONS)}
        del counts[Action.NONE]
        chances, paise = model.table(today.x, today.owed)
        ways["model"][at] = planned(
            chances, paise, today.owed, counts, possible, rules, date.fromordinal(int(day))
        )
        ways["largest_first"][at] = largest_first(today.owed, counts, possible)
    likely = offpolicy.propensities(judged, seed)
    found = {}
    for way, chosen in ways.items():
        each = offpolicy.estimate(judged, chosen, model, likely)
        found[way] = {
            "refused": each.refused,
            "brought_rupees_per_action": each.rupees,
            "interval": [each.low, each.high],
            "rests_on_decisions": each.effective,
        }
    said = model.chances(judged.x, judged.action)
    report = fairness.report(judged, said, judged.pays(model.threshold), ways["model"])
    figures: dict[str, object] = {
        "fairness": report,
        "stands_out": told(report),
        "off_policy": found,
    }
    return figures, trained
