"""A made-up city of owners who pay, and who do not. ILLUSTRATIVE, ALL OF IT.

No ledger of defaulters is public. This stands in, so that training, planning and evaluation are
exercised and compared; its figures promise nothing about a real city, and a model that was trained
on it is never used for one.

How it behaves. Each owner has a hidden type (``TYPES``) and a disposition of their own. The model
sees neither, only what follows from them:

- *prompt* pay early, in full. *Forgetful* ones pay when something reminds them. *Cash-poor* ones
  pay parts, and more readily after a talk. *Strategic* ones wait for an amnesty, or a notice that
  they believe. *Disputing* ones answer a notice with an objection. *Absent* ones are hard to reach.
- A month's chance to pay is the type's own, times the season, times the disposition; an action adds
  a lift that is full in its month and half in the next, less with each contact of the last half
  year, and only if it reached anybody.
- What was late is charged interest each half-year. Some cheques bounce.
- Every second month the simulated officers act: the largest arrears first, as corporations do, with
  a quarrel of their own about the order, and with means that differ by ward and month. That is why
  there is something to learn from: where actions follow from the arrears alone, there is not.

Potential outcomes: at each decision, for each action, what would have come in in the two months.
All actions of a decision share their random numbers, so what differs is the action's doing.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.tax.domain.recovery import (
    ACTIONS,
    Act,
    Amnesty,
    Credit,
    Dispute,
    Due,
    Facts,
    History,
)
from services.tax.recovery.behaviour import (
    ANSWERS,
    Behaviour,
    Owners,
    State,
    draws,
    officers,
    owners,
)

Ints = NDArray[np.int64]
FIRST_YEAR: Final = 2021
DECISION_DAY: Final = 5
"""Of every second month, from June of the first year on."""
_FEWEST_MONTHS = 2


@dataclass(frozen=True, slots=True)
class Synthetic:
    """What happened in the city, and what would have.

    Attributes:
        owners: the properties with their owners.
        wards: the wards' codes.
        amnesties: which there were.
        demanded, charged: paise by month (from April of the first year) and property.
        paid, bounced: the same; ``paid_day`` is the day of the month.
        acts: by month, the place in ``ACTIONS``; 0 is none.
        answers: by month, the place in the outcomes of that action.
        disputed: by month, whether an objection is open.
        potential: by decision (see ``decisions``), action and property the paise that would have
            come in in two months.
    """

    owners: Owners
    wards: tuple[str, ...]
    amnesties: tuple[Amnesty, ...]
    demanded: Ints
    charged: Ints
    paid: Ints
    paid_day: Ints
    bounced: NDArray[np.bool_]
    acts: Ints
    answers: Ints
    disputed: NDArray[np.bool_]
    potential: Ints

    @property
    def decisions(self) -> list[int]:
        """The months in which the officers acted."""
        return list(range(_FEWEST_MONTHS, len(self.paid) - 1, 2))

    def day(self, decision: int) -> date:
        """The day of a decision, by its month."""
        return first_of(decision).replace(day=DECISION_DAY)

    def __len__(self) -> int:
        """How many properties there are."""
        return self.paid.shape[1]

    def history(self, index: int) -> History:
        """The history of one property."""
        return _history(self, index)

    def histories(self) -> Iterator[History]:
        """All of them, one at a time."""
        for index in range(len(self)):
            yield _history(self, index)


def first_of(month: int) -> date:
    """The first day of a month, counted from April of the first year."""
    years, month = divmod(month + 3, 12)
    return date(FIRST_YEAR + years, month + 1, 1)


def generate(
    properties: int,
    years: int,
    seed: int,
    wards: dict[str, int],
    progress: Callable[[int], None] = lambda months: None,
) -> Synthetic:
    """Make a city; the same arguments make the same one.

    Args:
        properties: how many.
        years: financial years, from 1 April 2021 on.
        seed: any number.
        wards: the wards with their shares.
        progress: called with how many months are done.
    """
    months = years * 12
    people = owners(properties, seed, wards)
    behaviour = Behaviour(people)
    amnesties = tuple(
        Amnesty(date(FIRST_YEAR + year, 12, 1), date(FIRST_YEAR + year + 1, 1, 1), date(
            FIRST_YEAR + year + 1, 2, 28))
        for year in range(1, years, 3)
    )  # fmt: skip
    shape = (months, properties)
    made = Synthetic(
        people,
        tuple(wards),
        amnesties,
        *(np.zeros(shape, dtype=np.int64) for _ in range(4)),
        bounced=np.zeros(shape, dtype=np.bool_),
        acts=np.zeros(shape, dtype=np.int64),
        answers=np.zeros(shape, dtype=np.int64),
        disputed=np.zeros(shape, dtype=np.bool_),
        potential=np.zeros((months // 2, len(ACTIONS), properties), dtype=np.int64),
    )
    state = State.at_start(properties)
    for month in range(months):
        drawn = draws(properties, seed, month)
        state.begin(month, people)
        made.demanded[month], made.charged[month] = state.demanded, state.charged
        made.disputed[month] = state.disputed
        if month in made.decisions:
            later = draws(properties, seed, month + 1)
            chosen = officers(state, people, seed, month)
            for place in range(len(ACTIONS)):
                acts = np.full(properties, place)
                made.potential[month // 2, place] = behaviour.two_months(
                    state, acts, month, drawn, later, amnesties
                )
            made.acts[month] = chosen
            made.answers[month] = behaviour.act(state, chosen, month, drawn)
        paid, bounced = behaviour.pay(state, month, drawn, amnesties)
        made.paid[month], made.bounced[month] = paid, bounced
        made.paid_day[month] = 8 + (drawn.day * 21).astype(np.int64)
        progress(month + 1)
    return made


def _history(city: Synthetic, index: int) -> History:
    people, dues, credits = city.owners, [], []
    acts: list[Act] = []
    disputes: list[Dispute] = []
    for month in np.flatnonzero(
        (city.demanded[:, index] > 0)
        | (city.charged[:, index] > 0)
        | (city.paid[:, index] > 0)
        | (city.acts[:, index] > 0)
    ).tolist():
        first = first_of(month)
        if charged := int(city.charged[month, index]):
            dues.append(Due(first, first, None, charged, tax=False))
        if demanded := int(city.demanded[month, index]):
            dues.append(Due(first, first, first_of(month + 3), demanded))
        if act := int(city.acts[month, index]):
            action = ACTIONS[act]
            day = first.replace(day=DECISION_DAY)
            outcome = ANSWERS[action][int(city.answers[month, index])]
            acts.append(Act(day, action, outcome, day))
        if paid := int(city.paid[month, index]):
            day = first.replace(day=int(city.paid_day[month, index]))
            credits.append(Credit(day, day, paid))
            if city.bounced[month, index]:
                credits.append(Credit(day, first_of(month + 1).replace(day=3), -paid, "bounce"))
    open_ = city.disputed[:, index].astype(np.int8)
    turns = np.diff(open_, prepend=0, append=0)
    for begin, end in zip(
        np.flatnonzero(turns > 0).tolist(), np.flatnonzero(turns < 0).tolist(), strict=True
    ):
        closed = first_of(end) if end < len(open_) else None
        disputes.append(Dispute(first_of(begin), closed))
    return History(
        f"S{index:06d}",
        [
            Facts(
                people.owned_since(index),
                people.use_of(index),
                city.wards[int(people.ward[index])],
                people.zone_of(index),
                people.kind_of(index),
                people.owned_since(index),
                bool(people.elsewhere[index]),
                bool(people.reachable[index]),
            )
        ],
        dues,
        credits,
        acts,
        disputes,
    )
