"""Decisions of the past and what came of them: what a model is trained on, and judged by.

A decision is a day on which the city acted about somebody. Whoever was late on that day is an
example of it: with the action that was taken about them then, or with ``none``. What followed may
include later actions: that is part of "to act now, and then as usual".
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.tax.domain.recovery import ACTIONS, Action, Amnesty, History, Threshold
from services.tax.recovery.features import FEATURES, features

TOGETHER_DAYS: Final = 7
"""Actions of so many days are one decision."""


@dataclass(frozen=True, slots=True)
class Examples:
    """One row an example.

    Attributes:
        x: the features.
        action: the place in ``ACTIONS``.
        owed, paid: paise, on the day and within the threshold's days.
        day: ordinal.
        property: the place of its history.
        ward, use: their places in ``wards`` and ``uses``.
    """

    x: NDArray[np.float32]
    action: NDArray[np.int64]
    owed: NDArray[np.int64]
    paid: NDArray[np.int64]
    day: NDArray[np.int64]
    property: NDArray[np.int64]
    ward: NDArray[np.int64]
    use: NDArray[np.int64]
    wards: tuple[str, ...]
    uses: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.x)

    def where(self, which: NDArray[np.bool_] | NDArray[np.int64]) -> "Examples":
        """Some of them."""
        return Examples(
            *(
                getattr(self, name)[which]
                for name in ("x", "action", "owed", "paid", "day", "property", "ward", "use")
            ),
            self.wards,
            self.uses,
        )

    def between(self, first: date, last: date) -> "Examples":
        """Those of the days from one to another, both included."""
        return self.where((self.day >= first.toordinal()) & (self.day <= last.toordinal()))

    def thinned(self, least_each: int, seed: int) -> "Examples":
        """Not many more that were left alone than were acted on, and ``least_each`` at the least:
        the chance to pay *given* the action is the same in what is left."""
        acted = np.flatnonzero(self.action > 0)
        alone = np.flatnonzero(self.action == 0)
        keep = max(least_each, len(acted))
        if len(alone) > keep:
            alone = np.random.default_rng(seed).choice(alone, keep, replace=False)
        return self.where(np.sort(np.concatenate([acted, alone])))

    def pays(self, threshold: Threshold) -> NDArray[np.bool_]:
        """Whether the threshold was paid in time."""
        least = np.maximum(self.owed * threshold.percent // 100, threshold.at_least_paise)
        return self.paid >= np.minimum(least, np.maximum(self.owed, 1))


def gather(
    histories: Iterable[History],
    days: Sequence[date],
    threshold: Threshold,
    least_overdue: int,
    amnesties: Sequence[Amnesty] = (),
    progress: Callable[[int], None] = lambda done: None,
) -> Examples:
    """The examples of histories; one pass, bounded by the number of examples.

    Args:
        histories: one at a time.
        days: of the decisions, in order; each long enough ago that its outcome is known.
        threshold: what counts as paid, and when.
        least_overdue: nobody is an example with less that is late, in paise.
        amnesties: that there were.
        progress: called now and then with how many histories are done.
    """
    rows: list[list[float]] = []
    rest: list[tuple[int, ...]] = []
    wards: dict[str, int] = {}
    uses: dict[str, int] = {}
    done = 0
    blocks: list[NDArray[np.float32]] = []
    for place, history in enumerate(histories):
        for day in days:
            if _owed_roughly(history, day) < least_overdue:
                continue
            known = history.before(day)
            if known.overdue_paise(day) < least_overdue or any(
                each.closed_on is None for each in known.disputes
            ):
                continue
            facts = known.facts[-1]
            rows.append(features(history, day, amnesties))
            rest.append(
                (
                    ACTIONS.index(taken(history, day)),
                    known.owed_paise,
                    history.paid_within(day, threshold.days),
                    day.toordinal(),
                    place,
                    wards.setdefault(facts.ward, len(wards)),
                    uses.setdefault(facts.use, len(uses)),
                )
            )
        done = place + 1
        if not done % 500:
            blocks.append(_block(rows))
            rows = []
            progress(done)
    progress(done)
    table = np.array(rest, dtype=np.int64).reshape(-1, 7)
    return Examples(
        np.concatenate([*blocks, _block(rows)]), *table.T, tuple(wards), tuple(uses)
    )  # fmt: skip


def _block(rows: list[list[float]]) -> NDArray[np.float32]:
    return np.array(rows, dtype=np.float32).reshape(-1, len(FEATURES))


def _owed_roughly(history: History, day: date) -> int:
    """What is owed, without the cut of every list: for whom it is worth while to look closely."""
    owed = sum(each.paise for each in history.dues if each.on < day and each.known_on < day)
    return owed - sum(
        each.paise for each in history.credits if each.on < day and each.known_on < day
    )


def taken(history: History, day: date) -> Action:
    """What was done at a decision."""
    last = day + timedelta(days=TOGETHER_DAYS)
    return next((each.action for each in history.acts if day <= each.on < last), Action.NONE)


def decision_days(acted: Iterable[date]) -> list[date]:
    """The days on which the city acted, those within a week as one, in order."""
    found: list[date] = []
    for day in sorted(set(acted)):
        if not found or (day - found[-1]).days >= TOGETHER_DAYS:
            found.append(day)
    return found
