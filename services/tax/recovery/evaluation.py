"""Recovered rupees per action: the model with its planner against the largest arrears first.

On days that the model has not seen, with the same number of actions of each kind. In the made-up
city it is known what would have come of every action (``synthetic``), so each way is scored by what
would have happened; intervals are a bootstrap over properties, each with all its decisions.

Two figures, and the second is the one that counts. *Recovered* is all that came in within the days
from whoever was acted about, as corporations report it: who picks those that would pay anyway looks
good. *Brought* is what came in more than if nothing had been done.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from services.tax.domain.recovery import ACTIONS, Action
from services.tax.domain.recovery_rules import RecoveryRules
from services.tax.recovery.examples import Examples
from services.tax.recovery.model import Model
from services.tax.recovery.policies import by_lot, largest_first, planned
from services.tax.recovery.synthetic import Synthetic

Ints = NDArray[np.int64]
ROUNDS: Final = 1000
WAYS: Final = ("model", "largest_first", "officers", "lot")
NOTICE_MONTHS: Final = (2, 24)
"""An attachment is lawful so many months after a notice (illustrative)."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the ways came to, by property (all of the city, whatever their number of decisions).

    Attributes:
        actions, recovered, brought: by way; numbers, and paise.
        by_action: by way and action: how many, recovered, brought.
        chosen: by way the actions of each example, in the order of the examples.
    """

    actions: Mapping[str, Ints]
    recovered: Mapping[str, Ints]
    brought: Mapping[str, Ints]
    by_action: Mapping[str, Mapping[str, tuple[int, int, int]]]
    chosen: Mapping[str, Ints]


def compare(
    city: Synthetic,
    judged: Examples,
    model: Model,
    rules: RecoveryRules,
    months: Sequence[int],
    seed: int,
    progress: Callable[[int], None] = lambda done: None,
) -> Outcome:
    """Let each way decide on every day, and score it by what would have happened.

    Args:
        city: made up.
        judged: its examples of these days, one for each property that is late.
        model: trained on earlier days.
        rules: costs and what an action uses.
        months: of the decisions.
        seed: of the lot.
        progress: called with how many decisions are done.
    """
    sums = {name: {way: np.zeros(len(city), dtype=np.int64) for way in WAYS} for name in _SUMS}
    by_action = {way: {str(each): [0, 0, 0] for each in ACTIONS[1:]} for way in WAYS}
    picked = {way: np.zeros(len(judged), dtype=np.int64) for way in WAYS}
    for done, month in enumerate(months, 1):
        at = np.flatnonzero(judged.day == city.day(month).toordinal())
        at = at[~city.owners.held[judged.property[at]]]
        today = judged.where(at)
        who = today.property
        counts = {
            action: int((today.action == place).sum())
            for place, action in enumerate(ACTIONS)
            if place
        }
        possible = possible_in(city, who, month)
        chances, paise = model.table(today.x, today.owed)
        ways = {
            "model": planned(chances, paise, today.owed, counts, possible, rules, city.day(month)),
            "largest_first": largest_first(today.owed, counts, possible),
            "officers": today.action,
            "lot": by_lot(counts, possible, seed + month),
        }
        would = city.potential[month // 2][:, who]
        for way, chosen in ways.items():
            picked[way][at] = chosen
            acted = chosen > 0
            came = would[chosen, np.arange(len(who))]
            more = came - would[0]
            np.add.at(sums["actions"][way], who, acted)
            np.add.at(sums["recovered"][way], who, np.where(acted, came, 0))
            np.add.at(sums["brought"][way], who, more)
            for place, action in enumerate(ACTIONS[1:], 1):
                these = chosen == place
                row = by_action[way][str(action)]
                row[0] += int(these.sum())
                row[1] += int(came[these].sum())
                row[2] += int(more[these].sum())
        progress(done)
    told = {
        way: {action: (row[0], row[1], row[2]) for action, row in rows.items()}
        for way, rows in by_action.items()
    }
    return Outcome(sums["actions"], sums["recovered"], sums["brought"], told, picked)


_SUMS = ("actions", "recovered", "brought")


def possible_in(city: Synthetic, who: Ints, month: int) -> dict[Action, NDArray[np.bool_]]:
    """Where each action can be taken in the made-up city."""
    notice = ACTIONS.index(Action.NOTICE)
    nearest, farthest = NOTICE_MONTHS
    past = city.acts[max(month - farthest, 0) : max(month - nearest + 1, 0)][:, who]
    reachable = city.owners.reachable[who]
    everybody = np.ones(len(who), dtype=np.bool_)
    return {
        Action.MESSAGE: reachable,
        Action.CALL: reachable,
        Action.NOTICE: everybody,
        Action.ATTACHMENT: (past == notice).any(axis=0),
    }


def told(outcome: Outcome, rules: RecoveryRules, seed: int, rounds: int = ROUNDS) -> dict[str, Any]:
    """The figures with their intervals: 95 %, by drawing the properties again and again."""
    rng = np.random.default_rng(seed)
    some = np.flatnonzero(sum(outcome.actions[way] for way in WAYS))
    table = {
        way: np.column_stack(
            [outcome.actions[way], outcome.recovered[way], outcome.brought[way]]
        )[some].astype(np.float64)
        for way in WAYS
    }  # fmt: skip
    drawn: dict[str, list[NDArray[np.float64]]] = {way: [] for way in WAYS}
    for _ in range(rounds):
        weight = rng.multinomial(len(some), np.full(len(some), 1 / max(len(some), 1)))
        for way in WAYS:
            drawn[way].append(weight @ table[way])
    found: dict[str, Any] = {}
    for way in WAYS:
        actions, recovered, brought = table[way].sum(axis=0)
        again = np.array(drawn[way])
        found[way] = {
            "actions": int(actions),
            "recovered_rupees": round(recovered / 100),
            "brought_rupees": round(brought / 100),
            "cost_rupees": round(
                sum(
                    rules.efforts[Action(action)].cost_paise * row[0]
                    for action, row in outcome.by_action[way].items()
                )
                / 100
            ),
            "recovered_rupees_per_action": _figure(recovered, actions, again[:, 1], again[:, 0]),
            "brought_rupees_per_action": _figure(brought, actions, again[:, 2], again[:, 0]),
            "by_action": {
                action: {
                    "actions": row[0],
                    "recovered_rupees_per_action": _rupees(row[1], row[0]),
                    "brought_rupees_per_action": _rupees(row[2], row[0]),
                }
                for action, row in outcome.by_action[way].items()
            },
        }
    model, rule = np.array(drawn["model"]), np.array(drawn["largest_first"])
    for name, column in (("recovered", 1), ("brought", 2)):
        ratio = (model[:, column] / model[:, 0]) / (rule[:, column] / rule[:, 0])
        mine = found["model"][f"{name}_rupees_per_action"]["rupees"]
        theirs = found["largest_first"][f"{name}_rupees_per_action"]["rupees"]
        found[f"{name}_ratio"] = {
            "ratio": round(mine / theirs, 3) if theirs else None,
            "interval": [round(float(each), 3) for each in np.quantile(ratio, (0.025, 0.975))],
        }
    return found


def _figure(
    total: float, actions: float, totals: NDArray[np.float64], counts: NDArray[np.float64]
) -> dict[str, Any]:
    again = totals / np.maximum(counts, 1) / 100
    return {
        "rupees": round(float(total / max(actions, 1) / 100), 1),
        "interval": [round(float(each), 1) for each in np.quantile(again, (0.025, 0.975))],
    }


def _rupees(paise: int, actions: int) -> float | None:
    return round(paise / actions / 100, 1) if actions else None
