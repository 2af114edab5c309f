"""How right chances are: figures that need nothing but numpy."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def brier(chance: Floats, came: Flags) -> float:
    """The mean squared error of chances; 0 is perfect, the less the better."""
    return float(np.mean((chance - came) ** 2)) if len(chance) else float("nan")


def auc(chance: Floats, came: Flags) -> float:
    """How often of two, one that came and one that did not, the first has the higher chance (a tie
    counts a half); NaN where there are not both."""
    hits, misses = int(came.sum()), int((~came).sum())
    if not hits or not misses:
        return float("nan")
    _, place, count = np.unique(chance, return_inverse=True, return_counts=True)
    ranks = np.cumsum(count) - (count - 1) / 2
    return float((ranks[place][came].sum() - hits * (hits + 1) / 2) / (hits * misses))


def reliability(chance: Floats, came: Flags, bins: int = 10) -> list[dict[str, Any]]:
    """Of each tenth of the chances: how many, what was said on average, what came true."""
    at = np.minimum((chance * bins).astype(int), bins - 1)
    return [
        {
            "from": each / bins,
            "to": (each + 1) / bins,
            "count": int(inside.sum()),
            "said": round(float(chance[inside].mean()), 4),
            "came": round(float(came[inside].mean()), 4),
        }
        for each in range(bins)
        if (inside := at == each).any()
    ]


def calibration_error(chance: Floats, came: Flags, bins: int = 10) -> float:
    """By how much what is said is off what comes true, over all tenths."""
    rows = reliability(chance, came, bins)
    total = sum(row["count"] for row in rows)
    return sum(row["count"] * abs(row["said"] - row["came"]) for row in rows) / max(total, 1)
