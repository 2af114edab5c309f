"""Whom the model and the plan single out, ward by ward and use by use.

Neither the ward nor the zone is known to the model, but what is known may stand for them. So it is
counted: who is chosen, and for the hard actions; whether what is said comes true as often in each
ward; and how often somebody is said to pay and does not, or is pressed who would have paid anyway.
"""

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from palika.text import Name
from services.tax.domain.recovery import ACTIONS, Action
from services.tax.recovery.examples import Examples
from services.tax.recovery.measures import auc

HARD: Final = (ACTIONS.index(Action.NOTICE), ACTIONS.index(Action.ATTACHMENT))
_STANDS_OUT: Final = 3.0
"""Standard errors: with some twenty groups chance alone makes 3 of them about once in twenty
reports."""
_POINTS, _TIMES = 0.05, 1.5
"""So many points of a share, or times as often, are worth telling."""
_OFF_BY = 0.03
_MOST = 3
LIKELY: Final = 0.5
_FEWEST: Final = 50


def report(
    examples: Examples,
    said: NDArray[np.float64],
    pays: NDArray[np.bool_],
    chosen: NDArray[np.int64],
    anyway: NDArray[np.bool_] | None = None,
) -> dict[str, list[dict[str, Any]]]:
    """The figures by ward and by use.

    Args:
        examples: decisions that the model has not seen.
        said: the chance of each, with the action that was taken.
        pays: whether each was paid.
        chosen: what is planned about each, as a place in ``ACTIONS``.
        anyway: whether each would be paid if nothing were done, where that can be known: in a made-
            up city.
    """
    return {
        "wards": _by(examples.ward, examples.wards, examples, said, pays, chosen, anyway),
        "uses": _by(examples.use, examples.uses, examples, said, pays, chosen, anyway),
    }


def _by(
    group: NDArray[np.int64],
    names: Sequence[str],
    examples: Examples,
    said: NDArray[np.float64],
    pays: NDArray[np.bool_],
    chosen: NDArray[np.int64],
    anyway: NDArray[np.bool_] | None,
) -> list[dict[str, Any]]:
    hard = np.isin(chosen, HARD)
    rows = []
    for place, name in enumerate(names):
        here = group == place
        count = int(here.sum())
        if not count:
            continue
        likely = here & (said >= LIKELY)
        pressed = here & hard
        row = {
            "name": name,
            "decisions": count,
            "owed_rupees": round(int(examples.owed[here].sum()) / 100),
            "chosen": _rate(chosen[here] > 0),
            "chosen_hard": _rate(hard[here]),
            "said": round(float(said[here].mean()), 4),
            "came": _rate(pays[here]),
            "auc": _round(auc(said[here], pays[here])),
            "false_alarms": _rate(~pays[likely]),
            "needless": _rate(anyway[pressed]) if anyway is not None else None,
        }
        rows.append(row)
    return sorted(rows, key=lambda row: str(row["name"]))


def _rate(flags: NDArray[np.bool_]) -> float | None:
    return round(float(flags.mean()), 4) if len(flags) else None


def _round(figure: float) -> float | None:
    return None if math.isnan(figure) else round(figure, 3)


def stands_out(rows: Sequence[dict[str, Any]]) -> list[Name]:
    """What is further from the rest than chance explains, and far enough to matter, in words: the
    furthest of what is chosen and of what was said; empty when nothing is."""
    found: list[tuple[float, Name]] = []
    said_wrong: list[tuple[float, Name]] = []
    for row in rows:
        count, name = row["decisions"], row["name"]
        others = [other for other in rows if other is not row]
        rest = sum(other["decisions"] for other in others)
        if count < _FEWEST or rest < _FEWEST:
            continue
        for key, mr, en in _RATES:
            theirs = sum(other[key] * other["decisions"] for other in others) / rest
            error = math.sqrt(max(theirs * (1 - theirs), 1e-9) * (1 / count + 1 / rest))
            off = (row[key] - theirs) / error
            if abs(off) > _STANDS_OUT and _matters(row[key], theirs):
                figures = {"name": name, "here": _percent(row[key]), "rest": _percent(theirs)}
                found.append((abs(off), Name(mr.format(**figures), en.format(**figures))))
        error = math.sqrt(max(row["said"] * (1 - row["said"]), 1e-9) / count)
        off = (row["came"] - row["said"]) / error
        if abs(off) > _STANDS_OUT and abs(row["came"] - row["said"]) >= _OFF_BY:
            figures = {
                "name": name,
                "said": _percent(row["said"]),
                "came": _percent(row["came"]),
            }
            said_wrong.append(
                (abs(off), Name(_OFF.mr.format(**figures), _OFF.en.format(**figures)))
            )
    return [
        words
        for kind in (said_wrong, found)
        for _, words in sorted(kind, key=lambda pair: -pair[0])[:_MOST]
    ]


def _matters(here: float, rest: float) -> bool:
    low, high = sorted((here, rest))
    return high - low >= _POINTS or high >= _TIMES * low


_RATES: Final = (
    (
        "chosen",
        "{name}: {here} थकबाकीदारांवर कृती सुचवली, इतरत्र {rest}.",
        "{name}: {here} of those who are late are acted about, elsewhere {rest}.",
    ),
    (
        "chosen_hard",
        "{name}: {here} थकबाकीदारांना नोटीस वा जप्तीचा प्रस्ताव, इतरत्र {rest}.",
        "{name}: {here} of those who are late get a notice or a proposal to attach, "
        "elsewhere {rest}.",
    ),
)
_OFF: Final = Name(
    "{name}: {said} भरतील असे म्हटले, प्रत्यक्षात {came} ने भरले.",
    "{name}: {said} were said to pay, {came} did.",
)
NOTHING: Final = Name(
    "योगायोगापेक्षा वेगळे काहीही आढळले नाही.", "Nothing stands out beyond what chance explains."
)


def _percent(share: float) -> str:
    return f"{share:.1%}"
