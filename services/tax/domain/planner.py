"""Whom to address about what they owe, how, and when: the most rupees for a budget, within the law.

Each property gets one action at the most. What an action is worth is what it is expected to bring
*more than to do nothing*, less what it costs: who would pay anyway is left in peace. Calls, visits,
notices are few, so each has a price: what the last one of them brings. A property gets the action
that is worth most after these prices, dearest first. The prices also tell the most that any plan
could bring (``Plan.bound_paise``), so that it is known how near this one comes.

What stops an action comes before what it is worth: courts, objections, villages on hold, owners who
have died, promises that run, the legal ladder, and the cap on contacts. An attachment is only ever
proposed: a named person signs each.

The same arguments give the same plan.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from palika.text import Name
from services.tax.domain.contacts_cap import Contacts
from services.tax.domain.planner_words import chosen_words, skipped_words
from services.tax.domain.recovery import Action, Prospect, gains
from services.tax.domain.recovery_rules import RESOURCES, Means, RecoveryRules

Lawful = Callable[[str, Action, date], Name | None]
"""Why an action about a property (its id) is not lawful on a day, in words; None when it is."""

STOPS = (
    *("court_case", "objection_open", "dispute", "merged_village", "mutation_pending"),
    "left_alone",
)
"""What holds all recovery from a property, in the order in which it is told."""

_ROUNDS = 8
_SETTLED = 0.005


@dataclass(frozen=True, slots=True)
class Candidate:
    """A property that owes.

    Attributes:
        owner: the id of who has to pay: contacts of an owner count together.
        owed_paise, overdue_paise: in all, and late.
        prospects: what each action may bring, ``none`` included.
        stops: of ``STOPS``.
        promised_until: until when its owner has promised to pay; they are left alone until then.
        reachable: whether there is a telephone number.
    """

    property_id: str
    owner: str
    ward: str
    owed_paise: int
    overdue_paise: int
    prospects: Sequence[Prospect]
    stops: frozenset[str] = frozenset()
    promised_until: date | None = None
    reachable: bool = True


class Choice(NamedTuple):
    """An action that is planned. ``code`` is ``best``, or ``next_best`` where a better one is put
    to better use elsewhere; ``needs_signature``: nothing happens before a named person has signed.
    """

    property_id: str
    action: Action
    day: date
    gain_paise: int
    cost_paise: int
    chance: float
    code: str
    words: Name
    needs_signature: bool


class Skip(NamedTuple):
    """A property that is left alone, and why."""

    property_id: str
    code: str
    words: Name


@dataclass(slots=True)
class Plan:
    """What is planned.

    Attributes:
        choices: by day, then by what they are worth.
        skips: of the other candidates; of ``control`` are those left alone by chance.
        controls: of these what would have been done, and when: to be compared with the choices,
            of which they differ by nothing but chance.
        used: of each resource.
        prices: of each resource, in paise: what one more would bring.
        value_paise: what all is expected to bring, net of its costs.
        bound_paise: what no plan could exceed.
    """

    choices: list[Choice] = field(default_factory=list)
    skips: list[Skip] = field(default_factory=list)
    controls: list[Choice] = field(default_factory=list)
    used: dict[str, int] = field(default_factory=dict)
    prices: dict[str, float] = field(default_factory=dict)
    value_paise: int = 0
    bound_paise: int = 0


class _Option(NamedTuple):
    action: Action
    net: int
    uses: tuple[tuple[str, int], ...]


class _Open(NamedTuple):
    candidate: Candidate
    options: tuple[_Option, ...]
    unlawful: Name | None


def plan(
    candidates: Iterable[Candidate],
    rules: RecoveryRules,
    days: Sequence[date],
    lawful: Lawful,
    contacts: Contacts,
    salt: str,
    budget: Mapping[str, Means] | None = None,
) -> Plan:
    """Plan a campaign.

    Args:
        candidates: the properties that owe, each once.
        rules: the city's.
        days: the working days of the campaign, in order; one at the least.
        lawful: the legal ladder; asked about every action whose rule says so.
        contacts: of the last 30 days; what is planned is added to it.
        salt: of the campaign: who is left alone by chance depends on it and on the owner. It is an
            owner with all their properties: whoever is called about one has heard of the others.
        budget: in place of the rules'.
    """
    left = _Left(budget or rules.budget, days)
    made = Plan()
    opened: list[_Open] = []
    for each in candidates:
        code, options, unlawful = _look_at(each, rules, days, lawful)
        # What there is none of competes for nothing: a price cannot keep it away.
        can = tuple(option for option in options if left.fits(option))
        if code is None and not can:
            code = "budget_used"
        if code is None:
            opened.append(_Open(each, can, unlawful))
        else:
            made.skips.append(Skip(each.property_id, code, skipped_words(code, each, unlawful)))
    made.prices = _prices(opened, left.in_all)
    made.bound_paise = _bound(opened, made.prices, left.in_all)
    ordered = sorted(opened, key=lambda one: (-_worth(one, made.prices), one.candidate.property_id))
    again: list[tuple[_Open, str]] = []
    for one in ordered:
        refused = _place(one, made, rules, left, lawful, contacts, salt, priced=True)
        if refused:
            again.append((one, refused))
    # What is left over, after the prices, is better used than not.
    for one, refused in sorted(again, key=lambda pair: _by_net(pair[0])):
        code = _place(one, made, rules, left, lawful, contacts, salt, priced=False) or ""
        if code:
            code = refused if refused.startswith("cap_") else code
            words = skipped_words(code, one.candidate, one.unlawful)
            made.skips.append(Skip(one.candidate.property_id, code, words))
    made.choices.sort(key=lambda one: (one.day, -(one.gain_paise - one.cost_paise)))
    made.used = {name: left.in_all[name] - left.of[name] for name in RESOURCES}
    made.value_paise = sum(one.gain_paise - one.cost_paise for one in made.choices)
    return made


def in_control(salt: str, owner: str, percent: int) -> bool:
    """Whether an owner is left alone by chance in a campaign; always the same answer."""
    drawn = hashlib.sha256(f"{salt}/{owner}".encode()).digest()
    return int.from_bytes(drawn[:8], "big") % 10_000 < percent * 100


def _look_at(
    each: Candidate, rules: RecoveryRules, days: Sequence[date], lawful: Lawful
) -> tuple[str | None, tuple[_Option, ...], Name | None]:
    """Why a candidate is left alone (else None), what can be done, and what the law forbids."""
    for stop in STOPS:
        if stop in each.stops:
            return stop, (), None
    if each.promised_until is not None and each.promised_until >= days[-1]:
        return "promised", (), None
    if each.overdue_paise < rules.least_overdue_paise:
        return "nothing_late", (), None
    options: list[_Option] = []
    unlawful: Name | None = None
    unreachable = False
    for action, gain in gains(each.prospects).items():
        effort = rules.efforts[action]
        net = gain - effort.cost_paise
        if net <= 0:
            continue
        if not each.reachable and action in (Action.MESSAGE, Action.CALL):
            unreachable = True
            continue
        if effort.step is not None:
            reason = lawful(each.property_id, action, days[0])
            if reason and lawful(each.property_id, action, days[-1]):
                unlawful = unlawful or reason
                continue
        options.append(_Option(action, net, tuple(effort.uses.items())))
    if not options:
        code = "not_lawful" if unlawful else "not_reachable" if unreachable else "not_worth"
        return code, (), unlawful
    return None, tuple(options), unlawful


class _Left:
    """What is left of a budget, in all and of each day."""

    def __init__(self, budget: Mapping[str, Means], days: Sequence[date]) -> None:
        self.days = days
        self.in_all = {
            name: min(budget[name].in_all, budget[name].a_day * len(days)) for name in RESOURCES
        }
        self.of = dict(self.in_all)
        self.day = [{name: budget[name].a_day for name in RESOURCES} for _ in days]
        self.first: dict[Action, int] = {}

    def fits(self, option: _Option) -> bool:
        """Whether there is enough in all."""
        return all(self.of[name] >= count for name, count in option.uses)

    def places(self, option: _Option) -> Iterable[int]:
        """The days on which there is enough, by their places."""
        start = self.first.get(option.action, 0)
        full = True
        for place in range(start, len(self.days)):
            today = self.day[place]
            if all(today[name] >= count for name, count in option.uses):
                full = False
                yield place
            elif full:
                self.first[option.action] = place + 1

    def take(self, option: _Option, place: int) -> None:
        """Use what an action needs, on a day."""
        for name, count in option.uses:
            self.of[name] -= count
            self.day[place][name] -= count


def _place(
    one: _Open,
    made: Plan,
    rules: RecoveryRules,
    left: _Left,
    lawful: Lawful,
    contacts: Contacts,
    salt: str,
    *,
    priced: bool,
) -> str | None:
    """Put a candidate's best action that fits on its first day, or note that it would be there but
    for chance; else why none does."""
    each = one.candidate
    # Of two that are worth the same the one that uses less of what is scarce.
    worth = sorted(
        one.options,
        key=lambda option: (-_reduced(option, made.prices), option.net, option.action),
    )
    refused = "budget_used"
    for option in worth:
        if priced and _reduced(option, made.prices) < 0:
            break
        if not left.fits(option):
            continue
        for place in left.places(option):
            day = left.days[place]
            if each.promised_until is not None and each.promised_until >= day:
                continue
            needs_law = rules.efforts[option.action].step is not None
            if needs_law and lawful(each.property_id, option.action, day):
                continue
            cap = contacts.refusal(each.owner, option.action, day)
            if cap:
                refused = cap
                continue
            choice = _choice(one, option, day, rules, made.prices)
            if in_control(salt, each.owner, rules.control_percent):
                made.controls.append(choice)
                words = skipped_words("control", each, one.unlawful)
                made.skips.append(Skip(each.property_id, "control", words))
                return None
            left.take(option, place)
            contacts.add(each.owner, option.action, day)
            made.choices.append(choice)
            return None
    return refused


def _choice(
    one: _Open, option: _Option, day: date, rules: RecoveryRules, prices: Mapping[str, float]
) -> Choice:
    cost = rules.efforts[option.action].cost_paise
    best = max(one.options, key=lambda other: (other.net, other.action))
    code = "best" if best.net <= option.net else "next_best"
    by_action = {each.action: each for each in one.candidate.prospects}
    return Choice(
        one.candidate.property_id,
        option.action,
        day,
        option.net + cost,
        cost,
        by_action[option.action].probability,
        code,
        chosen_words(
            by_action[Action.NONE],
            by_action[option.action],
            cost,
            None if code == "best" else best.action,
            round(sum(prices[name] * count for name, count in best.uses)),
        ),
        option.action is Action.ATTACHMENT,
    )


def _reduced(option: _Option, prices: Mapping[str, float]) -> float:
    return option.net - sum(prices[name] * count for name, count in option.uses)


def _worth(one: _Open, prices: Mapping[str, float]) -> float:
    return max(_reduced(option, prices) for option in one.options)


def _by_net(one: _Open) -> tuple[int, str]:
    return -max(option.net for option in one.options), one.candidate.property_id


def _bound(opened: Sequence[_Open], prices: Mapping[str, float], in_all: Mapping[str, int]) -> int:
    """What no plan exceeds: weak duality of the assignment's linear programme."""
    of_all = sum(max(_worth(one, prices), 0.0) for one in opened)
    return round(of_all + sum(prices[name] * in_all[name] for name in RESOURCES))


