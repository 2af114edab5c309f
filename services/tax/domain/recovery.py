"""What is known of a property that owes: its history, cut at a day, and what an action may bring.

Every record has the day on which it *counts* and the day from which the city *knew* of it. A
decision of a day may use what was known before that day, and nothing else: ``History.before`` is
the one place where this cut is made, and everything that looks at a history looks through it. A
cheque that bounced in May was a payment for whoever decided in April.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from palika.text import Name


class Action(StrEnum):
    """What the city can do about what is owed; ``none`` is to leave it alone."""

    NONE = "none"
    MESSAGE = "message"
    CALL = "call"
    NOTICE = "notice"
    ATTACHMENT = "attachment"
    """A proposal only: nothing is attached before a named person has signed it."""


ACTIONS: Final = tuple(Action)
"""In this order wherever there is one figure for each of them."""

ACTION_NAMES: Final[Mapping[str, Name]] = {
    Action.NONE: Name("काही नाही", "nothing"),
    Action.MESSAGE: Name("संदेश", "message"),
    Action.CALL: Name("दूरध्वनी", "call"),
    Action.NOTICE: Name("नोटीस", "notice"),
    Action.ATTACHMENT: Name("जप्तीचा प्रस्ताव", "proposal to attach"),
}

_TAKES_HOLD: Final = frozenset({"attachment", "sealing"})


def action_of(step: str) -> Action:
    """What a step of the legal ladder is among the actions: what takes hold of the property is an
    attachment, every other step that is served is a notice."""
    return Action.ATTACHMENT if step in _TAKES_HOLD else Action.NOTICE


OUTCOMES: Final[Mapping[str, frozenset[str]]] = {
    Action.MESSAGE: frozenset({"delivered", "failed"}),
    Action.CALL: frozenset({"promised", "refused", "hardship", "no_answer"}),
    Action.NOTICE: frozenset({"served", "returned"}),
    Action.ATTACHMENT: frozenset({"done", "withdrawn"}),
}
"""How an action can end, as far as who did it can tell; what was paid is in the ledger."""

USES: Final = (*("residential", "commercial", "mixed", "industrial", "institutional", "open_plot"),)
OWNER_KINDS: Final = ("person", "company", "trust", "society", "government")
"""As the register has them."""


class Due(NamedTuple):
    """What was demanded: tax, interest, a fee, or a reassessment that raised it.

    Attributes:
        on: from which day it counts.
        known_on: when it was written down.
        late_from: the first day on which it is late; None of interest and fees.
        paise: above 0.
        tax: whether it is tax; else interest or a fee.
    """

    on: date
    known_on: date
    late_from: date | None
    paise: int
    tax: bool = True


class Credit(NamedTuple):
    """What lowered what is owed.

    Attributes:
        on: from which day it counts.
        known_on: when it was written down.
        paise: below 0 where it takes one back.
        kind: ``payment``, ``bounce`` (below 0), ``rebate``, ``waiver`` or ``adjustment``.
    """

    on: date
    known_on: date
    paise: int
    kind: str = "payment"


class Act(NamedTuple):
    """An action that was taken; its ``outcome`` is known from ``told_on``, None while it is not.
    ``known_on`` is when the action was written down, if that is a later day."""

    on: date
    action: Action
    outcome: str | None = None
    told_on: date | None = None
    known_on: date | None = None


class Dispute(NamedTuple):
    """An objection or a court case; ``closed_on`` is None while it is open."""

    opened_on: date
    closed_on: date | None = None


class Facts(NamedTuple):
    """What the register says from a day on. ``ward`` and ``zone`` are for reports: no score uses
    them (see the model card)."""

    known_on: date
    use: str
    ward: str
    zone: str
    owner_kind: str
    owned_since: date
    elsewhere: bool = False
    """Whether the owner's address is another than the property's."""
    reachable: bool = True
    """Whether the city has a telephone number."""


class Amnesty(NamedTuple):
    """Days on which interest is waived, and when that was announced."""

    announced_on: date
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True)
class History:
    """All that is known of a property. Lists are in the order of their days.

    Attributes:
        facts: one or more; the last that is known holds.
    """

    property_id: str
    facts: Sequence[Facts]
    dues: Sequence[Due] = ()
    credits: Sequence[Credit] = ()
    acts: Sequence[Act] = ()
    disputes: Sequence[Dispute] = ()

    def before(self, day: date) -> "History":
        """What was known when the day began; of facts the earliest where none was."""
        known = [each for each in self.facts if each.known_on < day] or self.facts[:1]
        return replace(
            self,
            facts=known[-1:],
            dues=[each for each in self.dues if each.known_on < day and each.on < day],
            credits=[each for each in self.credits if each.known_on < day and each.on < day],
            acts=[
                each
                if each.told_on is not None and each.told_on < day
                else each._replace(outcome=None, told_on=None)
                for each in self.acts
                if (each.known_on or each.on) < day
            ],
            disputes=[
                each
                if each.closed_on is None or each.closed_on < day
                else each._replace(closed_on=None)
                for each in self.disputes
                if each.opened_on < day
            ],
        )

    @property
    def owed_paise(self) -> int:
        """What is owed in all, without interest that no entry has charged; 0 at the least."""
        owed = sum(each.paise for each in self.dues) - sum(each.paise for each in self.credits)
        return max(owed, 0)

    def overdue_paise(self, day: date) -> int:
        """What of it is late on a day; interest and fees always are."""
        not_late = sum(
            each.paise for each in self.dues if each.late_from is not None and each.late_from > day
        )
        return max(self.owed_paise - not_late, 0)

    def paid_within(self, day: date, days: int) -> int:
        """What came in from a day to so many days after it, in paise, less what bounced of it."""
        last = day + timedelta(days=days)
        return sum(
            each.paise
            for each in self.credits
            if each.kind in ("payment", "bounce") and day <= each.on <= last
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """From when on something was *paid*: so much of what was owed, and at least some rupees.

    Attributes:
        percent: of what was owed.
        at_least_paise: and no less than this (or all, where less is owed).
        days: after the action, its own day included.
    """

    percent: int
    at_least_paise: int
    days: int

    def of(self, owed: int) -> int:
        """The least paise that count as paid, of what is owed."""
        return min(max(owed * self.percent // 100, self.at_least_paise), max(owed, 1))


class Prospect(NamedTuple):
    """What an action may bring.

    Attributes:
        action: the action.
        probability: that the threshold is paid in time.
        paise: expected in that time.
    """

    action: Action
    probability: float
    paise: int


def gains(prospects: Iterable[Prospect]) -> dict[Action, int]:
    """By how many paise each action is expected to bring more than to do nothing.

    Raises:
        KeyError: ``none`` is not among them.
    """
    by_action = {each.action: each.paise for each in prospects}
    without = by_action.pop(Action.NONE)
    return {action: paise - without for action, paise in by_action.items()}
