"""From histories to a model that is judged, and to the comparison that is printed."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from palika.text import Name
from services.tax.domain.recovery import ACTIONS, Amnesty, History
from services.tax.domain.recovery_rules import RecoveryRules
from services.tax.recovery import evaluation, fairness, offpolicy
from services.tax.recovery.examples import Examples, gather
from services.tax.recovery.explanation import importance
from services.tax.recovery.measures import auc, brier, calibration_error, reliability
from services.tax.recovery.model import Model, digest, version_of
from services.tax.recovery.synthetic import Synthetic, generate
from services.tax.recovery.training import PARTS_MR, SEED, Parts, TooLittle, parts, train

Say = Callable[[str], None]
Progress = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and how much there is."""
_LEAST_ALONE = 20_000
_WARM_UP_MONTHS = 12


def silent(what: str, done: int, all_: int) -> None:
    """A progress that nobody sees."""


@dataclass(frozen=True, slots=True)
class Trained:
    """A model with the decisions that judge it.

    Attributes:
        model: its ``figures`` have what it was measured to do.
        document: the model as data.
        judged: decisions that it has not seen.
        cut: the days of each part.
    """

    model: Model
    document: bytes
    judged: Examples
    cut: Parts

    @property
    def version(self) -> str:
        """The model's name."""
        return version_of(self.model, self.document)

    @property
    def sha256(self) -> str:
        """The document's hash."""
        return digest(self.document)


def fit(
    histories: Iterable[History],
    count: int,
    days: Sequence[date],
    rules: RecoveryRules,
    amnesties: Sequence[Amnesty],
    *,
    illustrative: bool,
    trees: int = 150,
    progress: Progress = silent,
) -> Trained:
    """Train on histories, and judge on the last part of them.

    Args:
        histories: one at a time, once.
        count: how many there are, for the progress.
        days: of the city's decisions whose outcome is known, in order.
        rules: the city's.
        amnesties: that there were.
        illustrative: whether the histories are made up.
        trees: how many.
        progress: told how far it is.

    Raises:
        TooLittle: there is not enough to learn from.
    """
    wait = rules.paid.days
    cut = parts(days, wait, rules.enough)
    wanted = [*cut.teach, *cut.calibrate, *cut.judge]
    all_ = gather(
        histories,
        wanted,
        rules.paid,
        rules.least_overdue_paise,
        amnesties,
        lambda done: progress("histories", done, count),
    )
    judged = all_.between(cut.judge[0], cut.judge[-1])
    if (paid := int(judged.pays(rules.paid).sum())) in (0, len(judged)):
        raise TooLittle(
            Name(
                f"{PARTS_MR['judge']}: {len(judged)} पैकी {paid} निर्णयांनंतर भरणा झाला; दोन्ही "
                "प्रकारचे निर्णय हवेत",
                f"to judge: {paid} of {len(judged)} decisions were followed by a payment; there "
                "must be both kinds",
            )
        )
    calibrating = all_.between(cut.calibrate[0], cut.calibrate[-1])
    taught = all_.between(cut.teach[0], cut.teach[-1]).thinned(_LEAST_ALONE, SEED)
    del all_
    model = train(
        taught,
        calibrating,
        rules.paid,
        until=cut.calibrate[-1] + timedelta(days=wait),
        illustrative=illustrative,
        enough=rules.enough,
        trees=trees,
        say=lambda text: progress(text, 0, 0),
    )
    progress("judging", 0, 0)
    figures = {
        **model.figures,
        "judged": judge(model, judged),
        "importance": [list(each) for each in importance(model, judged, SEED)],
        "stands_out": told(_as_acted(model, judged)),
    }
    model = replace(model, figures=figures)
    return Trained(model, model.to_bytes(), judged, cut)


def _as_acted(model: Model, judged: Examples) -> dict[str, list[dict[str, Any]]]:
    """The fairness report of what was said, with the actions that were taken."""
    said = model.chances(judged.x, judged.action)
    return fairness.report(judged, said, judged.pays(model.threshold), judged.action)


