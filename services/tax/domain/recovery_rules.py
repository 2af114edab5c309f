"""A city's rules of recovery, read of ``data/recovery.yaml``."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from palika.reading import Reading
from services.tax.domain.contacts_cap import Caps
from services.tax.domain.recovery import ACTIONS, Action, Threshold

RESOURCES: Final = ("messages", "calls", "notices", "attachments", "visits")
"""What a campaign has a limited number of."""
_ACTED: Final = tuple(each for each in ACTIONS if each is not Action.NONE)
_MOST: Final = 10**9
_NUMBERS: Final = ("grace_days", "promise_days", "control_percent")
_TRAINING: Final = ("least_examples", "least_paid", "least_a_kind", "least_decisions")


@dataclass(frozen=True, slots=True)
class Means:
    """How many there are of a resource, a day and in a whole campaign."""

    a_day: int
    in_all: int


@dataclass(frozen=True, slots=True)
class Effort:
    """What an action takes.

    Attributes:
        cost_paise: what it costs the city.
        uses: how many it uses up of which resource.
        step: of the legal ladder that it is, which is asked before; None of what needs no law.
    """

    cost_paise: int
    uses: Mapping[str, int]
    step: str | None


@dataclass(frozen=True, slots=True)
class Enough:
    """The least that a model is trained on.

    Attributes:
        examples: decisions about somebody.
        paid: of these, that were followed by a payment.
        a_kind: of the action that was taken most often. Of the others there may be fewer, or none:
            the action is a feature beside the others, and what a model says of one that it has
            hardly seen, attachments mostly, rests on the rest (decision 0019).
        decisions: days on which the city acted.
    """

    examples: int
    paid: int
    a_kind: int
    decisions: int


@dataclass(frozen=True, slots=True)
class RecoveryRules:
    """All of them.

    Attributes:
        grace_days: what the caps have put off is done so many days after a campaign's last day, or
            not at all.
        promise_days: a promise is waited for so many days at the most.
        control_percent: of the owners who would be addressed, who are left alone by chance.
    """

    paid: Threshold
    least_overdue_paise: int
    efforts: Mapping[Action, Effort]
    budget: Mapping[str, Means]
    caps: Caps
    grace_days: int
    promise_days: int
    control_percent: int
    enough: Enough


def recovery_rules(raw: Any) -> RecoveryRules:
    """Check what a city wrote.

    Args:
        raw: as YAML has it.

    Raises:
        Mistakes: all that is missing or wrong, each with its place.
    """
    read = Reading()
    keys = ("paid", "least_overdue_rupees", "actions", "budget", "contacts")
    top = read.mapping("file", raw, (*keys, *_NUMBERS, "training"))
    paid = read.mapping("paid", top["paid"], ("percent", "at_least_rupees", "days"))
    threshold = Threshold(
        percent=read.whole("paid, percent", paid["percent"], 1, 100),
        at_least_paise=read.rupees("paid, at_least_rupees", paid["at_least_rupees"]),
        days=read.whole("paid, days", paid["days"], 1, 366),
    )
    actions = read.mapping("actions", top["actions"], _ACTED)
    efforts: dict[Action, Effort] = {
        each: _effort(read, f"actions, {each}", actions[each]) for each in _ACTED
    }
    given = read.mapping("budget", top["budget"], RESOURCES)
    budget = {}
    for name in RESOURCES:
        place = f"budget, {name}"
        table = read.mapping(place, given[name], ("a_day", "in_all"))
        budget[name] = Means(
            read.whole(f"{place}, a_day", table["a_day"], 0, _MOST),
            read.whole(f"{place}, in_all", table["in_all"], 0, _MOST),
        )
    contacts = read.mapping("contacts", top["contacts"], ("a_week", "a_month", "counted"))
    counted = read.codes("contacts, counted", contacts["counted"], _ACTED)
    training = read.mapping(
        "training",
        top["training"],
        _TRAINING,
    )
    found = RecoveryRules(
        threshold,
        read.rupees("least_overdue_rupees", top["least_overdue_rupees"]),
        efforts,
        budget,
        Caps(
            read.whole("contacts, a_week", contacts["a_week"], 0, 100),
            read.whole("contacts, a_month", contacts["a_month"], 0, 400),
            frozenset(Action(each) for each in counted),
        ),
        read.whole("grace_days", top["grace_days"], 0, 366),
        read.whole("promise_days", top["promise_days"], 1, 366),
        read.whole("control_percent", top["control_percent"], 0, 50),
        Enough(*(read.whole(f"training, {key}", training[key], 1, _MOST) for key in _TRAINING)),
    )
    read.stop_if_wrong()
    return found


def _effort(read: Reading, place: str, raw: Any) -> Effort:
    table = read.mapping(place, raw, ("cost_rupees", "uses"), ("step",))
    uses = read.mapping(f"{place}, uses", table["uses"], (), RESOURCES)
    if not uses:
        read.wrong(f"{place}, uses", "an action uses one thing at least")
    return Effort(
        read.rupees(f"{place}, cost_rupees", table["cost_rupees"]),
        {
            name: read.whole(f"{place}, uses, {name}", each, 1, 100)
            for name, each in uses.items()
            if name in RESOURCES
        },
        read.text(f"{place}, step", table["step"]) if "step" in table else None,
    )
