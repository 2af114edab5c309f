"""Two ways to spend the same budget: the model with its planner, and the largest arrears first."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from palika.text import Name
from services.tax.domain.contacts_cap import Caps, Contacts
from services.tax.domain.planner import Candidate, Lawful, plan
from services.tax.domain.recovery import ACTIONS, Action, Prospect
from services.tax.domain.recovery_rules import Means, RecoveryRules

HARDEST_FIRST: Final = (Action.ATTACHMENT, Action.NOTICE, Action.CALL, Action.MESSAGE)
_NOT_YET: Final = Name("अद्याप नाही.", "Not yet.")
_NO_CAPS: Final = Caps(10**6, 10**6, frozenset())


def budget_of(counts: Mapping[Action, int], rules: RecoveryRules) -> dict[str, Means]:
    """What so many of each action use up, all on one day."""
    sums = dict.fromkeys(rules.budget, 0)
    for action, count in counts.items():
        for name, each in rules.efforts[action].uses.items():
            sums[name] += each * count
    return {name: Means(each, each) for name, each in sums.items()}


def largest_first(
    owed: NDArray[np.int64],
    counts: Mapping[Action, int],
    possible: Mapping[Action, NDArray[np.bool_]],
) -> NDArray[np.int64]:
    """The rule in use: the hardest action for the largest arrears, then the next one.

    Args:
        owed: in paise.
        counts: how many of each action there are.
        possible: where each one is lawful, and can reach anybody.

    Returns:
        The place of the action in ``ACTIONS``; 0 for none.
    """
    return _in_order(np.argsort(-owed, kind="stable"), counts, possible)


def by_lot(
    counts: Mapping[Action, int], possible: Mapping[Action, NDArray[np.bool_]], seed: int
) -> NDArray[np.int64]:
    """The same number of actions, drawn: what no knowledge at all would bring."""
    size = len(possible[Action.MESSAGE])
    return _in_order(np.random.default_rng(seed).permutation(size), counts, possible)


def _in_order(
    order: NDArray[np.int64],
    counts: Mapping[Action, int],
    possible: Mapping[Action, NDArray[np.bool_]],
) -> NDArray[np.int64]:
    chosen = np.zeros(len(order), dtype=np.int64)
    for action in HARDEST_FIRST:
        free = order[(chosen[order] == 0) & possible[action][order]]
        chosen[free[: counts.get(action, 0)]] = ACTIONS.index(action)
    return chosen


def planned(
    chances: NDArray[np.float64],
    paise: NDArray[np.float64],
    owed: NDArray[np.int64],
    counts: Mapping[Action, int],
    possible: Mapping[Action, NDArray[np.bool_]],
    rules: RecoveryRules,
    day: date,
) -> NDArray[np.int64]:
    """What the planner chooses with the same budget, for all of these at once.

    The caps on contacts and the control group are left out, as the other rule has neither.
    """
    freed = replace(rules, control_percent=0, caps=_NO_CAPS, least_overdue_paise=0)
    found = plan(
        _candidates(chances, paise, owed, possible[Action.MESSAGE]),
        freed,
        [day],
        _ladder(possible),
        Contacts(_NO_CAPS),
        "",
        budget_of(counts, rules),
    )
    chosen = np.zeros(len(owed), dtype=np.int64)
    for each in found.choices:
        chosen[int(each.property_id)] = ACTIONS.index(each.action)
    return chosen


def _candidates(
    chances: NDArray[np.float64],
    paise: NDArray[np.float64],
    owed: NDArray[np.int64],
    reachable: NDArray[np.bool_],
) -> Sequence[Candidate]:
    def prospects(row: int) -> list[Prospect]:
        return [
            Prospect(action, float(chances[row, place]), int(paise[row, place]))
            for place, action in enumerate(ACTIONS)
        ]

    return [
        Candidate(
            f"{row:09d}",
            f"{row}",
            "",
            int(owed[row]),
            int(owed[row]),
            prospects(row),
            reachable=bool(reachable[row]),
        )
        for row in range(len(owed))
    ]


def _ladder(possible: Mapping[Action, NDArray[np.bool_]]) -> Lawful:
    def lawful(property_id: str, action: Action, day: date) -> Name | None:
        return None if possible[action][int(property_id)] else _NOT_YET

    return lawful