def judge(model: Model, judged: Examples) -> dict[str, Any]:
    """How right a model is about decisions that it has not seen, with the actions taken."""
    said, pays = model.chances(judged.x, judged.action), judged.pays(model.threshold)
    _, paise = model.table(judged.x, judged.owed)
    expected = paise[np.arange(len(judged)), judged.action]
    same = np.full(len(pays), pays.mean())
    return {
        "decisions": len(judged),
        "from": date.fromordinal(int(judged.day.min())).isoformat(),
        "to": date.fromordinal(int(judged.day.max())).isoformat(),
        "brier": round(brier(said, pays), 5),
        "brier_of_the_mean": round(brier(same, pays), 5),
        "auc": round(auc(said, pays), 4),
        "calibration_error": round(calibration_error(said, pays), 4),
        "reliability": reliability(said, pays),
        "by_action": {
            str(action): {
                "decisions": int(these.sum()),
                "said": round(float(said[these].mean()), 4),
                "came": round(float(pays[these].mean()), 4),
                "expected_rupees": round(float(expected[these].sum()) / 100),
                "paid_rupees": round(int(judged.paid[these].sum()) / 100),
            }
            for place, action in enumerate(ACTIONS)
            if (these := judged.action == place).any()
        },
    }


@dataclass(frozen=True, slots=True)
class Trial:
    """A made-up city, a model of it, and what was compared."""

    city: Synthetic
    trained: Trained
    outcome: evaluation.Outcome
    figures: dict[str, Any]


def fit_synthetic(
    properties: int,
    years: int,
    seed: int,
    wards: Mapping[str, int],
    rules: RecoveryRules,
    trees: int = 150,
    progress: Progress = silent,
) -> tuple[Synthetic, Trained]:
    """Make a city and train on it.

    Raises:
        TooLittle: it is too small.
    """
    city = generate(
        properties, years, seed, dict(wards), lambda done: progress("months", done, years * 12)
    )
    days = [city.day(month) for month in city.decisions if month >= _WARM_UP_MONTHS]
    trained = fit(
        city.histories(),
        properties,
        days,
        rules,
        city.amnesties,
        illustrative=True,
        trees=trees,
        progress=progress,
    )
    return city, trained


def try_out(
    city: Synthetic,
    trained: Trained,
    rules: RecoveryRules,
    seed: int,
    rounds: int = evaluation.ROUNDS,
    progress: Progress = silent,
) -> Trial:
    """Compare the ways on the last part of a made-up city's time."""
    judged, model = trained.judged, trained.model
    months = [month for month in city.decisions if city.day(month) in trained.cut.judge]
    outcome = evaluation.compare(
        city,
        judged,
        model,
        rules,
        months,
        seed,
        lambda done: progress("decisions", done, len(months)),
    )
    said, pays = model.chances(judged.x, judged.action), judged.pays(model.threshold)
    report = fairness.report(
        judged, said, pays, outcome.chosen["model"], _anyway(city, judged, model)
    )
    progress("what the ledger alone could tell", 0, 0)
    figures = {
        "comparison": evaluation.told(outcome, rules, seed, rounds),
        "fairness": report,
        "stands_out": told(report),
        "off_policy": _off_policy(judged, model, outcome, seed),
    }
    return Trial(city, trained, outcome, figures)


def told(report: Mapping[str, Sequence[dict[str, Any]]]) -> list[dict[str, str]]:
    """What stands out of a fairness report, in both languages; never empty."""
    found = [words for rows in report.values() for words in fairness.stands_out(rows)]
    return [{"mr": each.mr, "en": each.en} for each in found or [fairness.NOTHING]]


def _anyway(city: Synthetic, judged: Examples, model: Model) -> NDArray[np.bool_]:
    """Whether the threshold would be paid if nothing were done."""
    months = {city.day(month).toordinal(): month for month in city.decisions}
    at = np.array([months[int(day)] // 2 for day in judged.day])
    would = city.potential[at, 0, judged.property]
    return replace(judged, paid=would).pays(model.threshold)


def _off_policy(
    judged: Examples, model: Model, outcome: evaluation.Outcome, seed: int
) -> dict[str, Any]:
    chance = offpolicy.propensities(judged, seed)
    found = {}
    for way in ("model", "largest_first"):
        each = offpolicy.estimate(judged, outcome.chosen[way], model, chance)
        found[way] = {
            "refused": each.refused,
            "brought_rupees_per_action": each.rupees,
            "interval": [each.low, each.high],
            "rests_on_decisions": each.effective,
        }
    return found
