"""A rule that was changed for a time that is billed already: whose tax it changes, and how what was
billed too much is given back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from palika.errors import Invalid
from services.tax.domain.half_year import HalfYear
from services.tax.domain.history import Basis, History
from services.tax.domain.ledger.entries import Entry
from services.tax.domain.rates import Sheet
from services.tax.domain.reassessment import Difference, differences
from services.tax.domain.register import Register
from services.tax.domain.revising import billed


def bases_of(sheet: Sheet, rule: str) -> frozenset[Basis]:
    """What all rules of a key rest on.

    Args:
        sheet: the city's rates.
        rule: the code of a deduction, a concession or a head.

    Raises:
        Invalid: there is none of that code.
    """
    known: dict[str, History[Any]] = {
        **{code: head.history for code, head in sheet.heads.items()},
        **{code: each.history for code, each in sheet.concessions.items()},
        **{each.code: each.history for each in sheet.deductions},
    }
    if rule not in known:
        raise Invalid("no such rule", {"rule": [f"must be one of: {', '.join(sorted(known))}"]})
    return frozenset(each.basis for each in known[rule].rules)


@dataclass(frozen=True, slots=True)
class Affected:
    """The half-years of a property that a changed rule makes another amount.

    Attributes:
        half_years: of them.
        refund_years: over how many years what was billed too much is given back; None: nothing
            says so, and it is credit at once.
    """

    half_years: frozenset[HalfYear]
    refund_years: int | None


def affected(
    register: Register,
    entries: Sequence[Entry],
    sheet: Sheet,
    bases: frozenset[Basis],
    today: date,
) -> Affected:
    """Which of a property's billed half-years a rule changes.

    Args:
        register: as it is known now.
        entries: of the property, all of them.
        sheet: the city's rates.
        bases: of the rule (``bases_of``).
        today: what is decided by this day counts now.

    Raises:
        Invalid: as ``assess``.
    """
    demands = billed(entries)
    owed = {
        half_year: found
        for half_year in demands
        if half_year >= sheet.first and (found := register.assessable(half_year)) is not None
    }
    changed = [
        each
        for each in differences(
            owed.__getitem__, sheet, owed, lambda half_year: demands[half_year].value_date, today
        )
        if _rests_on(each, bases)
    ]
    years = [each.refund_years for each in changed if each.refund_years is not None]
    return Affected(frozenset(each.now.half_year for each in changed), max(years, default=None))


def _rests_on(difference: Difference, bases: frozenset[Basis]) -> bool:
    """Whether the rule holds now and did not then, or the other way round."""
    then = {step.basis for step in difference.then.steps}
    now = {step.basis for step in difference.now.steps}
    return not bases.isdisjoint(then ^ now)