def _prices(opened: Sequence[_Open], in_all: Mapping[str, int]) -> dict[str, float]:
    """A price of each resource at which no more of it is wanted than there is."""
    prices = dict.fromkeys(RESOURCES, 0.0)
    for _ in range(_ROUNDS):
        before = dict(prices)
        for name in RESOURCES:
            prices[name] = _price(opened, name, prices, in_all[name])
        if all(abs(prices[n] - before[n]) <= _SETTLED * max(before[n], 1) for n in RESOURCES):
            break
    return prices


def _price(
    opened: Sequence[_Open], name: str, prices: Mapping[str, float], there_are: int
) -> float:
    """What the first one of a resource would bring that there is no more of; the others' prices
    stay."""
    others = {**prices, name: 0.0}
    wanted: list[tuple[float, int]] = []
    for one in opened:
        without, offer, units = 0.0, 0.0, 0
        for option in one.options:
            worth = _reduced(option, others)
            count = next((count for other, count in option.uses if other == name), 0)
            if not count:
                without = max(without, worth)
            elif worth / count > offer:
                offer, units = worth / count, count
        each = offer - without / units if units else 0.0
        if each > 0:
            wanted.append((each, units))
    wanted.sort(reverse=True)
    total = 0
    for each, units in wanted:
        total += units
        if total > there_are:
            return each
    return 0.0
