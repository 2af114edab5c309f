"""Training: scikit-learn learns, what it learned leaves as data.

Two questions are learned apart: whether the threshold is paid, and which part of what is owed is
paid by who pays. The product, times what is owed, are the expected rupees. The action is a feature
among the others, so that what is known of owners is shared between actions.

Time is never mixed. The past is cut into three: the first part teaches, the next one calibrates and
decides between the candidates, the last one, which nothing has seen, judges. Between the parts lies
the time in which an outcome is waited for, so that no payment is in two of them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from palika.text import Name
from services.tax.domain.recovery import ACTIONS, Threshold
from services.tax.domain.recovery_rules import Enough
from services.tax.recovery.examples import Examples
from services.tax.recovery.features import FEATURES
from services.tax.recovery.measures import brier
from services.tax.recovery.model import (
    Calibration,
    Floats,
    Linear,
    Model,
    Tree,
    Trees,
    logit,
    sigmoid,
    tree_of,
    widened,
    with_action,
)

SEED: Final = 2026
_LARGEST = float(np.finfo(np.float64).max)
_LINEAR_ROWS = 60_000
_BETTER = 0.02  # of the Brier score: by so much isotonic has to be better than sigmoid

PARTS_MR: Final = {
    "teach": "शिकवण्यासाठी",
    "calibrate": "जुळवण्यासाठी",
    "judge": "पारखण्यासाठी",
}
"""What a part of the past is for, in Marathi."""
_DECISIONS: Final = Name("थकबाकीदारांबाबतचे निर्णय", "decisions about somebody who was late")
_PAID: Final = Name("निर्णयांनंतर भरणा झाला", "of them were followed by a payment")
_UNPAID: Final = Name("निर्णयांनंतर भरणा झाला नाही", "of them were not followed by a payment")
_OFTEN: Final = Name("वेळा सर्वाधिक झालेली एकच कृती", "is the most that any one action was taken")


class TooLittle(ValueError):
    """There is not enough history to learn from; ``why``, or ``str`` in English, says of what, and
    how much there is."""

    def __init__(self, why: Name) -> None:
        super().__init__(why.en)
        self.why = why


@dataclass(frozen=True, slots=True)
class Parts:
    """The days of the decisions that teach, calibrate and judge."""

    teach: tuple[date, ...]
    calibrate: tuple[date, ...]
    judge: tuple[date, ...]


def parts(days: Sequence[date], wait: int, enough: Enough) -> Parts:
    """Cut the decisions by time: a half, a quarter, a quarter, less what lies in between.

    Args:
        days: of decisions whose outcome is known, in order.
        wait: days until an outcome is known.
        enough: the least of them.

    Raises:
        TooLittle: too few decisions.
    """
    if len(days) < enough.decisions:
        raise TooLittle(
            Name(
                f"परिणाम माहीत असलेल्या {len(days)} दिवशी शहराने कृती केली आहे; मॉडेलसाठी किमान "
                f"{enough.decisions} लागतात",
                f"the city has acted on {len(days)} days whose outcome is known; a model needs "
                f"{enough.decisions} at the least",
            )
        )
    first, second = days[len(days) // 2], days[len(days) * 3 // 4]
    span = timedelta(days=wait)
    cut = Parts(
        tuple(each for each in days if each + span < first),
        tuple(each for each in days if first <= each and each + span < second),
        tuple(each for each in days if second <= each),
    )
    if not (cut.teach and cut.calibrate and cut.judge):
        raise TooLittle(
            Name(
                f"शहराने कृती केलेले {len(days)} दिवस एकमेकांच्या फार जवळ आहेत: भूतकाळाचा एक भाग "
                f"संपल्यावर {wait} दिवसांनीच पुढचा सुरू होऊ शकतो",
                f"the {len(days)} days on which the city acted lie too close together: each part "
                f"of the past must be over for {wait} days before the next begins",
            )
        )
    return cut


def check_enough(examples: Examples, threshold: Threshold, enough: Enough, part: str) -> None:
    """Refuse to learn from too little.

    Raises:
        TooLittle: of examples, of payments, of those not paid, or of the action that was taken most
            often; of another action there may be none (decision 0019).
    """
    paid = int(examples.pays(threshold).sum())
    acted = np.bincount(examples.action, minlength=len(ACTIONS))[1:]
    for count, least, what in (
        (len(examples), enough.examples, _DECISIONS),
        (paid, enough.paid, _PAID),
        (len(examples) - paid, enough.paid, _UNPAID),
        (int(acted.max(initial=0)), enough.a_kind, _OFTEN),
    ):
        if count < least:
            raise TooLittle(
                Name(
                    f"{PARTS_MR[part]}: {count} {what.mr}; मॉडेलसाठी किमान {least} लागतात",
                    f"to {part}: {count} {what.en}; a model needs {least} at the least",
                )
            )


def train(
    taught: Examples,
    calibrating: Examples,
    threshold: Threshold,
    *,
    until: date,
    illustrative: bool,
    enough: Enough,
    trees: int = 150,
    now: datetime | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> Model:
    """Train the candidates, keep the better one, calibrate it.

    Args:
        taught: examples of the first part.
        calibrating: examples of the second part, all later.
        threshold: what counts as paid.
        until: the last day whose payments are in either.
        illustrative: whether the history is made up.
        enough: the least that is learned from.
        trees: how many.
        now: aware; of the model's date.
        say: told what is being done.

    Raises:
        TooLittle: there is not enough to learn from.
    """
    check_enough(taught, threshold, enough, "teach")
    check_enough(calibrating, threshold, enough, "calibrate")
    x, y = with_action(taught.x, taught.action), taught.pays(threshold)
    # What is missing everywhere teaches nothing, and scikit-learn cannot cut it into bins.
    x[:, np.isnan(x).all(axis=0)] = 0.0
    held, pays = with_action(calibrating.x, calibrating.action), calibrating.pays(threshold)
    say(f"{len(x)} decisions to learn from: trees")
    by_trees = _trees_for_chance(x, y, trees)
    say("a linear model beside it")
    by_line = _linear_for_chance(x, y)
    compared = {
        "trees": brier(sigmoid(by_trees.raw(held)), pays),
        "linear": brier(sigmoid(by_line.raw(held)), pays),
    }
    chance: Trees | Linear = by_trees if compared["trees"] <= compared["linear"] else by_line
    say("what those who pay pay")
    payers = x[y]
    payers[:, np.isnan(payers).all(axis=0)] = 0.0
    share = _trees_for_share(payers, taught, y, trees)
    calibration, tried = _calibrated(sigmoid(chance.raw(held)), pays, calibrating.day)
    return Model(
        chance=chance,
        share=share,
        calibration=calibration,
        threshold=threshold,
        typical=_typical(taught.x),
        trained_at=now or datetime.now(UTC),
        data_until=until,
        illustrative=illustrative,
        figures={
            "taught": _counts(taught, y),
            "calibrated": _counts(calibrating, pays),
            "brier_of_candidates": {name: round(each, 5) for name, each in compared.items()},
            "brier_of_calibrations": tried,
        },
    )


def _counts(examples: Examples, paid: NDArray[np.bool_]) -> dict[str, Any]:
    days = examples.day
    return {
        "decisions": len(examples),
        "paid": int(paid.sum()),
        "from": date.fromordinal(int(days.min())).isoformat(),
        "to": date.fromordinal(int(days.max())).isoformat(),
        "by_action": {
            str(action): int((examples.action == place).sum())
            for place, action in enumerate(ACTIONS)
        },
    }


def _typical(x: NDArray[np.float32]) -> Floats:
    """The middle value of each feature; NaN where it is missing for most."""
    missing = np.isnan(x).mean(axis=0) > 0.5
    middle = np.nanmedian(np.where(missing, 0.0, x.astype(np.float64)), axis=0)
    found: Floats = np.where(missing, np.nan, middle)
    return found


def _trees_for_chance(x: Floats, y: NDArray[np.bool_], trees: int) -> Trees:
    learner = HistGradientBoostingClassifier(
        max_iter=trees,
        learning_rate=0.07,
        max_leaf_nodes=20,
        min_samples_leaf=80,
        l2_regularization=1.0,
        early_stopping=False,
        random_state=SEED,
    )
    return exported(learner.fit(x, y))


def _trees_for_share(x: Floats, taught: Examples, y: NDArray[np.bool_], trees: int) -> Trees:
    learner = HistGradientBoostingRegressor(
        max_iter=max(trees // 2, 1),
        learning_rate=0.07,
        max_leaf_nodes=15,
        min_samples_leaf=60,
        l2_regularization=1.0,
        early_stopping=False,
        random_state=SEED,
    )
    share = np.clip(taught.paid[y] / np.maximum(taught.owed[y], 1), 0.0, 1.0)
    return exported(learner.fit(x, share))


def exported(learner: Any) -> Trees:
    """The trees of a fitted histogram gradient boosting of one output, as data.

    scikit-learn has no public form of them: a test compares what is exported with what it predicts,
    and the version is locked.
    """
    found: list[Tree] = []
    for (predictor,) in learner._predictors:
        nodes = predictor.nodes
        if nodes["is_categorical"].any():
            raise ValueError("no feature is categorical")
        leaf = nodes["is_leaf"].astype(bool)
        found.append(
            tree_of(
                np.where(leaf, 0, nodes["feature_idx"]),
                np.where(leaf, 0.0, np.minimum(nodes["num_threshold"], _LARGEST)),
                nodes["missing_go_to_left"].astype(bool) & ~leaf,
                np.where(leaf, 0, nodes["left"]).astype(np.int64),
                np.where(leaf, 0, nodes["right"]).astype(np.int64),
                np.where(leaf, nodes["value"], 0.0),
            )
        )
    return Trees(float(np.asarray(learner._baseline_prediction).ravel()[0]), tuple(found))


def _linear_for_chance(x: Floats, y: NDArray[np.bool_]) -> Linear:
    if len(x) > _LINEAR_ROWS:
        some = np.sort(np.random.default_rng(SEED).choice(len(x), _LINEAR_ROWS, replace=False))
        x, y = x[some], y[some]
    known = x[:, : len(FEATURES)]
    there = ~np.isnan(known)
    count = np.maximum(there.sum(axis=0), 1)
    mean = np.where(there, known, 0.0).sum(axis=0) / count
    spread = np.sqrt(np.square(np.where(there, known - mean, 0.0)).sum(axis=0) / count)
    scale = np.where(spread > 1e-9, spread, 1.0)
    columns = widened(x, mean, scale)
    learner = LogisticRegression(C=0.05, max_iter=200, random_state=SEED)
    learner.fit(columns.astype(np.float32), y)
    return Linear(
        mean,
        scale,
        learner.coef_.ravel().astype(np.float64),
        float(np.asarray(learner.intercept_).ravel()[0]),
    )


def _calibrated(
    chance: Floats, pays: NDArray[np.bool_], day: NDArray[np.int64]
) -> tuple[Calibration, dict[str, float]]:
    """The calibration that does better on the later third of its part; sigmoid unless isotonic is
    better by something: it keeps apart what isotonic throws together."""
    early = day <= np.quantile(day, 0.66)
    if early.all() or pays[early].all() or not pays[early].any():
        return _sigmoid(chance, pays), {}
    tried = {
        "none": brier(chance[~early], pays[~early]),
        "sigmoid": brier(_sigmoid(chance[early], pays[early]).of(chance[~early]), pays[~early]),
        "isotonic": brier(_isotonic(chance[early], pays[early]).of(chance[~early]), pays[~early]),
    }
    better = tried["isotonic"] < tried["sigmoid"] * (1 - _BETTER)
    found = _isotonic(chance, pays) if better else _sigmoid(chance, pays)
    return found, {name: round(each, 5) for name, each in tried.items()}


def _sigmoid(chance: Floats, pays: NDArray[np.bool_]) -> Calibration:
    learner = LogisticRegression(C=1e6)
    learner.fit(logit(chance).reshape(-1, 1), pays)
    points = [float(learner.coef_[0, 0]), float(np.asarray(learner.intercept_).ravel()[0])]
    return Calibration("sigmoid", np.array(points), np.array([]))


def _isotonic(chance: Floats, pays: NDArray[np.bool_]) -> Calibration:
    learner = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip")
    learner.fit(chance, pays.astype(np.float64))
    return Calibration("isotonic", learner.X_thresholds_, learner.y_thresholds_)
