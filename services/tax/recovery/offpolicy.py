"""What another way would have brought, from a real ledger alone: doubly robust, or not at all.

On a real ledger only what followed the action that was taken is known. From the decisions in which
another way would have done the same, weighted by how likely that was, and from the model's word for
the others, its value can be estimated. The estimate is refused, with the reason, where the two ways
agree too seldom: a number that rests on a handful of owners is worse than none.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from services.tax.domain.recovery import ACTIONS
from services.tax.recovery.examples import Examples
from services.tax.recovery.model import Model

Floats = NDArray[np.float64]
LEAST_EFFECTIVE: Final = 100.0
"""So many decisions at the least, counted by their weights, must agree in an action."""
LEAST_CHANCE: Final = 0.01
"""Weights are cut off at its inverse."""
_ROWS = 40_000


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a way would have brought more than to do nothing, an action; rupees.

    Attributes:
        refused: why there is no estimate; the figures are None then.
        rupees, low, high: an action, and its 95 % interval.
        effective: how many decisions the estimate rests on, by their weights: of those that did the
            same, or of those that did nothing, whichever are fewer.
    """

    refused: str | None
    rupees: float | None
    low: float | None
    high: float | None
    effective: float


def propensities(examples: Examples, seed: int) -> Floats:
    """How likely each action was, from all that was known, the ward and the day: a column each."""
    days = np.unique(examples.day)
    columns = np.hstack(
        [
            np.nan_to_num(examples.x.astype(np.float64), nan=-1.0),
            examples.ward[:, None] == np.arange(len(examples.wards)),
            examples.day[:, None] == days,
        ]
    )
    found = np.zeros((len(columns), len(ACTIONS)))
    if len(kinds := np.unique(examples.action)) == 1:
        found[:, kinds] = 1.0
        return found
    columns = StandardScaler().fit_transform(columns)
    some = np.arange(len(columns))
    if len(some) > _ROWS:
        some = np.random.default_rng(seed).choice(some, _ROWS, replace=False)
    learner = LogisticRegression(C=0.1, max_iter=150, random_state=seed)
    learner.fit(columns[some], examples.action[some])
    found[:, learner.classes_] = learner.predict_proba(columns)
    return found


def estimate(
    examples: Examples, chosen: NDArray[np.int64], model: Model, chance: Floats
) -> Estimate:
    """The value of a way.

    Args:
        examples: decisions that the model has not seen.
        chosen: what the way would have done, of each.
        model: its word stands where the two do not agree.
        chance: as ``propensities`` gives it.
    """
    acted = np.flatnonzero(chosen > 0)
    if not len(acted):
        return Estimate("the way acts about nobody", None, None, None, 0.0)
    these = examples.where(acted)
    mine, rows = chosen[acted], np.arange(len(acted))
    _, said = model.table(these.x, these.owed)
    more = said[rows, mine] - said[:, 0]
    paid = these.paid.astype(np.float64)
    agrees, alone = these.action == mine, these.action == 0
    weight = agrees / np.maximum(chance[acted][rows, mine], LEAST_CHANCE)
    without = alone / np.maximum(chance[acted][:, 0], LEAST_CHANCE)
    effective, idle = _effective(weight), _effective(without)
    for count, did in ((effective, "done the same"), (idle, "done nothing about the same owners")):
        if count < LEAST_EFFECTIVE:
            reason = (
                f"the city has {did} in {count:.0f} decisions only, counted by their weights; "
                f"{LEAST_EFFECTIVE:.0f} are needed"
            )
            return Estimate(reason, None, None, None, count)
    # Normalised weights: some bias, far less spread.
    size = len(acted)
    right = weight * (paid - said[rows, mine]) * (size / weight.sum())
    wrong = without * (paid - said[:, 0]) * (size / without.sum())
    each = (more + right - wrong) / 100
    spread = 1.96 * float(each.std(ddof=1)) / np.sqrt(size)
    value = float(each.mean())
    return Estimate(None, round(value, 1), round(value - spread, 1), round(value + spread, 1),
                    round(min(effective, idle), 1))  # fmt: skip


def _effective(weight: Floats) -> float:
    squares = np.square(weight).sum()
    return float(weight.sum() ** 2 / squares) if squares else 0.0
