"""Which of the claimed concessions are given, and how much of each head they take off."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TypeAlias

from services.tax.domain.history import Dated
from services.tax.domain.rates import Concession, InForce, Relief
from services.tax.domain.steps import Step

Taxes: TypeAlias = Mapping[str, Mapping[str, int]]
"""Paise of a half-year's tax by head and, within it, by use."""
Offer: TypeAlias = tuple[Concession, Dated[Relief]]


@dataclass(slots=True)
class _Part:
    """What a concession takes off a head, and the steps that led to it."""

    concession: Concession
    head: str
    paise: int


def concessions(
    taxes: Taxes, claims: frozenset[str], rates: InForce, *, explain: bool = True
) -> tuple[list[tuple[str, str, int]], list[Step]]:
    """The concessions of a half-year.

    Of those that do not combine the set is given that takes most off; of equal ones the larger one,
    then the one that the sheet names first. Each acts on the tax before concessions. None takes
    more than is left of the tax that it acts on, nor more than its own cap, nor do all together
    take more than the cap of all.

    Args:
        taxes: before concessions.
        claims: what the owner has claimed and been granted.
        rates: in force.
        explain: give the steps as well.

    Returns:
        Concession, head and paise (above 0) of each line, in the sheet's order; and the steps.
    """
    offers = [(each, relief) for each, relief in rates.concessions if each.code in claims]
    if not offers:
        return [], []
    tried = [_given(each, taxes, rates, explain) for each in _sets(offers)]
    best = max(tried, key=lambda each: sum(part.paise for part in each[0]))
    parts, steps = best
    given = {part.concession.code for part in parts}
    for concession, relief in offers if explain else ():
        if concession.code not in given:
            rule = (
                "not_combined" if relief.value.percent and _acts(concession, taxes) else "no_effect"
            )
            steps.append(Step(rule, 0, concession.name, basis=relief.basis))
    return [(each.concession.code, each.head, each.paise) for each in parts if each.paise], steps


def _acts(concession: Concession, taxes: Taxes) -> bool:
    return any(_acted_on(concession, head, taxes) for head in concession.heads)


def _acted_on(concession: Concession, head: str, taxes: Taxes) -> int:
    by_use = taxes.get(head, {})
    return sum(paise for use, paise in by_use.items() if use in concession.uses)


def _sets(offers: Sequence[Offer]) -> list[tuple[Offer, ...]]:
    """The sets of offers of which all combine, larger ones first, then in the sheet's order."""
    return [
        chosen
        for size in range(len(offers), 0, -1)
        for chosen in combinations(offers, size)
        if all(b.code in a.combines_with for (a, _), (b, _) in combinations(chosen, 2))
    ]


def _given(
    offers: Sequence[Offer], taxes: Taxes, rates: InForce, explain: bool
) -> tuple[list[_Part], list[Step]]:
    left = {head: dict(by_use) for head, by_use in taxes.items()}
    parts: list[_Part] = []
    steps: list[Step] = []
    for concession, relief in offers:
        own: list[_Part] = []
        for head in concession.heads:
            acted_on = _acted_on(concession, head, taxes)
            paise = rates.rounding.percent(relief.value.percent, acted_on)
            if not paise:
                continue
            if explain:
                figures = {
                    "percent": relief.value.percent,
                    "of": acted_on,
                    "head": _name(rates, head),
                }
                steps.append(Step("concession", -paise, concession.name, figures, relief.basis))
            most = sum(left[head].get(use, 0) for use in concession.uses)
            over = max(0, paise - most)
            if over and explain:
                figures = {"head": _name(rates, head), "most": most}
                steps.append(Step("head_used_up", over, concession.name, figures))
            own.append(_Part(concession, head, paise - over))
        if relief.value.cap is not None:
            cut = _cut(own, rates.rounding.of(relief.value.cap))
            if cut and explain:
                figures = {"most": relief.value.cap}
                steps.append(Step("concession_cap", cut, concession.name, figures, relief.basis))
        for part in own:
            _use_up(left[part.head], part)
        parts += own
    cap = rates.concessions_cap
    if cap is not None:
        tax = sum(sum(by_use.values()) for by_use in taxes.values())
        most = rates.rounding.percent(cap.value, tax)
        cut = _cut(parts, most)
        if cut and explain:
            figures = {"percent": cap.value, "of": tax, "most": most}
            steps.append(Step("concessions_cap", cut, None, figures, cap.basis))
    return parts, steps


def _use_up(left: dict[str, int], part: _Part) -> None:
    """Take a part off what is left of its head, from the uses on whose tax it acts."""
    rest = part.paise
    for use in left:
        if use in part.concession.uses:
            less = min(left[use], rest)
            left[use] -= less
            rest -= less


def _cut(parts: Sequence[_Part], most: int) -> int:
    """Take what is over ``most`` off the last parts; give how much that was."""
    over = cut = max(0, sum(part.paise for part in parts) - most)
    for part in reversed(parts):
        less = min(part.paise, over)
        part.paise -= less
        over -= less
    return cut


def _name(rates: InForce, code: str) -> object:
    return next(head.name for head, _ in rates.heads if head.code == code)
