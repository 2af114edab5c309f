"""How the made-up owners of ``synthetic`` behave. EVERY FIGURE IS ILLUSTRATIVE."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.tax.domain.recovery import ACTIONS, OWNER_KINDS, USES, Action, Amnesty

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

TYPES: Final = ("prompt", "forgetful", "cash_poor", "strategic", "disputing", "absent")
_OF_100 = np.array([56, 15, 12, 8, 3, 6], dtype=float)

ANSWERS: Final[Mapping[Action, tuple[str, ...]]] = {
    Action.MESSAGE: ("delivered", "failed"),
    Action.CALL: ("promised", "refused", "hardship", "no_answer"),
    Action.NOTICE: ("served", "returned"),
    Action.ATTACHMENT: ("done", "done"),
}

_USE_SHARES = np.array([76, 12, 5, 3, 2, 2], dtype=float)
_USE_SIZE = np.array([1.0, 2.6, 1.8, 4.0, 3.0, 0.7])
_MEDIAN_PAISE, _SPREAD = 600_000, 0.85

# By type, in the order of TYPES.
_CHANCE = np.array([0.55, 0.045, 0.04, 0.006, 0.008, 0.015])  # of paying in a usual month
_IN_FULL = np.array([0.98, 0.80, 0.15, 0.75, 0.70, 0.80])
_BOUNCE = np.array([0.002, 0.01, 0.06, 0.04, 0.01, 0.02])
_REACHED = np.array(  # by action: does it reach anybody
    [[0, 0, 0, 0, 0, 0], [0.95, 0.92, 0.85, 0.9, 0.9, 0.35], [0.8, 0.7, 0.65, 0.45, 0.6, 0.15],
     [0.97, 0.95, 0.9, 0.9, 0.95, 0.55], [1, 1, 1, 1, 1, 1]]
)  # fmt: skip
_LIFT = np.array(  # by action: what it adds to a month's chance when it reaches
    [[0, 0, 0, 0, 0, 0], [0.10, 0.24, 0.02, 0.0, 0.0, 0.08], [0.12, 0.28, 0.15, 0.02, 0.02, 0.22],
     [0.15, 0.26, 0.08, 0.16, 0.02, 0.30], [0.2, 0.30, 0.10, 0.48, 0.06, 0.42]]
)  # fmt: skip
_CALL_ENDS = np.array(  # promised, refused, hardship; of calls that reach
    [[0.95, 0.02, 0.03], [0.85, 0.05, 0.10], [0.35, 0.10, 0.55], [0.45, 0.50, 0.05],
     [0.10, 0.85, 0.05], [0.60, 0.25, 0.15]]
)  # fmt: skip
_SEASON = np.array([1.0, 1.6, 1.2, 0.8, 0.8, 0.8, 1.0, 0.9, 1.0, 0.9, 1.1, 2.0])  # from April
_OBJECTS = 0.35  # of the disputing, after a notice
_SETTLED = 0.12  # of the objections that are open, in a month
_FATIGUE, _FORGETS = 0.72, 0.85
_AMNESTY = np.array([1.0, 1.5, 2.0, 22.0, 1.5, 2.0])
_INTEREST_HALF_YEAR = 0.12
LEAST_OWED_PAISE: Final = 100_000
"""Nobody acts about less that is late (illustrative)."""


class Draws(NamedTuple):
    """The random numbers of a month, one of each a property."""

    pay: Floats
    part: Floats
    bounce: Floats
    day: Floats
    reach: Floats
    answer: Floats
    dispute: Floats


def draws(properties: int, seed: int, month: int) -> Draws:
    """The same for the same arguments."""
    rng = np.random.default_rng([seed, 1, month])
    return Draws(*rng.random((len(Draws._fields), properties)))


@dataclass(frozen=True, slots=True)
class Owners:
    """What stays as it is, by property. ``type``, ``disposition`` and ``response`` are hidden."""

    ward: Ints
    use: Ints
    kind: Ints
    owned_days: Ints
    elsewhere: Flags
    reachable: Flags
    half_year_paise: Ints
    held: Flags
    type: Ints
    disposition: Floats
    response: Floats

    def use_of(self, index: int) -> str:
        """The use of one."""
        return USES[int(self.use[index])]

    def kind_of(self, index: int) -> str:
        """The kind of its owner."""
        return OWNER_KINDS[int(self.kind[index])]

    def zone_of(self, index: int) -> str:
        """Its zone."""
        return f"zone-{int(self.ward[index]) % 4 + 1}"

    def owned_since(self, index: int) -> date:
        """The day from which its owner has it."""
        return date.fromordinal(date(2021, 4, 1).toordinal() - int(self.owned_days[index]))


def owners(properties: int, seed: int, wards: Mapping[str, int]) -> Owners:
    """Draw them; wards differ in whom they house."""
    rng = np.random.default_rng([seed, 0])
    weights = np.array(list(wards.values()), dtype=float)
    ward = rng.choice(len(weights), properties, p=weights / weights.sum())
    use = rng.choice(len(USES), properties, p=_USE_SHARES / _USE_SHARES.sum())
    shares = np.tile(_OF_100, (properties, 1))
    tilt = rng.normal(0, 0.35, (len(weights), len(TYPES)))
    shares *= np.exp(tilt)[ward]
    business = (use == 1) | (use == 3)
    shares[business, TYPES.index("strategic")] *= 2.2
    shares[use == 5, TYPES.index("absent")] *= 4
    kinds = np.where(
        business[:, None],
        np.array([0.45, 0.46, 0.05, 0.02, 0.02]),
        np.array([0.90, 0.04, 0.02, 0.03, 0.01]),
    )
    kind = _choose(rng.random(properties), kinds)
    shares[kind == OWNER_KINDS.index("company"), TYPES.index("strategic")] *= 1.5
    type_ = _choose(rng.random(properties), shares)
    absent = type_ == TYPES.index("absent")
    size = _MEDIAN_PAISE * _USE_SIZE[use] * np.exp(rng.normal(0, _SPREAD, properties)) / 2
    return Owners(
        ward,
        use,
        kind,
        rng.integers(30, 9000, properties),
        rng.random(properties) < np.where(absent, 0.7, 0.12),
        rng.random(properties) < np.where(absent, 0.6, 0.93),
        np.maximum(size // 100 * 100, 30_000).astype(np.int64),
        rng.random(properties) < 0.02,
        type_,
        np.exp(rng.normal(0, 0.5, properties)),
        np.exp(rng.normal(0, 0.45, properties)),
    )


def _choose(uniform: Floats, weights: Floats) -> Ints:
    edges = np.cumsum(weights, axis=1)
    found: Ints = np.sum(uniform[:, None] * edges[:, -1:] > edges[:, :-1], axis=1)
    return found


@dataclass(slots=True)
class State:
    """Where every property stands; ``copy`` before what would have happened is tried."""

    tax: Ints
    interest: Ints
    not_late: Ints
    contacts: Floats
    lift: Floats
    notice_month: Ints
    disputed: Flags
    demanded: Ints
    charged: Ints

    @classmethod
    def at_start(cls, properties: int) -> "State":
        """Before the first month: nobody owes."""

        def zeros() -> Ints:
            return np.zeros(properties, dtype=np.int64)

        return cls(
            zeros(),
            zeros(),
            zeros(),
            np.zeros(properties),
            np.zeros(properties),
            np.full(properties, -99),
            np.zeros(properties, dtype=np.bool_),
            zeros(),
            zeros(),
        )

    def copy(self) -> "State":
        """One that changes without this one; nothing changes an array in place."""
        return replace(self)

    @property
    def owed(self) -> Ints:
        """Paise, interest included."""
        return self.tax + self.interest

    @property
    def overdue(self) -> Ints:
        """Paise that are late."""
        return np.maximum(self.owed - self.not_late, 0)

    def begin(self, month: int, people: Owners) -> None:
        """The first day of a month: in April and October interest is charged and tax demanded."""
        halves = month % 6 == 0
        late_tax = np.maximum(self.tax - self.not_late, 0)
        self.charged = (
            (late_tax * _INTEREST_HALF_YEAR).astype(np.int64) // 100 * 100
            if halves
            else np.zeros_like(self.tax)
        )
        self.demanded = people.half_year_paise.copy() if halves else np.zeros_like(self.tax)
        self.interest = self.interest + self.charged
        self.tax = self.tax + self.demanded
        if halves:
            self.not_late = self.demanded
        elif month % 6 == 3:
            self.not_late = np.zeros_like(self.tax)
        self.contacts = self.contacts * _FORGETS
        self.lift = self.lift / 2


class Behaviour:
    """What owners do, month by month."""

    def __init__(self, people: Owners) -> None:
        self.people = people

    def act(self, state: State, acts: Ints, month: int, drawn: Draws) -> Ints:
        """Carry out actions: changes the state, and gives the place of each one's outcome."""
        people, types = self.people, self.people.type
        reach = _REACHED[acts, types] * np.where(people.reachable | (acts > 2), 1.0, 0.0)
        reached = (drawn.reach < reach) & (acts > 0)
        lift = _LIFT[acts, types] * people.response * _FATIGUE**state.contacts
        state.lift = np.where(reached, np.maximum(state.lift, lift), state.lift)
        state.contacts = state.contacts + (acts > 0)
        notice = acts == ACTIONS.index(Action.NOTICE)
        state.notice_month = np.where(notice, month, state.notice_month)
        objects = notice & reached & (types == TYPES.index("disputing"))
        state.disputed = state.disputed | (objects & (drawn.dispute < _OBJECTS))
        call = acts == ACTIONS.index(Action.CALL)
        ends = np.where(reached, _choose(drawn.answer, _CALL_ENDS[types]), 3)
        return np.where(call, ends, (~reached).astype(np.int64))

    def pay(
        self, state: State, month: int, drawn: Draws, amnesties: Sequence[Amnesty]
    ) -> tuple[Ints, Flags]:
        """What comes in in a month, and what of it bounces: changes the state."""
        people, types = self.people, self.people.type
        year, in_year = 2021 + (month + 3) // 12, (month + 3) % 12 + 1
        is_open = any(
            each.first_day <= date(year, in_year, 15) <= each.last_day for each in amnesties
        )
        chance = _CHANCE[types] * _SEASON[month % 12] * people.disposition
        if is_open:
            chance = chance * _AMNESTY[types]
        # What is not much is paid more easily.
        size = np.clip(1.25 - 0.12 * np.log10(np.maximum(state.owed, 1) / 1e5), 0.5, 1.25)
        chance = np.clip(chance * size + state.lift * size, 0, 0.95)
        pays = (drawn.pay < chance) & (state.owed > 0) & ~state.disputed
        full = drawn.part < _IN_FULL[types]
        # Of who pays a part: a fifth to a half, by what of the number is left.
        rest = (drawn.part - _IN_FULL[types]) / np.maximum(1 - _IN_FULL[types], 1e-9)
        share = np.where(full, 1.0, 0.2 + 0.3 * rest)
        paise = np.where(full, state.owed, (state.owed * share).astype(np.int64) // 100 * 100)
        paid = np.where(pays, paise, 0)
        bounced = pays & (drawn.bounce < _BOUNCE[types])
        came = np.where(bounced, 0, paid)
        of_interest = np.minimum(came, state.interest)
        state.interest = state.interest - of_interest
        state.tax = state.tax - (came - of_interest)
        state.not_late = np.minimum(state.not_late, state.tax)
        state.lift = np.where(came > 0, 0.0, state.lift)
        state.disputed = state.disputed & (drawn.dispute >= _SETTLED)
        return paid, bounced

    def two_months(
        self,
        state: State,
        acts: Ints,
        month: int,
        drawn: Draws,
        later: Draws,
        amnesties: Sequence[Amnesty],
    ) -> Ints:
        """What would come in, in a month and the next, less what bounces."""
        tried = state.copy()
        self.act(tried, acts, month, drawn)
        paid, bounced = self.pay(tried, month, drawn, amnesties)
        came = np.where(bounced, 0, paid)
        tried.begin(month + 1, self.people)
        paid, bounced = self.pay(tried, month + 1, later, amnesties)
        return came + np.where(bounced, 0, paid)


def officers(state: State, people: Owners, seed: int, month: int) -> Ints:
    """Whom the officers chose, and for what: the place of an action for each property."""
    rng = np.random.default_rng([seed, 2, month])
    chosen = np.zeros(len(people.ward), dtype=np.int64)
    able = (state.overdue >= LEAST_OWED_PAISE) & ~state.disputed & ~people.held
    rank = np.log(np.maximum(state.owed, 1)) + rng.normal(0, 0.9, len(chosen))
    months_since = month - state.notice_month
    for ward in range(int(people.ward.max()) + 1):
        here = np.flatnonzero(able & (people.ward == ward))
        here = here[np.argsort(-rank[here], kind="stable")]
        means = rng.uniform(0.3, 1.7, 4)
        # A notice, then at the soonest two months later an attachment.
        for place, share in ((4, 0.006), (3, 0.05), (2, 0.08), (1, 0.30)):
            most = round(share * means[place - 1] * len(here))
            free = here[chosen[here] == 0]
            if place == ACTIONS.index(Action.ATTACHMENT):
                free = free[(months_since[free] >= 2) & (months_since[free] <= 24)]
            if place == ACTIONS.index(Action.MESSAGE):
                free = rng.permutation(free)
            chosen[free[:most]] = place
    return chosen
